//! A run of the binary that is under way, and the judgement when it is over.

use std::process::{Child, ExitStatus};
use std::sync::mpsc::SyncSender;
use std::thread;
use std::time::{Duration, Instant};

use super::capture::Capture;
use super::difference::{first_difference, show};
use super::millis;
#[cfg(unix)]
use super::posix;

#[derive(Default)]
pub struct Expected {
    pub stdout: Option<Vec<u8>>,
    pub stdout_has: Vec<String>,
    pub stderr: Option<String>,
    pub stderr_has: Vec<String>,
    pub stderr_lacks: Vec<String>,
    pub within: Option<Duration>,
    pub in_colour: bool,
    pub stderr_elsewhere: bool,
}

/// A run that is under way.
#[must_use = "a run that nobody waits for tests nothing"]
pub struct Running {
    pub(super) command: String,
    pub(super) child: Child,
    pub(super) input: Option<SyncSender<Vec<u8>>>,
    pub(super) stdout: Capture,
    pub(super) stderr: Capture,
    pub(super) started: Instant,
    pub(super) deadline: Instant,
    pub(super) expected: Expected,
}

/// What a run has left behind.
pub struct Outcome {
    pub stdout: Vec<u8>,
    pub stderr: String,
    pub elapsed: Duration,
}

impl Outcome {
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.stdout).expect("stdout in UTF-8")
    }
}

impl Running {
    /// Types more; only after [`Wsurl::stdin_open`].
    pub fn write(&self, bytes: impl Into<Vec<u8>>) {
        let input = self.input.as_ref().expect("a stdin that is held open");
        input.send(bytes.into()).expect("the thread that feeds stdin");
    }

    pub fn close_stdin(&mut self) {
        self.input = None;
    }

    #[cfg(unix)]
    pub fn signal(&self, signal: posix::Signal) {
        posix::send_signal(self.child.id(), signal);
    }

    /// The processor time that the run has used, from the kernel's ticks of 10 ms.
    #[cfg(target_os = "linux")]
    pub fn processor_time(&self) -> Duration {
        let stat =
            std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).expect("a running process");
        // After the name, which ends in the last parenthesis: utime and stime are the 12th and 13th field.
        let fields: Vec<_> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks: u64 = fields[11..13].iter().map(|field| field.parse::<u64>().expect("a number")).sum();
        millis(ticks * 10)
    }

    /// The threads that the run has at this moment.
    #[cfg(target_os = "linux")]
    pub fn threads(&self) -> usize {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.child.id())).expect("a running process");
        tasks.count()
    }

    /// Whether the run has a handler for SIGINT by now.
    #[cfg(target_os = "linux")]
    pub fn catches_interrupts(&self) -> bool {
        let caught = self.status("SigCgt:");
        let mask = u64::from_str_radix(&caught, 16).expect("a mask");
        mask & (1 << (signal_hook::consts::SIGINT - 1)) != 0
    }

    /// A field of the run's `/proc/PID/status`.
    #[cfg(target_os = "linux")]
    fn status(&self, name: &str) -> String {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(path).expect("a running process");
        let field = status.lines().find_map(|line| line.strip_prefix(name));
        field.unwrap_or_else(|| panic!("{name} in {status}")).trim().to_owned()
    }

    /// The names of the threads that the run has at this moment.
    #[cfg(target_os = "linux")]
    pub fn thread_names(&self) -> Vec<String> {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.child.id())).expect("a running process");
        let name = |task: std::fs::DirEntry| std::fs::read_to_string(task.path().join("comm"));
        tasks.flatten().filter_map(|task| Some(name(task).ok()?.trim_end().to_owned())).collect()
    }

    /// The most memory that the run has had so far, in bytes. (What `wait4` tells after its end counts the test process
    /// from which it was started, too.)
    #[cfg(target_os = "linux")]
    pub fn peak_memory(&self) -> usize {
        let peak = self.status("VmHWM:");
        peak.strip_suffix(" kB").expect("a size").parse::<usize>().expect("a number") * 1024
    }

    /// Waits until stdout holds this text.
    #[track_caller]
    pub fn wait_for_stdout(&mut self, part: &str) {
        let found = self.stdout.wait(self.deadline, |seen| contains(&seen.bytes, part) || seen.ended);
        if !found || !contains(&self.stdout.bytes(), part) {
            self.fail(&format!("\"{part}\" never appeared on stdout"));
        }
    }

    /// Waits until stderr holds this text.
    #[track_caller]
    pub fn wait_for_stderr(&mut self, part: &str) {
        self.stderr.wait(self.deadline, |seen| contains(&seen.bytes, part) || seen.ended);
        if !contains(&self.stderr.bytes(), part) {
            self.fail(&format!("\"{part}\" never appeared on stderr"));
        }
    }

    /// Waits until so many bytes have arrived on stdout, and returns all that is there.
    #[track_caller]
    pub fn wait_for_stdout_bytes(&mut self, count: usize) -> Vec<u8> {
        self.stdout.wait(self.deadline, |seen| seen.bytes.len() >= count || seen.ended);
        let bytes = self.stdout.bytes();
        if bytes.len() < count {
            self.fail(&format!("{} of {count} bytes appeared on stdout", bytes.len()));
        }
        bytes
    }

    #[track_caller]
    pub fn exits(self, code: i32) -> Outcome {
        self.exits_with_one_of(&[code])
    }

    #[track_caller]
    pub fn exits_with_one_of(mut self, codes: &[i32]) -> Outcome {
        let Some(status) = self.wait() else {
            let limit = self.deadline - self.started;
            self.fail(&format!("still running after {limit:?}"));
        };
        let outcome = Outcome {
            stdout: self.stdout.bytes(),
            stderr: String::from_utf8_lossy(&self.stderr.bytes()).into_owned(),
            elapsed: self.started.elapsed(),
        };
        let mut complaints = complaints(&self.expected, &outcome, status, codes);
        if !complaints.is_empty() {
            complaints.push(format!("exit status: {status}"));
            self.fail(&complaints.join("\n"));
        }
        outcome
    }

    /// The end of stderr comes with the end of the process, or next to it: no need to poll for long.
    fn wait(&mut self) -> Option<ExitStatus> {
        if !self.stderr.wait(self.deadline, |seen| seen.ended) {
            return None;
        }
        while Instant::now() <= self.deadline {
            if let Some(status) = self.child.try_wait().expect("wait for the binary") {
                self.stdout.wait(self.deadline, |seen| seen.ended);
                return Some(status);
            }
            thread::sleep(millis(1));
        }
        None
    }

    #[track_caller]
    fn fail(&mut self, why: &str) -> ! {
        let _ = self.child.kill();
        panic!(
            "{why}\ncommand: {}\nafter: {:?}\nstdout:\n{}stderr:\n{}",
            self.command,
            self.started.elapsed(),
            show(&self.stdout.bytes()),
            show(&self.stderr.bytes()),
        );
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn contains(bytes: &[u8], part: &str) -> bool {
    bytes.windows(part.len().max(1)).any(|window| window == part.as_bytes())
}

fn complaints(expected: &Expected, outcome: &Outcome, status: ExitStatus, codes: &[i32]) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut check = |holds: bool, complaint: &dyn Fn() -> String| {
        if !holds {
            complaints.push(complaint());
        }
    };
    let stderr = &outcome.stderr;
    check(status.code().is_some_and(|code| codes.contains(&code)), &|| {
        format!("expected exit status {codes:?}")
    });
    if let Some(stdout) = &expected.stdout {
        check(stdout == &outcome.stdout, &|| {
            format!("stdout: {}", first_difference(stdout, &outcome.stdout))
        });
    }
    for part in &expected.stdout_has {
        check(contains(&outcome.stdout, part), &|| format!("stdout lacks \"{part}\""));
    }
    for part in &expected.stderr_has {
        check(stderr.contains(part), &|| format!("stderr lacks \"{part}\""));
    }
    for part in &expected.stderr_lacks {
        check(!stderr.contains(part), &|| format!("stderr should not have \"{part}\""));
    }
    if let Some(limit) = expected.within {
        check(outcome.elapsed <= limit, &|| {
            format!("took {:?}, expected at most {limit:?}", outcome.elapsed)
        });
    }
    if let Some(text) = &expected.stderr {
        check(stderr == text, &|| {
            format!("stderr: {}", first_difference(text.as_bytes(), stderr.as_bytes()))
        });
    } else if !expected.in_colour && !expected.stderr_elsewhere {
        // True of every run: a failure is told in one line, a success tells of none.
        let errors = stderr.lines().filter(|line| line.starts_with("wsurl: error: ")).count();
        let wanted = usize::from(status.code() != Some(0));
        check(errors == wanted, &|| {
            format!("stderr has {errors} lines \"wsurl: error: ...\", expected {wanted}")
        });
    }
    check(!stderr.contains("panicked at"), &|| "the binary panicked".to_owned());
    complaints
}
