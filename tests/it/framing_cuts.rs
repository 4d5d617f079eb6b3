//! The readers of the framings, and the JSON under one of them: what they find does not depend on where the input is
//! cut into blocks, good or bad; and what the writers lay out in pieces is read back.

use std::time::SystemTime;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;
use wsurl::framing::{Format, FramingReader, FramingWriter, Item, SMALLEST_PIECE};
use wsurl::json::{Part, SyntaxError, Token, Tokenizer};
use wsurl::protocol::Kind;

use crate::engine::{check, cuts, pieces};

const FORMATS: [Format; 6] =
    [Format::Lines, Format::Nul, Format::Whole, Format::Json, Format::Base64, Format::Hex];

/// The largest message of these readers: some input is over it.
const MAX_MESSAGE: usize = 12;

/// What is read of `blocks`, and the error that ends it.
fn read<'a>(mut reader: FramingReader, blocks: impl IntoIterator<Item = &'a [u8]>) -> Vec<String> {
    let mut seen = Vec::new();
    let run = || {
        for mut block in blocks {
            loop {
                let (used, item) = reader.next(block)?;
                block = &block[used..];
                match item {
                    Some(item) => seen.push(show(item)),
                    None => break,
                }
            }
            assert!(block.is_empty());
        }
        seen.extend(reader.finish()?.map(show));
        Ok::<_, wsurl::error::Failure>(())
    };
    if let Err(err) = run() {
        seen.push(format!("{} {err}", err.exit_code()));
    }
    seen
}

fn show(item: Item<'_>) -> String {
    match item {
        Item::Message(kind, payload) => format!("{kind} {}", payload.escape_ascii()),
        Item::Close(close) => format!("close {} {}", close.code, close.reason),
    }
}

/// Parts of lines of each format, so that good lines and lines that are nearly good come up.
const PARTS: [&[u8]; 34] = [
    b"\n",
    b"\r\n",
    b"\r",
    b"\0",
    b" ",
    b"a",
    b"00",
    b"0",
    b"Ff",
    b"AAAA",
    b"AA==",
    b"A",
    b"=",
    b"\xff",
    b"\xe2\x82",
    b"{",
    b"}",
    b"\"type\":\"text\"",
    b"\"type\":\"binary\"",
    b"\"type\":\"close\"",
    b"\"data\":\"ab\\u0000\\ud83d\\ude00\"",
    b"\"data\":\"",
    b"\"base64\":\"AAAA\\nAA=\\u003d\"",
    b"\"base64\":\"",
    b"\"code\":1000",
    b"\"reason\":\"\xc3\xa9\"",
    b"\"x\":[1,{\"y\":null}]",
    b",",
    b":",
    b"\"",
    b"\\",
    b"{\"type\":\"text\",\"data\":\"hi\"}\n",
    b"{\"base64\":\"AAAAAAAAAAAAAAAA\",\"type\":\"binary\"}\n",
    b"{\"type\":\"close\",\"code\":4000}\n",
];

#[test]
fn what_is_read_does_not_depend_on_the_cuts() {
    check(3000, (vec(select(&PARTS[..]), 0..14), cuts(), any::<bool>()), |(parts, cuts, keep)| {
        let input = parts.concat();
        for format in FORMATS {
            let reader = || FramingReader::new(format, Kind::Text, keep, MAX_MESSAGE);
            let whole = read(reader(), [&input[..]]);
            prop_assert_eq!(&read(reader(), pieces(&input, &cuts)), &whole, "{:?}", format);
            prop_assert_eq!(&read(reader(), input.chunks(1)), &whole, "{:?} bytewise", format);
        }
        Ok(())
    });
}

#[test]
fn what_is_written_in_pieces_is_read_back() {
    let text = vec(
        select(&["a", "\"", "\\", "\0", "\n", "\u{e9}", "\u{20ac}", "\u{1F600}", "\u{7f}\u{2028}"][..]),
        0..500,
    );
    let payload = prop_oneof![
        text.prop_map(|parts| (Kind::Text, parts.concat().into_bytes())),
        vec(any::<u8>(), 0..1500).prop_map(|bytes| (Kind::Binary, bytes)),
    ];
    check(300, (payload, SMALLEST_PIECE..2 * SMALLEST_PIECE, cuts()), |((kind, payload), most, cuts)| {
        for format in [Format::Json, Format::Base64, Format::Hex, Format::Whole] {
            let mut encoder = FramingWriter::new(format, false).begin(kind, || SystemTime::UNIX_EPOCH);
            let (mut stream, mut is_last) = (Vec::new(), false);
            while !is_last {
                let before = stream.len();
                is_last = encoder.next_piece(&payload, most, &mut stream);
                prop_assert!(before < stream.len() && stream.len() <= before + most || payload.is_empty());
            }
            let reader = FramingReader::new(format, kind, false, payload.len());
            let expected = show(Item::Message(kind, payload.as_slice().into()));
            prop_assert_eq!(read(reader, pieces(&stream, &cuts)), [expected], "{:?}", format);
        }
        Ok(())
    });
}

/// The value that tokens make up.
#[derive(Default)]
struct Tree {
    open: Vec<Value>,
    names: Vec<String>,
    pieces: Vec<u8>,
    whole: Option<Value>,
}

impl Tree {
    fn take(&mut self, token: Token<'_>) {
        let text = |pieces: &mut Vec<u8>| String::from_utf8(std::mem::take(pieces)).expect("UTF-8");
        match token {
            Token::Piece(piece) => self.pieces.extend_from_slice(piece),
            Token::Character(c) => self.pieces.extend_from_slice(c.to_string().as_bytes()),
            Token::Begin(Part::Object) => self.open.push(Value::Object(serde_json::Map::new())),
            Token::Begin(Part::Array) => self.open.push(Value::Array(Vec::new())),
            Token::Begin(Part::Name | Part::String | Part::Number) => {}
            Token::End(Part::Name) => {
                let name = text(&mut self.pieces);
                self.names.push(name);
            }
            Token::End(Part::String) => {
                let string = text(&mut self.pieces);
                self.value(Value::String(string));
            }
            Token::End(Part::Number) => {
                let number = text(&mut self.pieces);
                self.value(serde_json::from_str(&number).unwrap_or_default());
            }
            Token::End(Part::Object | Part::Array) => {
                let value = self.open.pop().expect("a container");
                self.value(value);
            }
            Token::Bool(value) => self.value(Value::Bool(value)),
            Token::Null => self.value(Value::Null),
        }
    }

    fn value(&mut self, value: Value) {
        match self.open.last_mut() {
            None => self.whole = Some(value),
            Some(Value::Array(elements)) => elements.push(value),
            Some(members) => {
                let name = self.names.pop().expect("a name");
                members.as_object_mut().expect("an object").insert(name, value);
            }
        }
    }
}

fn parse(text: &[u8], cuts: &[usize]) -> Result<Value, SyntaxError> {
    let (mut tokenizer, mut tree) = (Tokenizer::default(), Tree::default());
    for mut block in pieces(text, cuts) {
        while let Some(token) = tokenizer.next(&mut block)? {
            tree.take(token);
        }
        assert!(block.is_empty());
    }
    if let Some(token) = tokenizer.finish()? {
        tree.take(token);
    }
    Ok(tree.whole.expect("a value"))
}

/// Tokens and parts of tokens.
const TOKENS: [&str; 34] = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "\\n",
    "\\u00e9",
    "\\ud83d\\ude00",
    "\\ud83d",
    "a",
    "\u{e9}",
    "true",
    "false",
    "null",
    "nul",
    "0",
    "-",
    "1",
    "1.5",
    "e2",
    "E-1",
    ".",
    " ",
    "\t\r\n",
    "\"a\":",
    "\"b\"",
    "[1,2]",
    "{\"c\":{}}",
    "\"\\\"\\/\\b\"",
    "\u{1}",
    "00",
];

#[test]
fn json_in_blocks_is_the_json_of_another_parser() {
    check(20_000, (vec(select(&TOKENS[..]), 0..12), cuts()), |(parts, cuts)| {
        let text = parts.concat();
        match serde_json::from_str::<Value>(&text) {
            Ok(value) => prop_assert_eq!(parse(text.as_bytes(), &cuts), Ok(value), "{:?}", text),
            // `serde_json` wants numbers that a double holds; RFC 8259 does not.
            Err(err) if err.to_string().starts_with("number out of range") => {}
            Err(_) => {
                let err = parse(text.as_bytes(), &cuts);
                prop_assert!(err.is_err(), "{:?}", text);
                prop_assert_eq!(err, parse(text.as_bytes(), &[1]), "{:?}", text);
            }
        }
        Ok(())
    });
}
