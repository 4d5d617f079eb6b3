//! The display of a running echo test: the trace, and one line that is redrawn.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::echo::{Echo, Live};
use crate::protocol::FrameHeader;
use crate::report::progress::LiveLine;
use crate::report::{self, Trace, units};
use crate::session::{Direction, Observer};
use crate::stats::Tally;

/// How often the line is drawn.
const TICK: Duration = Duration::from_millis(100);

/// The line, which all sessions of a test update.
pub(super) struct Panel {
    pub(super) line: LiveLine,
    pub(super) live: Live,
    /// Messages of all connections, if their number is limited.
    pub(super) planned: Option<u64>,
    /// Whether units keep to ASCII, as in the report.
    pub(super) ascii: bool,
    pub(super) drawn: Cell<Option<Instant>>,
}

impl Panel {
    fn draw(&self) {
        let now = Instant::now();
        if self.drawn.get().is_some_and(|drawn| now - drawn < TICK) {
            return;
        }
        self.drawn.set(Some(now));
        let (echoed, elapsed) = (self.live.counts().echoed, self.live.elapsed());
        let of = self.planned.map_or(String::new(), |planned| format!(" of {planned}"));
        let rate = units::rate(units::per_second(echoed, elapsed));
        let median = self
            .live
            .median()
            .map_or(String::new(), |time| format!(", p50 {}", units::duration(time, self.ascii)));
        self.line.show(&format!("{echoed}{of} echoed, {rate} messages/s{median}"));
    }
}

/// Prints a line about one echo, as ping does.
pub(super) fn tell(target: &str, connections: usize, echo: Echo) {
    let Echo { connection, message, size, time } = echo;
    let of = if connections == 1 { String::new() } else { format!(" connection={connection}") };
    let milliseconds = time.as_secs_f64() * 1000.0;
    report::reply(&format!("{size} bytes from {target}:{of} message={message} time={milliseconds:.3} ms"));
}

/// Watches one session.
pub(super) struct Watch {
    pub(super) trace: Trace,
    pub(super) panel: Option<Rc<Panel>>,
}

impl Observer for Watch {
    fn wants_frames(&self) -> bool {
        self.trace.wants_frames()
    }

    fn frame(&mut self, direction: Direction, header: &FrameHeader, preview: &[u8]) {
        self.trace.frame(direction, header, preview);
    }

    fn note(&mut self, text: &str) {
        Observer::note(&mut self.trace, text);
    }

    fn interval(&self) -> Option<Duration> {
        self.panel.as_ref().map(|_| TICK)
    }

    fn tick(&mut self, _: &Tally) {
        if let Some(panel) = &self.panel {
            panel.draw();
        }
    }
}
