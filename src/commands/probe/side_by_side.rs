//! Probes endpoints concurrently, and tells of each as it finishes. On a signal, endpoints that are not yet probed and probes
//! that are still connecting are abandoned.

use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use super::assertions;
use super::draft::Draft;
use super::options::ProbeOptions;
use super::printer::Printer;
use super::single::{self, FinishedProbe};
use crate::commands::options::ConversationOptions;
use crate::commands::written::Written;
use crate::error::Failure;
use crate::net::Facts;
use crate::os::signals::{self, Attached};
use crate::report::probe::{ProbeReport, ProbeVerdict};
use crate::stats::Tally;

/// How long nothing has to happen before a terminal shows what is awaited.
const A_WHILE: Duration = Duration::from_millis(100);

/// How long open sessions have to end in order after a signal. Their own limit is a little shorter.
const GRACE: Duration = Duration::from_millis(1200);

/// Messages to the reporting thread.
enum News {
    /// The endpoint with this number is done.
    Done(usize, Box<FinishedProbe>),
    Signal,
}

/// The remaining endpoints, with their numbers.
type Queue = Mutex<std::iter::Enumerate<std::vec::IntoIter<ConversationOptions>>>;

/// Probes all endpoints, and tells `printer` of each as it finishes. A first signal does not end the program while the result is held:
/// so a report that is begun is completed.
pub(super) fn probe_all(
    endpoints: Vec<ConversationOptions>,
    probe: ProbeOptions,
    printer: &mut Printer,
) -> Attached {
    let probe = Arc::new(probe);
    let drafts: Arc<[Draft]> = endpoints.iter().map(|_| Draft::default()).collect();
    let several = endpoints.len() > 1;
    let (sender, news) = mpsc::channel();
    let on_signal = sender.clone();
    let attached = signals::attach(move || {
        // It fails only when the probes are over.
        let _ = on_signal.send(News::Signal);
    });
    let count = endpoints.len();
    let queue: Arc<Queue> = Arc::new(Mutex::new(endpoints.into_iter().enumerate()));
    let worker = || {
        let (queue, probe, sender) = (Arc::clone(&queue), Arc::clone(&probe), sender.clone());
        let drafts = Arc::clone(&drafts);
        move || work(&queue, &probe, several, &drafts, &sender)
    };
    let spawn = || thread::Builder::new().name("probe".to_owned()).spawn(worker());
    // If no thread can be spawned, this one does all the work.
    if (0..count.min(probe.parallel)).filter(|_| spawn().is_ok()).count() == 0 {
        worker()();
    }
    let mut end = None::<Instant>;
    while let Some(awaited) = printer.first_awaited() {
        let next = match end {
            None => news.recv_timeout(A_WHILE).or_else(|_| {
                printer.wait();
                news.recv()
            }),
            Some(end) => {
                news.recv_timeout(end.saturating_duration_since(Instant::now())).map_err(|_| mpsc::RecvError)
            }
        };
        match next {
            Ok(News::Done(index, done)) => printer.finished(index, *done),
            Ok(News::Signal) => {
                let grace = if probe.sessions.any() { GRACE } else { Duration::ZERO };
                end.get_or_insert(Instant::now() + grace);
                // Nobody probes what is still in the queue.
                for index in take_rest(&queue) {
                    let left = left_behind(&printer.urls()[index], &probe, &drafts[index]);
                    printer.finished(index, left);
                }
            }
            Err(_) => {
                let left = left_behind(&printer.urls()[awaited], &probe, &drafts[awaited]);
                printer.finished(awaited, left);
            }
        }
    }
    attached
}

/// Probes one endpoint after the other, until none is left or a signal comes.
fn work(queue: &Queue, probe: &ProbeOptions, several: bool, drafts: &[Draft], sender: &mpsc::Sender<News>) {
    while signals::received().is_none() {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
        let Some((index, options)) = next else { break };
        let label = if several { format!("[{}] ", index + 1) } else { String::new() };
        let done = single::probe(options, probe, label, &drafts[index]);
        if sender.send(News::Done(index, Box::new(done))).is_err() {
            break;
        }
    }
}

/// Empties the queue. Returns the numbers of the endpoints that were in it.
fn take_rest(queue: &Queue) -> Vec<usize> {
    let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
    queue.by_ref().map(|(index, _)| index).collect()
}

/// The report on an endpoint that is abandoned, with the findings so far if its rules have begun.
fn left_behind(url: &str, probe: &ProbeOptions, draft: &Draft) -> FinishedProbe {
    let failure = signals::received().map_or_else(never_told, signals::Signal::failure);
    let begun = draft.take().unwrap_or_else(|| not_known(url, probe));
    let report = ProbeReport { verdict: ProbeVerdict::Failed, failure: Some(failure), ..begun };
    FinishedProbe { report, written: Written::default() }
}

/// The report on an endpoint of which nothing is known.
fn not_known(url: &str, probe: &ProbeOptions) -> ProbeReport {
    ProbeReport {
        url: url.to_owned(),
        url_effective: url.to_owned(),
        time: SystemTime::now(),
        elapsed: Duration::ZERO,
        tries: 1,
        verdict: ProbeVerdict::Failed,
        failure: None,
        phases: Vec::new(),
        facts: Facts::start(),
        tally: Tally::default(),
        ping: None,
        close: None,
        assertions: assertions::unjudged(probe),
        thresholds: [None, None],
        min_cert_days: None,
        conformance: None,
        security: None,
    }
}

/// The failure of a thread that ends without a report, which only happens after a panic.
fn never_told() -> Failure {
    Failure::new(crate::error::Status::Interrupted, "the probe ended without a result")
}
