//! `wsurl stream`: stream mode.

use std::io::IsTerminal;
use std::path::Path;

use super::converse::{Conversation, Conversed, converse, report};
use super::options::{ConversationOptions, checks, finish_rule};
use super::{outputs, without_effect};
use crate::cli::{ProgressWhen, StreamArgs};
use crate::error::{Failure, Status};
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
    let (mut input, named) = match args.upload_file.as_deref() {
        Some(path) if path != Path::new("-") => (Input::open(path, options.limits.whole)?, true),
        _ => (Input::standard()?, false),
    };
    let begins_at = args.continue_at.unwrap_or_default();
    if begins_at > 0 && !named {
        return Err(Failure::new(Status::Usage, "-C needs a file").hint("-T FILE names it"));
    }
    if begins_at > 0 {
        input.skip(begins_at)?;
    }
    let shape = match input.size {
        _ if !args.single_message => Shape::Chunks(args.chunk_size),
        Some(size) if named => Shape::Whole(size),
        _ => Shape::Unknown,
    };
    let has_end = named && input.size.is_some();
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
    let mut conversed = converse(&options, conversation);
    if let (true, Shape::Chunks(size)) = (has_end, shape) {
        conversed.outcome = say_where_to_continue(conversed.outcome, begins_at, size as u64);
    }
    let digests = [outgoing.digest(), incoming.digest()];
    if options.verbosity > Verbosity::Silent {
        print_digests(&conversed, digests);
    }
    report(&options, conversed, digests)
}

/// Names the end of the last whole message that the next hop has taken, when an upload in messages of `size` bytes has failed.
fn say_where_to_continue(mut outcome: Outcome, begins_at: u64, size: u64) -> Outcome {
    let whole = outcome.bytes_taken / size * size;
    outcome.result = outcome.result.map_err(|failure| {
        if outcome.sent_whole || whole == 0 || failure.is_quiet() {
            return failure;
        }
        let at = begins_at + whole;
        let advice = format!(
            "-C {at} continues behind the last whole message that was taken, if the server has stored it"
        );
        let advice = failure.advice().map_or(advice.clone(), |first| format!("{first}; {advice}"));
        failure.hint(advice)
    });
    outcome
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
