//! The challenges in `WWW-Authenticate` and `Proxy-Authenticate` (RFC 9110 §11.6.1). Pure.
//! Commas separate challenges and parameters alike; the next token decides which.
//! A token that is neither is skipped up to the next comma.

use crate::net::http::is_token_char;

/// A challenge: a way to authenticate that the peer offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// The scheme as received: `Basic`, `Digest`, `NTLM`.
    pub scheme: String,
    /// Parameters with names in lower case and values without quotes.
    pub params: Vec<(String, String)>,
    /// The challenge as received.
    pub raw: String,
    /// Whether a quoted string in it does not end.
    pub broken: bool,
}

impl Challenge {
    /// The challenges in the values of all fields of that name, in their order.
    pub fn parse_all<'a>(values: impl IntoIterator<Item = &'a str>) -> Vec<Self> {
        values.into_iter().flat_map(parse).collect()
    }

    /// Whether this is the scheme, in any case.
    pub fn is(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }

    /// The value of a parameter.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

fn parse(text: &str) -> Vec<Challenge> {
    let mut found: Vec<Challenge> = Vec::new();
    let mut scanner = Scanner { rest: text };
    loop {
        scanner.skip(|c| c == ',' || is_space(c));
        let start = scanner.rest;
        if start.is_empty() {
            return found;
        }
        let token = scanner.take(is_token_char);
        let after_token = scanner.rest;
        scanner.skip(is_space);
        match found.last_mut() {
            // A parameter of the challenge before.
            Some(challenge) if !token.is_empty() && scanner.eat('=') => {
                scanner.skip(is_space);
                match scanner.value() {
                    Some(value) => challenge.params.push((token.to_ascii_lowercase(), value)),
                    None => challenge.broken = true,
                }
                let used = &start[..start.len() - scanner.rest.len()];
                challenge.raw = format!("{}{}{used}", challenge.raw, challenge.separator());
            }
            _ if !token.is_empty() && !scanner.rest.starts_with('=') => {
                let token68 = if scanner.rest.len() < after_token.len() { scanner.token68() } else { "" };
                let parts: Vec<_> = [token, token68].into_iter().filter(|part| !part.is_empty()).collect();
                found.push(Challenge {
                    scheme: token.to_owned(),
                    params: Vec::new(),
                    raw: parts.join(" "),
                    broken: false,
                });
            }
            _ => scanner.skip(|c| c != ','),
        }
    }
}

impl Challenge {
    /// Skips the text between the challenge so far and its next parameter.
    fn separator(&self) -> &'static str {
        if self.params.len() + usize::from(self.broken) <= 1 { " " } else { ", " }
    }
}

struct Scanner<'a> {
    rest: &'a str,
}

impl<'a> Scanner<'a> {
    fn take(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !wanted(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    fn skip(&mut self, unwanted: impl Fn(char) -> bool) {
        self.take(unwanted);
    }

    fn eat(&mut self, c: char) -> bool {
        self.rest.strip_prefix(c).map(|rest| self.rest = rest).is_some()
    }

    /// A token, or a quoted string without its quotes; `None` when that does not end.
    fn value(&mut self) -> Option<String> {
        if !self.eat('"') {
            // Some servers omit quotes that RFC 9110 requires: be lenient.
            return Some(self.take(|c| c != ',' && !is_space(c)).to_owned());
        }
        let mut value = String::new();
        let mut chars = self.rest.chars();
        loop {
            match chars.next() {
                Some('"') => break,
                Some('\\') => value.extend(chars.next()),
                Some(c) => value.push(c),
                None => {
                    self.rest = "";
                    return None;
                }
            }
        }
        self.rest = chars.as_str();
        Some(value)
    }

    /// The data of a challenge that has no parameters, such as `TlRMTVNTUAAC==`; empty when there is none.
    fn token68(&mut self) -> &'a str {
        let before = self.rest;
        let body = self.take(|c| c.is_ascii_alphanumeric() || "-._~+/".contains(c));
        let pad = self.take(|c| c == '=');
        let data = &before[..body.len() + pad.len()];
        self.skip(is_space);
        if !body.is_empty() && (self.rest.is_empty() || self.rest.starts_with(',')) {
            return data;
        }
        self.rest = before;
        ""
    }
}

fn is_space(c: char) -> bool {
    c == ' ' || c == '\t'
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The challenges in a short form: `scheme(name=value;...)`.
    fn parsed(text: &str) -> Vec<String> {
        let challenges = Challenge::parse_all([text]);
        challenges
            .iter()
            .map(|challenge| {
                let params: Vec<_> =
                    challenge.params.iter().map(|(name, value)| format!("{name}={value}")).collect();
                format!("{}({})", challenge.scheme, params.join(";"))
            })
            .collect()
    }

    #[test]
    fn several_challenges_in_one_field() {
        // The example of RFC 9110 §11.6.1.
        assert_eq!(
            parsed(r#"Basic realm="simple", Newauth realm="apps", type=1, title="Login to \"apps\"""#),
            ["Basic(realm=simple)", r#"Newauth(realm=apps;type=1;title=Login to "apps")"#]
        );
        assert_eq!(
            parsed("Negotiate, NTLM, Basic realm=\"a, b\""),
            ["Negotiate()", "NTLM()", "Basic(realm=a, b)"]
        );
        assert_eq!(parsed("NTLM TlRMTVNTUAAC+/==, Digest nonce=\"x\""), ["NTLM()", "Digest(nonce=x)"]);
        assert_eq!(parsed(" ,, Basic ,realm = \"x\" ,"), ["Basic(realm=x)"]);
        assert_eq!(
            parsed("Digest QOP=auth,stale=TRUE,\tnonce=a==b"),
            ["Digest(qop=auth;stale=TRUE;nonce=a==b)"]
        );
    }

    #[test]
    fn several_fields_keep_their_order() {
        let challenges = Challenge::parse_all(["Digest nonce=\"n\"", "Basic realm=\"r\""]);
        assert!(challenges[0].is("digest") && challenges[1].is("BASIC"));
        assert_eq!(challenges[1].param("realm"), Some("r"));
        assert_eq!(challenges[1].param("nonce"), None);
    }

    #[test]
    fn a_challenge_is_kept_as_it_came() {
        let raw = |text| Challenge::parse_all([text]).into_iter().map(|one| one.raw).collect::<Vec<_>>();
        assert_eq!(
            raw(r#"Basic realm="a \"b\", c", charset="UTF-8", NTLM TlRM=="#),
            [r#"Basic realm="a \"b\", c", charset="UTF-8""#, "NTLM TlRM=="]
        );
    }

    #[test]
    fn garbage_is_passed_over() {
        for text in ["", ",", "=", "\"", "realm=\"x\"", "\u{e9}", "=,=", "\u{fffd}=\"a"] {
            assert!(Challenge::parse_all([text]).is_empty(), "{text}");
        }
        assert_eq!(parsed("=x, Basic realm=\"r\""), ["Basic(realm=r)"]);
        assert_eq!(
            parsed("Basic realm=\"r\u{e9}\" junk, NTLM"),
            ["Basic(realm=r\u{e9})", "junk()", "NTLM()"]
        );
        assert_eq!(parsed("Basic realm="), ["Basic()"]);
        let open = &Challenge::parse_all(["Digest realm=\"x\", nonce=\"y"])[0];
        assert!(open.broken && open.param("nonce").is_none());
        assert!(Challenge::parse_all(["Digest realm=\"x\\"])[0].broken);
    }

    #[test]
    fn every_prefix_is_parsed_without_a_panic() {
        let text = "Digest realm=\"\u{e9}\\\"\", qop=\"auth,auth-int\", NTLM TlRM==, Basic realm=x";
        for (end, _) in text.char_indices() {
            Challenge::parse_all([&text[..end]]);
            Challenge::parse_all([&text[end..]]);
        }
    }
}
