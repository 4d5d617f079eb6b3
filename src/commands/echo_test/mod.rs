//! `wsurl echo-test`: sends messages, compares the echoes, and measures round trips.

mod connections;
mod listen;
mod live;
mod options;
mod ramp;

use std::cell::Cell;
use std::io::IsTerminal;
use std::rc::Rc;
use std::time::{Duration, SystemTime};

use self::connections::open_all;
use self::live::{Panel, Watch};
use self::ramp::Ramp;
use super::header_dump::dial_and_dump;
use super::options::ConversationOptions;
use super::reporting::{self, Reporting};
use super::without_effect;
use super::written::Written;
use crate::cli::{ConversationArgs, EchoTestArgs};
use crate::deadline::Deadline;
use crate::echo::{Outcome, Peer, Plan, Test, Tested};
use crate::endpoint::Endpoint;
use crate::error::{Failure, Status};
use crate::net::Facts;
use crate::os::descriptors;
use crate::report::echo::{self, CompressionReport, EchoReport};
use crate::report::progress::LiveLine;
use crate::report::{Reader, Record, Style, Subject, Trace, Verbosity};
use crate::session::{Dials, Observer};
use crate::stats::Tally;

/// Runs the test, or the server.
pub(super) fn run(args: EchoTestArgs) -> Result<(), Failure> {
    // A thousand connections with both ends in this process need more descriptors than most systems allow by default.
    descriptors::raise_limit();
    without_effect::echo_test(&args)?;
    if let Some(address) = args.server.listen {
        let ConversationArgs { request, limits, output, .. } = args.conversation;
        let until = limits.max_time.map(|limit| Deadline::after(limit, "--max-time"));
        return listen::run(address, args.server, request.subprotocols, until, output.silent);
    }
    if let Some(flag) = args.server.without_server() {
        return Err(Failure::new(Status::Usage, format!("{flag} is an option of the embedded server"))
            .hint("--listen 127.0.0.1:0 runs it in the foreground"));
    }
    let targets = args.reports.clone();
    reporting::as_asked(&targets, || test(args))
}

/// Sends, compares and reports.
fn test(args: EchoTestArgs) -> Result<(), Failure> {
    let plan = options::plan(&args)?;
    let embedded = args.url.is_none();
    let url = match args.url {
        Some(url) => url,
        None => listen::start_embedded()?,
    };
    let mut conversation = args.conversation;
    let output = conversation.output.clone();
    conversation.output.silent |= reporting::is_plugin(&args.reports) && conversation.output.verbose == 0;
    let options = ConversationOptions::from_args(&url, conversation)?;
    let reporting = Reporting::open(&args.reports, &output, options.limits.whole)?;
    let (time, mut facts) = (SystemTime::now(), Facts::start());
    let load = Load { connections: args.connections, ramp: args.ramp };
    let (endpoint, tested) = open_and_run(&options, &plan, load, reporting.style(), &mut facts);
    let report = EchoReport {
        url: endpoint.to_string(),
        embedded,
        time,
        sizes: plan.sizes.iter().map(|size| *size as u64).collect(),
        kind: plan.kind,
        stream: plan.stream,
        planned: planned(&plan, args.connections),
        in_flight: plan.in_flight as u64,
        fragment: plan.fragment.map(|size| size as u64),
        interval: plan.interval,
        rate: plan.rate,
        ramp: args.ramp,
        seed: plan.seed,
        content: plan.content,
        compression: compression(&options, &facts, &tested.sessions),
        outcome: tested.outcome,
    };
    let written = written(&options, &endpoint, &facts, &report.outcome, &tested.sessions);
    conclude(reporting, report, &written, facts.timeline.upgraded.is_some())
}

/// The connections of a test.
#[derive(Clone, Copy)]
struct Load {
    connections: usize,
    /// The time over which they are opened.
    ramp: Option<Duration>,
}

/// Opens the connections, and runs the test on them.
fn open_and_run(
    options: &ConversationOptions,
    plan: &Plan,
    load: Load,
    style: Style,
    facts: &mut Facts,
) -> (Endpoint, Tested) {
    let Load { connections: count, ramp } = load;
    let mut trace = Trace::new(options.verbosity);
    let mut open = 0;
    let (endpoint, opened) = dial_and_dump(options, facts, |facts| {
        let at_first = if ramp.is_some() { 1 } else { count };
        open_all(options, at_first, &mut open, facts, &mut trace)
    });
    let test = Test::new(plan.clone());
    let connections = match opened {
        Ok(connections) => connections,
        Err(failure) => return (endpoint, test.not_begun(failure, count, open)),
    };
    let on_terminal = std::io::stderr().is_terminal() && options.verbosity == Verbosity::Normal;
    let tells_each = plan.interval.is_some() && (on_terminal || options.verbosity > Verbosity::Normal);
    if tells_each {
        let target = endpoint.host_and_port();
        test.tell(move |echo| live::tell(&target, count, echo));
    }
    let shows_line = options.verbosity == Verbosity::Normal && !tells_each;
    let line = if shows_line { LiveLine::on_terminal() } else { None };
    let panel = line.map(|line| {
        let planned = planned(plan, count);
        Rc::new(Panel { line, live: test.live(), planned, ascii: style.ascii, drawn: Cell::default() })
    });
    let traces = (1..count).map(|number| {
        let label = format!("[{}] ", number + 1);
        Trace::new(options.verbosity).labelled(label)
    });
    let traces = std::iter::once(trace).chain(traces);
    let mut observers: Vec<Box<dyn Observer>> = Vec::new();
    for trace in traces {
        observers.push(Box::new(Watch { trace, panel: panel.clone() }));
    }
    let mut ramp = ramp.map(|time| Ramp::new(options, count, time));
    let peer = Peer {
        connections,
        ramp: ramp.as_mut().map(|ramp| (count - 1, ramp as &mut dyn Dials)),
        host: endpoint.host(),
        target: endpoint.host_and_port(),
        limits: options.limits,
        close: options.close.clone(),
    };
    let tested = test.run(peer, &mut observers);
    (endpoint, tested)
}

fn planned(plan: &Plan, connections: usize) -> Option<u64> {
    plan.messages().map(|count| count.saturating_mul(connections as u64))
}

/// What compression came to, if it was asked for: the agreement of the first connection, the bytes of all.
fn compression(
    options: &ConversationOptions,
    facts: &Facts,
    sessions: &[crate::session::Outcome],
) -> Option<CompressionReport> {
    options.dial.upgrade.compression.as_ref()?;
    let agreed = facts.agreement.map(|agreement| agreement.to_string());
    Some(CompressionReport { agreed, tally: total(sessions) })
}

/// The counts of all sessions.
fn total(sessions: &[crate::session::Outcome]) -> Tally {
    sessions.iter().map(|session| session.tally).fold(Tally::default(), Tally::and)
}

/// What `-w` prints: the connection is the first, the counts are those of all.
fn written(
    options: &ConversationOptions,
    endpoint: &Endpoint,
    facts: &Facts,
    outcome: &Outcome,
    sessions: &[crate::session::Outcome],
) -> Written {
    let record = Record {
        endpoint: Some(endpoint),
        facts,
        tally: total(sessions),
        total: facts.timeline.elapsed(),
        close: sessions.first().and_then(|session| session.close.clone()),
        digests: [None, None],
        failure: outcome.result.as_ref().err(),
    };
    Written::of(options.write_out.as_ref(), &record)
}

/// Prints and writes the reports. For a person, the error alone says that the endpoint was never open.
fn conclude(
    reporting: Reporting,
    mut report: EchoReport,
    written: &Written,
    was_open: bool,
) -> Result<(), Failure> {
    let severity = echo::severity(&report);
    let (printed, style) = (reporting.printed(), reporting.style());
    let printed = printed.filter(|format| was_open || format.reader != Reader::Person);
    let text = printed.map_or(String::new(), |format| format.text(Subject::EchoTest(&report), style));
    let shown = super::write(text.as_bytes())
        .and_then(|signal| written.print().and(signal.map_or(Ok(()), |signal| Err(signal.failure()))));
    let files = reporting.files(Subject::EchoTest(&report));
    let result = std::mem::replace(&mut report.outcome.result, Ok(()));
    let result = reporting::and_written(result, [shown, files]);
    reporting::result(printed, severity, result).map_err(Failure::written_out)
}
