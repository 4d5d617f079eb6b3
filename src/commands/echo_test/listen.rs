//! `wsurl echo-test --listen`: the embedded server in the foreground, until a signal comes or its time is over.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use crate::cli::ListenArgs;
use crate::commands::print;
use crate::deadline::Deadline;
use crate::echo_server::{EchoServer, ServerOptions};
use crate::error::{Failure, IoCause, Status, exhaustion, io_reason};
use crate::net::tls::identity;
use crate::net::tls::server::TlsServer;
use crate::os::reading::{MAX_SMALL_FILE, read_file};
use crate::os::signals;
use crate::report;

/// Serves at `address` until a signal comes or `until` is reached, then closes every connection. `silent`: without warnings.
pub(super) fn run(
    address: SocketAddr,
    args: ListenArgs,
    subprotocols: Vec<String>,
    until: Option<Deadline>,
    silent: bool,
) -> Result<(), Failure> {
    let options = options(args, subprotocols)?;
    let scheme = if options.tls.is_some() { "wss" } else { "ws" };
    let server = bind(address, options)?;
    let bound = server.local_address().map_err(|err| cannot_listen(address, err))?;
    let (told, is_told) = mpsc::channel();
    let _attached = signals::attach(move || {
        // Fails only when this function has returned.
        let _ = told.send(());
    });
    let warn = move |err| {
        if !silent {
            cannot_accept(&err);
        }
    };
    let running = server.start_telling(warn).map_err(|err| cannot_listen(address, err))?;
    let printed = print(format!("{scheme}://{bound}/\n").as_bytes());
    if printed.is_ok() {
        // Fails when the time is over. `_attached` holds the sender.
        let _ =
            is_told.recv_timeout(until.map_or(Duration::MAX, |until| until.remaining().unwrap_or_default()));
        signals::hear();
    }
    // Also after a signal during `print`: who has read the URL may already be a client.
    running.shut_down();
    printed?;
    match (signals::received(), until) {
        (Some(signal), _) => Err(signal.failure()),
        (None, Some(until)) => {
            let (limit, flag) = (humantime::format_duration(until.limit()), until.flag());
            Err(Failure::new(
                Status::Timeout,
                format!("timed out after {limit} of listening on {bound} ({flag})"),
            ))
        }
        (None, None) => Ok(()),
    }
}

fn options(args: ListenArgs, subprotocols: Vec<String>) -> Result<ServerOptions, Failure> {
    Ok(ServerOptions {
        tls: args.tls_cert.map(|path| tls(&path, args.tls_key.as_deref())).transpose()?,
        delay: args.delay.unwrap_or_default(),
        drop_after: args.drop_after,
        close_with: args.close_with,
        subprotocols,
    })
}

fn tls(certificate: &Path, key: Option<&Path>) -> Result<TlsServer, Failure> {
    if cfg!(windows) {
        let text =
            "--tls-cert: the echo server speaks no TLS on Windows, whose library takes no certificate in PEM";
        return Err(Failure::new(Status::Usage, text).hint("let a proxy in front of it speak TLS"));
    }
    let names = (certificate.display().to_string(), key.map(|key| key.display().to_string()));
    let key = key.map(read).transpose()?;
    identity::server(&read(certificate)?, key.as_deref(), (&names.0, names.1.as_deref()))
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    read_file(path, MAX_SMALL_FILE, None, Status::ClientCertificate)
}

/// Starts a server on loopback that ends with the program. Returns its URL.
pub(super) fn start_embedded() -> Result<String, Failure> {
    let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let server = bind(loopback, ServerOptions::default())?;
    let bound = server.local_address().map_err(|err| cannot_listen(loopback, err))?;
    server.start().map_err(|err| cannot_listen(loopback, err))?;
    Ok(format!("ws://{bound}/"))
}

fn bind(address: SocketAddr, options: ServerOptions) -> Result<EchoServer, Failure> {
    EchoServer::bind(address, options).map_err(|err| cannot_listen(address, err))
}

fn cannot_accept(err: &std::io::Error) {
    let advice = exhaustion(err).map_or(String::new(), |advice| format!("; {advice}"));
    report::warning(&format!("cannot accept a connection: {}{advice}", io_reason(err)));
}

fn cannot_listen(address: SocketAddr, err: std::io::Error) -> Failure {
    Failure::new(Status::CannotConnect, format!("cannot listen on {address}"))
        .source(IoCause(err))
        .hint("127.0.0.1:0 takes a free port")
}
