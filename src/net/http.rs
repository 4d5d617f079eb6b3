//! The head of an HTTP response, and the part of a body that is shown. Pure.

use std::borrow::Cow;
use std::fmt::Write;

use crate::secret::shown_value;

/// The longest head of a response, in bytes.
pub const MAX_HEAD: usize = 64 * 1024;

/// The most header fields in a response.
const MAX_FIELDS: usize = 200;

/// The most of a refusal's body that is shown, in bytes.
pub const SHOWN_BODY: usize = 1024;

/// Whether a token may hold this character (RFC 9110 §5.6.2).
pub fn is_token_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}

/// Status line and header fields of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseHead {
    /// The status code.
    pub status: u16,
    /// The reason phrase; may be empty.
    pub reason: String,
    /// The minor version of HTTP/1.
    pub version: u8,
    /// The header fields: names as received, and values.
    pub fields: Vec<(String, String)>,
    /// The beginning of the body, for display, where the response is a refusal; empty otherwise.
    pub body: String,
}

/// Why bytes are not the head of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeadError {
    /// They are not HTTP/1.
    NotHttp(String),
    /// The head has more than [`MAX_HEAD`] bytes, or too many fields.
    TooLarge,
}

impl ResponseHead {
    /// Parses a head from the front of `bytes`: the head and its length, or `None` when more bytes are needed.
    pub fn parse(bytes: &[u8]) -> Result<Option<(Self, usize)>, HeadError> {
        let prefix = b"HTTP/1.";
        if !prefix.starts_with(&bytes[..bytes.len().min(prefix.len())]) {
            return Err(HeadError::NotHttp(bytes[..bytes.len().min(40)].escape_ascii().to_string()));
        }
        let Some(end) = end_of_head(bytes) else {
            return if bytes.len() > MAX_HEAD { Err(HeadError::TooLarge) } else { Ok(None) };
        };
        let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
        let mut parsed = httparse::Response::new(&mut fields);
        match parsed.parse(&bytes[..end]) {
            Ok(httparse::Status::Complete(_)) => {}
            Ok(httparse::Status::Partial) => return Err(HeadError::NotHttp("half a head".to_owned())),
            Err(httparse::Error::TooManyHeaders) => return Err(HeadError::TooLarge),
            Err(err) => return Err(HeadError::NotHttp(err.to_string())),
        }
        let Some(status @ 100..) = parsed.code else {
            // It is neither an interim nor a final answer (RFC 9110 §15).
            return Err(HeadError::NotHttp("invalid status code".to_owned()));
        };
        let head = Self {
            status,
            reason: parsed.reason.unwrap_or_default().to_owned(),
            version: parsed.version.unwrap_or_default(),
            fields: parsed
                .headers
                .iter()
                .map(|field| (field.name.to_owned(), String::from_utf8_lossy(field.value).into_owned()))
                .collect(),
            body: String::new(),
        };
        Ok(Some((head, end)))
    }

    /// The values of all fields of this name, in any case.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields
            .iter()
            .filter(move |(field, _)| field.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
    }

    /// The comma-separated elements of all fields of this name.
    pub fn tokens<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.values(name).flat_map(|value| value.split(',')).map(str::trim).filter(|token| !token.is_empty())
    }

    /// The status line without the version: `403 Forbidden`.
    pub fn status_and_reason(&self) -> String {
        format!("{} {}", self.status, self.reason).trim_end().to_owned()
    }

    /// The head for display: lines ending in `\n`, without secrets.
    pub fn to_lines(&self) -> String {
        self.lines(shown_value)
    }

    /// The head as received, with secrets: lines ending in `\n`.
    pub fn verbatim(&self) -> String {
        self.lines(|_, value| value.into())
    }

    fn lines(&self, shown: impl for<'a> Fn(&str, &'a str) -> Cow<'a, str>) -> String {
        let mut lines = format!("HTTP/1.{} {}\n", self.version, self.status_and_reason());
        for (name, value) in &self.fields {
            // A String takes everything.
            let _ = writeln!(lines, "{name}: {}", shown(name, value));
        }
        lines
    }

    /// The length of the body in bytes, if the head says so.
    pub fn content_length(&self) -> Option<usize> {
        if matches!(self.status, 204 | 304) {
            return Some(0);
        }
        self.values("content-length").next()?.parse().ok()
    }

    /// The part of `body` that is shown. `body` may be chunked.
    pub fn shown_body(&self, body: &[u8]) -> String {
        let chunked = self.tokens("transfer-encoding").any(|coding| coding.eq_ignore_ascii_case("chunked"));
        let body = if chunked { without_chunks(body) } else { body.to_vec() };
        String::from_utf8_lossy(&body[..body.len().min(SHOWN_BODY)]).into_owned()
    }
}

fn end_of_head(bytes: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'\n', bytes).find_map(|at| match &bytes[at + 1..] {
        [b'\n', ..] => Some(at + 2),
        [b'\r', b'\n', ..] => Some(at + 3),
        _ => None,
    })
}

/// The data of the chunks at hand (RFC 9112 §7.1).
fn without_chunks(mut body: &[u8]) -> Vec<u8> {
    let mut data = Vec::new();
    while let Ok(httparse::Status::Complete((start, size))) = httparse::parse_chunk_size(body) {
        let available = &body[start..];
        let here = usize::try_from(size).unwrap_or(usize::MAX).min(available.len());
        data.extend_from_slice(&available[..here]);
        body = available[here..].strip_prefix(b"\r\n").unwrap_or_default();
        if here == 0 {
            break;
        }
    }
    data
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_complete_only_at_its_end() {
        let bytes = b"HTTP/1.1 403 Forbidden\r\nVia: b\r\nvia:  c , d\r\nSet-Cookie: e\r\n\r\nbody";
        for cut in 0..bytes.len() - 4 {
            assert_eq!(ResponseHead::parse(&bytes[..cut]), Ok(None), "{cut}");
        }
        let (head, used) = ResponseHead::parse(bytes).unwrap().unwrap();
        assert_eq!(&bytes[used..], b"body");
        assert_eq!(head.tokens("Via").collect::<Vec<_>>(), ["b", "c", "d"]);
        assert_eq!(head.status_and_reason(), "403 Forbidden");
        let lines = "HTTP/1.1 403 Forbidden\nVia: b\nvia: c , d\nSet-Cookie: ";
        assert_eq!(head.to_lines(), format!("{lines}(redacted)\n"));
        assert_eq!(head.verbatim(), format!("{lines}e\n"));
    }

    #[test]
    fn what_is_not_http_is_known_at_once() {
        assert_eq!(ResponseHead::parse(b"SSH-2.0-x"), Err(HeadError::NotHttp("SSH-2.0-x".to_owned())));
        assert_eq!(ResponseHead::parse(b"\x15\x03"), Err(HeadError::NotHttp(r"\x15\x03".to_owned())));
        assert!(matches!(ResponseHead::parse(b"HTTP/1.1 abc\r\n\r\n"), Err(HeadError::NotHttp(_))));
        for code in ["000", "099"] {
            let head = format!("HTTP/1.1 {code} OK\r\n\r\n");
            let invalid = HeadError::NotHttp("invalid status code".to_owned());
            assert_eq!(ResponseHead::parse(head.as_bytes()), Err(invalid));
        }
        let long = [b"HTTP/1.1 200 OK\r\nA: ".as_slice(), &vec![b'x'; MAX_HEAD]].concat();
        assert_eq!(ResponseHead::parse(&long), Err(HeadError::TooLarge));
        let many = ["HTTP/1.1 200 OK\r\n", &"A: b\r\n".repeat(MAX_FIELDS + 1), "\r\n"].concat();
        assert_eq!(ResponseHead::parse(many.as_bytes()), Err(HeadError::TooLarge));
    }

    #[test]
    fn bodies_are_shown_without_their_chunks() {
        let head = |fields: &str| {
            ResponseHead::parse(format!("HTTP/1.1 400 Bad Request\r\n{fields}\r\n").as_bytes())
                .unwrap()
                .unwrap()
                .0
        };
        let chunked = head("Transfer-Encoding: chunked\r\n");
        assert_eq!(chunked.shown_body(b"3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\n\r\n"), "abcdefg");
        assert_eq!(chunked.shown_body(b"ff\r\nabc"), "abc");
        let plain = head("Content-Length: 5\r\n");
        assert_eq!((plain.content_length(), plain.shown_body(b"hello")), (Some(5), "hello".to_owned()));
        assert_eq!(plain.shown_body(&[b'x'; 5000]).len(), SHOWN_BODY);
    }
}
