//! Looks for a value in a JSON text, token by token. No value is built, so memory does not depend on the text. Equality is
//! that of `serde_json`: `1` and `1.0` differ, and of two members of the same name the last one counts.

use std::collections::BTreeMap;

use serde_json::{Map, Number, Value};

use crate::json::{Part, SyntaxError, Token, Tokenizer};

/// A longer number cannot be equal to an expected one: a double has at most 767 significant digits.
const LONGEST_NUMBER: usize = 1100;

/// What a text holds at a path.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found<'a> {
    Nothing,
    /// Another value than the expected one, as written in the text.
    Other(&'a [u8]),
    Expected,
}

/// Looks for `value` where `path` leads in the JSON `text`: names of members, and indices of elements.
///
/// # Errors
/// The text is not JSON.
pub(super) fn find<'a>(text: &'a [u8], path: &[String], value: &Value) -> Result<Found<'a>, SyntaxError> {
    std::str::from_utf8(text)
        .map_err(|err| SyntaxError { what: "not UTF-8", offset: err.valid_up_to() as u64 })?;
    let mut text = Text { tokenizer: Tokenizer::default(), rest: text };
    let before = text.rest;
    let first = text.next()?;
    let found = text.find(before, first, path, value)?;
    while text.tokenizer.next(&mut text.rest)?.is_some() {}
    text.tokenizer.finish()?;
    Ok(found)
}

/// A text that is being read. Each function takes the first token of a value, and reads up to the value's end.
struct Text<'a> {
    tokenizer: Tokenizer,
    rest: &'a [u8],
}

impl<'a> Text<'a> {
    /// The next token, within a value.
    fn next(&mut self) -> Result<Token<'a>, SyntaxError> {
        if let Some(token) = self.tokenizer.next(&mut self.rest)? {
            return Ok(token);
        }
        // After the end of the value there would be none, but nobody asks then.
        Ok(self.tokenizer.finish()?.unwrap_or(Token::Null))
    }

    /// Follows `path` into a value; `before` is the text from there on or a little earlier.
    fn find(
        &mut self,
        before: &'a [u8],
        first: Token<'a>,
        path: &[String],
        value: &Value,
    ) -> Result<Found<'a>, SyntaxError> {
        match (path.split_first(), first) {
            (None, _) => {
                let equal = self.equals(first, value)?;
                let text = &before[..before.len() - self.rest.len()];
                let between = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b',' | b':');
                let start = text.iter().position(|byte| !between(byte)).unwrap_or(text.len());
                Ok(if equal { Found::Expected } else { Found::Other(&text[start..]) })
            }
            (Some((name, path)), Token::Begin(Part::Object)) => self.find_member(name, path, value),
            (Some((index, path)), Token::Begin(Part::Array)) => {
                self.find_element(index_of(index), path, value)
            }
            (Some(_), _) => self.skip(first).map(|()| Found::Nothing),
        }
    }

    fn find_member(&mut self, name: &str, path: &[String], value: &Value) -> Result<Found<'a>, SyntaxError> {
        let mut found = Found::Nothing;
        while self.next()? == Token::Begin(Part::Name) {
            let is_it = self.text_equals(name.as_bytes())?;
            let before = self.rest;
            let first = self.next()?;
            if is_it {
                found = self.find(before, first, path, value)?;
            } else {
                self.skip(first)?;
            }
        }
        Ok(found)
    }

    fn find_element(
        &mut self,
        index: Option<usize>,
        path: &[String],
        value: &Value,
    ) -> Result<Found<'a>, SyntaxError> {
        let mut found = Found::Nothing;
        for position in 0.. {
            let before = self.rest;
            let first = self.next()?;
            if first == Token::End(Part::Array) {
                break;
            }
            if index == Some(position) {
                found = self.find(before, first, path, value)?;
            } else {
                self.skip(first)?;
            }
        }
        Ok(found)
    }

    fn skip(&mut self, first: Token<'_>) -> Result<(), SyntaxError> {
        let mut depth = usize::from(matches!(first, Token::Begin(_)));
        while depth > 0 {
            match self.next()? {
                Token::Begin(_) => depth += 1,
                Token::End(_) => depth -= 1,
                Token::Piece(_) | Token::Character(_) | Token::Bool(_) | Token::Null => {}
            }
        }
        Ok(())
    }

    fn equals(&mut self, first: Token<'_>, value: &Value) -> Result<bool, SyntaxError> {
        match (first, value) {
            (Token::Null, Value::Null) => Ok(true),
            (Token::Bool(found), Value::Bool(wanted)) => Ok(found == *wanted),
            (Token::Begin(Part::Number), Value::Number(wanted)) => {
                Ok(self.number()?.as_ref() == Some(wanted))
            }
            (Token::Begin(Part::String), Value::String(wanted)) => self.text_equals(wanted.as_bytes()),
            (Token::Begin(Part::Array), Value::Array(wanted)) => self.array_equals(wanted),
            (Token::Begin(Part::Object), Value::Object(wanted)) => self.object_equals(wanted),
            _ => self.skip(first).map(|()| false),
        }
    }

    fn array_equals(&mut self, wanted: &[Value]) -> Result<bool, SyntaxError> {
        let (mut equal, mut wanted) = (true, wanted.iter());
        loop {
            let first = self.next()?;
            if first == Token::End(Part::Array) {
                return Ok(equal && wanted.next().is_none());
            }
            match wanted.next() {
                Some(wanted) if equal => equal = self.equals(first, wanted)?,
                _ => {
                    equal = false;
                    self.skip(first)?;
                }
            }
        }
    }

    fn object_equals(&mut self, wanted: &Map<String, Value>) -> Result<bool, SyntaxError> {
        let longest = wanted.keys().map(String::len).max().unwrap_or_default();
        let (mut equal, mut surplus) = (BTreeMap::new(), false);
        while self.next()? == Token::Begin(Part::Name) {
            let name = self.collect(longest)?.and_then(|name| String::from_utf8(name).ok());
            let first = self.next()?;
            if let Some((name, wanted)) = name.and_then(|name| wanted.get_key_value(&name)) {
                let member = self.equals(first, wanted)?;
                equal.insert(name, member);
            } else {
                surplus = true;
                self.skip(first)?;
            }
        }
        Ok(!surplus && equal.len() == wanted.len() && equal.values().all(|&equal| equal))
    }

    fn number(&mut self) -> Result<Option<Number>, SyntaxError> {
        let digits = self.collect(LONGEST_NUMBER)?;
        Ok(digits.and_then(|digits| serde_json::from_slice(&digits).ok()))
    }

    /// The name, string or number that has begun, if it has at most `most` bytes.
    fn collect(&mut self, most: usize) -> Result<Option<Vec<u8>>, SyntaxError> {
        let (mut collected, mut fits) = (Vec::new(), true);
        self.pieces(|piece| {
            fits &= piece.len() <= most - collected.len();
            if fits {
                collected.extend_from_slice(piece);
            }
        })?;
        Ok(fits.then_some(collected))
    }

    /// Whether the name or string that has begun is this one.
    fn text_equals(&mut self, wanted: &[u8]) -> Result<bool, SyntaxError> {
        let mut left = Some(wanted);
        self.pieces(|piece| left = left.and_then(|left| left.strip_prefix(piece)))?;
        Ok(left.is_some_and(<[u8]>::is_empty))
    }

    /// Reads the name, string or number that has begun.
    fn pieces(&mut self, mut see: impl FnMut(&[u8])) -> Result<(), SyntaxError> {
        loop {
            match self.next()? {
                Token::Piece(piece) => see(piece),
                Token::Character(c) => see(c.encode_utf8(&mut [0; 4]).as_bytes()),
                Token::Begin(_) | Token::End(_) | Token::Bool(_) | Token::Null => return Ok(()),
            }
        }
    }
}

/// The index that a reference token names (RFC 6901 §4): without a sign or leading zeros.
fn index_of(token: &str) -> Option<usize> {
    let is_index = token == "0" || !token.starts_with(['+', '0']);
    token.parse().ok().filter(|_| is_index)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;
    use proptest::test_runner::{Config, RngSeed, TestRunner};

    use super::*;

    fn path(pointer: &str) -> Vec<String> {
        pointer.split('/').skip(1).map(|token| token.replace("~1", "/").replace("~0", "~")).collect()
    }

    fn shown(text: &str, pointer: &str, value: &str) -> String {
        match find(text.as_bytes(), &path(pointer), &serde_json::from_str(value).unwrap()) {
            Ok(Found::Nothing) => "nothing".to_owned(),
            Ok(Found::Other(other)) => String::from_utf8_lossy(other).into_owned(),
            Ok(Found::Expected) => "as expected".to_owned(),
            Err(err) => err.to_string(),
        }
    }

    #[test]
    fn each_way_to_meet_or_miss() {
        let text = r#" { "a/b" : [ 1 , 1.0, "\u0041", true , null, {"x":1, "y":[]} ], "~":0, "":{"":2}, "d":1,"d":2 } "#;
        for (pointer, value, expected) in [
            ("/a~1b/0", "1", "as expected"),
            ("/a~1b/0", "1.0", "1"),
            ("/a~1b/1", "1.0", "as expected"),
            ("/a~1b/1", "1", "1.0"),
            ("/a~1b/2", r#""A""#, "as expected"),
            ("/a~1b/2", r#""AB""#, r#""\u0041""#),
            ("/a~1b/2", r#""""#, r#""\u0041""#),
            ("/a~1b/3", "true", "as expected"),
            ("/a~1b/3", "false", "true"),
            ("/a~1b/4", "null", "as expected"),
            ("/a~1b/5", r#"{"y":[],"x":1}"#, "as expected"),
            ("/a~1b/5", r#"{"x":1}"#, r#"{"x":1, "y":[]}"#),
            ("/a~1b/5", r#"{"x":1,"y":[],"z":1}"#, r#"{"x":1, "y":[]}"#),
            ("/a~1b/5/y", "[1]", "[]"),
            ("/a~1b/6", "1", "nothing"),
            ("/a~1b/00", "1", "nothing"),
            ("/a~1b/-", "1", "nothing"),
            ("/~0", "0", "as expected"),
            ("//", "2", "as expected"),
            ("/d", "2", "as expected"),
            ("/d", "1", "2"),
            ("/d/0", "1", "nothing"),
        ] {
            assert_eq!(shown(text, pointer, value), expected, "{pointer}={value}");
        }
        assert_eq!(shown("17", "", "17"), "as expected");
        assert_eq!(shown(" [1,2] ", "", "[1]"), "[1,2]");
        assert_eq!(shown(r#"{"a":1,"a":{}}"#, "", r#"{"a":{}}"#), "as expected");
        assert_eq!(shown(r#"{"a":{},"a":1}"#, "", r#"{"a":{}}"#), r#"{"a":{},"a":1}"#);
        assert_eq!(shown(&format!("0.{}", "3".repeat(2000)), "", "1").len(), 2002);
        assert_eq!(shown(r#"{"a":1"#, "/a", "1"), "an object without an end at byte 6");
        assert_eq!(shown(r#"{"a":1} x"#, "/a", "1"), "more than one value at byte 8");
        assert_eq!(shown("", "/a", "1"), "no value at byte 0");
        assert!(find(b"[\"\xff\"]", &[], &Value::Null).is_err_and(|err| err.offset == 2));
    }

    fn value() -> impl Strategy<Value = Value> {
        let number = prop_oneof![
            (-2..3_i64).prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from)
        ];
        let text = || select(&["", "a", "b", "0", "1", "\u{e9}\n\"\\", "~1"][..]).prop_map(str::to_owned);
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            number,
            text().prop_map(Value::from)
        ];
        leaf.prop_recursive(4, 24, 4, move |inner| {
            prop_oneof![
                vec(inner.clone(), 0..4).prop_map(Value::from),
                vec((text(), inner), 0..4).prop_map(|members| members.into_iter().collect())
            ]
        })
    }

    /// A pointer that leads somewhere in `value`, or past it.
    fn pointer_into(value: &Value, turns: &[usize]) -> String {
        let (mut pointer, mut value) = (String::new(), value);
        for turn in turns {
            let (token, next) = match value {
                Value::Array(elements) => (turn.to_string(), elements.get(*turn)),
                Value::Object(members) => match members.iter().nth(*turn) {
                    Some((name, next)) => (name.replace('~', "~0").replace('/', "~1"), Some(next)),
                    None => ("a".to_owned(), members.get("a")),
                },
                _ => ("0".to_owned(), None),
            };
            pointer = format!("{pointer}/{token}");
            let Some(next) = next else { break };
            value = next;
        }
        pointer
    }

    #[test]
    fn verdicts_are_those_of_a_tree() {
        let config = Config {
            failure_persistence: None,
            rng_seed: RngSeed::Fixed(6901),
            cases: 2000,
            ..Config::default()
        };
        let damage = proptest::option::weighted(
            0.2,
            (any::<prop::sample::Index>(), select(&b"\"\\{}[],:0-e \n\x00"[..])),
        );
        let cases = (value(), value(), vec(0..3_usize, 0..4), damage, any::<bool>());
        let verdicts = TestRunner::new(config).run(&cases, |(value, other, turns, damage, pretty)| {
            let mut text =
                if pretty { serde_json::to_vec_pretty(&value) } else { serde_json::to_vec(&value) }.unwrap();
            if let Some((index, byte)) = damage {
                let at = index.index(text.len());
                text[at] = byte;
            }
            let pointer = pointer_into(&value, &turns);
            let tree = serde_json::from_slice::<Value>(&text);
            // Half of the time something that is there.
            let wanted = tree
                .as_ref()
                .ok()
                .and_then(|tree| tree.pointer(&pointer))
                .filter(|_| pretty)
                .unwrap_or(&other);
            let found = find(&text, &path(&pointer), wanted);
            match &tree {
                Ok(tree) => match tree.pointer(&pointer) {
                    None => prop_assert_eq!(found, Ok(Found::Nothing)),
                    Some(there) if there == wanted => prop_assert_eq!(found, Ok(Found::Expected)),
                    Some(there) => {
                        let Ok(Found::Other(raw)) = found else {
                            return Err(TestCaseError::fail(format!("{found:?}")));
                        };
                        prop_assert_eq!(&serde_json::from_slice::<Value>(raw).unwrap(), there);
                    }
                },
                // A number that no double holds is a number for us.
                Err(err) if err.to_string().contains("out of range") => {}
                Err(_) => prop_assert!(found.is_err(), "{found:?}"),
            }
            Ok(())
        });
        verdicts.unwrap_or_else(|err| panic!("{err}"));
    }
}
