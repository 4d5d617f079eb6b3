//! Finds a host's credential in the text of a netrc file. Pure.
//! Reads it as curl does: words separated by space, quotes with escapes, `#` in place of a keyword; unknown words are
//! skipped. Errors name the line, never a word, which may be a password.

use crate::secret::Secret;

/// The credential for `host`: that of its first `machine`, or of a `default` that comes before one.
///
/// # Errors
/// Says in which line the text cannot be read.
pub fn lookup(text: &str, host: &str) -> Result<Option<(String, Secret)>, String> {
    let mut entry: Option<Entry> = None;
    let mut in_macro = false;
    let mut keyword: Option<(Keyword, usize)> = None;
    for (line, number) in text.lines().zip(1..) {
        if in_macro {
            in_macro = !line.trim().is_empty();
            continue;
        }
        let mut rest = line.trim_start();
        while !rest.is_empty() {
            if keyword.is_none() && rest.starts_with('#') {
                break;
            }
            let (word, after) = word(rest).ok_or_else(|| format!("line {number}: a quote does not end"))?;
            rest = after.trim_start();
            match keyword.take() {
                None => keyword = Keyword::parse(&word).map(|keyword| (keyword, number)),
                Some((Keyword::Machine, _)) if entry.is_some() => return Ok(entry.map(Entry::finish)),
                Some((Keyword::Machine, _)) => {
                    entry = word.eq_ignore_ascii_case(host).then(Entry::default);
                }
                Some((Keyword::Login, _)) => set(&mut entry, |entry| entry.login = Some(word)),
                Some((Keyword::Password, _)) => set(&mut entry, |entry| entry.password = Some(word)),
                Some((Keyword::Account | Keyword::Default, _)) => {}
                Some((Keyword::Macdef, _)) => {
                    in_macro = true;
                    break;
                }
            }
            // The only keyword without a value.
            if let Some((Keyword::Default, _)) = keyword {
                if entry.is_some() {
                    return Ok(entry.map(Entry::finish));
                }
                keyword = None;
                entry = Some(Entry::default());
            }
        }
    }
    match keyword {
        Some((_, number)) => Err(format!("line {number}: the last word has no value")),
        None => Ok(entry.map(Entry::finish)),
    }
}

#[derive(Clone, Copy)]
enum Keyword {
    Machine,
    Default,
    Login,
    Password,
    Account,
    Macdef,
}

impl Keyword {
    fn parse(word: &str) -> Option<Self> {
        Some(match &*word.to_ascii_lowercase() {
            "machine" => Self::Machine,
            "default" => Self::Default,
            "login" => Self::Login,
            "password" => Self::Password,
            "account" => Self::Account,
            "macdef" => Self::Macdef,
            _ => return None,
        })
    }
}

/// The entry of the host, as far as it has been read.
#[derive(Default)]
struct Entry {
    login: Option<String>,
    password: Option<String>,
}

impl Entry {
    fn finish(self) -> (String, Secret) {
        (self.login.unwrap_or_default(), Secret::new(self.password.unwrap_or_default()))
    }
}

fn set(entry: &mut Option<Entry>, change: impl FnOnce(&mut Entry)) {
    if let Some(entry) = entry {
        change(entry);
    }
}

/// The first word of a line, without quotes, and what follows it; `None` when a quote does not end.
fn word(line: &str) -> Option<(String, &str)> {
    let Some(quoted) = line.strip_prefix('"') else {
        let end = line.find(char::is_whitespace).unwrap_or(line.len());
        return Some((line[..end].to_owned(), &line[end..]));
    };
    let mut word = String::new();
    let mut chars = quoted.chars();
    loop {
        match chars.next()? {
            '"' => return Some((word, chars.as_str())),
            '\\' => word.push(match chars.next()? {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                other => other,
            }),
            other => word.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, host: &str) -> Option<(String, String)> {
        lookup(text, host).unwrap().map(|(name, password)| (name, password.expose().to_owned()))
    }

    #[allow(clippy::unnecessary_wraps)] // as the function under test wants it
    fn pair(name: &str, password: &str) -> Option<(String, String)> {
        Some((name.to_owned(), password.to_owned()))
    }

    const FILE: &str = "# a comment: machine x.example\n\
        machine a.example login alice password s3cret # trailing\n\
        machine b.example\n\tlogin bob\n\taccount acc\n\tpassword #hash\n\
        machine q.example login \"q u\" password \"a \\\"b\\\" \\\\ \\t#c\"\n\
        macdef init\nmachine m.example login evil password evil\n\n\
        machine c.example password only\n\
        default login anonymous password me@here\n\
        machine late.example login no password no\n";

    #[test]
    fn machines_and_the_default() {
        assert_eq!(found(FILE, "a.example"), pair("alice", "s3cret"));
        assert_eq!(found(FILE, "A.Example"), pair("alice", "s3cret"));
        assert_eq!(found(FILE, "b.example"), pair("bob", "#hash"));
        assert_eq!(found(FILE, "q.example"), pair("q u", "a \"b\" \\ \t#c"));
        assert_eq!(found(FILE, "c.example"), pair("", "only"));
        for host in ["x.example", "m.example", "late.example", "example"] {
            assert_eq!(found(FILE, host), pair("anonymous", "me@here"), "{host}");
        }
    }

    #[test]
    fn without_a_default_nothing_is_found() {
        assert_eq!(found("", "a"), None);
        assert_eq!(found("machine a login b password c", "b"), None);
        assert_eq!(found("login b password c", "b"), None);
    }

    #[test]
    fn words_may_stand_on_lines_of_their_own_and_the_first_entry_wins() {
        let text = "machine\na\nlogin\nx\n\npassword\ny\nmachine a login z password z";
        assert_eq!(found(text, "a"), pair("x", "y"));
        assert_eq!(found("machine a port 80 login x\r\npassword y\r\n", "a"), pair("x", "y"));
    }

    #[test]
    fn an_error_names_the_line_and_no_word() {
        assert_eq!(lookup("machine a\npassword \"hunter2", "a").unwrap_err(), "line 2: a quote does not end");
        assert_eq!(lookup("machine a login", "a").unwrap_err(), "line 1: the last word has no value");
    }
}
