//! Arguments in error messages. A message quotes what the user typed, which may contain a credential
//! anywhere.

use super::text::REDACTED;
use super::url::{is_secret_name, shown_url};

/// How much of an argument is treated as a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suspicion {
    /// The argument is the value of an option that holds no secret: redacts only credentials in URLs and
    /// values with a secret name.
    Low,
    /// The role of the argument is unknown: also redacts the password in `NAME:PASSWORD`.
    High,
}

/// `text` with each of the arguments replaced as [`shown_argument`] shows it.
pub fn shown_text<'a>(
    text: &str,
    arguments: impl IntoIterator<Item = &'a str>,
    suspicion: Suspicion,
) -> String {
    let mut pairs: Vec<_> = arguments
        .into_iter()
        .flat_map(parts)
        .map(|part| (part, shown_argument(part, suspicion)))
        .filter(|(part, shown)| part != shown)
        .collect();
    // Replace a whole argument before its parts.
    pairs.sort_by_key(|(part, _)| std::cmp::Reverse(part.len()));
    pairs.iter().fold(text.to_owned(), |text, (part, shown)| text.replace(part, shown))
}

/// An argument in a form that is safe to print.
pub fn shown_argument(argument: &str, suspicion: Suspicion) -> String {
    let is_url = argument.contains("://") || argument.find('@').is_some_and(|at| at > 0);
    let named = argument.split_once([':', '=']).filter(|(name, value)| {
        let name = name.trim_start_matches('-');
        !value.is_empty() && (is_secret_name(name) || name.to_ascii_lowercase().contains("cookie"))
    });
    if let Some((name, _)) = named.filter(|(name, _)| !name.contains(['/', '?', '@'])) {
        return format!("{name}{}{REDACTED}", &argument[name.len()..=name.len()]);
    }
    if is_url || suspicion == Suspicion::High { shown_url(argument) } else { argument.to_owned() }
}

/// The argument, the value that may be attached to an option (`--user=VALUE`, `-uVALUE`), and the words of
/// both, because a message may quote a single element of a list.
fn parts(argument: &str) -> impl Iterator<Item = &str> {
    let attached = if argument.starts_with("--") {
        argument.split_once('=').map(|(_, value)| value)
    } else {
        argument.strip_prefix('-').and_then(|rest| rest.get(1..))
    };
    let whole = [Some(argument), attached].into_iter().flatten();
    whole.flat_map(|part| std::iter::once(part).chain(part.split([',', ' ']))).filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_a_credential_is_not_shown() {
        for (argument, expected) in [
            ("ws://me:pw@h/", "ws://(redacted)@h/"),
            ("me:pw@h", "(redacted)@h"),
            ("Authorization=pw", "Authorization=(redacted)"),
            ("Authorization: Bearer pw", "Authorization:(redacted)"),
            ("x-api-key:pw", "x-api-key:(redacted)"),
            ("--password=pw", "--password=(redacted)"),
            ("ws://h/?token=pw", "ws://h/?token=(redacted)"),
        ] {
            assert_eq!(shown_argument(argument, Suspicion::Low), expected);
        }
        assert_eq!(shown_argument("me:pw", Suspicion::High), "me:(redacted)");
    }

    #[test]
    fn values_are_quoted_as_far_as_they_can() {
        for value in ["soon", "a:1:b:x", "@file", "/status=ok", "--frobnicate", "127.0.0.1:80"] {
            assert_eq!(shown_argument(value, Suspicion::Low), value);
        }
    }

    #[test]
    fn an_argument_is_found_in_the_words_of_a_message() {
        let text = "invalid value 'me:pw@h' for '--x', use '-- --x=me:pw@h' or -ume:pw2, not 'a:pw@h'";
        let shown = shown_text(text, ["--x=me:pw@h", "-ume:pw2", "b,a:pw@h"], Suspicion::High);
        assert!(!shown.contains("pw"), "{shown}");
        assert!(shown.starts_with("invalid value '(redacted)@h' for '--x'"), "{shown}");
    }
}
