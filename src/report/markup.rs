//! Writes XML, and HTML that is well-formed XML, element by element: what is opened is closed, and text is escaped.

use std::fmt::Write;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

/// A document that grows. Writing to memory does not fail, so no method does.
pub(super) struct Markup(Writer<Vec<u8>>);

/// Names and values of attributes.
pub(super) type Attributes<'a> = &'a [(&'a str, &'a str)];

impl Markup {
    /// A document whose elements are indented. White space between elements has no meaning in it.
    pub(super) fn xml() -> Self {
        let mut document = Self(Writer::new_with_indent(Vec::new(), b' ', 4));
        document.event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)));
        document
    }

    /// A page of HTML 5, in the spelling that an XML parser reads, too.
    pub(super) fn html() -> Self {
        let mut document = Self(Writer::new(Vec::new()));
        document.event(Event::DocType(BytesText::from_escaped("html")));
        document
    }

    /// An element with content.
    pub(super) fn element(
        &mut self,
        name: &str,
        attributes: Attributes<'_>,
        content: impl FnOnce(&mut Self),
    ) {
        self.event(Event::Start(start(name, attributes)));
        content(self);
        self.event(Event::End(BytesEnd::new(name)));
    }

    /// An element that holds nothing but text.
    pub(super) fn text_element(&mut self, name: &str, attributes: Attributes<'_>, text: &str) {
        self.element(name, attributes, |element| element.text(text));
    }

    /// An element that never has content: `<br/>`, or a shape of SVG.
    pub(super) fn empty(&mut self, name: &str, attributes: Attributes<'_>) {
        self.event(Event::Empty(start(name, attributes)));
    }

    /// An element of HTML whose content is not escaped: it must not hold `<` or `&`.
    pub(super) fn raw_element(&mut self, name: &str, content: &str) {
        self.element(name, &[], |element| element.event(Event::Text(BytesText::from_escaped(content))));
    }

    pub(super) fn text(&mut self, text: &str) {
        let text = printable(text);
        self.event(Event::Text(BytesText::new(&text)));
    }

    pub(super) fn finish(self) -> String {
        // It consists of strings.
        let text = String::from_utf8(self.0.into_inner()).unwrap_or_default();
        if text.ends_with('\n') { text } else { text + "\n" }
    }

    fn event(&mut self, event: Event<'_>) {
        // A vector takes everything.
        let _ = self.0.write_event(event);
    }
}

fn start<'a>(name: &'a str, attributes: Attributes<'_>) -> BytesStart<'a> {
    let mut start = BytesStart::new(name);
    for (name, value) in attributes {
        start.push_attribute((*name, &printable(value)[..]));
    }
    start
}

/// Shows what XML has no way to write (XML 1.0 §2.2).
fn printable(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            // A parser would make a line feed of it.
            '\r' => {}
            '\n' => safe.push(c),
            '\t' => safe.push(' '),
            // A String takes everything.
            '\u{fffe}' | '\u{ffff}' => drop(write!(safe, "{}", c.escape_unicode())),
            c if c.is_control() => drop(write!(safe, "{}", c.escape_default())),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_and_what_cannot_be_written_is_shown() {
        let mut page = Markup::html();
        page.element("p", &[("title", "a\"<b>&\u{1}")], |page| {
            page.text("x<y>&z\u{1b}[1m\r\n");
            page.empty("br", &[]);
            page.text_element("b", &[], "");
        });
        assert_eq!(
            page.finish(),
            "<!DOCTYPE html><p title=\"a&quot;&lt;b&gt;&amp;\\u{1}\">x&lt;y&gt;&amp;z\\u{1b}[1m\n<br/><b></b></p>\n"
        );
    }
}
