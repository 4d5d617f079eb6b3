//! How the server treats ordinary messages and pings, on which the expectations of rules depend.

use crate::protocol::Kind;

/// What the server does with an ordinary message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EchoBehaviour {
    /// It sends the message back.
    Echoes,
    /// It accepts the message and sends nothing back.
    Keeps,
    /// It ends the connection, with this code: it may dislike the content.
    Closes(Option<u16>),
}

/// What the server does with ordinary frames.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Behaviours {
    pub(crate) text: EchoBehaviour,
    pub(crate) binary: EchoBehaviour,
    /// Whether it answers pings.
    pub(crate) pongs: bool,
}

impl Behaviours {
    pub(crate) fn of(self, kind: Kind) -> EchoBehaviour {
        match kind {
            Kind::Text => self.text,
            Kind::Binary => self.binary,
        }
    }
}
