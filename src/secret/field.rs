//! Header fields in a form that is safe to print. Every service has its own name for a token, so a value
//! counts as a secret unless its field is known to be harmless.

use std::borrow::Cow;

use super::text::REDACTED;
use super::url::shown_reference;

/// Fields whose values are no secrets, in lower case. A final `*` matches any suffix.
const HARMLESS: [&str; 63] = [
    "accept",
    "accept-*",
    "access-control-*",
    "age",
    "allow",
    "alt-svc",
    "cache-control",
    "cf-ray",
    "connection",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-length",
    "content-security-policy*",
    "content-type",
    "cross-origin-*",
    "date",
    "dnt",
    "etag",
    "expires",
    "host",
    "keep-alive",
    "last-modified",
    "origin-agent-cluster",
    "permissions-policy",
    "pragma",
    "priority",
    "proxy-authenticate",
    "proxy-connection",
    "proxy-status",
    "ratelimit*",
    "referrer-policy",
    "retry-after",
    "sec-ch-ua*",
    "sec-fetch-*",
    "sec-gpc",
    "sec-websocket-accept",
    "sec-websocket-extensions",
    "sec-websocket-key",
    "sec-websocket-version",
    "server",
    "server-timing",
    "strict-transport-security",
    "te",
    "timing-allow-origin",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "upgrade-insecure-requests",
    "user-agent",
    "vary",
    "via",
    "warning",
    "www-authenticate",
    "x-cache*",
    "x-content-type-options",
    "x-correlation-id",
    "x-frame-options",
    "x-powered-by",
    "x-ratelimit-*",
    "x-request-id",
    "x-served-by",
    "x-squid-error",
];

/// Fields whose values are URLs.
const REFERENCES: [&str; 4] = ["content-location", "location", "origin", "referer"];

/// The longest subprotocol that still counts as a name.
const LONGEST_NAME: usize = 40;

/// A field in one line: `Name: value`.
pub fn shown_header(name: &str, value: &str) -> String {
    format!("{name}: {}", shown_value(name, value))
}

/// The value of the field `name`, with secrets redacted.
pub fn shown_value<'a>(name: &str, value: &'a str) -> Cow<'a, str> {
    let name = name.to_ascii_lowercase();
    if name == "sec-websocket-protocol" {
        return value
            .split(',')
            .map(|one| shown_subprotocol(one.trim()))
            .collect::<Vec<_>>()
            .join(", ")
            .into();
    }
    if REFERENCES.contains(&&*name) {
        return shown_reference(value).into();
    }
    let is_harmless = |known: &&str| match known.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == *known,
    };
    if HARMLESS.iter().any(is_harmless) { value.into() } else { REDACTED.into() }
}

/// A subprotocol if it is a plain name; otherwise redacted, because some clients send a token in its place.
pub fn shown_subprotocol(name: &str) -> &str {
    if is_plain_name(name) { name } else { REDACTED }
}

/// Whether a subprotocol is a name, such as `graphql-transport-ws`, and not a token. Browsers cannot set
/// headers, so some servers accept their token as a subprotocol
/// (`base64url.bearer.authorization.k8s.io.TOKEN`).
pub fn is_plain_name(subprotocol: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._+-".contains(&byte);
    subprotocol.len() <= LONGEST_NAME
        && subprotocol.bytes().all(is_plain)
        && !subprotocol.starts_with("base64url.bearer")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_known_to_be_harmless_is_shown() {
        for name in
            ["Host", "ACCEPT-LANGUAGE", "Server", "X-RateLimit-Limit", "WWW-Authenticate", "Retry-After"]
        {
            assert_eq!(shown_header(name, "v"), format!("{name}: v"));
        }
        for name in
            ["Authorization", "Cookie", "Set-Cookie", "X-Vault-Token", "apikey", "X-Anything", "accept_"]
        {
            assert_eq!(shown_value(name, "v"), REDACTED, "{name}");
        }
    }

    #[test]
    fn urls_lose_their_secrets_only() {
        assert_eq!(shown_value("Location", "/a?token=pw&b=1"), "/a?token=(redacted)&b=1");
        assert_eq!(shown_value("origin", "https://me:pw@h"), "https://(redacted)@h");
    }

    #[test]
    fn a_subprotocol_is_a_plain_name_or_a_secret() {
        for name in ["chat.v2", "graphql-ws", "v12.stomp", "soap+xml_1", &"a".repeat(40)] {
            assert_eq!(shown_subprotocol(name), name);
        }
        for name in ["base64url.bearer.authorization.k8s.io.aHVudGVy", "eyJhbGciOi", "a b", &"a".repeat(41)] {
            assert_eq!(shown_subprotocol(name), REDACTED);
        }
        assert_eq!(shown_value("Sec-WebSocket-Protocol", "chat,  eyJ0"), "chat, (redacted)");
    }

    #[test]
    fn the_list_is_sorted_and_in_lower_case() {
        assert!(HARMLESS.is_sorted());
        assert!(HARMLESS.iter().all(|name| name.to_ascii_lowercase() == *name));
    }
}
