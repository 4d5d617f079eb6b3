//! The inside of a string (RFC 8259 §7): returns runs of plain bytes unchanged and decodes escapes.

use memchr::memchr2;

/// The next part of a string.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step<'a> {
    Plain(&'a [u8]),
    Escaped(char),
    End,
    /// The block has no more bytes.
    More,
}

/// The position within an escape.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Escape {
    #[default]
    None,
    Backslash,
    /// `\u` and `digits` of its four hex digits, whose value so far is `value`.
    Unicode {
        digits: u8,
        value: u16,
    },
}

/// The state between two blocks of a string.
#[derive(Debug, Default)]
pub(super) struct StringDecoder {
    escape: Escape,
    /// The leading surrogate of a pair whose trailing surrogate must follow.
    leading: Option<u16>,
}

impl StringDecoder {
    /// Takes the next step from the front of `block`. On an error, `block` begins with the invalid byte.
    pub(super) fn next<'a>(&mut self, block: &mut &'a [u8]) -> Result<Step<'a>, &'static str> {
        while let Some(&byte) = block.first() {
            if self.escape != Escape::None {
                let decoded = self.escaped(byte)?;
                *block = &block[1..];
                if let Some(c) = decoded {
                    return Ok(Step::Escaped(c));
                }
                continue;
            }
            if self.leading.is_some() && byte != b'\\' {
                return Err(LONE_SURROGATE);
            }
            match byte {
                b'"' => {
                    *block = &block[1..];
                    return Ok(Step::End);
                }
                b'\\' => {
                    self.escape = Escape::Backslash;
                    *block = &block[1..];
                }
                0..0x20 => return Err("a control character in a string"),
                _ => return Ok(Step::Plain(plain_run(block))),
            }
        }
        Ok(Step::More)
    }

    /// Continues an escape. Returns its character once it is complete.
    fn escaped(&mut self, byte: u8) -> Result<Option<char>, &'static str> {
        match self.escape {
            Escape::Unicode { digits, value } => {
                let digit = char::from(byte).to_digit(16).ok_or("an invalid escape")?;
                let value = value << 4 | u16::try_from(digit).unwrap_or_default();
                if digits < 3 {
                    self.escape = Escape::Unicode { digits: digits + 1, value };
                    return Ok(None);
                }
                let unit = self.unit(value)?;
                self.escape = Escape::None;
                return Ok(unit);
            }
            Escape::Backslash if byte == b'u' => {
                self.escape = Escape::Unicode { digits: 0, value: 0 };
                return Ok(None);
            }
            Escape::None | Escape::Backslash => {}
        }
        if self.leading.is_some() {
            return Err(LONE_SURROGATE);
        }
        let c = match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            _ => return Err("an invalid escape"),
        };
        self.escape = Escape::None;
        Ok(Some(c))
    }

    /// Handles one UTF-16 code unit: a character, or half of a surrogate pair.
    fn unit(&mut self, unit: u16) -> Result<Option<char>, &'static str> {
        match (self.leading.take(), unit) {
            (None, 0xD800..=0xDBFF) => {
                self.leading = Some(unit);
                Ok(None)
            }
            (None, _) => char::from_u32(u32::from(unit)).map(Some).ok_or(LONE_SURROGATE),
            (Some(leading), _) => char::decode_utf16([leading, unit])
                .next()
                .and_then(Result::ok)
                .map(Some)
                .ok_or(LONE_SURROGATE),
        }
    }
}

const LONE_SURROGATE: &str = "half of a surrogate pair";

/// Splits the longest run without quotation mark, backslash or control character off the front of `block`.
fn plain_run<'a>(block: &mut &'a [u8]) -> &'a [u8] {
    let end = memchr2(b'"', b'\\', block).unwrap_or(block.len());
    let end = block[..end].iter().position(|&byte| byte < 0x20).unwrap_or(end);
    let (run, rest) = block.split_at(end);
    *block = rest;
    run
}
