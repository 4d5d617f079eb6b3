//! Certificates in DER: no panic, whatever the names and the dates in them.
#![no_main]

use std::time::{Duration, UNIX_EPOCH};

use libfuzzer_sys::fuzz_target;
use wsurl::net::tls::certificate::{CertificateFacts, validity};

fuzz_target!(|data: &[u8]| {
    let Some(facts) = CertificateFacts::from_der(data) else { return };
    let now = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let days = facts.days_left(now);
    assert!(!validity(days).is_empty());
    let matches = facts.is_for("example.com");
    assert!(!matches || !facts.names.is_empty());
    assert!(!facts.refusal("example.com", None, &[], now).to_string().is_empty());
    for host in ["192.0.2.1", "::1", "a.b.example.com", "*", ""] {
        let _ = facts.is_for(host);
    }
});
