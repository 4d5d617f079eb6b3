//! netrc: no panic, errors that name a line and no word of it, and a host that is found is in the text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wsurl::net::auth::netrc::lookup;

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    match lookup(&text, "example.com") {
        Ok(Some(_)) => {
            let lower = text.to_ascii_lowercase();
            assert!(lower.contains("machine") || lower.contains("default") || lower.contains('\\'));
        }
        Ok(None) => {}
        Err(why) => {
            let rest = why.strip_prefix("line ").expect("an error names the line");
            let (number, what) = rest.split_once(": ").expect("an error says what is wrong");
            let number: usize = number.parse().expect("the number of the line");
            assert!((1..=text.lines().count()).contains(&number));
            assert!(["a quote does not end", "the last word has no value"].contains(&what), "{what}");
        }
    }
});
