//! What makes a [`Script`] a SOCKS proxy: it takes the client's messages whole and notes their bytes for
//! [`Script::heard`]; the answers are for the test to send. Written from RFC 1928, RFC 1929 and the SOCKS 4 memo.

use super::Script;
use super::stage::{Fault, Stage};

/// SOCKS 5: the answers of a proxy that wants no password, and that has opened the tunnel.
pub const NO_PASSWORD: [u8; 2] = [5, 0];
pub const WANTS_PASSWORD: [u8; 2] = [5, 2];
pub const PASSWORD_ACCEPTED: [u8; 2] = [1, 0];
pub const CONNECTED_5: [u8; 10] = [5, 0, 0, 1, 0, 0, 0, 0, 0, 0];
/// The same of SOCKS 4.
pub const CONNECTED_4: [u8; 8] = [0, 90, 0, 0, 0, 0, 0, 0];

/// Longer than any name that a client has reason to send.
const LONGEST_NAME: usize = 300;

impl Script {
    /// Reads version and methods (RFC 1928 §3).
    pub fn socks5_greeting(self) -> Self {
        self.hear("the greeting", |stage| {
            let mut bytes = stage.hear(2)?;
            let methods = stage.hear(bytes[1].into())?;
            bytes.extend(methods);
            Ok(bytes)
        })
    }

    /// Reads name and password (RFC 1929 §2).
    pub fn socks5_password(self) -> Self {
        self.hear("name and password", |stage| {
            let mut bytes = stage.hear(1)?;
            for _ in ["name", "password"] {
                let length = stage.hear(1)?;
                let text = stage.hear(length[0].into())?;
                bytes.extend([length, text].concat());
            }
            Ok(bytes)
        })
    }

    /// Reads command and address (RFC 1928 §4).
    pub fn socks5_request(self) -> Self {
        self.hear("the SOCKS 5 request", |stage| {
            let mut bytes = stage.hear(4)?;
            let length = match bytes[3] {
                1 => 4,
                4 => 16,
                _ => {
                    bytes.extend(stage.hear(1)?);
                    bytes[4].into()
                }
            };
            bytes.extend(stage.hear(length + 2)?);
            Ok(bytes)
        })
    }

    /// Reads the one message of SOCKS 4, with the name of SOCKS 4a behind it if the address says so.
    pub fn socks4_request(self) -> Self {
        self.hear("the SOCKS 4 request", |stage| {
            let mut bytes = stage.hear(8)?;
            let names = if matches!(bytes[4..8], [0, 0, 0, host] if host > 0) { 2 } else { 1 };
            for _ in 0..names {
                bytes.extend(hear_to_nul(stage)?);
            }
            Ok(bytes)
        })
    }

    fn hear(
        self,
        what: &'static str,
        read: impl FnOnce(&mut Stage) -> Result<Vec<u8>, Fault> + Send + 'static,
    ) -> Self {
        self.step(what, |stage| {
            let bytes = read(stage)?;
            stage.note_heard(bytes);
            Ok(())
        })
    }
}

fn hear_to_nul(stage: &mut Stage) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    while bytes.len() < LONGEST_NAME {
        bytes.extend(stage.hear(1)?);
        if bytes.ends_with(&[0]) {
            return Ok(bytes);
        }
    }
    Err(Fault::Missed("a name without end".to_owned()))
}

#[test]
fn the_messages_of_a_client_are_heard_whole() {
    use std::io::Write as _;

    let messages: [&[u8]; 5] = [
        b"\x05\x02\x00\x02",
        b"\x01\x02me\x02pw",
        b"\x05\x01\x00\x03\x01a\x00\x50",
        b"\x04\x01\x00\x50\x00\x00\x00\x01me\0a.example\0",
        b"\x04\x01\x00\x50\x7f\x00\x00\x01\0",
    ];
    let script = Script::new().socks5_greeting().socks5_password().socks5_request();
    let script = script.socks4_request().socks4_request();
    let mut client = std::net::TcpStream::connect(script.address()).expect("a connection");
    client.write_all(&messages.concat()).expect("all messages");
    assert_eq!(script.heard(), messages);
}
