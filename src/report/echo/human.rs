//! An echo test as a person reads it: the verdict first, then counts, times, and how they are distributed.

use std::time::Duration;

use super::{CompressionReport, EchoReport, histogram};
use crate::echo::{Connections, Content};
use crate::protocol::Kind;
use crate::report::page::{Page, Word};
use crate::report::{Style, units};
use crate::size;

pub(crate) fn text(report: &EchoReport, style: Style) -> String {
    let mut page = Page::new(style);
    verdict(&mut page, report);
    if let Some(difference) = &report.outcome.difference {
        let (connection, message) = (difference.connection, difference.message);
        page.wrap(&format!("difference  connection {connection}, message {message}: {}", difference.what));
    }
    page.list("messages    ", &counts(report));
    page.list("payload     ", &payload(report));
    if let Some(compression) = &report.compression {
        page.list("compressed  ", &compressed(compression));
    }
    connections(&mut page, report);
    round_trip(&mut page, report, style);
    if report.outcome.counts.echoed > 0 && !report.outcome.elapsed.is_zero() {
        page.list("rate        ", &rate(report, style));
    }
    if report.outcome.sizes.len() > 1 {
        page.gap();
        for line in table(report, style) {
            page.cut(&line);
        }
    }
    let lines = histogram::lines(&report.outcome.round_trips, style);
    if !lines.is_empty() {
        page.gap();
        page.cut("round trips");
        for line in lines {
            page.cut(&line);
        }
    }
    page.into_text()
}

fn verdict(page: &mut Page, report: &EchoReport) {
    let server = if report.embedded { " (embedded server)" } else { "" };
    let url = &report.url;
    match &report.outcome.result {
        Ok(()) => page.verdict(Word::Ok, &format!("{url}{server} {}", report.success())),
        Err(failure) => page.verdict(Word::Fail, &format!("{url}{server}: {failure}")),
    }
}

fn counts(report: &EchoReport) -> Vec<String> {
    let counts = &report.outcome.counts;
    let always = [
        (counts.sent, "sent"),
        (counts.echoed, "echoed"),
        (counts.lost, "lost"),
        (counts.corrupted, "corrupted"),
        (counts.out_of_order, "out of order"),
        (counts.duplicated, "duplicated"),
    ];
    let seldom = [(counts.unasked, "unasked"), (counts.skipped, "skipped")];
    let seldom = seldom.into_iter().filter(|(count, _)| *count > 0);
    always.into_iter().chain(seldom).map(|(count, what)| format!("{count} {what}")).collect()
}

fn payload(report: &EchoReport) -> Vec<String> {
    let kind = report.kind;
    let mut all = vec![match (report.sizes.iter().min(), report.sizes.iter().max()) {
        (Some(least), Some(most)) if least != most => format!(
            "{} sizes of {kind} from {} to {}",
            report.sizes.len(),
            units::exact_size(*least),
            units::exact_size(*most)
        ),
        (Some(only), _) => format!("{} of {kind} each", units::exact_size(*only)),
        (None, _) => kind.to_string(),
    }];
    all.extend(match (report.content, kind) {
        (Content::Text, Kind::Text) | (Content::Random, Kind::Binary) => None,
        (Content::Text, Kind::Binary) => Some("of characters".to_owned()),
        (Content::Random, Kind::Text) => Some("of random characters".to_owned()),
        (Content::Zero, _) => Some("of zeros".to_owned()),
    });
    if report.stream {
        all.push("compared as a stream".to_owned());
    }
    all.extend(report.fragment.map(|size| format!("in fragments of {}", units::exact_size(size))));
    all.extend(report.rate.map(|rate| format!("{rate} a second, timed from when they were due")));
    all.extend(report.interval.map(|time| format!("{} apart", humantime::format_duration(time))));
    all.push(format!("seed {}", report.seed));
    all
}

fn compressed(compression: &CompressionReport) -> Vec<String> {
    let CompressionReport { agreed: Some(_), tally } = compression else {
        return vec!["not, for the server does not agree to it".to_owned()];
    };
    let directions = [
        ("sent", tally.bytes_sent, tally.wire_sent),
        ("received", tally.bytes_received, tally.wire_received),
    ];
    let said = |(what, bytes, wire): (&str, u64, u64)| {
        let percent = percent(wire, bytes).map_or(String::new(), |percent| format!(" ({percent:.1} %)"));
        format!("{what} {} as {}{percent}", units::size(bytes), units::size(wire))
    };
    directions.map(said).to_vec()
}

#[allow(clippy::cast_precision_loss)]
fn percent(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 * 100.0 / whole as f64)
}

fn connections(page: &mut Page, report: &EchoReport) {
    let Connections { planned, opened, echoed } = report.outcome.connections;
    if planned == 1 && (report.rate.is_some() || report.in_flight == 1) {
        return;
    }
    let mut all = vec![planned.to_string()];
    if opened < planned || report.outcome.result.is_err() {
        all.extend([format!("{opened} opened"), format!("{echoed} echoed everything")]);
    }
    if report.rate.is_none() {
        all.push(format!("{} in flight on each", report.in_flight));
    }
    all.extend(report.ramp.map(|ramp| format!("opened over {}", humantime::format_duration(ramp))));
    page.list("connections ", &all);
}

fn round_trip(page: &mut Page, report: &EchoReport, style: Style) {
    let times = &report.outcome.round_trips;
    let all = [
        ("min", times.min()),
        ("p50", times.percentile(50.0)),
        ("p90", times.percentile(90.0)),
        ("p99", times.percentile(99.0)),
        ("max", times.max()),
    ];
    let known = all.into_iter().filter_map(|(name, time)| Some((name, time?)));
    let items: Vec<_> =
        known.map(|(name, time)| format!("{name} {}", units::duration(time, style.ascii))).collect();
    if !items.is_empty() {
        page.list("round trip  ", &items);
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn rate(report: &EchoReport, style: Style) -> Vec<String> {
    vec![
        format!("{} messages/s", units::rate(report.messages_per_second())),
        format!("{}/s each way", units::size(report.bytes_per_second().round() as u64)),
        format!("over {}", units::duration(report.outcome.elapsed, style.ascii)),
    ]
}

fn table(report: &EchoReport, style: Style) -> Vec<String> {
    let time =
        |time: Option<Duration>| time.map_or("-".to_owned(), |time| units::duration(time, style.ascii));
    let head = ["size", "sent", "echoed", "p50", "p99", "max"].map(ToOwned::to_owned);
    let rows = report.outcome.sizes.iter().map(|of| {
        let times = &of.round_trips;
        [
            size::exact(of.size),
            of.sent.to_string(),
            of.echoed.to_string(),
            time(times.percentile(50.0)),
            time(times.percentile(99.0)),
            time(times.max()),
        ]
    });
    let rows: Vec<_> = std::iter::once(head).chain(rows).collect();
    let least = if style.width < 66 { [0; 6] } else { [10, 10, 10, 9, 9, 9] };
    let widths: [usize; 6] = std::array::from_fn(|column| {
        rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default().max(least[column])
    });
    let line = |row: &[String; 6]| {
        row.iter().zip(widths).fold(" ".to_owned(), |line, (cell, width)| format!("{line} {cell:>width$}"))
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr;

    use super::*;
    use crate::report::samples;

    fn shown(report: &EchoReport, style: Style) -> String {
        anstream::adapter::strip_str(&text(report, style)).to_string()
    }

    #[test]
    fn all_came_back() {
        let expected = "\
OK    ws://127.0.0.1:33183/ (embedded server) echoed all 10 messages
messages    10 sent, 10 echoed, 0 lost, 0 corrupted, 0 out of order,
            0 duplicated
payload     64 bytes of text each, seed 1
round trip  min 31 \u{b5}s, p50 35 \u{b5}s, p90 50 \u{b5}s, p99 120 \u{b5}s, max 120 \u{b5}s
rate        23474 messages/s, 1.43 MiB/s each way, over 426 \u{b5}s

round trips
     20 \u{b5}s - 40 \u{b5}s     \u{2588}\u{2588}\u{2588}\u{2588}\u{2588}\u{2588}\u{2588}\u{2588}\u{2588}\u{2588}\u{2588}\u{2588}\u{2588}\u{2588}\u{2588}\u{2588}\u{2588}\u{2588}\u{2588}\u{2588}\u{2588}\u{2588}\u{2588}\u{2588}\u{2588}\u{2588}\u{2588}\u{2588}\u{2588}\u{2588}\u{2588}\u{2588} 6
     40 \u{b5}s - 60 \u{b5}s     \u{2588}\u{2588}\u{2588}\u{2588}\u{2588}\u{2588}\u{2588}\u{2588}\u{2588}\u{2588}\u{2588}\u{2588}\u{2588}\u{2588}\u{2588}\u{2588} 3
     60 \u{b5}s - 80 \u{b5}s     0
     80 \u{b5}s - 100 \u{b5}s    0
    100 \u{b5}s - 120 \u{b5}s    \u{2588}\u{2588}\u{2588}\u{2588}\u{2588}\u{258e} 1
";
        assert_eq!(shown(&samples::echoed(), Style::default()), expected);
        assert!(
            text(&samples::echoed(), Style::default()).starts_with("\u{1b}[1m\u{1b}[32mOK\u{1b}[0m    ws:")
        );
    }

    #[test]
    fn everything_went_wrong() {
        let expected = "\
FAIL  wss://echo.example.com/: 1 of 10 messages came back changed: message 3
      differs at byte 12 (0x41 instead of 0x61); 1 message came back twice
difference  connection 1, message 3: byte 12 is 0x41 instead of 0x61
messages    10 sent, 8 echoed, 1 lost, 1 corrupted, 2 out of order,
            1 duplicated, 3 unasked, 2 skipped
payload     3 sizes of binary from 0 bytes to 65537 bytes, of zeros,
            in fragments of 1.00 KiB, 100ms apart, seed 18446744073709551615
compressed  sent 1.00 MiB as 2.00 KiB (0.2 %),
            received 1000 bytes as 333 bytes (33.3 %)
connections 100, 99 opened, 97 echoed everything, 16 in flight on each,
            opened over 10s
round trip  min 31 us, p50 35 us, p90 50 us, p99 120 us, max 120 us
rate        18779 messages/s, 1.43 MiB/s each way, over 426 us

        size       sent     echoed       p50       p99       max
           0          4          4     35 us    120 us    120 us
         125          3          3     35 us    120 us    120 us
       65537          3          1         -         -         -

round trips
     20 us - 40 us     ################################ 6
     40 us - 60 us     ################ 3
     60 us - 80 us     0
     80 us - 100 us    0
    100 us - 120 us    ##### 1
";
        assert_eq!(shown(&samples::mangled(), Style { ascii: true, ..Style::default() }), expected);
    }

    #[test]
    fn nothing_came_to_be() {
        let report = EchoReport { url: "ws://127.0.0.1:9/".to_owned(), in_flight: 1, ..samples::silent() };
        let expected = "\
FAIL  ws://127.0.0.1:9/: cannot connect to 127.0.0.1:9: Connection refused
messages    0 sent, 0 echoed, 0 lost, 0 corrupted, 0 out of order, 0 duplicated
payload     text, seed 1
";
        assert_eq!(shown(&report, Style::default()), expected);
    }

    #[test]
    fn a_stream_is_compared_as_one() {
        let report =
            EchoReport { stream: true, kind: Kind::Binary, content: Content::Random, ..samples::echoed() };
        let text = shown(&report, Style::default());
        assert!(
            text.contains("\npayload     64 bytes of binary each, compared as a stream, seed 1\n"),
            "{text}"
        );
    }

    #[test]
    fn no_text_breaks_the_page() {
        for report in samples::echo_tests() {
            for (terminal, width) in [(false, 80), (true, 50), (true, 200)] {
                let text = shown(&report, Style { verbose: true, terminal, ascii: terminal, width });
                for line in text.split('\n') {
                    assert!(line.width() <= width, "{line:?}");
                    assert!(!terminal || !line.contains(char::is_control), "{line:?}");
                }
            }
        }
    }
}
