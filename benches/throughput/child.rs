//! Runs of other programs: bounded in time, with their wall time and their own peak memory.

use std::fs::{self, File};
use std::io::{self, Read, Seek, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use wait4::Wait4;

/// Longer than any run should take on a slow machine.
const LIMIT: Duration = Duration::from_secs(120);

/// What one run cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    pub(crate) seconds: f64,
    /// Processor time of the program in seconds, in user and in system mode.
    pub(crate) cpu: f64,
    /// The peak resident set in bytes. A child starts with its parent's, so that the bench itself has to stay small.
    pub(crate) memory: u64,
}

/// Runs a command to its end and then `settle`; both count as its time.
pub(crate) fn run<T>(
    command: &mut Command,
    settle: impl FnOnce() -> anyhow::Result<T>,
) -> anyhow::Result<(Cost, T)> {
    let mut log = tempfile::tempfile()?;
    command.stderr(log.try_clone()?);
    let began = Instant::now();
    let mut child = command.spawn().with_context(|| format!("cannot start {command:?}"))?;
    let guard = kill_after(LIMIT, child.id());
    let used = child.wait4()?;
    drop(guard);
    require_success(command, used.status, &mut log)?;
    let settled = settle().with_context(|| format!("after {command:?}"))?;
    let seconds = began.elapsed().as_secs_f64();
    let cpu = (used.rusage.utime + used.rusage.stime).as_secs_f64();
    Ok((Cost { seconds, cpu, memory: used.rusage.maxrss }, settled))
}

fn require_success(command: &Command, status: ExitStatus, log: &mut File) -> anyhow::Result<()> {
    if status.success() {
        return Ok(());
    }
    let mut said = String::new();
    log.rewind()?;
    log.read_to_string(&mut said)?;
    bail!("{command:?} ended with {status}: {}", said.trim())
}

/// Kills the process when the time is over, unless the guard has been dropped before.
fn kill_after(limit: Duration, pid: u32) -> Sender<()> {
    let (guard, dropped) = mpsc::channel();
    thread::spawn(move || {
        if dropped.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
            let _ = Command::new("kill").args(["-KILL", &pid.to_string()]).status();
        }
    });
    guard
}

/// The peak memory of this process as the system tells it, where it does.
pub(crate) fn own_peak() -> Option<String> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| Some(line.strip_prefix("VmHWM:")?.trim().to_owned()))
}

/// A program that answers on stdout what it is given on stdin.
pub(crate) struct Talker {
    child: Child,
    stdin: ChildStdin,
    stdout: ChildStdout,
    guard: Sender<()>,
}

impl Talker {
    pub(crate) fn start(mut command: Command) -> anyhow::Result<Self> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().with_context(|| format!("cannot start {command:?}"))?;
        let guard = kill_after(LIMIT, child.id());
        let stdin = child.stdin.take().context("no stdin")?;
        let stdout = child.stdout.take().context("no stdout")?;
        Ok(Self { child, stdin, stdout, guard })
    }

    /// The time from the write of a message to the end of the same message on stdout.
    pub(crate) fn round(&mut self, message: &[u8], back: &mut [u8]) -> io::Result<Duration> {
        let began = Instant::now();
        self.stdin.write_all(message)?;
        self.stdout.read_exact(back)?;
        Ok(began.elapsed())
    }

    /// Ends its input, and with it the program, which must be content; its peak memory in bytes.
    pub(crate) fn end(self) -> anyhow::Result<u64> {
        let Self { mut child, stdin, stdout: _stdout, guard } = self;
        drop(stdin);
        let used = child.wait4()?;
        drop(guard);
        anyhow::ensure!(used.status.success(), "it ended with {}", used.status);
        Ok(used.rusage.maxrss)
    }
}
