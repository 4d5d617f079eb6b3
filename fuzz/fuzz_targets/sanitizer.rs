//! Text for a terminal: never a control or a bidi character, the same at any cut, and plain text unchanged.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wsurl::report::sanitize::{for_terminal, text};
use wsurl_fuzz::pieces;

fuzz_target!(|data: &[u8]| {
    let Some((&seed, bytes)) = data.split_first() else { return };
    let escaped = |seed| {
        let (mut escape, mut out) = (for_terminal(), Vec::new());
        pieces(bytes, seed).for_each(|piece| escape(piece, &mut out));
        escape(&[], &mut out);
        String::from_utf8(out).expect("what a terminal gets is UTF-8")
    };
    let whole = escaped(0);
    assert_eq!(escaped(1), whole, "byte by byte");
    assert_eq!(escaped(seed), whole, "cut with seed {seed}");
    assert!(is_harmless(&whole), "{whole:?}");
    if let Ok(valid) = std::str::from_utf8(bytes) {
        assert_eq!(text(valid), whole);
        assert!(!is_harmless(valid) || valid == whole);
    }
});

/// Written anew, and not taken from the code under test.
fn is_harmless(text: &str) -> bool {
    text.chars().all(|c| {
        let commands = (c < ' ' && c != '\n' && c != '\t') || ('\u{7f}'..='\u{9f}').contains(&c);
        let turns = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}')
            || ('\u{202a}'..='\u{202e}').contains(&c)
            || ('\u{2066}'..='\u{2069}').contains(&c);
        let hides = matches!(c, '\u{200b}'..='\u{200d}' | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
        !(commands || turns || hides)
    })
}
