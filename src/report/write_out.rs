//! `-w`: text with the names of values, printed after the session.

use serde_json::Value;

use super::record::Record;

/// The names, with what they mean.
pub const NAMES: &[(&str, &str)] = &[
    ("time_namelookup", "the host name was resolved"),
    ("time_connect", "the TCP connection was open"),
    ("time_proxy", "the proxy had opened the way to the server"),
    ("time_appconnect", "the TLS handshake was done"),
    ("time_handshake", "the opening handshake was done"),
    ("time_first_message", "the first message was complete"),
    ("time_total", "everything was done"),
    ("http_code", "the status code of the answer to the upgrade; 0 when there was none"),
    ("remote_ip", "the server's address"),
    ("remote_port", "the server's port"),
    ("local_ip", "our address"),
    ("local_port", "our port"),
    ("scheme", "ws or wss"),
    ("url_effective", "the URL, without a credential"),
    ("subprotocol", "the subprotocol that the server chose"),
    ("extensions", "the extensions that the server chose"),
    ("num_redirects", "redirects that were followed"),
    ("num_retries", "tries after the first"),
    ("tls_version", "the version of TLS"),
    ("tls_cipher", "the cipher suite, by its IANA name"),
    ("cert_subject", "the subject of the server's certificate"),
    ("cert_issuer", "the issuer of the server's certificate"),
    ("cert_days_left", "days until the server's certificate expires"),
    ("messages_sent", "messages sent"),
    ("messages_received", "messages received"),
    ("size_upload", "bytes of payload sent"),
    ("size_download", "bytes of payload received"),
    ("speed_upload", "bytes of payload sent a second"),
    ("speed_download", "bytes of payload received a second"),
    ("sha256_upload", "the SHA-256 of what was sent (stream --digest)"),
    ("sha256_download", "the SHA-256 of what was received (stream --digest)"),
    ("close_code", "the server's close code; 1005 for none"),
    ("close_reason", "the server's close reason"),
    ("closed_by", "who sent the first Close: client or server"),
    ("exitcode", "the exit code"),
    ("status", "success, or the name of the failure"),
    ("errormsg", "the error message"),
    ("json", "all of these as one JSON object"),
];

/// A format that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Name(&'static str),
    Stderr,
    Stdout,
}

impl Template {
    /// Reads a format: `%{name}`, `%%`, `\n`, `\r`, `\t`.
    ///
    /// # Errors
    /// A name that does not exist.
    pub fn parse(format: &str) -> Result<Self, String> {
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
        Ok(Self(parts))
    }

    /// What goes to standard output, and what to standard error.
    pub fn render(&self, record: &Record<'_>) -> (String, String) {
        let mut streams = [String::new(), String::new()];
        let mut to = 0;
        for part in &self.0 {
            match part {
                Part::Text(text) => streams[to].push_str(text),
                Part::Name("json") => streams[to].push_str(&record.all().to_string()),
                Part::Name(name) => streams[to].push_str(&plain(&record.value(name))),
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
        _ => match NAMES.iter().find(|(known, _)| *known == name) {
            Some((known, _)) => Ok(Part::Name(known)),
            None => Err(format!(
                "%{{{name}}} is not known; write %{{http_code}} or %{{json}} (the man page lists all)"
            )),
        },
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
            endpoint: &endpoint,
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
        for (name, _) in NAMES.iter().filter(|(name, _)| *name != "json") {
            assert!(all.get(name).is_some(), "{name}");
        }
    }

    #[test]
    fn a_name_that_does_not_exist_is_refused() {
        assert!(Template::parse("%{htp_code}").unwrap_err().contains("%{http_code}"));
        assert!(Template::parse("%{http_code").unwrap_err().contains("without }"));
    }
}
