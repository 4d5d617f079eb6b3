//! The documents: the files, items and modules that ARCHITECTURE.md and CONTRIBUTING.md name exist, all links lead somewhere,
//! and the README leads to every document.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

const GUIDE: [&str; 2] = ["ARCHITECTURE.md", "CONTRIBUTING.md"];

/// The folders and files at the root whose names are taken for paths.
const ROOTS: &str = r"src|tests|benches|examples|completions|man|\.ci|docs|CHANGELOG\.md|README\.md";

#[test]
fn files_that_are_named_exist() {
    let path = regex(&format!(r"`((?:{ROOTS})(?:/[^` ]*)?)(?: [^`]*)?`"));
    let missing = each(&path, |_, captures| {
        let path = &captures[1];
        (!root().join(path).exists()).then(|| path.to_owned())
    });
    assert_eq!(missing, [""; 0]);
}

/// `src/net/dial.rs` followed by `dial`: that file defines it.
#[test]
fn items_that_are_named_are_in_their_files() {
    let item = regex(r"`(src/[^`]*\.rs)`\s`([A-Za-z_]+)`");
    let missing = each(&item, |_, captures| {
        let (path, name) = (&captures[1], &captures[2]);
        let text = fs::read_to_string(root().join(path)).unwrap_or_default();
        let defined = regex(&format!(r"\b(fn|struct|enum|trait|type|const|static) (mut )?{name}\b"));
        (!defined.is_match(&text)).then(|| format!("{path} {name}"))
    });
    assert_eq!(missing, [""; 0]);
}

#[test]
fn the_table_of_modules_has_every_module() {
    let guide = read("ARCHITECTURE.md");
    let rows = guide.lines().filter(|line| line.starts_with("| `"));
    let module = regex(r"`([a-z_]+)`");
    let named: BTreeSet<_> = rows
        .filter_map(|row| row.split('|').nth(1))
        .flat_map(|cell| {
            module.captures_iter(cell).map(|captures| captures[1].to_owned()).collect::<Vec<_>>()
        })
        .collect();
    let folder = fs::read_dir(root().join("src")).expect("read src");
    for entry in folder {
        let path = entry.expect("an entry of src").path();
        let name = path.file_stem().and_then(|name| name.to_str()).expect("a name in UTF-8");
        assert!(["lib", "main"].contains(&name) || named.contains(name), "no row for {name}");
    }
}

#[test]
fn links_lead_somewhere() {
    let link = regex(r"\]\(([^)#:]*)(?:#([^)]*))?\)");
    let mut missing = Vec::new();
    for document in documents() {
        let folder = Path::new(&document).parent().expect("a folder");
        let text = read(&document);
        for captures in link.captures_iter(&text) {
            let target = match &captures[1] {
                "" => PathBuf::from(&document),
                file => folder.join(file),
            };
            let leads = match captures.get(2) {
                Some(anchor) => {
                    read(target).lines().filter_map(anchor_of).any(|found| found == anchor.as_str())
                }
                None => root().join(target).exists(),
            };
            if !leads {
                missing.push(format!("{document}: {}", &captures[0]));
            }
        }
    }
    assert_eq!(missing, [""; 0]);
}

#[test]
fn the_readme_leads_to_every_document() {
    let readme = read("README.md");
    for document in documents().iter().filter(|document| *document != "README.md") {
        assert!(readme.contains(&format!("({document})")), "README.md has no link to {document}");
    }
}

/// The guide, the README, and what is in `docs/`.
fn documents() -> Vec<String> {
    let entries = fs::read_dir(root().join("docs")).expect("read docs");
    let names = entries.map(|entry| entry.expect("an entry of docs").file_name());
    let names = names.map(|name| format!("docs/{}", name.to_str().expect("a name in UTF-8")));
    let names = names.filter(|name| Path::new(name).extension().is_some_and(|extension| extension == "md"));
    GUIDE.iter().map(|&document| document.to_owned()).chain(["README.md".to_owned()]).chain(names).collect()
}

/// What `complaint` says of each match in the guide.
fn each(pattern: &Regex, complaint: impl Fn(&str, &regex::Captures<'_>) -> Option<String>) -> Vec<String> {
    let mut complaints = Vec::new();
    for document in GUIDE {
        let text = read(document);
        complaints.extend(pattern.captures_iter(&text).filter_map(|captures| complaint(document, &captures)));
    }
    complaints
}

/// The anchor of a heading: lower case, words joined by hyphens, without punctuation.
fn anchor_of(line: &str) -> Option<String> {
    let heading = line.strip_prefix('#')?.trim_start_matches('#').strip_prefix(' ')?;
    let kept = heading
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric() || " -_".contains(*c))
        .collect::<String>();
    Some(kept.replace(' ', "-"))
}

fn read(document: impl AsRef<Path>) -> String {
    fs::read_to_string(root().join(document)).expect("read a document")
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a good pattern")
}
