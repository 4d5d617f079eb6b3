//! The fields of a line of the `json` format, in any order. The payload is decoded block by block; of the other fields, no
//! more is kept than their longest permitted value.

use super::digits::{DecodeError, DigitDecoder, Digits};
use super::json_field::{CODE, Field, FieldSet, Short};
use super::payload::{Payload, TooBig};
use crate::json::{Part, SyntaxError, Token};
use crate::protocol::{CloseFrame, Kind, NO_STATUS, Utf8Stream, close_code_is_sendable};

/// The meaning of a line of JSON.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Envelope {
    /// A message, whose payload was decoded.
    Message(Kind),
    Close(CloseFrame),
}

/// Why a line has no meaning.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum FieldError {
    TooBig,
    Invalid(String),
}

impl From<TooBig> for FieldError {
    fn from(_: TooBig) -> Self {
        Self::TooBig
    }
}

impl From<DecodeError> for FieldError {
    fn from(err: DecodeError) -> Self {
        match err {
            DecodeError::TooBig => Self::TooBig,
            DecodeError::Invalid(why) => Self::Invalid(format!("base64: {why}")),
        }
    }
}

impl From<SyntaxError> for FieldError {
    fn from(err: SyntaxError) -> Self {
        Self::Invalid(err.to_string())
    }
}

fn invalid<T>(why: impl Into<String>) -> Result<T, FieldError> {
    Err(FieldError::Invalid(why.into()))
}

/// The most bytes of a reason (RFC 6455 §5.5).
const REASON_MOST: usize = 123;

/// The part of a line that was read.
#[derive(Debug)]
pub(super) struct Fields {
    depth: u8,
    in_name: bool,
    name: Short<8>,
    field: Field,
    /// The fields in the line so far.
    named: FieldSet,
    /// Those of them that are not null.
    valued: FieldSet,
    kind: Short<32>,
    code: Short<8>,
    /// Room for one byte more than permitted, which shows that it is too long.
    reason: Short<{ REASON_MOST + 1 }>,
    text: Utf8Stream,
    base64: DigitDecoder,
}

impl Default for Fields {
    fn default() -> Self {
        Self {
            depth: 0,
            in_name: false,
            name: Short::EMPTY,
            field: Field::Ignored,
            named: FieldSet::default(),
            valued: FieldSet::default(),
            kind: Short::EMPTY,
            code: Short::EMPTY,
            reason: Short::EMPTY,
            text: Utf8Stream::new(),
            base64: DigitDecoder::new(Digits::Base64),
        }
    }
}

impl Fields {
    /// Takes the next token of the line; content goes to `payload`.
    pub(super) fn take(&mut self, token: Token<'_>, payload: &mut Payload) -> Result<(), FieldError> {
        match (self.depth, token) {
            (0, Token::Begin(Part::Object)) => self.depth = 1,
            (0, _) => return invalid("not an object"),
            (1, Token::Begin(Part::Name)) => {
                self.in_name = true;
                self.name = Short::EMPTY;
            }
            (1, Token::Piece(piece)) => self.go_on(piece, payload)?,
            (1, Token::Character(c)) => self.go_on(c.encode_utf8(&mut [0; 4]).as_bytes(), payload)?,
            (1, Token::End(Part::Name)) => {
                self.in_name = false;
                self.field = Field::of(self.name.bytes());
                if !self.named.insert(self.field) && self.field != Field::Ignored {
                    return invalid(format!("\"{}\" stands twice", self.field.name()));
                }
            }
            (1, Token::Begin(_) | Token::Bool(_) | Token::Null) => self.begin(token)?,
            (1, Token::End(Part::String)) => self.end_string(payload)?,
            (_, Token::Begin(Part::Object | Part::Array)) => self.depth += 1,
            (_, Token::End(Part::Object | Part::Array)) => self.depth -= 1,
            _ => {}
        }
        Ok(())
    }

    /// Begins the value of a field.
    fn begin(&mut self, value: Token<'_>) -> Result<(), FieldError> {
        self.field.check_value(value).map_err(FieldError::Invalid)?;
        match value {
            Token::Null => return Ok(()),
            Token::Begin(Part::Object | Part::Array) => self.depth += 1,
            _ => {}
        }
        self.valued.insert(self.field);
        if self.valued.has(Field::Data) && self.valued.has(Field::Base64) {
            return invalid("a message has \"data\" or \"base64\", not both");
        }
        Ok(())
    }

    /// Continues the name or the value of a field.
    fn go_on(&mut self, piece: &[u8], payload: &mut Payload) -> Result<(), FieldError> {
        match self.field {
            _ if self.in_name => self.name.append(piece),
            Field::Type => self.kind.append(piece),
            Field::Code => self.code.append(piece),
            Field::Reason => self.reason.append(piece),
            Field::Base64 => self.base64.feed(piece, payload)?,
            Field::Data => {
                let within = &piece[..piece.len().min(payload.room())];
                self.text.feed(within).or_else(|err| not_utf8(err.offset))?;
                payload.append(piece)?;
            }
            Field::Ignored => {}
        }
        Ok(())
    }

    fn end_string(&mut self, payload: &mut Payload) -> Result<(), FieldError> {
        match self.field {
            Field::Base64 => Ok(self.base64.finish(payload)?),
            Field::Data => self.text.finish().or_else(|err| not_utf8(err.offset)),
            Field::Type | Field::Code | Field::Reason | Field::Ignored => Ok(()),
        }
    }

    /// The meaning of the whole line.
    pub(super) fn finish(self) -> Result<Envelope, FieldError> {
        let code = self.code()?;
        let (data, base64) = (self.valued.has(Field::Data), self.valued.has(Field::Base64));
        match self.kind.bytes() {
            _ if !self.named.has(Field::Type) => invalid("\"type\" is missing"),
            b"text" if data => Ok(Envelope::Message(Kind::Text)),
            b"text" => invalid("a text message has \"data\""),
            b"binary" if base64 => Ok(Envelope::Message(Kind::Binary)),
            b"binary" => invalid("a binary message has \"base64\""),
            b"close" if !data && !base64 => close(code, self.reason.bytes()).map(Envelope::Close),
            b"close" => invalid("a close has \"code\" and \"reason\""),
            other => {
                let other = String::from_utf8_lossy(other);
                invalid(format!("type {other:?} is not text, binary or close"))
            }
        }
    }

    fn code(&self) -> Result<Option<u16>, FieldError> {
        if !self.valued.has(Field::Code) {
            return Ok(None);
        }
        let code = std::str::from_utf8(self.code.bytes()).ok().and_then(|digits| digits.parse().ok());
        code.map_or_else(|| invalid(format!("\"code\" is {CODE}")), |code| Ok(Some(code)))
    }
}

fn not_utf8<T>(offset: u64) -> Result<T, FieldError> {
    invalid(format!("\"data\" is not UTF-8 at byte {offset}"))
}

/// A Close that may be sent. The code `1005` and a missing code mean a Close without one.
fn close(code: Option<u16>, reason: &[u8]) -> Result<CloseFrame, FieldError> {
    let code = code.unwrap_or(NO_STATUS);
    if reason.len() > REASON_MOST {
        return invalid(format!("a close reason has at most {REASON_MOST} bytes"));
    }
    if code == NO_STATUS && !reason.is_empty() {
        return invalid("a close with a reason has a code");
    }
    if code != NO_STATUS && !close_code_is_sendable(code) {
        return invalid(format!("close code {code} must not be sent"));
    }
    match std::str::from_utf8(reason) {
        Ok(reason) => Ok(CloseFrame { code, reason: reason.to_owned() }),
        Err(_) => invalid("\"reason\" is not UTF-8"),
    }
}
