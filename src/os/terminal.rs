//! Whether a path names a terminal: `/dev/tty`, `/dev/stdout`, `/dev/pts/3`; and the terminal's size.

use std::io::IsTerminal;
use std::path::Path;

/// The columns of the terminal that standard output is; `None` where it is none, or does not tell.
pub fn columns() -> Option<u16> {
    terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| width.0).filter(|width| *width > 0)
}

/// Whether `path` is a terminal. `-` and `/dev/stdout` mean standard output.
pub fn is_at(path: &Path) -> bool {
    match path.to_str() {
        Some("-" | "/dev/stdout" | "/dev/fd/1" | "/proc/self/fd/1") => std::io::stdout().is_terminal(),
        Some("/dev/stderr" | "/dev/fd/2" | "/proc/self/fd/2") => std::io::stderr().is_terminal(),
        _ => device(path),
    }
}

/// Columns and rows of the terminal at standard output, or else at standard error.
pub fn size() -> Option<(u16, u16)> {
    let size = terminal_size::terminal_size_of(std::io::stdout())
        .or_else(|| terminal_size::terminal_size_of(std::io::stderr()));
    // A new pseudo-terminal may have no size yet.
    size.map(|(columns, rows)| (columns.0, rows.0)).filter(|(columns, rows)| *columns > 0 && *rows > 0)
}

/// Opens only character devices: opening a FIFO would wait for its other end.
#[cfg(unix)]
fn device(path: &Path) -> bool {
    use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};

    use rustix::fs::OFlags;

    // Does not make it our controlling terminal, and does not wait for a modem.
    let flags = (OFlags::NOCTTY | OFlags::NONBLOCK).bits().cast_signed();
    let is_device = path.metadata().is_ok_and(|found| found.file_type().is_char_device());
    let open = || std::fs::File::options().write(true).custom_flags(flags).open(path);
    is_device && open().is_ok_and(|file| file.is_terminal())
}

/// Compares with the two names of the console.
#[cfg(not(unix))]
fn device(path: &Path) -> bool {
    ["CON", "CONOUT$"].iter().any(|name| path.as_os_str().eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_other_devices_are_no_terminals() {
        for path in ["/dev/null", "/nowhere/x", "Cargo.toml", ""] {
            assert!(!is_at(Path::new(path)), "{path}");
        }
    }
}
