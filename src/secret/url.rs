//! URLs in a form that is safe to print: without userinfo, and without the values of parameters that may be
//! secrets.

use std::borrow::Cow;
use std::net::IpAddr;

use percent_encoding::percent_decode_str;

use super::text::REDACTED;

/// A parameter whose name contains one of these may be a secret.
const SECRET_NAMES: [&str; 6] = ["token", "key", "secret", "sig", "pass", "auth"];

/// The characters that end a parameter in a query, a fragment or a path (`;jsessionid=...`).
const SEPARATORS: [char; 4] = ['?', '&', ';', '#'];

/// Whether the value with this name may be a secret.
pub(super) fn is_secret_name(name: &str) -> bool {
    let name = percent_decode_str(name).decode_utf8_lossy().to_ascii_lowercase();
    SECRET_NAMES.iter().any(|part| name.contains(part))
}

/// What a user typed as a URL, which may be any text. A password that is not percent-encoded may contain any
/// character, so everything between the scheme and the last `@` counts as userinfo.
pub fn shown_url(text: &str) -> String {
    let (start, rest) = split_scheme(text);
    let shown = match rest.rfind('@') {
        Some(at) if at > 0 => format!("{start}{REDACTED}{}", &rest[at..]),
        // A `://` in `rest` follows no valid scheme: the text before it may be a name and a password.
        _ => match rest.split_once("://") {
            Some((_, rest)) => format!("{start}{REDACTED}://{rest}"),
            None => format!("{start}{}", without_password(rest)),
        },
    };
    without_secret_parameters(&shown)
}

/// A URL from a server, possibly relative (RFC 3986 §4.1). Its userinfo ends with the authority.
pub fn shown_reference(text: &str) -> String {
    let (before, after) = text.split_once("//").unwrap_or((text, ""));
    let end = after.find(['/', '?', '#']).unwrap_or(after.len());
    let is_authority = before.is_empty() || before.ends_with(':');
    match after[..end].rfind('@') {
        Some(at) if is_authority => {
            without_secret_parameters(&format!("{before}//{REDACTED}{}", &after[at..]))
        }
        _ => without_secret_parameters(text),
    }
}

/// A valid URL that a user typed, without its userinfo.
pub fn shown_without_userinfo(text: &str) -> String {
    let (start, rest) = split_scheme(text);
    let end = rest.find(['/', '\\', '?', '#']).unwrap_or(rest.len());
    let host = rest[..end].rfind('@').map_or(0, |at| at + 1);
    without_secret_parameters(&format!("{start}{}", &rest[host..]))
}

/// Splits off the scheme with its `://`, if there is one.
fn split_scheme(text: &str) -> (&str, &str) {
    let is_scheme = |scheme: &str| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    };
    match text.split_once("://") {
        Some((scheme, rest)) if is_scheme(scheme) => (&text[..scheme.len() + 3], rest),
        _ => ("", text),
    }
}

/// Redacts the password in `NAME:PASSWORD` without `@HOST`. A port is a number and an IP address is not a
/// name, so neither is redacted.
fn without_password(rest: &str) -> Cow<'_, str> {
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let authority = &rest[..end];
    let is_port = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_address = |text: &str| text.starts_with('[') || text.parse::<IpAddr>().is_ok();
    match authority.split_once(':') {
        Some((name, word)) if !is_port(word) && !is_address(name) && !is_address(authority) => {
            format!("{name}:{REDACTED}{}", &rest[end..]).into()
        }
        _ => rest.into(),
    }
}

fn without_secret_parameters(text: &str) -> String {
    let pieces = text.split_inclusive(SEPARATORS);
    pieces
        .map(|piece| {
            let parameter = piece.trim_end_matches(SEPARATORS);
            match parameter.split_once('=') {
                Some((name, value)) if !value.is_empty() && is_secret_name(name) => {
                    format!("{name}={REDACTED}{}", &piece[parameter.len()..])
                }
                _ => piece.to_owned(),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_spelling_of_a_password_is_shown() {
        for (text, expected) in [
            ("ws://me:pw@h/x", "ws://(redacted)@h/x"),
            ("me:pw@h/x", "(redacted)@h/x"),
            ("wss://me:a/pw?@h/", "wss://(redacted)@h/"),
            ("wss://me:p@w#@h:1", "wss://(redacted)@h:1"),
            ("wss//me:pw@h", "(redacted)@h"),
            ("me:pw@wss://h/", "(redacted)@wss://h/"),
            ("me:pw://h/", "(redacted)://h/"),
            ("me:://pw@h", "(redacted)@h"),
            ("ws://me:pw", "ws://me:(redacted)"),
            ("ws://me:pw1/x?y", "ws://me:(redacted)/x?y"),
            ("me:pw", "me:(redacted)"),
        ] {
            assert_eq!(shown_url(text), expected);
        }
    }

    #[test]
    fn what_is_no_secret_is_shown() {
        for text in [
            "",
            "/",
            "ws://h:80/x?y=1&z#f",
            "h:80",
            "h:",
            "ws://[::1]:80/",
            "ws://[::1",
            "ws://127.0.0.1:http/",
            "::1",
            "@file",
            "ws://h/?empty_token=&keyless",
            "ws:///x",
        ] {
            assert_eq!(shown_url(text), text);
            assert_eq!(shown_reference(text), text);
        }
    }

    #[test]
    fn a_url_without_its_userinfo_is_otherwise_unchanged() {
        for (text, expected) in [
            ("WS://Example.COM:80/a/../b?to=a@b", "WS://Example.COM:80/a/../b?to=a@b"),
            ("ws://me:p@w@h:80", "ws://h:80"),
            ("wss://me@h\\x?token=pw&a=1", "wss://h\\x?token=(redacted)&a=1"),
        ] {
            assert_eq!(shown_without_userinfo(text), expected);
        }
    }

    #[test]
    fn parameters_are_known_by_their_names() {
        for (text, expected) in [
            ("ws://h/?a=1&access_token=pw&b=2", "ws://h/?a=1&access_token=(redacted)&b=2"),
            ("/x?X-Amz-Signature=pw==&b", "/x?X-Amz-Signature=(redacted)&b"),
            ("/x?API%4bEY=pw", "/x?API%4bEY=(redacted)"),
            (
                "/x;auth=pw?client_secret=pw;passwd=pw#token=pw",
                "/x;auth=(redacted)?client_secret=(redacted);passwd=(redacted)#token=(redacted)",
            ),
        ] {
            assert_eq!(shown_url(text), expected);
            assert_eq!(shown_reference(text), expected);
        }
    }

    #[test]
    fn a_reference_has_its_userinfo_in_the_authority() {
        for (text, expected) in [
            ("https://me:pw@h/?to=a@b&key=pw", "https://(redacted)@h/?to=a@b&key=(redacted)"),
            ("//me:pw@h", "//(redacted)@h"),
            ("/a//b@c", "/a//b@c"),
            ("https://h/?to=a@b", "https://h/?to=a@b"),
        ] {
            assert_eq!(shown_reference(text), expected);
        }
    }
}
