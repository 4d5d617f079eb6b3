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
use self::rules::RuleCheck;
use self::rules::server_frames::ServerFrameChecks;

pub use self::finding::{Checked, Finding, Verdict};
pub use self::harness::server::{Options, Server, ServerIdentity};
pub use self::rule::Rule;

/// Checks all rules in order, and calls `tell` with each finding at once; a second time with a finding that changes because the
/// server turns out not to have survived the rule. When it is interrupted, the findings on the remaining rules are missing.
pub fn run(server: &mut dyn Server, options: &Options<'_>, tell: &mut dyn FnMut(&Finding)) -> Checked {
    let mut frames = ServerFrameChecks::default();
    let mut harness = Harness::new(server, options, &mut frames);
    let (mut findings, is_whole) = run_all(&mut harness, rules::tried(), tell);
    if !is_whole {
        return Checked { findings, gone: None };
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

/// Checks the rules of `--security` in order, as [`run`] does those of the RFCs.
pub fn run_security(
    server: &mut dyn Server,
    options: &Options<'_>,
    tell: &mut dyn FnMut(&Finding),
) -> Checked {
    let mut frames = ServerFrameChecks::default();
    let mut harness = Harness::new(server, options, &mut frames);
    let (findings, _) = run_all(&mut harness, rules::tried_for_security(), tell);
    Checked { findings, gone: harness.gone() }
}

/// Checks these rules in order: the findings, and whether all rules were checked.
fn run_all(
    harness: &mut Harness<'_>,
    checks: impl Iterator<Item = &'static RuleCheck>,
    tell: &mut dyn FnMut(&Finding),
) -> (Vec<Finding>, bool) {
    let mut findings: Vec<Finding> = Vec::new();
    for check in checks {
        let Some(attempted) = harness.attempt(check.rule.id, check.attempt) else { return (findings, false) };
        if let (Some(revised), Some(last)) = (attempted.revised, findings.last_mut()) {
            *last = finding(last.rule, revised);
            tell(last);
        }
        let found = finding(&check.rule, attempted.judged);
        tell(&found);
        findings.push(found);
    }
    (findings, true)
}

/// The rules of `--security`, in the order in which they are checked.
pub fn security_rules() -> impl Iterator<Item = &'static Rule> {
    rules::tried_for_security().map(|check| &check.rule)
}

/// All rules of conformance, in the order in which they are checked.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    rules::all()
}
