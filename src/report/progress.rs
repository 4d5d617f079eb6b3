//! Progress of an upload or download: a bar or a line that is drawn over on a terminal, lines elsewhere.
//! The one file that knows indicatif.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{BinaryBytes, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::console::{shown, write_line};
use crate::stats::Tally;

/// How often a line is written where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(1);

/// See the module.
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
    Terminal(ProgressBar),
    Lines { next: Instant },
}

impl Progress {
    /// Progress of sending `size` bytes, and of receiving.
    pub fn new(size: Option<u64>) -> Self {
        let start = Instant::now();
        let place = if std::io::stderr().is_terminal() {
            let bar = ProgressBar::with_draw_target(size, ProgressDrawTarget::stderr());
            bar.set_style(style(size.is_some()));
            Place::Terminal(bar)
        } else {
            Place::Lines { next: start + LINE_EVERY }
        };
        Self { size, start, last: Tally::default(), place }
    }

    /// The session begins: what it took to open it is no part of the rates.
    #[must_use]
    pub fn begin(mut self) -> Self {
        self.start = Instant::now();
        match &mut self.place {
            Place::Terminal(bar) => {
                bar.reset_elapsed();
                bar.reset_eta();
            }
            Place::Lines { next } => *next = self.start + LINE_EVERY,
        }
        self
    }

    /// Shows the counts.
    pub(super) fn update(&mut self, tally: &Tally) {
        self.last = *tally;
        match &mut self.place {
            Place::Terminal(bar) => {
                let following = self.size.is_none() && tally.bytes_sent == 0;
                bar.set_position(if following { tally.bytes_received } else { tally.bytes_sent });
                bar.set_prefix(if following { "received" } else { "sent" });
                bar.set_message(match tally.bytes_received {
                    0 => String::new(),
                    _ if following => String::new(),
                    received => format!("  received {}", BinaryBytes(received)),
                });
                bar.tick();
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

    /// Writes something above the bar.
    pub(super) fn above(&self, write: impl FnOnce()) {
        match &self.place {
            Place::Terminal(bar) => bar.suspend(write),
            Place::Lines { .. } => write(),
        }
    }

    /// Leaves the last state on the screen.
    pub(super) fn end(self) {
        match self.place {
            Place::Terminal(bar) => bar.abandon(),
            Place::Lines { .. } => write_line(&line(&self.last, self.size, self.start.elapsed())),
        }
    }
}

/// A line of text that is drawn over on a terminal, and gone in the end.
#[derive(Debug)]
pub struct LiveLine(ProgressBar);

impl LiveLine {
    /// A line on standard error, if that is a terminal.
    pub fn on_terminal() -> Option<Self> {
        std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            bar.set_style(
                ProgressStyle::default_spinner().template("{wide_msg}").unwrap_or_else(|_| style(false)),
            );
            Self(bar)
        })
    }

    /// Shows another text.
    pub fn show(&self, text: &str) {
        self.0.set_message(shown(&text.replace(['\r', '\n'], " ")));
        self.0.tick();
    }
}

impl Drop for LiveLine {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

fn style(sized: bool) -> ProgressStyle {
    let template = if sized {
        "{prefix} {binary_bytes}/{binary_total_bytes} [{wide_bar}] {percent}% {binary_bytes_per_sec} {eta}{msg}"
    } else {
        "{spinner} {prefix} {binary_bytes} in {elapsed}, {binary_bytes_per_sec}{msg}"
    };
    ProgressStyle::with_template(template)
        .expect("the template is one of the two above, which a test parses")
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
        style(true);
        style(false);
    }
}
