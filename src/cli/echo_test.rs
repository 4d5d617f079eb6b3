//! `wsurl echo-test`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Command, Id, ValueEnum};

use super::shared::ConversationArgs;
use super::suggested::Suggested;
use super::values::{self, SizeList};
use crate::echo::Content;
use crate::report::{FORMATS, ReportTarget};

/// The values of `--report`.
const REPORTS: Suggested<ReportTarget> = Suggested {
    parse: ReportTarget::of_echo_test,
    values: || FORMATS.iter().map(|format| format.name).collect(),
};

/// Send messages to an echo server, compare and time what comes back
#[derive(Debug, Args)]
pub struct EchoTestArgs {
    /// ws:// or wss:// URL of an echo server; without one, an embedded server on loopback is tested
    #[arg(value_name = "URL")]
    pub url: Option<String>,

    /// The URL, which otherwise is the first argument
    #[arg(long = "url", hide = true, value_name = "URL", conflicts_with = "url")]
    pub url_option: Option<String>,

    /// Send N messages of each size on each connection [default: 10; with --duration: no limit]
    #[arg(short = 'n', long, value_name = "N", value_parser = values::positive_count)]
    pub count: Option<u64>,

    /// Put this many bytes into each message
    #[arg(long, value_name = "SIZE", default_value = "64", value_parser = values::echo_size)]
    pub size: u64,

    /// Use several sizes in turn; without a list, those around which the frame header changes: 0, 1, 125, 126, 127, 65535, 65536, 65537, 1M
    #[arg(long, value_name = "LIST", num_args = 0..=1, require_equals = true, default_missing_value = "ladder", conflicts_with = "size", value_parser = values::echo_sizes)]
    pub sizes: Option<SizeList>,

    /// Send text messages with characters of one to four bytes (the default)
    #[arg(short, long, alias = "ws-text", conflicts_with = "binary")]
    pub text: bool,

    /// Send binary messages
    #[arg(short, long, alias = "ws-binary")]
    pub binary: bool,

    /// What payloads consist of [default: text; with -b or --mode stream: random]
    #[arg(long, value_enum, value_name = "CONTENT")]
    pub payload: Option<Payload>,

    /// Compare message by message, or all bytes as one stream
    #[arg(long, value_enum, value_name = "MODE", default_value = "message")]
    pub mode: Mode,

    /// Send each message in frames of at most this many bytes
    #[arg(long, value_name = "SIZE", value_parser = values::buffer_size)]
    pub fragment: Option<usize>,

    /// Send N messages a second on all connections together, when they are due and not when echoes arrive; round trips count
    /// from when a message was due
    #[arg(long, value_name = "N", conflicts_with = "interval", value_parser = values::rate)]
    pub rate: Option<f64>,

    /// Send a message this often on each connection, and on a terminal or with -v print a line for each echo [default: as
    /// fast as the echoes arrive]
    #[arg(long, value_name = "DURATION", value_parser = values::interval)]
    pub interval: Option<Duration>,

    /// Allow this many messages of a connection to be in flight [default: 1; with --rate: 1000000 on all connections]
    #[arg(long, value_name = "N", value_parser = values::in_flight)]
    pub in_flight: Option<usize>,

    /// Open this many connections side by side
    #[arg(long, value_name = "N", default_value = "1", value_parser = values::connections)]
    pub connections: usize,

    /// Open the connections evenly over this time; each sends its messages as soon as it is open
    #[arg(long, value_name = "DURATION", value_parser = values::interval)]
    pub ramp: Option<Duration>,

    /// Send no message after this time, counted from the first one
    #[arg(long, value_name = "DURATION", value_parser = values::interval)]
    pub duration: Option<Duration>,

    /// Skip this many messages that the server sends first on each connection
    #[arg(long, value_name = "N", default_value = "0", value_parser = values::count)]
    pub greeting: u64,

    /// Refuse larger messages, in both directions [default: 64M; with --mode stream: none]
    #[arg(long, value_name = "SIZE", value_parser = values::positive_bytes)]
    pub max_message_size: Option<u64>,

    /// Seed of the payloads: the same number gives the same payloads
    #[arg(long, value_name = "N", default_value = "1", value_parser = values::count)]
    pub seed: u64,

    #[arg(long = "report", help = ReportTarget::help(false), value_name = "FORMAT[=FILE]", hide_possible_values = true, value_parser = REPORTS)]
    pub reports: Vec<ReportTarget>,

    /// The embedded server
    #[command(flatten)]
    pub server: ListenArgs,

    /// Options of all subcommands
    #[command(flatten)]
    pub conversation: ConversationArgs,
}

/// What payloads consist of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Payload {
    /// Characters of one to four bytes
    Text,
    /// Random bytes; in text messages random visible characters of one byte, since they have to be UTF-8
    Random,
    /// Zeros, after eight bytes that tell messages apart
    Zero,
}

impl From<Payload> for Content {
    fn from(payload: Payload) -> Self {
        match payload {
            Payload::Text => Self::Text,
            Payload::Random => Self::Random,
            Payload::Zero => Self::Zero,
        }
    }
}

/// What is sent, and how answers are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Mode {
    /// Whole messages.
    Message,
    /// Binary messages whose boundaries do not count.
    Stream,
}

/// The options of the test itself, which the server has no use for.
const OF_THE_TEST: [&str; 20] = [
    "url",
    "url_option",
    "count",
    "size",
    "sizes",
    "text",
    "binary",
    "payload",
    "mode",
    "fragment",
    "interval",
    "rate",
    "ramp",
    "in_flight",
    "connections",
    "duration",
    "greeting",
    "max_message_size",
    "seed",
    "reports",
];

/// The options of a conversation that the server uses, too: subprotocols to choose from, how long it runs, and how its errors
/// are shown.
const HEEDED: [&str; 4] = ["subprotocols", "max_time", "silent", "color"];

/// The embedded server in the foreground.
#[derive(Debug, Args)]
#[command(next_help_heading = "Embedded server")]
pub struct ListenArgs {
    /// Run the echo server at this address in the foreground, for up to 10000 connections at a time; port 0 picks a free one;
    /// --subprotocol names a subprotocol that it accepts, -m ends it
    #[arg(long, value_name = "ADDR:PORT", conflicts_with_all = not_heeded(), value_parser = values::listen_address)]
    pub listen: Option<SocketAddr>,

    /// Speak TLS with the certificate in this PEM file, which may hold the key
    #[arg(long, value_name = "FILE", requires = "listen", hide = cfg!(windows))]
    pub tls_cert: Option<PathBuf>,

    /// The key of that certificate, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert", hide = cfg!(windows))]
    pub tls_key: Option<PathBuf>,

    /// Wait this long before each echo
    #[arg(long, value_name = "DURATION", requires = "listen", value_parser = values::duration)]
    pub delay: Option<Duration>,

    /// Drop each connection after this many echoes, without a Close
    #[arg(long, value_name = "N", requires = "listen", value_parser = values::positive_count)]
    pub drop_after: Option<u64>,

    /// Close each connection with this code, at once or after the echoes of --drop-after
    #[arg(long, value_name = "CODE", requires = "listen", value_parser = values::close_code)]
    pub close_with: Option<u16>,
}

impl ListenArgs {
    /// An option of the server that was given without `--listen`. clap does not report it beside a URL, which excludes
    /// `--listen`.
    pub fn without_server(&self) -> Option<&'static str> {
        let given = [
            ("--tls-cert", self.tls_cert.is_some()),
            ("--tls-key", self.tls_key.is_some()),
            ("--delay", self.delay.is_some()),
            ("--drop-after", self.drop_after.is_some()),
            ("--close-with", self.close_with.is_some()),
        ];
        given.into_iter().find(|(_, given)| *given && self.listen.is_none()).map(|(flag, _)| flag)
    }
}

/// The options that must not stand beside `--listen`, because the server does not use them.
fn not_heeded() -> Vec<Id> {
    let shared = ConversationArgs::augment_args(Command::new("echo-test"));
    let shared = shared.get_arguments().map(|arg| arg.get_id().clone());
    let shared = shared.filter(|id| !HEEDED.contains(&id.as_str()));
    shared.chain(OF_THE_TEST.map(Id::from)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::echo_server::MAX_CONNECTIONS;

    #[test]
    fn every_option_is_heeded_by_the_server_or_refused_beside_listen() {
        let command = EchoTestArgs::augment_args(Command::new("echo-test"));
        let own = ListenArgs::augment_args(Command::new("echo-test"));
        let own: Vec<_> = own.get_arguments().map(|arg| arg.get_id().as_str()).collect();
        let refused = not_heeded();
        for id in command.get_arguments().map(clap::Arg::get_id) {
            let known = [&HEEDED[..], &own[..]].concat();
            assert!(refused.contains(id) != known.contains(&id.as_str()), "{id}");
        }
    }

    #[test]
    fn the_help_tells_the_number_of_connections() {
        let command = ListenArgs::augment_args(Command::new("echo-test"));
        let help =
            command.get_arguments().find(|arg| arg.get_id() == "listen").and_then(|arg| arg.get_help());
        assert!(help.is_some_and(|help| help.to_string().contains(&MAX_CONNECTIONS.to_string())));
    }
}
