//! The process's limit on open files and connections: raises it as far as the system allows, and tells when it is reached.

use std::fs::File;
use std::io;

use crate::error::exhaustion;

/// Raises the soft limit to the hard limit. If that fails, the limit stays as it is.
pub fn raise_limit() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

        let limit = getrlimit(Resource::Nofile);
        let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    }
}

/// Why no further file can be opened; `None` if one can. For libraries that do not say that this was why they failed.
pub fn lack() -> Option<io::Error> {
    if cfg!(not(unix)) {
        return None;
    }
    File::open("/").err().filter(|err| exhaustion(err).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_descriptors_as_a_rule() {
        assert!(lack().is_none());
    }
}
