//! The kinds of failures, one row each. Exit codes, messages, reports and documents are made from this table.
//! The names follow the Windows Runtime's `WebErrorStatus`; the numbers follow curl where curl has the same
//! failure.

use super::severity::Severity;

/// A row of the table.
#[derive(Debug)]
struct Row {
    name: &'static str,
    code: u8,
    retry: Retry,
    severity: Severity,
    meaning: &'static str,
}

/// Whether `--retry` tries again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Retry {
    Never,
    /// The next try may succeed.
    Later,
}

/// Makes the enum and its table from the rows: `Variant: name, exit code, retry, severity, meaning;`.
macro_rules! statuses {
    ($($variant:ident: $name:literal, $code:literal, $retry:expr, $severity:expr, $meaning:literal;)*) => {
        /// The kind of a failure. Its name and exit code are part of the command-line contract.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Status {
            $(#[doc = $meaning] $variant,)*
        }

        impl Status {
            /// Every status, in the order of the exit codes.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            const fn row(self) -> Row {
                match self {
                    $(Self::$variant => Row {
                        name: $name,
                        code: $code,
                        retry: $retry,
                        severity: $severity,
                        meaning: $meaning,
                    },)*
                }
            }
        }
    };
}

statuses! {
    ExpectationFailed: "expectation-failed", 1, Retry::Never, Severity::Critical, "a reply, echo, assertion or rule was not as expected, or fewer messages came than were awaited";
    Usage: "usage", 2, Retry::Never, Severity::Unknown, "bad arguments";
    InvalidUrl: "invalid-url", 3, Retry::Never, Severity::Unknown, "malformed URL, or a scheme other than ws and wss";
    ProxyNotResolved: "proxy-not-resolved", 5, Retry::Later, Severity::Critical, "the proxy's host name was not resolved";
    HostNotResolved: "host-not-resolved", 6, Retry::Later, Severity::Critical, "the host name was not resolved";
    CannotConnect: "cannot-connect", 7, Retry::Later, Severity::Critical, "refused or unreachable";
    NetworkNotAllowed: "network-not-allowed", 7, Retry::Never, Severity::Critical, "outside --allow-network";
    UnexpectedStatus: "unexpected-status", 22, Retry::Later, Severity::Critical, "the server answered the upgrade with something other than 101";
    WriteError: "write-error", 23, Retry::Never, Severity::Unknown, "standard output or a file could not be written";
    ReadError: "read-error", 26, Retry::Never, Severity::Unknown, "standard input or a file could not be read, or text is not UTF-8";
    Timeout: "timeout", 28, Retry::Later, Severity::Critical, "a limit was reached; the message names the phase and the flag";
    TlsHandshake: "tls-handshake", 35, Retry::Never, Severity::Critical, "TLS failed for another reason than the server's certificate";
    TooManyRedirects: "too-many-redirects", 47, Retry::Never, Severity::Critical, "more than --max-redirs, or in a circle";
    EmptyReply: "empty-reply", 52, Retry::Later, Severity::Critical, "closed during the upgrade without an answer";
    SendFailed: "send-failed", 55, Retry::Never, Severity::Critical, "the connection ended before everything given was sent";
    ReceiveFailed: "receive-failed", 56, Retry::Never, Severity::Critical, "the connection was lost: reset, or no Close frame (1006)";
    ClientCertificate: "client-certificate", 58, Retry::Never, Severity::Unknown, "our own certificate or key cannot be used";
    CertificateExpired: "certificate-expired", 60, Retry::Never, Severity::Critical, "the server's certificate is out of its dates";
    CertificateNameMismatch: "certificate-name-mismatch", 60, Retry::Never, Severity::Critical, "the server's certificate is for other names";
    CertificateUntrusted: "certificate-untrusted", 60, Retry::Never, Severity::Critical, "the server's certificate does not lead to a trusted root";
    CertificateRevoked: "certificate-revoked", 60, Retry::Never, Severity::Critical, "the server's certificate has been revoked";
    CertificateInvalid: "certificate-invalid", 60, Retry::Never, Severity::Critical, "the server's certificate was refused for another reason";
    MessageTooBig: "message-too-big", 63, Retry::Never, Severity::Critical, "a message is larger than --max-message-size";
    Unauthorized: "unauthorized", 67, Retry::Never, Severity::Critical, "401 with the credentials given";
    CaFile: "ca-file", 77, Retry::Never, Severity::Unknown, "the CA file could not be used";
    PinMismatch: "pin-mismatch", 90, Retry::Never, Severity::Critical, "the server's public key is not the pinned one";
    ProxyFailed: "proxy-failed", 97, Retry::Later, Severity::Critical, "the proxy refused, or did not do what it should";
    ProxyAuthRequired: "proxy-auth-required", 97, Retry::Never, Severity::Critical, "the proxy wants credentials, or others";
    ClosedByServer: "closed-by-server", 110, Retry::Never, Severity::Critical, "the server closed with a code that --accept-close does not list";
    ProtocolViolation: "protocol-violation", 112, Retry::Never, Severity::Critical, "the server broke RFC 6455";
    HangUp: "interrupted", 129, Retry::Never, Severity::Critical, "SIGHUP";
    Interrupted: "interrupted", 130, Retry::Never, Severity::Critical, "SIGINT";
    Quit: "interrupted", 131, Retry::Never, Severity::Critical, "SIGQUIT";
    Terminated: "interrupted", 143, Retry::Never, Severity::Critical, "SIGTERM";
}

impl Status {
    /// The name in kebab case, as it appears in reports.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The exit code of the process.
    pub fn code(self) -> u8 {
        self.row().code
    }

    /// The meaning, for documents.
    pub fn meaning(self) -> &'static str {
        self.row().meaning
    }

    /// How bad it is for a monitoring system. `Unknown` is a fault on our side, so it says nothing about the
    /// server.
    pub fn severity(self) -> Severity {
        self.row().severity
    }

    /// Whether a later try may succeed, so that `--retry` tries again.
    pub fn is_retryable(self) -> bool {
        self.row().retry == Retry::Later
    }

    /// When a run had several failures, the one with the lowest rank is reported.
    pub fn rank(self) -> u8 {
        match self {
            Self::HangUp | Self::Interrupted | Self::Quit | Self::Terminated => 0,
            // There was no session, so all other failures are consequences.
            Self::Usage
            | Self::InvalidUrl
            | Self::ProxyNotResolved
            | Self::HostNotResolved
            | Self::CannotConnect
            | Self::NetworkNotAllowed
            | Self::UnexpectedStatus
            | Self::TlsHandshake
            | Self::TooManyRedirects
            | Self::EmptyReply
            | Self::ClientCertificate
            | Self::CertificateExpired
            | Self::CertificateNameMismatch
            | Self::CertificateUntrusted
            | Self::CertificateRevoked
            | Self::CertificateInvalid
            | Self::Unauthorized
            | Self::CaFile
            | Self::PinMismatch
            | Self::ProxyFailed
            | Self::ProxyAuthRequired => 1,
            Self::WriteError | Self::ReadError => 2,
            Self::ProtocolViolation | Self::MessageTooBig => 3,
            Self::Timeout => 4,
            Self::ClosedByServer => 5,
            Self::SendFailed => 6,
            Self::ReceiveFailed => 7,
            Self::ExpectationFailed => 8,
        }
    }

    /// Whether a signal ended the run.
    pub fn is_signal(self) -> bool {
        matches!(self, Self::HangUp | Self::Interrupted | Self::Quit | Self::Terminated)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_status_has_a_name_of_its_own_but_for_the_signals() {
        let (signals, others): (Vec<Status>, Vec<Status>) =
            Status::ALL.iter().partition(|status| status.is_signal());
        let names: HashSet<_> = others.iter().map(|status| status.name()).collect();
        assert_eq!(names.len(), others.len());
        assert!(signals.iter().all(|status| status.name() == "interrupted"));
        let codes: Vec<_> = signals.iter().map(|status| status.code()).collect();
        assert_eq!(codes, [129, 130, 131, 143]);
    }

    /// Names and numbers are API: statuses may be added, but not changed or removed.
    #[test]
    fn names_and_exit_codes_stay_as_they_are() {
        let all: Vec<_> =
            Status::ALL.iter().map(|status| format!("{} {}", status.code(), status.name())).collect();
        let expected = "\
1 expectation-failed
2 usage
3 invalid-url
5 proxy-not-resolved
6 host-not-resolved
7 cannot-connect
7 network-not-allowed
22 unexpected-status
23 write-error
26 read-error
28 timeout
35 tls-handshake
47 too-many-redirects
52 empty-reply
55 send-failed
56 receive-failed
58 client-certificate
60 certificate-expired
60 certificate-name-mismatch
60 certificate-untrusted
60 certificate-revoked
60 certificate-invalid
63 message-too-big
67 unauthorized
77 ca-file
90 pin-mismatch
97 proxy-failed
97 proxy-auth-required
110 closed-by-server
112 protocol-violation
129 interrupted
130 interrupted
131 interrupted
143 interrupted";
        assert_eq!(all.join("\n"), expected);
    }

    #[test]
    fn the_gravest_of_several_failures_is_reported() {
        let order = [130, 143, 23, 26, 112, 63, 28, 110, 55, 56, 1];
        let rank = |code| Status::ALL.iter().find(|status| status.code() == code).map(|status| status.rank());
        assert_eq!(order.map(rank), [0, 0, 2, 2, 3, 3, 4, 5, 6, 7, 8].map(Some));
    }

    fn names(is_one: impl Fn(Status) -> bool) -> Vec<&'static str> {
        Status::ALL.iter().filter(|status| is_one(**status)).map(|status| status.name()).collect()
    }

    #[test]
    fn a_fault_on_our_side_is_unknown_to_a_monitoring_system() {
        let unknown = names(|status| status.severity() == Severity::Unknown);
        assert_eq!(
            unknown,
            ["usage", "invalid-url", "write-error", "read-error", "client-certificate", "ca-file"]
        );
        assert!(Status::ALL.iter().all(|status| status.severity() >= Severity::Unknown));
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        assert_eq!(
            names(Status::is_retryable),
            [
                "proxy-not-resolved",
                "host-not-resolved",
                "cannot-connect",
                "unexpected-status",
                "timeout",
                "empty-reply",
                "proxy-failed"
            ]
        );
    }
}
