//! JSON with a line for each member and element (`--pretty`). Pure. Numbers, strings and the order of members stay as they
//! came: only white space between the tokens changes.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};

use crate::json::Tokenizer;
use crate::report::sanitize;
use crate::session::Escape;

const NAME: Style = AnsiColor::Blue.on_default();
const STRING: Style = AnsiColor::Green.on_default();
const LITERAL: Style = AnsiColor::Yellow.on_default();

/// The escaping for messages at a terminal that lays JSON out.
pub fn escape(colour: bool) -> Escape {
    let mut plain = sanitize::for_terminal();
    Box::new(move |bytes, out| match std::str::from_utf8(bytes).ok().and_then(|text| json(text, colour)) {
        Some(text) => {
            out.extend_from_slice(text.as_bytes());
            out.push(b'\n');
        }
        None => plain(bytes, out),
    })
}

/// The object or array in `text`, laid out; `None` if it is something else. Control characters are escaped.
pub fn json(text: &str, colour: bool) -> Option<String> {
    let trimmed = text.trim_matches([' ', '\t', '\r', '\n']);
    if !trimmed.starts_with(['{', '[']) || !is_json(trimmed.as_bytes()) {
        return None;
    }
    let mut layout = Layout { out: String::with_capacity(text.len() * 2), depth: 0, colour };
    let mut rest = trimmed;
    while let Some(first) = rest.chars().next() {
        rest = layout.token(first, rest);
    }
    Some(layout.out)
}

fn is_json(mut text: &[u8]) -> bool {
    let mut tokenizer = Tokenizer::default();
    while !text.is_empty() {
        match tokenizer.next(&mut text) {
            Ok(_) => {}
            Err(_) => return false,
        }
    }
    tokenizer.finish().is_ok()
}

struct Layout {
    out: String,
    depth: usize,
    colour: bool,
}

impl Layout {
    /// Lays out the token at the beginning of `rest`, which is a part of valid JSON. Returns what follows it.
    fn token<'a>(&mut self, first: char, rest: &'a str) -> &'a str {
        match first {
            '{' | '[' => {
                let behind = rest[1..].trim_start();
                if let Some(behind) = behind.strip_prefix(['}', ']']) {
                    self.out.push_str(if first == '{' { "{}" } else { "[]" });
                    return behind;
                }
                self.out.push(first);
                self.depth += 1;
                self.new_line();
            }
            '}' | ']' => {
                self.depth -= 1;
                self.new_line();
                self.out.push(first);
            }
            ',' => {
                self.out.push(',');
                self.new_line();
            }
            ':' => self.out.push_str(": "),
            '"' => {
                let (string, behind) = rest.split_at(string_len(rest));
                let is_name = behind.trim_start().starts_with(':');
                self.styled(if is_name { NAME } else { STRING }, string);
                return behind;
            }
            ' ' | '\t' | '\r' | '\n' => {}
            _ => {
                let end = rest.find([',', '}', ']', ' ', '\t', '\r', '\n']).unwrap_or(rest.len());
                let (literal, behind) = rest.split_at(end);
                self.styled(LITERAL, literal);
                return behind;
            }
        }
        &rest[1..]
    }

    fn new_line(&mut self) {
        self.out.push('\n');
        self.out.extend(std::iter::repeat_n("  ", self.depth));
    }

    fn styled(&mut self, style: Style, text: &str) {
        let style = if self.colour { style } else { Style::new() };
        // Writing to a String cannot fail.
        let _ = write!(self.out, "{style}{}{style:#}", sanitize::text(text));
    }
}

/// The length of the string at the beginning of `text`, with both quotation marks.
fn string_len(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_and_elements_have_lines_of_their_own() {
        let text = r#" {"b":1e2,"a" : [true, {"x":null}],"e":{ },"s":"a,\"}b"} "#;
        let expected = r#"{
  "b": 1e2,
  "a": [
    true,
    {
      "x": null
    }
  ],
  "e": {},
  "s": "a,\"}b"
}"#;
        assert_eq!(json(text, false).unwrap(), expected);
    }

    #[test]
    fn names_strings_and_literals_have_colours() {
        assert_eq!(
            json(r#"["a",1]"#, true).unwrap(),
            "[\n  \u{1b}[32m\"a\"\u{1b}[0m,\n  \u{1b}[33m1\u{1b}[0m\n]"
        );
        assert!(json(r#"{"a":1}"#, true).unwrap().contains("\u{1b}[34m\"a\"\u{1b}[0m: "));
    }

    #[test]
    fn only_objects_and_arrays_that_are_json_are_laid_out() {
        for text in ["", "1", "\"a\"", "{", "{\"a\":1} x", "[1,]", "hello"] {
            assert_eq!(json(text, false), None, "{text}");
        }
    }

    #[test]
    fn a_terminal_is_not_commanded() {
        assert_eq!(json("[\"\u{202e}\"]", false).unwrap(), "[\n  \"\\u{202e}\"\n]");
    }
}
