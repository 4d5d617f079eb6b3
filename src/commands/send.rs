//! `wsurl send`: message mode.

use super::converse::{Conversation, converse, report};
use super::options::{ConversationOptions, checks, finish_rule};
use super::outputs::Reads;
use super::{data, outputs, talking, without_effect};
use crate::cli::{SendArgs, TypedMessage};
use crate::deadline::Deadline;
use crate::error::{Failure, Status};
use crate::framing::{Format, FramingReader, FramingWriter};
use crate::os::Destination;
use crate::prompt::{self, Talk, TalkSink, Typing};
use crate::protocol::Kind;
use crate::report::{Verbosity, sanitize};
use crate::session::{Checks, Count, FinishRule, Hints, Input, MessageSink, MessageSource};

const HINTS: Hints = Hints {
    no_reply: Some("--expect 0 waits for no reply"),
    fewer_messages: Some("--expect N sets how many messages are awaited, --wait DURATION a time instead"),
    unmet: Some("--within 10s waits until every check is met, whatever else arrives"),
    early_close: Some("-f leaves the end of the session to the server"),
    too_large: Some("--max-message-size allows more; `wsurl stream` receives messages of any size"),
};

/// The same where text is awaited and messages are printed in hex or base64.
const ENCODED: Hints = Hints {
    unmet: Some(
        "--expect-text is compared with the message, not with its hex or base64; --expect-regex '^\\x20' looks at bytes",
    ),
    ..HINTS
};

/// Sends messages, prints the replies.
pub(super) fn run(mut args: SendArgs) -> Result<(), Failure> {
    args.output_file.take_if(|path| path.as_os_str() == "-");
    let checks = checks(&args.checks);
    let rule = rule(&args, !checks.is_empty())?;
    let (input_format, output_format) = formats(&args);
    without_effect::send(&args, input_format, output_format)?;
    if is_talk(&args) {
        return talk(args);
    }
    let mut escape = sanitize::for_output(args.output_file.as_deref());
    if args.pretty {
        if escape.is_none() {
            return Err(Failure::new(Status::Usage, "--pretty is for a terminal")
                .hint("| jq does the same to what is piped"));
        }
        escape = Some(prompt::pretty::escape(talking::look(true, false).colour));
    }
    let hints =
        if is_encoded(output_format) && !args.checks.expect_text.is_empty() { ENCODED } else { HINTS };
    let writer = FramingWriter::new(output_format, args.keep_newline);
    let mut incoming = MessageSink::new(writer, Checks::new(checks), escape);
    let kind = kind(args.binary, args.text, input_format);
    let mut options = ConversationOptions::from_args(&args.target.url, args.conversation)?;
    options.close.expect = args.checks.expect_close;
    let max_message = args.max_message_size;
    let max_frame = args.fragment.map(|size| size as u64);
    let reads = if args.target.messages.is_empty() { Reads::StandardInput } else { Reads::Nothing };
    let destination = outputs::open(args.output_file.as_deref(), reads, &options)?;
    // A line of ours must not stand behind a message without a line end.
    let tells_waiting = talking::tells_waiting(options.verbosity) && output_format != Format::Whole;
    let shares = tells_waiting || options.verbosity >= Verbosity::Verbose;
    let output = outputs::output(&destination, args.output_file.as_deref(), shares);
    let source = Source {
        kind,
        messages: args.target.messages,
        format: input_format,
        keep_newline: args.keep_newline,
        most: if args.one_message { 1 } else { u64::MAX },
        max_message: args.max_message_size,
    };
    let mut outgoing = source.open(options.limits.whole)?;
    let conversation = Conversation {
        source: &mut outgoing,
        sink: &mut incoming,
        destination,
        output,
        keeps_messages: true,
        rule,
        limit_rate: None,
        max_frame,
        max_message: Some(max_message),
        progress: None,
        hints,
        tells_waiting,
        talk: None,
    };
    let conversed = converse(&options, conversation);
    report(&options, conversed, [None, None])
}

/// Whether messages are typed at a terminal: one a line, as a person types them.
fn is_talk(args: &SendArgs) -> bool {
    args.target.messages.is_empty()
        && formats(args) == (Format::Lines, Format::Lines)
        && talking::is_wanted(args.no_prompt, args.output_file.as_deref())
}

/// A conversation at a terminal.
fn talk(args: SendArgs) -> Result<(), Failure> {
    let checks = checks(&args.checks);
    let rule = rule(&args, !checks.is_empty())?;
    let look = talking::look(args.pretty, false);
    let max_frame = args.fragment.map(|size| size as u64);
    let mut options = ConversationOptions::from_args(&args.target.url, args.conversation)?;
    options.close.expect = args.checks.expect_close;
    let typing = Typing {
        kind: kind(args.binary, args.text, Format::Lines),
        line_end: if args.keep_newline { "\n" } else { "" },
        max_message: args.max_message_size,
        history: talking::history(&options),
    };
    let most = if args.one_message { 1 } else { u64::MAX };
    let (talk, mut outgoing) = Talk::new(typing, look, talking::edits(), most);
    let mut incoming = TalkSink::new(look, Checks::new(checks));
    let conversation = Conversation {
        source: &mut outgoing,
        sink: &mut incoming,
        destination: Destination::standard()?,
        output: outputs::screen()?,
        keeps_messages: true,
        rule: talking::rule(rule),
        limit_rate: None,
        max_frame,
        max_message: Some(args.max_message_size),
        progress: None,
        hints: HINTS,
        tells_waiting: false,
        talk: Some(talk),
    };
    let conversed = converse(&options, conversation);
    report(&options, conversed, [None, None])
}

/// Text by default; for base64 and hex, binary by default.
fn kind(binary: bool, text: bool, format: Format) -> Kind {
    if binary || (is_encoded(format) && !text) { Kind::Binary } else { Kind::Text }
}

fn is_encoded(format: Format) -> bool {
    matches!(format, Format::Base64 | Format::Hex)
}

fn rule(args: &SendArgs, has_checks: bool) -> Result<FinishRule, Failure> {
    // A check needs a message, even when none is sent.
    let by_default = Count::AsSent { at_least: u64::from(has_checks) };
    let by_default = if args.one_message { Count::Exactly(1) } else { by_default };
    let rule = finish_rule(Some(&args.finish), &args.checks, by_default)?;
    Ok(FinishRule { lockstep: args.lockstep, ..rule })
}

fn formats(args: &SendArgs) -> (Format, Format) {
    let both = if args.null_terminated { Format::Nul } else { args.framing.into() };
    (args.in_framing.map_or(both, Into::into), args.out_framing.map_or(both, Into::into))
}

/// The options of the source.
struct Source {
    kind: Kind,
    messages: Vec<TypedMessage>,
    format: Format,
    keep_newline: bool,
    most: u64,
    max_message: u64,
}

impl Source {
    /// Messages from the arguments if there are any, else from standard input.
    fn open(self, until: Option<Deadline>) -> Result<MessageSource, Failure> {
        if self.messages.is_empty() {
            let max_message = usize::try_from(self.max_message).unwrap_or(usize::MAX);
            let reader = FramingReader::new(self.format, self.kind, self.keep_newline, max_message);
            return Ok(MessageSource::split(Input::standard()?, reader, self.most));
        }
        let (kind, count) = (self.kind, self.messages.len());
        if count as u64 > self.most {
            return Err(Failure::new(Status::Usage, format!("-1 sends one message, but {count} are given"))
                .hint("without -1, one reply is awaited for every message"));
        }
        let rules = data::Rules { format: self.format, max_message: self.max_message, until };
        let messages = rules.messages(self.messages)?;
        Ok(MessageSource::given(messages.into_iter().map(|payload| (kind, payload)).collect()))
    }
}
