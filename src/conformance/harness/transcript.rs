//! The evidence of one rule: what was sent and received, as lines. Pure.

use std::fmt::Write;

use crate::secret::REDACTED;

/// The most bytes that are shown of what is sent or seen at once.
const SHOWN_BYTES: usize = 32;

/// The most lines of one rule: a server may talk without end.
const MAX_LINES: usize = 200;

#[derive(Debug, Default)]
pub(crate) struct Transcript {
    lines: Vec<String>,
    secrets: Vec<String>,
}

impl Transcript {
    /// An empty transcript that does not show these.
    pub(crate) fn without(secrets: Vec<String>) -> Self {
        Self { lines: Vec::new(), secrets }
    }

    /// Bytes as they are shown: not those that hold a secret.
    pub(crate) fn shown(&self, bytes: &[u8]) -> String {
        let holds = |secret: &String| bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        if self.secrets.iter().any(holds) {
            format!("{REDACTED} ({} bytes)", bytes.len())
        } else {
            hex(bytes)
        }
    }

    pub(crate) fn sent(&mut self, bytes: &[u8]) {
        self.push(format!("> {}", hex(bytes)));
    }

    pub(crate) fn seen(&mut self, bytes: &[u8]) {
        self.push(format!("< {}", self.shown(bytes)));
    }

    pub(crate) fn sent_lines<'a>(&mut self, lines: impl IntoIterator<Item = &'a str>) {
        lines.into_iter().for_each(|line| self.push(format!("> {line}")));
    }

    pub(crate) fn seen_lines<'a>(&mut self, lines: impl IntoIterator<Item = &'a str>) {
        lines.into_iter().for_each(|line| self.push(format!("< {line}")));
    }

    /// A line that is not bytes.
    pub(crate) fn note(&mut self, text: &str) {
        self.push(format!("* {text}"));
    }

    /// Takes the lines out.
    pub(crate) fn take(&mut self) -> Vec<String> {
        std::mem::take(&mut self.lines)
    }

    fn push(&mut self, line: String) {
        if self.lines.len() < MAX_LINES {
            self.lines.push(line);
        } else if self.lines.len() == MAX_LINES {
            self.lines.push("* and more".to_owned());
        }
    }
}

/// `88 02 03 ea`, and for more than is shown the number of all bytes.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in &bytes[..bytes.len().min(SHOWN_BYTES)] {
        let gap = if text.is_empty() { "" } else { " " };
        let _ = write!(text, "{gap}{byte:02x}");
    }
    if bytes.len() > SHOWN_BYTES {
        let _ = write!(text, " ... ({} bytes)", bytes.len());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_shown_in_hex_and_not_all_of_them() {
        assert_eq!(hex(&[0x88, 2, 3, 0xEA]), "88 02 03 ea");
        let long = hex(&vec![0xAB; 70_000]);
        assert_eq!(long, format!("{} ... (70000 bytes)", ["ab"; 32].join(" ")));
        assert!(!hex(&[1; 32]).contains("bytes"));
    }

    #[test]
    fn secrets_are_not_shown() {
        let mut transcript = Transcript::without(vec!["sesame".to_owned()]);
        transcript.seen(b"\x81\x0aopensesame");
        transcript.seen(b"\x81\x00");
        assert_eq!(transcript.take(), ["< (redacted) (12 bytes)", "< 81 00"]);
    }

    #[test]
    fn a_talkative_server_does_not_fill_the_memory() {
        let mut transcript = Transcript::default();
        transcript.sent(b"\x89\x00");
        (0..1000).for_each(|_| transcript.seen(b"\x89\x00"));
        transcript.note("closed");
        let lines = transcript.take();
        assert_eq!((lines.len(), &*lines[0], &*lines[1]), (MAX_LINES + 1, "> 89 00", "< 89 00"));
        assert_eq!(lines[MAX_LINES], "* and more");
        assert!(transcript.take().is_empty());
    }
}
