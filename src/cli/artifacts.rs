//! Everything that is generated from the definition of the command line: completions and man pages.

use std::io;

use clap::ValueEnum;
use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::command;
use crate::error::Status;
use crate::report::write_out;

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
}

/// The text of an artifact; `man` is all pages, one after the other.
pub fn generate(artifact: Artifact) -> io::Result<Vec<u8>> {
    let shell = match artifact {
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
    roff.control("SH", ["ENVIRONMENT"]);
    for (name, meaning) in ENVIRONMENT {
        roff.control("TP", []).text([bold(*name)]).text([roman(*meaning)]);
    }
    roff.control("SH", ["EXIT STATUS"]);
    roff.control("TP", []).text([bold("0")]).text([roman(SUCCESS)]);
    for status in Status::ALL {
        let (name, code, meaning) = status.describe();
        roff.control("TP", []).text([bold(code.to_string())]).text([roman(format!("{name}: {meaning}"))]);
    }
    roff.control("SH", ["WRITE-OUT NAMES"]);
    roff.text([roman("Times are seconds since the start; a name without a value prints nothing.")]);
    for (name, meaning) in write_out::NAMES {
        roff.control("TP", []).text([bold(format!("%{{{name}}}"))]).text([roman(*meaning)]);
    }
    roff.to_writer(&mut text)?;
    Ok(text)
}

const ENVIRONMENT: &[(&str, &str)] = &[
    ("WSURL_USER, WSURL_BEARER", "like --user and --bearer, which win over them"),
    ("WSURL_PROXY_USER", "like --proxy-user, which wins over it"),
    ("wss_proxy, ws_proxy", "the proxy for wss and ws; upper case counts, too"),
    ("https_proxy, http_proxy", "the same when those are not set; HTTP_PROXY is ignored"),
    ("all_proxy", "the same when none of those is set"),
    ("no_proxy", "hosts that are reached without a proxy, as with --noproxy"),
    ("NETRC", "the file for --netrc"),
    ("SSL_CERT_FILE, SSL_CERT_DIR", "the system's CA certificates, where OpenSSL is used"),
    ("NO_COLOR", "no colours, unless --color always"),
];

const SUCCESS: &str = "everything given was sent, everything awaited arrived and was written, and the session \
                       ended in an accepted way";
