//! The texts of the program (errors, hints, warnings) name only options that the subcommand has which shows them. Every string
//! literal under src/ is looked at; the folder of its file tells which subcommands can show it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use super::regex;
use super::source::sources;

const ALL: &[&str] = &["send", "stream", "echo-test", "probe"];
const CHECKING: &[&str] = &["send", "stream", "probe"];
const REPORTING: &[&str] = &["echo-test", "probe"];
const TALKING: &[&str] = &["send", "stream"];

/// The subcommands that show the texts of files whose path begins so, or of a function in them. The longest beginning counts.
const SHOWN_BY: &[(&str, &[&str])] = &[
    ("src/", ALL),
    ("src/commands/converse.rs", TALKING),
    ("src/commands/data.rs", &["send", "probe"]),
    ("src/commands/echo_test/", &["echo-test"]),
    ("src/commands/options/finish.rs", CHECKING),
    ("src/commands/outputs.rs", TALKING),
    ("src/commands/outputs.rs#open", &["stream"]),
    ("src/commands/probe/", &["probe"]),
    ("src/commands/reporting.rs", REPORTING),
    ("src/commands/reporting.rs#result", &["probe"]),
    ("src/commands/send.rs", &["send"]),
    ("src/commands/stream.rs", &["stream"]),
    ("src/commands/talking.rs", TALKING),
    ("src/commands/without_effect.rs#echo_test", &["echo-test"]),
    ("src/commands/without_effect.rs#probe", &["probe"]),
    ("src/commands/without_effect.rs#send", &["send"]),
    ("src/commands/without_effect.rs#stream", &["stream"]),
    ("src/conformance/", &["probe"]),
    ("src/echo/", &["echo-test"]),
    ("src/framing/", &["send"]),
    ("src/prompt/", TALKING),
    ("src/report/echo/", &["echo-test"]),
    ("src/report/probe/", &["probe"]),
    ("src/report/target.rs", REPORTING),
    ("src/session/check.rs", CHECKING),
    ("src/session/event_loop/inbound.rs#refuse_message", &["send", "probe"]),
    ("src/session/input.rs", &["stream"]),
    ("src/session/machine/clocks.rs#expire", CHECKING),
    ("src/session/verdict.rs#closed", CHECKING),
];

/// Texts that no subcommand shows (what is typed, the words about other tools, samples for tests), and names of options that
/// others choose from: of the client, and of the embedded server.
const NOT_SHOWN: [&str; 6] = [
    "src/cli/",
    "src/error/status.rs",
    "src/net/tls/identity/owner.rs",
    "src/report/samples.rs",
    "src/session/machine/random_events.rs",
    "/tests",
];

/// Programs whose own options a text may name.
const OTHERS: [&str; 3] = ["openssl ", "jq ", "ulimit "];

/// The options of each subcommand, with their hyphens.
fn options() -> BTreeMap<String, Vec<String>> {
    let mut root = wsurl::cli::command();
    root.build();
    let of = |command: &clap::Command| {
        let arguments = command.get_arguments();
        let names = arguments.flat_map(|argument| {
            let longs = argument.get_long_and_visible_aliases().unwrap_or_default();
            let shorts = argument.get_short_and_visible_aliases().unwrap_or_default();
            let longs = longs.into_iter().map(|name| format!("--{name}"));
            longs.chain(shorts.into_iter().map(|name| format!("-{name}"))).collect::<Vec<_>>()
        });
        names.collect()
    };
    root.get_subcommands().map(|command| (command.get_name().to_owned(), of(command))).collect()
}

/// The subcommands that can show a text of this place, which is `FILE#FUNCTION`.
fn shown_by(path: &str) -> &'static [&'static str] {
    let fitting = SHOWN_BY.iter().filter(|(beginning, _)| path.starts_with(beginning));
    fitting.max_by_key(|(beginning, _)| beginning.len()).map_or(ALL, |(_, names)| names)
}

static OPTION: LazyLock<Regex> = LazyLock::new(|| {
    regex(r"(?:^|[\s`(/])(--[a-z][a-z0-9.-]*[a-z0-9]|-[A-Za-z0-9])(?:$|[^A-Za-z0-9.-]|[.,;:](?:\s|$))")
});

static SUBCOMMAND: LazyLock<Regex> = LazyLock::new(|| regex(r"(?:wsurl |\()(send|stream|echo-test|probe)\b"));

/// The options that a text names.
fn named(text: &str) -> Vec<String> {
    OPTION.captures_iter(text).map(|found| found[1].to_owned()).collect()
}

/// What is wrong with a text of this place.
fn wrong(options: &BTreeMap<String, Vec<String>>, path: &str, text: &str) -> Vec<String> {
    let told: Vec<_> = SUBCOMMAND.captures_iter(text).map(|found| found[1].to_owned()).collect();
    let shown_by: Vec<_> = shown_by(path).iter().map(ToString::to_string).collect();
    let lacks = |command: &String, option: &String| !options[command].contains(option);
    let is_wrong = |option: &String| {
        shown_by.iter().any(|command| lacks(command, option))
            && told.iter().all(|command| lacks(command, option))
    };
    named(text).into_iter().filter(is_wrong).collect()
}

#[test]
fn texts_name_only_options_that_the_subcommand_has() {
    let options = options();
    let mut breaches = Vec::new();
    for source in sources().iter().filter(|source| !NOT_SHOWN.iter().any(|part| source.path.contains(part))) {
        for (line, function, text) in source.literals() {
            if OTHERS.iter().any(|other| text.contains(other)) {
                continue;
            }
            let place = format!("{}#{function}", source.path);
            for option in wrong(&options, &place, text) {
                let names = shown_by(&place).join(", ");
                breaches.push(format!(
                    "{}:{line}: {option} is no option of all of {names}: {text:?}",
                    source.path
                ));
            }
        }
    }
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

#[test]
fn an_option_that_a_subcommand_lacks_is_found() {
    let options = options();
    for (path, text, found) in [
        ("src/commands/probe/mod.rs", "write --lockstep", &["--lockstep"][..]),
        ("src/commands/send.rs", "write --lockstep, or -1", &[]),
        ("src/commands/send.rs", "-T FILE names it", &["-T"]),
        ("src/net/dial.rs", "is it --wait-ready?", &["--wait-ready"]),
        ("src/net/dial.rs", "--connect-timeout. Or `wsurl probe --wait-ready 5s`", &[]),
        ("src/net/dial.rs", "a --no-such-option; -k", &["--no-such-option"]),
    ] {
        assert_eq!(wrong(&options, path, text), found, "{text}");
    }
}
