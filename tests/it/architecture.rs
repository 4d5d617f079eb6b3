//! The rules of the house that a compiler does not hold: who may import whom, which crate is known where, and what a file
//! looks like. Sources are read as text: comments, strings and `#[cfg(test)]` modules do not count.

use std::fs;
use std::path::{Path, PathBuf};

use regex_lite::{Captures, Regex};

/// The modules, top to bottom: each may import those below it. Those of one line are small values, which may import each
/// other. `lib.rs` and `main.rs` stand above all.
const ORDER: [&[&str]; 12] = [
    &["commands"],
    &["cli"],
    &["report"],
    &["echo"],
    &["conformance"],
    &["session"],
    &["framing"],
    &["echo_server"],
    &["net"],
    &["protocol"],
    &["os"],
    &["deadline", "endpoint", "error", "secret", "size", "stats"],
];

/// Modules that import nothing of the crate, not even small values.
const ALONE: [&str; 1] = ["protocol"];

/// Crates with an owner: what they are known for is dealt with there and nowhere else.
const OWNERS: [(&[&str], &[&str]); 10] = [
    (&["clap", "clap_complete", "clap_mangen"], &["src/cli/"]),
    (&["indicatif"], &["src/report/progress.rs"]),
    (&["native_tls"], &["src/net/tls/backend/native/"]),
    (&["openssl", "openssl_probe"], &["src/net/tls/backend/"]),
    (
        &["mio"],
        &[
            "src/echo_server/",
            "src/net/connect.rs",
            "src/net/crowd.rs",
            "src/net/stream.rs",
            "src/net/transport.rs",
            "src/session/wake.rs",
        ],
    ),
    (&["tempfile"], &["src/os/new_file.rs"]),
    (&["hdrhistogram"], &["src/stats.rs"]),
    (&["quick_junit"], &["src/report/junit.rs"]),
    (&["schemars"], &["src/report/json.rs", "src/report/echo/json.rs", "src/report/probe/json.rs"]),
    (&["unicode_width"], &["src/report/page.rs"]),
];

/// A file beyond this is two files, its tests not counted.
const MOST_LINES: usize = 450;

#[test]
fn modules_import_only_what_stands_below_them() {
    let mut breaches = Vec::new();
    for source in sources() {
        for (line, target) in source.imports() {
            if let Err(rule) = may_import(&source.module, &target) {
                breaches.push(format!("{}:{line}: crate::{}: {rule}", source.path, target.join("::")));
            }
        }
    }
    assert!(breaches.is_empty(), "imports against the order of modules:\n{}", breaches.join("\n"));
}

#[test]
fn crates_are_known_only_to_their_owners() {
    let mut breaches = Vec::new();
    for source in sources() {
        for (crates, owners) in OWNERS {
            if owners.iter().any(|owner| source.path.starts_with(owner)) {
                continue;
            }
            let uses = source.crate_names().into_iter().filter(|(_, name)| crates.contains(name));
            breaches.extend(uses.map(|(line, name)| {
                format!("{}:{line}: {name} is known only to {}", source.path, owners.join(", "))
            }));
        }
    }
    assert!(breaches.is_empty(), "crates outside of their owners:\n{}", breaches.join("\n"));
}

#[test]
fn sources_are_finished_small_and_introduced() {
    // A letter of each in brackets, so that a search for leftovers does not find this line.
    let leftover = regex(r"\bTOD[O]\b|\b(tod[o]|unimplemente[d]|db[g])!");
    let mut breaches = Vec::new();
    for source in sources() {
        let path = &source.path;
        for (number, line) in source.text.lines().enumerate() {
            if let Some(found) = leftover.find(line) {
                breaches.push(format!("{path}:{}: {} is left over", number + 1, found.as_str()));
            }
        }
        if !source.text.starts_with("//!") {
            breaches.push(format!("{path}:1: the file does not say what it is for (//!)"));
        }
        if source.lines > MOST_LINES {
            breaches.push(format!("{path}: {} lines without its tests, at most {MOST_LINES}", source.lines));
        }
    }
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

#[test]
fn every_module_has_its_place_in_the_order_and_on_the_map() {
    let mut found: Vec<_> =
        sources().into_iter().filter_map(|source| source.module.into_iter().next()).collect();
    found.sort_unstable();
    found.dedup();
    let mut expected: Vec<_> = ORDER.concat();
    expected.sort_unstable();
    assert_eq!(found, expected, "the modules of src/ and those of ORDER");

    let map = fs::read_to_string(root().join("src/lib.rs")).expect("read src/lib.rs");
    for module in ORDER[..ORDER.len() - 1].concat() {
        assert!(map.contains(&format!("//! | [`{module}`] |")), "{module} is not on the map in src/lib.rs");
    }
}

#[test]
fn the_changelog_has_well_formed_headings() {
    let Ok(changelog) = fs::read_to_string(root().join("CHANGELOG.md")) else { return };
    let heading = regex(concat!(
        r"^(# Changelog",
        r"|## \[?Unreleased\]?",
        r"|## \[?\d+\.\d+\.\d+(-[0-9A-Za-z.]+)?\]? - \d{4}-\d{2}-\d{2}",
        r"|### (Added|Changed|Deprecated|Removed|Fixed|Security))$",
    ));
    for (number, line) in changelog.lines().enumerate() {
        let well_formed = !line.starts_with('#') || heading.is_match(line);
        assert!(well_formed, "CHANGELOG.md:{}: {line:?} is no heading of a changelog", number + 1);
    }
}

#[test]
fn imports_are_seen_in_every_spelling() {
    let source = Source::new(
        "src/net/tls.rs",
        r##"//! crate::comment::x
            use crate::{error::{self, Failure as F}, size};
            use super::{dial::*, super::report};
            fn f<'a>(x: &'a str) -> crate::session::Limits { // crate::comment::y
                let c = ['"', '\'', crate::cli::QUOTE];
                g("crate::string::x \" crate::string::y", r#"" crate::string::z"#); /* crate::comment::z */
                super::super::commands::run::<crate::stats::Tally>(self::own, native_tls::X, x.mio())
            }
            pub(crate) mod inner {}
            #[cfg(test)]
            mod tests {
                fn f() { crate::tests::x() }
            }
            use crate::last;"##,
    );
    let seen: Vec<_> =
        source.imports().iter().map(|(line, path)| format!("{line} {}", path.join("::"))).collect();
    let expected = [
        "2 error::self",
        "2 error::Failure",
        "2 size",
        "3 net::dial::*",
        "3 report",
        "4 session::Limits",
        "5 cli::QUOTE",
        "7 commands::run",
        "7 stats::Tally",
        "7 net::tls::own",
        "14 last",
    ];
    assert_eq!(seen, expected);
    assert_eq!(source.lines, 10);
    assert!(source.crate_names().contains(&(7, "native_tls")));
    assert!(!source.crate_names().iter().any(|(_, name)| *name == "mio"));
}

/// The rule that an import breaks.
fn may_import(from: &[String], target: &[String]) -> Result<(), String> {
    let (Some(from), Some(target)) = (from.first(), target.first()) else { return Ok(()) };
    let place = |module: &String| {
        let place = ORDER.iter().position(|line| line.contains(&module.as_str()));
        place.ok_or_else(|| format!("{module} has no place in the order"))
    };
    let (above, below) = (place(from)?, place(target)?);
    if from == target || (above <= below && !ALONE.contains(&from.as_str())) {
        return Ok(());
    }
    Err(if ALONE.contains(&from.as_str()) {
        format!("{from} imports no other module")
    } else {
        format!("{from} stands below {target}, and imports point down only")
    })
}

/// A file under src/.
struct Source {
    /// From the root of the repository, with slashes.
    path: String,
    module: Vec<String>,
    text: String,
    /// Without comments, literals and test modules.
    tokens: Vec<Token>,
    /// Lines without those of test modules.
    lines: usize,
}

struct Token {
    line: usize,
    text: String,
}

impl Source {
    fn new(path: &str, text: &str) -> Self {
        let module = path.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
        let module = if matches!(module, "lib" | "main") { "" } else { module };
        let mut tokens = tokens(text);
        let tests = cut_tests(&mut tokens);
        Self {
            path: path.to_owned(),
            module: module.split('/').filter(|name| !name.is_empty()).map(str::to_owned).collect(),
            text: text.to_owned(),
            tokens,
            lines: text.lines().count() - tests,
        }
    }

    /// The paths into this crate, each from its root, with their lines.
    fn imports(&self) -> Vec<(usize, Vec<String>)> {
        let (mut found, mut at) = (Vec::new(), 0);
        while at < self.tokens.len() {
            let starts = matches!(self.at(at), "crate" | "self" | "super") && self.at(at + 1) == "::";
            at = if starts { self.walk(at, &self.module, &mut found) } else { at + 1 };
        }
        found
    }

    /// The first names of paths: crates, or whatever was imported.
    fn crate_names(&self) -> Vec<(usize, &str)> {
        let starts = |&at: &usize| self.at(at + 1) == "::" || (at > 0 && self.at(at - 1) == "use");
        let first = |&at: &usize| at == 0 || self.at(at - 1) != "::";
        let names = (0..self.tokens.len()).filter(starts).filter(first);
        names.map(|at| (self.tokens[at].line, self.at(at))).collect()
    }

    fn at(&self, index: usize) -> &str {
        self.tokens.get(index).map_or("", |token| &token.text)
    }

    /// Follows the path that goes on at `at` from `base`, into all branches. Gives where it ends.
    fn walk(&self, mut at: usize, base: &[String], found: &mut Vec<(usize, Vec<String>)>) -> usize {
        let mut path = base.to_vec();
        loop {
            match self.at(at) {
                "crate" => path.clear(),
                "self" if self.at(at + 1) == "::" => {}
                "super" => {
                    path.pop();
                }
                "{" => {
                    at += 1;
                    while !matches!(self.at(at), "}" | "") {
                        at = self.walk(at, &path, found);
                        while !matches!(self.at(at), "," | "}" | "") {
                            at += 1;
                        }
                        at += usize::from(self.at(at) == ",");
                    }
                    return at + 1;
                }
                name => path.push(name.to_owned()),
            }
            if self.at(at + 1) != "::" || self.at(at + 2) == "<" {
                found.push((self.tokens[at].line, path));
                return at + 1;
            }
            at += 2;
        }
    }
}

fn tokens(text: &str) -> Vec<Token> {
    let silent = [
        r"//[^\n]*|/\*.*?\*/",
        r##"\br#".*?"#|\br".*?"|"(\\.|[^"\\])*""##,
        r"'(\\.[^']*|[^'\\])'", // and not a lifetime
    ];
    let silent = regex(&format!("(?s){}", silent.join("|")));
    let code = silent.replace_all(text, |found: &Captures<'_>| "\n".repeat(found[0].matches('\n').count()));
    let token = regex(r"\w+|::|\S");
    let numbered = code.lines().enumerate();
    numbered
        .flat_map(|(number, line)| {
            let found = token.find_iter(line);
            found.map(move |found| Token { line: number + 1, text: found.as_str().to_owned() })
        })
        .collect()
}

/// Takes away what is only there in tests. Gives the number of its lines.
fn cut_tests(tokens: &mut Vec<Token>) -> usize {
    const MARK: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut lines = 0;
    let is_mark = |window: &[Token]| window.iter().map(|token| token.text.as_str()).eq(MARK);
    while let Some(start) = tokens.windows(MARK.len()).position(is_mark) {
        let mut depth = 0_usize;
        let ends = |token: &Token| {
            match token.text.as_str() {
                "{" => depth += 1,
                "}" => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0 && matches!(token.text.as_str(), "}" | ";")
        };
        let end = tokens[start..].iter().position(ends).map_or(tokens.len(), |length| start + length + 1);
        lines += tokens[end - 1].line - tokens[start].line + 1;
        tokens.drain(start..end);
    }
    lines
}

fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    let mut folders = vec![root().join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of sources") {
            let path = entry.expect("a folder of sources").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(Source::new(&name(&path), &fs::read_to_string(&path).expect("read a source")));
            }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

fn name(path: &Path) -> String {
    let path = path.strip_prefix(root()).expect("a file of the repository");
    path.iter().map(|part| part.to_str().expect("a name in UTF-8")).collect::<Vec<_>>().join("/")
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a good pattern")
}
