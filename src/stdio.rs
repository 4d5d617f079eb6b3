//! Standard input and output as files: unbuffered, and without the locks and line buffering of the standard
//! library's handles. The one place that differs between platforms.

use std::fs::File;
use std::io;

/// Standard input.
#[cfg(unix)]
pub fn input() -> io::Result<File> {
    use std::os::fd::AsFd;
    Ok(io::stdin().as_fd().try_clone_to_owned()?.into())
}

/// Standard output.
#[cfg(unix)]
pub fn output() -> io::Result<File> {
    use std::os::fd::AsFd;
    Ok(io::stdout().as_fd().try_clone_to_owned()?.into())
}

/// Standard input.
#[cfg(windows)]
pub fn input() -> io::Result<File> {
    use std::os::windows::io::AsHandle;
    Ok(io::stdin().as_handle().try_clone_to_owned()?.into())
}

/// Standard output.
#[cfg(windows)]
pub fn output() -> io::Result<File> {
    use std::os::windows::io::AsHandle;
    Ok(io::stdout().as_handle().try_clone_to_owned()?.into())
}
