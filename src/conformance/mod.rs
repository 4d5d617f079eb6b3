//! Whether a server keeps RFC 6455: one rule after the other, each on a connection of its own, with what was sent and
//! what came back. May import `net`, `protocol` and the small values.
//!
//! `rules` holds the tables of rules, and what each of them sends and expects. They work on a `harness`, which opens
//! connections and keeps the evidence.
//!
//! A rule fails when the server breaks a MUST, or accepts a frame that a MUST forbids clients to send. How a server refuses
//! is only a SHOULD, so any end of the connection counts.

mod finding;
mod harness;
mod rule;
mod rules;

use self::harness::Harness;
use self::harness::judgement::Judgement;
use self::rules::server_frames::ServerFrameChecks;

pub use self::finding::{Checked, Finding, Verdict};
pub use self::harness::server::{Options, Server};
pub use self::rule::Rule;

/// Checks all rules in order, and calls `tell` with each finding at once; a second time with a finding that changes because the
/// server turns out not to have survived the rule. When it is interrupted, the findings on the remaining rules are missing.
pub fn run(server: &mut dyn Server, options: &Options<'_>, tell: &mut dyn FnMut(&Finding)) -> Checked {
    let mut findings: Vec<Finding> = Vec::new();
    let mut frames = ServerFrameChecks::default();
    let mut harness = Harness::new(server, options, &mut frames);
    for check in rules::tried() {
        let Some(attempted) = harness.attempt(check.rule.id, check.attempt) else {
            return Checked { findings, gone: None };
        };
        if let (Some(revised), Some(last)) = (attempted.revised, findings.last_mut()) {
            *last = finding(last.rule, revised);
            tell(last);
        }
        let found = finding(&check.rule, attempted.judged);
        tell(&found);
        findings.push(found);
    }
    let gone = harness.gone();
    for (rule, check) in rules::server_frames::CHECKS {
        let found = finding(rule, frames.judge(*check));
        tell(&found);
        findings.push(found);
    }
    Checked { findings, gone }
}

fn finding(rule: &'static Rule, (judgement, evidence): (Judgement, Vec<String>)) -> Finding {
    let Judgement { verdict, seen } = judgement;
    Finding { rule, verdict, seen, evidence, excepted: false }
}

/// All rules, in the order in which they are checked.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    rules::all()
}
