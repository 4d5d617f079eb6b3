//! The common part of `send` and `stream`: dial, session, and the report afterwards.

use super::dialing::open;
use super::header_dump::dial_and_dump;
use super::options::ConversationOptions;
use super::talking;
use super::written::Written;
use crate::endpoint::Endpoint;
use crate::error::{Failure, Status};
use crate::net::{Connection, Facts};
use crate::os::Destination;
use crate::prompt::Talk;
use crate::report::progress::Progress;
use crate::report::{Record, Trace};
use crate::session::{
    self, FinishRule, Hints, Observer, Outcome, Output, ServerName, SessionOptions, Setup, Sink, Source,
};
use crate::stats::Tally;

/// The ends of the session, and when it is over.
pub(super) struct Conversation<'a> {
    pub(super) source: &'a mut dyn Source,
    pub(super) sink: &'a mut dyn Sink,
    pub(super) destination: Destination,
    /// The way of received bytes to the destination.
    pub(super) output: Output,
    /// Whether the destination gets whole messages, so that a run that is ended by a signal has a result.
    pub(super) keeps_messages: bool,
    pub(super) rule: FinishRule,
    pub(super) limit_rate: Option<u64>,
    /// The longest frame that is sent, in bytes of payload.
    pub(super) max_frame: Option<u64>,
    /// The longest message that is received, in bytes.
    pub(super) max_message: Option<u64>,
    pub(super) progress: Option<Progress>,
    pub(super) hints: Hints,
    /// Whether a person at a terminal is told what the session waits for.
    pub(super) tells_waiting: bool,
    /// The terminal at which the messages are typed.
    pub(super) talk: Option<Talk>,
}

/// A conversation that is over.
pub(super) struct Conversed {
    /// The endpoint, after redirects.
    pub(super) endpoint: Endpoint,
    pub(super) facts: Facts,
    pub(super) outcome: Outcome,
}

/// Opens the WebSocket, runs the session, and completes or keeps the output file.
pub(super) fn converse(options: &ConversationOptions, conversation: Conversation<'_>) -> Conversed {
    let mut facts = Facts::start();
    let mut trace = Trace::new(options.verbosity);
    if talking::tells_waiting(options.verbosity) {
        trace.tell_connecting(&options.endpoint.host_and_port());
    }
    let (endpoint, dialed) = dial_and_dump(options, &mut facts, |facts| open(options, facts, &mut trace));
    trace.is_connected();
    let outcome = match dialed {
        Ok(connection) => {
            hold(options, conversation, connection, Dialed { endpoint: &endpoint, facts: &facts }, trace)
        }
        Err(failure) => Outcome::failed(failure),
    };
    Conversed { endpoint, facts, outcome }
}

/// What is known about the connection.
#[derive(Clone, Copy)]
struct Dialed<'a> {
    endpoint: &'a Endpoint,
    facts: &'a Facts,
}

fn hold(
    options: &ConversationOptions,
    conversation: Conversation<'_>,
    connection: Connection,
    Dialed { endpoint, facts }: Dialed<'_>,
    mut trace: Trace,
) -> Outcome {
    let Conversation {
        source,
        sink,
        destination,
        output,
        keeps_messages,
        rule,
        limit_rate,
        max_frame,
        max_message,
        progress,
        hints,
        tells_waiting,
        talk,
    } = conversation;
    if tells_waiting {
        trace.tell_waiting(rule.follow);
    }
    if let Some(progress) = progress {
        trace.show_progress(progress.begin());
    }
    let greeting = talking::greeting(endpoint, facts, options.verbosity, talking::edits());
    let open_talk = match talk.as_ref().map(|talk| talk.begin(&greeting)).transpose() {
        Ok(open) => open,
        Err(err) => return Outcome::failed(talking::no_keyboard(err)),
    };
    let goes_on = rule.follow && keeps_messages;
    let mut watch;
    let observer: &mut dyn Observer = match &talk {
        Some(talk) => {
            watch = talk.watch(&mut trace);
            &mut watch
        }
        None => &mut trace,
    };
    let mut outcome = session::run(
        connection,
        Setup {
            server: ServerName { host: endpoint.host(), target: endpoint.host_and_port() },
            source,
            sink,
            output,
            observer,
            options: SessionOptions {
                limit_rate,
                max_frame,
                max_message,
                hints,
                ..SessionOptions::new(rule, options.limits, options.close.clone())
            },
        },
    );
    if let Some(open) = open_talk {
        open.end(talking::ending(&outcome, options.verbosity).as_deref());
    }
    trace.end(&ending(&outcome));
    // Only messages are known to be whole one by one; bytes are when the server has closed after them.
    let holds_what_is_whole = keeps_messages || outcome.received_whole;
    let ends_in_order = |failure: &Failure| holds_what_is_whole && is_in_order(options, failure, goes_on);
    if let Err(failure) = outcome.result {
        outcome.result =
            Err(advise_on_subprotocol(failure, options, facts.subprotocol.is_some(), &outcome.tally));
    }
    let complete = outcome.delivered && outcome.result.as_ref().err().is_none_or(ends_in_order);
    outcome.result = store(destination, outcome.result, complete);
    outcome
}

/// Adds what may help when a server that has chosen none of the subprotocols ends the session before it has said anything: it
/// may speak only others.
fn advise_on_subprotocol(
    failure: Failure,
    options: &ConversationOptions,
    is_chosen: bool,
    tally: &Tally,
) -> Failure {
    let is_end = matches!(failure.status(), Status::ClosedByServer | Status::ReceiveFailed);
    let is_mute = is_end && tally.messages_received == 0;
    if is_chosen || !is_mute || options.dial.upgrade.subprotocols.is_empty() {
        return failure;
    }
    let advice = "the server chose no subprotocol: does it know the one of --subprotocol?";
    let advice = failure.advice().map_or(advice.to_owned(), |first| format!("{first}; {advice}"));
    failure.hint(advice)
}

/// How a session ended, in two words.
fn ending(outcome: &Outcome) -> String {
    let status = outcome.result.as_ref().err().map(Failure::status);
    match (&outcome.close, status) {
        (_, Some(status)) if status.is_signal() => "interrupted".to_owned(),
        (Some((_, frame)), _) => format!("closed {}", frame.code),
        (None, Some(Status::Timeout)) => "timed out".to_owned(),
        (None, Some(Status::SendFailed | Status::ReceiveFailed)) => "connection lost".to_owned(),
        (None, Some(_)) => "failed".to_owned(),
        (None, None) => "ended".to_owned(),
    }
}

/// Whether the output is complete although the run has failed: after an unexpected reply, and when a run that `goes_on`
/// until the user ends it was ended.
fn is_in_order(options: &ConversationOptions, failure: &Failure, goes_on: bool) -> bool {
    let is_over = options.limits.whole.is_some_and(|end| end.remaining().is_none());
    match failure.status() {
        Status::ExpectationFailed => true,
        Status::Timeout => goes_on && is_over,
        status => goes_on && status.is_signal(),
    }
}

/// Completes the output file, or keeps the part that has arrived. The failure to store it hides any other but a signal.
fn store(destination: Destination, result: Result<(), Failure>, complete: bool) -> Result<(), Failure> {
    match result {
        Err(failure) if !complete => Err(destination.keep(failure)),
        // The reader of a pipe has had enough.
        Ok(()) if !complete => Ok(()),
        Err(failure) if failure.status().is_signal() => match destination.complete() {
            Ok(()) => Err(failure),
            Err(unstored) => {
                let text = format!("{failure}; {unstored}");
                Err(failure.restated(text))
            }
        },
        result => destination.complete().and(result),
    }
}

/// Prints what `--write-out` asks for, and gives the result of the run.
pub(super) fn report(
    options: &ConversationOptions,
    conversed: Conversed,
    digests: [Option<[u8; 32]>; 2],
) -> Result<(), Failure> {
    let Conversed { endpoint, facts, outcome } = conversed;
    let record = Record {
        endpoint: Some(&endpoint),
        facts: &facts,
        tally: outcome.tally,
        total: facts.timeline.elapsed(),
        close: outcome.close,
        digests,
        failure: outcome.result.as_ref().err(),
    };
    let printed = Written::of(options.write_out.as_ref(), &record).print();
    let result = match (outcome.result, printed) {
        (Err(failure), Err(unprinted)) => Err(failure.or_graver(unprinted)),
        (result, printed) => result.and(printed),
    };
    result.map_err(Failure::written_out)
}
