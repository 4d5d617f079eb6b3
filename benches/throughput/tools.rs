//! The programs that are compared, their command lines, and the files that they send.

use std::env;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A program that is measured.
pub(crate) struct Program(PathBuf);

impl Program {
    pub(crate) fn command<const N: usize>(&self, args: [&str; N]) -> Command {
        quiet(&self.0, &args)
    }

    /// What it says of its version, and where it is.
    pub(crate) fn version(&self) -> String {
        let said =
            Command::new(&self.0).arg("--version").output().map(|output| output.stdout).unwrap_or_default();
        let first = String::from_utf8_lossy(&said).lines().next().unwrap_or("of unknown version").to_owned();
        format!("{first} ({})", self.0.display())
    }
}

/// The programs, and the files that they send.
pub(crate) struct Tools {
    pub(crate) wsurl: Program,
    pub(crate) websocat: Option<Program>,
    pub(crate) socat: Option<Program>,
    folder: TempDir,
}

impl Tools {
    /// `WSURL_BIN` replaces the binary that cargo has built for the bench; `WEBSOCAT` the one on the path.
    pub(crate) fn find() -> io::Result<Self> {
        let wsurl = env::var_os("WSURL_BIN").unwrap_or_else(|| env!("CARGO_BIN_EXE_wsurl").into());
        let websocat = env::var_os("WEBSOCAT").map(PathBuf::from).or_else(|| on_path("websocat"));
        Ok(Self {
            wsurl: Program(wsurl.into()),
            websocat: websocat.map(Program),
            socat: on_path("socat").map(Program),
            folder: tempfile::tempdir()?,
        })
    }

    /// A sparse file: it is read like any other from the page cache, and needs no room on the disk.
    pub(crate) fn zeros(&self, bytes: u64) -> io::Result<PathBuf> {
        let path = self.folder.path().join(format!("zeros-{bytes}"));
        File::create(&path)?.set_len(bytes)?;
        Ok(path)
    }

    /// Lines of 100 bytes and a newline, each with its number.
    pub(crate) fn lines(&self, count: u64) -> io::Result<PathBuf> {
        let path = self.folder.path().join(format!("lines-{count}"));
        let mut file = BufWriter::new(File::create(&path)?);
        for number in 0..count {
            writeln!(file, "{number:0>100}")?;
        }
        file.flush()?;
        Ok(path)
    }
}

/// The raw TCP copy of a file.
pub(crate) fn cat_to(file: &Path, port: u16) -> Command {
    let mut command = quiet(Path::new("bash"), &["-c", r#"exec cat "$0" > "/dev/tcp/127.0.0.1/$1""#]);
    command.arg(file).arg(port.to_string());
    command
}

/// The raw TCP copy of what a server sends.
pub(crate) fn cat_from(port: u16) -> Command {
    let mut command = quiet(Path::new("bash"), &["-c", r#"exec cat < "/dev/tcp/127.0.0.1/$0""#]);
    command.arg(port.to_string());
    command
}

/// `< FILE`
pub(crate) fn fed(mut command: Command, file: &Path) -> io::Result<Command> {
    command.stdin(File::open(file)?);
    Ok(command)
}

/// `< /dev/null > /dev/null`, and nothing of the caller's environment but the path.
fn quiet(program: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null()).stdout(Stdio::null()).env_clear();
    command.envs(env::var_os("PATH").map(|path| ("PATH", path)));
    command
}

fn on_path(name: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(name)).find(|path| path.is_file())
}
