//! The rules of the house that a compiler does not hold: who may import whom, which crate is known where, and what a file
//! looks like.

mod circles;
mod options;
mod source;

use std::fs;
use std::path::PathBuf;

use regex::Regex;

use self::source::{Source, sources};

/// The modules, top to bottom: each may import those below it. Those of one line are small values, which may import each
/// other. `lib.rs` and `main.rs` stand above all.
const ORDER: [&[&str]; 13] = [
    &["commands"],
    &["cli"],
    &["prompt"],
    &["report"],
    &["echo"],
    &["conformance"],
    &["session"],
    &["framing"],
    &["echo_server"],
    &["net"],
    &["protocol"],
    &["os"],
    &["deadline", "endpoint", "error", "json", "secret", "size", "stats", "timers"],
];

/// Modules that import nothing of the crate, not even small values.
const ALONE: [&str; 1] = ["protocol"];

/// Crates with an owner: what they are known for is dealt with there and nowhere else.
const OWNERS: [(&[&str], &[&str]); 16] = [
    (&["clap", "clap_complete", "clap_mangen"], &["src/cli/"]),
    (&["indicatif"], &["src/report/progress.rs"]),
    (&["native_tls"], &["src/net/tls/backend/native/"]),
    (&["openssl", "openssl_probe"], &["src/net/tls/backend/"]),
    (
        &["mio"],
        &[
            "src/echo_server/",
            "src/net/connect.rs",
            "src/net/poller.rs",
            "src/net/readiness.rs",
            "src/net/socket.rs",
            "src/net/stream.rs",
            "src/net/transport.rs",
            "src/net/watched_file.rs",
            "src/session/event_loop/",
        ],
    ),
    (&["libc", "winapi_util"], &["src/os/"]),
    (&["flate2"], &["src/protocol/message/deflate.rs"]),
    (&["zlib_rs"], &["src/protocol/message/inflate.rs", "src/protocol/message/tests/"]),
    (&["hdrhistogram"], &["src/stats.rs", "src/report/formats/hlog.rs"]),
    (&["quick_xml"], &["src/report/markup.rs", "src/report/formats/"]),
    (&["terminal_size"], &["src/os/terminal.rs"]),
    (&["schemars"], &["src/report/json.rs", "src/report/echo/json.rs", "src/report/probe/json.rs"]),
    (&["md5"], &["src/net/auth/digest.rs"]),
    (&["unicode_width"], &["src/report/page.rs", "src/prompt/view.rs"]),
    (&["unicode_segmentation"], &["src/prompt/line.rs", "src/prompt/view.rs"]),
    (&["anstyle_parse"], &["src/prompt/keys.rs"]),
];

/// The most lines of code in a file, without tests, comments and blank lines.
const MOST_LINES: usize = 350;

/// The most lines of a function, from `fn` to its closing brace.
const MOST_LINES_OF_A_FUNCTION: usize = 70;

#[test]
fn modules_import_only_what_stands_below_them() {
    let mut breaches = Vec::new();
    for source in sources() {
        for import in source.imports() {
            if let Err(rule) = may_import(&source.module, &import.path) {
                let (line, path) = (import.line, import.path.join("::"));
                breaches.push(format!("{}:{line}: crate::{path}: {rule}", source.path));
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
fn unsafe_code_is_in_one_file() {
    let found: Vec<_> = sources()
        .iter()
        .filter(|source| source.has_word("unsafe"))
        .map(|source| source.path.clone())
        .collect();
    assert_eq!(found, ["src/os/raw.rs"]);
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
        let lines = source.lines_of_code();
        if lines > MOST_LINES && !is_for_tests(source) {
            breaches.push(format!("{path}: {lines} lines of code, at most {MOST_LINES}"));
        }
        for (line, name, lines) in source.functions() {
            if lines > MOST_LINES_OF_A_FUNCTION {
                let most = MOST_LINES_OF_A_FUNCTION;
                breaches.push(format!("{path}:{line}: {name} has {lines} lines, at most {most}"));
            }
        }
    }
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

#[test]
fn every_module_has_its_place_in_the_order_and_on_the_map() {
    let mut found: Vec<_> =
        sources().iter().filter_map(|source| source.module.first().map(String::as_str)).collect();
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
        source.imports().iter().map(|import| format!("{} {}", import.line, import.path.join("::"))).collect();
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
    assert_eq!(source.lines_of_code(), 9);
    assert_eq!(source.functions(), [(4, "f", 5)]);
    assert!(source.crate_names().contains(&(7, "native_tls")));
    assert!(!source.crate_names().iter().any(|(_, name)| *name == "mio"));
}

/// Whether the module of this file is declared for tests only.
fn is_for_tests(source: &Source) -> bool {
    let Some((name, parent)) = source.module.split_last() else { return false };
    let declared = format!("#[cfg(test)]\nmod {name};");
    sources().iter().any(|other| other.module == parent && other.text.contains(&declared))
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

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a good pattern")
}
