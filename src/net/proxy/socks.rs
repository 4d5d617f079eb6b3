//! The client's side of SOCKS, versions 4, 4a and 5 (RFC 1928, RFC 1929). Pure: bytes in, bytes out.
//! Invariant: no byte beyond the proxy's last reply is consumed; it is the first of the tunnel.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use crate::secret::Secret;

/// The version of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SocksVersion {
    /// SOCKS4: IPv4 addresses only.
    V4,
    /// `SOCKS4a`: the proxy resolves names.
    V4a,
    /// SOCKS5: addresses of both families, names, passwords.
    V5,
}

/// Where the proxy is asked to connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SocksTarget {
    /// An address that was resolved here.
    Ip(SocketAddr),
    /// A name that the proxy resolves, and the port.
    Name(String, u16),
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SocksStep {
    /// Nothing: more bytes are needed.
    NeedMore,
    /// Send these bytes.
    Send(Vec<u8>),
    /// The tunnel is open.
    Done,
}

/// Why there is no tunnel. The text continues a sentence that begins with `proxy HOST:PORT `.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SocksError {
    /// The request cannot be written in this version.
    CannotAsk(String),
    /// The reply is of another protocol, or broken.
    BrokenReply(String),
    /// The proxy wants an authentication method that was not offered.
    NoMethod {
        /// Whether a name and a password were offered.
        had_credential: bool,
    },
    /// Name or password are wrong (RFC 1929 §2).
    WrongCredential,
    /// The proxy does not make this connection.
    Refused(String),
}

impl SocksError {
    /// Whether another credential, or one at all, could help.
    pub fn wants_credentials(&self) -> bool {
        match self {
            Self::NoMethod { .. } | Self::WrongCredential => true,
            Self::CannotAsk(_) | Self::BrokenReply(_) | Self::Refused(_) => false,
        }
    }
}

impl fmt::Display for SocksError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CannotAsk(why) => write!(f, "cannot be asked: {why}"),
            Self::BrokenReply(what) => write!(f, "did not answer as a SOCKS proxy does: {what}"),
            Self::NoMethod { had_credential: false } => {
                f.write_str("wants a password (no acceptable SOCKS method)")
            }
            Self::NoMethod { had_credential: true } => {
                f.write_str("accepts neither a password nor none (no acceptable SOCKS method)")
            }
            Self::WrongCredential => f.write_str("did not accept the credentials (SOCKS5)"),
            Self::Refused(why) => write!(f, "refused: {why}"),
        }
    }
}

impl std::error::Error for SocksError {}

/// Which reply comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Awaited {
    Method,
    Authentication,
    Connection4,
    Connection5,
    Nothing,
}

/// The client's side of one negotiation.
#[derive(Debug)]
pub struct Socks {
    greeting: Vec<u8>,
    credential: Option<(String, Secret)>,
    request: Vec<u8>,
    awaited: Awaited,
    reply: Vec<u8>,
}

/// The longest name, user name or password: their length is one byte.
const MAX_FIELD: usize = 255;

const NO_AUTHENTICATION: u8 = 0;
const NAME_AND_PASSWORD: u8 = 2;
const NO_ACCEPTABLE_METHOD: u8 = 0xff;

impl Socks {
    /// Prepares a negotiation. Of a credential, SOCKS4 uses the name only.
    ///
    /// # Errors
    /// [`SocksError::CannotAsk`] when the target or the credential cannot be written in this version.
    pub fn new(
        version: SocksVersion,
        target: &SocksTarget,
        credential: Option<(String, Secret)>,
    ) -> Result<Self, SocksError> {
        let (greeting, request, awaited) = match version {
            SocksVersion::V4 | SocksVersion::V4a => {
                let user = credential.as_ref().map_or("", |(name, _)| name);
                let greeting = request4(version, target, user).map_err(SocksError::CannotAsk)?;
                (greeting, Vec::new(), Awaited::Connection4)
            }
            SocksVersion::V5 => {
                let request = request5(target).map_err(SocksError::CannotAsk)?;
                let greeting = match &credential {
                    None => vec![5, 1, NO_AUTHENTICATION],
                    Some((name, password)) => {
                        authentication(name, password).map_err(SocksError::CannotAsk)?;
                        vec![5, 2, NO_AUTHENTICATION, NAME_AND_PASSWORD]
                    }
                };
                (greeting, request, Awaited::Method)
            }
        };
        Ok(Self { greeting, credential, request, awaited, reply: Vec::new() })
    }

    /// What is sent first.
    pub fn start(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.greeting)
    }

    /// Takes what the proxy sent. Returns how many of these bytes were used, and what to do next.
    /// The caller passes unused bytes again after a [`SocksStep::Send`]; after [`SocksStep::Done`] they belong to the tunnel.
    pub fn on_bytes(&mut self, bytes: &[u8]) -> Result<(usize, SocksStep), SocksError> {
        let mut used = 0;
        loop {
            // A refusal may be shorter than the reply should be: look after every byte.
            self.check()?;
            if self.reply.len() == self.reply_len() {
                return Ok((used, self.advance()));
            }
            let Some(&byte) = bytes.get(used) else {
                return Ok((used, SocksStep::NeedMore));
            };
            self.reply.push(byte);
            used += 1;
        }
    }

    /// How long the awaited reply is, as far as its first bytes tell.
    fn reply_len(&self) -> usize {
        match (self.awaited, &self.reply[..]) {
            (Awaited::Nothing, _) => 0,
            (Awaited::Method | Awaited::Authentication, _) => 2,
            (Awaited::Connection4, _) => 8,
            (Awaited::Connection5, [_, _, _, 1, ..]) => 4 + 4 + 2,
            (Awaited::Connection5, [_, _, _, 3, length, ..]) => 5 + usize::from(*length) + 2,
            (Awaited::Connection5, [_, _, _, 4, ..]) => 4 + 16 + 2,
            (Awaited::Connection5, _) => 5,
        }
    }

    /// Whether the reply is acceptable so far.
    fn check(&self) -> Result<(), SocksError> {
        let broken = |what: String| Err(SocksError::BrokenReply(what));
        match (self.awaited, &self.reply[..]) {
            (Awaited::Connection4, [first, ..]) if *first != 0 => {
                broken(format!("its first byte is {first:#04x}, not 0x00"))
            }
            (Awaited::Method | Awaited::Connection5, [first, ..]) if *first != 5 => {
                broken(format!("its first byte is {first:#04x}, not 0x05"))
            }
            // RFC 1929 wants 1; some proxies repeat the version of SOCKS.
            (Awaited::Authentication, [first, ..]) if !matches!(first, 1 | 5) => {
                broken(format!("its first byte is {first:#04x}, not 0x01"))
            }
            (Awaited::Method, [_, NO_ACCEPTABLE_METHOD]) => {
                Err(SocksError::NoMethod { had_credential: self.credential.is_some() })
            }
            (Awaited::Method, [_, NO_AUTHENTICATION]) => Ok(()),
            (Awaited::Method, [_, NAME_AND_PASSWORD]) if self.credential.is_some() => Ok(()),
            (Awaited::Method, [_, method]) => {
                broken(format!("it chose method {method:#04x}, which was not offered"))
            }
            (Awaited::Authentication, [_, status]) if *status != 0 => Err(SocksError::WrongCredential),
            (Awaited::Connection4, [_, code, ..]) if *code != 90 => {
                Err(SocksError::Refused(reply_text4(*code)))
            }
            (Awaited::Connection5, [_, code, ..]) if *code != 0 => {
                Err(SocksError::Refused(reply_text5(*code)))
            }
            (Awaited::Connection5, [_, _, _, kind, ..]) if !matches!(kind, 1 | 3 | 4) => {
                broken(format!("its address is of type {kind:#04x}"))
            }
            _ => Ok(()),
        }
    }

    /// What follows a complete, acceptable reply.
    fn advance(&mut self) -> SocksStep {
        let reply = std::mem::take(&mut self.reply);
        let (awaited, step) = match self.awaited {
            Awaited::Method if reply[1] == NAME_AND_PASSWORD => {
                let pair = self.credential.take();
                let bytes = pair.and_then(|(name, password)| authentication(&name, &password).ok());
                (Awaited::Authentication, SocksStep::Send(bytes.unwrap_or_default()))
            }
            Awaited::Method | Awaited::Authentication => {
                (Awaited::Connection5, SocksStep::Send(std::mem::take(&mut self.request)))
            }
            Awaited::Connection4 | Awaited::Connection5 | Awaited::Nothing => {
                (Awaited::Nothing, SocksStep::Done)
            }
        };
        self.awaited = awaited;
        step
    }
}

/// Whether `text` fits in a field with a length of one byte.
fn length(what: &str, text: &str) -> Result<u8, String> {
    u8::try_from(text.len())
        .map_err(|_| format!("the {what} has {} bytes, SOCKS allows {MAX_FIELD}", text.len()))
}

/// Name and password as RFC 1929 §2 has them.
fn authentication(name: &str, password: &Secret) -> Result<Vec<u8>, String> {
    let mut bytes = vec![1, length("user name", name)?];
    bytes.extend(name.as_bytes());
    bytes.push(length("password", password.expose())?);
    bytes.extend(password.expose().as_bytes());
    Ok(bytes)
}

fn request4(version: SocksVersion, target: &SocksTarget, user: &str) -> Result<Vec<u8>, String> {
    if user.contains('\0') {
        return Err("SOCKS4 cannot carry a user name with a zero byte".to_owned());
    }
    let (ip, port, name) = match target {
        SocksTarget::Ip(address) => match address.ip().to_canonical() {
            IpAddr::V4(ip) => (ip.octets(), address.port(), None),
            IpAddr::V6(ip) => {
                return Err(format!("SOCKS4 cannot carry an IPv6 address ({ip}); use socks5://"));
            }
        },
        SocksTarget::Name(name, _) if version == SocksVersion::V4 => {
            return Err(format!("SOCKS4 cannot carry a host name ({name}); use socks4a://"));
        }
        // The address 0.0.0.x tells that a name follows.
        SocksTarget::Name(name, port) => ([0, 0, 0, 1], *port, Some(name)),
    };
    let mut bytes = vec![4, 1];
    bytes.extend(port.to_be_bytes());
    bytes.extend(ip);
    bytes.extend(user.as_bytes());
    bytes.push(0);
    if let Some(name) = name {
        length("host name", name)?;
        if name.contains('\0') {
            return Err("the host name contains a zero byte".to_owned());
        }
        bytes.extend(name.as_bytes());
        bytes.push(0);
    }
    Ok(bytes)
}

fn request5(target: &SocksTarget) -> Result<Vec<u8>, String> {
    let mut bytes = vec![5, 1, 0];
    let port = match target {
        SocksTarget::Ip(address) => {
            match address.ip() {
                IpAddr::V4(ip) => {
                    bytes.push(1);
                    bytes.extend(ip.octets());
                }
                IpAddr::V6(ip) => {
                    bytes.push(4);
                    bytes.extend(ip.octets());
                }
            }
            address.port()
        }
        SocksTarget::Name(name, port) => {
            bytes.push(3);
            bytes.push(length("host name", name)?);
            bytes.extend(name.as_bytes());
            *port
        }
    };
    bytes.extend(port.to_be_bytes());
    Ok(bytes)
}

fn reply_text4(code: u8) -> String {
    match code {
        91 => "request rejected or failed".to_owned(),
        92 => "it cannot reach the identd of this machine".to_owned(),
        93 => "the identd of this machine tells another user name".to_owned(),
        _ => format!("unknown reply code {code:#04x}"),
    }
}

/// The words of RFC 1928 §6.
fn reply_text5(code: u8) -> String {
    match code {
        1 => "general failure".to_owned(),
        2 => "not allowed by its rules".to_owned(),
        3 => "network unreachable".to_owned(),
        4 => "host unreachable".to_owned(),
        5 => "connection refused".to_owned(),
        6 => "TTL expired".to_owned(),
        7 => "command not supported".to_owned(),
        8 => "address type not supported".to_owned(),
        _ => format!("unknown reply code {code:#04x}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name() -> SocksTarget {
        SocksTarget::Name("example.com".to_owned(), 443)
    }

    fn ip(text: &str) -> SocksTarget {
        SocksTarget::Ip(text.parse().unwrap())
    }

    #[allow(clippy::unnecessary_wraps)] // as the function under test wants it
    fn credential() -> Option<(String, Secret)> {
        Some(("me".to_owned(), Secret::new("pw:x")))
    }

    /// Runs a negotiation: all that was sent, and the bytes that were left over.
    fn run(mut socks: Socks, replies: &[u8], at_once: usize) -> Result<(Vec<Vec<u8>>, Vec<u8>), SocksError> {
        let mut sent = vec![socks.start()];
        let mut bytes = replies;
        let mut seen = at_once.min(bytes.len());
        loop {
            let (used, step) = socks.on_bytes(&bytes[..seen])?;
            bytes = &bytes[used..];
            seen -= used;
            match step {
                SocksStep::NeedMore if seen == bytes.len() => panic!("needs more than it gets"),
                SocksStep::NeedMore => seen = (seen + at_once).min(bytes.len()),
                SocksStep::Send(bytes) => sent.push(bytes),
                SocksStep::Done => return Ok((sent, bytes.to_vec())),
            }
        }
    }

    fn error(version: SocksVersion, replies: &[u8]) -> SocksError {
        run(Socks::new(version, &ip("192.0.2.1:80"), credential()).unwrap(), replies, 1).unwrap_err()
    }

    #[test]
    fn socks5_with_a_name_and_a_password() {
        let replies = b"\x05\x02\x01\x00\x05\x00\x00\x03\x04host\x12\x34HTTP";
        for at_once in [1, 2, 3, 100] {
            let socks = Socks::new(SocksVersion::V5, &name(), credential()).unwrap();
            let (sent, rest) = run(socks, replies, at_once).unwrap();
            assert_eq!(rest, b"HTTP");
            assert_eq!(
                sent,
                [
                    b"\x05\x02\x00\x02".to_vec(),
                    b"\x01\x02me\x04pw:x".to_vec(),
                    b"\x05\x01\x00\x03\x0bexample.com\x01\xbb".to_vec()
                ]
            );
        }
    }

    #[test]
    fn socks5_with_addresses_and_without_a_password() {
        let v4 = b"\x05\x00\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x50rest";
        let socks = Socks::new(SocksVersion::V5, &ip("192.0.2.1:80"), None).unwrap();
        let (sent, rest) = run(socks, v4, 1).unwrap();
        assert_eq!(sent, [b"\x05\x01\x00".to_vec(), b"\x05\x01\x00\x01\xc0\x00\x02\x01\x00\x50".to_vec()]);
        assert_eq!(rest, b"rest");

        let v6 = [b"\x05\x00\x05\x00\x00\x04".as_slice(), &[0; 18], b"rest"].concat();
        let socks = Socks::new(SocksVersion::V5, &ip("[2001:db8::1]:80"), credential()).unwrap();
        let (sent, rest) = run(socks, &v6, 7).unwrap();
        assert_eq!(sent[1][..5], *b"\x05\x01\x00\x04\x20");
        assert_eq!(rest, b"rest");
    }

    #[test]
    fn socks4_and_4a() {
        let reply = b"\x00\x5a\x00\x00\x00\x00\x00\x00rest";
        let socks = Socks::new(SocksVersion::V4, &ip("192.0.2.1:80"), credential()).unwrap();
        let (sent, rest) = run(socks, reply, 1).unwrap();
        assert_eq!(
            (sent, rest),
            (vec![b"\x04\x01\x00\x50\xc0\x00\x02\x01me\x00".to_vec()], b"rest".to_vec())
        );
        let socks = Socks::new(SocksVersion::V4a, &name(), None).unwrap();
        let (sent, _) = run(socks, reply, 100).unwrap();
        assert_eq!(sent, [b"\x04\x01\x01\xbb\x00\x00\x00\x01\x00example.com\x00".to_vec()]);
    }

    #[test]
    fn every_refusal_has_words() {
        for (code, words) in [
            (1, "refused: general failure"),
            (2, "refused: not allowed by its rules"),
            (3, "refused: network unreachable"),
            (4, "refused: host unreachable"),
            (5, "refused: connection refused"),
            (6, "refused: TTL expired"),
            (7, "refused: command not supported"),
            (8, "refused: address type not supported"),
            (0x2a, "refused: unknown reply code 0x2a"),
        ] {
            // Two bytes are enough: some proxies close after them.
            assert_eq!(error(SocksVersion::V5, &[5, 0, 5, code]).to_string(), words);
        }
        assert_eq!(error(SocksVersion::V4, &[0, 91]).to_string(), "refused: request rejected or failed");
        assert!(error(SocksVersion::V4, &[0, 92]).to_string().contains("cannot reach the identd"));
        assert!(error(SocksVersion::V4, &[0, 93]).to_string().contains("another user name"));
        assert_eq!(error(SocksVersion::V4, &[0, 0]).to_string(), "refused: unknown reply code 0x00");
    }

    #[test]
    fn credentials_are_asked_for_only_when_they_could_help() {
        let wrong = error(SocksVersion::V5, &[5, 2, 1, 1]);
        assert_eq!(wrong.to_string(), "did not accept the credentials (SOCKS5)");
        assert!(wrong.wants_credentials());
        let none = error(SocksVersion::V5, &[5, 0xff]);
        assert_eq!(none, SocksError::NoMethod { had_credential: true });
        assert!(none.wants_credentials());
        let socks = Socks::new(SocksVersion::V5, &name(), None).unwrap();
        let none = run(socks, &[5, 0xff], 1).unwrap_err();
        assert_eq!(none.to_string(), "wants a password (no acceptable SOCKS method)");
        assert!(!error(SocksVersion::V5, &[5, 0, 5, 4]).wants_credentials());
    }

    #[test]
    fn other_protocols_are_known_by_their_first_byte() {
        for (version, replies, said) in [
            (SocksVersion::V5, &b"HTTP"[..], "first byte is 0x48, not 0x05"),
            (SocksVersion::V5, b"\x05\x01", "method 0x01, which was not offered"),
            (SocksVersion::V5, b"\x05\x02\x02", "first byte is 0x02, not 0x01"),
            (SocksVersion::V5, b"\x05\x00\x04", "first byte is 0x04, not 0x05"),
            (SocksVersion::V5, b"\x05\x00\x05\x00\x00\x09", "address is of type 0x09"),
            (SocksVersion::V4, b"\x04\x5a", "first byte is 0x04, not 0x00"),
        ] {
            let said_instead = error(version, replies).to_string();
            assert!(said_instead.contains(said), "{said_instead}");
        }
        let socks = Socks::new(SocksVersion::V5, &name(), None).unwrap();
        let not_offered = run(socks, b"\x05\x02", 1).unwrap_err();
        assert!(matches!(not_offered, SocksError::BrokenReply(_)));
    }

    #[test]
    fn what_cannot_be_written_is_refused_before_anything_is_sent() {
        let long = "x".repeat(256);
        let pair = |name: &str, password: &str| Some((name.to_owned(), Secret::new(password)));
        for (version, target, credential) in [
            (SocksVersion::V4, name(), None),
            (SocksVersion::V4, ip("[2001:db8::1]:80"), None),
            (SocksVersion::V4a, ip("[2001:db8::1]:80"), None),
            (SocksVersion::V4a, SocksTarget::Name(long.clone(), 1), None),
            (SocksVersion::V4a, name(), pair("a\0b", "")),
            (SocksVersion::V5, SocksTarget::Name(long.clone(), 1), None),
            (SocksVersion::V5, name(), pair(&long, "")),
            (SocksVersion::V5, name(), pair("me", &long)),
        ] {
            let refused = Socks::new(version, &target, credential).unwrap_err();
            assert!(matches!(refused, SocksError::CannotAsk(_)), "{refused}");
        }
        assert!(Socks::new(SocksVersion::V4, &ip("[::ffff:192.0.2.1]:80"), None).is_ok());
    }

    #[test]
    fn a_password_is_not_shown() {
        let socks = Socks::new(SocksVersion::V5, &name(), credential()).unwrap();
        assert!(!format!("{socks:?}").contains("pw"));
    }
}
