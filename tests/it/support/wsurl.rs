//! Runs the binary under test as a shell would, never longer than a limit, and compares all that a user sees of it.
//!
//! Set `WSURL_BIN` to test another binary than the one that cargo has just built, for example a packaged one.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;
use std::time::{Duration, Instant};

use super::capture::{Capture, Pace};
use super::running::{Expected, Outcome, Running};
use super::secs;

/// One run of the binary, described and then started by [`Wsurl::exits`] or [`Wsurl::spawn`].
#[must_use = "a run that is not started tests nothing"]
pub struct Wsurl {
    args: Vec<OsString>,
    environment: Vec<(&'static str, OsString)>,
    shell: Option<String>,
    stdin: Stdin,
    pace: Pace,
    stdout: Option<File>,
    stderr: Option<File>,
    limit: Duration,
    expected: Expected,
}

enum Stdin {
    Null,
    File(File),
    /// Written, then the end.
    Bytes(Vec<u8>),
    /// Written, then held open.
    Open(Vec<u8>),
    /// Written again and again as long as somebody reads.
    Endless(Vec<u8>),
}

impl Wsurl {
    pub fn new<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Self {
        Self {
            args: args.into_iter().map(|arg| arg.as_ref().to_owned()).collect(),
            environment: Vec::new(),
            shell: None,
            stdin: Stdin::Null,
            pace: Pace::Eager,
            stdout: None,
            stderr: None,
            limit: secs(10),
            expected: Expected::default(),
        }
    }

    pub fn args<S: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.args.extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    /// Sets a variable of the environment, which is otherwise empty of all that matters to the binary.
    pub fn env(mut self, name: &'static str, value: impl AsRef<OsStr>) -> Self {
        self.environment.push((name, value.as_ref().to_owned()));
        self
    }

    /// These bytes and then the end. Without any `stdin*`, stdin is `/dev/null`.
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = Stdin::Bytes(bytes.into());
        self
    }

    /// These bytes and then silence: the pipe stays open until the run is over.
    pub fn stdin_open(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = Stdin::Open(bytes.into());
        self
    }

    /// These bytes over and over, as fast as they are taken: an upload that never ends by itself.
    pub fn stdin_endless(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = Stdin::Endless(bytes.into());
        self
    }

    /// A file, a terminal or one end of a pipe.
    pub fn stdin_from(mut self, file: File) -> Self {
        self.stdin = Stdin::File(file);
        self
    }

    /// Has a shell start the run by this line, in which `"$@"` stands for the command: `exec "$@" <&-`, for instance.
    #[cfg(unix)]
    pub fn in_shell(mut self, line: &str) -> Self {
        self.shell = Some(line.to_owned());
        self
    }

    /// Who reads stdout goes away after so many bytes.
    pub fn reader_leaves_after(mut self, bytes: usize) -> Self {
        self.pace = Pace::LeavesAfter(bytes);
        self
    }

    /// Who reads stdout takes `bytes` at most, and rests after each read.
    pub fn reader_is_slow(mut self, bytes: usize, rest: Duration) -> Self {
        self.pace = Pace::Slow { bytes, rest };
        self
    }

    pub fn stdout_to(mut self, file: File) -> Self {
        self.stdout = Some(file);
        self
    }

    /// The test looks at stderr by itself, or nobody does.
    pub fn stderr_to(mut self, file: File) -> Self {
        self.expected.stderr_elsewhere = true;
        self.stderr = Some(file);
        self
    }

    /// The hard limit of this run (10 s if not said otherwise): it is killed then, and the test fails.
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Expects exactly this on stdout.
    pub fn stdout(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.expected.stdout = Some(bytes.as_ref().to_owned());
        self
    }

    pub fn stdout_has(mut self, part: impl Into<String>) -> Self {
        self.expected.stdout_has.push(part.into());
        self
    }

    /// Expects exactly this on stderr.
    pub fn stderr(mut self, text: impl Into<String>) -> Self {
        self.expected.stderr = Some(text.into());
        self
    }

    pub fn stderr_has(mut self, part: impl Into<String>) -> Self {
        self.expected.stderr_has.push(part.into());
        self
    }

    pub fn stderr_lacks(mut self, part: impl Into<String>) -> Self {
        self.expected.stderr_lacks.push(part.into());
        self
    }

    /// Expects colours on stderr, and no certain beginning of its lines therefore.
    pub fn in_colour(mut self) -> Self {
        self.expected.in_colour = true;
        self
    }

    /// Expects the run to take no longer than this, from start to exit.
    pub fn within(mut self, limit: Duration) -> Self {
        self.expected.within = Some(limit);
        self
    }

    /// Runs to the end and checks everything that was expected.
    #[track_caller]
    pub fn exits(self, code: i32) -> Outcome {
        self.exits_with_one_of(&[code])
    }

    /// As [`Wsurl::exits`], for what depends on which of two peers' events is seen first.
    #[track_caller]
    pub fn exits_with_one_of(self, codes: &[i32]) -> Outcome {
        self.spawn().exits_with_one_of(codes)
    }

    /// Starts the run, for a test that takes part in it.
    pub fn spawn(self) -> Running {
        let mut command = self.command();
        command.args(&self.args);
        scrub_environment(&mut command);
        #[cfg(unix)]
        super::posix::heed_signals();
        command.envs(self.environment);
        let (stdin, fed) = match self.stdin {
            Stdin::Null => (Stdio::null(), None),
            Stdin::File(file) => (Stdio::from(file), None),
            Stdin::Bytes(bytes) => (Stdio::piped(), Some(Feed { first: bytes, endless: false, keep: false })),
            Stdin::Open(bytes) => (Stdio::piped(), Some(Feed { first: bytes, endless: false, keep: true })),
            Stdin::Endless(bytes) => {
                (Stdio::piped(), Some(Feed { first: bytes, endless: true, keep: false }))
            }
        };
        command.stdin(stdin);
        let to_file = self.stdout.is_some();
        command.stdout(self.stdout.map_or_else(Stdio::piped, Stdio::from));
        command.stderr(self.stderr.map_or_else(Stdio::piped, Stdio::from));

        let started = Instant::now();
        let mut child = command.spawn().expect("start the binary");
        let input = child.stdin.take().zip(fed).and_then(|(pipe, fed)| feed(pipe, fed));
        let stdout = match child.stdout.take() {
            Some(pipe) if !to_file => Capture::of(pipe, self.pace),
            _ => Capture::nothing(),
        };
        // The test's own copies of these files are of no use to the run, and keep pipes from ending.
        drop(command);
        let stderr = match child.stderr.take() {
            Some(pipe) => Capture::of(pipe, Pace::Eager),
            None => Capture::nothing(),
        };
        Running {
            command: show_command(&self.args),
            child,
            input,
            stdout,
            stderr,
            started,
            deadline: started + self.limit,
            expected: self.expected,
        }
    }

    fn command(&self) -> Command {
        let Some(line) = &self.shell else { return Command::new(binary()) };
        let mut command = Command::new("sh");
        command.args(["-c", line, "sh"]).arg(binary());
        command
    }
}

fn binary() -> PathBuf {
    std::env::var_os("WSURL_BIN").map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_wsurl")), PathBuf::from)
}

/// Takes away what a machine could change the outcome with: the program gets of its environment only where things are, and a
/// terminal that can do what terminals do.
fn scrub_environment(command: &mut Command) {
    const KEPT: [&str; 8] =
        ["PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "LLVM_PROFILE_FILE", "SYSTEMROOT", "TEMP", "TMP"];
    for (name, _) in std::env::vars_os() {
        if !KEPT.iter().any(|kept| name.eq_ignore_ascii_case(kept)) {
            command.env_remove(name);
        }
    }
    command.env("TERM", "xterm");
}

/// What is written to a pipe: at first, again and again or not, and whether more may follow.
struct Feed {
    first: Vec<u8>,
    endless: bool,
    keep: bool,
}

/// Writes from a thread, so that a full pipe never stops the test. The sender adds more; dropping it ends the input.
fn feed(mut pipe: std::process::ChildStdin, what: Feed) -> Option<SyncSender<Vec<u8>>> {
    let (sender, receiver): (_, Receiver<Vec<u8>>) = mpsc::sync_channel(16);
    let Feed { first, endless, keep } = what;
    thread::spawn(move || {
        // A process that is gone or has closed its stdin is no fault of the input.
        let mut write = |bytes: &[u8]| pipe.write_all(bytes).is_ok();
        let mut go_on = write(&first);
        while endless && go_on {
            go_on = write(&first);
        }
        while let Ok(bytes) = receiver.recv() {
            write(&bytes);
        }
    });
    keep.then_some(sender)
}

fn show_command(args: &[OsString]) -> String {
    args.iter().fold("wsurl".to_owned(), |line, arg| {
        let arg = arg.to_string_lossy();
        let plain =
            !arg.is_empty() && arg.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:@=,[]".contains(c));
        if plain { format!("{line} {arg}") } else { format!("{line} '{}'", arg.escape_debug()) }
    })
}
