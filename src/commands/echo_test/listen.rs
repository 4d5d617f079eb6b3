//! `wsurl echo-test --listen`: the embedded server in the foreground.

use std::io::Write;
use std::net::SocketAddr;

use crate::commands::cannot_print;
use crate::echo_server::EchoServer;
use crate::error::{Failure, IoCause, Status};

/// Serves until a signal comes.
pub(super) fn run(address: SocketAddr) -> Result<(), Failure> {
    let server = bind(address)?;
    let bound = server.local_address().map_err(|err| cannot_listen(address, err))?;
    let mut stdout = std::io::stdout();
    let printed = writeln!(stdout, "ws://{bound}/").and_then(|()| stdout.flush());
    printed.map_err(cannot_print)?;
    server.run().map_err(|err| cannot_listen(address, err))
}

pub(super) fn bind(address: SocketAddr) -> Result<EchoServer, Failure> {
    EchoServer::bind(address).map_err(|err| cannot_listen(address, err))
}

pub(super) fn cannot_listen(address: SocketAddr, err: std::io::Error) -> Failure {
    Failure::new(Status::CannotConnect, format!("cannot listen on {address}"))
        .source(IoCause(err))
        .hint("127.0.0.1:0 takes a free port")
}
