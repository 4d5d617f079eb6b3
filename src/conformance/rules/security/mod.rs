//! `--security`: the first attempts of an attacker, and the server's reaction. A rule fails only for what was seen: it does not say
//! that a server is safe. Rules on access need credentials, so that there is something to protect.

mod access;
mod floods;
mod tls;

use super::check::RuleCheck;

/// The tables of the rules, in the order in which they are checked.
pub(crate) static TRIED: [&[RuleCheck]; 3] = [access::CHECKS, tls::CHECKS, floods::CHECKS];
