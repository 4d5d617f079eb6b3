//! The two sides of a connection.

/// A side of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The side that opens the connection, offers extensions and masks its frames.
    Client,
    /// The side that accepts the connection and does not mask its frames.
    Server,
}

impl Role {
    /// The other side.
    pub(in crate::protocol) fn peer(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}
