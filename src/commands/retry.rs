//! When to try again, and how long to wait before. Pure: it is told the time and given its randomness.

use std::time::{Duration, SystemTime};

use crate::error::Status;

/// The first pause when the user sets none; it doubles with every try.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// The longest pause when the user sets none.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// The longest pause that a server may ask for.
const LONGEST_WISH: Duration = Duration::from_secs(24 * 3600);

/// The options of the user.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RetryPolicy {
    /// Tries after the first.
    pub(super) tries: u32,
    /// Between tries; doubling by default.
    pub(super) delay: Option<Duration>,
    /// No try begins later than this.
    pub(super) max_time: Option<Duration>,
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

    /// The pause before the next try, if there is to be one. `wish` is what the server asked for, `elapsed` the time
    /// since the first try began, `random` any number.
    pub(super) fn next(
        &mut self,
        wish: Option<Duration>,
        elapsed: Duration,
        random: u64,
    ) -> Option<Duration> {
        if self.made == self.policy.tries {
            return None;
        }
        let doubled = FIRST_PAUSE.saturating_mul(1 << self.made.min(16)).min(LONGEST_PAUSE);
        let pause = match (self.policy.delay, wish) {
            (Some(delay), Some(wish)) => delay.max(wish),
            (Some(delay), None) => delay,
            (None, Some(wish)) => wish,
            (None, None) => jittered(doubled, random),
        };
        if self.policy.max_time.is_some_and(|most| elapsed.saturating_add(pause) > most) {
            return None;
        }
        self.made += 1;
        Some(pause)
    }
}

/// Up to a quarter less, so that many clients that failed together do not come back together.
fn jittered(pause: Duration, random: u64) -> Duration {
    let quarter = u64::try_from(pause.as_millis() / 4).unwrap_or_default();
    pause.saturating_sub(Duration::from_millis(random % (quarter + 1)))
}

/// Whether a later try may succeed where this one failed.
pub(super) fn is_retryable(status: Status, http_status: Option<u16>) -> bool {
    match status {
        Status::ProxyNotResolved
        | Status::HostNotResolved
        | Status::CannotConnect
        | Status::Timeout
        | Status::EmptyReply
        | Status::ProxyFailed => true,
        Status::UnexpectedStatus => matches!(http_status, Some(408 | 429 | 500 | 502 | 503 | 504)),
        Status::ExpectationFailed
        | Status::Usage
        | Status::InvalidUrl
        | Status::NetworkNotAllowed
        | Status::WriteError
        | Status::ReadError
        | Status::TlsHandshake
        | Status::TooManyRedirects
        | Status::SendFailed
        | Status::ReceiveFailed
        | Status::ClientCertificate
        | Status::CertificateExpired
        | Status::CertificateNameMismatch
        | Status::CertificateUntrusted
        | Status::CertificateRevoked
        | Status::CertificateInvalid
        | Status::MessageTooBig
        | Status::Unauthorized
        | Status::CaFile
        | Status::PinMismatch
        | Status::ProxyAuthRequired
        | Status::ClosedByServer
        | Status::ProtocolViolation
        | Status::Interrupted
        | Status::Terminated => false,
    }
}

/// The value of Retry-After: seconds, or a date (RFC 9110 §10.2.3).
pub(super) fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let wish = match value.trim().parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => httpdate::parse_http_date(value.trim()).ok()?.duration_since(now).unwrap_or_default(),
    };
    Some(wish.min(LONGEST_WISH))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::ZERO;

    fn secs(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    #[test]
    fn pauses_double_up_to_a_minute() {
        let mut backoff = Backoff::new(RetryPolicy { tries: 8, ..RetryPolicy::default() });
        let pauses: Vec<_> =
            std::iter::from_fn(|| backoff.next(None, NOW, 0)).map(|pause| pause.as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
    }

    #[test]
    fn jitter_takes_at_most_a_quarter() {
        for random in 0..2000 {
            let pause =
                Backoff::new(RetryPolicy { tries: 1, ..RetryPolicy::default() }).next(None, NOW, random);
            assert!((Duration::from_millis(750)..=secs(1)).contains(&pause.unwrap()));
        }
    }

    #[test]
    fn the_server_may_ask_for_more_patience() {
        let next =
            |delay, wish| Backoff::new(RetryPolicy { tries: 1, delay, max_time: None }).next(wish, NOW, 0);
        assert_eq!(next(None, Some(secs(7))), Some(secs(7)));
        assert_eq!(next(Some(secs(2)), Some(secs(7))), Some(secs(7)));
        assert_eq!(next(Some(secs(9)), Some(secs(7))), Some(secs(9)));
    }

    #[test]
    fn no_try_begins_too_late() {
        let policy = RetryPolicy { tries: 9, delay: Some(secs(3)), max_time: Some(secs(10)) };
        assert_eq!(Backoff::new(policy).next(None, secs(7), 0), Some(secs(3)));
        assert_eq!(Backoff::new(policy).next(None, secs(8), 0), None);
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
        assert_eq!(retry_after(" 120 ", now), Some(secs(120)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now), Some(secs(30)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now + secs(99)), Some(secs(0)));
        assert_eq!(retry_after(&u64::MAX.to_string(), now), Some(LONGEST_WISH));
        assert_eq!(retry_after("soon", now), None);
    }
}
