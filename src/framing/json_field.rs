//! The fields of the `json` format that have a meaning, and their permitted values.

use crate::json::{Part, Token};

/// What `code` has to be.
pub(super) const CODE: &str = "a number from 0 to 65535";

/// The fields that have a meaning. Others are ignored, so that a writer can add its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Type,
    Data,
    Base64,
    Code,
    Reason,
    Ignored,
}

impl Field {
    pub(super) fn of(name: &[u8]) -> Self {
        match name {
            b"type" => Self::Type,
            b"data" => Self::Data,
            b"base64" => Self::Base64,
            b"code" => Self::Code,
            b"reason" => Self::Reason,
            _ => Self::Ignored,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Type => "type",
            Self::Data => "data",
            Self::Base64 => "base64",
            Self::Code => "code",
            Self::Reason => "reason",
            Self::Ignored => "",
        }
    }

    /// Refuses a value that the field must not have.
    pub(super) fn check_value(self, value: Token<'_>) -> Result<(), String> {
        let wanted = match (self, value) {
            (Self::Ignored, _)
            | (Self::Code, Token::Begin(Part::Number))
            | (Self::Type | Self::Data | Self::Base64 | Self::Reason, Token::Begin(Part::String))
            | (Self::Data | Self::Base64 | Self::Code | Self::Reason, Token::Null) => return Ok(()),
            (Self::Code, _) => CODE,
            (Self::Type | Self::Data | Self::Base64 | Self::Reason, _) => "a string",
        };
        Err(format!("\"{}\" is {wanted}", self.name()))
    }
}

/// One bit for each field.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FieldSet(u8);

impl FieldSet {
    /// Adds `field`. Returns whether it is new.
    pub(super) fn insert(&mut self, field: Field) -> bool {
        let is_new = !self.has(field);
        self.0 |= 1 << field as u8;
        is_new
    }

    pub(super) fn has(self, field: Field) -> bool {
        self.0 >> field as u8 & 1 == 1
    }
}

/// A short text, of which only the first `N` bytes are kept.
#[derive(Debug)]
pub(super) struct Short<const N: usize> {
    bytes: [u8; N],
    len: usize,
}

impl<const N: usize> Short<N> {
    pub(super) const EMPTY: Self = Self { bytes: [0; N], len: 0 };

    pub(super) fn append(&mut self, piece: &[u8]) {
        let here = piece.len().min(N - self.len);
        self.bytes[self.len..][..here].copy_from_slice(&piece[..here]);
        self.len += here;
    }

    /// The text; the whole text if this is shorter than `N`.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}
