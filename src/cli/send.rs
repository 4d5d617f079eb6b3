//! `wsurl send`.

// The comments are help texts, which are shown without Markdown.
#![allow(clippy::doc_markdown)]

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::shared::{CheckArgs, ConversationArgs, FinishArgs};
use super::typed::SendTargetArgs;
use super::values;
use crate::framing;

/// Send whole messages, print the replies
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools)]
pub struct SendArgs {
    /// The URL and the messages
    #[command(flatten)]
    pub target: SendTargetArgs,

    /// Send text messages (the default)
    #[arg(short, long, alias = "ws-text", conflicts_with = "binary")]
    pub text: bool,

    /// Send binary messages
    #[arg(short, long, alias = "ws-binary")]
    pub binary: bool,

    /// Layout of messages in standard input and standard output; base64 and hex also apply to MESSAGE and -d
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "lines")]
    pub framing: Framing,

    /// Like --framing, for standard input only
    #[arg(long, value_enum, value_name = "FORMAT", hide_possible_values = true)]
    pub in_framing: Option<Framing>,

    /// Like --framing, for standard output only
    #[arg(long, value_enum, value_name = "FORMAT", hide_possible_values = true)]
    pub out_framing: Option<Framing>,

    /// Short for --framing nul: messages end in NUL
    #[arg(short = '0', long, conflicts_with = "framing")]
    pub null_terminated: bool,

    /// Keep the delimiter as part of the message
    #[arg(long)]
    pub keep_newline: bool,

    /// Refuse larger messages, in both directions
    #[arg(long, value_name = "SIZE", default_value = "64M", value_parser = values::positive_bytes)]
    pub max_message_size: u64,

    /// At a terminal: indent and colour received JSON
    #[arg(long)]
    pub pretty: bool,

    /// At a terminal: no prompt, no line editing and no history (of which WSURL_HISTORY=FILE sets the file), as if standard
    /// input were a file
    #[arg(long)]
    pub no_prompt: bool,

    /// Write received messages to this file, which appears when it is complete; - is standard output
    #[arg(short, long = "output", value_name = "FILE")]
    pub output_file: Option<PathBuf>,

    /// Send each message only when the one before it was answered
    #[arg(long)]
    pub lockstep: bool,

    /// Send messages in frames of at most this many bytes
    #[arg(long, value_name = "SIZE", value_parser = values::buffer_size)]
    pub fragment: Option<usize>,

    /// Send one message, wait for one reply
    #[arg(short = '1', long, conflicts_with_all = ["expect", "follow", "wait"])]
    pub one_message: bool,

    /// The end of the session
    #[command(flatten)]
    pub finish: FinishArgs,

    /// Checks of messages
    #[command(flatten)]
    pub checks: CheckArgs,

    /// Options of all subcommands
    #[command(flatten)]
    pub conversation: ConversationArgs,
}

/// The names of the formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Framing {
    /// One message a line
    Lines,
    /// Each message ends in a NUL byte
    Nul,
    /// All of the input is one message
    Whole,
    /// JSON Lines with type, payload, size and time; lossless
    Json,
    /// One message a line, in base64
    Base64,
    /// One message a line, in hexadecimal digits
    Hex,
}

impl From<Framing> for framing::Format {
    fn from(name: Framing) -> Self {
        match name {
            Framing::Lines => Self::Lines,
            Framing::Nul => Self::Nul,
            Framing::Whole => Self::Whole,
            Framing::Json => Self::Json,
            Framing::Base64 => Self::Base64,
            Framing::Hex => Self::Hex,
        }
    }
}
