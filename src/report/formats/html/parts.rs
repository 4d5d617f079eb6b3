//! What every page consists of: the frame, badges, headings, facts.

use crate::report::markup::Markup;
use crate::report::units::rfc3339_seconds;

/// Looks; their colours are those that the reader prefers.
pub(super) const STYLE: &str = include_str!("style.css");

/// How something ended, as a badge shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
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
pub(super) fn page(title: &str, time: std::time::SystemTime, content: impl FnOnce(&mut Markup)) -> String {
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

pub(super) fn pill(page: &mut Markup, mark: Mark, text: &str) {
    page.text_element("span", &[("class", mark.class())], text);
}

/// A heading with a badge in front of it.
pub(super) fn head(page: &mut Markup, level: &str, mark: Mark, word: &str, text: &str) {
    page.element("div", &[("class", "head")], |page| {
        pill(page, mark, word);
        page.text_element(level, &[], text);
    });
}

/// A paragraph that says what happened.
pub(super) fn said(page: &mut Markup, class: &str, text: &str) {
    page.text_element("p", &[("class", class)], text);
}

/// A fact by its name; nothing where it is not known.
pub(super) fn fact(page: &mut Markup, name: &str, value: &str) {
    if !value.is_empty() {
        page.text_element("dt", &[], name);
        page.text_element("dd", &[], value);
    }
}
