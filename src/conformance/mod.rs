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

pub use self::finding::{Finding, Verdict};
pub use self::harness::server::{Options, Server};
pub use self::rule::Rule;

/// Checks all rules in order, and calls `tell` with each finding at once. When it is interrupted, the findings on the
/// remaining rules are missing.
pub fn run(server: &mut dyn Server, options: &Options<'_>, tell: &mut dyn FnMut(&Finding)) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut add = |rule, (judgement, evidence): (Judgement, Vec<String>)| {
        let Judgement { verdict, seen } = judgement;
        let finding = Finding { rule, verdict, seen, evidence };
        tell(&finding);
        findings.push(finding);
    };
    let mut frames = ServerFrameChecks::default();
    let mut harness = Harness::new(server, options, &mut frames);
    for check in rules::tried() {
        match harness.attempt(check.rule.id, check.attempt) {
            Some(judged) => add(&check.rule, judged),
            None => return findings,
        }
    }
    for (rule, check) in rules::server_frames::CHECKS {
        add(rule, frames.judge(*check));
    }
    findings
}

/// All rules, in the order in which they are checked.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    rules::all()
}
