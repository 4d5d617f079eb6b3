//! The content of a certificate: its subject, its issuer, and its validity.

use std::net::IpAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

use super::error::{CertificateError, ErrorClass};
use crate::error::{Failure, Status};

/// The facts of a certificate that are shown to people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFacts {
    /// The subject, such as `CN=example.com`.
    pub subject: String,
    /// The issuer, in the same form.
    pub issuer: String,
    /// DNS names and IP addresses that the certificate is for.
    pub names: Vec<String>,
    /// The IP addresses among the names. A DNS name that looks like an address is not one of them.
    pub addresses: Vec<IpAddr>,
    /// Seconds since 1970 from which it is valid.
    pub not_before: i64,
    /// Seconds since 1970 until which it is valid.
    pub not_after: i64,
    /// Whether a server may use it (RFC 5280 §4.2.1.12).
    pub for_servers: bool,
}

impl CertificateFacts {
    /// Parses a certificate in DER; `None` if it is malformed.
    pub fn from_der(der: &[u8]) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        let alternative = certificate.subject_alternative_name().ok().flatten();
        let names = alternative.iter().flat_map(|extension| &extension.value.general_names);
        let addresses = names.clone().filter_map(address).collect();
        // Without alternative names, the common name applies, as in the TLS libraries.
        let common = certificate.subject().iter_common_name().filter(|_| alternative.is_none());
        let common = common.filter_map(|name| name.as_str().ok()).map(ToOwned::to_owned);
        Some(Self {
            addresses,
            subject: certificate.subject().to_string(),
            issuer: certificate.issuer().to_string(),
            names: names.filter_map(name).chain(common).collect(),
            not_before: certificate.validity().not_before.timestamp(),
            not_after: certificate.validity().not_after.timestamp(),
            for_servers: match certificate.extended_key_usage() {
                Ok(Some(usage)) => usage.value.server_auth || usage.value.any,
                Ok(None) | Err(_) => true,
            },
        })
    }

    /// Whole days from `now` to the end of its validity; negative after it.
    pub fn days_left(&self, now: SystemTime) -> i64 {
        (self.not_after - seconds(now)).div_euclid(DAY)
    }

    /// Whether it is valid for `host`, according to its alternative names (RFC 6125 §6.4).
    pub fn is_for(&self, host: &str) -> bool {
        match host.parse() {
            Ok(ip) => self.addresses.contains(&ip),
            Err(_) => self.names.iter().any(|name| dns_name_matches(name, host)),
        }
    }

    /// Why a client that wants `host` refuses the certificate. `error` is the first error of the TLS library;
    /// the certificate may show more. The reason reported is the one that a person can act on best: dates,
    /// then names, then the issuer. Errors of the classes in `ignored` are never the reason.
    pub fn refusal(
        &self,
        host: &str,
        error: Option<&CertificateError>,
        ignored: &[ErrorClass],
        now: SystemTime,
    ) -> Failure {
        let counts = |class| !ignored.contains(&class);
        if let Some(failure) = self.out_of_dates(now).filter(|_| counts(ErrorClass::Expired)) {
            return failure;
        }
        let class = error.map(|error| error.class);
        let for_other_name = counts(ErrorClass::Name) && !self.is_for(host);
        let is_untrusted = class.is_none_or(|class| class == ErrorClass::Untrusted);
        if is_untrusted && self.subject == self.issuer {
            let other = if for_other_name {
                format!(", and for {}; not for {host}", self.all_names())
            } else {
                String::new()
            };
            return untrusted(format!("certificate is self-signed ({}){other}", self.subject));
        }
        if for_other_name || class == Some(ErrorClass::Name) {
            let text = format!("certificate is for {}; not for {host}", self.all_names());
            return Failure::new(Status::CertificateNameMismatch, text)
                .hint("--tls-domain NAME verifies another name");
        }
        if !self.for_servers {
            let text =
                format!("certificate is not for servers ({}): unsuitable certificate purpose", self.subject);
            return Failure::new(Status::CertificateInvalid, text)
                .hint("the server needs a certificate with the extended key usage serverAuth");
        }
        match error {
            Some(error) if error.class != ErrorClass::Untrusted => self.refused_for(error),
            Some(_) | None => {
                untrusted(format!("certificate is from an issuer that is not trusted ({})", self.issuer))
            }
        }
    }

    fn refused_for(&self, error: &CertificateError) -> Failure {
        let CertificateError { class, text, depth } = error;
        let which = if *depth == 0 {
            format!("certificate of {}", self.subject)
        } else {
            format!("certificate of an issuer of {}", self.subject)
        };
        let failure =
            |status, hint: &str| Failure::new(status, format!("{which} is not accepted: {text}")).hint(hint);
        match class {
            ErrorClass::Expired => {
                failure(Status::CertificateExpired, "the server needs a new chain of certificates")
            }
            ErrorClass::Revoked => failure(Status::CertificateRevoked, "the server needs a new certificate"),
            ErrorClass::Name | ErrorClass::Untrusted | ErrorClass::Invalid => {
                failure(Status::CertificateInvalid, "the server needs another certificate; -k accepts any")
            }
        }
    }

    /// The failure that it is not yet valid or has expired, if so.
    fn out_of_dates(&self, now: SystemTime) -> Option<Failure> {
        let (start, end) = (self.not_before, self.not_after);
        let now = seconds(now);
        if now > end {
            let ago = days((now - end) / DAY);
            let text = format!("certificate expired on {} ({ago} ago)", date(end));
            return Some(
                Failure::new(Status::CertificateExpired, text).hint("the server needs a new certificate"),
            );
        }
        (now < start).then(|| {
            let text =
                format!("certificate is not valid before {} (in {})", date(start), days((start - now) / DAY));
            Failure::new(Status::CertificateExpired, text).hint("is this machine's clock right?")
        })
    }

    fn all_names(&self) -> String {
        if self.names.is_empty() { "no host at all".to_owned() } else { self.names.join(", ") }
    }
}

fn untrusted(text: String) -> Failure {
    Failure::new(Status::CertificateUntrusted, text)
        .hint("--cacert FILE trusts the issuer's certificate; -k accepts any certificate")
}

const DAY: i64 = 24 * 3600;

fn seconds(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// The date of a time in seconds since 1970, such as `2026-01-02`; times before 1970 give its first day.
pub(in crate::net) fn date(seconds: i64) -> String {
    let time = UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).unwrap_or_default());
    humantime::format_rfc3339_seconds(time).to_string()[..10].to_owned()
}

/// The validity as text: `3 days left`, `expired 1 day ago`.
pub fn validity(days_left: i64) -> String {
    if days_left < 0 {
        format!("expired {} ago", days(-1 - days_left))
    } else {
        format!("{} left", days(days_left))
    }
}

fn days(count: i64) -> String {
    if count == 1 { "1 day".to_owned() } else { format!("{count} days") }
}

fn name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        other => address(other).map(|ip| ip.to_string()),
    }
}

fn address(name: &GeneralName<'_>) -> Option<IpAddr> {
    let GeneralName::IPAddress(bytes) = name else { return None };
    match (<[u8; 4]>::try_from(*bytes), <[u8; 16]>::try_from(*bytes)) {
        (Ok(v4), _) => Some(v4.into()),
        (_, Ok(v6)) => Some(v6.into()),
        _ => None,
    }
}

/// Matches a DNS name pattern; a leading `*` matches exactly one label.
fn dns_name_matches(pattern: &str, host: &str) -> bool {
    let host = host.trim_end_matches('.');
    match pattern.strip_prefix("*.") {
        // A wildcard must not cover a whole top-level domain.
        Some(parent) if !parent.contains('.') => false,
        Some(parent) => host.split_once('.').is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(parent)),
        None => pattern.eq_ignore_ascii_case(host),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(names: &[&str]) -> CertificateFacts {
        CertificateFacts {
            subject: "CN=a".to_owned(),
            issuer: "CN=ca".to_owned(),
            addresses: names.iter().filter_map(|name| name.parse().ok()).collect(),
            names: names.iter().map(ToString::to_string).collect(),
            not_before: 1_700_000_000,
            not_after: 1_767_398_399,
            for_servers: true,
        }
    }

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn names_with_wildcards_and_addresses() {
        let facts = facts(&["a.example", "*.b.example", "127.0.0.1", "::1"]);
        for host in ["a.example", "A.EXAMPLE", "x.b.example", "127.0.0.1", "::1"] {
            assert!(facts.is_for(host), "{host}");
        }
        for host in ["b.example", "x.y.b.example", "c.a.example", "127.0.0.2", "::2"] {
            assert!(!facts.is_for(host), "{host}");
        }
        let odd = CertificateFacts { addresses: Vec::new(), ..self::facts(&["*.test", "127.0.0.1"]) };
        assert!(!odd.is_for("a.test") && !odd.is_for("127.0.0.1"));
    }

    #[test]
    fn a_refusal_names_the_reason() {
        let facts = facts(&["a.example", "*.b.example"]);
        let text = |host, now| facts.refusal(host, None, &[], at(now)).to_string();
        assert_eq!(
            text("a.example", 1_767_398_399 + 312 * 86_400),
            "certificate expired on 2026-01-02 (312 days ago)"
        );
        assert_eq!(text("a.example", 1_699_900_000), "certificate is not valid before 2023-11-14 (in 1 day)");
        assert_eq!(
            text("c.example", 1_700_000_001),
            "certificate is for a.example, *.b.example; not for c.example"
        );
        assert_eq!(
            text("a.example", 1_700_000_001),
            "certificate is from an issuer that is not trusted (CN=ca)"
        );
        let for_clients = CertificateFacts { for_servers: false, ..facts.clone() };
        assert_eq!(
            for_clients.refusal("a.example", None, &[], at(1_700_000_001)).status(),
            Status::CertificateInvalid
        );
        let own = CertificateFacts { issuer: "CN=a".to_owned(), names: Vec::new(), ..facts.clone() };
        assert_eq!(
            own.refusal("h", None, &[], at(1_700_000_001)).to_string(),
            "certificate is self-signed (CN=a), and for no host at all; not for h"
        );
        let told = |class, ignored: &[ErrorClass], host, now| {
            let error = CertificateError { class, text: "the reason", depth: 0 };
            facts.refusal(host, Some(&error), ignored, at(now)).status()
        };
        let (now, late) = (1_700_000_001, 1_767_398_400);
        assert_eq!(told(ErrorClass::Invalid, &[], "a.example", now), Status::CertificateInvalid);
        assert_eq!(told(ErrorClass::Revoked, &[], "a.example", now), Status::CertificateRevoked);
        assert_eq!(told(ErrorClass::Untrusted, &[], "a.example", now), Status::CertificateUntrusted);
        assert_eq!(told(ErrorClass::Untrusted, &[], "c.example", now), Status::CertificateNameMismatch);
        assert_eq!(told(ErrorClass::Untrusted, &[], "c.example", late), Status::CertificateExpired);
        let all_but_trust = [ErrorClass::Name, ErrorClass::Expired];
        assert_eq!(
            told(ErrorClass::Untrusted, &all_but_trust, "c.example", late),
            Status::CertificateUntrusted
        );
        assert_eq!(facts.days_left(at(1_767_398_399 - 3 * 86_400)), 3);
        assert_eq!(facts.days_left(at(1_767_398_400)), -1);
    }
}
