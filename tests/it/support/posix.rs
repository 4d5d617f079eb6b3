//! What only Unix has: signals and FIFOs. Through `sh`, since there is no unsafe code in the tests.

use std::path::Path;
use std::process::Command;
use std::sync::Once;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};

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

/// Lets programs that are started from here get the signals that are ignored here, as they are by what a shell started with `&`.
/// What is ignored is inherited; what has a handler is not.
pub fn heed_signals() {
    static ONCE: Once = Once::new();
    static SEEN: AtomicBool = AtomicBool::new(false);
    ONCE.call_once(|| {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
        for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM] {
            if ignored & (1 << (signal - 1)) != 0 {
                signal_hook::flag::register(signal, &SEEN).expect("a handler");
            }
        }
    });
}

pub fn make_fifo(path: impl AsRef<Path>) {
    let status = Command::new("mkfifo").arg(path.as_ref()).status().expect("start mkfifo");
    assert!(status.success(), "mkfifo: {status}");
}
