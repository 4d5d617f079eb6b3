//! JSON (RFC 8259) read in pieces: the text comes in blocks of any size, and strings and numbers leave as they come.
//! Pure, and of constant size: no value is ever built or held, so a text of any length costs no memory.
//! Invariant: the tokens of a text do not depend on where it is cut into blocks; the pieces of a string or number
//! do, but not what they add up to.
//!
//! Hand-written because no crate does this: `serde_json` gives a string only whole, `json-event-parser` and `actson`
//! take blocks but give a string only whole, and `struson` gives strings in pieces but reads from a blocking source.

mod number;
mod string;
mod tokenizer;

pub use tokenizer::{MAX_DEPTH, Part, SyntaxError, Token, Tokenizer};
