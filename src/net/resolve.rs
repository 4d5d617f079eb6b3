//! Resolves a host name to addresses. `getaddrinfo` cannot be interrupted, so it runs on a thread that is left behind when
//! the deadline comes first.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;

use super::address::{AddressOptions, Destination};
use crate::deadline::Deadline;
use crate::error::{Failure, IoCause, Phase};
use crate::os::descriptors;

/// The addresses of `destination` that may be connected to, in the order in which the system gives them.
pub(super) fn resolve(
    destination: &Destination,
    options: &AddressOptions,
    deadline: &Deadline,
) -> Result<Vec<SocketAddr>, Failure> {
    let addresses = match (options.given(destination), destination.host.parse::<IpAddr>()) {
        (Some(given), _) => given,
        (None, Ok(ip)) => vec![SocketAddr::new(ip, destination.port)],
        (None, Err(_)) => look_up(destination, deadline)?,
    };
    options.allowed(addresses, destination)
}

/// Asks the system.
fn look_up(destination: &Destination, deadline: &Deadline) -> Result<Vec<SocketAddr>, Failure> {
    let (sender, receiver) = mpsc::channel();
    let (name, port) = (destination.host.clone(), destination.port);
    thread::Builder::new()
        .name("resolve".to_owned())
        // Sending fails when the deadline came first and the receiver is gone.
        .spawn(move || drop(sender.send((name.as_str(), port).to_socket_addrs().map(Vec::from_iter))))
        .map_err(|err| unresolved(destination).source(IoCause(err)))?;
    let left = deadline.remaining().unwrap_or_default();
    match receiver.recv_timeout(left) {
        Ok(Ok(addresses)) if addresses.is_empty() => Err(unresolved(destination).and(": it has no address")),
        Ok(Ok(addresses)) => Ok(addresses),
        Ok(Err(err)) => Err(unresolved(destination)
            .source(IoCause(descriptors::lack().unwrap_or(err)))
            .hint("is the name spelled right, and is there a network?")),
        Err(RecvTimeoutError::Timeout) => Err(Failure::timeout(Phase::Resolve, &destination.host, deadline)),
        Err(RecvTimeoutError::Disconnected) => {
            Err(unresolved(destination).and(": the resolver gave no answer"))
        }
    }
}

fn unresolved(destination: &Destination) -> Failure {
    let Destination { host, role, .. } = destination;
    Failure::new(destination.unresolved_status(), format!("cannot resolve {role}{host}"))
}
