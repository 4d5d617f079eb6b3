//! What is sent to another origin after a redirect: header fields that say nothing about the user, and no credential. Pure.
//! An allow-list: a header field or a subprotocol that is not known here may be a token.

use super::dial::DialOptions;
use super::tls::client::Prepared;
use crate::secret::is_plain_name;

/// Header fields that go to another origin, in lower case, beside those that begin with [`HARMLESS_PREFIX`].
const HARMLESS: [&str; 5] = ["origin", "user-agent", "accept", "cache-control", "pragma"];
const HARMLESS_PREFIX: &str = "accept-";

/// Removes from `dial` what another origin must not see. Returns the names of what was removed, without secrets, for `-v`.
pub fn leave_behind(dial: &mut DialOptions) -> Vec<String> {
    let mut left = Vec::new();
    let upgrade = &mut dial.upgrade;
    upgrade.headers.retain(|header| {
        let stays = is_harmless(&header.name);
        if !stays && header.value.is_some() {
            left.push(header.name.clone());
        }
        stays
    });
    let offered = upgrade.subprotocols.len();
    upgrade.subprotocols.retain(|name| is_plain_name(name));
    if upgrade.subprotocols.len() < offered {
        left.push("a subprotocol that may be a token".to_owned());
    }
    if upgrade.credential.take().is_some() {
        left.push("the name and password".to_owned());
    }
    if upgrade.bearer.take().is_some() {
        left.push("the bearer token".to_owned());
    }
    if dial.tls.identity.take().is_some() {
        // The connector made so far holds the certificate.
        dial.tls.prepared = Prepared::default();
        left.push("the client certificate".to_owned());
    }
    left
}

fn is_harmless(field: &str) -> bool {
    let field = field.to_ascii_lowercase();
    HARMLESS.contains(&&*field) || field.starts_with(HARMLESS_PREFIX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::auth::Credential;
    use crate::net::upgrade::Header;
    use crate::secret::Secret;

    fn header(name: &str) -> Header {
        Header { name: name.to_owned(), value: Some(Secret::new("hunter2")) }
    }

    #[test]
    fn only_harmless_fields_and_names_go_along() {
        let kept = ["Origin", "user-agent", "Accept", "Accept-Language", "Cache-Control", "PRAGMA"];
        let dropped = ["Host", "Authorization", "Cookie", "X-Vault-Token", "apikey", "Referer", "X-Accept-A"];
        let mut dial = DialOptions::default();
        dial.upgrade.headers = kept.iter().chain(&dropped).map(|name| header(name)).collect();
        dial.upgrade.headers.push(Header { name: "X-Unset".to_owned(), value: None });
        dial.upgrade.subprotocols = vec!["v2.chat".to_owned(), "base64url.bearer.x".to_owned()];
        dial.upgrade.credential = Some(Credential { name: "me".to_owned(), password: Secret::new("pw") });
        dial.upgrade.bearer = Some(Secret::new("hunter2"));
        let left = leave_behind(&mut dial);
        let names: Vec<_> = dial.upgrade.headers.iter().map(|header| header.name.as_str()).collect();
        assert_eq!(names, kept);
        assert_eq!(dial.upgrade.subprotocols, ["v2.chat"]);
        assert_eq!((dial.upgrade.credential, dial.upgrade.bearer), (None, None));
        let rest = ["a subprotocol that may be a token", "the name and password", "the bearer token"];
        assert_eq!(left, [&dropped[..], &rest].concat());
        assert_eq!(leave_behind(&mut DialOptions::default()), [""; 0]);
    }
}
