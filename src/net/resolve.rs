//! Host name to addresses. `getaddrinfo` cannot be interrupted, so it runs on a thread that is left behind
//! when the deadline comes first.

use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;

use crate::deadline::Deadline;
use crate::endpoint::Endpoint;
use crate::error::{Failure, Phase, Status};

/// All addresses of the endpoint, in the order in which the system gives them.
pub(super) fn resolve(endpoint: &Endpoint, deadline: &Deadline) -> Result<Vec<SocketAddr>, Failure> {
    if let Some(ip) = endpoint.ip() {
        return Ok(vec![SocketAddr::new(ip, endpoint.port())]);
    }
    let (host, port) = (endpoint.host(), endpoint.port());
    let (sender, receiver) = mpsc::channel();
    let name = host.clone();
    thread::Builder::new()
        .name("resolve".to_owned())
        // The receiver may be gone: then nobody wants the answer any more.
        .spawn(move || drop(sender.send((name.as_str(), port).to_socket_addrs().map(Vec::from_iter))))
        .map_err(|err| unresolved(&host).source(err))?;
    let left = deadline.remaining().unwrap_or_default();
    match receiver.recv_timeout(left) {
        Ok(Ok(addresses)) if addresses.is_empty() => Err(unresolved(&host).and(": it has no address")),
        Ok(Ok(addresses)) => Ok(addresses),
        Ok(Err(err)) => {
            Err(unresolved(&host).source(err).hint("is the name spelled right, and is there a network?"))
        }
        Err(RecvTimeoutError::Timeout) => Err(Failure::timeout(Phase::Resolve, &host, deadline)),
        Err(RecvTimeoutError::Disconnected) => Err(unresolved(&host).and(": the resolver gave no answer")),
    }
}

fn unresolved(host: &str) -> Failure {
    Failure::new(Status::HostNotResolved, format!("cannot resolve {host}"))
}
