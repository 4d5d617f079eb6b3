//! What `send` and `stream` have in common: dial, session, and the report afterwards.

use super::dialing::open;
use super::options::ConversationOptions;
use super::written::{Written, dump_header};
use crate::endpoint::Endpoint;
use crate::error::Failure;
use crate::net::Facts;
use crate::report::progress::Progress;
use crate::report::{Record, Trace};
use crate::session::{self, FinishRule, Outcome, Output, ServerName, SessionOptions, Setup, Sink, Source};

/// What goes through the session, and when it ends.
pub(super) struct Conversation<'a> {
    pub(super) source: &'a mut dyn Source,
    pub(super) sink: &'a mut dyn Sink,
    pub(super) output: Output,
    pub(super) rule: FinishRule,
    pub(super) limit_rate: Option<u64>,
    /// Bytes of a message that is received, at most.
    pub(super) max_message: Option<u64>,
    pub(super) progress: Option<Progress>,
}

/// How a conversation went.
pub(super) struct Conversed {
    /// Where it was held, after redirects.
    pub(super) endpoint: Endpoint,
    pub(super) facts: Facts,
    pub(super) outcome: Outcome,
}

/// Opens the WebSocket and runs the session.
pub(super) fn converse(options: &ConversationOptions, conversation: Conversation<'_>) -> Conversed {
    let mut facts = Facts::start();
    let mut trace = Trace::new(options.verbosity);
    let (endpoint, dialed) = open(options, &mut facts, &mut trace);
    let dumped = dump_header(options.dump_header.as_deref(), &facts);
    let connection = match dialed.and_then(|connection| dumped.map(|()| connection)) {
        Ok(connection) => connection,
        Err(failure) => {
            return Conversed { endpoint, facts, outcome: Outcome::failed(failure) };
        }
    };
    if let Some(progress) = conversation.progress {
        trace.show_progress(progress.begin());
    }
    let outcome = session::run(Setup {
        connection,
        server: ServerName { host: endpoint.host(), target: endpoint.host_and_port() },
        source: conversation.source,
        sink: conversation.sink,
        output: conversation.output,
        observer: &mut trace,
        options: SessionOptions {
            limit_rate: conversation.limit_rate,
            max_message: conversation.max_message,
            ..SessionOptions::new(conversation.rule, options.limits, options.close.clone())
        },
    });
    trace.end();
    Conversed { endpoint, facts, outcome }
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
    outcome.result.and(printed).map_err(Failure::written_out)
}
