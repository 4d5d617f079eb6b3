//! Readers of the reports that monitoring systems take: each refuses what such a system would, and says why.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;
use serde_json::Value;

pub fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a good pattern")
}

/// The entry of a human report that begins with `start`, on one line however it was folded: at most 80 columns, and
/// continued after so many blanks.
#[track_caller]
pub fn unfolded(text: &str, start: &str, indent: usize) -> String {
    let mut lines = text.lines().skip_while(|line| !line.starts_with(start));
    let first = lines.next().unwrap_or_else(|| panic!("no line begins with {start:?}:\n{text}"));
    let more = lines.map_while(|line| line.strip_prefix(&" ".repeat(indent)));
    more.take_while(|line| !line.starts_with(' ')).fold(first.to_owned(), |entry, line| entry + " " + line)
}

/// The first entry of a human report.
#[track_caller]
pub fn verdict(text: &str) -> String {
    assert_narrow(text.lines().next().unwrap_or_default());
    unfolded(text, "", 6)
}

/// What became of the messages of an echo test.
#[track_caller]
pub fn counts(text: &str) -> String {
    unfolded(text, "messages    ", 12).split_off(12)
}

/// Requires every line to fit a terminal.
#[track_caller]
pub fn assert_narrow(text: &str) {
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{} columns: {line}", line.chars().count());
    }
}

/// JSON Lines: an object a line.
#[track_caller]
pub fn json_lines(text: &str) -> Vec<Value> {
    assert!(text.is_empty() || text.ends_with('\n'), "the last line has no end: {text}");
    let parse =
        |line: &str| serde_json::from_str(line).unwrap_or_else(|why| panic!("no JSON: {why}: {line}"));
    text.lines().map(parse).collect()
}

/// The only object.
#[track_caller]
pub fn json(text: &str) -> Value {
    let mut lines = json_lines(text);
    assert_eq!(lines.len(), 1, "{text}");
    lines.remove(0)
}

/// Requires the object to have these fields and no others.
#[track_caller]
pub fn assert_fields(object: &Value, fields: &[&str]) {
    let object = object.as_object().unwrap_or_else(|| panic!("no object: {object}"));
    let names: BTreeSet<_> = object.keys().map(String::as_str).collect();
    assert_eq!(names, fields.iter().copied().collect());
}

/// A test point of TAP.
#[derive(Debug)]
pub struct Point {
    pub ok: bool,
    pub description: String,
    pub skipped: bool,
    /// The YAML block below it.
    pub diagnosis: String,
}

/// TAP version 14: plan and numbers have to be right, and YAML blocks to be closed.
#[track_caller]
pub fn tap(text: &str) -> Vec<Point> {
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("TAP version 14"), "{text}");
    let plan = lines.next().and_then(|plan| plan.strip_prefix("1..")).expect("a plan").parse();
    let line = regex(r"^(not )?ok (\d+) - (.*?)( # SKIP .+)?$");
    let mut points: Vec<Point> = Vec::new();
    let mut in_block = false;
    for text in lines {
        if let Some(found) = line.captures(text) {
            assert!(!in_block, "a block is open: {text}");
            assert_eq!(found[2].parse(), Ok(points.len() + 1), "{text}");
            let (description, skipped) = (found[3].to_owned(), found.get(4).is_some());
            assert!(!regex(r"(^|[^\\])#").is_match(&description), "a bare # in {description}");
            let ok = found.get(1).is_none();
            points.push(Point { ok, description, skipped, diagnosis: String::new() });
            continue;
        }
        let diagnosis = &mut points.last_mut().expect("a point").diagnosis;
        match text {
            "  ---" => in_block = true,
            "  ..." => in_block = false,
            _ => {
                assert!(in_block && text.starts_with("  "), "no line of TAP: {text:?}");
                diagnosis.push_str(text);
            }
        }
    }
    assert!(!in_block, "a block is not closed");
    assert_eq!(plan, Ok(points.len()), "{text}");
    points
}

/// Samples of Prometheus by their series, in the order in which they came: `name{label="value",...}`.
pub struct Metrics(Vec<(String, BTreeMap<String, String>, f64)>);

impl Metrics {
    /// Reads the text format. Each family has to stand together, below its HELP and its TYPE, which is gauge.
    #[track_caller]
    pub fn parse(text: &str) -> Self {
        assert!(text.ends_with('\n'), "the last line has no end: {text}");
        let note = regex(r"^# (HELP|TYPE) ([a-z_:][a-z0-9_:]*) (.+)$");
        let sample = regex(r#"^([a-z_:][a-z0-9_:]*)\{((?:[a-z_]\w*="(?:[^"\\]|\\[\\n"])*",?)*)\} (\S+)$"#);
        let label = regex(r#"([a-z_]\w*)="((?:[^"\\]|\\[\\n"])*)""#);
        let (mut notes, mut all, mut series) = (Vec::new(), Vec::new(), BTreeSet::new());
        for line in text.lines() {
            if let Some(found) = note.captures(line) {
                let told = (found[1].to_owned(), found[2].to_owned());
                assert!(!notes.contains(&told), "twice: {line}");
                assert!(&found[1] == "HELP" || &found[3] == "gauge", "{line}");
                notes.push(told);
                continue;
            }
            let found = sample.captures(line).unwrap_or_else(|| panic!("no sample: {line}"));
            let name = found[1].to_owned();
            let family = [("HELP".to_owned(), name.clone()), ("TYPE".to_owned(), name.clone())];
            assert!(notes.ends_with(&family), "not below its HELP and TYPE: {line}");
            assert!(series.insert(line.rsplit_once(' ').map(|(series, _)| series.to_owned())), "{line}");
            let labels = label.captures_iter(&found[2]);
            let labels = labels.map(|found| (found[1].to_owned(), found[2].to_owned())).collect();
            all.push((name, labels, found[3].parse().expect("a number")));
        }
        Self(all)
    }

    /// The value of the only sample of this name that has these labels.
    #[track_caller]
    pub fn get(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let has = |have: &BTreeMap<String, String>| {
            labels.iter().all(|(label, value)| have.get(*label).is_some_and(|has| has == value))
        };
        let found: Vec<_> = self.0.iter().filter(|(known, have, _)| known == name && has(have)).collect();
        assert_eq!(found.len(), 1, "{name} {labels:?}: {found:?}");
        found[0].2
    }

    /// The values of a label in the samples of this name.
    pub fn labels(&self, name: &str, label: &str) -> Vec<Option<&str>> {
        let ours = self.0.iter().filter(|(known, ..)| known == name);
        ours.map(|(_, labels, _)| labels.get(label).map(String::as_str)).collect()
    }
}

/// The output of a monitoring plugin: what stands before the performance data, the data, each well-formed, and the lines
/// below.
#[track_caller]
pub fn nagios_lines(text: &str) -> (String, Vec<String>, Vec<&str>) {
    assert!(text.len() < 4096, "{} bytes", text.len());
    let text = text.strip_suffix('\n').expect("an end of the line");
    assert!(!text.contains('\r'), "{text:?}");
    let mut lines = text.lines();
    let line = lines.next().expect("a line");
    let more: Vec<_> = lines.collect();
    assert!(more.iter().all(|line| !line.contains('|') && !line.is_empty()), "{more:?}");
    let (status, data) = line.split_once(" | ").unwrap_or((line, ""));
    // From the guidelines: 'label'=value[UOM];[warn];[crit];[min];[max], with blanks only in quoted labels.
    let datum = r"(?:'[^'=]+'|[^\s'=]+)=-?[0-9.]+(?:s|us|ms|%|B|c)?(?:;[0-9.:~@]*){0,4}";
    let whole = regex(&format!("^({datum}( {datum})*)?$"));
    assert!(whole.is_match(data) && !data.contains('|'), "no performance data: {data}");
    (status.to_owned(), regex(datum).find_iter(data).map(|found| found.as_str().to_owned()).collect(), more)
}

/// The same of a plugin that has only one line to say.
#[track_caller]
pub fn nagios(text: &str) -> (String, Vec<String>) {
    let (status, data, more) = nagios_lines(text);
    assert!(more.is_empty(), "more than one line: {text:?}");
    (status, data)
}

#[test]
fn a_good_point_of_each_kind_is_read() {
    let points = tap(
        "TAP version 14\n1..3\nok 1 - a\nnot ok 2 - b \\# c\n  ---\n  message: \"x\"\n  ...\nok 3 - d # SKIP e\n",
    );
    let told: Vec<_> = points.iter().map(|point| (point.ok, &*point.description, point.skipped)).collect();
    assert_eq!(told, [(true, "a", false), (false, "b \\# c", false), (true, "d", true)]);
    assert_eq!(points[1].diagnosis, "  message: \"x\"");
}

#[test]
fn metrics_are_read_with_their_labels() {
    let metrics = Metrics::parse("# HELP a b c\n# TYPE a gauge\na{x=\"1\",y=\"\\\"\"} 2\na{x=\"2\"} 3e-5\n");
    assert!((metrics.get("a", &[("x", "2")]) - 3e-5).abs() < 1e-12);
    assert_eq!(metrics.labels("a", "y"), [Some("\\\""), None]);
}

#[test]
#[should_panic(expected = "not below its HELP")]
fn a_family_that_is_torn_apart_is_refused() {
    Metrics::parse("# HELP a b\n# TYPE a gauge\n# HELP b b\n# TYPE b gauge\na{x=\"1\"} 1\n");
}

#[test]
fn performance_data_may_have_labels_with_blanks() {
    let (status, data) = nagios("WSURL OK - fine | 'a b'=1.5s;1;2;0 c=3;14:;;\n");
    assert_eq!((status.as_str(), data.len()), ("WSURL OK - fine", 2));
}
