//! What `send` and `stream` have in common: dial, session, and the report afterwards.

use std::io::{IsTerminal, Write};
use std::path::Path;

use super::dialing::open;
use super::options::ConversationOptions;
use crate::endpoint::Endpoint;
use crate::error::{Failure, IoCause, Status};
use crate::net::Facts;
use crate::report::progress::Progress;
use crate::report::{Record, Trace, sanitize};
use crate::session::{self, FinishRule, Incoming, Outcome, Outgoing, Output, Setup};
use crate::stats::Tally;

/// What goes through the session, and when it ends.
pub(super) struct Conversation<'a> {
    pub(super) outgoing: &'a mut dyn Outgoing,
    pub(super) incoming: &'a mut dyn Incoming,
    pub(super) output: Output,
    pub(super) rule: FinishRule,
    pub(super) limit_rate: Option<u64>,
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
            return Conversed {
                endpoint,
                facts,
                outcome: Outcome { result: Err(failure), tally: Tally::default(), close: None },
            };
        }
    };
    if let Some(progress) = conversation.progress {
        trace.show_progress(progress.begin());
    }
    let outcome = session::run(Setup {
        connection,
        host: endpoint.host(),
        target: endpoint.host_and_port(),
        outgoing: conversation.outgoing,
        incoming: conversation.incoming,
        output: conversation.output,
        rule: conversation.rule,
        limits: options.limits,
        close: options.close.clone(),
        limit_rate: conversation.limit_rate,
        observer: &mut trace,
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
    let Some(template) = &options.write_out else { return outcome.result };
    let record = Record {
        endpoint: &endpoint,
        facts: &facts,
        tally: outcome.tally,
        total: facts.timeline.elapsed(),
        close: outcome.close,
        digests,
        failure: outcome.result.as_ref().err(),
    };
    let (to_stdout, to_stderr) = template.render(&record);
    let printed = super::print(shown_on_stdout(&to_stdout).as_bytes());
    let safe = if std::io::stderr().is_terminal() { sanitize::text(&to_stderr) } else { to_stderr };
    let _ = anstream::stderr().write_all(safe.as_bytes());
    outcome.result.and(printed)
}

/// Text that has come from the network in part, safe for a terminal.
fn shown_on_stdout(text: &str) -> String {
    if std::io::stdout().is_terminal() {
        sanitize::text(&text.replace("\r\n", "\n"))
    } else {
        text.to_owned()
    }
}

fn dump_header(path: Option<&Path>, facts: &Facts) -> Result<(), Failure> {
    let (Some(path), Some(head)) = (path, &facts.response) else { return Ok(()) };
    let text = head.to_lines().replace('\n', "\r\n") + "\r\n";
    if path == Path::new("-") {
        return super::print(shown_on_stdout(&text).as_bytes());
    }
    std::fs::write(path, text).map_err(|err| {
        Failure::new(Status::WriteError, format!("cannot write {}", path.display())).source(IoCause(err))
    })
}
