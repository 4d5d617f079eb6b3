//! Parsers of single values. Each one says what is wrong, and shows a value that is accepted.

use std::ffi::OsStr;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::builder::TypedValueParser;
use regex::Regex;
use serde_json::Value;

use crate::echo::{LADDER, MAX_CONNECTIONS};
use crate::echo_server::MAX_MESSAGE;
use crate::net::http::is_token_char;
use crate::net::tls::TELLS_ERRORS_APART;
use crate::net::tls::error::ErrorClass;
use crate::net::upgrade::Header;
use crate::protocol::close_code_is_sendable;
use crate::report::write_out::Template;
use crate::secret::Secret;
use crate::session::{Check, CloseCodes, JsonCheck};
use crate::size;

/// Longer than any run lasts, and short enough that a point in time can be that far away.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// A duration: humantime's form, or a number of seconds.
pub fn duration(text: &str) -> Result<Duration, String> {
    const EXAMPLE: &str = "not a duration; write 500ms, 5, 0.5 or 1m30s";
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if is_number {
        let seconds: f64 = text.parse().map_err(|_| EXAMPLE.to_owned())?;
        return Duration::try_from_secs_f64(seconds)
            .map(|duration| duration.min(LONGEST))
            .map_err(|_| EXAMPLE.to_owned());
    }
    humantime::parse_duration(text).map(|duration| duration.min(LONGEST)).map_err(|_| EXAMPLE.to_owned())
}

/// A duration that is not zero: an interval.
pub fn interval(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        Duration::ZERO => Err("an interval cannot be 0; write 500ms, 5 or 1m30s".to_owned()),
        interval => Ok(interval),
    }
}

/// The size of an echo test's messages: at most what the embedded server takes.
pub fn echo_size(text: &str) -> Result<u64, String> {
    match size::parse(text)? {
        size if size <= MAX_MESSAGE as u64 => Ok(size),
        _ => Err(format!("larger than {}; write 64K or 1M", size::exact(MAX_MESSAGE as u64))),
    }
}

/// The sizes of an echo test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SizeList(pub Vec<u64>);

/// A comma-separated list of sizes, or the ladder.
pub fn echo_sizes(text: &str) -> Result<SizeList, String> {
    if text == "ladder" {
        return Ok(SizeList(LADDER.to_vec()));
    }
    let sizes = text.split(',').map(|size| echo_size(size.trim()));
    sizes.collect::<Result<_, _>>().map(SizeList).map_err(|why| format!("{why}, or a list such as 1,64K"))
}

/// A whole number; `example` is one that would work.
fn whole<T: FromStr>(text: &str, example: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("not a whole number, or one that is too large; write {example}"))
}

/// How many messages to await, or a seed: from 0.
pub fn count(text: &str) -> Result<u64, String> {
    whole(text, "0 or 3")
}

/// How many messages there are to be: from 1.
pub fn positive_count(text: &str) -> Result<u64, String> {
    match whole(text, "1 or 10")? {
        0 => Err("must be at least 1; write 1 or 10".to_owned()),
        count => Ok(count),
    }
}

/// How often to try again, or to follow a redirect.
pub fn times(text: &str) -> Result<u32, String> {
    whole(text, "3 or 10")
}

/// How many days.
pub fn days(text: &str) -> Result<u32, String> {
    whole(text, "14 or 30")
}

/// A status code of HTTP.
pub fn status_code(text: &str) -> Result<u16, String> {
    match text.parse() {
        Ok(code @ 100..=599) => Ok(code),
        _ => Err("not a status code of HTTP; write 101 or 401".to_owned()),
    }
}

/// An address of this machine.
pub fn local_address(text: &str) -> Result<IpAddr, String> {
    text.parse().map_err(|_| "not an address; write one of this machine, such as 127.0.0.1 or ::1".to_owned())
}

/// How many messages may be in flight.
pub fn in_flight(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count @ 1..=100_000) => Ok(count),
        _ => Err("not a number from 1 to 100000; write 1 or 16".to_owned()),
    }
}

/// Messages a second.
pub fn rate(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(rate) if (0.001..=10_000_000.0).contains(&rate) => Ok(rate),
        _ => Err("not a number of messages a second from 0.001 to 10000000; write 100 or 0.5".to_owned()),
    }
}

/// How many connections to open.
pub fn connections(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count @ 1..=MAX_CONNECTIONS) => Ok(count),
        _ => Err(format!("not a number from 1 to {MAX_CONNECTIONS}; write 1 or 100")),
    }
}

/// How many endpoints to probe at a time.
pub fn parallel(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count @ 1..=1000) => Ok(count),
        _ => Err("not a number from 1 to 1000; write 16 or 64".to_owned()),
    }
}

/// An address to listen at.
pub fn listen_address(text: &str) -> Result<SocketAddr, String> {
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    let port = text.strip_prefix("localhost").unwrap_or(text).trim_start_matches(':');
    Err(match port.parse::<u16>() {
        Ok(port) => format!("not an address with a port; write 127.0.0.1:{port}"),
        Err(_) => "not an address with a port; write 127.0.0.1:9001, [::1]:9001 or 127.0.0.1:0".to_owned(),
    })
}

/// A size in bytes that is not zero and can be held in memory.
pub fn buffer_size(text: &str) -> Result<usize, String> {
    match usize::try_from(size::parse(text)?) {
        Ok(0) => Err("must be at least 1; write 64K".to_owned()),
        Ok(size) if size <= 1 << 30 => Ok(size),
        _ => Err("larger than 1G; write 64K".to_owned()),
    }
}

/// A size in bytes that is not zero.
pub fn positive_bytes(text: &str) -> Result<u64, String> {
    match size::parse(text)? {
        0 => Err("must be at least 1; write 64K or 1M".to_owned()),
        size => Ok(size),
    }
}

/// A position in a file, in bytes.
pub fn offset(text: &str) -> Result<u64, String> {
    match size::parse(text) {
        Ok(offset) => Ok(offset),
        Err(_) if text == "-" => {
            Err("only the server knows what it has stored; write the number of bytes, such as 1048576"
                .to_owned())
        }
        Err(why) => Err(why),
    }
}

/// A close code that may be sent.
pub fn close_code(text: &str) -> Result<u16, String> {
    match text.parse() {
        Ok(code) if close_code_is_sendable(code) => Ok(code),
        _ => Err("not a close code that may be sent; write 1000, 1001, or one from 3000 to 4999".to_owned()),
    }
}

/// A close reason: 123 bytes at most.
pub fn close_reason(text: &str) -> Result<String, String> {
    if text.len() <= 123 {
        Ok(text.to_owned())
    } else {
        Err("longer than the 123 bytes that a Close has room for".to_owned())
    }
}

/// A list of close codes.
pub fn close_codes(text: &str) -> Result<CloseCodes, String> {
    CloseCodes::parse(text)
}

/// A regular expression.
pub fn regex(text: &str) -> Result<Regex, String> {
    Regex::new(text).map_err(|err| {
        // The lines before show where it is, below a copy of the expression.
        let shown = err.to_string();
        let why = shown.rsplit("error: ").next().unwrap_or_default();
        format!("not a regular expression: {why}; write one such as '^pong [0-9]+$'")
    })
}

/// `POINTER=VALUE`.
pub fn json_check(text: &str) -> Result<Check, String> {
    const EXAMPLE: &str = "write POINTER=VALUE, such as /user/id=7 or /status=ok";
    let (pointer, value) = text.split_once('=').ok_or(EXAMPLE)?;
    if !pointer.is_empty() && !pointer.starts_with('/') {
        return Err(format!("a JSON pointer begins with '/'; {EXAMPLE}"));
    }
    let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
    Ok(Check::Json(JsonCheck::new(pointer, value)))
}

/// A field of the answer to the upgrade, and what it has to match.
#[derive(Clone, Debug)]
pub struct HeaderCheck {
    /// The name of the field.
    pub name: String,
    /// What its value has to match.
    pub regex: Regex,
}

impl HeaderCheck {
    /// `Name: REGEX`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let example = "write 'Name: REGEX', such as 'Server: ^nginx'";
        let (name, pattern) = text.split_once(':').ok_or(example)?;
        if !is_token(name) {
            return Err(format!("the part before the colon is not a field name; {example}"));
        }
        Ok(Self { name: name.to_owned(), regex: regex(pattern.trim_start())? })
    }
}

/// A class of certificate errors that may be ignored on its own, where the TLS library tells the classes apart.
pub fn tls_error_class(text: &str) -> Result<ErrorClass, String> {
    let class = match text {
        "name" => ErrorClass::Name,
        "expired" => ErrorClass::Expired,
        "untrusted" => ErrorClass::Untrusted,
        _ => return Err("not a class of TLS errors; write name, expired or untrusted".to_owned()),
    };
    if class == ErrorClass::Name || TELLS_ERRORS_APART {
        return Ok(class);
    }
    Err("cannot be ignored on its own, because the TLS library of this platform does not tell whether anything else is \
         wrong; use -k --pinnedpubkey sha256//BASE64"
        .to_owned())
}

/// The value of `-w`. A number alone is wscat's `-w`, which waits.
pub fn write_out(text: &str) -> Result<Template, String> {
    if text.parse::<f64>().is_ok() {
        return Err(format!("a number alone; to wait, write --wait {text}, to print it, '{text}\\n'"));
    }
    Template::parse(text)
}

/// A subprotocol: a token (RFC 6455 §4.1).
pub fn subprotocol(text: &str) -> Result<String, String> {
    if is_token(text) {
        Ok(text.to_owned())
    } else {
        Err("not a subprotocol name; write one word such as chat.v2".to_owned())
    }
}

/// A value of a header field: one line.
pub fn field_value(text: &str) -> Result<String, String> {
    if text.chars().any(|c| c.is_control() && c != '\t') {
        return Err("a header value is one line without control characters".to_owned());
    }
    Ok(text.trim().to_owned())
}

/// A secret field value, or the file that holds it.
#[derive(Clone, Debug)]
pub enum SecretValue {
    /// Given in the arguments.
    Value(Secret),
    /// `@FILE`.
    File(PathBuf),
}

impl From<String> for SecretValue {
    /// `VALUE` or `@FILE`. Not checked here, because clap's error would quote it.
    fn from(text: String) -> Self {
        match text.strip_prefix('@') {
            Some(path) => Self::File(path.into()),
            None => Self::Value(Secret::new(text)),
        }
    }
}

/// A header field, or a file of them.
#[derive(Clone, Debug)]
pub enum HeaderArg {
    /// Given in the arguments.
    Field(Secret),
    /// `@FILE`, one field a line.
    File(PathBuf),
}

impl From<String> for HeaderArg {
    /// A field or `@FILE`. Not checked here, because clap's error would quote it, and it may hold a secret.
    fn from(text: String) -> Self {
        match text.strip_prefix('@') {
            Some(path) => Self::File(path.into()),
            None => Self::Field(Secret::new(text)),
        }
    }
}

/// One header field: `Name: value`, `Name:` to leave it out, `Name;` for an empty value.
pub fn header(text: &str) -> Result<Header, String> {
    const EXAMPLE: &str = "write 'Name: value'";
    let (name, value) = match text.split_once(':') {
        Some((name, "")) => (name, None),
        Some((name, value)) if value.trim().is_empty() => (name, None),
        Some((name, value)) => (name, Some(Secret::new(field_value(value)?))),
        None => match text.strip_suffix(';') {
            Some(name) => (name, Some(Secret::new(""))),
            None => return Err(format!("a header field has a colon; {EXAMPLE}")),
        },
    };
    if !is_token(name) {
        return Err(format!("the part before the colon is not a field name; {EXAMPLE}"));
    }
    Ok(Header { name: name.to_owned(), value })
}

/// RFC 9110 §5.6.2.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_token_char)
}

/// Keeps the bytes as they were typed, even when they are not UTF-8.
#[derive(Clone, Debug)]
pub struct Raw;

impl TypedValueParser for Raw {
    type Value = Vec<u8>;

    fn parse_ref(
        &self,
        _: &clap::Command,
        _: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<Vec<u8>, clap::Error> {
        Ok(value.as_encoded_bytes().to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units_or_are_seconds() {
        for (text, millis) in
            [("500ms", 500), ("5", 5000), ("0.5", 500), ("1m30s", 90_000), ("0", 0), (".25", 250)]
        {
            assert_eq!(duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "abc", "-1", "5 parsecs", "1.2.3", "1e9", ".", "99999999999999999999"] {
            assert!(duration(text).unwrap_err().contains("500ms"), "{text}");
        }
    }

    #[test]
    fn header_fields_are_checked() {
        let parse = |text| header(text).map(|h| (h.name, h.value.map(|v| v.expose().to_owned())));
        assert_eq!(parse("A: b:c"), Ok(("A".to_owned(), Some("b:c".to_owned()))));
        assert_eq!(parse("A:"), Ok(("A".to_owned(), None)));
        assert_eq!(parse("A;"), Ok(("A".to_owned(), Some(String::new()))));
        for (text, why) in [
            ("A b", "colon"),
            ("A b: c", "field name"),
            (": c", "field name"),
            ("A: b\r\nC: d", "one line"),
            ("A: b\0", "one line"),
        ] {
            assert!(header(text).unwrap_err().contains(why), "{text:?}");
        }
    }

    #[test]
    fn other_values_show_one_that_works() {
        assert!(close_code("1005").unwrap_err().contains("1000"));
        assert_eq!(rate("0.5"), Ok(0.5));
        for text in ["0", "-1", "NaN", "inf", "x", ""] {
            assert!(rate(text).unwrap_err().contains("write 100 or 0.5"), "{text}");
        }
        assert!(close_code("x").unwrap_err().contains("1000"));
        assert!(json_check("a").unwrap_err().contains("/user/id=7"));
        assert!(json_check("a=1").unwrap_err().contains("begins with '/'"));
        assert!(tls_error_class("revoked").unwrap_err().contains("untrusted"));
        assert!(regex("(").unwrap_err().contains("^pong"));
        assert!(subprotocol("a, b").unwrap_err().contains("chat.v2"));
        assert!(interval("0").unwrap_err().contains("500ms"));
        for text in ["x", "-1", "1.5", "99999999999999999999", ""] {
            assert!(count(text).unwrap_err().contains("write 0 or 3"), "{text}");
            assert!(times(text).unwrap_err().contains("write 3 or 10"), "{text}");
            assert!(days(text).unwrap_err().contains("write 14 or 30"), "{text}");
            assert!(status_code(text).unwrap_err().contains("write 101 or 401"), "{text}");
            assert!(local_address(text).unwrap_err().contains("127.0.0.1"), "{text}");
        }
        assert!(positive_count("0").unwrap_err().contains("write 1 or 10"));
        assert_eq!((count("0"), positive_count("1"), times("3")), (Ok(0), Ok(1), Ok(3)));
        assert!(buffer_size("0").unwrap_err().contains("64K"));
        assert!(close_reason(&"x".repeat(124)).is_err());
    }
}
