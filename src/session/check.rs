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
    /// How close it comes. Closer is greater; only messages for one check are compared.
    rank: usize,
    /// Its number among the messages seen.
    message: u64,
    shortfall: Shortfall,
}

/// Why a message does not meet a check.
#[derive(Clone, Debug)]
enum Shortfall {
    /// In words.
    Reason(String),
    /// It is another text, which begins as this excerpt shows.
    OtherText(String),
}

impl Asked {
    fn look_at(&mut self, number: u64, payload: &[u8]) {
        self.met = match &self.check {
            Check::Text(text) => {
                let rank = likeness(text.as_bytes(), payload);
                if rank > 0 && self.closest.as_ref().is_none_or(|closest| closest.rank <= rank) {
                    let shortfall = Shortfall::OtherText(excerpt(payload));
                    self.closest = Some(Closest { rank, message: number, shortfall });
                }
                payload == text.as_bytes()
            }
            Check::Regex(regex) => std::str::from_utf8(payload).is_ok_and(|text| regex.is_match(text)),
            Check::Json(check) => {
                let (closeness, shortfall) = check.look_at(payload);
                let rank = closeness as usize;
                if self.closest.as_ref().is_none_or(|closest| closest.rank <= rank) {
                    self.closest = shortfall.map(Shortfall::Reason).map(|shortfall| Closest {
                        rank,
                        message: number,
                        shortfall,
                    });
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

/// Checks that were not met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmet {
    /// Each as the user wrote it.
    checks: Vec<String>,
    /// Describes the messages seen instead.
    seen: String,
}

impl Unmet {
    /// The sentence for an error. `within` says in what time, or is empty.
    pub(super) fn told(&self, within: &str) -> String {
        let were = if self.checks.len() == 1 { "was" } else { "were" };
        format!("{} {were} not met{within}: {}", self.checks.join(" and "), self.seen)
    }
}

/// The most of a message that is shown in an error, in characters.
const SHOWN: usize = 200;

/// In a longer text, in bytes, nothing is searched for.
const SEARCHED: usize = 64 * 1024;

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

    /// Counts a message of so many bytes that is too large to be looked at.
    pub fn pass_over(&mut self, len: u64) {
        self.seen += 1;
        self.last = Some(format!("{len} bytes, too large for a check"));
    }

    /// Each check as the user wrote it, and whether it was met.
    pub fn results(&self) -> impl Iterator<Item = (String, bool)> {
        self.all.iter().map(|asked| (asked.check.describe(), asked.met))
    }

    /// Describes the last message, and the one that came closest to the checks that were not met.
    pub fn seen(&self) -> String {
        let closest = self.all.iter().filter(|asked| !asked.met).filter_map(|asked| asked.closest.as_ref());
        closest.fold(self.last_seen(), |seen, Closest { message, shortfall, .. }| match shortfall {
            Shortfall::Reason(why) if self.seen == 1 => format!("{seen}; {why}"),
            Shortfall::Reason(why) => format!("{seen}; in message {message}, {why}"),
            Shortfall::OtherText(_) if *message == self.seen => seen,
            Shortfall::OtherText(text) => format!("{seen}; message {message} comes closest: {text}"),
        })
    }

    fn last_seen(&self) -> String {
        match (&self.last, self.seen) {
            (None, _) => "no message arrived".to_owned(),
            (Some(last), 1) => format!("the message was {last}"),
            (Some(last), count) => format!("of {count} messages the last was {last}"),
        }
    }

    /// Whether every check is met.
    pub fn are_met(&self) -> bool {
        self.all.iter().all(|asked| asked.met)
    }

    /// The checks that were not met, and what was seen instead.
    pub fn unmet(&self) -> Option<Unmet> {
        let checks: Vec<_> = self.results().filter(|(_, met)| !met).map(|(name, _)| name).collect();
        (!checks.is_empty()).then(|| Unmet { checks, seen: self.seen() })
    }
}

/// How much `payload` is like the wanted text: the length of their common beginning, or more if one contains the other.
fn likeness(wanted: &[u8], payload: &[u8]) -> usize {
    let common = wanted.iter().zip(payload).take_while(|(one, other)| one == other).count();
    let (short, long) = if wanted.len() < payload.len() { (wanted, payload) } else { (payload, wanted) };
    let contains = !short.is_empty() && long.len() <= SEARCHED && memchr::memmem::find(long, short).is_some();
    if contains { common + SEARCHED } else { common }
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

    fn unmet(checks: &Checks) -> String {
        checks.unmet().unwrap().told("")
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
        assert_eq!(
            unmet(&checks),
            r#"--expect-json '/s="ok"' was not met: of 4 messages the last was "{\"n\":[1],\"s\":\"no\"}"; in message 4, /s is "no""#
        );
        checks.look_at(br#"{"s":"ok"}"#);
        assert_eq!(checks.unmet(), None);
    }

    #[test]
    fn the_closest_message_is_told() {
        let mut checks = Checks::new(vec![json("/v", "1.3"), json("/w", "[]")]);
        checks.look_at(br#"{"v":"1.3"}"#);
        assert_eq!(
            unmet(&checks),
            "--expect-json '/v=1.3' and --expect-json '/w=[]' were not met: the message was \"{\\\"v\\\":\\\"1.3\\\"}\"; \
             /v is the string \"1.3\", not the number 1.3; there is nothing at /w"
        );
        checks.look_at(br#"{"v":null,"w":[]}"#);
        checks.look_at(b"{}");
        checks.look_at(b"hello");
        assert_eq!(
            unmet(&checks),
            "--expect-json '/v=1.3' was not met: of 4 messages the last was \"hello\"; \
             in message 2, /v is null, not the number 1.3"
        );
        let mut checks = Checks::new(vec![json("", "1")]);
        checks.look_at(b"one");
        let told = unmet(&checks);
        assert!(
            told.ends_with("the message was \"one\"; it is not JSON (expected a value at byte 0)"),
            "{told}"
        );
        checks.look_at(b"\"1\"");
        assert!(unmet(&checks).ends_with("in message 2, it is the string \"1\", not the number 1"));
    }

    #[test]
    fn the_closest_text_is_told_unless_it_is_the_last() {
        let mut checks = Checks::new(vec![Check::Text("login ok".to_owned())]);
        checks.look_at(b"hello");
        assert_eq!(unmet(&checks), "--expect-text 'login ok' was not met: the message was \"hello\"");
        checks.look_at(b"login failed");
        assert!(unmet(&checks).ends_with("of 2 messages the last was \"login failed\""));
        checks.look_at(b"the login ok");
        checks.look_at(b"login of ann");
        let told = unmet(&checks);
        assert!(
            told.ends_with("the last was \"login of ann\"; message 3 comes closest: \"the login ok\""),
            "{told}"
        );
        checks.pass_over(70_000);
        let told = unmet(&checks);
        assert!(
            told.contains("of 5 messages the last was 70000 bytes, too large for a check; message 3"),
            "{told}"
        );
    }

    #[test]
    fn what_was_seen_is_said() {
        let mut checks = Checks::new(vec![Check::Text("x".to_owned())]);
        assert_eq!(unmet(&checks), "--expect-text 'x' was not met: no message arrived");
        checks.look_at(&[0xff, 0xfe]);
        assert!(unmet(&checks).ends_with("the message was 2 bytes of binary data"));
    }
}
