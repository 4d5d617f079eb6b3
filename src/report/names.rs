//! The names of `-w`: one row each, with what it means and how it comes from a record.

use std::time::{Duration, SystemTime};

use serde_json::{Map, Value, json};

use super::record::{Record, hex};
use crate::endpoint::Endpoint;
use crate::net::tls::certificate::CertificateFacts;
use crate::secret::shown_subprotocol;
use crate::session::Side;

/// A row of the table.
#[derive(Debug)]
pub struct Name {
    pub name: &'static str,
    /// For the man pages.
    pub meaning: &'static str,
    /// `Null` when there is no value.
    pub(super) value: fn(&Record<'_>) -> Value,
    /// What stands for no value in text.
    pub(super) missing: &'static str,
}

const fn name(name: &'static str, meaning: &'static str, value: fn(&Record<'_>) -> Value) -> Name {
    Name { name, meaning, value, missing: "" }
}

/// A time. As with curl, it is zero when it did not come, so that the columns of a table stay in their places.
const fn time(name: &'static str, meaning: &'static str, value: fn(&Record<'_>) -> Value) -> Name {
    Name { name, meaning, value, missing: "0.000000" }
}

/// The table, in the order of the man pages.
pub static NAMES: [Name; 39] = [
    time("time_namelookup", "the host name was resolved", |of| seconds(of.facts.timeline.resolved)),
    time("time_connect", "the TCP connection was open", |of| seconds(of.facts.timeline.connected)),
    time("time_proxy", "the proxy had opened the way to the server", |of| seconds(of.facts.timeline.proxied)),
    time("time_appconnect", "the TLS handshake was done", |of| seconds(of.facts.timeline.secured)),
    time("time_handshake", "the opening handshake was done", |of| seconds(of.facts.timeline.upgraded)),
    time("time_first_message", "the first message was complete", |of| seconds(of.first_message())),
    time("time_total", "everything was done", |of| seconds(Some(of.total))),
    name("http_code", "the status code of the answer to the upgrade; 0 when there was none", http_code),
    name("response_code", "the same as http_code", http_code),
    name("remote_ip", "the server's address", |of| json!(of.facts.remote.map(|address| address.ip()))),
    name("remote_port", "the server's port", |of| json!(of.facts.remote.map(|address| address.port()))),
    name("local_ip", "our address", |of| json!(of.facts.local.map(|address| address.ip()))),
    name("local_port", "our port", |of| json!(of.facts.local.map(|address| address.port()))),
    name("scheme", "ws or wss", |of| json!(of.endpoint.map(Endpoint::scheme))),
    name("url_effective", "the URL, without a credential", |of| json!(of.endpoint.map(ToString::to_string))),
    name("subprotocol", "the subprotocol that the server chose, if it is a plain name", |of| {
        json!(of.facts.subprotocol.as_deref().map(shown_subprotocol))
    }),
    name("extensions", "the extensions that the server chose", |of| json!(of.extensions())),
    name("num_redirects", "redirects that were followed", |of| json!(of.facts.redirects)),
    name("num_retries", "tries after the first", |of| json!(of.facts.retries)),
    name("tls_version", "the version of TLS", |of| json!(of.facts.tls_version)),
    name("tls_cipher", "the cipher suite, by its IANA name", |of| json!(of.facts.tls_cipher)),
    name("cert_subject", "the subject of the server's certificate", |of| {
        certificate(of, |facts| json!(facts.subject))
    }),
    name("cert_issuer", "the issuer of the server's certificate", |of| {
        certificate(of, |facts| json!(facts.issuer))
    }),
    name("cert_days_left", "days until the server's certificate expires", |of| {
        certificate(of, |facts| json!(facts.days_left(SystemTime::now())))
    }),
    name("messages_sent", "messages sent", |of| json!(of.tally.messages_sent)),
    name("messages_received", "messages received", |of| json!(of.tally.messages_received)),
    name("size_upload", "bytes of payload sent", |of| json!(of.tally.bytes_sent)),
    name("size_download", "bytes of payload received", |of| json!(of.tally.bytes_received)),
    name("speed_upload", "bytes of payload sent a second", |of| json!(of.speed(of.tally.bytes_sent))),
    name("speed_download", "bytes of payload received a second", |of| {
        json!(of.speed(of.tally.bytes_received))
    }),
    name("sha256_upload", "the SHA-256 of what was sent (stream --digest)", |of| {
        json!(of.digests[0].map(|digest| hex(&digest)))
    }),
    name("sha256_download", "the SHA-256 of what was received (stream --digest)", |of| {
        json!(of.digests[1].map(|digest| hex(&digest)))
    }),
    name("close_code", "the server's close code; 1005 for none", |of| {
        json!(of.close.as_ref().map(|(_, frame)| frame.code))
    }),
    name("close_reason", "the server's close reason", |of| {
        json!(of.close.as_ref().map(|(_, frame)| &frame.reason))
    }),
    name("closed_by", "who sent the first Close: client or server", |of| {
        json!(of.close.as_ref().map(|(side, _)| name_of(*side)))
    }),
    name("exitcode", "the exit code", |of| json!(of.failure.map_or(0, |failure| failure.status().code()))),
    name("status", "success, or the name of the failure", |of| {
        json!(of.failure.map_or("success", |failure| failure.status().name()))
    }),
    name("errormsg", "the error message", |of| json!(of.failure.map(ToString::to_string))),
    name("json", "all of these as one JSON object", all),
];

impl Name {
    pub(super) fn find(name: &str) -> Option<&'static Self> {
        NAMES.iter().find(|row| row.name == name)
    }
}

/// The value of `json`: all other names with their values.
fn all(record: &Record<'_>) -> Value {
    let others = NAMES.iter().filter(|row| row.name != "json");
    Value::Object(others.map(|row| (row.name.to_owned(), (row.value)(record))).collect::<Map<_, _>>())
}

fn http_code(record: &Record<'_>) -> Value {
    json!(record.facts.response.as_ref().map_or(0, |head| head.status))
}

fn certificate(record: &Record<'_>, value: fn(&CertificateFacts) -> Value) -> Value {
    record.facts.certificate.as_ref().map_or(Value::Null, value)
}

fn name_of(side: Side) -> &'static str {
    match side {
        Side::Us => "client",
        Side::Server => "server",
    }
}

/// Seconds with six digits, as curl gives them.
#[allow(clippy::cast_precision_loss)]
fn seconds(time: Option<Duration>) -> Value {
    time.map_or(Value::Null, |time| json!(time.as_micros() as f64 / 1e6))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::time::Instant;

    use super::*;
    use crate::error::{Failure, Status};
    use crate::net::Facts;
    use crate::protocol::CloseFrame;
    use crate::report::samples;
    use crate::stats::Tally;

    fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    fn facts() -> Facts {
        let mut facts = Facts { redirects: 2, retries: 3, ..samples::up().facts };
        let timeline = &mut facts.timeline;
        timeline.resolved = Some(seconds(1));
        timeline.connected = Some(seconds(2));
        timeline.proxied = Some(seconds(3));
        timeline.secured = Some(seconds(4));
        timeline.upgraded = Some(seconds(5));
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        facts.certificate.as_mut().unwrap().not_after =
            i64::try_from(now.as_secs()).unwrap() + 42 * 86_400 + 60;
        facts
    }

    /// Every name with a value that no other name has, but for the two that mean the same.
    #[test]
    fn every_name_has_its_own_value() {
        let facts = facts();
        let endpoint = Endpoint::parse("wss://me:pw@example.com/chat").unwrap();
        let failure = Failure::new(Status::Timeout, "timed out");
        let first_message = Instant::now();
        let tally = Tally {
            messages_sent: 11,
            messages_received: 12,
            bytes_sent: 1000,
            bytes_received: 2000,
            wire_sent: 0,
            wire_received: 0,
            first_message: Some(first_message),
        };
        let record = Record {
            endpoint: Some(&endpoint),
            facts: &facts,
            tally,
            total: seconds(15),
            close: Some((Side::Server, CloseFrame { code: 4001, reason: "bye".to_owned() })),
            digests: [Some([0xAB; 32]), Some([0xCD; 32])],
            failure: Some(&failure),
        };
        let expected = json!({
            "time_namelookup": 1.0,
            "time_connect": 2.0,
            "time_proxy": 3.0,
            "time_appconnect": 4.0,
            "time_handshake": 5.0,
            "time_first_message": super::seconds(Some(facts.timeline.until(first_message))),
            "time_total": 15.0,
            "http_code": 101,
            "response_code": 101,
            "remote_ip": "93.184.216.34",
            "remote_port": 443,
            "local_ip": "192.0.2.7",
            "local_port": 50214,
            "scheme": "wss",
            "url_effective": "wss://example.com/chat",
            "subprotocol": "chat.v2",
            "extensions": "permessage-deflate",
            "num_redirects": 2,
            "num_retries": 3,
            "tls_version": "TLSv1.3",
            "tls_cipher": "TLS_AES_256_GCM_SHA384",
            "cert_subject": "CN=example.com",
            "cert_issuer": "CN=Example CA, O=Example",
            "cert_days_left": 42,
            "messages_sent": 11,
            "messages_received": 12,
            "size_upload": 1000,
            "size_download": 2000,
            "speed_upload": 100,
            "speed_download": 200,
            "sha256_upload": "ab".repeat(32),
            "sha256_download": "cd".repeat(32),
            "close_code": 4001,
            "close_reason": "bye",
            "closed_by": "server",
            "exitcode": 28,
            "status": "timeout",
            "errormsg": "timed out",
        });
        assert_eq!(all(&record), expected);
        let ours = Record { close: Some((Side::Us, CloseFrame::with_code(1000))), failure: None, ..record };
        let shown = all(&ours);
        assert_eq!(
            (&shown["closed_by"], &shown["exitcode"], &shown["status"]),
            (&json!("client"), &json!(0), &json!("success"))
        );
    }

    #[test]
    fn what_is_not_known_has_no_value() {
        let facts = Facts::start();
        let tally = Tally::default();
        let (endpoint, failure, close) = (None, None, None);
        let record = Record {
            endpoint,
            facts: &facts,
            tally,
            total: seconds(1),
            close,
            digests: [None, None],
            failure,
        };
        let known = NAMES.iter().filter(|row| (row.value)(&record) != Value::Null).map(|row| row.name);
        assert_eq!(
            known.collect::<Vec<_>>(),
            [
                "time_total",
                "http_code",
                "response_code",
                "num_redirects",
                "num_retries",
                "messages_sent",
                "messages_received",
                "size_upload",
                "size_download",
                "speed_upload",
                "speed_download",
                "exitcode",
                "status",
                "json"
            ]
        );
    }

    #[test]
    fn numbers_of_what_never_came_are_zero() {
        let facts = Facts::start();
        let record = Record {
            endpoint: None,
            facts: &facts,
            tally: Tally { bytes_sent: 1000, bytes_received: 2000, ..Tally::default() },
            total: seconds(10),
            close: None,
            digests: [None, None],
            failure: None,
        };
        let shown = all(&record);
        assert_eq!((&shown["http_code"], &shown["exitcode"]), (&json!(0), &json!(0)));
        // Without a session, the rate is that of the whole run.
        assert_eq!((&shown["speed_upload"], &shown["speed_download"]), (&json!(100), &json!(200)));
        let no_time = Record { total: Duration::ZERO, tally: Tally::default(), ..record };
        assert_eq!(all(&no_time)["speed_upload"], 0);
    }

    #[test]
    fn extensions_are_one_list_however_they_came() {
        let mut facts = facts();
        let response = facts.response.as_mut().unwrap();
        response.fields.push(("Sec-WebSocket-Extensions".to_owned(), "x-one,x-two; a=1".to_owned()));
        let record = Record {
            endpoint: None,
            facts: &facts,
            tally: Tally::default(),
            total: seconds(1),
            close: None,
            digests: [None, None],
            failure: None,
        };
        assert_eq!(all(&record)["extensions"], "permessage-deflate, x-one, x-two; a=1");
    }

    #[test]
    fn no_name_is_there_twice() {
        let names: HashSet<_> = NAMES.iter().map(|row| row.name).collect();
        assert_eq!(names.len(), NAMES.len());
    }
}
