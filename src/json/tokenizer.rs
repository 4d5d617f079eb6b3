//! The structure of a JSON text: which tokens may follow each other, and how deeply they may be nested.

use std::fmt;

use super::number::Number;
use super::string::{Step, StringDecoder};

/// The deepest nesting of objects and arrays, the same as in `serde_json`. The tokenizer keeps one bit per
/// level.
pub const MAX_DEPTH: u8 = 127;

/// A token, or a piece of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token<'a> {
    /// A part begins.
    Begin(Part),
    /// More of the current name, string or number, exactly as in the text.
    Piece(&'a [u8]),
    /// More of the current name or string: the character of a decoded escape.
    Character(char),
    /// A part ends.
    End(Part),
    /// The literal `true` or `false`.
    Bool(bool),
    /// The literal `null`.
    Null,
}

/// A part of the text with a beginning and an end. An object contains names and values alternately.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// `{...}`
    Object,
    /// `[...]`
    Array,
    /// The name of a member of an object.
    Name,
    /// A string that is a value.
    String,
    /// A number.
    Number,
}

/// Why a text is not JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// What is wrong, in a few words.
    pub what: &'static str,
    /// Bytes of the text before the invalid one.
    pub offset: u64,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.what, self.offset)
    }
}

/// What may come next.
#[derive(Debug)]
enum State {
    Value,
    /// A value, or the end of the array that just began.
    FirstElement,
    /// A name, or the end of the object that just began.
    FirstName,
    Name,
    Colon,
    /// A comma, or the end of the innermost container.
    Comma,
    Text(Part, StringDecoder),
    Number(Number),
    /// The remaining letters of a literal.
    Literal(&'static [u8], Token<'static>),
    /// Only white space.
    Over,
}

/// Reads one JSON text.
#[derive(Debug)]
pub struct Tokenizer {
    state: State,
    depth: u8,
    /// One bit per open container, 1 for an object; the lowest bit is the innermost container.
    objects: u128,
    offset: u64,
}

impl Default for Tokenizer {
    fn default() -> Self {
        Self { state: State::Value, depth: 0, objects: 0, offset: 0 }
    }
}

impl Tokenizer {
    /// Takes bytes from the front of `block` and returns the token they make up. Without a token, it has
    /// taken all of `block`.
    ///
    /// # Errors
    /// The text is not JSON. The tokenizer must not be used after an error.
    pub fn next<'a>(&mut self, block: &mut &'a [u8]) -> Result<Option<Token<'a>>, SyntaxError> {
        let before = block.len();
        let step = self.step(block);
        self.offset += (before - block.len()) as u64;
        step.map_err(|what| SyntaxError { what, offset: self.offset })
    }

    /// Ends the text. A number at the end of the text ends here, because nothing after it marks its end.
    ///
    /// # Errors
    /// The value is not complete.
    pub fn finish(&mut self) -> Result<Option<Token<'static>>, SyntaxError> {
        let number = match self.state {
            State::Over => return Ok(None),
            State::Number(number) => number,
            _ => return Err(self.ends_early()),
        };
        if self.depth > 0 || !number.is_complete() {
            return Err(self.ends_early());
        }
        self.state = State::Over;
        Ok(Some(Token::End(Part::Number)))
    }

    fn ends_early(&self) -> SyntaxError {
        let what = match self.state {
            State::Value if self.depth == 0 => "no value",
            State::Text(..) => "a string without an end",
            _ if self.depth == 0 => "an unfinished value",
            _ if self.in_object() => "an object without an end",
            _ => "an array without an end",
        };
        SyntaxError { what, offset: self.offset }
    }

    fn in_object(&self) -> bool {
        self.objects & 1 == 1
    }

    fn step<'a>(&mut self, block: &mut &'a [u8]) -> Result<Option<Token<'a>>, &'static str> {
        loop {
            match &mut self.state {
                State::Text(part, decoder) => {
                    let part = *part;
                    return Ok(match decoder.next(block)? {
                        Step::Plain(run) => Some(Token::Piece(run)),
                        Step::Escaped(c) => Some(Token::Character(c)),
                        Step::End => Some(self.end(part)),
                        Step::More => None,
                    });
                }
                State::Number(number) => {
                    let run = number_run(number, block);
                    if !run.is_empty() {
                        return Ok(Some(Token::Piece(run)));
                    }
                    if block.is_empty() {
                        return Ok(None);
                    }
                    return if number.is_complete() { Ok(Some(self.end(Part::Number))) } else { Err(NUMBER) };
                }
                State::Literal(letters, token) => {
                    let token = *token;
                    if !literal_ends(letters, block)? {
                        return Ok(None);
                    }
                    self.state = self.after_value();
                    return Ok(Some(token));
                }
                _ => {}
            }
            skip_white_space(block);
            let Some(&byte) = block.first() else { return Ok(None) };
            let token = self.structure(byte)?;
            // Numbers and literals must see their first byte themselves.
            if !matches!(self.state, State::Number(_) | State::Literal(..)) {
                *block = &block[1..];
            }
            if token.is_some() {
                return Ok(token);
            }
        }
    }

    /// Handles a byte outside strings, numbers and literals: what it begins or ends.
    fn structure(&mut self, byte: u8) -> Result<Option<Token<'static>>, &'static str> {
        match (&self.state, byte) {
            (
                State::Value | State::FirstElement,
                b'{' | b'[' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n',
            ) => self.value(byte),
            (State::FirstElement, b']') => Ok(Some(self.leave(Part::Array))),
            (State::FirstName | State::Name, b'"') => Ok(Some(self.text(Part::Name))),
            (State::FirstName, b'}') => Ok(Some(self.leave(Part::Object))),
            (State::Colon, b':') => {
                self.state = State::Value;
                Ok(None)
            }
            (State::Comma, b',') => {
                self.state = if self.in_object() { State::Name } else { State::Value };
                Ok(None)
            }
            (State::Comma, b'}') if self.in_object() => Ok(Some(self.leave(Part::Object))),
            (State::Comma, b']') if !self.in_object() => Ok(Some(self.leave(Part::Array))),
            _ => Err(self.expected()),
        }
    }

    fn expected(&self) -> &'static str {
        match self.state {
            State::Value => "expected a value",
            State::FirstElement => "expected a value or ']'",
            State::FirstName => "expected a name or '}'",
            State::Name => "expected a name",
            State::Colon => "expected ':'",
            State::Comma if self.in_object() => "expected ',' or '}'",
            State::Comma => "expected ',' or ']'",
            State::Number(_) => NUMBER,
            State::Text(..) | State::Literal(..) => "an unfinished value",
            State::Over => "more than one value",
        }
    }

    fn value(&mut self, byte: u8) -> Result<Option<Token<'static>>, &'static str> {
        let (letters, token): (&'static [u8], _) = match byte {
            b'{' => return self.enter(Part::Object, State::FirstName, 1).map(Some),
            b'[' => return self.enter(Part::Array, State::FirstElement, 0).map(Some),
            b'"' => return Ok(Some(self.text(Part::String))),
            b't' => (b"true", Token::Bool(true)),
            b'f' => (b"false", Token::Bool(false)),
            b'n' => (b"null", Token::Null),
            _ => {
                self.state = State::Number(Number::Start);
                return Ok(Some(Token::Begin(Part::Number)));
            }
        };
        self.state = State::Literal(letters, token);
        Ok(None)
    }

    fn text(&mut self, part: Part) -> Token<'static> {
        self.state = State::Text(part, StringDecoder::default());
        Token::Begin(part)
    }

    fn enter(&mut self, part: Part, state: State, object: u128) -> Result<Token<'static>, &'static str> {
        if self.depth == MAX_DEPTH {
            return Err("nested too deep");
        }
        self.depth += 1;
        self.objects = self.objects << 1 | object;
        self.state = state;
        Ok(Token::Begin(part))
    }

    fn leave(&mut self, part: Part) -> Token<'static> {
        self.depth -= 1;
        self.objects >>= 1;
        self.end(part)
    }

    fn end(&mut self, part: Part) -> Token<'static> {
        self.state = if part == Part::Name { State::Colon } else { self.after_value() };
        Token::End(part)
    }

    fn after_value(&self) -> State {
        if self.depth == 0 { State::Over } else { State::Comma }
    }
}

const NUMBER: &str = "an unfinished number";

fn skip_white_space(block: &mut &[u8]) {
    let is_value = |byte: &u8| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
    *block = &block[block.iter().position(is_value).unwrap_or(block.len())..];
}

/// Splits the bytes that continue `number` off the front of `block`.
fn number_run<'a>(number: &mut Number, block: &mut &'a [u8]) -> &'a [u8] {
    let mut length = 0;
    while let Some(next) = block.get(length).and_then(|&byte| number.after(byte)) {
        *number = next;
        length += 1;
    }
    let (run, rest) = block.split_at(length);
    *block = rest;
    run
}

/// Takes the remaining `letters` of a literal from `block`. Returns whether the literal is complete.
fn literal_ends(letters: &mut &'static [u8], block: &mut &[u8]) -> Result<bool, &'static str> {
    while let (Some((letter, lacking)), Some((byte, rest))) = (letters.split_first(), block.split_first()) {
        if letter != byte {
            return Err("expected true, false or null");
        }
        (*letters, *block) = (lacking, rest);
    }
    Ok(letters.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tokens of `text` read in blocks of `size` bytes, with pieces joined; then the error, if there is
    /// one.
    fn tokens(text: &[u8], size: usize) -> Vec<String> {
        let mut tokenizer = Tokenizer::default();
        let (mut seen, mut pieces) = (Vec::new(), Vec::new());
        let mut see = |token: Token<'_>| match token {
            Token::Piece(piece) => pieces.extend_from_slice(piece),
            Token::Character(c) => pieces.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            Token::End(part @ (Part::Name | Part::String | Part::Number)) => {
                seen.push(format!("{part:?} {}", String::from_utf8_lossy(&std::mem::take(&mut pieces))));
            }
            Token::Begin(Part::Name | Part::String | Part::Number) => {}
            other => seen.push(format!("{other:?}")),
        };
        let mut read = || {
            for mut block in text.chunks(size) {
                while let Some(token) = tokenizer.next(&mut block)? {
                    see(token);
                }
                assert!(block.is_empty());
            }
            tokenizer.finish()?.map(&mut see);
            Ok::<_, SyntaxError>(())
        };
        if let Err(err) = read() {
            seen.push(err.to_string());
        }
        seen
    }

    fn every_way(text: &str) -> Vec<String> {
        let whole = tokens(text.as_bytes(), text.len().max(1));
        for size in 1..text.len() {
            assert_eq!(tokens(text.as_bytes(), size), whole, "{text} in blocks of {size}");
        }
        whole
    }

    #[test]
    fn each_token_in_one_text() {
        assert_eq!(
            every_way(" {\"a\" : [1, -0.5e+10 ,true,false,null] , \"b\":{}, \"\":[\"\"]}\r\n\t"),
            [
                "Begin(Object)",
                "Name a",
                "Begin(Array)",
                "Number 1",
                "Number -0.5e+10",
                "Bool(true)",
                "Bool(false)",
                "Null",
                "End(Array)",
                "Name b",
                "Begin(Object)",
                "End(Object)",
                "Name ",
                "Begin(Array)",
                "String ",
                "End(Array)",
                "End(Object)",
            ]
        );
        assert_eq!(every_way("17"), ["Number 17"]);
    }

    #[test]
    fn escapes_are_decoded() {
        let text = r#""h\u00e9 \"\\\/\b\f\n\r\t\u0000 \ud83d\uDE00 \uFFFF""#;
        assert_eq!(every_way(text), ["String h\u{e9} \"\\/\u{8}\u{c}\n\r\t\0 \u{1F600} \u{FFFF}"]);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        for (text, error) in [
            ("", "no value at byte 0"),
            ("\u{c}1", "expected a value at byte 0"),
            ("[1,]", "expected a value at byte 3"),
            ("[1 2]", "expected ',' or ']' at byte 3"),
            ("{1:2}", "expected a name or '}' at byte 1"),
            ("{\"a\":1,}", "expected a name at byte 7"),
            ("{\"a\" 1}", "expected ':' at byte 5"),
            ("{\"a\":1]", "expected ',' or '}' at byte 6"),
            ("[}", "expected a value or ']' at byte 1"),
            ("1 1", "more than one value at byte 2"),
            ("01", "more than one value at byte 1"),
            ("-", "an unfinished value at byte 1"),
            ("[1.]", "an unfinished number at byte 3"),
            ("[.5]", "expected a value or ']' at byte 1"),
            ("trUe", "expected true, false or null at byte 2"),
            ("tru", "an unfinished value at byte 3"),
            ("\"a", "a string without an end at byte 2"),
            ("\"a\n\"", "a control character in a string at byte 2"),
            (r#""\x""#, "an invalid escape at byte 2"),
            (r#""\u00g0""#, "an invalid escape at byte 5"),
            (r#""\ud83d""#, "half of a surrogate pair at byte 7"),
            (r#""\ud83d\n""#, "half of a surrogate pair at byte 8"),
            (r#""\ud83d\u0041""#, "half of a surrogate pair at byte 12"),
            (r#""\ude00""#, "half of a surrogate pair at byte 6"),
            ("[[1]", "an array without an end at byte 4"),
            ("[{\"a\":", "an object without an end at byte 6"),
        ] {
            assert_eq!(every_way(text).pop().as_deref(), Some(error), "{text}");
        }
    }

    #[test]
    fn nesting_has_a_limit() {
        let nested = |depth: u8| "[".repeat(usize::from(depth)) + &"]".repeat(usize::from(depth));
        assert_eq!(tokens(nested(MAX_DEPTH).as_bytes(), 1000).len(), 2 * usize::from(MAX_DEPTH));
        let error = tokens(nested(MAX_DEPTH + 1).as_bytes(), 1000).pop();
        assert_eq!(error.as_deref(), Some("nested too deep at byte 127"));
    }
}
