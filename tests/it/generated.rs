//! What is generated from the definition of the command line and committed: completions, man pages, the lists in docs/, and the
//! help texts as a reviewer wants to see them change. One command writes all of it anew, and the schemas of JSON reports, which
//! are tests of src/report:
//!
//! `UPDATE_GENERATED=1 cargo test generated`

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use wsurl::error::Status;
use wsurl::report::names::NAMES;
use wsurl::report::{FORMATS, ReportFormat};

use crate::support::Wsurl;

const UPDATE: &str = "UPDATE_GENERATED=1 cargo test generated";

/// The folders that hold generated files and nothing else.
const FOLDERS: [&str; 3] = ["completions", "man", "tests/it/help"];

#[test]
fn generated_files_are_fresh() {
    let mut files = wsurl::cli::committed_files().expect("generate");
    files.extend(help_texts());
    files.extend(documents());
    let names: BTreeSet<_> = files.iter().map(|(name, _)| name.clone()).collect();
    if std::env::var_os("UPDATE_GENERATED").is_some_and(|value| value == "1") {
        for stale in committed_names().difference(&names) {
            fs::remove_file(root().join(stale)).expect("remove a stale file");
        }
        for (name, content) in &files {
            let path = root().join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("make a folder");
            fs::write(path, content).expect("write a generated file");
        }
    }
    let mut complaints: Vec<_> =
        committed_names().difference(&names).map(|name| format!("{name}: nothing generates it")).collect();
    for (name, content) in &files {
        match fs::read(root().join(name)) {
            Ok(committed) if committed == *content => {}
            Ok(committed) => complaints.push(format!("{name}: {}", difference(&committed, content))),
            Err(err) => complaints.push(format!("{name}: {err}")),
        }
    }
    assert!(complaints.is_empty(), "run `{UPDATE}`: not fresh are\n{}", complaints.join("\n"));
}

#[test]
fn generate_prints_what_is_committed() {
    let files = wsurl::cli::committed_files().expect("generate");
    let pages = files.iter().filter(|(name, _)| is_page(name));
    let pages: Vec<u8> = pages.flat_map(|(_, page)| page.clone()).collect();
    Wsurl::new(["--generate", "man"]).stdout(pages).stderr("").exits(0);
    for (artifact, name) in [
        ("complete-bash", "completions/wsurl.bash"),
        ("complete-zsh", "completions/_wsurl"),
        ("complete-fish", "completions/wsurl.fish"),
        ("complete-powershell", "completions/_wsurl.ps1"),
        ("complete-elvish", "completions/wsurl.elv"),
    ] {
        let (_, content) = files.iter().find(|(file, _)| file == name).expect("a committed file");
        Wsurl::new(["--generate", artifact]).stdout(content).stderr("").exits(0);
    }
    for name in ["probe", "echo-test"] {
        let schema = fs::read(root().join(format!("man/wsurl-{name}.schema.json"))).expect("a schema");
        Wsurl::new(["--generate", &format!("schema-{name}")]).stdout(schema).stderr("").exits(0);
    }
}

#[test]
fn every_option_says_what_it_does() {
    let mut root = wsurl::cli::command();
    root.build();
    for command in std::iter::once(&root).chain(root.get_subcommands()) {
        assert!(command.get_about().is_some(), "{} has no description", command.get_name());
        for arg in command.get_arguments() {
            let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
            assert!(!help.is_empty(), "{} of {} has no help text", arg.get_id(), command.get_name());
            assert!(
                !help.ends_with('.'),
                "{} of {}: a help text has no full stop",
                arg.get_id(),
                command.get_name()
            );
        }
    }
}

#[test]
fn every_man_page_has_its_sections() {
    let files = wsurl::cli::committed_files().expect("generate");
    let pages = files.iter().filter(|(name, _)| is_page(name));
    for (name, page) in pages {
        let page = String::from_utf8(page.clone()).expect("a page in UTF-8");
        for section in [
            "NAME",
            "SYNOPSIS",
            "DESCRIPTION",
            "OPTIONS",
            "CONFIGURATION",
            "ENVIRONMENT",
            "FILES",
            "EXIT STATUS",
            "EXAMPLES",
            "SEE ALSO",
        ] {
            let has = page.lines().any(|line| {
                line.strip_prefix(".SH ").is_some_and(|title| title.trim_matches('"') == section)
            });
            assert!(has, "{name} has no section {section}");
        }
        assert!(!page.contains(".SH EXTRA"), "{name} has a section EXTRA");
        let of_sessions = name != "man/wsurl.1";
        assert_eq!(page.contains("HOW A SESSION ENDS"), of_sessions, "{name}");
        assert_eq!(page.contains("JSON FRAMING"), name == "man/wsurl-send.1", "{name}");
    }
}

/// The shell that most people have is the one that a broken script would annoy most of them in.
#[cfg(unix)]
#[test]
fn the_bash_completion_is_bash() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let script = folder.path().join("wsurl.bash");
    let files = wsurl::cli::committed_files().expect("generate");
    let (_, content) =
        files.iter().find(|(name, _)| name == "completions/wsurl.bash").expect("a bash completion");
    fs::write(&script, content).expect("write a file");
    // Where there is no bash, nobody will use it.
    if let Ok(check) = Command::new("bash").arg("-n").arg(script).output() {
        assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));
    }
}

/// The documents with their lists made anew: each list stands between two comments.
fn documents() -> Vec<(String, Vec<u8>)> {
    let mut documents = BTreeMap::new();
    for (document, list, rows) in [
        ("docs/sessions.md", "exit codes", exit_codes()),
        ("docs/sessions.md", "write-out names", write_out_names()),
        ("docs/reports.md", "report formats", formats()),
    ] {
        let text: &mut String = documents
            .entry(document.to_owned())
            .or_insert_with(|| fs::read_to_string(root().join(document)).expect("read a document"));
        let begin = format!("<!-- {list}: generated -->\n");
        let (before, rest) = text.split_once(&begin).unwrap_or_else(|| panic!("{document} has no {begin:?}"));
        let (_, after) = rest.split_once("<!-- end -->\n").expect("an end of the list");
        *text = format!("{before}{begin}{rows}<!-- end -->\n{after}");
    }
    documents.into_iter().map(|(document, text)| (document, text.into_bytes())).collect()
}

fn exit_codes() -> String {
    let head = "| code | name | meaning |\n|---|---|---|\n| 0 | success | see above |\n";
    let row = |status: &Status| format!("| {} | {} | {} |\n", status.code(), status.name(), status.meaning());
    head.to_owned() + &Status::ALL.iter().map(row).collect::<String>()
}

fn formats() -> String {
    let head = "| `--report` | what it is |\n|---|---|\n";
    let row = |format: &ReportFormat| format!("| `{}` | {} |\n", format.name, format.meaning);
    head.to_owned() + &FORMATS.iter().map(row).collect::<String>()
}

fn write_out_names() -> String {
    let names: Vec<_> = NAMES.iter().map(|row| format!("`{}`", row.name)).collect();
    let mut lines = vec![String::new()];
    for name in names {
        let line = lines.last_mut().expect("a line");
        if line.len() + name.len() > 120 {
            lines.push(name);
        } else {
            let gap = if line.is_empty() { "" } else { " " };
            line.push_str(gap);
            line.push_str(&name);
        }
    }
    lines.join("\n") + "\n"
}

fn is_page(name: &str) -> bool {
    name.starts_with("man/")
}

/// What the binary prints in a terminal of 100 columns.
fn help_texts() -> Vec<(String, Vec<u8>)> {
    let commands = wsurl::cli::command();
    let subcommands = commands.get_subcommands().map(|command| Some(command.get_name().to_owned()));
    std::iter::once(None)
        .chain(subcommands)
        .map(|subcommand| {
            let name = subcommand.as_ref().map_or("wsurl".to_owned(), |name| format!("wsurl-{name}"));
            let mut command = Command::new(env!("CARGO_BIN_EXE_wsurl"));
            command.args(subcommand).arg("--help").stdin(Stdio::null());
            command.env("COLUMNS", "100").env_remove("CLICOLOR_FORCE");
            let output = command.output().expect("run the binary");
            assert!(output.status.success(), "{name} --help: {}", output.status);
            (format!("tests/it/help/{name}.txt"), output.stdout)
        })
        .collect()
}

/// The files that are there, by their paths from the root of the repository. The schemas in man/ are of the tests of src/report.
fn committed_names() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for folder in FOLDERS {
        for entry in fs::read_dir(root().join(folder)).into_iter().flatten() {
            let name = entry.expect("a folder").file_name();
            let name = name.to_str().expect("a name in UTF-8");
            if !name.ends_with(".schema.json") {
                names.insert(format!("{folder}/{name}"));
            }
        }
    }
    names
}

fn difference(committed: &[u8], generated: &[u8]) -> String {
    let (committed, generated) = (String::from_utf8_lossy(committed), String::from_utf8_lossy(generated));
    let (mut committed, mut generated) = (committed.lines(), generated.lines());
    for number in 1.. {
        match (committed.next(), generated.next()) {
            (None, None) => break,
            (old, new) if old == new => {}
            (old, new) => {
                let [old, new] =
                    [old, new].map(|line| line.map_or("(nothing)".to_owned(), |line| format!("{line:?}")));
                return format!("line {number} is {old}, generated is {new}");
            }
        }
    }
    "the ends of lines".to_owned()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
