//! Whether to try again, and after which pause. Pure: the caller gives the time and the randomness.

use std::time::{Duration, SystemTime};

use crate::error::Status;

/// The first pause without `--retry-delay`; it doubles with every try.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// The longest pause without `--retry-delay`.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// The longest pause that a server may ask for without `--retry-max-time`.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(5 * 60);

/// A longer Retry-After counts as this one, so that adding it to a point in time does not overflow.
const FAR: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// `--retry`, `--retry-delay` and `--retry-max-time`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RetryPolicy {
    /// Tries after the first.
    pub(super) tries: u32,
    /// The pause between tries, instead of one that doubles.
    pub(super) delay: Option<Duration>,
    /// No try begins later than this.
    pub(super) max_time: Option<Duration>,
}

/// What to do after a failed try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Another try after this pause.
    After(Duration),
    /// No other try.
    Never,
    /// No other try, because the server asks for a later one than allowed: the reason, for the error.
    TooLate(String),
}

/// Counts the tries.
#[derive(Clone, Debug)]
pub(super) struct Backoff {
    policy: RetryPolicy,
    made: u32,
}

impl Backoff {
    pub(super) fn new(policy: RetryPolicy) -> Self {
        Self { policy, made: 0 }
    }

    /// What to do after a failed try. `retry_after` is the pause that the server asks for, `elapsed` the time since the first
    /// try began, `random` any number.
    pub(super) fn next(&mut self, retry_after: Option<Duration>, elapsed: Duration, random: u64) -> Next {
        if self.made == self.policy.tries {
            return Next::Never;
        }
        if let Some(why) = retry_after.and_then(|asked| self.too_late(asked, elapsed)) {
            return Next::TooLate(why);
        }
        let doubled = FIRST_PAUSE.saturating_mul(1 << self.made.min(16)).min(LONGEST_PAUSE);
        let pause = match (self.policy.delay, retry_after) {
            (Some(delay), Some(asked)) => delay.max(asked),
            (Some(delay), None) => delay,
            (None, Some(asked)) => asked,
            (None, None) => jittered(doubled, random),
        };
        if self.policy.max_time.is_some_and(|most| elapsed.saturating_add(pause) > most) {
            return Next::Never;
        }
        self.made += 1;
        Next::After(pause)
    }

    /// Why the pause that the server asks for is too long, if it is.
    fn too_late(&self, asked: Duration, elapsed: Duration) -> Option<String> {
        let shown = humantime::format_duration(asked);
        match self.policy.max_time {
            Some(most) if elapsed.saturating_add(asked) > most => {
                let most = humantime::format_duration(most);
                Some(format!("its Retry-After of {shown} is beyond --retry-max-time {most}"))
            }
            None if asked > LONGEST_RETRY_AFTER => {
                let most = humantime::format_duration(LONGEST_RETRY_AFTER);
                Some(format!(
                    "its Retry-After of {shown} is more than {most}, the most without --retry-max-time"
                ))
            }
            Some(_) | None => None,
        }
    }
}

/// `pause`, shortened by up to a quarter, so that many clients that failed together do not retry together.
fn jittered(pause: Duration, random: u64) -> Duration {
    let quarter = u64::try_from(pause.as_millis() / 4).unwrap_or_default();
    pause.saturating_sub(Duration::from_millis(random % (quarter + 1)))
}

/// Whether a later try may succeed. For a refused upgrade, `http_status` decides.
pub(super) fn is_retryable(status: Status, http_status: Option<u16>) -> bool {
    let passes = |code| matches!(code, 408 | 429 | 500 | 502 | 503 | 504);
    status.is_retryable() && (status != Status::UnexpectedStatus || http_status.is_some_and(passes))
}

/// The value of Retry-After: seconds, or a date (RFC 9110 §10.2.3).
pub(super) fn parse_retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let asked = match value.trim().parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => httpdate::parse_http_date(value.trim()).ok()?.duration_since(now).unwrap_or_default(),
    };
    Some(asked.min(FAR))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::ZERO;

    fn secs(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    fn next(policy: RetryPolicy, retry_after: Option<u64>, elapsed: Duration) -> Next {
        Backoff::new(policy).next(retry_after.map(secs), elapsed, 0)
    }

    #[test]
    fn pauses_double_up_to_a_minute() {
        let mut backoff = Backoff::new(RetryPolicy { tries: 8, ..RetryPolicy::default() });
        let pauses = [1, 2, 4, 8, 16, 32, 60, 60].map(|pause| Next::After(secs(pause)));
        assert_eq!(pauses.each_ref().map(|_| backoff.next(None, NOW, 0)), pauses);
        assert_eq!(backoff.next(None, NOW, 0), Next::Never);
    }

    #[test]
    fn jitter_takes_at_most_a_quarter() {
        for random in 0..2000 {
            let pause = jittered(secs(1), random);
            assert!((Duration::from_millis(750)..=secs(1)).contains(&pause), "{pause:?}");
        }
    }

    #[test]
    fn a_server_may_ask_for_a_longer_pause() {
        let pause = |delay: Option<u64>, asked| {
            next(RetryPolicy { tries: 1, delay: delay.map(secs), max_time: None }, asked, NOW)
        };
        assert_eq!(pause(None, Some(7)), Next::After(secs(7)));
        assert_eq!(pause(Some(2), Some(7)), Next::After(secs(7)));
        assert_eq!(pause(Some(9), Some(7)), Next::After(secs(9)));
        assert_eq!(pause(None, Some(300)), Next::After(secs(300)));
    }

    #[test]
    fn a_pause_that_is_too_long_is_named() {
        let policy = RetryPolicy { tries: 1, delay: None, max_time: None };
        assert_eq!(
            next(policy, Some(301), NOW),
            Next::TooLate(
                "its Retry-After of 5m 1s is more than 5m, the most without --retry-max-time".to_owned()
            )
        );
        let limited = RetryPolicy { max_time: Some(secs(600)), ..policy };
        assert_eq!(next(limited, Some(301), NOW), Next::After(secs(301)));
        assert_eq!(
            next(limited, Some(301), secs(300)),
            Next::TooLate("its Retry-After of 5m 1s is beyond --retry-max-time 10m".to_owned())
        );
        assert_eq!(next(RetryPolicy::default(), Some(301), NOW), Next::Never);
    }

    #[test]
    fn no_try_begins_too_late() {
        let policy = RetryPolicy { tries: 9, delay: Some(secs(3)), max_time: Some(secs(10)) };
        assert_eq!(next(policy, None, secs(7)), Next::After(secs(3)));
        assert_eq!(next(policy, None, secs(8)), Next::Never);
    }

    #[test]
    fn only_what_may_pass_is_retried() {
        assert!(is_retryable(Status::CannotConnect, None));
        assert!(is_retryable(Status::UnexpectedStatus, Some(503)));
        for (status, http) in [
            (Status::UnexpectedStatus, Some(404)),
            (Status::Unauthorized, Some(401)),
            (Status::ProxyAuthRequired, None),
        ] {
            assert!(!is_retryable(status, http), "{status:?}");
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = SystemTime::UNIX_EPOCH + secs(784_111_777 - 30);
        assert_eq!(parse_retry_after(" 120 ", now), Some(secs(120)));
        assert_eq!(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now), Some(secs(30)));
        assert_eq!(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now + secs(99)), Some(secs(0)));
        assert_eq!(parse_retry_after(&u64::MAX.to_string(), now), Some(FAR));
        assert_eq!(parse_retry_after("soon", now), None);
    }
}
