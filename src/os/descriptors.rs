//! The process's limit on open files and connections; raises it as far as the system allows.

use std::io;

#[cfg(unix)]
use rustix::io::Errno;

/// Raises the soft limit to the hard limit. If that fails, the limit stays as it is.
pub fn raise_limit() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

        let limit = getrlimit(Resource::Nofile);
        let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    }
}

/// Advice when the process has no descriptors left; `None` for any other error.
pub fn advice(err: &io::Error) -> Option<&'static str> {
    let is_exhausted = err.raw_os_error().is_some_and(|code| EXHAUSTED.contains(&code));
    is_exhausted.then_some(ADVICE)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn only_a_lack_of_descriptors_is_explained() {
        assert!(advice(&Errno::MFILE.into()).is_some_and(|text| text.contains("ulimit -n")));
        assert_eq!(advice(&Errno::CONNREFUSED.into()), None);
    }
}
