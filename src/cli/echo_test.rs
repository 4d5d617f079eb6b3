//! `wsurl echo-test`.

use std::net::SocketAddr;

use clap::Args;

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

    /// Run the echo server at this address in the foreground; port 0 takes a free one
    #[arg(long, value_name = "ADDR:PORT", conflicts_with_all = ["url", "count", "size"], value_parser = values::listen_address)]
    pub listen: Option<SocketAddr>,

    /// What all have
    #[command(flatten)]
    pub conversation: ConversationArgs,
}
