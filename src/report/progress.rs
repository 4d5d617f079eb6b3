//! Progress of an upload or download: on a terminal a bar or a line that is redrawn, elsewhere lines.
//! The one file that knows indicatif.

use std::cell::Cell;
use std::fmt::Write;
use std::io::IsTerminal;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::console::{IS_ASCII, shown, write_line};
use super::lane::{self, Picture};
use super::page::fill;
use super::terminal::columns;
use super::units;
use crate::stats::Tally;

/// How often a line is written without a terminal.
const LINE_EVERY: Duration = Duration::from_secs(1);

/// What is drawn of something whose size is known: with a bar, without one, and in a very narrow terminal.
const SHARE: Templates = [BAR, "{prefix} {done}/{total} {percent}% {rate}", "{prefix} {done} {percent}%"];

const BAR: &str = "{prefix} {done}/{total} [{wide_bar}] {percent}% {rate} {eta}{msg}";

/// What is drawn of something whose size is not known.
const COUNT: Templates = [
    "{spinner} {prefix} {done} in {elapsed}, {rate}{msg}",
    "{spinner} {prefix} {done} in {elapsed}, {rate}",
    "{prefix} {done}",
];

/// For terminals of at least [`WIDE`] columns, for those of at least [`NARROW`], and for others.
type Templates = [&'static str; 3];

/// The columns that a bar with all its numbers needs, those of the other direction too.
const WIDE: usize = 70;

/// The columns that the numbers of one direction need.
const NARROW: usize = 42;

/// The indent of the second line of a sum.
const CONTINUED: usize = 2;

/// Any text.
const TEXT: &str = "{wide_msg}";

/// Shows the progress of a session.
#[derive(Debug)]
pub struct Progress {
    /// Bytes to send, where that is known.
    size: Option<u64>,
    start: Instant,
    last: Tally,
    place: Place,
}

#[derive(Debug)]
enum Place {
    /// The bar reads the counts when it is drawn.
    Terminal(Arc<Mutex<Tally>>),
    Lines {
        next: Instant,
    },
}

impl Progress {
    /// Progress of sending `size` bytes, and of receiving. Shows nothing before [`Progress::begin`].
    pub fn new(size: Option<u64>) -> Self {
        let start = Instant::now();
        let place = if std::io::stderr().is_terminal() {
            Place::Terminal(Arc::default())
        } else {
            Place::Lines { next: start + LINE_EVERY }
        };
        Self { size, start, last: Tally::default(), place }
    }

    /// Starts the clock of the rates, when the session begins.
    #[must_use]
    pub fn begin(mut self) -> Self {
        self.start = Instant::now();
        match &mut self.place {
            Place::Terminal(tally) => lane::show(Box::new(bar(self.size, Arc::clone(tally)))),
            Place::Lines { next } => *next = self.start + LINE_EVERY,
        }
        self
    }

    /// Shows the counts.
    pub(super) fn update(&mut self, tally: &Tally) {
        self.last = *tally;
        match &mut self.place {
            Place::Terminal(shown) => {
                *lock(shown) = *tally;
                lane::redraw();
            }
            Place::Lines { next } => {
                let now = Instant::now();
                if now >= *next {
                    *next = now + LINE_EVERY;
                    write_line(&line(tally, self.size, now - self.start));
                }
            }
        }
    }

    /// Ends with a line that sums up. `ending` says how the session ended: `closed 1000`.
    pub(super) fn end(self, ending: &str) {
        let elapsed = self.start.elapsed();
        match self.place {
            Place::Terminal(_) => {
                lane::end_picture();
                write_line(&fitted(&summary(&self.last, self.size, elapsed, ending), columns()));
            }
            Place::Lines { .. } => write_line(&line(&self.last, self.size, elapsed)),
        }
    }
}

/// A line of text that is redrawn on a terminal, and removed in the end.
#[derive(Debug)]
pub struct LiveLine(Arc<Mutex<String>>);

impl LiveLine {
    /// A line on standard error, if that is a terminal.
    pub fn on_terminal() -> Option<Self> {
        std::io::stderr().is_terminal().then(|| {
            let text = Arc::new(Mutex::new(String::new()));
            let shown = Arc::clone(&text);
            lane::show(Box::new(Drawing {
                bar: new_bar(None, TEXT),
                update: Box::new(move |bar| bar.set_message(lock(&shown).clone())),
            }));
            Self(text)
        })
    }

    /// Shows another text.
    pub fn show(&self, text: &str) {
        *lock(&self.0) = shown(&text.replace(['\r', '\n'], " "));
        lane::redraw();
    }
}

impl Drop for LiveLine {
    fn drop(&mut self) {
        lane::end_picture();
    }
}

/// A picture for the lane: a bar of indicatif, which writes to standard error itself.
struct Drawing {
    bar: ProgressBar,
    /// Brings the bar up to date.
    update: Box<dyn Fn(&ProgressBar) + Send>,
}

impl Picture for Drawing {
    fn draw(&mut self) {
        (self.update)(&self.bar);
        self.bar.tick();
    }

    fn above(&mut self, write: &mut dyn FnMut()) {
        self.bar.suspend(write);
    }

    fn yields_to_data(&self) -> bool {
        true
    }

    fn end(self: Box<Self>) {
        self.bar.finish_and_clear();
    }
}

fn bar(size: Option<u64>, tally: Arc<Mutex<Tally>>) -> Drawing {
    let templates = if size.is_some() { SHARE } else { COUNT };
    let styled_as = Cell::new(fitting(templates, columns()));
    let bar = new_bar(size, styled_as.get());
    let update = move |bar: &ProgressBar| {
        let tally = *lock(&tally);
        let following = size.is_none() && tally.bytes_sent == 0;
        bar.set_position(if following { tally.bytes_received } else { tally.bytes_sent });
        bar.set_prefix(if following { "received" } else { "sent" });
        bar.set_message(match tally.bytes_received {
            0 => String::new(),
            _ if following => String::new(),
            received => format!("  received {}", units::size(received)),
        });
        let template = fitting(templates, columns());
        if styled_as.replace(template) != template {
            bar.set_style(style(template));
        }
    };
    Drawing { bar, update: Box::new(update) }
}

/// The template that fits into so many columns.
fn fitting([wide, narrow, least]: Templates, columns: usize) -> &'static str {
    match columns {
        WIDE.. => wide,
        NARROW.. => narrow,
        _ => least,
    }
}

fn new_bar(size: Option<u64>, template: &str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(size, ProgressDrawTarget::stderr());
    bar.set_style(style(template));
    bar
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn style(template: &str) -> ProgressStyle {
    let bytes = |of: fn(&ProgressState) -> u64| {
        move |state: &ProgressState, out: &mut dyn Write| {
            // Writing to the buffer of a line cannot fail.
            let _ = out.write_str(&units::size(of(state)));
        }
    };
    ProgressStyle::with_template(template)
        .expect("the templates are constants, which a test parses")
        .with_key("done", bytes(ProgressState::pos))
        .with_key("total", bytes(|state| state.len().unwrap_or_default()))
        .with_key("rate", |state: &ProgressState, out: &mut dyn Write| {
            let _ = write!(out, "{}/s", units::size(whole(state.per_sec())));
        })
        .progress_chars("=> ")
        .tick_chars("|/-\\ ")
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // saturates, which is right
fn whole(rate: f64) -> u64 {
    rate.round() as u64
}

/// The bytes in a second, as people read them.
fn rate(bytes: u64, elapsed: Duration) -> String {
    let per_second = u128::from(bytes) * 1_000_000 / elapsed.as_micros().max(1);
    format!("{}/s", units::size(u64::try_from(per_second).unwrap_or(u64::MAX)))
}

/// The last line, in parts between which it may be broken: `sent 2.00 GiB in 19.2 s (107 MiB/s), closed 1000`.
fn summary(tally: &Tally, size: Option<u64>, elapsed: Duration, ending: &str) -> Vec<String> {
    let sent = match size {
        Some(size) if tally.bytes_sent < size => {
            format!("{} of {}", units::size(tally.bytes_sent), units::size(size))
        }
        Some(_) | None => units::size(tally.bytes_sent),
    };
    let received = units::size(tally.bytes_received);
    let (up, down) = (rate(tally.bytes_sent, elapsed), rate(tally.bytes_received, elapsed));
    let time = units::duration(elapsed, *IS_ASCII);
    match (tally.bytes_sent, tally.bytes_received) {
        (_, 0) => vec![format!("sent {sent} in {time} ({up}),"), ending.to_owned()],
        (0, _) if size.is_none() => {
            vec![format!("received {received} in {time} ({down}),"), ending.to_owned()]
        }
        _ => vec![
            format!("sent {sent} ({up}),"),
            format!("received {received} ({down})"),
            format!("in {time}, {ending}"),
        ],
    }
}

/// The parts in lines of at most so many columns, if each part fits into one.
fn fitted(parts: &[String], columns: usize) -> String {
    fill(parts.iter().map(String::as_str), " ", CONTINUED, columns)
}

fn line(tally: &Tally, size: Option<u64>, elapsed: Duration) -> String {
    let of = match size {
        Some(size) => format!(" of {} ({}%)", units::size(size), tally.bytes_sent * 100 / size.max(1)),
        None => String::new(),
    };
    format!(
        "sent {}{of} at {}, received {} at {}, after {}",
        units::size(tally.bytes_sent),
        rate(tally.bytes_sent, elapsed),
        units::size(tally.bytes_received),
        rate(tally.bytes_received, elapsed),
        units::duration(elapsed, *IS_ASCII)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_share_and_rate() {
        let tally = Tally { bytes_sent: 1 << 20, bytes_received: 512, ..Tally::default() };
        assert_eq!(
            line(&tally, Some(4 << 20), Duration::from_secs(2)),
            "sent 1.00 MiB of 4.00 MiB (25%) at 512 KiB/s, received 512 bytes at 256 bytes/s, after 2.00 s"
        );
    }

    #[test]
    fn the_last_line_says_what_was_moved_and_how_it_ended() {
        let told = |sent, received, size, ending| {
            let tally = Tally { bytes_sent: sent, bytes_received: received, ..Tally::default() };
            fitted(&summary(&tally, size, Duration::from_secs(2), ending), 80)
        };
        let gib = 1 << 30;
        assert_eq!(
            told(gib, 0, Some(gib), "closed 1000"),
            "sent 1.00 GiB in 2.00 s (512 MiB/s), closed 1000"
        );
        assert_eq!(
            told(gib, 0, Some(4 * gib), "interrupted"),
            "sent 1.00 GiB of 4.00 GiB in 2.00 s (512 MiB/s), interrupted"
        );
        assert_eq!(told(0, gib, None, "closed 1001"), "received 1.00 GiB in 2.00 s (512 MiB/s), closed 1001");
        assert_eq!(
            told(2, 2048, None, "closed 1000"),
            "sent 2 bytes (1 byte/s), received 2.00 KiB (1.00 KiB/s) in 2.00 s, closed 1000"
        );
    }

    #[test]
    fn the_last_line_is_broken_where_the_terminal_is_narrower() {
        let tally = Tally { bytes_sent: 3_000_000, bytes_received: 3_000_000, ..Tally::default() };
        let parts = summary(&tally, Some(4_000_000), Duration::from_millis(2860), "closed 1000");
        assert_eq!(
            fitted(&parts, 80),
            "sent 2.86 MiB of 3.81 MiB (1.00 MiB/s), received 2.86 MiB (1.00 MiB/s)\n  in 2.86 s, closed 1000"
        );
        assert_eq!(
            fitted(&parts, 50),
            "sent 2.86 MiB of 3.81 MiB (1.00 MiB/s),\n  received 2.86 MiB (1.00 MiB/s)\n  in 2.86 s, closed 1000"
        );
        for columns in 20..100 {
            assert!(fitted(&parts, columns).lines().all(|line| line.len() <= columns), "{columns}");
        }
    }

    #[test]
    fn the_templates_are_valid() {
        SHARE.into_iter().chain(COUNT).chain([TEXT]).for_each(|template| drop(style(template)));
    }
}
