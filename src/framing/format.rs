//! The formats by name.

/// A layout of messages in a stream of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One message a line.
    Lines,
    /// Each message ends in a NUL byte.
    Nul,
    /// The whole input is one message; payloads are written without anything between them.
    Whole,
    /// JSON Lines: type, payload, size and time.
    Json,
    /// One message a line, in base64.
    Base64,
    /// One message a line, in hexadecimal digits.
    Hex,
}

impl Format {
    /// The byte after each message.
    pub(super) fn delimiter(self) -> Option<u8> {
        match self {
            Self::Lines | Self::Json | Self::Base64 | Self::Hex => Some(b'\n'),
            Self::Nul => Some(0),
            Self::Whole => None,
        }
    }

    /// Whether the stream holds the payload unchanged.
    pub(super) fn is_plain(self) -> bool {
        matches!(self, Self::Lines | Self::Nul | Self::Whole)
    }

    /// The name that `--framing` takes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lines => "lines",
            Self::Nul => "nul",
            Self::Whole => "whole",
            Self::Json => "json",
            Self::Base64 => "base64",
            Self::Hex => "hex",
        }
    }

    /// A message in this format.
    pub fn example(self) -> &'static str {
        match self {
            Self::Lines | Self::Nul | Self::Whole => "hello",
            Self::Json => r#"{"type":"text","data":"hello"}"#,
            Self::Base64 => "aGVsbG8=",
            Self::Hex => "68656c6c6f",
        }
    }
}
