//! When `send` and `stream` are a conversation at a terminal, and what they tell its user.

use std::fmt::Write;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use super::options::ConversationOptions;
use crate::endpoint::Endpoint;
use crate::error::{Failure, IoCause, Status};
use crate::net::Facts;
use crate::net::upgrade::Header;
use crate::os::raw_mode;
use crate::prompt::{self, Look};
use crate::protocol::CloseFrame;
use crate::report::Verbosity;
use crate::secret::{is_plain_name, shown_reference, shown_subprotocol};
use crate::session::{FinishRule, Outcome, Side};

/// Whether messages would be read from a terminal, and printed on one. `output` is the file of `-o`.
pub(super) fn is_wanted(no_prompt: bool, output: Option<&Path>) -> bool {
    !no_prompt && output.is_none() && std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
}

/// Whether a person sees standard error, and is told nothing else there.
pub(super) fn tells_waiting(verbosity: Verbosity) -> bool {
    verbosity == Verbosity::Normal && std::io::stderr().is_terminal()
}

/// Whether the terminal can move its cursor, so that lines can be edited.
pub(super) fn edits() -> bool {
    raw_mode::is_of_use()
}

/// How messages are shown at standard output. `bytes` is for `stream`.
pub(super) fn look(pretty: bool, bytes: bool) -> Look {
    let ascii = crate::report::wants_ascii(false, |name| std::env::var(name).ok());
    let colour = anstream::stdout().current_choice() == anstream::ColorChoice::AlwaysAnsi;
    Look { colour, pretty, ascii, bytes }
}

/// The rule for a session whose input is typed.
pub(super) fn rule(rule: FinishRule) -> FinishRule {
    // Where lines are edited, Ctrl-C comes as a key, and SIGINT from elsewhere.
    FinishRule { typed: true, interrupt_quits: !edits(), ..rule }
}

/// The file of the history. None for a conversation in which a secret was given: an answer to it may be another.
pub(super) fn history(options: &ConversationOptions) -> Option<PathBuf> {
    let upgrade = &options.dial.upgrade;
    let resource = options.endpoint.resource();
    let has_secret = upgrade.credential.is_some()
        || upgrade.bearer.is_some()
        || upgrade.headers.iter().any(Header::holds_secret)
        || upgrade.subprotocols.iter().any(|name| !is_plain_name(name))
        || shown_reference(resource) != resource
        || options.dial.tls.identity.is_some()
        || options.proxy.holds_secret(&options.endpoint);
    (!has_secret).then(|| prompt::history_path(&options.endpoint.host(), |name| std::env::var_os(name)))?
}

/// The first lines of a conversation: where it is connected, and what can be typed.
pub(super) fn greeting(endpoint: &Endpoint, facts: &Facts, verbosity: Verbosity, edits: bool) -> Vec<String> {
    if verbosity == Verbosity::Silent {
        return Vec::new();
    }
    let mut connected = format!("connected to {endpoint}");
    if let Some(remote) = facts.remote.filter(|remote| remote.to_string() != endpoint.host_and_port()) {
        // Writing to a String cannot fail.
        let _ = write!(connected, " ({remote})");
    }
    let subprotocol =
        facts.subprotocol.as_ref().map(|name| format!("subprotocol {}", shown_subprotocol(name)));
    let compressed = facts.agreement.map(|_| "compressed".to_owned());
    for fact in [facts.tls_version.map(str::to_owned), subprotocol, compressed].into_iter().flatten() {
        connected.push_str(", ");
        connected.push_str(&fact);
    }
    let end = match (edits, cfg!(windows)) {
        (true, _) => "Ctrl-D or Ctrl-C ends",
        (false, false) => "Ctrl-D ends",
        (false, true) => "Ctrl-Z and Enter end",
    };
    vec![connected, format!("Enter sends a line, /help shows more, {end}")]
}

/// The last line of a conversation that the server has ended.
pub(super) fn ending(outcome: &Outcome, verbosity: Verbosity) -> Option<String> {
    let (Ok(()), Some((Side::Server, frame))) = (&outcome.result, &outcome.close) else { return None };
    (verbosity > Verbosity::Silent).then(|| format!("closed by the server: {}", in_words(frame)))
}

/// `1001 (going away): restarting`
fn in_words(frame: &CloseFrame) -> String {
    let meaning = frame.meaning().map_or(String::new(), |meaning| format!(" ({meaning})"));
    let reason = if frame.reason.is_empty() { String::new() } else { format!(": {}", frame.reason) };
    format!("{}{meaning}{reason}", frame.code)
}

/// A conversation whose keyboard cannot be read.
pub(super) fn no_keyboard(err: std::io::Error) -> Failure {
    Failure::new(Status::ReadError, "cannot read the terminal")
        .source(IoCause(err))
        .hint("--no-prompt reads it as a file")
}
