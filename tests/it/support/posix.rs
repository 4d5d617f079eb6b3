//! What only Unix has: signals and FIFOs. Through `sh`, since there is no unsafe code in the tests.

use std::path::Path;
use std::process::Command;

#[derive(Clone, Copy, Debug)]
pub enum Signal {
    Continue,
    HangUp,
    Interrupt,
    Kill,
    Quit,
    Resize,
    Stop,
    Terminate,
}

pub fn send_signal(pid: u32, signal: Signal) {
    let name = match signal {
        Signal::Continue => "CONT",
        Signal::HangUp => "HUP",
        Signal::Interrupt => "INT",
        Signal::Kill => "KILL",
        Signal::Quit => "QUIT",
        Signal::Resize => "WINCH",
        Signal::Stop => "STOP",
        Signal::Terminate => "TERM",
    };
    let kill = format!("kill -s {name} {pid}");
    let status = Command::new("sh").args(["-c", &kill]).status().expect("start sh");
    assert!(status.success(), "{kill}: {status}");
}

pub fn make_fifo(path: impl AsRef<Path>) {
    let status = Command::new("mkfifo").arg(path.as_ref()).status().expect("start mkfifo");
    assert!(status.success(), "mkfifo: {status}");
}
