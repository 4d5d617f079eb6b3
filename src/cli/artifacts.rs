//! The files that are generated from the definitions in the code: completions, man pages, and the schemas of reports.

use std::io;

use clap::ValueEnum;
use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::command;
use crate::error::Status;
use crate::report::names::{NAMES, Name};
use crate::report::{self, FORMATS, ReportFormat};

/// What `--generate` can print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs, clippy::enum_variant_names)]
pub enum Artifact {
    CompleteBash,
    CompleteZsh,
    CompleteFish,
    CompletePowershell,
    CompleteElvish,
    Man,
    SchemaProbe,
    SchemaEchoTest,
}

/// The text of an artifact; `man` is all pages, one after the other.
pub fn generate(artifact: Artifact) -> io::Result<Vec<u8>> {
    let shell = match artifact {
        Artifact::SchemaProbe => return Ok(report::probe::schema().into_bytes()),
        Artifact::SchemaEchoTest => return Ok(report::echo::schema().into_bytes()),
        Artifact::CompleteBash => Shell::Bash,
        Artifact::CompleteZsh => Shell::Zsh,
        Artifact::CompleteFish => Shell::Fish,
        Artifact::CompletePowershell => Shell::PowerShell,
        Artifact::CompleteElvish => Shell::Elvish,
        Artifact::Man => return Ok(man_pages()?.into_iter().flat_map(|(_, page)| page).collect()),
    };
    Ok(completions(shell))
}

/// The generated files that are committed: path in the repository, and content.
pub fn committed_files() -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut files = vec![
        ("completions/wsurl.bash".to_owned(), completions(Shell::Bash)),
        ("completions/_wsurl".to_owned(), completions(Shell::Zsh)),
        ("completions/wsurl.fish".to_owned(), completions(Shell::Fish)),
        ("completions/_wsurl.ps1".to_owned(), completions(Shell::PowerShell)),
        ("completions/wsurl.elv".to_owned(), completions(Shell::Elvish)),
        ("man/wsurl-probe.schema.json".to_owned(), report::probe::schema().into_bytes()),
        ("man/wsurl-echo-test.schema.json".to_owned(), report::echo::schema().into_bytes()),
    ];
    files.extend(man_pages()?.into_iter().map(|(name, page)| (format!("man/{name}"), page)));
    Ok(files)
}

fn completions(shell: Shell) -> Vec<u8> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut command(), "wsurl", &mut text);
    text
}

fn man_pages() -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut root = command();
    root.build();
    let mut pages = vec![("wsurl.1".to_owned(), page(&root)?)];
    for subcommand in root.get_subcommands() {
        pages.push((format!("wsurl-{}.1", subcommand.get_name()), page(subcommand)?));
    }
    Ok(pages)
}

fn page(command: &clap::Command) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    let source = concat!("wsurl ", env!("CARGO_PKG_VERSION"));
    let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    // clap_mangen would put the examples under "EXTRA".
    let man = Man::new(command.clone().after_help("")).date("").manual("wsurl").source(source);
    man.render(&mut text)?;
    let mut roff = Roff::new();
    roff.control("SH", ["EXAMPLES"]);
    roff.control("nf", []);
    for line in examples.lines().skip(1) {
        roff.text([roman(line)]);
    }
    roff.control("fi", []);
    reports(&mut roff, command.get_name());
    roff.control("SH", ["ENVIRONMENT"]);
    for (name, meaning) in ENVIRONMENT {
        roff.control("TP", []).text([bold(*name)]).text([roman(*meaning)]);
    }
    roff.control("SH", ["EXIT STATUS"]);
    roff.control("TP", []).text([bold("0")]).text([roman(SUCCESS)]);
    for status in Status::ALL {
        let (name, code, meaning) = (status.name(), status.code(), status.meaning());
        roff.control("TP", []).text([bold(code.to_string())]).text([roman(format!("{name}: {meaning}"))]);
    }
    roff.control("SH", ["WRITE-OUT NAMES"]);
    roff.text([roman("Times are seconds since the start; a name without a value prints nothing.")]);
    for Name { name, meaning, .. } in &NAMES {
        roff.control("TP", []).text([bold(format!("%{{{name}}}"))]).text([roman(*meaning)]);
    }
    roff.to_writer(&mut text)?;
    Ok(text)
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
    roff.control("PP", []).control("nf", []);
    for line in example.lines() {
        roff.text([roman(line)]);
    }
    roff.control("fi", []);
}

const REPORTS: &str = "--report FORMAT[=FILE] may be given several times. Without a file, a report goes to standard \
                       output, which takes one report. When no report goes there, the human one does, unless -s is \
                       given. A file is opened before anything is sent, and appears under its name when it is \
                       complete.";

const SEVERAL: &str = "With several URLs, the human report has a line for each as soon as it is probed; on a terminal \
                       the lines are a table, and failures are explained below it. The JSON objects come in the order \
                       given, each as soon as those before it are. In metrics, a URL that is given twice has the label nth, in performance data a number.";

const NAGIOS: &str = "With --report nagios on standard output, the exit code is 0 when all is well, 1 for a warning, 2 \
                      for a failure, and 3 when the fault is on this side: bad arguments, a malformed URL, or a file \
                      that cannot be used. Nothing is then printed on standard error.";

const ENVIRONMENT: &[(&str, &str)] = &[
    ("WSURL_USER, WSURL_BEARER", "like --user and --bearer, which win over them"),
    ("WSURL_PROXY_USER", "like --proxy-user, which wins over it"),
    ("wss_proxy, ws_proxy", "the proxy for wss and ws; upper case counts, too"),
    ("https_proxy, http_proxy", "the same when those are not set; HTTP_PROXY is ignored"),
    ("all_proxy", "the same when none of those is set"),
    ("no_proxy", "hosts that are reached without a proxy, as with --noproxy"),
    ("NETRC", "the file for --netrc"),
    ("SSL_CERT_FILE, SSL_CERT_DIR", "the system's CA certificates, where OpenSSL is used"),
    ("SSLKEYLOGFILE", "the file to which TLS secrets are appended for Wireshark, where OpenSSL is used"),
    ("NO_COLOR", "no colours, unless --color always"),
];

const SUCCESS: &str = "everything given was sent, everything awaited arrived and was written, and the session \
                       ended in an accepted way";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_of_what_reports_describe_the_reports() {
        for (name, artifact, field) in [
            ("probe", "schema\\-probe", "url_effective"),
            ("echo-test", "schema\\-echo\\-test", "out_of_order"),
        ] {
            let page = String::from_utf8(page(&clap::Command::new(name)).unwrap()).unwrap();
            let (_, section) = page.split_once(".SH REPORTS\n").unwrap();
            for text in ["\\fBhuman\\fR", "\\fBprometheus\\fR", artifact, field] {
                assert!(section.contains(text), "{name}: {text}");
            }
        }
        let page = page(&clap::Command::new("send")).unwrap();
        assert!(!String::from_utf8(page).unwrap().contains("REPORTS"));
    }
}
