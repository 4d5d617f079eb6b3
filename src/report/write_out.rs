//! `-w`: text with names, which are replaced by their values after the session.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::names::Name;
use super::record::Record;

/// A format with known names only, or a file that holds one.
#[derive(Clone, Debug)]
pub struct Template {
    parts: Vec<Part>,
    file: Option<PathBuf>,
}

#[derive(Clone, Debug)]
enum Part {
    Text(String),
    Name(&'static Name),
    Stderr,
    Stdout,
}

impl Template {
    /// Reads the value of `-w`: a format, or `@FILE`.
    ///
    /// # Errors
    /// An unknown name.
    pub fn parse(value: &str) -> Result<Self, String> {
        match value.strip_prefix('@') {
            Some("") => Err("no file is named after @; write @format.txt".to_owned()),
            Some(path) => Ok(Self { parts: Vec::new(), file: Some(path.into()) }),
            None => Self::parse_format(value),
        }
    }

    /// The file of `@FILE`, whose content is for [`Template::parse_format`].
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Reads a format: `%{name}`, `%%`, `\n`, `\r`, `\t`.
    ///
    /// # Errors
    /// An unknown name.
    pub fn parse_format(format: &str) -> Result<Self, String> {
        let (mut parts, mut text) = (Vec::new(), String::new());
        let mut rest = format;
        while let Some(c) = rest.chars().next() {
            if let Some(after) = rest.strip_prefix("%{") {
                let (name, after) = after.split_once('}').ok_or("%{ without }; write %{http_code}\\n")?;
                parts.push(Part::Text(std::mem::take(&mut text)));
                parts.push(part(name)?);
                rest = after;
                continue;
            }
            let two = rest.get(..2);
            let (seen, length) = match two {
                Some("%%") => ('%', 2),
                Some("\\n") => ('\n', 2),
                Some("\\r") => ('\r', 2),
                Some("\\t") => ('\t', 2),
                Some("\\\\") => ('\\', 2),
                _ => (c, c.len_utf8()),
            };
            text.push(seen);
            rest = &rest[length..];
        }
        parts.push(Part::Text(text));
        Ok(Self { parts, file: None })
    }

    /// The texts for standard output and standard error.
    pub fn render(&self, record: &Record<'_>) -> (String, String) {
        let mut streams = [String::new(), String::new()];
        let mut to = 0;
        for part in &self.parts {
            match part {
                Part::Text(text) => streams[to].push_str(text),
                Part::Name(name) => match (name.value)(record) {
                    Value::Null => streams[to].push_str(name.missing),
                    value => streams[to].push_str(&plain(&value)),
                },
                Part::Stderr => to = 1,
                Part::Stdout => to = 0,
            }
        }
        streams.into()
    }
}

fn part(name: &str) -> Result<Part, String> {
    match name {
        "stderr" => Ok(Part::Stderr),
        "stdout" => Ok(Part::Stdout),
        _ => Name::find(name).map(Part::Name).ok_or_else(|| {
            format!("%{{{name}}} is not known; write %{{http_code}} or %{{json}} (the man page lists all)")
        }),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_f64() => format!("{:.6}", number.as_f64().unwrap_or_default()),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::Endpoint;
    use crate::net::Facts;
    use crate::stats::Tally;

    #[test]
    fn names_text_and_streams() {
        let endpoint = Endpoint::parse("ws://me:pw@h:1/x").unwrap();
        let facts = Facts::start();
        let record = Record {
            endpoint: Some(&endpoint),
            facts: &facts,
            tally: Tally { messages_sent: 2, ..Tally::default() },
            total: std::time::Duration::from_millis(1500),
            close: None,
            digests: [None, None],
            failure: None,
        };
        let template =
            Template::parse("100%% \\t%{messages_sent}\\n%{stderr}%{url_effective} [%{subprotocol}]")
                .unwrap();
        assert_eq!(template.render(&record), ("100% \t2\n".to_owned(), "ws://h:1/x []".to_owned()));
        assert_eq!(Template::parse("%{time_total}").unwrap().render(&record).0, "1.500000");
        let all: Value =
            serde_json::from_str(&Template::parse("%{json}").unwrap().render(&record).0).unwrap();
        assert_eq!((&all["messages_sent"], &all["status"]), (&2.into(), &"success".into()));
    }

    #[test]
    fn a_name_that_does_not_exist_is_refused() {
        assert!(Template::parse("%{htp_code}").unwrap_err().contains("%{http_code}"));
        assert!(Template::parse("%{http_code").unwrap_err().contains("without }"));
        assert!(Template::parse("@").unwrap_err().contains("@format.txt"));
    }

    #[test]
    fn a_format_may_be_in_a_file() {
        assert_eq!(Template::parse("@a/b").unwrap().file(), Some(Path::new("a/b")));
        assert_eq!(Template::parse("a@b").unwrap().file(), None);
        assert!(Template::parse_format("@b").unwrap().file().is_none());
    }
}
