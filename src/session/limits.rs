//! The limits of a session, and which close codes mean success.

use std::fmt;
use std::time::Duration;

use crate::deadline::Deadline;
use crate::protocol::CloseFrame;

/// The limits in time.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Time without progress while there is something to send.
    pub send: Duration,
    /// Time without a message while one is awaited.
    pub receive: Duration,
    /// Whether `receive` also holds with `-f`, which awaits no reply.
    pub receive_always: bool,
    /// Time from our Close to the server's.
    pub close: Duration,
    /// Time without any traffic.
    pub idle: Option<Duration>,
    /// The end of the whole run.
    pub whole: Option<Deadline>,
    /// Time between pings.
    pub ping_interval: Option<Duration>,
    /// Time from a ping to any byte from the server.
    pub ping_timeout: Duration,
    /// Time between unsolicited pongs.
    pub pong_interval: Option<Duration>,
}

/// Our Close, and the close codes of the server that mean success.
#[derive(Clone, Debug)]
pub struct CloseOptions {
    /// The Close that we send.
    pub frame: CloseFrame,
    /// Close codes of the server that mean success.
    pub accept: CloseCodes,
    /// The server has to close, with one of these codes (`--expect-close`). They replace `accept`.
    pub expect: Option<CloseCodes>,
}

impl CloseOptions {
    /// Whether the server may end the session with `code`.
    pub(super) fn accepts(&self, code: u16) -> bool {
        self.expect.as_ref().unwrap_or(&self.accept).accepts(code)
    }

    /// Whether an end of the connection between messages, without a Close, is accepted.
    pub(super) fn accepts_loss(&self) -> bool {
        self.accepts(NO_CLOSE)
    }
}

/// The code that stands for an end without a Close (RFC 6455 §7.4.1). It is never sent.
pub(super) const NO_CLOSE: u16 = 1006;

/// A list of close codes and patterns such as `4xxx`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloseCodes(Vec<[Option<u8>; 4]>);

impl CloseCodes {
    /// Reads a comma-separated list.
    ///
    /// # Errors
    /// Says what is wrong, and shows a list that is accepted.
    pub fn parse(text: &str) -> Result<Self, String> {
        text.split(',').map(pattern).collect::<Result<_, _>>().map(Self)
    }

    /// Whether `code` is in the list.
    pub fn accepts(&self, code: u16) -> bool {
        let text = format!("{code:04}");
        self.0.iter().any(|pattern| {
            pattern
                .iter()
                .zip(text.bytes())
                .all(|(wanted, digit)| wanted.is_none_or(|wanted| wanted == digit))
        })
    }
}

impl fmt::Display for CloseCodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digit = |digit: &Option<u8>| digit.map_or('x', char::from);
        let codes: Vec<_> = self.0.iter().map(|code| code.iter().map(digit).collect::<String>()).collect();
        f.write_str(&codes.join(","))
    }
}

fn pattern(text: &str) -> Result<[Option<u8>; 4], String> {
    let digits: Vec<_> = text
        .trim()
        .bytes()
        .map(|byte| match byte {
            b'0'..=b'9' => Some(Some(byte)),
            b'x' | b'X' => Some(None),
            _ => None,
        })
        .collect::<Option<_>>()
        .unwrap_or_default();
    digits
        .try_into()
        .map_err(|_| "a close code has four digits, x stands for any; write 1000,1001,4xxx".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_and_codes() {
        let accept = CloseCodes::parse("1000, 4xxx,30x1").unwrap();
        for code in [1000, 4000, 4999, 3001, 3091] {
            assert!(accept.accepts(code), "{code}");
        }
        for code in [1001, 1005, 3000, 3100] {
            assert!(!accept.accepts(code), "{code}");
        }
        assert_eq!(accept.to_string(), "1000,4xxx,30x1");
    }

    #[test]
    fn an_invalid_code_is_answered_with_a_valid_list() {
        for text in ["", "100", "10000", "4yyy", "1000,", "-100", "1000;1001"] {
            assert!(CloseCodes::parse(text).unwrap_err().contains("1000,1001,4xxx"), "{text}");
        }
    }
}
