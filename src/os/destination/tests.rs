//! Tests of what happens to the files. Interrupted runs are tested at the process boundary.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::*;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn names(&self) -> Vec<String> {
        let names = fs::read_dir(self.0.path()).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
        names.sort_unstable();
        names
    }
}

fn open(path: &Path) -> Destination {
    Destination::open(path, None).unwrap()
}

fn failure() -> Failure {
    Failure::new(Status::ReceiveFailed, "lost")
}

#[test]
fn a_file_is_there_when_it_is_complete_and_not_before() {
    let folder = Folder::new();
    let path = folder.path("report.json");
    fs::write(&path, "old").unwrap();
    let file = open(&path);
    assert_eq!(folder.read("report.json"), "old");
    file.write_whole(b"new".to_vec(), None).unwrap();
    assert_eq!(folder.read("report.json"), "new");
    assert_eq!(folder.names(), ["report.json"]);
}

#[test]
fn what_has_arrived_is_kept_and_named() {
    let folder = Folder::new();
    let path = folder.path("out");
    let file = open(&path);
    assert_eq!(folder.names(), ["out.part"]);
    file.writer().write_all(b"half").unwrap();
    assert_eq!(
        file.keep(failure()).to_string(),
        format!("lost; 4 bytes are kept in {}.part", path.display())
    );
    assert_eq!((folder.names(), folder.read("out.part")), (vec!["out.part".to_owned()], "half".to_owned()));
}

#[test]
fn where_nothing_has_arrived_nothing_is_left_and_nothing_is_lost() {
    let folder = Folder::new();
    assert_eq!(open(&folder.path("out")).keep(failure()).to_string(), "lost");
    assert_eq!(folder.names(), [""; 0]);

    fs::write(folder.path("out.part"), "of an earlier run").unwrap();
    drop(open(&folder.path("out")));
    assert_eq!(folder.read("out.part"), "of an earlier run");
}

#[test]
fn what_an_earlier_run_has_left_is_begun_anew() {
    let folder = Folder::new();
    fs::write(folder.path("out.part"), "of an earlier run").unwrap();
    open(&folder.path("out")).write_whole(b"new".to_vec(), None).unwrap();
    assert_eq!((folder.names(), folder.read("out")), (vec!["out".to_owned()], "new".to_owned()));
    fs::write(folder.path("out.part"), "of an earlier run").unwrap();
    open(&folder.path("out")).complete().unwrap();
    assert_eq!((folder.names(), folder.read("out")), (vec!["out".to_owned()], String::new()));
}

#[cfg(unix)]
#[test]
fn two_runs_at_once_do_not_mix_their_bytes() {
    let folder = Folder::new();
    let (one, other) = (open(&folder.path("out")), open(&folder.path("out")));
    one.writer().write_all(b"one").unwrap();
    other.writer().write_all(b"other").unwrap();
    assert_eq!(folder.names(), [format!("out.{}.part", std::process::id()), "out.part".to_owned()]);
    one.complete().unwrap();
    assert_eq!(folder.read("out"), "one");
    other.complete().unwrap();
    assert_eq!((folder.names(), folder.read("out")), (vec!["out".to_owned()], "other".to_owned()));
}

#[cfg(unix)]
#[test]
fn links_and_folders_under_the_name_of_a_part_are_not_touched() {
    let folder = Folder::new();
    fs::write(folder.path("precious"), "precious").unwrap();
    std::os::unix::fs::symlink(folder.path("precious"), folder.path("a.part")).unwrap();
    fs::hard_link(folder.path("precious"), folder.path("b.part")).unwrap();
    fs::create_dir(folder.path("c.part")).unwrap();
    for name in ["a", "b", "c"] {
        open(&folder.path(name)).write_whole(b"new".to_vec(), None).unwrap();
        assert_eq!(folder.read(name), "new");
    }
    assert_eq!(folder.names(), ["a", "a.part", "b", "b.part", "c", "c.part", "precious"]);
    assert_eq!(folder.read("precious"), "precious");
}

#[test]
fn what_cannot_be_written_is_named() {
    let folder = Folder::new();
    let path = folder.path("missing/x");
    let failure = Destination::open(&path, None).unwrap_err();
    assert_eq!(failure.status(), Status::WriteError);
    assert!(failure.to_string().starts_with(&format!("cannot write {}: ", path.display())), "{failure}");
    assert!(Destination::open(folder.0.path(), None).is_err());
}

#[cfg(target_os = "linux")]
#[test]
fn devices_are_written_and_not_replaced() {
    open(Path::new("/dev/null")).write_whole(b"x".to_vec(), None).unwrap();
    let full = open(Path::new("/dev/full")).write_whole(b"x".to_vec(), None).unwrap_err();
    assert_eq!(full.to_string(), "cannot write /dev/full: No space left on device");
}

#[cfg(target_os = "linux")]
#[test]
fn a_descriptor_of_ours_is_appended_to() {
    use std::os::fd::AsRawFd;
    let folder = Folder::new();
    fs::write(folder.path("log"), "begin ").unwrap();
    let log = File::open(folder.path("log")).unwrap();
    for descriptors in ["/dev/fd", "/proc/self/fd"] {
        let descriptor = Path::new(descriptors).join(log.as_raw_fd().to_string());
        open(&descriptor).write_whole(b"more ".to_vec(), None).unwrap();
    }
    assert_eq!(folder.read("log"), "begin more more ");
}
