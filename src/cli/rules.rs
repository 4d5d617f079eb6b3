//! Arguments of `wsurl probe` about rules.

// The comments are help texts, which are shown without Markdown.
#![allow(clippy::doc_markdown)]

use std::time::Duration;

use clap::Args;

use super::values;
use crate::conformance;

/// The rules that a server is checked against.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Rules")]
pub struct RuleArgs {
    /// Check the server's behaviour against RFC 6455, and RFC 7692 where it compresses, one verdict a rule: about 140 connections, with much that a server has to refuse; not for one that others need. -d gives messages that the server understands, for a server that does not echo
    #[arg(long)]
    pub conformance: bool,

    /// Rules that the server is known to break: they are shown, and are no failure
    #[arg(long, value_name = "RULE,...", value_delimiter = ',', value_parser = conformance_rule)]
    pub conformance_except: Vec<String>,

    /// Try what an attacker would try first, one verdict a rule: another site's Origin, upgrades without the credentials given, plain ws beside wss, old TLS, messages without end, and more. It says what was seen, not that a server is safe; not for one that others need
    #[arg(long)]
    pub security: bool,

    /// Rules of --security that are known to fail: they are shown, and are no failure
    #[arg(long, value_name = "RULE,...", value_delimiter = ',', value_parser = security_rule)]
    pub security_except: Vec<String>,

    /// How long one rule may take, and twice as long as one reaction of the server; 2s by default, longer for a server that is far away
    #[arg(long, value_name = "DURATION", value_parser = values::interval)]
    pub rule_timeout: Option<Duration>,
}

/// The name of a rule of `--conformance`.
fn conformance_rule(text: &str) -> Result<String, String> {
    rule(text, conformance::rules().map(|rule| rule.id))
}

/// The name of a rule of `--security`.
fn security_rule(text: &str) -> Result<String, String> {
    rule(text, conformance::security_rules().map(|rule| rule.id))
}

impl RuleArgs {
    /// Whether any rules are checked.
    pub fn any(&self) -> bool {
        self.conformance || self.security
    }
}

/// One of these names.
fn rule<'a>(text: &str, names: impl Iterator<Item = &'a str>) -> Result<String, String> {
    let names: Vec<_> = names.collect();
    let example = names.last().copied().unwrap_or_default();
    if names.contains(&text) {
        return Ok(text.to_owned());
    }
    let words: Vec<_> = text.split('-').filter(|word| word.len() > 2).collect();
    let shared = |name: &&str| name.split('-').filter(|part| words.contains(part)).count();
    let similar = names.into_iter().filter(|name| shared(name) > 0).max_by_key(shared);
    Err(format!("no rule has this name; write {}", similar.unwrap_or(example)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_rules_are_checked() {
        assert_eq!(conformance_rule("http-1-0-refused"), Ok("http-1-0-refused".to_owned()));
        let refused = |text| conformance_rule(text).unwrap_err();
        assert_eq!(refused("close-message"), "no rule has this name; write close-in-message");
        assert_eq!(refused("x"), "no rule has this name; write sends-nothing-after-close");
    }
}
