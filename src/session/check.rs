//! Checks on received messages: each has to be met by some message.

use regex::Regex;

use super::json_check::{Closeness, JsonCheck};

/// One `--expect-...` option.
#[derive(Clone, Debug)]
pub enum Check {
    /// A message equals this text.
    Text(String),
    /// A message matches this regular expression.
    Regex(Regex),
    /// A message is JSON and holds a value at a pointer.
    Json(JsonCheck),
}

impl Check {
    /// As the user wrote it.
    fn describe(&self) -> String {
        match self {
            Self::Text(text) => format!("--expect-text '{text}'"),
            Self::Regex(regex) => format!("--expect-regex '{regex}'"),
            Self::Json(check) => format!("--expect-json '{check}'"),
        }
    }
}

/// A check, and whether a message has met it.
#[derive(Clone, Debug)]
struct Asked {
    check: Check,
    met: bool,
    closest: Option<Closest>,
}

/// The message that has come closest to a check.
#[derive(Clone, Debug)]
struct Closest {
    closeness: Closeness,
    /// Its number among the messages seen.
    message: u64,
    /// Why it does not meet the check.
    shortfall: String,
}

impl Asked {
    fn look_at(&mut self, number: u64, payload: &[u8]) {
        self.met = match &self.check {
            Check::Text(text) => payload == text.as_bytes(),
            Check::Regex(regex) => std::str::from_utf8(payload).is_ok_and(|text| regex.is_match(text)),
            Check::Json(check) => {
                let (closeness, shortfall) = check.look_at(payload);
                let closest = shortfall.map(|shortfall| Closest { closeness, message: number, shortfall });
                if self.closest.as_ref().is_none_or(|closest| closest.closeness <= closeness) {
                    self.closest = closest;
                }
                closeness == Closeness::Met
            }
        };
    }
}

/// All checks, and the messages seen so far.
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
        let all = checks.into_iter().map(|check| Asked { check, met: false, closest: None }).collect();
        Self { all, seen: 0, last: None }
    }

    /// Looks at a message.
    pub fn look_at(&mut self, payload: &[u8]) {
        if self.all.iter().any(|asked| !asked.met) {
            self.seen += 1;
            for asked in self.all.iter_mut().filter(|asked| !asked.met) {
                asked.look_at(self.seen, payload);
            }
            self.last = Some(excerpt(payload));
        }
    }

    /// Each check as the user wrote it, and whether it was met.
    pub fn results(&self) -> impl Iterator<Item = (String, bool)> {
        self.all.iter().map(|asked| (asked.check.describe(), asked.met))
    }

    /// Describes the last message, and the one that came closest to the checks that were not met.
    pub fn seen(&self) -> String {
        let closest = self.all.iter().filter(|asked| !asked.met).filter_map(|asked| asked.closest.as_ref());
        closest.fold(self.last_seen(), |seen, Closest { message, shortfall, .. }| match self.seen {
            1 => format!("{seen}; {shortfall}"),
            _ => format!("{seen}; in message {message}, {shortfall}"),
        })
    }

    fn last_seen(&self) -> String {
        match (&self.last, self.seen) {
            (None, _) => "no message arrived".to_owned(),
            (Some(last), 1) => format!("the message was {last}"),
            (Some(last), count) => format!("of {count} messages the last was {last}"),
        }
    }

    /// The checks that were not met, and what was seen instead.
    pub fn unmet(&self) -> Option<String> {
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
        let value = serde_json::from_str(value).unwrap_or_else(|_| value.into());
        Check::Json(JsonCheck::new(pointer, value))
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
            r#"--expect-json '/s="ok"' was not met: of 4 messages the last was "{\"n\":[1],\"s\":\"no\"}"; in message 4, /s is "no""#
        );
        checks.look_at(br#"{"s":"ok"}"#);
        assert_eq!(checks.unmet(), None);
    }

    #[test]
    fn the_closest_message_is_told() {
        let mut checks = Checks::new(vec![json("/v", "1.3"), json("/w", "[]")]);
        checks.look_at(br#"{"v":"1.3"}"#);
        let unmet = checks.unmet().unwrap();
        assert_eq!(
            unmet,
            "--expect-json '/v=1.3' and --expect-json '/w=[]' were not met: the message was \"{\\\"v\\\":\\\"1.3\\\"}\"; \
             /v is the string \"1.3\", not the number 1.3; there is nothing at /w"
        );
        checks.look_at(br#"{"v":null,"w":[]}"#);
        checks.look_at(b"{}");
        checks.look_at(b"hello");
        assert_eq!(
            checks.unmet().unwrap(),
            "--expect-json '/v=1.3' was not met: of 4 messages the last was \"hello\"; \
             in message 2, /v is null, not the number 1.3"
        );
        let mut checks = Checks::new(vec![json("", "1")]);
        checks.look_at(b"one");
        let unmet = checks.unmet().unwrap();
        assert!(
            unmet.ends_with("the message was \"one\"; it is not JSON (expected a value at byte 0)"),
            "{unmet}"
        );
        checks.look_at(b"\"1\"");
        assert!(checks.unmet().unwrap().ends_with("in message 2, it is the string \"1\", not the number 1"));
    }

    #[test]
    fn what_was_seen_is_said() {
        let mut checks = Checks::new(vec![Check::Text("x".to_owned())]);
        assert_eq!(checks.unmet().unwrap(), "--expect-text 'x' was not met: no message arrived");
        checks.look_at(&[0xff, 0xfe]);
        assert!(checks.unmet().unwrap().ends_with("the message was 2 bytes of binary data"));
    }
}
