//! The rules, one file per chapter: each holds a table of rules and the functions that check them. The tables
//! are listed here. Rules of another RFC, or rules that do not belong to `--conformance`, go into files of
//! their own.

mod check;
mod closing;
mod control;
mod deflate;
mod framing;
mod handshake;
mod messages;
mod security;
pub(crate) mod server_frames;

pub(crate) use self::check::RuleCheck;
use super::rule::Rule;

/// The rules that have a check of their own, in the order of execution: those of RFC 6455, then those of RFC
/// 7692. The rules on the server's own frames (`server_frames`) are reported last.
static TRIED: [&[RuleCheck]; 6] =
    [handshake::CHECKS, framing::CHECKS, control::CHECKS, messages::CHECKS, closing::CHECKS, deflate::CHECKS];

pub(crate) fn tried() -> impl Iterator<Item = &'static RuleCheck> {
    TRIED.into_iter().flatten()
}

/// The rules of `--security`, in the order of execution.
pub(crate) fn tried_for_security() -> impl Iterator<Item = &'static RuleCheck> {
    security::TRIED.into_iter().flatten()
}

/// Every rule of conformance, in the order of the reports.
pub(crate) fn all() -> impl Iterator<Item = &'static Rule> {
    tried().map(|check| &check.rule).chain(server_frames::CHECKS.iter().map(|(rule, _)| rule))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_rule_has_a_name_of_its_own_in_kebab_case() {
        let all = || all().chain(tried_for_security().map(|check| &check.rule));
        let ids: HashSet<_> = all().map(|rule| rule.id).collect();
        assert_eq!(ids.len(), all().count());
        let kebab = |id: &str| {
            id.split('-').all(|word| {
                !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
            })
        };
        for rule in all() {
            assert!(kebab(rule.id) && rule.id.len() <= 25, "{}", rule.id);
            assert!(rule.section.split('.').all(|number| number.parse::<u8>().is_ok()), "{}", rule.section);
            assert!(rule.title.len() <= 48, "{}", rule.title);
        }
    }
}
