//! The checks on received messages, and the rule for the end of a session.

use crate::cli::{CheckArgs, FinishArgs};
use crate::error::{Failure, Status};
use crate::session::{Check, Count, FinishRule, Within};

/// The checks of received messages.
pub(crate) fn checks(args: &CheckArgs) -> Vec<Check> {
    let texts = args.expect_text.iter().cloned().map(Check::Text);
    let regexes = args.expect_regex.iter().cloned().map(Check::Regex);
    texts.chain(regexes).chain(args.expect_json.iter().cloned()).collect()
}

/// The rule for the end of a session. `by_default` counts where no option says what is awaited.
///
/// # Errors
/// `--within` waits for nothing.
pub(crate) fn finish_rule(
    finish: Option<&FinishArgs>,
    args: &CheckArgs,
    by_default: Count,
) -> Result<FinishRule, Failure> {
    let server_closes = args.expect_close.is_some();
    if args.within.is_some() && !server_closes && checks(args).is_empty() {
        return Err(Failure::new(Status::Usage, "--within waits for a check, and there is none")
            .hint("--expect-text, --expect-regex, --expect-json and --expect-close are checks"));
    }
    let (quiet, follow) = (finish.and_then(|finish| finish.wait), finish.is_some_and(|finish| finish.follow));
    let count = match finish.and_then(|finish| finish.expect) {
        Some(0) => Count::None,
        Some(count) => Count::Exactly(count),
        None if quiet.is_some() || follow || server_closes || args.within.is_some() => Count::None,
        None => by_default,
    };
    let (within, greeting) = (args.within.map(Within::new), args.greeting);
    Ok(FinishRule { within, quiet, follow, greeting, server_closes, ..FinishRule::new(count) })
}
