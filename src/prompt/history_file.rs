//! The file of the history: one line a message, which only its owner may read. Line feeds and backslashes are escaped.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::history::MOST;

/// The most bytes that are read, from the end of the file.
const MOST_BYTES: u64 = 4 << 20;

/// The file for the messages to `host`: the one that `WSURL_HISTORY` names, or one of its own in the folder for state.
/// `None` if there is to be none.
pub fn path(host: &str, variable: impl Fn(&str) -> Option<std::ffi::OsString>) -> Option<PathBuf> {
    if let Some(named) = variable("WSURL_HISTORY") {
        return (!named.is_empty()).then(|| named.into());
    }
    let set = |name| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    // The specification of the folders has relative paths ignored.
    let state = set("XDG_STATE_HOME").filter(|path| path.is_absolute());
    let state = state
        .or_else(|| set("LOCALAPPDATA").filter(|_| cfg!(windows)))
        .or_else(|| set("HOME").map(|home| home.join(".local").join("state")))?;
    let name = host.replace(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '-')), "_");
    Some(state.join("wsurl").join(format!("{name}.history")))
}

/// The lines of an earlier run. Shortens a file that has grown to twice as many as are kept.
pub(super) fn read(path: &Path) -> Vec<String> {
    let Ok(text) = text(path) else { return Vec::new() };
    let mut lines: Vec<String> = text.lines().map(unescaped).collect();
    let surplus = lines.len().saturating_sub(MOST);
    lines.drain(..surplus);
    if surplus > MOST {
        // A history that cannot be shortened is no reason to fail.
        let _ = replace(path, &lines);
    }
    lines
}

/// Adds a line to the file, which is made if need be.
pub(super) fn append(path: &Path, line: &str) -> io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder)?;
    }
    let mut file = private(OpenOptions::new().append(true).create(true)).open(path)?;
    make_private(&file)?;
    file.write_all(format!("{}\n", escaped(line)).as_bytes())
}

fn text(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let skipped = metadata.len().saturating_sub(MOST_BYTES);
    file.seek(SeekFrom::Start(skipped))?;
    let mut bytes = Vec::new();
    file.take(MOST_BYTES).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    // The first line of a part of the file is not whole.
    Ok(if skipped == 0 {
        text
    } else {
        text.split_once('\n').map_or(String::new(), |(_, rest)| rest.to_owned())
    })
}

fn replace(path: &Path, lines: &[String]) -> io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let mut file = private(OpenOptions::new().write(true).create_new(true)).open(&name)?;
    let text: String = lines.iter().flat_map(|line| [escaped(line), "\n".to_owned()]).collect();
    let written = file.write_all(text.as_bytes()).and_then(|()| fs::rename(&name, path));
    if written.is_err() {
        let _ = fs::remove_file(&name);
    }
    written
}

fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// Takes the permissions of others away, from a file that was there before.
#[cfg(unix)]
fn make_private(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let metadata = file.metadata()?;
    if metadata.is_file() && metadata.permissions().mode() & 0o077 != 0 {
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
    }
    Ok(())
}

/// Folders of users are private on this platform.
#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps)] // as on Unix
fn make_private(_: &File) -> io::Result<()> {
    Ok(())
}

fn escaped(line: &str) -> String {
    line.replace('\\', "\\\\").replace('\n', "\\n")
}

fn unescaped(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut characters = line.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' if characters.as_str().starts_with('n') => {
                characters.next();
                text.push('\n');
            }
            '\\' => text.push(characters.next().unwrap_or(c)),
            _ => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(host: &str, environment: &[(&str, &str)]) -> Option<String> {
        let variable = |name: &str| {
            environment.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).into())
        };
        path(host, variable).map(|path| path.to_str().unwrap().to_owned())
    }

    #[cfg(unix)]
    #[test]
    fn each_host_has_a_file_of_its_own() {
        let home = ("HOME", "/home/me");
        assert_eq!(at("a.example", &[home]).unwrap(), "/home/me/.local/state/wsurl/a.example.history");
        let state = ("XDG_STATE_HOME", "/s");
        assert_eq!(at("::1", &[home, state]).unwrap(), "/s/wsurl/__1.history");
        assert_eq!(at("../x/y", &[state]).unwrap(), "/s/wsurl/.._x_y.history");
        assert_eq!(
            at("h", &[home, ("XDG_STATE_HOME", "s")]).unwrap(),
            "/home/me/.local/state/wsurl/h.history"
        );
        assert_eq!(at("h", &[home, ("WSURL_HISTORY", "/x/mine")]).unwrap(), "/x/mine");
        assert_eq!(at("h", &[home, ("WSURL_HISTORY", "")]), None);
        assert_eq!(at("h", &[]), None);
    }

    #[test]
    fn lines_come_back_as_they_were() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new").join("h.history");
        assert!(read(&path).is_empty());
        let lines = ["a", "b\\n", "c\nd", "\\", "\u{e9}"];
        for line in lines {
            append(&path, line).unwrap();
        }
        assert_eq!(read(&path), lines);
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wsurl").join("h.history");
        append(&path, "a").unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        append(&path, "b").unwrap();
        assert_eq!(mode(&path), 0o600);
    }

    #[test]
    fn a_file_that_has_grown_is_shortened() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("h.history");
        fs::write(
            &path,
            (0..=2 * MOST).flat_map(|number| [number.to_string(), "\n".to_owned()]).collect::<String>(),
        )
        .unwrap();
        let lines = read(&path);
        assert_eq!((lines.len(), &lines[0][..]), (MOST, "1001"));
        assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), MOST);
    }
}
