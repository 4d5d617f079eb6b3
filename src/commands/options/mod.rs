//! Turns arguments into valid options: reads files, fills in defaults, refuses contradictions.

mod clock;
mod credentials;
mod files;
mod finish;
mod proxy;
mod request;
mod tls;

pub(super) use finish::{checks, finish_rule};
pub(super) use proxy::ProxyChooser;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use self::clock::RunClock;
use self::credentials::CredentialSources;
use self::files::OptionFiles;
use crate::cli::{AddressArgs, ConversationArgs, LimitArgs, OutputArgs};
use crate::deadline::Deadline;
use crate::endpoint::Endpoint;
use crate::error::Failure;
use crate::net::DialOptions;
use crate::net::address::{AddressOptions, Family};
use crate::net::connect::SocketOptions;
use crate::protocol::CloseFrame;
use crate::report::{self, Verbosity, write_out};
use crate::session::{CloseOptions, Limits};

use super::retry::RetryPolicy;
use super::without_effect;

/// How long a message is awaited unless `--receive-timeout` says otherwise.
const RECEIVE_TIMEOUT: Duration = Duration::from_secs(30);

/// The options for a conversation with one server.
#[derive(Clone, Debug)]
pub(super) struct ConversationOptions {
    pub(super) endpoint: Endpoint,
    /// Without a proxy: that is chosen for each endpoint.
    pub(super) dial: DialOptions,
    pub(super) proxy: Arc<ProxyChooser>,
    pub(super) connect_timeout: Duration,
    pub(super) redirects: Option<u32>,
    pub(super) retry: RetryPolicy,
    pub(super) start: Instant,
    pub(super) limits: Limits,
    pub(super) close: CloseOptions,
    pub(super) verbosity: Verbosity,
    pub(super) write_out: Option<write_out::Template>,
    pub(super) dump_header: Option<PathBuf>,
}

impl ConversationOptions {
    /// Validates the arguments for a conversation with the server at `url`. The limits begin now.
    pub(super) fn from_args(url: &str, args: ConversationArgs) -> Result<Self, Failure> {
        let endpoint = Endpoint::parse(url)?;
        without_effect::shared(&args, false)?;
        CommonOptions::from_args(args)?.for_endpoint(endpoint)
    }

    /// The deadline of a dial that begins now (`--connect-timeout`).
    pub(super) fn connect_deadline(&self) -> Deadline {
        Deadline::after(self.connect_timeout, "--connect-timeout")
    }
}

/// The options that conversations with several servers share. Their files are read once.
#[derive(Debug)]
pub(super) struct CommonOptions {
    clock: RunClock,
    dial: DialOptions,
    credentials: CredentialSources,
    proxy: Arc<ProxyChooser>,
    redirects: Option<u32>,
    limits: LimitArgs,
    retry: RetryPolicy,
    close: CloseOptions,
    verbosity: Verbosity,
    write_out: Option<write_out::Template>,
    dump_header: Option<PathBuf>,
}

impl CommonOptions {
    /// Validates the arguments. `-m` begins now, because it limits the reading of files, too.
    pub(super) fn from_args(args: ConversationArgs) -> Result<Self, Failure> {
        let clock = RunClock::start(args.limits.max_time);
        report::ends_by(clock.end());
        let files = OptionFiles::until(clock.end());
        let socket = SocketOptions {
            no_tcp_nodelay: args.request.no_tcp_nodelay,
            send_buffer: args.request.send_buffer,
            interface: args.address.interface,
        };
        let redirects = args.request.location.then_some(args.request.max_redirs);
        let (upgrade, ignored) = request::options(args.request, &files)?;
        if !ignored.is_empty() && !args.output.silent {
            let fields = ignored.join(", ");
            report::warning(&format!("-H: the opening handshake sets these fields itself: {fields}"));
        }
        let credentials = CredentialSources::from_args(args.credentials, &files)?;
        let address = address_options(args.address);
        let tls = tls::options(args.tls, &files)?;
        Ok(Self {
            clock,
            dial: DialOptions { socket, address, proxy: None, tls, upgrade },
            credentials,
            proxy: Arc::new(ProxyChooser::from_args(args.proxy, &files)?),
            redirects,
            limits: args.limits,
            retry: RetryPolicy {
                tries: args.retry.retry,
                delay: args.retry.retry_delay,
                max_time: args.retry.retry_max_time,
            },
            close: CloseOptions {
                frame: CloseFrame { code: args.close.close_code, reason: args.close.close_reason },
                accept: args.close.accept_close,
                expect: None,
            },
            verbosity: verbosity(&args.output),
            write_out: args.output.write_out,
            dump_header: args.output.dump_header,
        })
    }

    /// The end of the run, by `-m`.
    pub(super) fn end(&self) -> Option<Deadline> {
        self.clock.end()
    }

    /// The options for a conversation with `endpoint`, for which a password may have to be typed.
    pub(super) fn for_endpoint(&mut self, endpoint: Endpoint) -> Result<ConversationOptions, Failure> {
        if self.dial.tls.pins.is_some() && !endpoint.is_secure() && self.verbosity > Verbosity::Silent {
            // Scripts give TLS options for any URL. But this one promises which server it is.
            let better = endpoint.to_string().replacen("ws:", "wss:", 1);
            report::warning(&format!("--pinnedpubkey checks no server of ws://; did you mean {better} ?"));
        }
        let mut dial = self.dial.clone();
        self.credentials.add(&mut dial.upgrade, &endpoint, &mut self.clock)?;
        Ok(ConversationOptions {
            endpoint,
            dial,
            proxy: Arc::clone(&self.proxy),
            connect_timeout: self.limits.connect_timeout,
            redirects: self.redirects,
            retry: self.retry,
            start: self.clock.begun(),
            limits: limits(&self.limits, &self.clock),
            close: self.close.clone(),
            verbosity: self.verbosity,
            write_out: self.write_out.clone(),
            dump_header: self.dump_header.clone(),
        })
    }
}

fn limits(args: &LimitArgs, clock: &RunClock) -> Limits {
    Limits {
        send: args.send_timeout,
        receive: args.receive_timeout.unwrap_or(RECEIVE_TIMEOUT),
        receive_always: args.receive_timeout.is_some(),
        close: args.close_timeout,
        idle: args.idle_timeout,
        whole: clock.end(),
        ping_interval: args.ping_interval,
        ping_timeout: args.ping_timeout,
        pong_interval: args.pong_interval,
    }
}

fn address_options(args: AddressArgs) -> AddressOptions {
    AddressOptions {
        family: match (args.ipv4, args.ipv6) {
            (true, _) => Some(Family::V4),
            (_, true) => Some(Family::V6),
            _ => None,
        },
        resolve: args.resolve,
        connect_to: args.connect_to,
        #[cfg(unix)]
        unix_socket: args.unix_socket,
        policy: args.allow_network.into_iter().next(),
    }
}

fn verbosity(args: &OutputArgs) -> Verbosity {
    match args.verbose {
        0 if args.silent => Verbosity::Silent,
        0 => Verbosity::Normal,
        1 => Verbosity::Verbose,
        _ => Verbosity::Frames,
    }
}
