//! Parsers of whole numbers. Each says which are accepted, and shows one.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// A number of messages, or a seed.
pub(super) fn number(text: &str) -> Result<u64, String> {
    within(text, 0..=u64::MAX, "3")
}

/// A number of tries, redirects or days.
pub(super) fn small_number(text: &str) -> Result<u32, String> {
    within(text, 0..=u32::MAX, "3")
}

/// A number of things of which there has to be one.
pub(super) fn count(text: &str) -> Result<u64, String> {
    within(text, 1..=u64::MAX, "10")
}

/// A status code of HTTP (RFC 9110 §15).
pub(super) fn http_status(text: &str) -> Result<u16, String> {
    within(text, 100..=599, "101 or 401")
}

fn within<T: FromStr + PartialOrd + Display>(
    text: &str,
    accepted: RangeInclusive<T>,
    example: &str,
) -> Result<T, String> {
    match text.parse() {
        Ok(number) if accepted.contains(&number) => Ok(number),
        _ => Err(format!(
            "not a whole number from {} to {}; write {example}",
            accepted.start(),
            accepted.end()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_in_the_range_is_answered_with_one() {
        assert_eq!((number("0"), small_number("4294967295")), (Ok(0), Ok(u32::MAX)));
        assert_eq!((count("1"), http_status("599")), (Ok(1), Ok(599)));
        let days = Err("not a whole number from 0 to 4294967295; write 3".to_owned());
        for text in ["many", "-1", "", "1.5", "4294967296"] {
            assert_eq!(small_number(text), days, "{text}");
        }
        assert!(count("0").is_err());
        let status = Err("not a whole number from 100 to 599; write 101 or 401".to_owned());
        assert_eq!((http_status("99"), http_status("600")), (status.clone(), status));
    }
}
