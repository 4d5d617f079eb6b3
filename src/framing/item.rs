//! What a reader finds in the input.

use std::borrow::Cow;
use std::fmt::Debug;

use super::payload::TooBig;
use crate::protocol::{CloseFrame, Kind};

/// What the input holds next.
#[derive(Debug, PartialEq, Eq)]
pub enum Item<'a> {
    /// A message to send; a text is UTF-8. A large one that spans blocks is owned, so that it can be kept without a copy.
    Message(Kind, Cow<'a, [u8]>),
    /// The request to close with this code and reason (`json` only).
    Close(CloseFrame),
}

/// Why the input holds no item.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The message is too long.
    TooBig,
    /// A text message is not UTF-8; `offset` bytes of it are.
    NotUtf8 { offset: usize },
    /// A line, counted from 1, is malformed.
    Invalid { line: u64, why: String },
}

impl From<TooBig> for Fault {
    fn from(_: TooBig) -> Self {
        Self::TooBig
    }
}

/// Checks that a whole message of `kind` is UTF-8 if it is a text.
pub(super) fn check_text(kind: Kind, payload: &[u8]) -> Result<(), Fault> {
    match kind {
        Kind::Text => {
            std::str::from_utf8(payload).map(drop).map_err(|err| Fault::NotUtf8 { offset: err.valid_up_to() })
        }
        Kind::Binary => Ok(()),
    }
}

/// Reads one or several formats.
pub(super) trait Items: Debug + Send {
    /// Takes bytes from the front of `block`, and returns the item that they complete. Without an item, it has taken all
    /// of `block`.
    fn next<'a>(&'a mut self, block: &mut &'a [u8]) -> Result<Option<Item<'a>>, Fault>;

    /// The item that the end of the input completes.
    fn finish(&mut self) -> Result<Option<Item<'_>>, Fault>;

    /// Whether an item is incomplete. Must not be called between an item and the next [`Items::forget`].
    fn is_inside_item(&self) -> bool;

    /// Forgets the last item, which was returned to the caller.
    fn forget(&mut self);
}
