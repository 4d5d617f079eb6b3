//! The JSON tokenizer accepts what serde_json accepts, with the same strings, at any cut.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use wsurl::json::{MAX_DEPTH, Part, SyntaxError, Token, Tokenizer};
use wsurl_fuzz::pieces;

fuzz_target!(|data: &[u8]| {
    let Some((&seed, text)) = data.split_first() else { return };
    // The tokenizer passes bytes of strings on as they are; whoever gives them to it has checked that they are UTF-8.
    if std::str::from_utf8(text).is_err() {
        return;
    }
    let whole = strings(text, 0);
    assert_eq!(strings(text, 1), whole, "byte by byte");
    assert_eq!(strings(text, seed), whole, "cut with seed {seed}");
    if let Err(err) = &whole {
        assert!(err.offset <= text.len() as u64);
    }
    match (serde_json::from_slice::<Value>(text), whole) {
        (Ok(value), Ok(seen)) => {
            let (mut expected, mut seen) = (Vec::new(), seen);
            collect(&value, &mut expected);
            // serde_json keeps one of several members of the same name, in an order of its own.
            (expected.sort(), seen.sort());
            assert!(
                expected.iter().all(|string| seen.binary_search(string).is_ok()),
                "{expected:?} {seen:?}"
            );
        }
        (Err(_), Err(_)) => {}
        (Ok(value), Err(err)) => panic!("{err} refuses {value}"),
        // A number that no float can hold is JSON all the same.
        (Err(err), Ok(_)) => assert!(err.to_string().starts_with("number out of range"), "accepts {err}"),
    }
});

/// All names and strings.
fn strings(text: &[u8], seed: u8) -> Result<Vec<String>, SyntaxError> {
    let (mut tokenizer, mut seen, mut open, mut depth) = (Tokenizer::default(), Vec::new(), None, 0_u8);
    for mut piece in pieces(text, seed) {
        while let Some(token) = tokenizer.next(&mut piece)? {
            match token {
                Token::Begin(Part::Object | Part::Array) => depth += 1,
                Token::End(Part::Object | Part::Array) => depth -= 1,
                Token::Begin(Part::Name | Part::String) => open = Some(Vec::new()),
                Token::End(Part::Name | Part::String) => {
                    let bytes = open.take().expect("a string begins before it ends");
                    seen.push(String::from_utf8(bytes).expect("strings are UTF-8"));
                }
                Token::Piece(bytes) => open.iter_mut().for_each(|string| string.extend_from_slice(bytes)),
                Token::Character(c) => {
                    let string = open.as_mut().expect("escapes are in strings only");
                    string.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                }
                Token::Begin(Part::Number) | Token::End(Part::Number) | Token::Bool(_) | Token::Null => {}
            }
            assert!(depth <= MAX_DEPTH);
        }
        assert!(piece.is_empty());
    }
    tokenizer.finish()?;
    Ok(seen)
}

fn collect(value: &Value, strings: &mut Vec<String>) {
    match value {
        Value::String(text) => strings.push(text.clone()),
        Value::Array(values) => values.iter().for_each(|value| collect(value, strings)),
        Value::Object(members) => members.iter().for_each(|(name, value)| {
            strings.push(name.clone());
            collect(value, strings);
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
