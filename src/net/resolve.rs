//! Resolves a host name to addresses. `getaddrinfo` cannot be interrupted, so it runs on a thread that is left behind when
//! the deadline or a signal comes first.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs};

use super::address::{AddressOptions, Destination};
use crate::deadline::Deadline;
use crate::error::{Failure, IoCause, Phase};
use crate::os::descriptors;
use crate::os::within::{Stopped, within};

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
    let (name, port) = (destination.host.clone(), destination.port);
    let resolved = within("resolve", Some(*deadline), move || {
        (name.as_str(), port).to_socket_addrs().map(Vec::from_iter)
    });
    match resolved {
        Ok(addresses) if addresses.is_empty() => Err(unresolved(destination).and(": it has no address")),
        Ok(addresses) => Ok(addresses),
        Err(Stopped::Failed(err)) => Err(unresolved(destination)
            .source(IoCause(descriptors::lack().unwrap_or(err)))
            .hint("is the name spelled right, and is there a network?")),
        Err(Stopped::Late(deadline)) => Err(Failure::timeout(Phase::Resolve, &destination.host, &deadline)),
        Err(Stopped::Interrupted(signal)) => Err(signal.failure()),
    }
}

fn unresolved(destination: &Destination) -> Failure {
    let Destination { host, role, .. } = destination;
    Failure::new(destination.unresolved_status(), format!("cannot resolve {role}{host}"))
}
