//! Faults of file systems that no test machine has: a full disk, a quota that is told by `close`, a lost server that is told as a broken
//! pipe. A library in front of the system's makes them, for files whose name says so.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use crate::support::{EchoServer, Script, Wsurl, frame, new_file, noise};

const SHIM: &str = r#"
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <stdio.h>
#include <unistd.h>
#include <sys/syscall.h>
#include <sys/uio.h>

static int is_for(int fd, const char *fault) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return strstr(path, fault) != NULL;
}

int close(int fd) {
    int faulty = is_for(fd, "fault-quota"), slow = is_for(fd, "fault-eintr");
    int result = syscall(SYS_close, fd);
    if (faulty) { errno = EDQUOT; return -1; }
    if (slow) { errno = EINTR; return -1; }
    return result;
}

ssize_t write(int fd, const void *bytes, size_t count) {
    if (is_for(fd, "fault-epipe")) { errno = EPIPE; return -1; }
    if (is_for(fd, "fault-full")) {
        off_t room = 65536 - lseek(fd, 0, SEEK_CUR);
        if (room <= 0) { errno = ENOSPC; return -1; }
        if (count > (size_t) room) count = room;
    }
    return syscall(SYS_write, fd, bytes, count);
}

ssize_t writev(int fd, const struct iovec *slices, int count) {
    if (!is_for(fd, "fault-")) return syscall(SYS_writev, fd, slices, count);
    for (int slice = 0; slice < count; slice++)
        if (slices[slice].iov_len > 0) return write(fd, slices[slice].iov_base, slices[slice].iov_len);
    return 0;
}
"#;

/// The library, built once.
fn shim() -> &'static PathBuf {
    static BUILT: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    &BUILT
        .get_or_init(|| {
            let dir = tempfile::tempdir().expect("a folder");
            let (source, library) = (dir.path().join("shim.c"), dir.path().join("shim.so"));
            fs::write(&source, SHIM).expect("write the source");
            let built = Command::new("cc")
                .args(["-shared", "-fPIC", "-o"])
                .args([&library, &source])
                .status()
                .expect("start cc");
            assert!(built.success(), "cc: {built}");
            (dir, library)
        })
        .1
}

#[test]
fn what_only_close_tells_is_a_write_error_and_no_complete_file() {
    let (_dir, path) = new_file("fault-quota");
    let server = EchoServer::start();
    Wsurl::new(["send", "-o", &path, &server.url(), "hi"])
        .env("LD_PRELOAD", shim())
        .stderr(format!(
            "wsurl: error: cannot write {path}: Disk quota exceeded; 3 bytes are kept in {path}.part\n"
        ))
        .exits(23);
    assert!(!fs::exists(&path).expect("the folder"));
}

#[test]
fn what_only_close_tells_of_stdout_and_reports_is_a_write_error() {
    let (_dir, path) = new_file("fault-quota");
    let stdout = || fs::File::create(&path).expect("a file");
    let server = EchoServer::start();
    Wsurl::new(["send", &server.url(), "hi"])
        .stdout_to(stdout())
        .env("LD_PRELOAD", shim())
        .stderr("wsurl: error: cannot write standard output: Disk quota exceeded\n")
        .exits(23);
    let server = EchoServer::start();
    Wsurl::new(["probe", &server.url()])
        .stdout_to(stdout())
        .env("LD_PRELOAD", shim())
        .stderr("wsurl: error: cannot write standard output: Disk quota exceeded\n")
        .exits(23);
    let server = EchoServer::start();
    Wsurl::new(["probe", "--report", &format!("json={path}"), &server.url()])
        .env("LD_PRELOAD", shim())
        .stderr_has(format!("cannot write {path}: Disk quota exceeded"))
        .exits(23);
}

#[test]
fn a_full_disk_keeps_what_it_has_room_for() {
    let (_dir, path) = new_file("fault-full");
    let data = noise(200_000);
    let peer = Script::new().upgrade().send(frame::binary(&data)).read_close().close();
    Wsurl::new(["stream", "-f", "-o", &path, &peer.url()])
        .env("LD_PRELOAD", shim())
        .stderr(format!(
            "wsurl: error: cannot write {path}: No space left on device; 65536 bytes are kept in {path}.part\n"
        ))
        .exits(23);
    assert!(fs::read(format!("{path}.part")).expect("the part") == data[..65536]);
}

#[test]
fn a_file_that_may_not_grow_is_a_write_error_and_not_the_end_of_the_program() {
    let (_dir, path) = new_file("limited");
    let data = noise(200_000);
    let peer = Script::new().upgrade().send(frame::binary(&data)).read_close().close();
    Wsurl::new(["stream", "-f", "-o", &path, &peer.url()])
        // In blocks of 512 bytes.
        .in_shell(r#"ulimit -f 128; exec "$@""#)
        .stderr(format!(
            "wsurl: error: cannot write {path}: File too large; 65536 bytes are kept in {path}.part\n"
        ))
        .exits(23);
    assert!(fs::read(format!("{path}.part")).expect("the part") == data[..65536]);
}

#[test]
fn a_close_that_a_signal_interrupts_is_no_error() {
    let (_dir, path) = new_file("fault-eintr");
    let server = EchoServer::start();
    Wsurl::new(["send", "-o", &path, &server.url(), "hi"]).env("LD_PRELOAD", shim()).stderr("").exits(0);
    assert_eq!(fs::read_to_string(&path).expect("the file"), "hi\n");
}

#[test]
fn a_broken_pipe_on_a_regular_file_is_a_write_error() {
    let (_dir, path) = new_file("fault-epipe");
    let server = EchoServer::start();
    Wsurl::new(["send", "-o", &path, &server.url(), "hi"])
        .env("LD_PRELOAD", shim())
        .stderr(format!("wsurl: error: cannot write {path}: Broken pipe\n"))
        .exits(23);

    let stdout = fs::File::create(&path).expect("a file");
    let peer = Script::new().upgrade().send(frame::binary(noise(200_000))).read_close().close();
    Wsurl::new(["stream", "-f", &peer.url()])
        .stdout_to(stdout)
        .env("LD_PRELOAD", shim())
        .stderr("wsurl: error: cannot write standard output: Broken pipe\n")
        .exits(23);
}
