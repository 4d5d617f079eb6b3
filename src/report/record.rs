//! Everything that is known of a run once it is over.

use std::time::{Duration, SystemTime};

use serde_json::{Map, Value, json};

use crate::endpoint::Endpoint;
use crate::error::Failure;
use crate::net::Facts;
use crate::protocol::CloseFrame;
use crate::session::Side;
use crate::stats::Tally;

/// See the module.
#[derive(Debug)]
pub struct Record<'a> {
    /// Where to.
    pub endpoint: &'a Endpoint,
    /// What is known of the connection.
    pub facts: &'a Facts,
    /// The counts.
    pub tally: Tally,
    /// How long it took.
    pub total: Duration,
    /// Who closed, and with what.
    pub close: Option<(Side, CloseFrame)>,
    /// The SHA-256 of what was sent and received.
    pub digests: [Option<[u8; 32]>; 2],
    /// What the run ended in.
    pub failure: Option<&'a Failure>,
}

impl Record<'_> {
    /// The value of a name of `--write-out`; `Null` when there is none.
    pub fn value(&self, name: &str) -> Value {
        let timeline = &self.facts.timeline;
        let seconds = |time: Option<Duration>| time.map_or(Value::Null, |time| json!(micros(time)));
        let head = self.facts.response.as_ref();
        let certificate = self.facts.certificate.as_ref();
        let close = self.close.as_ref();
        match name {
            "time_namelookup" => seconds(timeline.resolved),
            "time_connect" => seconds(timeline.connected),
            "time_proxy" => seconds(timeline.proxied),
            "time_appconnect" => seconds(timeline.secured),
            "time_handshake" => seconds(timeline.upgraded),
            "time_first_message" => seconds(self.tally.first_message.map(|at| timeline.until(at))),
            "time_total" => seconds(Some(self.total)),
            "http_code" => json!(head.map_or(0, |head| head.status)),
            "remote_ip" => json!(self.facts.remote.map(|address| address.ip().to_string())),
            "remote_port" => json!(self.facts.remote.map(|address| address.port())),
            "local_ip" => json!(self.facts.local.map(|address| address.ip().to_string())),
            "local_port" => json!(self.facts.local.map(|address| address.port())),
            "scheme" => json!(self.endpoint.scheme()),
            "url_effective" => json!(self.endpoint.to_string()),
            "subprotocol" => json!(self.facts.subprotocol),
            "extensions" => {
                json!(head.map(|head| head.tokens("sec-websocket-extensions").collect::<Vec<_>>().join(", ")))
            }
            "num_redirects" => json!(self.facts.redirects),
            "num_retries" => json!(self.facts.retries),
            "tls_version" => json!(self.facts.tls_version),
            "tls_cipher" => json!(self.facts.tls_cipher),
            "cert_subject" => json!(certificate.map(|facts| &facts.subject)),
            "cert_issuer" => json!(certificate.map(|facts| &facts.issuer)),
            "cert_days_left" => json!(certificate.map(|facts| facts.days_left(SystemTime::now()))),
            "messages_sent" => json!(self.tally.messages_sent),
            "messages_received" => json!(self.tally.messages_received),
            "size_upload" => json!(self.tally.bytes_sent),
            "size_download" => json!(self.tally.bytes_received),
            "speed_upload" => json!(self.speed(self.tally.bytes_sent)),
            "speed_download" => json!(self.speed(self.tally.bytes_received)),
            "sha256_upload" => json!(self.digests[0].map(|digest| hex(&digest))),
            "sha256_download" => json!(self.digests[1].map(|digest| hex(&digest))),
            "close_code" => json!(close.map(|(_, frame)| frame.code)),
            "close_reason" => json!(close.map(|(_, frame)| &frame.reason)),
            "closed_by" => json!(close.map(|(side, _)| match side {
                Side::Us => "client",
                Side::Server => "server",
            })),
            "exitcode" => json!(self.failure.map_or(0, |failure| failure.status().code())),
            "status" => json!(self.failure.map_or("success", |failure| failure.status().name())),
            "errormsg" => json!(self.failure.map(ToString::to_string)),
            _ => Value::Null,
        }
    }

    /// All names with their values.
    pub fn all(&self) -> Value {
        let names = super::write_out::NAMES.iter().map(|(name, _)| *name).filter(|name| *name != "json");
        Value::Object(names.map(|name| (name.to_owned(), self.value(name))).collect::<Map<_, _>>())
    }

    /// Bytes a second since the session was open.
    fn speed(&self, bytes: u64) -> u64 {
        let open =
            self.facts.timeline.upgraded.map_or(self.total, |upgraded| self.total.saturating_sub(upgraded));
        u64::try_from(u128::from(bytes) * 1_000_000 / open.as_micros().max(1)).unwrap_or(u64::MAX)
    }
}

/// A digest in hexadecimal digits.
pub fn hex(digest: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(digest)
}

/// Seconds with six digits, as curl gives them.
#[allow(clippy::cast_precision_loss)]
fn micros(time: Duration) -> f64 {
    time.as_micros() as f64 / 1e6
}
