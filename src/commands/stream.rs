//! `wsurl stream`: stream mode.

use std::io::IsTerminal;
use std::path::Path;

use super::converse::{Conversation, Conversed, converse, report};
use super::options::{ConversationOptions, checks, finish_rule};
use super::outputs::Reads;
use super::{outputs, talking, without_effect};
use crate::cli::{ProgressWhen, StreamArgs};
use crate::error::{Failure, Status};
use crate::os::Destination;
use crate::prompt::{Talk, TalkSink, Typing};
use crate::protocol::Kind;
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

/// The most bytes of a line or a file that is sent from a prompt.
const LONGEST_LINE: u64 = 64 << 20;

/// Sends and receives bytes.
pub(super) fn run(mut args: StreamArgs) -> Result<(), Failure> {
    args.output_file.take_if(|path| path.as_os_str() == "-");
    without_effect::stream(&args)?;
    if is_talk(&args) {
        return talk(args);
    }
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
    let upload = args.upload_file.as_deref().filter(|_| named);
    let reads = upload.map_or(Reads::StandardInput, Reads::Upload);
    let has_end = named && input.size.is_some();
    let destination = outputs::open(args.output_file.as_deref(), reads, &options)?;
    let progress = shows_progress(args.progress, options.verbosity).then(|| Progress::new(input.size));
    let shares = progress.is_some() || options.verbosity >= Verbosity::Verbose;
    let output = outputs::output(&destination, args.output_file.as_deref(), shares);
    let digest = args.digest.is_some();
    let mut outgoing = ChunkSource::new(input, shape, digest);
    let mut incoming = StreamSink::new(digest, checks, sanitize::for_output(args.output_file.as_deref()));
    let conversation = Conversation {
        source: &mut outgoing,
        sink: &mut incoming,
        destination,
        output,
        keeps_messages: false,
        rule,
        limit_rate: args.limit_rate,
        max_frame: None,
        max_message: args.max_message_size,
        progress,
        hints: HINTS,
        tells_waiting: false,
        talk: None,
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

/// Whether bytes are typed at a terminal, line by line.
fn is_talk(args: &StreamArgs) -> bool {
    let names_input = args.upload_file.as_deref().is_some_and(|path| path != Path::new("-"));
    let is_plain = !args.single_message && args.digest.is_none() && args.progress != ProgressWhen::Always;
    !names_input && is_plain && talking::is_wanted(args.no_prompt, args.output_file.as_deref())
}

/// A conversation at a terminal.
fn talk(args: StreamArgs) -> Result<(), Failure> {
    let mut options = ConversationOptions::from_args(&args.target.url, args.conversation)?;
    let rule = finish_rule(Some(&args.finish), &args.checks, Count::None)?;
    let checks = Checks::new(checks(&args.checks));
    options.close.expect = args.checks.expect_close;
    let look = talking::look(false, true);
    let typing = Typing {
        kind: Kind::Binary,
        line_end: "\n",
        max_message: LONGEST_LINE,
        history: talking::history(&options),
    };
    let (talk, mut outgoing) = Talk::new(typing, look, talking::edits(), u64::MAX);
    let mut incoming = TalkSink::new(look, checks);
    let conversation = Conversation {
        source: &mut outgoing,
        sink: &mut incoming,
        destination: Destination::standard()?,
        output: outputs::screen()?,
        keeps_messages: false,
        rule: talking::rule(rule),
        limit_rate: args.limit_rate,
        max_frame: None,
        max_message: args.max_message_size,
        progress: None,
        hints: HINTS,
        tells_waiting: false,
        talk: Some(talk),
    };
    let conversed = converse(&options, conversation);
    report(&options, conversed, [None, None])
}

/// On a terminal, a bar leaves when the first received byte is shown there.
fn shows_progress(when: ProgressWhen, verbosity: Verbosity) -> bool {
    match when {
        ProgressWhen::Always => true,
        ProgressWhen::Never => false,
        ProgressWhen::Auto => std::io::stderr().is_terminal() && verbosity > Verbosity::Silent,
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
