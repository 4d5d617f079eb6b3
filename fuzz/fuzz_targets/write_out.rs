//! The format of `-w`: what is accepted can be rendered, and text without names comes out as it is.
#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use wsurl::net::Facts;
use wsurl::report::Record;
use wsurl::report::write_out::Template;
use wsurl::stats::Tally;

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let Ok(template) = Template::parse_format(&text) else {
        assert!(text.contains("%{"));
        return;
    };
    let facts = Facts::start();
    let record = Record {
        endpoint: None,
        facts: &facts,
        tally: Tally::default(),
        total: Duration::from_millis(1500),
        close: None,
        digests: [None, None],
        failure: None,
    };
    let (out, err) = template.render(&record);
    assert!(err.is_empty() || text.contains("%{stderr}"));
    if !text.contains('%') && !text.contains('\\') {
        assert_eq!(out, text);
    }
});
