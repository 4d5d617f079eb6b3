//! `wsurl stream`: stream mode.

use std::io::IsTerminal;
use std::path::Path;

use super::converse::{Conversation, Conversed, converse, report};
use super::options::{ConversationOptions, checks, finish_rule};
use super::{outputs, without_effect};
use crate::cli::{ProgressWhen, StreamArgs};
use crate::error::Failure;
use crate::report::progress::Progress;
use crate::report::record::hex;
use crate::report::{Verbosity, sanitize};
use crate::session::{Checks, ChunkSource, Count, Hints, Input, Outcome, Shape, StreamSink};

const HINTS: Hints = Hints {
    no_reply: None,
    fewer_messages: Some("--expect N sets how many messages are awaited, --wait DURATION a time instead"),
    unmet: Some("--within 10s waits until every check is met, whatever else arrives"),
    early_close: Some("-f leaves the end of the session to the server"),
    too_large: Some("--max-message-size allows more"),
};

/// Sends and receives bytes.
pub(super) fn run(mut args: StreamArgs) -> Result<(), Failure> {
    args.output_file.take_if(|path| path.as_os_str() == "-");
    without_effect::stream(&args)?;
    let mut options = ConversationOptions::from_args(&args.target.url, args.conversation)?;
    let rule = finish_rule(Some(&args.finish), &args.checks, Count::None)?;
    let checks = Checks::new(checks(&args.checks));
    options.close.expect = args.checks.expect_close;
    let (input, named) = match args.upload_file.as_deref() {
        Some(path) if path != Path::new("-") => (Input::open(path, options.limits.whole)?, true),
        _ => (Input::standard()?, false),
    };
    let shape = match input.size {
        _ if !args.single_message => Shape::Chunks(args.chunk_size),
        Some(size) if named => Shape::Whole(size),
        _ => Shape::Unknown,
    };
    let destination = outputs::open(args.output_file.as_deref(), args.upload_file.as_deref(), &options)?;
    let progress =
        shows_progress(args.progress, options.verbosity, sanitize::is_shown(args.output_file.as_deref()))
            .then(|| Progress::new(input.size));
    let digest = args.digest.is_some();
    let mut outgoing = ChunkSource::new(input, shape, digest);
    let mut incoming = StreamSink::new(digest, checks, sanitize::for_output(args.output_file.as_deref()));
    let conversation = Conversation {
        source: &mut outgoing,
        sink: &mut incoming,
        destination,
        keeps_messages: false,
        rule,
        limit_rate: args.limit_rate,
        max_message: args.max_message_size,
        progress,
        hints: HINTS,
    };
    let conversed = converse(&options, conversation);
    let digests = [outgoing.digest(), incoming.digest()];
    if options.verbosity > Verbosity::Silent {
        print_digests(&conversed, digests);
    }
    report(&options, conversed, digests)
}

/// `on_terminal`: what is received is shown by a terminal, where it would stand in the middle of a bar.
fn shows_progress(when: ProgressWhen, verbosity: Verbosity, on_terminal: bool) -> bool {
    match when {
        ProgressWhen::Always => true,
        ProgressWhen::Never => false,
        ProgressWhen::Auto => {
            !on_terminal && std::io::stderr().is_terminal() && verbosity > Verbosity::Silent
        }
    }
}

fn print_digests(conversed: &Conversed, digests: [Option<[u8; 32]>; 2]) {
    let Outcome { tally, sent_whole, received_whole, .. } = &conversed.outcome;
    let sides = [("sent", tally.bytes_sent, sent_whole), ("received", tally.bytes_received, received_whole)];
    for ((what, bytes, is_whole), digest) in sides.into_iter().zip(digests) {
        if let Some(digest) = digest {
            let incomplete = if *is_whole { "" } else { ", incomplete" };
            crate::report::line(&format!("{what} {bytes} bytes{incomplete}, sha256 {}", hex(&digest)));
        }
    }
}
