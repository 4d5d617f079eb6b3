//! What only Unix has: signals, and a shell that can start a process without a descriptor 0.
//! Through `sh`, since the package forbids unsafe code in its tests as well.

use std::path::Path;
use std::process::Command;

#[derive(Clone, Copy, Debug)]
pub enum Signal {
    Interrupt,
    Terminate,
}

pub fn send_signal(pid: u32, signal: Signal) {
    let name = match signal {
        Signal::Interrupt => "INT",
        Signal::Terminate => "TERM",
    };
    let kill = format!("kill -s {name} {pid}");
    let status = Command::new("sh").args(["-c", &kill]).status().expect("start sh");
    assert!(status.success(), "{kill}: {status}");
}

/// A command that starts this program as `PROGRAM ARGUMENTS <&-` does, under the same process id.
pub fn without_stdin(program: &Path) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", r#"exec "$0" "$@" <&-"#]).arg(program);
    command
}
