//! `wsurl stream`.

// The comments are help texts, which are shown without Markdown.
#![allow(clippy::doc_markdown)]

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::shared::{CheckArgs, ConversationArgs, FinishArgs, ProgressWhen};
use super::typed::UrlArgs;
use super::values;

/// Send and receive bytes of any size as binary messages
#[derive(Debug, Args)]
pub struct StreamArgs {
    /// The URL
    #[command(flatten)]
    pub target: UrlArgs,

    /// Send this file instead of standard input; - is standard input
    #[arg(short = 'T', long, value_name = "FILE")]
    pub upload_file: Option<PathBuf>,

    /// Begin the upload at this byte of the file, such as where an interrupted one has ended; needs -T FILE
    #[arg(short = 'C', long, value_name = "BYTES", requires = "upload_file", value_parser = values::offset)]
    pub continue_at: Option<u64>,

    /// At a terminal: no prompt, no line editing and no history (of which WSURL_HISTORY=FILE sets the file), as if standard
    /// input were a file
    #[arg(long)]
    pub no_prompt: bool,

    /// Write received bytes to this file, which appears when it is complete; - is standard output, the default
    #[arg(short, long = "output", value_name = "FILE")]
    pub output_file: Option<PathBuf>,

    /// Put at most this many bytes into one message
    #[arg(long, value_name = "SIZE", default_value = "64K", alias = "buffer-size", value_parser = values::buffer_size)]
    pub chunk_size: usize,

    /// Send the whole input as one message: in one frame with -T FILE, otherwise in fragments
    #[arg(long, conflicts_with = "chunk_size")]
    pub single_message: bool,

    /// Send at most this many bytes a second, counted after compression
    #[arg(long, value_name = "SIZE", value_parser = values::positive_bytes)]
    pub limit_rate: Option<u64>,

    /// Report size and digest of the bytes sent and received
    #[arg(long, value_enum, value_name = "ALGORITHM")]
    pub digest: Option<Digest>,

    /// Refuse larger messages from the server [default: none]
    #[arg(long, value_name = "SIZE", value_parser = values::positive_bytes)]
    pub max_message_size: Option<u64>,

    /// When to show progress
    #[arg(long, value_enum, value_name = "WHEN", default_value = "auto")]
    pub progress: ProgressWhen,

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

/// The digests that can be computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Digest {
    /// SHA-256
    Sha256,
}
