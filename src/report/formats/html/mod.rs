//! A page of HTML for a browser: one file that needs no script and asks for nothing, in light and in dark.
//! The page is well-formed XML, too.

mod chart;
mod echo;
mod parts;
mod probe;

use super::exporter::Exporter;

pub(super) const EXPORTER: Exporter = Exporter::Reports { probes: probe::page, echo_test: echo::page };

#[cfg(test)]
mod tests {
    use quick_xml::Reader;
    use quick_xml::events::Event;

    use crate::error::{Failure, Status};
    use crate::report::echo::EchoReport;
    use crate::report::probe::ProbeReport;
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
            assert!(!super::parts::STYLE.contains("url(") && !super::parts::STYLE.contains("@import"));
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
    fn a_page_says_how_the_load_was_made() {
        let format = ReportFormat::by_name("html").unwrap();
        let page = |report: &EchoReport| format.text(Subject::EchoTest(report), Style::default());
        let ramped = page(&samples::mangled());
        assert!(
            ramped.contains(
                "<dd>100, 99 opened, 97 echoed everything, 16 in flight on each, opened over 10s</dd>"
            ),
            "{ramped}"
        );
        let paced = page(&EchoReport { rate: Some(200.0), ..samples::echoed() });
        assert!(
            paced.contains("<dt>rate</dt><dd>200 a second, timed from when they were due</dd>"),
            "{paced}"
        );
        assert!(paced.contains("<dt>connections</dt><dd>1</dd>"), "{paced}");
    }

    #[test]
    fn beside_rules_there_is_no_advice_how_to_see_the_evidence() {
        let format = ReportFormat::by_name("html").unwrap();
        let advice = "-v shows what was sent and seen";
        let failure = || Some(Failure::new(Status::ExpectationFailed, "1 of 4 rules is broken").hint(advice));
        let page = |report: ProbeReport| format.text(Subject::Probes(&[report]), Style::default());
        assert!(!page(ProbeReport { failure: failure(), ..samples::disappointing() }).contains(advice));
        assert!(page(ProbeReport { failure: failure(), ..samples::refused() }).contains(advice));
    }

    #[test]
    fn text_of_a_server_is_text() {
        for page in pages() {
            assert!(!page.contains("i<j>") && !page.contains('\u{1b}') && !page.contains('\0'));
        }
    }
}
