//! The man pages: clap's list of options, and around it what a list of options does not say.

use std::io;

use clap::{Arg, ArgAction, Command};
use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, italic, roman};

use super::super::command;
use super::super::help::with_url;
use super::chapters::{
    ABOUT, ABOUT_ECHO_TEST, ABOUT_PROBE, ABOUT_SEND, ABOUT_STREAM, CONFIGURATION, CONFIGURATION_EXAMPLES,
    CONVERSATION, END_OF_ECHO_TEST, END_OF_PROBE, END_OF_SEND, END_OF_STREAM, ENVIRONMENT,
    ENVIRONMENT_OF_CONVERSATIONS, ENVIRONMENT_OF_REPORTS, FILES, FILES_OF_CONVERSATIONS, HISTORY,
    JSON_FRAMING, JSON_FRAMING_FIELDS, NAGIOS, REPORTS, SEVERAL, SUCCESS,
};
use crate::error::Status;
use crate::prompt::COMMANDS;
use crate::report::names::{NAMES, Name};
use crate::report::{self, FORMATS, ReportFormat};

/// All pages, by the name of their file.
pub(super) fn pages() -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut root = command();
    root.build();
    let mut pages = vec![("wsurl.1".to_owned(), page(&root, &root)?)];
    for subcommand in root.get_subcommands() {
        let name = format!("wsurl-{}.1", subcommand.get_name());
        pages.push((name, page(&with_url(subcommand.clone()), &root)?));
    }
    Ok(pages)
}

fn page(command: &Command, root: &Command) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    let source = concat!("wsurl ", env!("CARGO_PKG_VERSION"));
    let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let man = Man::new(command.clone()).date("").manual("wsurl").source(source);
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    synopsis(command).to_writer(&mut text)?;
    let name = command.get_name();
    description(command).to_writer(&mut text)?;
    man.render_options_section(&mut text)?;
    let mut roff = Roff::new();
    match name {
        "send" => {
            chapter(&mut roff, "HOW A SESSION ENDS", END_OF_SEND);
            conversation(&mut roff);
            chapter(&mut roff, "JSON FRAMING", JSON_FRAMING);
            list(&mut roff, JSON_FRAMING_FIELDS);
        }
        "stream" => {
            chapter(&mut roff, "HOW A SESSION ENDS", END_OF_STREAM);
            conversation(&mut roff);
        }
        "probe" => chapter(&mut roff, "HOW A SESSION ENDS", END_OF_PROBE),
        "echo-test" => chapter(&mut roff, "HOW A SESSION ENDS", END_OF_ECHO_TEST),
        _ => {}
    }
    reports(&mut roff, name);
    let (talks, reports) = (!["probe", "echo-test"].contains(&name), !["send", "stream"].contains(&name));
    roff.control("SH", ["CONFIGURATION"]);
    paragraphs(&mut roff, CONFIGURATION);
    lines(&mut roff, CONFIGURATION_EXAMPLES);
    roff.control("SH", ["ENVIRONMENT"]);
    list(&mut roff, ENVIRONMENT);
    list(&mut roff, if talks { ENVIRONMENT_OF_CONVERSATIONS } else { &[] });
    list(&mut roff, if reports { ENVIRONMENT_OF_REPORTS } else { &[] });
    roff.control("SH", ["FILES"]);
    list(&mut roff, FILES);
    list(&mut roff, if talks { FILES_OF_CONVERSATIONS } else { &[] });
    roff.control("SH", ["EXIT STATUS"]);
    roff.control("TP", []).text([bold("0")]).text([roman(SUCCESS)]);
    for status in Status::ALL {
        let (name, code, meaning) = (status.name(), status.code(), status.meaning());
        roff.control("TP", []).text([bold(code.to_string())]).text([roman(format!("{name}: {meaning}"))]);
    }
    roff.control("SH", ["WRITE-OUT NAMES"]);
    roff.text([roman("Times are seconds since the start, and 0.000000 for what did not come; other names without a value print nothing.")]);
    for Name { name, meaning, .. } in &NAMES {
        roff.control("TP", []).text([bold(format!("%{{{name}}}"))]).text([roman(*meaning)]);
    }
    roff.control("SH", ["EXAMPLES"]);
    let body: Vec<_> = examples.lines().skip(1).collect();
    lines(&mut roff, &body);
    see_also(&mut roff, name, root);
    roff.to_writer(&mut text)?;
    Ok(text)
}

/// What the subcommand does; for `wsurl` itself, which subcommands there are.
fn description(command: &Command) -> Roff {
    let mut roff = Roff::new();
    let about = match command.get_name() {
        "send" => ABOUT_SEND,
        "stream" => ABOUT_STREAM,
        "echo-test" => ABOUT_ECHO_TEST,
        "probe" => ABOUT_PROBE,
        _ => ABOUT,
    };
    chapter(&mut roff, "DESCRIPTION", about);
    for subcommand in command.get_subcommands() {
        let about = subcommand.get_about().map(ToString::to_string).unwrap_or_default();
        let page = format!("wsurl-{}(1)", subcommand.get_name());
        roff.control("TP", []).text([bold(page)]).text([roman(about)]);
    }
    roff
}

fn conversation(roff: &mut Roff) {
    chapter(roff, "CONVERSATION AT A TERMINAL", CONVERSATION);
    list(roff, COMMANDS);
    paragraphs(roff, HISTORY);
}

/// Every option with its value; for `wsurl` itself, how each subcommand is called.
fn synopsis(command: &Command) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["SYNOPSIS"]);
    let mut subcommands = command.get_subcommands().peekable();
    if subcommands.peek().is_some() {
        for subcommand in subcommands {
            let mut line = vec![
                bold(format!("wsurl {}", subcommand.get_name())),
                roman(" ["),
                italic("OPTIONS"),
                roman("]"),
            ];
            line.extend(positionals(&with_url(subcommand.clone())));
            roff.text(line).control("br", []);
        }
        return roff;
    }
    let mut line = vec![bold(format!("wsurl {}", command.get_name()))];
    for arg in command.get_arguments().filter(|arg| !arg.is_positional() && !arg.is_hide_set()) {
        line.push(roman(" ["));
        line.extend(option(arg));
        line.push(roman("]"));
    }
    line.extend(positionals(command));
    roff.text(line);
    roff
}

fn option(arg: &Arg) -> Vec<Inline> {
    let names =
        [arg.get_short().map(|short| format!("-{short}")), arg.get_long().map(|long| format!("--{long}"))];
    let names: Vec<_> = names.into_iter().flatten().collect();
    let mut parts = vec![bold(names.join("|"))];
    if arg.get_action().takes_values() {
        let value = value_name(arg);
        let is_optional = arg.get_num_args().is_some_and(|range| range.min_values() == 0);
        let (before, after) = if is_optional { ("[=", "]") } else { (" ", "") };
        parts.extend([roman(before), italic(value), roman(after)]);
    }
    if matches!(arg.get_action(), ArgAction::Append | ArgAction::Count) {
        parts.push(roman("..."));
    }
    parts
}

fn positionals(command: &Command) -> Vec<Inline> {
    let mut parts = Vec::new();
    for arg in command.get_positionals() {
        let dots = if matches!(arg.get_action(), ArgAction::Append) { "..." } else { "" };
        let (before, after) = if arg.is_required_set() { (" ", "") } else { (" [", "]") };
        parts.extend([roman(before), italic(value_name(arg)), roman(after), roman(dots)]);
    }
    parts
}

fn value_name(arg: &Arg) -> String {
    arg.get_value_names().unwrap_or_default().iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

fn chapter(roff: &mut Roff, title: &str, text: &[&str]) {
    roff.control("SH", [title]);
    paragraphs(roff, text);
}

fn paragraphs(roff: &mut Roff, text: &[&str]) {
    for paragraph in text {
        roff.control("PP", []).text([roman(*paragraph)]);
    }
}

fn list(roff: &mut Roff, rows: &[(&str, &str)]) {
    for (name, meaning) in rows {
        roff.control("TP", []).text([bold(*name)]).text([roman(*meaning)]);
    }
}

/// Lines that are shown as they are.
fn lines(roff: &mut Roff, lines: &[&str]) {
    roff.control("PP", []).control("nf", []);
    for line in lines {
        roff.text([roman(*line)]);
    }
    roff.control("fi", []);
}

fn see_also(roff: &mut Roff, name: &str, root: &Command) {
    roff.control("SH", ["SEE ALSO"]);
    let subcommands = root.get_subcommands().map(|subcommand| format!("wsurl-{}", subcommand.get_name()));
    let pages: Vec<_> = std::iter::once("wsurl".to_owned())
        .chain(subcommands)
        .filter(|page| *page != name && *page != format!("wsurl-{name}"))
        .chain(["curl".to_owned()])
        .collect();
    let mut line = Vec::new();
    for (index, page) in pages.iter().enumerate() {
        line.push(bold(page.clone()));
        line.push(roman(if index + 1 < pages.len() { "(1), " } else { "(1)" }));
    }
    roff.text(line);
    roff.control("PP", [])
        .text([roman("RFC 6455 (The WebSocket Protocol), RFC 7692 (Compression Extensions for WebSocket)")]);
}

/// The section on reports, for the subcommands that have them.
fn reports(roff: &mut Roff, subcommand: &str) {
    let (example, artifact) = match subcommand {
        "probe" => (report::probe::EXAMPLE, "schema-probe"),
        "echo-test" => (report::echo::EXAMPLE, "schema-echo-test"),
        _ => return,
    };
    roff.control("SH", ["REPORTS"]);
    roff.text([roman(REPORTS)]);
    let formats = FORMATS.iter().filter(|format| subcommand != "probe" || format.is_of_probes());
    for ReportFormat { name, meaning, .. } in formats {
        roff.control("TP", []).text([bold(*name)]).text([roman(*meaning)]);
    }
    if subcommand == "probe" {
        roff.control("PP", []).text([roman(SEVERAL)]);
    }
    roff.control("PP", []).text([roman(NAGIOS)]);
    roff.control("SS", ["The JSON object"]);
    roff.text([
        roman("It is on one line; here it is laid out for a reader. "),
        bold(format!("wsurl --generate {artifact}")),
        roman(" prints its JSON Schema, which says what each field means. Times are seconds."),
    ]);
    lines(roff, &example.lines().collect::<Vec<_>>());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page_of(name: &str) -> String {
        let pages = pages().unwrap();
        let (_, page) = pages.iter().find(|(file, _)| file == name).unwrap();
        String::from_utf8(page.clone()).unwrap()
    }

    #[test]
    fn the_pages_of_what_reports_describe_the_reports() {
        for (name, artifact, field) in [
            ("wsurl-probe.1", "schema\\-probe", "url_effective"),
            ("wsurl-echo-test.1", "schema\\-echo\\-test", "out_of_order"),
        ] {
            let page = page_of(name);
            let (_, section) = page.split_once(".SH REPORTS\n").unwrap();
            for text in ["\\fBhuman\\fR", "\\fBprometheus\\fR", artifact, field] {
                assert!(section.contains(text), "{name}: {text}");
            }
        }
        assert!(!page_of("wsurl-send.1").contains("REPORTS"));
    }

    #[test]
    fn the_pages_of_conversations_name_the_history() {
        for (name, has) in [("wsurl-send.1", true), ("wsurl-stream.1", true), ("wsurl-probe.1", false)] {
            let page = page_of(name);
            for text in [
                ".SH \"CONVERSATION AT A TERMINAL\"",
                "\\fBWSURL_HISTORY\\fR",
                "HOST.history",
                "/ping [TEXT]",
            ] {
                assert_eq!(page.contains(text), has, "{name}: {text}");
            }
        }
    }

    #[test]
    fn every_page_says_what_its_command_does() {
        for (name, about) in [
            ("wsurl.1", "curl for WebSockets: "),
            ("wsurl-send.1", "Send whole messages"),
            ("wsurl-stream.1", "Send and receive bytes"),
            ("wsurl-echo-test.1", "Send messages to an echo server"),
            ("wsurl-probe.1", "Check whether endpoints"),
        ] {
            let page = page_of(name);
            assert!(page.contains(&format!(" \\- {about}")), "{name}");
        }
    }

    #[test]
    fn the_synopsis_shows_values() {
        let page = page_of("wsurl-send.1");
        for text in [
            "[\\fB\\-d|\\-\\-data\\fR \\fITEXT|@FILE\\fR...]",
            "[\\fB\\-f|\\-\\-follow\\fR]",
            "\\fB\\-\\-compress\\fR[=\\fIPARAMS\\fR]]",
        ] {
            assert!(page.contains(text), "{text}: {page}");
        }
        assert!(page.contains(" \\fIURL\\fR [\\fIMESSAGE\\fR]..."), "{page}");
        assert!(!page.contains("no\\-buffer"), "{page}");
    }
}
