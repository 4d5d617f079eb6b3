//! `wsurl echo-test`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Command, Id};

use super::shared::ConversationArgs;
use super::values;

/// Arguments of `wsurl echo-test`.
#[derive(Debug, Args)]
pub struct EchoTestArgs {
    /// ws:// or wss:// URL of an echo server; without one, an embedded server on loopback is tested
    #[arg(value_name = "URL")]
    pub url: Option<String>,

    /// How many messages to send
    #[arg(short = 'n', long, value_name = "N", default_value = "10", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: u64,

    /// Bytes in each message
    #[arg(long, value_name = "SIZE", default_value = "64", value_parser = values::echo_size)]
    pub size: u64,

    /// The server in the foreground
    #[command(flatten)]
    pub server: ListenArgs,

    /// What all have
    #[command(flatten)]
    pub conversation: ConversationArgs,
}

/// The options of the test itself, which the server has no use for.
const OF_THE_TEST: [&str; 3] = ["url", "count", "size"];

/// The options of a conversation that the server heeds: it chooses among the subprotocols, and can fail in colour.
const HEEDED: [&str; 3] = ["subprotocols", "silent", "color"];

/// The embedded server in the foreground.
#[derive(Debug, Args)]
#[command(next_help_heading = "Embedded server")]
pub struct ListenArgs {
    /// Run the echo server at this address in the foreground, for 1000 connections at a time; port 0 takes a free one;
    /// --subprotocol names one that it knows
    #[arg(long, value_name = "ADDR:PORT", conflicts_with_all = not_heeded(), value_parser = values::listen_address)]
    pub listen: Option<SocketAddr>,

    /// Speak TLS with the certificate in this PEM file, which may hold the key
    #[arg(long, value_name = "FILE", requires = "listen")]
    pub tls_cert: Option<PathBuf>,

    /// The key of that certificate, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,

    /// Wait this long before each echo
    #[arg(long, value_name = "DURATION", default_value = "0", hide_default_value = true, requires = "listen", value_parser = values::duration)]
    pub delay: Duration,

    /// Break each connection off after this many echoes, without a Close
    #[arg(long, value_name = "N", requires = "listen", value_parser = clap::value_parser!(u64).range(1..))]
    pub drop_after: Option<u64>,

    /// Close each connection with this code, at once or after the echoes of --drop-after
    #[arg(long, value_name = "CODE", requires = "listen", value_parser = values::close_code)]
    pub close_with: Option<u16>,
}

/// What must not stand beside `--listen`, where it would mean nothing.
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
