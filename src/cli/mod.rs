//! What the user types: arguments, help texts, value parsers. Inert: no I/O and no policy.
//! The one folder that knows clap.

mod accepted;
mod artifacts;
mod echo_test;
mod habits;
mod help;
mod hints;
mod pasted;
mod probe;
mod rules;
mod send;
mod shared;
mod stream;
mod suggested;
mod typed;
mod usage;
pub mod values;

use clap::{CommandFactory, Parser, Subcommand};

pub use artifacts::{Artifact, committed_files, generate};
pub use echo_test::{EchoTestArgs, ListenArgs, Mode};
pub use probe::ProbeArgs;
pub use rules::RuleArgs;
pub use send::{Framing, SendArgs};
pub use shared::{
    AddressArgs, CheckArgs, CloseArgs, ColorWhen, ConversationArgs, CredentialArgs, FinishArgs, LimitArgs,
    OutputArgs, ProgressWhen, ProxyArgs, RequestArgs, RetryArgs, TlsArgs,
};
pub use stream::StreamArgs;
pub use typed::{MessageForm, TypedMessage};
pub use usage::{Parsed, parse};

/// The command line.
#[derive(Debug, Parser)]
#[command(
    name = "wsurl",
    about = "curl for WebSockets: send messages, stream files, test echo servers, probe endpoints",
    version,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    subcommand_required = false,
    args_override_self = true,
    after_help = AFTER_HELP,
    max_term_width = 100,
)]
pub struct Cli {
    /// Print shell completions, the man pages or the schema of a JSON report to standard output
    #[arg(long, value_name = "ARTIFACT", value_enum, exclusive = true)]
    pub generate: Option<Artifact>,

    /// The subcommand
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// The subcommands. The options of one are defined when it is called, because defining them takes time.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
#[allow(missing_docs)] // the texts are those of the arguments
pub enum Command {
    #[command(after_help = SEND_EXAMPLES)]
    Send(Box<SendArgs>),
    #[command(after_help = STREAM_EXAMPLES)]
    Stream(Box<StreamArgs>),
    #[command(after_help = ECHO_EXAMPLES)]
    EchoTest(Box<EchoTestArgs>),
    #[command(after_help = PROBE_EXAMPLES)]
    Probe(Box<ProbeArgs>),
}

impl Command {
    /// The options that all subcommands share.
    pub fn conversation(&self) -> &ConversationArgs {
        match self {
            Self::Send(args) => &args.conversation,
            Self::Stream(args) => &args.conversation,
            Self::EchoTest(args) => &args.conversation,
            Self::Probe(args) => &args.conversation,
        }
    }

    /// The same as [`Command::conversation`], mutable.
    pub fn conversation_mut(&mut self) -> &mut ConversationArgs {
        match self {
            Self::Send(args) => &mut args.conversation,
            Self::Stream(args) => &mut args.conversation,
            Self::EchoTest(args) => &mut args.conversation,
            Self::Probe(args) => &mut args.conversation,
        }
    }
}

const AFTER_HELP: &str = "\
First steps:
  wsurl echo-test                                  test against an embedded server
  wsurl send wss://example.com/chat 'hello'        send a message, print the reply
  wsurl send wss://example.com/chat                talk at a prompt, until Ctrl-D
  wsurl stream -T big.iso wss://example.com/put    upload a file
  wsurl probe wss://example.com/chat               is it up, and how fast?
  wsurl send --help                                all options of a subcommand";

const SEND_EXAMPLES: &str = "\
Examples:
  wsurl send wss://example.com/chat 'hello'              one message, one reply
  wsurl send wss://example.com/chat                      at a terminal: talk at a prompt, until Ctrl-D
  printf 'a\\nb\\n' | wsurl send ws://localhost:9001       a message a line
  wsurl send -f wss://example.com/ticker </dev/null      listen until the server closes
  wsurl send --expect-json /ok=true URL '{\"op\":\"ping\"}'  check the reply: exit 1 if it differs

Durations are 500ms, 5 (seconds) or 1m30s; sizes 4096, 64K, 1M or 2G.";

const STREAM_EXAMPLES: &str = "\
Examples:
  wsurl stream -T big.iso --digest sha256 wss://example.com/put   upload, report the SHA-256
  wsurl stream -f -o copy.iso wss://example.com/get </dev/null    download until the server closes
  tail -f log | wsurl stream wss://example.com/ingest             send each line at once

Durations are 500ms, 5 (seconds) or 1m30s; sizes 4096, 64K, 1M or 2G.";

const ECHO_EXAMPLES: &str = "\
Examples:
  wsurl echo-test                                    against an embedded server on loopback
  wsurl echo-test --sizes wss://example.com/         the sizes around which the frame header changes
  wsurl echo-test --connections 100 --in-flight 16 --duration 10s ws://localhost:8080/
  wsurl echo-test --listen 127.0.0.1:9001            run the echo server in the foreground

Durations are 500ms, 5 (seconds) or 1m30s; sizes 4096, 64K, 1M or 2G.";

const PROBE_EXAMPLES: &str = "\
Examples:
  wsurl probe wss://example.com/chat                          each phase with its time
  wsurl probe --wait-ready 30s ws://localhost:8080/           until the server is up
  wsurl probe -d ping --expect-text pong URL                  is the reply right?
  wsurl probe --min-cert-days 14 --max-latency 200ms URL      promises to hold
  wsurl probe --conformance -v URL                            the rules of RFC 6455 and RFC 7692, one by one
  wsurl probe --report nagios --warn 1s --crit 3s URL         a check of Nagios or Icinga

Durations are 500ms, 5 (seconds) or 1m30s; sizes 4096, 64K, 1M or 2G.";

/// The complete definition of the command line, for everything that is generated from it.
pub fn command() -> clap::Command {
    let mut command = Cli::command();
    command.build();
    command
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_definition_is_sound() {
        super::command().debug_assert();
    }
}
