//! Dials until a WebSocket is open or another try would not help: redirects and retries. Nothing is retried once the
//! WebSocket was open.

mod redialer;
mod redirects;

pub(super) use redialer::Redialer;

use std::time::{Instant, SystemTime};

use self::redirects::RedirectChain;
use super::options::ConversationOptions;
use super::retry::{Backoff, Next, is_retryable, parse_retry_after};
use crate::endpoint::Endpoint;
use crate::error::Failure;
use crate::net::{Connection, Facts, Observer};
use crate::os::signals;

/// Ignores all events. For further connections to a server whose first one was traced.
pub(super) struct NoopObserver;

impl Observer for NoopObserver {}

/// Opens the WebSocket. The endpoint is where the last redirect led.
pub(super) fn open(
    options: &ConversationOptions,
    facts: &mut Facts,
    observer: &mut dyn Observer,
) -> (Endpoint, Result<Connection, Failure>) {
    let mut backoff = Backoff::new(options.retry);
    loop {
        let mut chain = RedirectChain::new(options);
        let failure = match chain.open(facts, observer) {
            Ok(connection) => return (chain.endpoint, Ok(connection)),
            Err(failure) => failure,
        };
        match next_try(options, &mut backoff, &failure, facts) {
            Next::After(pause) => {
                facts.retries += 1;
                let (number, tries) = (facts.retries, options.retry.tries.saturating_add(1));
                let when = humantime::format_duration(pause);
                observer.warn(&format!("try {number} of {tries} failed: {failure}; next in {when}"));
                // Ends before `-m` does.
                if let Err(signal) = signals::pause(pause) {
                    return (chain.endpoint, Err(signal.failure()));
                }
            }
            Next::Never => return (chain.endpoint, Err(failure)),
            Next::TooLate(why) => {
                let failure = failure
                    .and(format_args!("; {why}"))
                    .hint("--retry-max-time DURATION waits longer for a server that asks for it");
                return (chain.endpoint, Err(failure));
            }
        }
    }
}

/// When to try again after `failure`.
fn next_try(options: &ConversationOptions, backoff: &mut Backoff, failure: &Failure, facts: &Facts) -> Next {
    let head = facts.response.as_ref();
    if !is_retryable(failure.status(), head.map(|head| head.status)) {
        return Next::Never;
    }
    let asked =
        head.and_then(|head| parse_retry_after(head.values("retry-after").next()?, SystemTime::now()));
    let next = backoff.next(asked, options.start.elapsed(), random());
    match (next, options.limits.whole, asked) {
        (Next::After(pause), Some(end), _) if Instant::now() + pause < end.at() => Next::After(pause),
        (Next::After(_), Some(end), Some(asked)) => Next::TooLate(format!(
            "its Retry-After of {} is later than the end of the run ({} {})",
            humantime::format_duration(asked),
            end.flag(),
            humantime::format_duration(end.limit())
        )),
        // Fail now, instead of after a pause that leaves no time for another try.
        (Next::After(_), Some(_), None) => Next::Never,
        (next, _, _) => next,
    }
}

/// A number for the jitter; 0 if the system has no randomness.
fn random() -> u64 {
    let mut bytes = [0; 8];
    let _ = getrandom::fill(&mut bytes);
    u64::from_ne_bytes(bytes)
}
