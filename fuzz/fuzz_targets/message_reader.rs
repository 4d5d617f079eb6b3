//! A stream of frames gives the same messages and the same error, whole, byte by byte, and at random cuts.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wsurl::protocol::{MessageReader, Role};
use wsurl_fuzz::{Choices, read_messages};

fuzz_target!(|data: &[u8]| {
    let mut choices = Choices::new(data);
    let agreement = choices.agreement();
    let role = if choices.flag() { Role::Server } else { Role::Client };
    let limit = choices.flag().then_some(1000);
    let seed = choices.byte();
    let stream = choices.rest();
    let read = |seed| read_messages(MessageReader::new(role, agreement, limit), stream, seed);
    let whole = read(0);
    assert_eq!(read(1), whole, "byte by byte");
    assert_eq!(read(seed), whole, "cut with seed {seed}");
});
