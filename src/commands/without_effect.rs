//! Combinations of options in which one has no effect. They are refused, because whoever typed it expects one. To state a
//! default is fine, and so are TLS options beside `ws://`, which scripts give for any URL.

use std::time::Duration;

use crate::cli::values::HeaderArg;
use crate::cli::{
    ConversationArgs, EchoTestArgs, ListenArgs, Mode, ProbeArgs, ProgressWhen, RequestArgs, SendArgs,
    StreamArgs,
};
use crate::error::{Failure, Status};
use crate::framing::Format;

/// Whether the combination was given, what has no effect, and what to do instead.
type Row = (bool, &'static str, &'static str);

const DEFAULT_REDIRECTS: u32 = 10;
const DEFAULT_PING_TIMEOUT: Duration = Duration::from_secs(20);

const ONE_OF_THEM: &str = "leave one of them out";

/// Whether a `-H` in the arguments gives this field a value.
fn gives(request: &RequestArgs, name: &str) -> bool {
    request.headers.iter().any(|header| match header {
        HeaderArg::Field(field) => field.expose().split_once(':').is_some_and(|(given, value)| {
            given.trim().eq_ignore_ascii_case(name) && !value.trim().is_empty()
        }),
        HeaderArg::File(_) => false,
    })
}

fn refuse(rows: &[Row]) -> Result<(), Failure> {
    match rows.iter().find(|(given, ..)| *given) {
        None => Ok(()),
        Some((_, text, hint)) => Err(Failure::new(Status::Usage, *text).hint(*hint)),
    }
}

/// Refuses combinations of `send`, whose input and output have these formats.
pub(super) fn send(args: &SendArgs, input: Format, output: Format) -> Result<(), Failure> {
    let from_stdin = args.target.messages.is_empty();
    let delimited = |format| matches!(format, Format::Lines | Format::Nul);
    let encoded = matches!(input, Format::Base64 | Format::Hex);
    let has_json = args.target.messages.iter().any(|message| message.form == crate::cli::MessageForm::Json);
    refuse(&[
        (
            (args.text || args.binary) && from_stdin && input == Format::Json,
            "-t and -b have no effect on JSON from standard input, in which each message has its type",
            "write {\"type\":\"text\",...} or {\"type\":\"binary\",...}",
        ),
        (
            args.keep_newline && !from_stdin,
            "--keep-newline has no effect on MESSAGE and -d, which are sent as they are",
            "write the newline into the message: $'hello\\n'",
        ),
        (
            args.keep_newline && !delimited(input) && !delimited(output),
            "--keep-newline has no effect without a framing that has delimiters",
            "it keeps those of --framing lines and nul",
        ),
        (
            args.in_framing.is_some() && !from_stdin && !encoded && input != Format::Lines,
            "--in-framing has no effect on MESSAGE and -d, which are sent as they are",
            "only base64 and hex are decoded; --out-framing sets the layout of what is printed",
        ),
        (
            args.framing != crate::cli::Framing::Lines
                && args.in_framing.is_some()
                && args.out_framing.is_some(),
            "--framing has no effect beside --in-framing and --out-framing",
            "leave it out",
        ),
        (
            args.null_terminated && args.in_framing.is_some() && args.out_framing.is_some(),
            "-0 has no effect beside --in-framing and --out-framing",
            "leave it out",
        ),
        (
            args.lockstep && args.one_message,
            "--lockstep has no effect with -1, which sends one message",
            "it holds each message back until the one before it was answered",
        ),
        (
            has_json && encoded,
            "--json and --framing base64 or hex contradict each other: JSON is neither",
            "send the encoded message with -d",
        ),
    ])
}

/// Refuses combinations of `stream`.
pub(super) fn stream(args: &StreamArgs) -> Result<(), Failure> {
    let output = &args.conversation.output;
    refuse(&[
        (
            output.silent && args.progress == ProgressWhen::Always,
            "--progress always has no effect with -s, which shows none",
            ONE_OF_THEM,
        ),
        (
            output.silent && args.digest.is_some() && output.write_out.is_none(),
            "--digest has no effect with -s, which does not show it",
            "-w '%{sha256_upload} %{sha256_download}\\n' prints it",
        ),
    ])
}

/// Refuses combinations of `echo-test`.
pub(super) fn echo_test(args: &EchoTestArgs) -> Result<(), Failure> {
    let ListenArgs { listen, delay, drop_after, close_with, .. } = &args.server;
    let ConversationArgs { request, credentials, retry, .. } = &args.conversation;
    let size = [args.size];
    let sizes = args.sizes.as_ref().map_or(&size[..], |list| &list.0);
    let is_embedded = args.url.is_none() && listen.is_none();
    let has_credentials = credentials.user.is_some()
        || credentials.bearer.is_some()
        || credentials.netrc
        || credentials.netrc_file.is_some();
    let hint = "write the URL of the server that is to be tested";
    refuse(&[
        (
            delay.is_some_and(|delay| !delay.is_zero()) && close_with.is_some() && drop_after.is_none(),
            "--delay has no effect with --close-with, which closes before any echo",
            "--drop-after N closes after N echoes",
        ),
        (
            args.fragment.is_some_and(|most| sizes.iter().all(|size| *size <= most as u64)),
            "--fragment has no effect: no message is longer",
            "--size sets how long they are",
        ),
        (
            args.in_flight.is_some_and(|most| most > 1) && args.count == Some(1) && sizes.len() == 1,
            "--in-flight has no effect with -n 1, which sends one message on each connection",
            "-n 1000 sends a thousand",
        ),
        (
            is_embedded && args.greeting > 0,
            "--greeting has no effect on the embedded server, which sends nothing by itself",
            hint,
        ),
        (
            is_embedded && request.location,
            "-L has no effect on the embedded server, which redirects nobody",
            hint,
        ),
        (
            is_embedded && retry.retry > 0,
            "--retry has no effect on the embedded server, which is up at once",
            hint,
        ),
        (
            is_embedded && has_credentials,
            "-u, --bearer and --netrc have no effect on the embedded server, which asks nobody for a password",
            hint,
        ),
    ])
}

/// Refuses combinations of `probe`.
pub(super) fn probe(args: &ProbeArgs) -> Result<(), Failure> {
    let checks = &args.checks;
    let has_checks =
        !(checks.expect_text.is_empty() && checks.expect_regex.is_empty() && checks.expect_json.is_empty());
    refuse(&[(
        args.mode == Mode::Stream && args.data.typed.is_empty() && !has_checks,
        "--mode has no effect without a message",
        "-d TEXT sends one",
    )])?;
    shared(&args.conversation, true)
}

/// Refuses combinations of the options that all subcommands have. `pings`: the subcommand sends a ping of its own.
pub(super) fn shared(args: &ConversationArgs, pings: bool) -> Result<(), Failure> {
    let (limits, tls, credentials) = (&args.limits, &args.tls, &args.credentials);
    let request = &args.request;
    refuse(&[
        (
            (credentials.user.is_some() || credentials.bearer.is_some()) && gives(request, "authorization"),
            "-u and --bearer have no effect beside -H 'Authorization: ...', which is sent",
            ONE_OF_THEM,
        ),
        (
            request.user_agent.is_some() && gives(request, "user-agent"),
            "-A and -H 'User-Agent: ...' give one field twice",
            ONE_OF_THEM,
        ),
        (
            request.origin.is_some() && gives(request, "origin"),
            "--origin and -H 'Origin: ...' give one field twice",
            ONE_OF_THEM,
        ),
        (
            // Of other options the last counts; this one must not be widened by what is appended.
            args.address.allow_network.len() > 1,
            "the argument '--allow-network <NETWORKS>' cannot be used multiple times",
            "write one list: --allow-network loopback,private",
        ),
        (
            args.request.max_redirs != DEFAULT_REDIRECTS && !args.request.location,
            "--max-redirs has no effect without -L, which follows redirects",
            "add -L",
        ),
        (
            args.retry.retry == 0 && args.retry.retry_delay.is_some(),
            "--retry-delay has no effect without --retry",
            "add --retry N",
        ),
        (
            args.retry.retry == 0 && args.retry.retry_max_time.is_some(),
            "--retry-max-time has no effect without --retry",
            "add --retry N",
        ),
        (
            !pings && limits.ping_timeout != DEFAULT_PING_TIMEOUT && limits.ping_interval.is_none(),
            "--ping-timeout has no effect without --ping-interval, which sends pings",
            "add --ping-interval DURATION",
        ),
        (tls.tls_v1_2 && tls.tls_v1_3, "--tlsv1.2 has no effect with --tlsv1.3", ONE_OF_THEM),
        (
            tls.insecure && !tls.ignore_tls_error.is_empty(),
            "--ignore-tls-error has no effect with -k, which ignores them all",
            "leave -k out",
        ),
        (
            args.proxy.proxy_insecure && args.proxy.proxy_cacert.is_some(),
            "--proxy-cacert has no effect with --proxy-insecure, which accepts any certificate",
            "leave --proxy-insecure out",
        ),
        (
            credentials.netrc && credentials.netrc_file.is_some(),
            "--netrc has no effect with --netrc-file",
            "leave --netrc out",
        ),
    ])?;
    unix_socket(args)
}

/// What a Unix socket leaves no room for.
#[cfg(unix)]
fn unix_socket(args: &ConversationArgs) -> Result<(), Failure> {
    if args.address.unix_socket.is_none() {
        return Ok(());
    }
    let (address, proxy) = (&args.address, &args.proxy);
    let hint = "leave it out: a Unix socket has no address, and no proxy is asked";
    refuse(&[
        (address.ipv4, "-4 has no effect with --unix-socket", hint),
        (address.ipv6, "-6 has no effect with --unix-socket", hint),
        (!address.resolve.is_empty(), "--resolve has no effect with --unix-socket", hint),
        (!address.connect_to.is_empty(), "--connect-to has no effect with --unix-socket", hint),
        (args.request.no_tcp_nodelay, "--no-tcp-nodelay has no effect with --unix-socket", hint),
        (proxy.proxy_user.is_some(), "--proxy-user has no effect with --unix-socket", hint),
        (!proxy.proxy_header.is_empty(), "--proxy-header has no effect with --unix-socket", hint),
        (proxy.proxy_cacert.is_some(), "--proxy-cacert has no effect with --unix-socket", hint),
        (proxy.proxy_insecure, "--proxy-insecure has no effect with --unix-socket", hint),
        (proxy.noproxy.is_some(), "--noproxy has no effect with --unix-socket", hint),
    ])
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps)] // as on Unix
fn unix_socket(_: &ConversationArgs) -> Result<(), Failure> {
    Ok(())
}
