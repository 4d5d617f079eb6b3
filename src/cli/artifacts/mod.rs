//! What --generate prints: completions and man pages, generated from the definitions in the code, and the schemas of reports,
//! which are in the program as the files that a unit test writes.

mod chapters;
mod completions;
mod man;

use std::io;

use clap::ValueEnum;
use clap_complete::Shell;

use crate::report;

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
        Artifact::SchemaProbe => return Ok(report::probe::SCHEMA.into()),
        Artifact::SchemaEchoTest => return Ok(report::echo::SCHEMA.into()),
        Artifact::CompleteBash => Shell::Bash,
        Artifact::CompleteZsh => Shell::Zsh,
        Artifact::CompleteFish => Shell::Fish,
        Artifact::CompletePowershell => Shell::PowerShell,
        Artifact::CompleteElvish => Shell::Elvish,
        Artifact::Man => return Ok(man::pages()?.into_iter().flat_map(|(_, page)| page).collect()),
    };
    Ok(completions::script(shell))
}

/// The generated files that are committed: path in the repository, and content.
pub fn committed_files() -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut files = vec![
        ("completions/wsurl.bash".to_owned(), completions::script(Shell::Bash)),
        ("completions/_wsurl".to_owned(), completions::script(Shell::Zsh)),
        ("completions/wsurl.fish".to_owned(), completions::script(Shell::Fish)),
        ("completions/_wsurl.ps1".to_owned(), completions::script(Shell::PowerShell)),
        ("completions/wsurl.elv".to_owned(), completions::script(Shell::Elvish)),
    ];
    files.extend(man::pages()?.into_iter().map(|(name, page)| (format!("man/{name}"), page)));
    Ok(files)
}
