//! JSON (RFC 8259) read in pieces: the text arrives in blocks of any size, and strings and numbers are
//! yielded in pieces.
//! Pure, and of constant size: it never builds or stores a value, so memory does not grow with the text.
//! Invariant: the tokens of a text do not depend on how it is split into blocks. A string or number may be
//! split into other pieces, but their concatenation is the same.
//!
//! Hand-written because no crate does this: `serde_json` returns only whole strings, `json-event-parser` and
//! `actson` take blocks but return only whole strings, and `struson` returns strings in pieces but reads from
//! a blocking source.

mod number;
mod string;
mod tokenizer;

pub use tokenizer::{MAX_DEPTH, Part, SyntaxError, Token, Tokenizer};
