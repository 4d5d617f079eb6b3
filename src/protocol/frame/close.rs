//! Close frames: code and reason (RFC 6455 §5.5.1, §7.4).

use super::header::MAX_CONTROL_PAYLOAD;
use super::violation::Violation;
use crate::protocol::utf8::InvalidUtf8;

/// The code that represents a Close frame without a code; it is never sent (RFC 6455 §7.4.1).
pub const NO_STATUS: u16 = 1005;

/// Code and reason of a Close frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloseFrame {
    /// The close code; [`NO_STATUS`] when the payload is empty.
    pub code: u16,
    /// The reason, at most 123 bytes.
    pub reason: String,
}

impl CloseFrame {
    /// A Close frame with a code and no reason.
    pub fn with_code(code: u16) -> Self {
        Self { code, reason: String::new() }
    }

    /// Code and reason, for messages: `4001: go away`.
    pub fn described(&self) -> String {
        match (self.code, &self.reason[..]) {
            (NO_STATUS, _) => "no close code (1005)".to_owned(),
            (code, "") => code.to_string(),
            (code, reason) => format!("{code}: {reason}"),
        }
    }

    /// What the code stands for, by the IANA registry of close codes (RFC 6455 §11.7); `None` for codes of applications.
    pub fn meaning(&self) -> Option<&'static str> {
        Some(match self.code {
            1000 => "normal closure",
            1001 => "going away",
            1002 => "protocol error",
            1003 => "unsupported data",
            NO_STATUS => "no code",
            1007 => "invalid data",
            1008 => "policy violation",
            1009 => "message too big",
            1010 => "missing extension",
            1011 => "internal error",
            1012 => "service restart",
            1013 => "try again later",
            1014 => "bad gateway",
            _ => return None,
        })
    }

    /// Reads the payload of a Close frame.
    pub(in crate::protocol) fn parse(payload: &[u8]) -> Result<Self, Violation> {
        let (code, reason) = match payload {
            [] => return Ok(Self::with_code(NO_STATUS)),
            [_] => return Err(Violation::CloseTooShort),
            [high, low, reason @ ..] => (u16::from_be_bytes([*high, *low]), reason),
        };
        if !close_code_is_sendable(code) {
            return Err(Violation::CloseCode(code));
        }
        let reason = std::str::from_utf8(reason)
            .map_err(|err| Violation::CloseReasonNotUtf8(InvalidUtf8 { offset: err.valid_up_to() as u64 }))?;
        Ok(Self { code, reason: reason.to_owned() })
    }

    /// The payload. A reason that is too long for a control frame is truncated at a character boundary.
    pub fn payload(&self) -> Vec<u8> {
        if self.code == NO_STATUS {
            return Vec::new();
        }
        let end = (0..=self.reason.len().min(MAX_CONTROL_PAYLOAD - 2))
            .rev()
            .find(|&end| self.reason.is_char_boundary(end))
            .unwrap_or_default();
        [&self.code.to_be_bytes(), &self.reason.as_bytes()[..end]].concat()
    }
}

/// Whether an endpoint may send this code. It may send defined, registered and private codes, except those
/// that are reserved for local use (1005, 1006, 1015).
pub fn close_code_is_sendable(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_that_may_be_sent() {
        for code in [1000, 1001, 1002, 1003, 1007, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999] {
            assert!(close_code_is_sendable(code), "{code}");
        }
        for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535] {
            assert!(!close_code_is_sendable(code), "{code}");
        }
    }

    #[test]
    fn payloads_are_read_as_they_are_written() {
        let frame = CloseFrame { code: 4001, reason: "go away \u{2764}".to_owned() };
        assert_eq!(CloseFrame::parse(&frame.payload()), Ok(frame));
        assert_eq!(CloseFrame::parse(&[]), Ok(CloseFrame::with_code(NO_STATUS)));
        assert_eq!(CloseFrame::with_code(NO_STATUS).payload(), b"");
    }

    #[test]
    fn payloads_that_break_a_rule() {
        assert_eq!(CloseFrame::parse(&[3]), Err(Violation::CloseTooShort));
        assert_eq!(CloseFrame::parse(&[0x03, 0xED]), Err(Violation::CloseCode(1005)));
        assert_eq!(
            CloseFrame::parse(b"\x03\xe8ab\xff"),
            Err(Violation::CloseReasonNotUtf8(InvalidUtf8 { offset: 2 }))
        );
    }

    #[test]
    fn a_long_reason_is_cut_between_characters() {
        let frame = CloseFrame { code: 1000, reason: "\u{20ac}".repeat(60) };
        let payload = frame.payload();
        assert!(payload.len() <= MAX_CONTROL_PAYLOAD);
        assert_eq!(CloseFrame::parse(&payload).unwrap().reason, "\u{20ac}".repeat(41));
    }

    #[test]
    fn a_frame_is_described_by_code_and_reason() {
        let described = |code, reason: &str| CloseFrame { code, reason: reason.to_owned() }.described();
        assert_eq!(described(4001, "go away"), "4001: go away");
        assert_eq!(described(1000, ""), "1000");
        assert_eq!(described(NO_STATUS, ""), "no close code (1005)");
    }
}
