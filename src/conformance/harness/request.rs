//! The text of an upgrade request, taken apart so that a rule can break it. Pure.

use crate::secret::{shown_header, shown_reference};

#[derive(Clone, Debug)]
pub(crate) struct Request {
    start: String,
    fields: Vec<(String, String)>,
}

impl Request {
    /// Parses the request of `net::upgrade`.
    pub(crate) fn parse(text: &str) -> Self {
        let mut lines = text.split("\r\n").take_while(|line| !line.is_empty());
        let start = lines.next().unwrap_or_default().to_owned();
        let fields = lines.filter_map(|line| line.split_once(':'));
        let fields = fields.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect();
        Self { start, fields }
    }

    /// Replaces GET.
    pub(crate) fn method(&mut self, method: &str) {
        if let Some((_, rest)) = self.start.split_once(' ') {
            self.start = format!("{method} {rest}");
        }
    }

    /// Replaces HTTP/1.1.
    pub(crate) fn version(&mut self, version: &str) {
        if let Some((rest, _)) = self.start.rsplit_once(' ') {
            self.start = format!("{rest} {version}");
        }
    }

    /// Removes all fields of this name.
    pub(crate) fn remove(&mut self, name: &str) {
        self.fields.retain(|(field, _)| !field.eq_ignore_ascii_case(name));
    }

    /// Sets the field to this value, in its place if it exists.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        let place = self.fields.iter().position(|(field, _)| field.eq_ignore_ascii_case(name));
        let field = place.map_or_else(|| name.to_owned(), |place| self.fields[place].0.clone());
        self.remove(name);
        self.fields.insert(place.unwrap_or(self.fields.len()), (field, value.to_owned()));
    }

    /// Changes the case of all field names.
    pub(crate) fn rename(&mut self, spelled: fn(&str) -> String) {
        for (name, _) in &mut self.fields {
            *name = spelled(name);
        }
    }

    /// The fields in their order.
    pub(crate) fn fields(&self) -> &[(String, String)] {
        &self.fields
    }

    /// Path and query.
    pub(crate) fn target(&self) -> &str {
        self.start.split(' ').nth(1).unwrap_or_default()
    }

    /// Replaces the query; an empty one is removed.
    pub(crate) fn query(&mut self, query: &str) {
        let [method, target, version] = self.start.splitn(3, ' ').collect::<Vec<_>>()[..] else { return };
        let path = target.split('?').next().unwrap_or_default();
        let mark = if query.is_empty() { "" } else { "?" };
        self.start = format!("{method} {path}{mark}{query} {version}");
    }

    /// Whether there is such a field.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|(field, _)| field.eq_ignore_ascii_case(name))
    }

    /// The text to send.
    pub(crate) fn text(&self) -> String {
        let fields = self.fields.iter().map(|(name, value)| format!("{name}: {value}\r\n"));
        format!("{}\r\n{}\r\n", self.start, fields.collect::<String>())
    }

    /// The text for display, without secrets.
    pub(crate) fn shown(&self) -> Vec<String> {
        let start = self.start.split(' ').map(shown_reference).collect::<Vec<_>>().join(" ");
        let fields = self.fields.iter().map(|(name, value)| shown_header(name, value));
        std::iter::once(start).chain(fields).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDINARY: &str = "GET /a?b HTTP/1.1\r\nHost: [::1]:9\r\nUpgrade: websocket\r\nCookie: a=b\r\n\r\n";

    #[test]
    fn an_unchanged_request_is_as_it_was() {
        assert_eq!(Request::parse(ORDINARY).text(), ORDINARY);
    }

    #[test]
    fn every_part_can_be_changed() {
        let mut request = Request::parse(ORDINARY);
        request.method("POST");
        request.version("HTTP/1.0");
        request.set("upgrade", "h2c");
        request.set("X-A", "1");
        request.remove("HOST");
        assert!(request.has("x-a") && !request.has("host"));
        request.rename(str::to_ascii_uppercase);
        assert_eq!(request.text(), "POST /a?b HTTP/1.0\r\nUPGRADE: h2c\r\nCOOKIE: a=b\r\nX-A: 1\r\n\r\n");
    }

    #[test]
    fn secrets_are_sent_and_not_shown() {
        let shown = Request::parse(ORDINARY).shown();
        assert_eq!(shown[0], "GET /a?b HTTP/1.1");
        assert_eq!(shown[3], "Cookie: (redacted)");
    }
}
