//! Errors that say that the process, or the system, can open no more files and sockets.

use std::error::Error;
use std::io;

#[cfg(unix)]
use rustix::io::Errno;

use super::io::IoCause;

/// Advice about such an error; `None` for any other.
pub fn exhaustion(err: &io::Error) -> Option<&'static str> {
    let is_exhausted = err.raw_os_error().is_some_and(|code| EXHAUSTED.contains(&code));
    is_exhausted.then_some(ADVICE)
}

/// The same of a cause of a failure.
pub(super) fn of_cause(cause: &(dyn Error + 'static)) -> Option<&'static str> {
    let of_system = cause.downcast_ref::<IoCause>().map(|IoCause(err)| err).or_else(|| cause.downcast_ref());
    of_system.and_then(exhaustion)
}

#[cfg(unix)]
const EXHAUSTED: [i32; 2] = [Errno::MFILE.raw_os_error(), Errno::NFILE.raw_os_error()];
#[cfg(unix)]
const ADVICE: &str = "`ulimit -n` tells and sets how many files and connections a process may have open";

/// `WSAEMFILE` and `WSAENOBUFS`.
#[cfg(not(unix))]
const EXHAUSTED: [i32; 2] = [10024, 10055];
#[cfg(not(unix))]
const ADVICE: &str =
    "the system has no room for more sockets: open fewer connections, or end programs that have many";

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn only_a_lack_of_descriptors_is_explained() {
        assert!(exhaustion(&Errno::MFILE.into()).is_some_and(|text| text.contains("ulimit -n")));
        assert_eq!(exhaustion(&Errno::CONNREFUSED.into()), None);
    }
}
