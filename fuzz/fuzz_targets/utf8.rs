//! The checker of text in pieces gives the verdict of the standard library on the whole, at any cut.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wsurl::protocol::{InvalidUtf8, Utf8Stream};
use wsurl_fuzz::pieces;

fuzz_target!(|data: &[u8]| {
    let Some((&seed, text)) = data.split_first() else { return };
    let expected =
        std::str::from_utf8(text).map(|_| ()).map_err(|err| InvalidUtf8 { offset: err.valid_up_to() as u64 });
    for seed in [0, 1, seed] {
        let mut stream = Utf8Stream::new();
        let mut verdict = pieces(text, seed).try_for_each(|piece| stream.feed(piece));
        if verdict.is_ok() {
            verdict = stream.finish();
        }
        assert_eq!(verdict, expected, "seed {seed}");
    }
});
