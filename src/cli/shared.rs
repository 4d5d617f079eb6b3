//! Options that several subcommands have.

// The comments are help texts, which are shown without Markdown.
#![allow(clippy::doc_markdown)]

use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{ArgAction, Args, ValueEnum};
use regex::Regex;

use super::accepted::AcceptedArgs;
use super::suggested::Suggested;
use super::values::{self, HeaderArg, SecretValue};
use crate::net::address::{ConnectTo, Resolve};
use crate::net::policy::NetworkPolicy;
use crate::net::tls::error::ErrorClass;
use crate::net::tls::pin::Pins;
use crate::protocol::Offer;
use crate::report::write_out;
use crate::secret::Secret;
use crate::session::{Check, CloseCodes};
use crate::size;

const NETWORKS: Suggested<NetworkPolicy> =
    Suggested { parse: NetworkPolicy::parse, values: || vec!["loopback", "private", "internet"] };

const TLS_ERRORS: Suggested<ErrorClass> =
    Suggested { parse: values::tls_error_class, values: || vec!["name", "expired", "untrusted"] };

/// The options of a subcommand that opens a WebSocket.
#[derive(Clone, Debug, Args)]
#[allow(missing_docs)]
pub struct ConversationArgs {
    #[command(flatten)]
    pub request: RequestArgs,
    #[command(flatten)]
    pub credentials: CredentialArgs,
    #[command(flatten)]
    pub proxy: ProxyArgs,
    #[command(flatten)]
    pub tls: TlsArgs,
    #[command(flatten)]
    pub address: AddressArgs,
    #[command(flatten)]
    pub retry: RetryArgs,
    #[command(flatten)]
    pub limits: LimitArgs,
    #[command(flatten)]
    pub close: CloseArgs,
    #[command(flatten)]
    pub output: OutputArgs,
    #[command(flatten)]
    pub accepted: AcceptedArgs,
}

/// The opening handshake.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Request")]
pub struct RequestArgs {
    /// Add a header field; 'Name:' removes a default one; @FILE holds one field a line. Fields that the handshake sets
    /// itself are ignored; Sec-WebSocket-Protocol acts as --subprotocol
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE|@FILE")]
    pub headers: Vec<HeaderArg>,

    /// Offer a subprotocol, the preferred one first; the server's choice has to be one of them
    #[arg(long = "subprotocol", visible_alias = "protocol", value_name = "NAME", value_parser = values::subprotocol)]
    pub subprotocols: Vec<String>,

    /// Offer to compress messages (permessage-deflate, RFC 7692); PARAMS as in the header field, such as
    /// 'client_max_window_bits=12; server_no_context_takeover' [without PARAMS: client_max_window_bits]
    #[arg(long, value_name = "PARAMS", aliases = ["deflate", "compressed"], num_args = 0..=1, require_equals = true, default_missing_value = "client_max_window_bits", value_parser = Offer::from_str)]
    pub compress: Option<Offer>,

    /// Compress messages of at least this many bytes [default: 16, or 128 if each is compressed by itself]
    #[arg(long, value_name = "SIZE", requires = "compress", value_parser = size::parse)]
    pub compress_min: Option<u64>,

    /// Send this Origin, as a browser does
    #[arg(long, value_name = "ORIGIN", value_parser = values::field_value)]
    pub origin: Option<String>,

    /// Send this User-Agent
    #[arg(short = 'A', long, value_name = "NAME", value_parser = values::field_value)]
    pub user_agent: Option<String>,

    /// Send these cookies ('a=1; b=2'), or those in a file
    #[arg(long, value_name = "COOKIES|@FILE")]
    pub cookie: Option<SecretValue>,

    /// Follow redirects; another origin gets no credential, cookie, client certificate or -H field that may be a secret, and
    /// wss never becomes ws
    #[arg(short = 'L', long)]
    pub location: bool,

    /// Follow at most this many redirects
    #[arg(long, value_name = "N", alias = "max-redirects", default_value = "10", value_parser = values::times)]
    pub max_redirs: u32,

    /// Leave Nagle's algorithm on: small messages may be held back and sent together
    #[arg(long)]
    pub no_tcp_nodelay: bool,

    /// Set the size of the kernel's send buffer
    #[arg(long, value_name = "SIZE", value_parser = values::buffer_size)]
    pub send_buffer: Option<usize>,
}

/// The server's name and password.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Credentials")]
pub struct CredentialArgs {
    /// Send name and password: Basic at once, Digest when the server asks for it; without :PASSWORD, prompt for it
    #[arg(short = 'u', long, value_name = "NAME[:PASSWORD]", aliases = ["auth", "basic-auth"])]
    pub user: Option<Secret>,

    /// Send this token as Authorization: Bearer
    #[arg(long, value_name = "TOKEN|@FILE", alias = "oauth2-bearer", conflicts_with = "user")]
    pub bearer: Option<SecretValue>,

    /// Look up name and password in ~/.netrc, or in the file that NETRC names
    #[arg(long)]
    pub netrc: bool,

    /// Look up name and password in this netrc file
    #[arg(long, value_name = "FILE")]
    pub netrc_file: Option<PathBuf>,
}

/// Proxies.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Proxy")]
pub struct ProxyArgs {
    /// Connect through this http, https, socks4, socks4a, socks5 or socks5h proxy; '' for none [default: from wss_proxy
    /// or ws_proxy, https_proxy or http_proxy, all_proxy in the environment]
    #[arg(short = 'x', long, value_name = "URL")]
    pub proxy: Option<Secret>,

    /// Connect through this SOCKS5 proxy, as -x socks5://HOST does
    #[arg(long, value_name = "HOST[:PORT]", hide = true, conflicts_with = "proxy")]
    pub socks5: Option<Secret>,

    /// Connect through this SOCKS5 proxy, which resolves names, as -x socks5h://HOST does
    #[arg(long, value_name = "HOST[:PORT]", hide = true, conflicts_with_all = ["proxy", "socks5"])]
    pub socks5_hostname: Option<Secret>,

    /// Send name and password to the proxy, as Basic, Digest or in SOCKS5; without :PASSWORD, prompt for it
    #[arg(short = 'U', long, value_name = "NAME[:PASSWORD]")]
    pub proxy_user: Option<Secret>,

    /// Add a header field to the proxy's CONNECT request
    #[arg(long, value_name = "NAME: VALUE|@FILE")]
    pub proxy_header: Vec<HeaderArg>,

    /// Trust the CA certificates in this PEM file for an https proxy
    #[arg(long, value_name = "FILE")]
    pub proxy_cacert: Option<PathBuf>,

    /// Accept any certificate of an https proxy
    #[arg(long)]
    pub proxy_insecure: bool,

    /// Connect to these hosts without a proxy: names, .suffixes, addresses, networks, * [default: no_proxy]
    #[arg(long, value_name = "LIST")]
    pub noproxy: Option<String>,
}

/// TLS.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "TLS")]
pub struct TlsArgs {
    /// Trust the CA certificates in this PEM file instead of the system's
    #[arg(long, value_name = "FILE", alias = "ca")]
    pub cacert: Option<PathBuf>,

    /// Accept any certificate
    #[arg(short = 'k', long, alias = "no-check")]
    pub insecure: bool,

    /// Send this name in the TLS handshake (SNI) and verify it, instead of the URL's host
    #[arg(long, visible_alias = "servername", value_name = "NAME")]
    pub tls_domain: Option<String>,

    /// Use this client certificate: PEM, which may hold the key, or PKCS#12
    #[arg(long, value_name = "FILE")]
    pub cert: Option<PathBuf>,

    /// The key of the client certificate, in PEM
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub key: Option<PathBuf>,

    /// The password of the key or of the PKCS#12 file
    #[arg(long, value_name = "PASSWORD|@FILE", alias = "passphrase", requires = "cert")]
    pub pass: Option<SecretValue>,

    /// Ignore certificate errors of this class and no others, with a warning for each: name, expired, untrusted
    #[arg(long, value_name = "CLASS", hide_possible_values = true, value_parser = TLS_ERRORS)]
    pub ignore_tls_error: Vec<ErrorClass>,

    /// Accept only these public keys of the server, also with -k
    #[arg(long, value_name = "sha256//BASE64", value_parser = Pins::parse)]
    pub pinnedpubkey: Option<Pins>,

    /// Refuse TLS versions before 1.2
    #[arg(long = "tlsv1.2")]
    pub tls_v1_2: bool,

    /// Refuse TLS versions before 1.3
    #[arg(long = "tlsv1.3")]
    pub tls_v1_3: bool,

    /// Refuse TLS versions after this one
    #[arg(long, value_name = "VERSION", value_parser = ["1.0", "1.1", "1.2", "1.3"])]
    pub tls_max: Option<String>,
}

/// Addresses.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Address")]
pub struct AddressArgs {
    /// Use IPv4 only
    #[arg(short = '4', long, conflicts_with = "ipv6")]
    pub ipv4: bool,

    /// Use IPv6 only
    #[arg(short = '6', long)]
    pub ipv6: bool,

    /// Resolve HOST:PORT to ADDRESS
    #[arg(long, value_name = "HOST:PORT:ADDRESS", value_parser = Resolve::parse)]
    pub resolve: Vec<Resolve>,

    /// Connect to the second HOST:PORT instead of the first; an empty part of the first matches any, one of the second
    /// changes nothing
    #[arg(long, value_name = "HOST:PORT:HOST:PORT", value_parser = ConnectTo::parse)]
    pub connect_to: Vec<ConnectTo>,

    /// Connect from this local address
    #[arg(long, value_name = "ADDRESS", value_parser = values::local_address)]
    pub interface: Option<IpAddr>,

    /// Connect to this Unix socket; the request still names the host and path of the URL
    #[cfg(unix)]
    #[arg(long, value_name = "PATH", conflicts_with_all = ["proxy", "socks5", "socks5_hostname", "interface"])]
    pub unix_socket: Option<PathBuf>,

    /// Refuse addresses outside these networks: loopback, private, internet; and names that only a proxy resolves
    #[arg(long, value_name = "NETWORKS", hide_possible_values = true, value_parser = NETWORKS)]
    pub allow_network: Vec<NetworkPolicy>,
}

/// Retries.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Retry")]
pub struct RetryArgs {
    /// Retry up to N times on transient failures, until the session is open
    #[arg(long, value_name = "N", default_value = "0", value_parser = values::times)]
    pub retry: u32,

    /// Wait this long between tries [default: 1s, doubled each time; or what Retry-After says]
    #[arg(long, value_name = "DURATION", value_parser = values::duration)]
    pub retry_delay: Option<Duration>,

    /// Start no try after this time, and fail at once when Retry-After is later [default: none; 5m for Retry-After]
    #[arg(long, value_name = "DURATION", value_parser = values::interval)]
    pub retry_max_time: Option<Duration>,
}

/// Limits. The error that a limit causes names its flag.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Limits")]
pub struct LimitArgs {
    /// Limit for resolving, connecting to any address, proxy, TLS and upgrade together
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = values::duration)]
    pub connect_timeout: Duration,

    /// Limit without progress while there is something to send
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = values::duration)]
    pub send_timeout: Duration,

    /// Limit without a message while one is awaited [default: 30s; with -f: none]
    #[arg(long, value_name = "DURATION", value_parser = values::duration)]
    pub receive_timeout: Option<Duration>,

    /// Limit from our Close to the server's
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = values::duration)]
    pub close_timeout: Duration,

    /// Limit without any traffic [default: none]
    #[arg(long, value_name = "DURATION", value_parser = values::interval)]
    pub idle_timeout: Option<Duration>,

    /// Limit for the whole run [default: none]
    #[arg(short = 'm', long, value_name = "DURATION", alias = "timeout", value_parser = values::interval)]
    pub max_time: Option<Duration>,

    /// Send a ping this often [default: never]
    #[arg(long, value_name = "DURATION", value_parser = values::interval)]
    pub ping_interval: Option<Duration>,

    /// Limit from a ping to any byte from the server; not counted while our own data is moving
    #[arg(long, value_name = "DURATION", default_value = "20s", value_parser = values::duration)]
    pub ping_timeout: Duration,

    /// Send an unsolicited pong this often, as a heartbeat [default: never]
    #[arg(long, value_name = "DURATION", value_parser = values::interval)]
    pub pong_interval: Option<Duration>,
}

/// The closing handshake.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Close")]
pub struct CloseArgs {
    /// Close with this code
    #[arg(long, value_name = "CODE", default_value = "1000", alias = "close-status-code", value_parser = values::close_code)]
    pub close_code: u16,

    /// Close with this reason
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true, allow_hyphen_values = true, value_parser = values::close_reason)]
    pub close_reason: String,

    /// Close codes of the server that mean success; x stands for any digit, 1006 for an end without a Close between messages
    #[arg(long, value_name = "CODES", default_value = "1000,1001,1005", value_parser = values::close_codes)]
    pub accept_close: CloseCodes,
}

/// Output beside the messages.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// Show the handshake and the events of the session, also with -s; -vv shows every frame
    #[arg(short, long, action = ArgAction::Count)]
    pub verbose: u8,

    /// Show neither progress nor warnings, only errors
    #[arg(short, long)]
    pub silent: bool,

    /// Print this after the session: text with %{names} (the man page lists them), or the content of a file
    #[arg(short = 'w', long, value_name = "FORMAT|@FILE", value_parser = values::write_out, allow_hyphen_values = true)]
    pub write_out: Option<write_out::Template>,

    /// Write the head of the server's response to a file; - is standard output
    #[arg(short = 'D', long, value_name = "FILE")]
    pub dump_header: Option<PathBuf>,

    /// When to use colours
    #[arg(long, value_enum, value_name = "WHEN", default_value = "auto")]
    pub color: ColorWhen,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Also in a file or pipe.
    Always,
    /// Not even on a terminal.
    Never,
}

/// When to show progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ProgressWhen {
    /// When standard error is a terminal, until a received byte goes to the same one.
    Auto,
    /// Also in a file or pipe, as lines.
    Always,
    /// Not even on a terminal.
    Never,
}

/// The end of the session.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "End of the session")]
pub struct FinishArgs {
    /// Wait until N messages have arrived; once the input is over, print no more
    #[arg(long, value_name = "N", conflicts_with = "within", value_parser = values::count)]
    pub expect: Option<u64>,

    /// Wait until nothing has arrived for this long
    #[arg(long, value_name = "DURATION", visible_alias = "eof-wait", conflicts_with_all = ["within", "expect_close"], value_parser = values::duration)]
    pub wait: Option<Duration>,

    /// Go on until the server closes
    #[arg(short, long, conflicts_with_all = ["expect", "wait", "within"])]
    pub follow: bool,
}

/// Checks of received messages.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Checks")]
#[allow(clippy::struct_field_names)]
pub struct CheckArgs {
    /// Expect some message to equal this text, else exit 1
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub expect_text: Vec<String>,

    /// Expect some message to match this regular expression, else exit 1
    #[arg(long, value_name = "REGEX", allow_hyphen_values = true, value_parser = values::regex)]
    pub expect_regex: Vec<Regex>,

    /// Expect some message to be JSON with this value at this pointer, such as /user/id=7, else exit 1
    #[arg(long, value_name = "POINTER=VALUE", value_parser = values::json_check)]
    pub expect_json: Vec<Check>,

    /// Wait until every check is met, whatever else arrives, for at most this long after the last message was sent; replaces
    /// the number of messages and --receive-timeout
    #[arg(long, value_name = "DURATION", value_parser = values::interval)]
    pub within: Option<Duration>,

    /// Await N messages that the server sends by itself before anything is sent; they are no replies, but may meet checks
    #[arg(long, value_name = "N", default_value = "0", hide_default_value = true, value_parser = values::count)]
    pub greeting: u64,

    /// Expect the server to close first, with one of these codes, else exit 1; x stands for any digit
    #[arg(long, value_name = "CODES", value_parser = values::close_codes)]
    pub expect_close: Option<CloseCodes>,
}
