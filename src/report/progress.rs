//! Progress of an upload or download: on a terminal a bar or a line that is redrawn, elsewhere lines.
//! The one file that knows indicatif.

use std::io::IsTerminal;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{BinaryBytes, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::console::{shown, write_line};
use super::lane::{self, Picture};
use crate::stats::Tally;

/// How often a line is written without a terminal.
const LINE_EVERY: Duration = Duration::from_secs(1);

/// A bar of something whose size is known.
const SHARE: &str =
    "{prefix} {binary_bytes}/{binary_total_bytes} [{wide_bar}] {percent}% {binary_bytes_per_sec} {eta}{msg}";

/// A line about something whose size is not known.
const COUNT: &str = "{spinner} {prefix} {binary_bytes} in {elapsed}, {binary_bytes_per_sec}{msg}";

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

    /// Leaves the last state on the screen.
    pub(super) fn end(self) {
        match self.place {
            Place::Terminal(_) => lane::end_picture(),
            Place::Lines { .. } => write_line(&line(&self.last, self.size, self.start.elapsed())),
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
                stays: false,
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
    /// Whether it stays on the screen in the end.
    stays: bool,
}

impl Picture for Drawing {
    fn draw(&mut self) {
        (self.update)(&self.bar);
        self.bar.tick();
    }

    fn above(&mut self, write: &mut dyn FnMut()) {
        self.bar.suspend(write);
    }

    fn end(self: Box<Self>) {
        if self.stays {
            (self.update)(&self.bar);
            self.bar.abandon();
        } else {
            self.bar.finish_and_clear();
        }
    }
}

fn bar(size: Option<u64>, tally: Arc<Mutex<Tally>>) -> Drawing {
    let update = move |bar: &ProgressBar| {
        let tally = *lock(&tally);
        let following = size.is_none() && tally.bytes_sent == 0;
        bar.set_position(if following { tally.bytes_received } else { tally.bytes_sent });
        bar.set_prefix(if following { "received" } else { "sent" });
        bar.set_message(match tally.bytes_received {
            0 => String::new(),
            _ if following => String::new(),
            received => format!("  received {}", BinaryBytes(received)),
        });
    };
    Drawing {
        bar: new_bar(size, if size.is_some() { SHARE } else { COUNT }),
        update: Box::new(update),
        stays: true,
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
    ProgressStyle::with_template(template)
        .expect("the templates are constants, which a test parses")
        .progress_chars("=> ")
        .tick_chars("|/-\\ ")
}

fn line(tally: &Tally, size: Option<u64>, elapsed: Duration) -> String {
    let rate = |bytes: u64| {
        BinaryBytes(u64::try_from(u128::from(bytes) * 1000 / elapsed.as_millis().max(1)).unwrap_or(u64::MAX))
    };
    let of = match size {
        Some(size) => format!(" of {} ({}%)", BinaryBytes(size), tally.bytes_sent * 100 / size.max(1)),
        None => String::new(),
    };
    format!(
        "sent {}{of} at {}/s, received {} at {}/s, after {}",
        BinaryBytes(tally.bytes_sent),
        rate(tally.bytes_sent),
        BinaryBytes(tally.bytes_received),
        rate(tally.bytes_received),
        HumanDuration(elapsed)
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
            "sent 1.00 MiB of 4.00 MiB (25%) at 512.00 KiB/s, received 512 B at 256 B/s, after 2 seconds"
        );
    }

    #[test]
    fn the_templates_are_valid() {
        for template in [SHARE, COUNT, TEXT] {
            style(template);
        }
    }
}
