//! JSON Lines.

use std::fmt::Write;

use serde::Serialize;

use super::sanitize;

/// `value` on one line, without its end. Characters that could command a terminal are escaped, which changes nothing in
/// what the text means.
pub(super) fn text(value: &impl Serialize) -> String {
    // Objects of ours have no key that is not a string, which is all that can go wrong.
    let plain = serde_json::to_string(value).unwrap_or_default();
    let mut safe = String::with_capacity(plain.len());
    for c in plain.chars() {
        if sanitize::is_harmless(c) && c != '\u{fffe}' && c != '\u{ffff}' {
            safe.push(c);
        } else {
            // All of them are in the first plane, so that one escape is enough. A String takes everything.
            let _ = write!(safe, "\\u{:04x}", u32::from(c));
        }
    }
    safe
}

/// What both kinds of reports are held to.
#[cfg(test)]
pub(super) mod contract {
    use std::path::Path;
    use std::{env, fs};

    use jsonschema::Validator;
    use schemars::JsonSchema;
    use schemars::generate::SchemaSettings;
    use serde_json::{Value, json};

    /// The committed schema in the file is that of what is written for a `T`. `UPDATE_GENERATED=1` writes it anew.
    pub(in crate::report) fn schema_is_fresh<T: JsonSchema>(file: &str) {
        let schema =
            SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>();
        let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("man").join(file);
        if env::var_os("UPDATE_GENERATED").is_some_and(|value| value == "1") {
            fs::write(&path, &text).unwrap();
        }
        let committed = fs::read_to_string(&path).unwrap();
        assert!(committed == text, "man/{file} is not fresh: UPDATE_GENERATED=1 cargo test generated");
    }

    pub(in crate::report) fn validator(schema: &str) -> Validator {
        jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap()
    }

    /// The object on a line.
    pub(in crate::report) fn object(line: &str) -> Value {
        assert_eq!(line.find('\n'), Some(line.len() - 1), "one line");
        assert!(!line.trim_end().contains(char::is_control));
        serde_json::from_str(line).unwrap()
    }

    pub(in crate::report) fn accepts(validator: &Validator, object: &Value) {
        let errors: Vec<_> = validator.iter_errors(object).map(|err| err.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}");
    }

    /// A good object is refused with any of these values in it, and with a field more or less in any of these objects.
    pub(in crate::report) fn refuses(
        validator: &Validator,
        good: &Value,
        values: &[(&str, Value)],
        objects: &[&str],
    ) {
        for (pointer, value) in values {
            let mut bad = good.clone();
            *bad.pointer_mut(pointer).unwrap() = value.clone();
            assert!(!validator.is_valid(&bad), "{pointer}");
        }
        for pointer in objects {
            let mut bad = good.clone();
            let object = bad.pointer_mut(pointer).unwrap().as_object_mut().unwrap();
            object.insert("other".to_owned(), json!(null));
            assert!(!validator.is_valid(&bad), "a field more in {pointer:?}");
            let mut bad = good.clone();
            let object = bad.pointer_mut(pointer).unwrap().as_object_mut().unwrap();
            let name = object.keys().next().unwrap().clone();
            object.remove(&name);
            assert!(!validator.is_valid(&bad), "without {name} in {pointer:?}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_not_commanded_and_nothing_is_changed() {
        let hostile = "a\u{1b}[2J\u{9b}\u{7f}\u{202e}\r\n\"\\\0\u{ffff}\u{e9}";
        let shown = text(&hostile);
        assert_eq!(shown, "\"a\\u001b[2J\\u009b\\u007f\\u202e\\r\\n\\\"\\\\\\u0000\\uffff\u{e9}\"");
        assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), hostile);
    }
}
