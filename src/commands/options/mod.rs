//! From what was typed to what is valid: files are read, defaults filled in, contradictions refused.

mod credentials;
mod proxy;
mod tls;

pub(super) use proxy::ProxyChooser;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::cli::values::{self, HeaderArg, SecretValue};
use crate::cli::{AddressArgs, CheckArgs, ConversationArgs, FinishArgs, LimitArgs, OutputArgs, RequestArgs};
use crate::deadline::Deadline;
use crate::endpoint::Endpoint;
use crate::error::{Failure, IoCause, Status};
use crate::net::DialOptions;
use crate::net::address::{AddressOptions, Family};
use crate::net::connect::SocketOptions;
use crate::net::upgrade::{Header, UpgradeOptions};
use crate::protocol::CloseFrame;
use crate::report::{self, Verbosity, write_out};
use crate::secret::{REDACTED, Secret};
use crate::session::{Check, CloseOptions, Count, FinishRule, Limits};

use super::retry::RetryPolicy;

/// The most that a file of headers, a token or a password may hold, in bytes.
const MAX_TEXT: u64 = 1 << 20;

/// How long a message is awaited unless `--receive-timeout` says otherwise.
const RECEIVE_TIMEOUT: Duration = Duration::from_secs(30);

/// Everything that a conversation with one server needs.
#[derive(Debug)]
pub(super) struct ConversationOptions {
    pub(super) endpoint: Endpoint,
    /// But for the proxy, which depends on where a redirect leads.
    pub(super) dial: DialOptions,
    pub(super) proxy: ProxyChooser,
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
    /// When the dial has to be over that begins now.
    pub(super) fn dial_deadline(&self) -> Deadline {
        let connect = Deadline::after(self.connect_timeout, "--connect-timeout");
        connect.earliest(self.limits.whole)
    }

    /// Validates the arguments for a conversation with `url`. The limits begin now.
    pub(super) fn from_args(url: &str, args: ConversationArgs) -> Result<Self, Failure> {
        let endpoint = Endpoint::parse(url)?;
        if args.tls.pinnedpubkey.is_some() && !endpoint.is_secure() {
            return Err(Failure::new(Status::Usage, "--pinnedpubkey has no key to look at without TLS")
                .hint(format!("did you mean {} ?", endpoint.to_string().replacen("ws:", "wss:", 1))));
        }
        let interface = args.address.interface;
        let socket = SocketOptions {
            no_tcp_nodelay: args.request.no_tcp_nodelay,
            send_buffer: args.request.send_buffer,
            interface,
        };
        let redirects = args.request.location.then_some(args.request.max_redirs);
        let mut upgrade = upgrade_options(args.request)?;
        credentials::add(&mut upgrade, args.credentials, &endpoint)?;
        let dial = DialOptions {
            socket,
            address: address_options(args.address),
            proxy: None,
            tls: tls::options(args.tls)?,
            upgrade,
        };
        // Only now: a password may have been typed.
        let start = Instant::now();
        let limits = limits(&args.limits, start);
        report::ends_by(limits.whole);
        Ok(Self {
            dial,
            proxy: ProxyChooser::from_args(args.proxy)?,
            connect_timeout: args.limits.connect_timeout,
            redirects,
            retry: RetryPolicy {
                tries: args.retry.retry,
                delay: args.retry.retry_delay,
                max_time: args.retry.retry_max_time,
            },
            start,
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
        whole: args.max_time.map(|limit| Deadline::since(start, limit, "--max-time")),
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
        policy: args.allow_network,
    }
}

fn upgrade_options(args: RequestArgs) -> Result<UpgradeOptions, Failure> {
    let mut headers = Vec::new();
    let own = [("Origin", args.origin), ("User-Agent", args.user_agent)];
    for (name, value) in own {
        headers.extend(value.map(|value| Header { name: name.to_owned(), value: Some(Secret::new(value)) }));
    }
    if let Some(cookie) = args.cookie {
        headers.push(Header { name: "Cookie".to_owned(), value: Some(secret(cookie, "--cookie")?) });
    }
    headers.extend(all_headers(args.headers, "-H")?);
    Ok(UpgradeOptions { headers, subprotocols: args.subprotocols, ..UpgradeOptions::default() })
}

/// The fields of all arguments and of the files that they name.
fn all_headers(args: Vec<HeaderArg>, flag: &str) -> Result<Vec<Header>, Failure> {
    let mut headers = Vec::new();
    for header in args {
        match header {
            HeaderArg::Field(text) => headers.push(header_field(&text, flag)?),
            HeaderArg::File(path) => headers.extend(headers_in(&path)?),
        }
    }
    Ok(headers)
}

/// A field as it was given to `flag`. Its value is not shown: it may be a secret.
fn header_field(text: &Secret, flag: &str) -> Result<Header, Failure> {
    values::header(text.expose()).map_err(|why| {
        Failure::new(
            Status::Usage,
            format!("invalid value '{}' for {flag}: {why}", shown_field(text.expose())),
        )
    })
}

/// What was given as a header field, as far as it may be shown: a name, with what ended it. Everything else may be a
/// value.
fn shown_field(text: &str) -> String {
    let end = text.find(|c: char| c == ':' || c == '=' || c.is_whitespace());
    let (name, rest) = text.split_at(end.unwrap_or(text.len()));
    let is_name = name.chars().all(|c| c.is_ascii_alphabetic() || c == '-');
    let name = if is_name { name } else { REDACTED };
    match rest.chars().next() {
        None => name.to_owned(),
        Some(mark @ (':' | '=')) => format!("{name}{mark} ..."),
        Some(_) => format!("{name} ..."),
    }
}

/// The value, or the content of the file that holds it without the end of its line. `flag` is named when that is not
/// one line.
fn secret(value: SecretValue, flag: &str) -> Result<Secret, Failure> {
    let (text, source) = match value {
        SecretValue::Value(secret) => (secret.expose().to_owned(), flag.to_owned()),
        SecretValue::File(path) => (read_text(&path)?, path.display().to_string()),
    };
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    match values::field_value(line) {
        Ok(_) => Ok(Secret::new(line)),
        // Without the value, which is nobody's business.
        Err(why) => Err(Failure::new(Status::Usage, format!("invalid value for {source}: {why}"))),
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
    let mut text = String::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(MAX_TEXT + 1).read_to_string(&mut text));
    let cannot = || Failure::new(Status::ReadError, format!("cannot read {}", path.display()));
    match read {
        Ok(_) if text.len() as u64 > MAX_TEXT => Err(cannot().and(": it is larger than 1M")),
        Ok(_) => Ok(text),
        Err(err) => Err(cannot().source(IoCause(err))),
    }
}

fn verbosity(args: &OutputArgs) -> Verbosity {
    match args.verbose {
        _ if args.silent => Verbosity::Silent,
        0 => Verbosity::Normal,
        1 => Verbosity::Verbose,
        _ => Verbosity::Frames,
    }
}

/// The checks on what arrives.
pub(super) fn checks(args: &CheckArgs) -> Vec<Check> {
    let texts = args.expect_text.iter().cloned().map(Check::Text);
    let regexes = args.expect_regex.iter().cloned().map(Check::Regex);
    texts.chain(regexes).chain(args.expect_json.iter().cloned()).collect()
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
