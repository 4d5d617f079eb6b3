//! Challenges and their answers: a password never leaves in the clear, and no answer can end a header field.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wsurl::net::auth::{Challenge, ChallengeAnswer, Credential, Tried, answer};
use wsurl::secret::Secret;

const PASSWORD: &str = "the pass word";

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let challenges = Challenge::parse_all(text.split('\n'));
    let credential = Credential { name: "me".to_owned(), password: Secret::new(PASSWORD) };
    for tried in [Tried::Nothing, Tried::Basic, Tried::Digest, Tried::DigestTwice] {
        let ChallengeAnswer::Header(value, next) =
            answer(&challenges, &credential, "GET", "/chat?a=b", tried, "cnonce")
        else {
            continue;
        };
        let value = value.expose();
        assert_ne!(next, tried, "the same is tried twice");
        assert!(!value.contains(PASSWORD));
        assert!(value.starts_with("Digest ") || tried == Tried::Nothing, "{value}");
        // The fields of a response hold no line feed; what else they hold is copied into ours.
        assert!(!value.contains('\n'));
        assert!(text.contains('\r') || !value.contains('\r'));
    }
});
