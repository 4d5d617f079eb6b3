//! Where the bytes of a destination are until it is complete.

use std::fmt;
use std::io;

use super::part::Part;
use super::unfinished::{Kept, Unfinished};
use crate::error::io_reason;

#[derive(Debug)]
pub(super) enum State {
    /// Written directly to standard output, another descriptor of ours, a device or a FIFO.
    Direct,
    /// In a file beside the final name.
    Beside(Part),
    /// In the file that is being replaced.
    InPlace(Unfinished, InPlace),
}

impl State {
    /// The incomplete file and its bytes, if any have arrived.
    pub(super) fn kept(&self) -> Option<Kept> {
        match self {
            Self::Direct => None,
            Self::Beside(part) => part.kept(),
            Self::InPlace(unfinished, _) => unfinished.kept(),
        }
    }
}

/// Why a file is written in place instead of being replaced.
#[derive(Debug)]
pub(super) enum InPlace {
    SymbolicLink,
    OtherNames,
    #[cfg(unix)]
    AccessList,
    Folder(io::Error),
    Owner(io::Error),
}

impl fmt::Display for InPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SymbolicLink => f.write_str("it is a symbolic link"),
            Self::OtherNames => f.write_str("it has other names (hard links)"),
            #[cfg(unix)]
            Self::AccessList => f.write_str("it has an access control list"),
            Self::Folder(err) => {
                write!(f, "no file can be made beside it ({})", io_reason(err))
            }
            Self::Owner(err) => {
                write!(f, "a new file cannot have its owner ({})", io_reason(err))
            }
        }
    }
}
