//! What can go wrong, by name: the status names, their exit codes, and the failure that carries them.
//! The names follow the Windows Runtime's `WebErrorStatus`, the numbers follow curl where curl has the event.
//! A foreign error becomes a `Failure` once, at the border where it is met.

use std::fmt;

use crate::deadline::Deadline;

/// The kind of a failure. Its name and exit code are part of the command-line contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// A reply or an echo was not as expected, or fewer messages came than were awaited.
    ExpectationFailed,
    /// Bad arguments.
    Usage,
    /// A malformed URL, or a scheme other than ws and wss.
    InvalidUrl,
    /// The proxy's host name was not resolved.
    ProxyNotResolved,
    /// The host name was not resolved.
    HostNotResolved,
    /// No address could be connected to.
    CannotConnect,
    /// The address is outside the networks that `--allow-network` names.
    NetworkNotAllowed,
    /// The server answered the upgrade with something other than 101.
    UnexpectedStatus,
    /// Standard output or the output file could not be written.
    WriteError,
    /// Standard input or a file could not be read, or text to send is not UTF-8.
    ReadError,
    /// A limit was reached.
    Timeout,
    /// TLS failed for another reason than the server's certificate.
    TlsHandshake,
    /// More redirects than allowed, or in a circle.
    TooManyRedirects,
    /// The connection ended during the upgrade without an answer.
    EmptyReply,
    /// The connection ended before everything given was sent.
    SendFailed,
    /// The connection was lost: reset, or ended without a Close frame.
    ReceiveFailed,
    /// Our own certificate or key cannot be used.
    ClientCertificate,
    /// The server's certificate is out of its dates.
    CertificateExpired,
    /// The server's certificate is for other names.
    CertificateNameMismatch,
    /// The server's certificate does not lead to a trusted root.
    CertificateUntrusted,
    /// The server's certificate was withdrawn by its issuer.
    CertificateRevoked,
    /// The server's certificate was refused for another reason.
    CertificateInvalid,
    /// A message is larger than `--max-message-size`.
    MessageTooBig,
    /// The server answered 401 to the credentials given.
    Unauthorized,
    /// The file of CA certificates could not be used.
    CaFile,
    /// The server's public key is not the pinned one.
    PinMismatch,
    /// The proxy refused, or did not do what it should.
    ProxyFailed,
    /// The proxy wants credentials, or others.
    ProxyAuthRequired,
    /// The server closed with a code that `--accept-close` does not list.
    ClosedByServer,
    /// The server broke RFC 6455.
    ProtocolViolation,
    /// SIGINT ended the program.
    Interrupted,
    /// SIGTERM ended the program.
    Terminated,
}

impl Status {
    /// Every status, in the order of the exit codes.
    pub const ALL: [Self; 32] = [
        Self::ExpectationFailed,
        Self::Usage,
        Self::InvalidUrl,
        Self::ProxyNotResolved,
        Self::HostNotResolved,
        Self::CannotConnect,
        Self::NetworkNotAllowed,
        Self::UnexpectedStatus,
        Self::WriteError,
        Self::ReadError,
        Self::Timeout,
        Self::TlsHandshake,
        Self::TooManyRedirects,
        Self::EmptyReply,
        Self::SendFailed,
        Self::ReceiveFailed,
        Self::ClientCertificate,
        Self::CertificateExpired,
        Self::CertificateNameMismatch,
        Self::CertificateUntrusted,
        Self::CertificateRevoked,
        Self::CertificateInvalid,
        Self::MessageTooBig,
        Self::Unauthorized,
        Self::CaFile,
        Self::PinMismatch,
        Self::ProxyFailed,
        Self::ProxyAuthRequired,
        Self::ClosedByServer,
        Self::ProtocolViolation,
        Self::Interrupted,
        Self::Terminated,
    ];

    /// Name, exit code and meaning: the one table from which messages and documents are made.
    pub fn describe(self) -> (&'static str, u8, &'static str) {
        match self {
            Self::ExpectationFailed => (
                "expectation-failed",
                1,
                "a reply, echo, promise or rule was not as expected, or fewer messages came than were awaited",
            ),
            Self::Usage => ("usage", 2, "bad arguments"),
            Self::InvalidUrl => ("invalid-url", 3, "malformed URL, or a scheme other than ws and wss"),
            Self::ProxyNotResolved => ("proxy-not-resolved", 5, "the proxy's host name was not resolved"),
            Self::NetworkNotAllowed => ("network-not-allowed", 7, "outside --allow-network"),
            Self::TooManyRedirects => ("too-many-redirects", 47, "more than --max-redirs, or in a circle"),
            Self::ClientCertificate => {
                ("client-certificate", 58, "our own certificate or key cannot be used")
            }
            Self::PinMismatch => ("pin-mismatch", 90, "the server's public key is not the pinned one"),
            Self::ProxyFailed => ("proxy-failed", 97, "the proxy refused, or did not do what it should"),
            Self::ProxyAuthRequired => ("proxy-auth-required", 97, "the proxy wants credentials, or others"),
            Self::HostNotResolved => ("host-not-resolved", 6, "the host name was not resolved"),
            Self::CannotConnect => ("cannot-connect", 7, "refused or unreachable"),
            Self::UnexpectedStatus => {
                ("unexpected-status", 22, "the server answered the upgrade with something other than 101")
            }
            Self::WriteError => ("write-error", 23, "standard output or a file could not be written"),
            Self::ReadError => {
                ("read-error", 26, "standard input or a file could not be read, or text is not UTF-8")
            }
            Self::Timeout => ("timeout", 28, "a limit was reached; the message names the phase and the flag"),
            Self::TlsHandshake => {
                ("tls-handshake", 35, "TLS failed for another reason than the server's certificate")
            }
            Self::EmptyReply => ("empty-reply", 52, "closed during the upgrade without an answer"),
            Self::SendFailed => ("send-failed", 55, "the connection ended before everything given was sent"),
            Self::ReceiveFailed => {
                ("receive-failed", 56, "the connection was lost: reset, or no Close frame (1006)")
            }
            Self::CertificateExpired => {
                ("certificate-expired", 60, "the server's certificate is out of its dates")
            }
            Self::CertificateNameMismatch => {
                ("certificate-name-mismatch", 60, "the server's certificate is for other names")
            }
            Self::CertificateUntrusted => {
                ("certificate-untrusted", 60, "the server's certificate does not lead to a trusted root")
            }
            Self::CertificateRevoked => {
                ("certificate-revoked", 60, "the server's certificate was withdrawn by its issuer")
            }
            Self::CertificateInvalid => {
                ("certificate-invalid", 60, "the server's certificate was refused for another reason")
            }
            Self::MessageTooBig => ("message-too-big", 63, "a message is larger than --max-message-size"),
            Self::Unauthorized => ("unauthorized", 67, "401 with the credentials given"),
            Self::CaFile => ("ca-file", 77, "the CA file could not be used"),
            Self::ClosedByServer => {
                ("closed-by-server", 110, "the server closed with a code that --accept-close does not list")
            }
            Self::ProtocolViolation => ("protocol-violation", 112, "the server broke RFC 6455"),
            Self::Interrupted => ("interrupted", 130, "SIGINT"),
            Self::Terminated => ("interrupted", 143, "SIGTERM"),
        }
    }

    /// The name in kebab case, as it appears in reports.
    pub fn name(self) -> &'static str {
        self.describe().0
    }

    /// The exit code of the process.
    pub fn code(self) -> u8 {
        self.describe().1
    }
}

/// Where in the life of a connection something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Turning the host name into addresses.
    Resolve,
    /// Opening the TCP connection.
    Connect,
    /// Opening the way through a proxy.
    Proxy,
    /// The TLS handshake.
    Tls,
    /// The opening handshake (RFC 6455 §4).
    Upgrade,
    /// Writing to the open connection.
    Send,
    /// Waiting for a message.
    Receive,
    /// Waiting for the answer to a ping.
    Ping,
    /// Waiting for any traffic at all.
    Idle,
    /// The closing handshake (RFC 6455 §7).
    Close,
    /// The run as a whole.
    Session,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::Proxy => "proxy",
            Self::Tls => "tls",
            Self::Upgrade => "upgrade",
            Self::Send => "send",
            Self::Receive => "receive",
            Self::Ping => "ping",
            Self::Idle => "idle",
            Self::Close => "close",
            Self::Session => "session",
        })
    }
}

/// A failure as a person and a script see it: what kind, about what, why, and what to try.
#[derive(Debug)]
pub struct Failure {
    status: Status,
    message: String,
    source: Option<anyhow::Error>,
    hint: Option<String>,
    details: Option<String>,
    exit_code: Option<u8>,
    quiet: bool,
}

impl Failure {
    /// A failure with its message: lower case, no full stop, naming the host, file or flag.
    pub fn new(status: Status, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            source: None,
            hint: None,
            details: None,
            exit_code: None,
            quiet: false,
        }
    }

    /// `deadline` was reached in `phase` while waiting for `host`.
    pub fn timeout(phase: Phase, host: impl fmt::Display, deadline: &Deadline) -> Self {
        Self::timed_out(phase, host, deadline.limit(), deadline.flag())
    }

    /// The limit set by `flag` was reached in `phase` while waiting for `host`.
    pub fn timed_out(
        phase: Phase,
        host: impl fmt::Display,
        limit: std::time::Duration,
        flag: &'static str,
    ) -> Self {
        let limit = humantime::format_duration(limit);
        Self::new(Status::Timeout, format!("timed out after {limit} in {phase} with {host} ({flag})"))
    }

    /// Adds the cause.
    #[must_use]
    pub fn source(mut self, cause: impl Into<anyhow::Error>) -> Self {
        self.source = Some(cause.into());
        self
    }

    /// Adds advice: what the user can try.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds lines that are shown below the message, such as a refused handshake's headers and body.
    #[must_use]
    pub fn details(mut self, details: impl Into<String>) -> Self {
        self.details = Some(details.into());
        self
    }

    /// Says it in other words; everything else stays.
    #[must_use]
    pub fn rephrased(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }

    /// Says it in other words, which name the causes, too.
    #[must_use]
    pub fn restated(mut self, message: impl Into<String>) -> Self {
        self.source = None;
        self.rephrased(message)
    }

    /// Ends the process with another code than the status has: as a monitoring plugin, for instance.
    #[must_use]
    pub fn exits_with(mut self, code: u8) -> Self {
        self.exit_code = Some(code);
        self
    }

    /// The exit code of the process.
    pub fn exit_code(&self) -> u8 {
        self.exit_code.unwrap_or(self.status.code())
    }

    /// Makes the exit code say it alone.
    #[must_use]
    pub fn quiet(mut self) -> Self {
        self.quiet = true;
        self
    }

    /// Whether nothing is to be printed.
    pub fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Appends to the message.
    #[must_use]
    pub fn and(mut self, more: impl fmt::Display) -> Self {
        self.message = format!("{}{more}", self.message);
        self
    }

    /// The kind.
    pub fn status(&self) -> Status {
        self.status
    }

    /// The advice, if there is any.
    pub fn advice(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// The lines to show below the message, if there are any.
    pub fn evidence(&self) -> Option<&str> {
        self.details.as_deref()
    }
}

/// The message and its causes in one line.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        for cause in self.source.iter().flat_map(anyhow::Error::chain) {
            write!(f, ": {cause}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|cause| cause as _)
    }
}

/// The text of an I/O error without the number that Rust appends.
pub fn io_reason(err: &std::io::Error) -> String {
    let text = err.to_string();
    match text.rfind(" (os error ") {
        Some(at) => text[..at].to_owned(),
        None => text,
    }
}

/// An I/O error whose text is that of [`io_reason`], for use as a [`Failure::source`].
#[derive(Debug)]
pub struct IoCause(pub std::io::Error);

impl fmt::Display for IoCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&io_reason(&self.0))
    }
}

impl std::error::Error for IoCause {}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_status_has_a_name_of_its_own_but_for_the_two_signals() {
        let names: HashSet<_> = Status::ALL.iter().map(|status| status.name()).collect();
        assert_eq!(names.len(), Status::ALL.len() - 1);
    }

    #[test]
    fn exit_codes_rise_in_the_table() {
        let codes: Vec<_> = Status::ALL.iter().map(|status| status.code()).collect();
        assert!(codes.is_sorted(), "{codes:?}");
        assert!(codes[0] > 0);
    }

    #[test]
    fn a_failure_shows_its_causes_in_one_line() {
        let refused = std::io::Error::from_raw_os_error(111);
        let failure =
            Failure::new(Status::CannotConnect, "cannot connect to 127.0.0.1:9").source(IoCause(refused));
        #[cfg(target_os = "linux")]
        assert_eq!(failure.to_string(), "cannot connect to 127.0.0.1:9: Connection refused");
        assert_eq!(failure.status().code(), 7);
    }
}
