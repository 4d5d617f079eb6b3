//! From what was typed to what is valid: files are read, defaults filled in, contradictions refused.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::cli::values::{self, HeaderArg, SecretValue};
use crate::cli::{ConversationArgs, FinishArgs, LimitArgs, OutputArgs, RequestArgs, TlsArgs};
use crate::deadline::Deadline;
use crate::endpoint::Endpoint;
use crate::error::{Failure, IoCause, Status};
use crate::net::DialOptions;
use crate::net::connect::SocketOptions;
use crate::net::tls::TlsOptions;
use crate::net::upgrade::{Header, UpgradeOptions};
use crate::protocol::CloseFrame;
use crate::report::{Verbosity, write_out};
use crate::secret::Secret;
use crate::session::{CloseOptions, Count, FinishRule, Limits};

/// How long a message is awaited unless `--receive-timeout` says otherwise.
const RECEIVE_TIMEOUT: Duration = Duration::from_secs(30);

/// Everything that a conversation with one server needs.
#[derive(Debug)]
pub(super) struct ConversationOptions {
    pub(super) endpoint: Endpoint,
    pub(super) dial: DialOptions,
    pub(super) dial_deadline: Deadline,
    pub(super) limits: Limits,
    pub(super) close: CloseOptions,
    pub(super) verbosity: Verbosity,
    pub(super) write_out: Option<write_out::Template>,
    pub(super) dump_header: Option<PathBuf>,
}

impl ConversationOptions {
    /// Validates the arguments for a conversation with `url`. The limits begin now.
    pub(super) fn from_args(url: &str, args: ConversationArgs) -> Result<Self, Failure> {
        let start = Instant::now();
        let endpoint = Endpoint::parse(url)?;
        let limits = limits(&args.limits, start);
        let connect = Deadline::since(start, args.limits.connect_timeout, "--connect-timeout");
        let whole = args.limits.max_time.map(|limit| Deadline::since(start, limit, "--max-time"));
        let dial = DialOptions {
            socket: SocketOptions {
                no_tcp_nodelay: args.request.no_tcp_nodelay,
                send_buffer: args.request.send_buffer,
            },
            tls: tls_options(args.tls),
            upgrade: upgrade_options(args.request, &endpoint)?,
        };
        Ok(Self {
            dial,
            dial_deadline: connect.earliest(whole),
            limits,
            close: CloseOptions {
                frame: CloseFrame { code: args.close.close_code, reason: args.close.close_reason },
                accept: args.close.accept_close,
            },
            verbosity: verbosity(&args.output),
            write_out: args.output.write_out,
            dump_header: args.output.dump_header,
            endpoint,
        })
    }
}

fn limits(args: &LimitArgs, start: Instant) -> Limits {
    Limits {
        send: args.send_timeout,
        receive: args.receive_timeout.unwrap_or(RECEIVE_TIMEOUT),
        receive_always: args.receive_timeout.is_some(),
        close: args.close_timeout,
        idle: args.idle_timeout,
        whole: args.max_time.map(|limit| (Deadline::since(start, limit, "--max-time").at(), limit)),
        ping_interval: args.ping_interval,
        ping_timeout: args.ping_timeout,
        pong_interval: args.pong_interval,
    }
}

fn tls_options(args: TlsArgs) -> TlsOptions {
    TlsOptions { cacert: args.cacert, insecure: args.insecure, domain: args.tls_domain }
}

fn upgrade_options(args: RequestArgs, endpoint: &Endpoint) -> Result<UpgradeOptions, Failure> {
    let mut headers = Vec::new();
    let own = [("Origin", args.origin), ("User-Agent", args.user_agent)];
    for (name, value) in own {
        headers.extend(value.map(|value| Header { name: name.to_owned(), value: Some(Secret::new(value)) }));
    }
    if let Some(cookie) = args.cookie {
        headers.push(Header { name: "Cookie".to_owned(), value: Some(secret(cookie)?) });
    }
    for header in args.headers {
        match header {
            HeaderArg::Header(header) => headers.push(header),
            HeaderArg::File(path) => headers.extend(headers_in(&path)?),
        }
    }
    let in_url = endpoint.userinfo().map(|userinfo| (userinfo.name.clone(), userinfo.password.clone()));
    Ok(UpgradeOptions { headers, subprotocols: args.subprotocols, credential: args.user.or(in_url) })
}

fn secret(value: SecretValue) -> Result<Secret, Failure> {
    match value {
        SecretValue::Value(secret) => Ok(secret),
        SecretValue::File(path) => {
            let text = read_text(&path)?;
            let value = values::field_value(text.trim_end_matches(['\r', '\n']))
                .map_err(|why| in_file(&path, 1, &why))?;
            Ok(Secret::new(value))
        }
    }
}

/// One field a line; empty lines and lines that begin with `#` are passed over.
fn headers_in(path: &Path) -> Result<Vec<Header>, Failure> {
    let text = read_text(path)?;
    let lines =
        text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
    lines.map(|(index, line)| values::header(line).map_err(|why| in_file(path, index + 1, &why))).collect()
}

fn in_file(path: &Path, line: usize, why: &str) -> Failure {
    Failure::new(Status::Usage, format!("line {line} of {}: {why}", path.display()))
}

fn read_text(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|err| {
        Failure::new(Status::ReadError, format!("cannot read {}", path.display())).source(IoCause(err))
    })
}

fn verbosity(args: &OutputArgs) -> Verbosity {
    match args.verbose {
        _ if args.silent => Verbosity::Silent,
        0 => Verbosity::Normal,
        1 => Verbosity::Verbose,
        _ => Verbosity::Frames,
    }
}

/// The rule for the end of a session. `by_default` is what is awaited when the user says nothing.
pub(super) fn finish_rule(args: &FinishArgs, by_default: Count) -> FinishRule {
    let count = match args.expect {
        Some(0) => Count::None,
        Some(count) => Count::Exactly(count),
        None if args.wait.is_some() || args.follow => Count::None,
        None => by_default,
    };
    FinishRule { count, quiet: args.wait, follow: args.follow, lockstep: false }
}
