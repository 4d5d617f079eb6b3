//! The text exposition format of Prometheus: as it is read from a scrape, and from a file by the
//! textfile collector of `node_exporter`.

use std::collections::HashSet;
use std::fmt::Write;

use crate::report::findings::{Findings, MetricFamily, Sample, nth};

/// All metrics; those of one name are together, as the format wants them.
pub(super) fn text(all: &[Findings]) -> String {
    let mut families: Vec<&MetricFamily> = Vec::new();
    for sample in all.iter().flat_map(|findings| &findings.samples) {
        if !families.contains(&sample.family) {
            families.push(sample.family);
        }
    }
    let numbers = nth(all);
    let mut text = String::new();
    for family in families {
        // A String takes everything.
        let _ = writeln!(text, "# HELP {} {}\n# TYPE {} gauge", family.name, family.help, family.name);
        let mut written = HashSet::new();
        for (findings, nth) in all.iter().zip(&numbers) {
            for sample in findings.samples.iter().filter(|sample| sample.family == family) {
                let series = series(sample, &findings.url, *nth);
                // The same value once more, as when an option was given twice.
                if written.insert(series.clone()) {
                    let _ = writeln!(text, "{series} {}", sample.value);
                }
            }
        }
    }
    text
}

fn series(sample: &Sample, url: &str, nth: usize) -> String {
    let mut labels = vec![("url", url.to_owned())];
    labels.extend(sample.labels.clone());
    if nth > 1 {
        labels.push(("nth", nth.to_string()));
    }
    let labels: Vec<_> =
        labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
    format!("{}{{{}}}", sample.family.name, labels.join(","))
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::report::samples;

    type Labels = BTreeMap<String, String>;

    /// Reads the text as strictly as the format is described: the samples of each metric.
    fn read(text: &str) -> BTreeMap<String, Vec<(Labels, f64)>> {
        let mut metrics = BTreeMap::new();
        let mut lines = text.split_terminator('\n').peekable();
        while let Some(help) = lines.next() {
            let (name, what) = help.strip_prefix("# HELP ").unwrap().split_once(' ').unwrap();
            assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{name}");
            assert!(!what.contains('\\'));
            assert_eq!(lines.next(), Some(&format!("# TYPE {name} gauge")[..]));
            let mut samples: Vec<(Labels, f64)> = Vec::new();
            while let Some(line) = lines.next_if(|line| !line.starts_with('#')) {
                let rest = line.strip_prefix(name).unwrap().strip_prefix('{').unwrap();
                let (labels, value) = labels(rest);
                assert!(samples.iter().all(|(other, _)| *other != labels), "twice: {line}");
                samples.push((labels, value.strip_prefix(' ').unwrap().parse().unwrap()));
            }
            assert!(!samples.is_empty(), "{name} has no sample");
            assert!(metrics.insert(name.to_owned(), samples).is_none(), "{name} comes twice");
        }
        metrics
    }

    /// The labels up to the closing brace, and what follows it.
    fn labels(text: &str) -> (Labels, &str) {
        let (mut labels, mut rest) = (Labels::new(), text);
        loop {
            let (name, after) = rest.split_once("=\"").unwrap();
            assert!(name.chars().all(|c| c.is_ascii_lowercase()), "{name}");
            let (mut value, mut chars) = (String::new(), after.chars());
            loop {
                match chars.next().unwrap() {
                    '"' => break,
                    '\\' => value.push(match chars.next().unwrap() {
                        'n' => '\n',
                        c @ ('\\' | '"') => c,
                        c => panic!("\\{c}"),
                    }),
                    c => value.push(c),
                }
            }
            assert!(labels.insert(name.to_owned(), value).is_none());
            rest = chars.as_str();
            match rest.split_at(1) {
                (",", more) => rest = more,
                ("}", more) => return (labels, more),
                other => panic!("{other:?}"),
            }
        }
    }

    fn value(metrics: &BTreeMap<String, Vec<(Labels, f64)>>, name: &str, labels: &[(&str, &str)]) -> f64 {
        let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        metrics[name].iter().find(|(found, _)| *found == labels).expect("a sample").1
    }

    #[test]
    #[allow(clippy::float_cmp)]
    fn a_probe_in_metrics() {
        let metrics = read(&text(&[Findings::from(&samples::up()), Findings::from(&samples::refused())]));
        let (up, refused) = (("url", "wss://example.com/chat"), ("url", "ws://127.0.0.1:9/"));
        assert_eq!(value(&metrics, "wsurl_probe_success", &[up]), 1.0);
        assert_eq!(value(&metrics, "wsurl_probe_success", &[refused]), 0.0);
        assert_eq!(value(&metrics, "wsurl_probe_duration_seconds", &[up]), 0.0791);
        assert_eq!(value(&metrics, "wsurl_probe_timestamp_seconds", &[up]), 1_760_000_000.25);
        assert_eq!(value(&metrics, "wsurl_probe_phase_duration_seconds", &[up, ("phase", "tls")]), 0.0189);
        assert_eq!(value(&metrics, "wsurl_probe_http_status_code", &[up]), 101.0);
        assert_eq!(value(&metrics, "wsurl_probe_http_status_code", &[refused]), 0.0);
        let not_after = "wsurl_probe_certificate_not_after_timestamp_seconds";
        assert_eq!(value(&metrics, not_after, &[up]), 1_763_660_000.0);
        assert_eq!(metrics[not_after].len(), 1);
        assert_eq!(
            value(&metrics, "wsurl_probe_assertion_holds", &[up, ("assertion", "--min-cert-days 14")]),
            1.0
        );
        assert_eq!(value(&metrics, "wsurl_probe_conformance_rules", &[up, ("verdict", "pass")]), 1.0);
        assert_eq!(
            value(&metrics, "wsurl_probe_conformance_rules", &[up, ("verdict", "not-applicable")]),
            0.0
        );
    }

    #[test]
    #[allow(clippy::float_cmp)]
    fn an_echo_test_in_metrics() {
        let text = text(&[Findings::from(&samples::mangled())]);
        assert!(text.starts_with(
            "# HELP wsurl_echo_success Whether every message came back as it was.\n\
             # TYPE wsurl_echo_success gauge\n\
             wsurl_echo_success{url=\"wss://echo.example.com/\"} 0\n"
        ));
        let metrics = read(&text);
        let url = ("url", "wss://echo.example.com/");
        let outcomes =
            [("sent", 10.0), ("echoed", 8.0), ("lost", 1.0), ("out_of_order", 2.0), ("unasked", 3.0)];
        for (outcome, count) in outcomes {
            assert_eq!(value(&metrics, "wsurl_echo_messages", &[url, ("outcome", outcome)]), count);
        }
        for (quantile, seconds) in [("0", 31e-6), ("0.5", 35.007e-6), ("1", 120e-6)] {
            let labels = [url, ("quantile", quantile)];
            assert_eq!(value(&metrics, "wsurl_echo_round_trip_seconds", &labels), seconds);
        }
    }

    #[test]
    fn every_report_is_read_back_and_a_url_given_twice_told_apart() {
        for all in samples::findings() {
            let metrics = read(&text(&all));
            for (_, samples) in metrics {
                for (labels, _) in samples {
                    assert!(all.iter().any(|findings| findings.url == labels["url"]), "{labels:?}");
                }
            }
        }
        let hostile = || Findings::from(&samples::hostile());
        let metrics = read(&text(&[hostile(), hostile(), hostile()]));
        let nth: Vec<_> =
            metrics["wsurl_probe_success"].iter().map(|(labels, _)| labels.get("nth")).collect();
        assert_eq!(nth, [None, Some(&"2".to_owned()), Some(&"3".to_owned())]);
    }
}
