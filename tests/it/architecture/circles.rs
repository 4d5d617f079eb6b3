//! No file imports itself by way of others.
//!
//! An import is an import of the file that defines the name: `use` lines of a `mod.rs` are signposts, and are followed. So
//! `crate::net::Facts` is an import of `net/dial.rs`, where `net/mod.rs` says that it comes from. A `mod.rs` imports what
//! its own code uses; its `mod` lines and its re-exports are no imports.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::source::{Kind, Source, sources};

#[test]
fn no_file_imports_itself_by_way_of_others() {
    let circles = circles(&imports(sources()));
    let circles: Vec<_> = circles.iter().map(|circle| circle.join(" <-> ")).collect();
    assert!(circles.is_empty(), "files that import each other:\n{}", circles.join("\n"));
}

#[test]
fn an_import_is_followed_to_the_file_that_defines_the_name() {
    let sources = [
        Source::new(
            "src/a/mod.rs",
            "mod x; mod y; mod z; pub use self::y::Y as Other; pub use x::X; fn f() {}",
        ),
        Source::new("src/a/x.rs", "use super::Other; pub struct X;"),
        Source::new("src/a/y.rs", "use crate::d::*; pub struct Y;"),
        Source::new("src/a/z.rs", "fn z() { super::f(); super::X::new() }"),
        Source::new("src/b.rs", "use crate::a::{X, z::z}; mod inner { }"),
        Source::new("src/c.rs", "mod c { } use crate::c::c; use crate::{b, a};"),
        Source::new("src/d.rs", "pub struct D;"),
    ];
    let found = imports(&sources);
    let of = |path: &str| found[path].iter().copied().collect::<Vec<_>>();
    assert_eq!(of("src/a/mod.rs"), Vec::<&str>::new());
    assert_eq!(of("src/a/x.rs"), ["src/a/y.rs"]);
    assert_eq!(of("src/a/y.rs"), ["src/d.rs"]);
    assert_eq!(of("src/a/z.rs"), ["src/a/mod.rs", "src/a/x.rs"]);
    assert_eq!(of("src/b.rs"), ["src/a/x.rs", "src/a/z.rs"]);
    assert_eq!(of("src/c.rs"), ["src/a/mod.rs", "src/b.rs"]);
    assert_eq!(circles(&found), Vec::<Vec<&str>>::new());
    let circle = [
        Source::new("src/a.rs", "use crate::b::B;"),
        Source::new("src/b.rs", "use crate::c::C;"),
        Source::new("src/c.rs", "use crate::a::A; use crate::d::D;"),
        Source::new("src/d.rs", ""),
    ];
    assert_eq!(circles(&imports(&circle)), [["src/a.rs", "src/b.rs", "src/c.rs"]]);
}

/// The files that each file imports.
type Imports<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

fn imports(sources: &[Source]) -> Imports<'_> {
    let crate_map = CrateMap::of(sources);
    let of = |source: &Source| {
        let imports = source.imports().into_iter().filter(|import| import.kind != Kind::ReExport);
        let files = imports.filter_map(|import| crate_map.file(&import.path));
        files.filter(|file| *file != source.path).collect()
    };
    sources.iter().map(|source| (&*source.path, of(source))).collect()
}

/// Which file defines what.
struct CrateMap<'a> {
    /// The file of each module.
    files: HashMap<&'a [String], &'a str>,
    /// The `use` lines: module and name, and where the name comes from.
    signposts: HashMap<(&'a [String], String), Vec<String>>,
}

impl<'a> CrateMap<'a> {
    fn of(sources: &'a [Source]) -> Self {
        let files = sources.iter().map(|source| (&*source.module, &*source.path)).collect();
        let mut signposts = HashMap::new();
        for source in sources {
            for import in source.imports().into_iter().filter(|import| import.kind != Kind::Path) {
                signposts.insert((&*source.module, import.alias), import.path);
            }
        }
        Self { files, signposts }
    }

    /// The file that defines what is at `path`; `None` where the path leads out of the modules.
    fn file(&self, path: &[String]) -> Option<&'a str> {
        let mut path = path.to_vec();
        // A bound for names that are imported in a circle, which do not compile.
        for _ in 0..16 {
            let (length, file) = (1..=path.len())
                .rev()
                .find_map(|length| self.files.get(&path[..length]).map(|file| (length, *file)))?;
            let Some(name) = path.get(length) else { return Some(file) };
            let Some(target) = self.signposts.get(&(&path[..length], name.clone())) else {
                return Some(file);
            };
            path = [target, &path[length + 1..]].concat();
        }
        None
    }
}

/// The files that reach each other, in groups.
fn circles<'a>(imports: &Imports<'a>) -> Vec<Vec<&'a str>> {
    let reached: BTreeMap<&str, BTreeSet<&str>> =
        imports.keys().map(|file| (*file, reach(file, imports))).collect();
    let mut circles = BTreeSet::new();
    for (file, others) in &reached {
        let circle: Vec<_> = others.iter().copied().filter(|other| reached[other].contains(file)).collect();
        if !circle.is_empty() {
            circles.insert(circle);
        }
    }
    circles.into_iter().collect()
}

/// All files that `file` imports, directly or not.
fn reach<'a>(file: &str, imports: &Imports<'a>) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&str> = imports[file].iter().copied().collect();
    while let Some(next) = open.pop() {
        if reached.insert(next) {
            open.extend(&imports[next]);
        }
    }
    reached
}
