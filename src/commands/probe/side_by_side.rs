//! Probes endpoints concurrently, and tells of each as it finishes. On a signal, no further probe begins, and those that run end
//! with what they know.

use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use super::assertions;
use super::options::ProbeOptions;
use super::printer::Printer;
use super::single::{self, FinishedProbe};
use crate::commands::options::ConversationOptions;
use crate::commands::written::Written;
use crate::error::Failure;
use crate::net::Facts;
use crate::os::signals;
use crate::report::probe::{ProbeReport, ProbeVerdict};
use crate::stats::Tally;

/// How long nothing has to happen before a terminal shows what is awaited.
const A_WHILE: Duration = Duration::from_millis(100);

/// How long probes that run have to end in order after a signal. The limit of an open session is a little shorter.
const GRACE: Duration = Duration::from_millis(1200);

/// Messages to the reporting thread.
enum News {
    /// The endpoint with this number is done.
    Done(usize, Box<FinishedProbe>),
    Signal,
}

/// The remaining endpoints, with their numbers.
type Queue = Mutex<std::iter::Enumerate<std::vec::IntoIter<ConversationOptions>>>;

/// Probes all endpoints, and tells `printer` of each as it finishes.
pub(super) fn probe_all(endpoints: Vec<ConversationOptions>, probe: ProbeOptions, printer: &mut Printer) {
    let probe = Arc::new(probe);
    let several = endpoints.len() > 1;
    let (sender, news) = mpsc::channel();
    let on_signal = sender.clone();
    let _attached = signals::attach(move || {
        // It fails only when the probes are over.
        let _ = on_signal.send(News::Signal);
    });
    let count = endpoints.len();
    let queue: Arc<Queue> = Arc::new(Mutex::new(endpoints.into_iter().enumerate()));
    let worker = || {
        let (queue, probe, sender) = (Arc::clone(&queue), Arc::clone(&probe), sender.clone());
        move || work(&queue, &probe, several, &sender)
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
                signals::hear();
                end.get_or_insert(Instant::now() + GRACE);
                // Nobody probes what is still in the queue.
                for index in take_rest(&queue) {
                    let left = left_behind(&printer.urls()[index], &probe);
                    printer.finished(index, left);
                }
            }
            Err(_) => {
                let left = left_behind(&printer.urls()[awaited], &probe);
                printer.finished(awaited, left);
            }
        }
    }
}

/// Probes one endpoint after the other, until none is left or a signal comes.
fn work(queue: &Queue, probe: &ProbeOptions, several: bool, sender: &mpsc::Sender<News>) {
    while signals::received().is_none() {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
        let Some((index, options)) = next else { break };
        let label = if several { format!("[{}] ", index + 1) } else { String::new() };
        let done = single::probe(options, probe, label);
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

/// The report on an endpoint that is abandoned: nothing is known of it.
fn left_behind(url: &str, probe: &ProbeOptions) -> FinishedProbe {
    let report = ProbeReport {
        url: url.to_owned(),
        url_effective: url.to_owned(),
        time: SystemTime::now(),
        elapsed: Duration::ZERO,
        tries: 1,
        verdict: ProbeVerdict::Failed,
        failure: Some(signals::received().map_or_else(never_told, signals::Signal::failure)),
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
    };
    FinishedProbe { report, written: Written::default() }
}

/// The failure of a thread that ends without a report, which only happens after a panic.
fn never_told() -> Failure {
    Failure::new(crate::error::Status::Interrupted, "the probe ended without a result")
}
