//! Checks on what arrives: each has to be met by some message.

use regex::Regex;
use serde_json::Value;

/// One `--expect-...` option.
#[derive(Clone, Debug)]
pub enum Check {
    /// A message equals this text.
    Text(String),
    /// A message matches.
    Regex(Regex),
    /// A message is JSON and holds this value at the pointer (RFC 6901).
    Json {
        /// Such as `/user/id`; empty for the whole message.
        pointer: String,
        /// A value in JSON; what is not JSON is taken as a string.
        value: Value,
    },
}

impl Check {
    fn is_met_by(&self, payload: &[u8]) -> bool {
        match self {
            Self::Text(text) => payload == text.as_bytes(),
            Self::Regex(regex) => std::str::from_utf8(payload).is_ok_and(|text| regex.is_match(text)),
            Self::Json { pointer, value } => serde_json::from_slice::<Value>(payload)
                .is_ok_and(|json| json.pointer(pointer) == Some(value)),
        }
    }

    /// As the user wrote it.
    fn describe(&self) -> String {
        match self {
            Self::Text(text) => format!("--expect-text '{text}'"),
            Self::Regex(regex) => format!("--expect-regex '{regex}'"),
            Self::Json { pointer, value } => format!("--expect-json '{pointer}={value}'"),
        }
    }
}

/// A check, and whether a message has met it.
#[derive(Clone, Debug)]
struct Asked {
    check: Check,
    met: bool,
}

/// All checks, and what was seen so far.
#[derive(Clone, Debug, Default)]
pub struct Checks {
    all: Vec<Asked>,
    seen: u64,
    last: Option<String>,
}

/// The most of a message that is shown in an error, in characters.
const SHOWN: usize = 200;

impl Checks {
    /// Checks of which none is met yet.
    pub fn new(checks: Vec<Check>) -> Self {
        let all = checks.into_iter().map(|check| Asked { check, met: false }).collect();
        Self { all, seen: 0, last: None }
    }

    /// Looks at a message.
    pub(super) fn look_at(&mut self, payload: &[u8]) {
        if self.all.iter().any(|asked| !asked.met) {
            for asked in self.all.iter_mut().filter(|asked| !asked.met) {
                asked.met = asked.check.is_met_by(payload);
            }
            self.seen += 1;
            self.last = Some(excerpt(payload));
        }
    }

    /// Each check as the user wrote it, and whether it was met.
    pub fn results(&self) -> impl Iterator<Item = (String, bool)> {
        self.all.iter().map(|asked| (asked.check.describe(), asked.met))
    }

    /// What was seen last, for a check that was not met.
    pub fn seen(&self) -> String {
        match (&self.last, self.seen) {
            (None, _) => "no message arrived".to_owned(),
            (Some(last), 1) => format!("the message was {last}"),
            (Some(last), count) => format!("of {count} messages the last was {last}"),
        }
    }

    /// What is not met, and what was seen instead.
    pub(super) fn unmet(&self) -> Option<String> {
        let open: Vec<_> = self.results().filter(|(_, met)| !met).map(|(name, _)| name).collect();
        let were = if open.len() == 1 { "was" } else { "were" };
        (!open.is_empty()).then(|| format!("{} {were} not met: {}", open.join(" and "), self.seen()))
    }
}

fn excerpt(payload: &[u8]) -> String {
    match std::str::from_utf8(payload) {
        Ok(text) if text.chars().count() <= SHOWN => format!("{text:?}"),
        Ok(text) => format!("{:?}... ({} bytes)", text.chars().take(SHOWN).collect::<String>(), text.len()),
        Err(_) => format!("{} bytes of binary data", payload.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(pointer: &str, value: &str) -> Check {
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
        Check::Json { pointer: pointer.to_owned(), value }
    }

    #[test]
    fn each_check_is_met_by_some_message() {
        let mut checks = Checks::new(vec![
            Check::Text("pong".to_owned()),
            Check::Regex(Regex::new("^a+$").unwrap()),
            json("/n/0", "1"),
            json("/s", "ok"),
        ]);
        for message in ["nope", "pong", "aaa", r#"{"n":[1],"s":"no"}"#] {
            checks.look_at(message.as_bytes());
        }
        let unmet = checks.unmet().unwrap();
        assert_eq!(
            unmet,
            r#"--expect-json '/s="ok"' was not met: of 4 messages the last was "{\"n\":[1],\"s\":\"no\"}""#
        );
        checks.look_at(br#"{"s":"ok"}"#);
        assert_eq!(checks.unmet(), None);
    }

    #[test]
    fn what_was_seen_is_said() {
        let mut checks = Checks::new(vec![Check::Text("x".to_owned())]);
        assert_eq!(checks.unmet().unwrap(), "--expect-text 'x' was not met: no message arrived");
        checks.look_at(&[0xff, 0xfe]);
        assert!(checks.unmet().unwrap().ends_with("the message was 2 bytes of binary data"));
    }
}
