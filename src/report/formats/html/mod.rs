//! A page of HTML for a browser: one file that needs no script and asks for nothing, in light and in dark.
//! The page is well-formed XML, too.

mod chart;
mod echo;
mod probe;

use super::exporter::Exporter;
use crate::report::markup::Markup;
use crate::report::units::rfc3339_seconds;

pub(super) const EXPORTER: Exporter = Exporter::Reports { probes: probe::page, echo_test: echo::page };

/// Looks; their colours are those that the reader prefers.
const STYLE: &str = include_str!("style.css");

/// How something ended, as a badge shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    Ok,
    Warn,
    Fail,
    /// Neither good nor bad.
    None,
}

impl Mark {
    fn class(self) -> &'static str {
        match self {
            Self::Ok => "pill ok",
            Self::Warn => "pill warn",
            Self::Fail => "pill fail",
            Self::None => "pill",
        }
    }
}

/// A whole page. `time` is when the run began.
fn page(title: &str, time: std::time::SystemTime, content: impl FnOnce(&mut Markup)) -> String {
    let mut page = Markup::html();
    page.element("html", &[("lang", "en")], |page| {
        page.element("head", &[], |page| {
            page.empty("meta", &[("charset", "utf-8")]);
            page.empty("meta", &[("name", "viewport"), ("content", "width=device-width, initial-scale=1")]);
            // Nothing is loaded, whatever a server may have put into the texts.
            let policy = "default-src 'none'; style-src 'unsafe-inline'";
            page.empty("meta", &[("http-equiv", "Content-Security-Policy"), ("content", policy)]);
            page.text_element("title", &[], title);
            page.raw_element("style", STYLE);
        });
        page.element("body", &[], |page| {
            content(page);
            page.element("footer", &[], |page| {
                let since = time.duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_secs();
                let time = rfc3339_seconds(i64::try_from(since).unwrap_or(i64::MAX)).replace('T', " ");
                let time = time.trim_end_matches('Z');
                page.text(&format!("wsurl {}, {time} UTC", env!("CARGO_PKG_VERSION")));
            });
        });
    });
    page.finish()
}

fn pill(page: &mut Markup, mark: Mark, text: &str) {
    page.text_element("span", &[("class", mark.class())], text);
}

/// A heading with a badge in front of it.
fn head(page: &mut Markup, level: &str, mark: Mark, word: &str, text: &str) {
    page.element("div", &[("class", "head")], |page| {
        pill(page, mark, word);
        page.text_element(level, &[], text);
    });
}

/// A paragraph that says what happened.
fn said(page: &mut Markup, class: &str, text: &str) {
    page.text_element("p", &[("class", class)], text);
}

/// A fact by its name; nothing where it is not known.
fn fact(page: &mut Markup, name: &str, value: &str) {
    if !value.is_empty() {
        page.text_element("dt", &[], name);
        page.text_element("dd", &[], value);
    }
}

#[cfg(test)]
mod tests {
    use quick_xml::Reader;
    use quick_xml::events::Event;

    use crate::report::{ReportFormat, Style, Subject, samples};

    fn pages() -> Vec<String> {
        let format = ReportFormat::by_name("html").unwrap();
        let probes = samples::probes();
        let mut pages = vec![format.text(Subject::Probes(&probes), Style::default())];
        pages.extend(
            probes
                .iter()
                .map(|report| format.text(Subject::Probes(std::slice::from_ref(report)), Style::default())),
        );
        pages.extend(
            samples::echo_tests()
                .iter()
                .map(|report| format.text(Subject::EchoTest(report), Style::default())),
        );
        pages
    }

    #[test]
    fn every_page_is_well_formed_and_asks_for_nothing() {
        for page in pages() {
            let mut reader = Reader::from_str(&page);
            reader.config_mut().check_end_names = true;
            let mut open = 0_i32;
            loop {
                match reader.read_event().unwrap() {
                    Event::Start(element) => {
                        assert_inert(&element);
                        open += 1;
                    }
                    Event::Empty(element) => assert_inert(&element),
                    Event::End(_) => open -= 1,
                    Event::Eof => break,
                    _ => {}
                }
            }
            assert_eq!(open, 0);
            assert!(!super::STYLE.contains("url(") && !super::STYLE.contains("@import"));
        }
    }

    /// No element that loads or runs something; links stay on the page.
    fn assert_inert(element: &quick_xml::events::BytesStart<'_>) {
        const KNOWN: &str = "html head meta title style body header footer div section h1 h2 h3 p span b a br table thead tbody \
                             tr th td dl dt dd pre code details summary figure svg line rect path text";
        let name = String::from_utf8(element.name().as_ref().to_vec()).unwrap();
        assert!(KNOWN.split_whitespace().any(|known| known == name), "<{name}>");
        for attribute in element.attributes() {
            let attribute = attribute.unwrap();
            let key = String::from_utf8(attribute.key.as_ref().to_vec()).unwrap();
            let value = String::from_utf8(attribute.value.to_vec()).unwrap();
            assert!(!key.starts_with("on") && key != "src" && key != "xlink:href", "{key}");
            assert!(key != "href" || value.starts_with('#'), "{value}");
            assert!(key != "style" || !value.contains("url"), "{value}");
        }
    }

    #[test]
    fn text_of_a_server_is_text() {
        for page in pages() {
            assert!(!page.contains("i<j>") && !page.contains('\u{1b}') && !page.contains('\0'));
        }
    }
}
