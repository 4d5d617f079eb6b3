//! The rules: each file holds those of one chapter with the functions that try them, and its table is a row of one of the
//! tables here. A file for another RFC, or for another purpose than `--conformance`, stands beside these.

mod check;
mod closing;
mod control;
mod deflate;
mod framing;
mod handshake;
mod messages;
pub(crate) mod server_frames;

use self::check::RuleCheck;
use super::rule::Rule;

/// The rules that are tried, in this order: those of RFC 6455, then those of RFC 7692. Those on the server's own frames
/// (`server_frames`) come last.
static TRIED: [&[RuleCheck]; 6] =
    [handshake::CHECKS, framing::CHECKS, control::CHECKS, messages::CHECKS, closing::CHECKS, deflate::CHECKS];

pub(crate) fn tried() -> impl Iterator<Item = &'static RuleCheck> {
    TRIED.into_iter().flatten()
}

/// Every rule, in the order of the reports.
pub(crate) fn all() -> impl Iterator<Item = &'static Rule> {
    tried().map(|check| &check.rule).chain(server_frames::CHECKS.iter().map(|(rule, _)| rule))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_rule_has_a_name_of_its_own_in_kebab_case() {
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
