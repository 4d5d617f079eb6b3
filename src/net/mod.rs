//! From a URL to an open WebSocket: resolve, connect, proxy, TLS, opening handshake, under one deadline.
//! The code reads as if it blocked; every wait in it takes the [`Deadline`](crate::deadline::Deadline).
//! May import `protocol`, `endpoint` and the small values.

pub mod address;
pub mod auth;
pub mod connect;
mod dial;
mod exchange;
pub mod http;
pub mod origin;
pub mod policy;
mod poller;
pub mod proxy;
mod readiness;
pub mod redirect;
mod refusal;
mod resolve;
mod secure;
mod socket;
mod stream;
mod timeline;
pub mod tls;
mod transport;
pub mod upgrade;
mod watched_file;

pub use dial::{Connection, DialOptions, Facts, dial, open_stream};
pub use poller::{LoopWaker, Poller, Registration};
pub use readiness::Readiness;
pub use timeline::Timeline;
pub use transport::{Transport, WaitError};
pub use watched_file::WatchedFile;

/// Receives the events of a dial, for traces. By default, every method does nothing.
pub trait Observer {
    /// Something happened; `text` is one line.
    fn note(&mut self, text: &str) {
        let _ = text;
    }

    /// As [`Observer::note`], for a reader who wants every detail.
    fn detail(&mut self, text: &str) {
        let _ = text;
    }

    /// The head of the request that is sent, secrets redacted.
    fn request(&mut self, head: &str) {
        let _ = head;
    }

    /// The head of the response that came.
    fn response(&mut self, head: &str) {
        let _ = head;
    }

    /// Something deserves a warning.
    fn warn(&mut self, text: &str) {
        let _ = text;
    }
}
