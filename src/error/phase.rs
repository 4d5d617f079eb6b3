//! The phases of a connection, for messages.

use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Turning the host name into addresses.
    Resolve,
    /// Opening the TCP connection.
    Connect,
    /// Opening the tunnel through a proxy.
    Proxy,
    /// The TLS handshake.
    Tls,
    /// The opening handshake (RFC 6455 §4).
    Upgrade,
    /// Writing to the open connection.
    Send,
    /// Waiting for a message.
    Receive,
    /// Waiting for the answer to a ping.
    Ping,
    /// Waiting for any traffic.
    Idle,
    /// The closing handshake (RFC 6455 §7).
    Close,
    /// Writing received data to a file, a pipe or a terminal.
    Write,
    /// The run as a whole.
    Session,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::Proxy => "proxy",
            Self::Tls => "tls",
            Self::Upgrade => "upgrade",
            Self::Send => "send",
            Self::Receive => "receive",
            Self::Ping => "ping",
            Self::Idle => "idle",
            Self::Close => "close",
            Self::Write => "write",
            Self::Session => "session",
        })
    }
}
