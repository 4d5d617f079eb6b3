//! `--expect-json`: a value that a message has to hold at a JSON pointer (RFC 6901).

use std::fmt;

use serde_json::Value;

use super::json_match::{Found, find};

/// The most of a value that is shown in an error, in characters.
const SHOWN: usize = 200;

/// A value, and where it is expected.
#[derive(Clone, Debug)]
pub struct JsonCheck {
    pointer: String,
    /// The reference tokens of the pointer.
    path: Vec<String>,
    value: Value,
}

impl JsonCheck {
    /// Expects `value` at `pointer`: such as `/user/id`, or empty for the whole message.
    pub fn new(pointer: &str, value: Value) -> Self {
        let unescape = |token: &str| token.replace("~1", "/").replace("~0", "~");
        let path = pointer.split('/').skip(1).map(unescape).collect();
        Self { pointer: pointer.to_owned(), path, value }
    }

    /// How close the message comes, and why it does not meet the check.
    pub(super) fn look_at(&self, payload: &[u8]) -> (Closeness, Option<String>) {
        match find(payload, &self.path, &self.value) {
            Ok(Found::Expected) => (Closeness::Met, None),
            Ok(Found::Other(value)) => (Closeness::OtherValue, Some(self.difference(value))),
            Ok(Found::Nothing) => (Closeness::NoValue, Some(format!("there is nothing at {}", self.pointer))),
            Err(err) => (Closeness::NotJson, Some(format!("it is not JSON ({err})"))),
        }
    }

    /// Why `value`, as it stands in the message, is not the expected one. Where only the types differ, as in `"1.3"` and
    /// `1.3`, it has to name them.
    fn difference(&self, value: &[u8]) -> String {
        let place = if self.path.is_empty() { "it" } else { &self.pointer };
        let (found, wanted) = (Type::of_text(value), Type::of(&self.value));
        let value = excerpt(value);
        if found == wanted {
            return format!("{place} is {value}");
        }
        format!(
            "{place} is {}, not {}",
            found.name(&value),
            wanted.name(&excerpt(&self.value.to_string().into_bytes()))
        )
    }
}

impl fmt::Display for JsonCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.pointer, self.value)
    }
}

/// How close a message comes to a check. Closer is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Closeness {
    NotJson,
    NoValue,
    OtherValue,
    Met,
}

/// The types of JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    Null,
    Bool,
    Number,
    String,
    Array,
    Object,
}

impl Type {
    fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Bool,
            Value::Number(_) => Self::Number,
            Value::String(_) => Self::String,
            Value::Array(_) => Self::Array,
            Value::Object(_) => Self::Object,
        }
    }

    /// The type of a value as it stands in JSON.
    fn of_text(value: &[u8]) -> Self {
        match value.first() {
            Some(b'n') => Self::Null,
            Some(b't' | b'f') => Self::Bool,
            Some(b'"') => Self::String,
            Some(b'[') => Self::Array,
            Some(b'{') => Self::Object,
            _ => Self::Number,
        }
    }

    fn name(self, value: &str) -> String {
        match self {
            Self::Null | Self::Bool => value.to_owned(),
            Self::Number => format!("the number {value}"),
            Self::String => format!("the string {value}"),
            Self::Array => format!("the array {value}"),
            Self::Object => format!("the object {value}"),
        }
    }
}

/// The beginning of a value, in one line.
fn excerpt(value: &[u8]) -> String {
    // A character has at most four bytes.
    let text = String::from_utf8_lossy(&value[..value.len().min(4 * SHOWN)]);
    let shown = text.chars().take(SHOWN).map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
    if value.len() > shown.len() { format!("{shown}...") } else { shown }
}
