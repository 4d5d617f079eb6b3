//! The help texts: `-h` is one screen with the options that most people need, `--help` has all of them in groups, each with
//! an example.

use std::borrow::Cow;

use clap::Command;
use clap::builder::StyledStr;

use super::command;

/// An option of `-h`: its id, a short name for its value, and what it does in a few words.
type Row = (&'static str, &'static str, &'static str);

/// How wide `-h` is at most, in columns.
const WIDTH: usize = 80;

const SEND: &[Row] = &[
    ("data", "TEXT|@FILE", "send this; without it and MESSAGE: read stdin"),
    ("binary", "", "send binary messages, not text"),
    ("framing", "FORMAT", "lines, nul, whole, json, base64 or hex"),
    ("expect", "N", "wait for N messages, not one a message sent"),
    ("wait", "DURATION", "wait until nothing has arrived for this long"),
    ("follow", "", "go on until the server closes"),
    ("expect_text", "TEXT", "some message equals TEXT, else exit 1"),
    ("expect_json", "PTR=VALUE", "some message has VALUE at PTR, else exit 1"),
    ("output_file", "FILE", "write to FILE, not to stdout"),
];

const STREAM: &[Row] = &[
    ("upload_file", "FILE", "send FILE, not stdin"),
    ("output_file", "FILE", "write to FILE, not to stdout"),
    ("single_message", "", "send the whole input as one message"),
    ("chunk_size", "SIZE", "bytes in a message at most (64K)"),
    ("limit_rate", "SIZE", "bytes a second at most"),
    ("digest", "sha256", "report sizes and digests"),
    ("expect", "N", "wait for N messages before closing"),
    ("wait", "DURATION", "wait until nothing has arrived for this long"),
    ("follow", "", "go on until the server closes"),
];

const ECHO_TEST: &[Row] = &[
    ("count", "N", "messages on each connection (10)"),
    ("size", "SIZE", "bytes in each message (64)"),
    ("sizes", "LIST", "several sizes; without LIST, those that matter"),
    ("binary", "", "send binary messages, not text"),
    ("interval", "DURATION", "send one this often, as ping does"),
    ("in_flight", "N", "messages under way on each connection (1)"),
    ("connections", "N", "connections side by side (1)"),
    ("duration", "DURATION", "send for this long"),
    ("reports", "FORMAT[=FILE]", "human, json, junit and others"),
    ("listen", "ADDR:PORT", "run the echo server itself"),
];

const PROBE: &[Row] = &[
    ("data", "TEXT|@FILE", "send this, await a reply"),
    ("expect_text", "TEXT", "some reply equals TEXT"),
    ("expect_json", "PTR=VALUE", "some reply has VALUE at PTR"),
    ("expect_status", "CODE", "the answer to the upgrade (101)"),
    ("min_cert_days", "N", "the certificate is valid for N days"),
    ("max_latency", "DURATION", "the slowest round trip"),
    ("warn", "DURATION", "warn when all of it takes longer"),
    ("wait_ready", "DURATION", "try again until all holds"),
    ("conformance", "", "check the rules of RFC 6455 and RFC 7692"),
    ("reports", "FORMAT[=FILE]", "human, json, junit and others"),
];

/// For every subcommand.
const SHARED: &[Row] = &[
    ("headers", "FIELD|@FILE", "add a header field: 'Name: value'"),
    ("subprotocols", "NAME", "offer a subprotocol"),
    ("user", "NAME[:PASS]", "log in with Basic or Digest"),
    ("bearer", "TOKEN|@FILE", "log in with a token"),
    ("proxy", "URL", "connect through a proxy"),
    ("cacert", "FILE", "trust these CA certificates"),
    ("insecure", "", "accept any certificate"),
    ("max_time", "DURATION", "limit for the whole run"),
    ("write_out", "FORMAT", "print %{names} after the session"),
    ("verbose", "", "show the handshake; -vv every frame"),
    ("silent", "", "show errors only"),
];

/// An example for each group of options, without `wsurl SUBCOMMAND`.
const EXAMPLES: &[(&str, &str)] = &[
    ("Request", "-H 'X-Trace: 1' --subprotocol chat.v2 URL"),
    ("Credentials", "-u alice URL"),
    ("Proxy", "-x socks5h://127.0.0.1:1080 URL"),
    ("TLS", "--cacert ca.pem wss://localhost:9443/"),
    ("Address", "--resolve example.com:443:127.0.0.1 wss://example.com/"),
    ("Retry", "--retry 5 --retry-max-time 1m URL"),
    ("Limits", "-m 10 --ping-interval 20s URL"),
    ("Close", "--close-code 4000 --accept-close 1000,4xxx URL"),
    ("Output", "-v -w '%{json}\\n' URL"),
    ("End of the session", "--expect 3 URL"),
    ("Checks", "--expect-json /ok=true URL"),
    ("Rules", "--conformance URL"),
    ("Embedded server", "--listen 127.0.0.1:9001 --delay 200ms"),
];

/// The text of `-h` for what was typed.
pub(super) fn short(typed: &[Cow<'_, str>]) -> StyledStr {
    rendered(typed, |command| one_screen(command).render_help())
}

/// The text of `--help` for what was typed.
pub(super) fn long(typed: &[Cow<'_, str>]) -> StyledStr {
    rendered(typed, |command| with_examples(command).render_long_help())
}

fn rendered(typed: &[Cow<'_, str>], render: fn(Command) -> StyledStr) -> StyledStr {
    let mut root = command();
    root.build();
    match typed.first().and_then(|name| root.find_subcommand(name.as_ref())) {
        Some(subcommand) => render(with_url(subcommand.clone())),
        None => root.render_long_help(),
    }
}

/// Shows the URL as required, which it is but for the hidden `--url`.
pub(super) fn with_url(command: Command) -> Command {
    if command.get_name() == "echo-test" {
        return command;
    }
    command.mut_args(
        |arg| if ["url", "urls"].contains(&arg.get_id().as_str()) { arg.required(true) } else { arg },
    )
}

fn rows(subcommand: &str) -> &'static [Row] {
    match subcommand {
        "send" => SEND,
        "stream" => STREAM,
        "echo-test" => ECHO_TEST,
        _ => PROBE,
    }
}

/// Only the options of the table, one line each.
fn one_screen(command: Command) -> Command {
    let name = command.get_name().to_owned();
    let rows: Vec<_> = rows(&name).iter().chain(SHARED).collect();
    let command = command.mut_args(|arg| {
        if arg.is_positional() {
            return arg;
        }
        let place = rows.iter().position(|(id, ..)| arg.get_id() == *id);
        let Some((place, (_, value, words))) = place.map(|place| (place, rows[place])) else {
            return arg.hide(true);
        };
        let arg = arg.help(*words).long_help(None::<&str>).help_heading(None::<&str>).display_order(place);
        let arg = arg.hide_possible_values(true).hide_default_value(true).visible_alias(None);
        if value.is_empty() { arg } else { arg.value_name(*value) }
    });
    command
        .max_term_width(WIDTH)
        .help_template("{about-with-newline}\n{usage-heading} {usage}\n\n{options}{after-help}")
        .after_help(format!("All options, with examples: wsurl {name} --help, or man wsurl-{name}"))
}

/// All options; the heading of each group shows an example.
fn with_examples(command: Command) -> Command {
    let name = command.get_name().to_owned();
    command.mut_args(|arg| {
        let example = arg.get_help_heading().and_then(|group| EXAMPLES.iter().find(|(of, _)| *of == group));
        match example {
            Some((group, example)) => arg.help_heading(format!("{group}, such as `wsurl {name} {example}`")),
            None => arg,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUBCOMMANDS: [&str; 4] = ["send", "stream", "echo-test", "probe"];

    #[test]
    fn the_short_help_is_one_screen_of_twenty_options() {
        for name in SUBCOMMANDS {
            let text = short(&[name.into()]).to_string();
            let options = text.lines().filter(|line| line.trim_start().starts_with('-')).count();
            assert!((20..=21).contains(&options), "{name}: {options} options in\n{text}");
            assert!(text.lines().count() <= 29, "{text}");
            assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        }
    }

    #[test]
    fn every_group_has_an_example() {
        for name in SUBCOMMANDS {
            let text = long(&[name.into()]).to_string();
            for heading in text.lines().filter(|line| line.ends_with(':') && !line.starts_with(' ')) {
                let has_example = heading.contains(&format!(", such as `wsurl {name} "));
                assert!(
                    has_example || ["Arguments:", "Options:", "Examples:"].contains(&heading),
                    "{heading}"
                );
                assert!(heading.len() <= 100, "{heading}");
            }
        }
    }
}
