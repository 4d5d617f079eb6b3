//! What a replaced file keeps, and files that cannot be replaced: rights, owners, links, folders.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use crate::support::{EchoServer, Script, Wsurl, file_with, frame, new_file, noise};

/// Nobody listens there: a run that dials exits 7.
const NOBODY: &str = "ws://127.0.0.1:1/";

/// A user and group that own nothing. Only root can become them.
const STRANGER: u32 = 65534;
const AS_STRANGER: &str = r#"exec setpriv --reuid 65534 --regid 65534 --clear-groups "$@""#;

fn is_root() -> bool {
    let own = tempfile::tempfile().expect("a file");
    own.metadata().expect("a file").uid() == 0
}

/// The command, as a user whom permissions concern.
fn as_mortal() -> &'static str {
    if is_root() { AS_STRANGER } else { r#"exec "$@""# }
}

fn set_mode(path: impl AsRef<Path>, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("change permissions");
}

/// What `server` replies to `hi` goes to `path`, in a run that is started by `line`.
fn receive_hi(server: &EchoServer, path: &str, line: &str) -> Wsurl {
    Wsurl::new(["send", "-o", path, &server.url(), "hi"]).in_shell(line)
}

#[test]
fn the_head_of_an_answer_is_for_its_owner_alone_where_the_file_is_new() {
    let (_dir, path) = new_file("head");
    let head = |path: &str| {
        let server = EchoServer::start();
        Wsurl::new(["send", "-D", path, &server.url(), "hi"]).exits(0);
        fs::metadata(path).expect("the file").mode() & 0o7777
    };
    assert_eq!(head(&path), 0o600);
    set_mode(&path, 0o644);
    assert_eq!(head(&path), 0o644);
}

#[test]
fn permission_bits_are_kept_but_not_setuid_and_setgid() {
    let (_dir, path) = file_with("tool", "old");
    for (before, after) in [(0o6755, 0o755), (0o4750, 0o750), (0o640, 0o640), (0o600, 0o600)] {
        set_mode(&path, before);
        receive_hi(&EchoServer::start(), &path, r#"exec "$@""#).stderr("").exits(0);
        let found = fs::metadata(&path).expect("the file");
        assert_eq!(found.mode() & 0o7777, after, "after {before:o}");
        assert_eq!(fs::read_to_string(&path).expect("the file"), "hi\n");
    }
}

#[test]
fn owner_and_group_are_kept() {
    if !is_root() {
        eprintln!("skipped: only root can give files away");
        return;
    }
    // A part that an earlier run has left has the owner already.
    for part_is_left in [false, true] {
        let (dir, path) = file_with("tool", "old");
        let part = format!("{path}.part");
        if part_is_left {
            fs::write(&part, "of an earlier run").expect("a part");
            std::os::unix::fs::chown(&part, Some(STRANGER), Some(1234)).expect("change the owner");
        }
        std::os::unix::fs::chown(&path, Some(STRANGER), Some(1234)).expect("change the owner");
        set_mode(&path, 0o6755);
        receive_hi(&EchoServer::start(), &path, r#"exec "$@""#).stderr("").exits(0);
        let found = fs::metadata(&path).expect("the file");
        assert_eq!((found.uid(), found.gid(), found.mode() & 0o7777), (STRANGER, 1234, 0o755));
        assert_eq!(fs::read_dir(dir.path()).expect("the folder").count(), 1);
    }
}

#[test]
fn reports_and_heads_are_replaced_in_the_same_way() {
    let (_dir, path) = file_with("tool", "old");
    for option in [["--report".to_owned(), format!("json={path}")], ["-D".to_owned(), path.clone()]] {
        set_mode(&path, 0o6755);
        let server = EchoServer::start();
        Wsurl::new(["probe", &server.url()]).args(option).exits(0);
        assert_eq!(fs::metadata(&path).expect("the file").mode() & 0o7777, 0o755);
        assert_ne!(fs::read_to_string(&path).expect("the file"), "old");
    }
}

#[test]
fn a_file_that_may_not_be_written_is_refused_before_the_dial() {
    let (dir, path) = file_with("precious", "old");
    set_mode(dir.path(), 0o777);
    set_mode(&path, 0o444);
    for option in ["-o", "-D"] {
        Wsurl::new(["send", option, &path, NOBODY, "hi"])
            .in_shell(as_mortal())
            .stderr(format!("wsurl: error: cannot write {path}: Permission denied\n"))
            .exits(23);
    }
    assert_eq!(fs::read_to_string(&path).expect("the file"), "old");
    assert_eq!(fs::read_dir(dir.path()).expect("the folder").count(), 1);
}

#[test]
fn a_file_with_other_names_is_written_in_place() {
    let (_dir, path) = file_with("one", "the old content");
    let other = format!("{path}.other");
    fs::hard_link(&path, &other).expect("a second name");
    set_mode(&path, 0o6755);
    let warning = format!(
        "wsurl: warning: {path} is written in place, so that it may be left incomplete: \
         it has other names (hard links)\n"
    );
    receive_hi(&EchoServer::start(), &path, r#"exec "$@""#).stderr(warning).exits(0);
    assert_eq!(fs::read_to_string(&other).expect("the other name"), "hi\n");
    assert_eq!(fs::metadata(&other).expect("the other name").mode() & 0o7777, 0o755);
}

#[test]
fn old_content_stays_in_place_until_the_first_byte() {
    let (dir, path) = file_with("one", "the old content");
    fs::hard_link(&path, format!("{path}.other")).expect("a second name");
    set_mode(&path, 0o4755);
    Wsurl::new(["send", "-s", "-o", &path, NOBODY, "hi"]).exits(7);
    let peer = Script::new().upgrade().send(frame::ping("")).read_frame();
    let run = Wsurl::new(["stream", "-f", "-o", &path, &peer.url()])
        .stderr_has("is written in place")
        .stderr_has(format!("; 1000 bytes are kept in {path}\n"))
        .spawn();
    peer.wait();
    assert_eq!(fs::read_to_string(&path).expect("the file"), "the old content");
    assert_eq!(fs::metadata(&path).expect("the file").mode() & 0o7777, 0o4755);
    let _peer = peer.send(frame::binary(noise(1000))).close();
    run.exits(56);
    assert_eq!(fs::read(&path).expect("the file"), noise(1000));
    assert_eq!(fs::metadata(&path).expect("the file").mode() & 0o7777, 0o755);
    assert_eq!(fs::read_dir(dir.path()).expect("the folder").count(), 2);
}

#[test]
fn silence_hides_the_warning() {
    let (_dir, path) = file_with("one", "old");
    fs::hard_link(&path, format!("{path}.other")).expect("a second name");
    receive_hi(&EchoServer::start(), &path, r#"exec "$@" -s"#).stderr("").exits(0);
}

#[test]
fn a_symbolic_link_is_opened() {
    let (dir, path) = file_with("file", "old");
    let link = format!("{path}.link");
    std::os::unix::fs::symlink("file", &link).expect("a link");
    receive_hi(&EchoServer::start(), &link, r#"exec "$@""#).stderr_has("it is a symbolic link\n").exits(0);
    assert_eq!(fs::read_to_string(&path).expect("the file"), "hi\n");
    assert!(fs::symlink_metadata(&link).expect("the link").is_symlink());

    let dangling = format!("{path}.dangling");
    std::os::unix::fs::symlink("new", &dangling).expect("a link");
    receive_hi(&EchoServer::start(), &dangling, r#"exec "$@""#).exits(0);
    assert_eq!(fs::read_to_string(dir.path().join("new")).expect("the file"), "hi\n");
    assert_eq!(fs::read_dir(dir.path()).expect("the folder").count(), 4);
}

#[test]
fn a_link_of_another_user_in_a_folder_for_all_is_not_followed() {
    let protects = fs::read_to_string("/proc/sys/fs/protected_symlinks").is_ok_and(|text| text.trim() == "1");
    if !(is_root() && protects) {
        eprintln!("skipped: the system does not protect links, or only root could make one for another user");
        return;
    }
    let (dir, path) = file_with("file", "old");
    set_mode(dir.path(), 0o1777);
    let link = format!("{path}.link");
    std::os::unix::fs::symlink("file", &link).expect("a link");
    std::os::unix::fs::lchown(&link, Some(STRANGER), Some(STRANGER)).expect("change the owner");
    Wsurl::new(["send", "-o", &link, NOBODY, "hi"])
        .stderr(format!("wsurl: error: cannot write {link}: Permission denied\n"))
        .exits(23);
}

#[test]
fn a_file_in_a_folder_that_may_not_be_written_is_written_in_place() {
    let (dir, path) = file_with("file", "old");
    set_mode(&path, 0o666);
    set_mode(dir.path(), 0o555);
    receive_hi(&EchoServer::start(), &path, as_mortal())
        .stderr(format!(
            "wsurl: warning: {path} is written in place, so that it may be left incomplete: \
             no file can be made beside it (Permission denied)\n"
        ))
        .exits(0);
    assert_eq!(fs::read_to_string(&path).expect("the file"), "hi\n");
    let missing = format!("{path}.missing");
    Wsurl::new(["send", "-o", &missing, NOBODY, "hi"])
        .in_shell(as_mortal())
        .stderr(format!("wsurl: error: cannot write {missing}: Permission denied\n"))
        .exits(23);
    set_mode(dir.path(), 0o755);
}

#[test]
fn a_file_of_another_owner_is_written_in_place() {
    if !is_root() {
        eprintln!("skipped: only root has files of another owner");
        return;
    }
    let (dir, path) = file_with("file", "old");
    set_mode(dir.path(), 0o777);
    set_mode(&path, 0o666);
    receive_hi(&EchoServer::start(), &path, AS_STRANGER)
        .stderr_has("a new file cannot have its owner (Operation not permitted)\n")
        .exits(0);
    assert_eq!(
        (fs::read_to_string(&path).expect("the file"), fs::metadata(&path).expect("the file").uid()),
        ("hi\n".to_owned(), 0)
    );
    assert_eq!(fs::read_dir(dir.path()).expect("the folder").count(), 1);
}

#[test]
fn a_file_that_is_read_is_not_emptied() {
    let (_dir, path) = file_with("file", "content");
    let link = format!("{path}.link");
    std::os::unix::fs::symlink("file", &link).expect("a link");
    Wsurl::new(["stream", "-T", &path, "-o", &link, NOBODY])
        .stderr(format!(
            "wsurl: error: -o {link} would empty the file of -T {path}\n\
             wsurl: hint: give each a file of its own\n"
        ))
        .exits(2);
    for mode in ["stream", "send"] {
        Wsurl::new([mode, "-o", &link, NOBODY])
            .stdin_from(fs::File::open(&path).expect("the file"))
            .stderr(format!(
                "wsurl: error: -o {link} would empty standard input\n\
                 wsurl: hint: give each a file of its own\n"
            ))
            .exits(2);
    }
    assert_eq!(fs::read_to_string(&path).expect("the file"), "content");
    // Beside the file there is room for the reply.
    let server = EchoServer::start();
    Wsurl::new(["stream", "-T", &path, "-o", &path, &server.url()]).stderr("").exits(0);
    assert_eq!(fs::read_to_string(&path).expect("the file"), "content");
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_with_an_access_control_list_is_written_in_place() {
    // Version 2, then tag, permissions and id of each entry (acl(5)): the owner, the stranger, the group, the mask, others.
    let mut list = 2_u32.to_le_bytes().to_vec();
    for (tag, permissions, id) in
        [(1_u16, 6_u16, u32::MAX), (2, 6, STRANGER), (4, 4, u32::MAX), (16, 6, u32::MAX), (32, 0, u32::MAX)]
    {
        list.extend(tag.to_le_bytes());
        list.extend(permissions.to_le_bytes());
        list.extend(id.to_le_bytes());
    }
    let (_dir, path) = file_with("file", "old");
    let name = "system.posix_acl_access";
    if rustix::fs::setxattr(&path, name, &list, rustix::fs::XattrFlags::empty()).is_err() {
        eprintln!("skipped: no access control lists in this file system");
        return;
    }
    receive_hi(&EchoServer::start(), &path, r#"exec "$@""#)
        .stderr_has("it has an access control list\n")
        .exits(0);
    assert_eq!(fs::read_to_string(&path).expect("the file"), "hi\n");
    let mut kept = [0; 100];
    let length = rustix::fs::getxattr(&path, name, &mut kept[..]).expect("the list");
    assert_eq!(kept[..length], list);
}
