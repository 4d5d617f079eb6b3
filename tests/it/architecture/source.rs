//! A file under src/, read as text: comments, strings and `#[cfg(test)]` modules do not count.

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::{regex, root};

/// A file under src/.
pub struct Source {
    /// From the root of the repository, with slashes.
    pub path: String,
    /// From the root of the crate; of `mod.rs`, the folder.
    pub module: Vec<String>,
    pub text: String,
    /// Without comments, literals and test modules.
    tokens: Vec<Token>,
}

/// A path into this crate.
pub struct Import {
    pub line: usize,
    /// From the root of the crate.
    pub path: Vec<String>,
    /// What it is called where it is imported.
    pub alias: String,
    pub kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// In the midst of code.
    Path,
    /// A `use` for the file itself.
    Use,
    /// A `pub use`, of whatever visibility.
    ReExport,
}

struct Token {
    line: usize,
    text: String,
}

impl Source {
    pub fn new(path: &str, text: &str) -> Self {
        let module = path.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
        let module = if matches!(module, "lib" | "main") { "" } else { module };
        let mut tokens = tokens(text);
        cut_tests(&mut tokens);
        Self {
            path: path.to_owned(),
            module: module.split('/').filter(|name| !name.is_empty()).map(str::to_owned).collect(),
            text: text.to_owned(),
            tokens,
        }
    }

    /// The paths into this crate, with re-exports, in the order of the text.
    pub fn imports(&self) -> Vec<Import> {
        let children = self.children();
        let (mut found, mut at) = (Vec::new(), 0);
        while at < self.tokens.len() {
            let is_first = at == 0 || self.at(at - 1) != "::";
            let is_path = is_first && self.at(at + 1) == "::";
            let name = self.at(at);
            let starts = is_path && (matches!(name, "crate" | "self" | "super") || children.contains(&name));
            let begun = found.len();
            let end = if starts { self.walk(at, &self.module, &mut found) } else { at + 1 };
            for import in &mut found[begun..] {
                import.kind = self.kind(at);
            }
            at = end;
        }
        found
    }

    /// The modules that this file declares.
    fn children(&self) -> Vec<&str> {
        let declared = |&at: &usize| self.at(at) == "mod" && self.at(at + 2) == ";";
        (0..self.tokens.len()).filter(declared).map(|at| self.at(at + 1)).collect()
    }

    /// What the path at `at` is part of.
    fn kind(&self, at: usize) -> Kind {
        if at == 0 || self.at(at - 1) != "use" {
            return Kind::Path;
        }
        // `pub use`, `pub(crate) use`
        let is_public = at > 1 && matches!(self.at(at - 2), "pub" | ")");
        if is_public { Kind::ReExport } else { Kind::Use }
    }

    /// The lines with code: neither comments, nor blank ones, nor tests.
    pub fn lines_of_code(&self) -> usize {
        let lines: HashSet<_> = self.tokens.iter().map(|token| token.line).collect();
        lines.len()
    }

    /// The functions with a body: line, name, and the number of lines from `fn` to the closing brace.
    pub fn functions(&self) -> Vec<(usize, &str, usize)> {
        let begins = |&at: &usize| self.at(at) == "fn" && self.at(at + 1) != "(";
        let mut found = Vec::new();
        for at in (0..self.tokens.len()).filter(begins) {
            let (mut brackets, mut braces) = (0_i32, 0_i32);
            let ends = |token: &Token| {
                match token.text.as_str() {
                    "(" | "[" => brackets += 1,
                    ")" | "]" => brackets -= 1,
                    "{" => braces += 1,
                    "}" => braces -= 1,
                    _ => {}
                }
                braces == 0 && (token.text == "}" || (token.text == ";" && brackets == 0))
            };
            let Some(end) = self.tokens[at..].iter().position(ends).map(|length| at + length) else {
                continue;
            };
            let line = self.tokens[at].line;
            found.push((line, self.at(at + 1), self.tokens[end].line - line + 1));
        }
        found
    }

    /// The string literals of the code without quotes, each with its line and the function that it is in; those of attributes and
    /// of tests are left out.
    pub fn literals(&self) -> Vec<(usize, &str, &str)> {
        let code = self.text.split("\n#[cfg(test)]\nmod ").next().unwrap_or_default();
        let functions: Vec<_> = regex(r"\bfn (\w+)")
            .captures_iter(code)
            .filter_map(|found| found.get(1).map(|name| (name.start(), name.as_str())))
            .collect();
        let found = silent().find_iter(code).filter(|found| found.as_str().ends_with(['"', '#']));
        let of_code = found.filter(|found| {
            let line = code[..found.start()].rsplit('\n').next().unwrap_or_default();
            !line.trim_start().starts_with("#[") && !found.as_str().starts_with("//")
        });
        of_code
            .map(|found| {
                let before = functions.partition_point(|(at, _)| *at < found.start());
                let name = before.checked_sub(1).map_or("", |last| functions[last].1);
                let text = found.as_str().trim_start_matches(['b', 'r']).trim_matches('#');
                let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
                (code[..found.start()].matches('\n').count() + 1, name, text)
            })
            .collect()
    }

    /// Whether the code has this word.
    pub fn has_word(&self, word: &str) -> bool {
        self.tokens.iter().any(|token| token.text == word)
    }

    /// The first names of paths: crates, or whatever was imported.
    pub fn crate_names(&self) -> Vec<(usize, &str)> {
        let starts = |&at: &usize| self.at(at + 1) == "::" || (at > 0 && self.at(at - 1) == "use");
        let first = |&at: &usize| at == 0 || self.at(at - 1) != "::";
        let names = (0..self.tokens.len()).filter(starts).filter(first);
        names.map(|at| (self.tokens[at].line, self.at(at))).collect()
    }

    fn at(&self, index: usize) -> &str {
        self.tokens.get(index).map_or("", |token| &token.text)
    }

    /// Follows the path that goes on at `at` from `base`, into all branches. Gives where it ends.
    fn walk(&self, mut at: usize, base: &[String], found: &mut Vec<Import>) -> usize {
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
                let is_renamed = self.at(at + 1) == "as";
                let alias = if is_renamed { self.at(at + 2) } else { path.last().map_or("", |name| name) };
                let (line, alias) = (self.tokens[at].line, alias.to_owned());
                found.push(Import { line, path, alias, kind: Kind::Path });
                return at + 1;
            }
            at += 2;
        }
    }
}

/// Comments and literals.
fn silent() -> &'static Regex {
    static SILENT: LazyLock<Regex> = LazyLock::new(|| {
        let silent = [
            r"//[^\n]*|/\*.*?\*/",
            r##"\br#".*?"#|\br".*?"|"(\\.|[^"\\])*""##,
            r"'(\\.[^']*|[^'\\])'", // and not a lifetime
        ];
        regex(&format!("(?s){}", silent.join("|")))
    });
    &SILENT
}

fn tokens(text: &str) -> Vec<Token> {
    let code = silent().replace_all(text, |found: &Captures<'_>| "\n".repeat(found[0].matches('\n').count()));
    let token = regex(r"\w+|::|\S");
    let numbered = code.lines().enumerate();
    numbered
        .flat_map(|(number, line)| {
            let found = token.find_iter(line);
            found.map(move |found| Token { line: number + 1, text: found.as_str().to_owned() })
        })
        .collect()
}

/// Takes away what is only there in tests.
fn cut_tests(tokens: &mut Vec<Token>) {
    const MARK: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
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
        tokens.drain(start..end);
    }
}

/// All files under src/, in the order of their paths.
pub fn sources() -> &'static [Source] {
    static SOURCES: LazyLock<Vec<Source>> = LazyLock::new(read_sources);
    &SOURCES
}

fn read_sources() -> Vec<Source> {
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
