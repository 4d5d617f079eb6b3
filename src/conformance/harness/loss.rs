//! What a rule comes to, and which rule a server did not survive. A rule that fails because nothing came in time is tried a second time
//! with more time: a server may be slow. After a rule whose last connection was lost, or not answered, an ordinary request shows
//! whether the server is still there. If it is not, the rule is tried a second time when the server has come back: a server may
//! have been restarted just then for another reason.

use std::thread;
use std::time::Duration;

use super::judgement::{Judgement, Stop};
use super::upgrade_reply::UpgradeReply;
use super::{Attempt, FLAG, Harness};
use crate::conformance::finding::Verdict;
use crate::deadline::Deadline;
use crate::error::Status;

/// The pause before a server that was lost is looked for again.
const PAUSE: Duration = Duration::from_millis(100);

/// What an attempt came to: the judgement and its evidence.
pub(crate) type Judgements = (Judgement, Vec<String>);

/// What a rule came to.
pub(crate) struct Attempted {
    pub(crate) judged: Judgements,
    /// Another judgement of the rule before, which the server did not survive.
    pub(crate) revised: Option<Judgements>,
}

/// Whether the server answers requests.
enum Presence {
    Alive,
    Lost(Absence),
}

/// Why the server does not answer.
struct Absence {
    why: String,
    /// It takes connections, and says nothing: it may be slow.
    is_silent: bool,
}

impl Presence {
    fn lost(why: String) -> Self {
        Self::Lost(Absence { why, is_silent: false })
    }

    fn silent(why: String) -> Self {
        Self::Lost(Absence { why, is_silent: true })
    }
}

/// How many times as long a server is awaited that says nothing.
const SILENCE: u32 = 3;

/// Whether a server that was lost is there again.
enum Comeback {
    After(Duration),
    Never,
}

impl Harness<'_> {
    /// Tries a rule; `None` when the user interrupts.
    pub(crate) fn attempt(&mut self, rule: &'static str, attempt: Attempt) -> Option<Attempted> {
        let was_reached = self.was_reached;
        let mut judged = self.once(rule, attempt)?;
        let nothing_came = self.recorder.nothing_came;
        let mut revised = None;
        if self.connections == 0 && was_reached && self.gone.is_none() && !self.recorder.is_alive {
            // Not one connection of this rule was made: it was another rule that the server did not survive.
            let previous = self.previous;
            if let (Presence::Lost(absence), Some((rule, attempt))) = (self.presence()?, previous) {
                revised = Some(self.lost(rule, attempt, Vec::new(), &absence)?);
            }
            judged = self.once(rule, attempt)?;
        }
        if self.connections > 0
            && !self.recorder.is_alive
            && let Presence::Lost(absence) = self.presence()?
        {
            judged = self.lost(rule, attempt, judged.1, &absence)?;
        } else if nothing_came && judged.0.verdict == Verdict::Fail && self.second_looks > 0 {
            judged = self.second_look(rule, attempt)?;
        }
        self.previous = Some((rule, attempt));
        Some(Attempted { judged, revised })
    }

    /// Has a look at the server after the current rule, even if its connection ended in order.
    pub(crate) fn doubts_presence(&mut self) {
        self.recorder.is_alive = false;
    }

    /// Tries a rule again, with more time for each reaction.
    fn second_look(&mut self, rule: &'static str, attempt: Attempt) -> Option<Judgements> {
        self.recorder.pace.look_again(true);
        let judged = self.once(rule, attempt);
        self.recorder.pace.look_again(false);
        let judged = judged?;
        // One that helps is followed by others.
        self.second_looks -= u32::from(judged.0.verdict == Verdict::Fail);
        Some(judged)
    }

    fn once(&mut self, rule: &'static str, attempt: Attempt) -> Option<Judgements> {
        self.recorder.rule = rule;
        self.recorder.is_alive = true;
        self.recorder.nothing_came = false;
        self.connections = 0;
        self.recorder.end = Some(self.limit());
        let judged = attempt(self);
        self.recorder.end = None;
        self.offer = None;
        match judged {
            Ok(judgement) | Err(Stop::Judged(judgement)) => {
                Some((judgement, self.recorder.transcript.take()))
            }
            Err(Stop::Interrupted) => None,
        }
    }

    /// The judgement of a rule after which the server is gone.
    fn lost(
        &mut self,
        rule: &'static str,
        attempt: Attempt,
        mut evidence: Vec<String>,
        absence: &Absence,
    ) -> Option<Judgements> {
        let why = &absence.why;
        evidence.push(format!("* the server is gone: {why}"));
        let comeback = self.time_to_come_back(absence);
        let Comeback::After(away) = self.comeback(comeback)? else {
            self.gone =
                Some(format!("the server was lost after {rule}, and was not back within {comeback:?}"));
            let seen = format!("the server was lost: {why}; not back within {comeback:?}");
            return Some((Judgement::fail(seen), evidence));
        };
        evidence.push(format!("* the server is back after {away:.1?}; once more"));
        let (_, again) = self.once(rule, attempt)?;
        evidence.extend(again);
        let Presence::Lost(absence) = self.presence()? else {
            let seen = format!("the server was lost once after it, but not a second time: {why}");
            return Some((Judgement::inconclusive(seen), evidence));
        };
        let why = &absence.why;
        evidence.push(format!("* the server is gone: {why}"));
        let comeback = self.time_to_come_back(&absence);
        let returned = if let Comeback::After(away) = self.comeback(comeback)? {
            if absence.is_silent {
                let seen =
                    format!("the server was slow after it, twice: {why}; it answered {away:.1?} later");
                return Some((Judgement::inconclusive(seen), evidence));
            }
            format!("back after {away:.1?}")
        } else {
            self.gone = Some(format!("the server was lost after {rule}, and did not come back"));
            format!("not back within {comeback:?}")
        };
        Some((Judgement::fail(format!("the server was lost, twice: {why}; {returned}")), evidence))
    }

    /// Whether the server answers an ordinary request; `None` when the user interrupts.
    fn presence(&mut self) -> Option<Presence> {
        match self.present()? {
            // One failure may be chance, but nobody refuses connections who listens.
            (Presence::Lost(_), false) => {
                thread::sleep(PAUSE);
                self.present().map(|(presence, _)| presence)
            }
            (presence, _) => Some(presence),
        }
    }

    /// The same from one request, and whether connections are refused.
    fn present(&mut self) -> Option<(Presence, bool)> {
        if (self.options.interrupted)() {
            return None;
        }
        let request = self.request();
        let limit = self.limit();
        let presence = match self.server.reach(&limit) {
            Err(_) if (self.options.interrupted)() => return None,
            Err(failure) if failure.status() == Status::Timeout => {
                (Presence::silent(failure.to_string()), false)
            }
            Err(failure) => (Presence::lost(failure.to_string()), failure.status() == Status::CannotConnect),
            Ok(transport) => match self.ask_on(transport, &request, usize::MAX) {
                Err(Stop::Interrupted) => return None,
                Err(Stop::Judged(judgement)) => (Presence::silent(judgement.seen), false),
                // Proxies answer this for a server that is gone.
                Ok(UpgradeReply::Head(head)) if matches!(head.status, 502..=504) && self.is_upgrading() => {
                    (Presence::lost(format!("answered {}", head.status_and_reason())), false)
                }
                Ok(reply @ UpgradeReply::Ended(_)) if self.is_upgrading() => {
                    (Presence::lost(format!("{} to an upgrade request", reply.described())), false)
                }
                Ok(reply @ UpgradeReply::Silence) if self.is_upgrading() => {
                    (Presence::silent(format!("{} to an upgrade request", reply.described())), false)
                }
                Ok(_) => (Presence::Alive, false),
            },
        };
        self.recorder.transcript.take();
        Some(presence)
    }

    fn time_to_come_back(&self, absence: &Absence) -> Duration {
        self.options.comeback * if absence.is_silent { SILENCE } else { 1 }
    }

    /// Waits so long for a server that is gone. `None` when the user interrupts.
    fn comeback(&mut self, time: Duration) -> Option<Comeback> {
        let deadline = Deadline::after(time, FLAG);
        let begun = std::time::Instant::now();
        while deadline.remaining().is_some() {
            thread::sleep(PAUSE);
            if let (Presence::Alive, _) = self.present()? {
                self.failures = 0;
                return Some(Comeback::After(begun.elapsed()));
            }
        }
        Some(Comeback::Never)
    }
}
