//! The server's credential: from flags, the URL, the environment, a netrc file, or typed at the terminal.

use std::io::ErrorKind;
use std::path::PathBuf;

use super::clock::RunClock;
use super::files::OptionFiles;
use crate::cli::CredentialArgs;
use crate::cli::values::SecretValue;
use crate::endpoint::Endpoint;
use crate::error::{Failure, IoCause, Status};
use crate::net::auth::{Credential, netrc};
use crate::net::upgrade::UpgradeOptions;
use crate::os::password;
use crate::os::signals::Signal;
use crate::os::within::Doing;
use crate::secret::Secret;

/// Where the server's credential comes from.
#[derive(Debug)]
pub(super) struct CredentialSources {
    user: Option<Secret>,
    bearer: Option<Secret>,
    uses_netrc: bool,
    netrc_file: Option<PathBuf>,
    /// The file and its content, once it was read.
    netrc: Option<(PathBuf, String)>,
}

impl CredentialSources {
    pub(super) fn from_args(args: CredentialArgs, files: &OptionFiles) -> Result<Self, Failure> {
        let bearer = args.bearer.map(|bearer| files.secret(bearer, "--bearer")).transpose()?;
        Ok(Self { user: args.user, bearer, uses_netrc: args.netrc, netrc_file: args.netrc_file, netrc: None })
    }

    /// Adds the credential for `endpoint`. Flags win over the URL, the URL over the environment, that over netrc.
    pub(super) fn add(
        &mut self,
        upgrade: &mut UpgradeOptions,
        endpoint: &Endpoint,
        clock: &mut RunClock,
    ) -> Result<(), Failure> {
        let host = endpoint.host();
        if let Some(user) = &self.user {
            upgrade.credential = Some(clock.stopped(|| credential(user.expose(), "-u", &host))?);
        } else if let Some(bearer) = &self.bearer {
            upgrade.bearer = Some(bearer.clone());
        } else if let Some(userinfo) = endpoint.userinfo() {
            upgrade.credential =
                Some(Credential { name: userinfo.name.clone(), password: userinfo.password.clone() });
        } else if let (Some(_), Some(_)) = (variable("WSURL_USER"), variable("WSURL_BEARER")) {
            return Err(Failure::new(Status::Usage, "WSURL_USER and WSURL_BEARER are both set")
                .hint("unset one of them"));
        } else if let Some(user) = variable("WSURL_USER") {
            upgrade.credential = Some(clock.stopped(|| credential(&user, "WSURL_USER", &host))?);
        } else if let Some(token) = variable("WSURL_BEARER") {
            let files = OptionFiles::until(clock.end());
            upgrade.bearer = Some(files.secret(SecretValue::Value(Secret::new(token)), "WSURL_BEARER")?);
        } else {
            upgrade.credential = self.in_netrc(&host, &OptionFiles::until(clock.end()))?;
        }
        Ok(())
    }

    /// The credential for `host` in the netrc file, which is read once.
    fn in_netrc(&mut self, host: &str, files: &OptionFiles) -> Result<Option<Credential>, Failure> {
        let (path, text) = match self.netrc.take() {
            Some(read) => read,
            None => match netrc_path(self.uses_netrc, self.netrc_file.clone())? {
                Some(path) => {
                    let text = files.text(&path)?;
                    (path, text)
                }
                None => return Ok(None),
            },
        };
        let found = netrc::lookup(&text, host).map_err(|why| {
            Failure::new(Status::ReadError, format!("cannot use {}: {why}", path.display()))
        })?;
        self.netrc = Some((path, text));
        Ok(found.map(|(name, password)| Credential { name, password }))
    }
}

/// Reads `NAME:PASSWORD`, or `NAME`, whose password is typed at the terminal. `source` is the flag or variable that had it.
pub(super) fn credential(text: &str, source: &str, host: &str) -> Result<Credential, Failure> {
    if text.chars().any(char::is_control) {
        return Err(Failure::new(
            Status::Usage,
            format!("invalid value for {source}: it has a control character"),
        )
        .hint("write NAME:PASSWORD"));
    }
    if let Some((name, password)) = text.split_once(':') {
        return Ok(Credential { name: name.to_owned(), password: Secret::new(password) });
    }
    let password = password::ask(format!("Password of {text} for {host}: ")).map_err(|stopped| {
        stopped.into_failure(Doing::Reading, "the terminal", |err| {
            let missing =
                |why| Failure::new(Status::Usage, format!("no password in {source} '{text}', and {why}"));
            let failure = match err.kind() {
                // Ctrl-C, which sends no signal while a password is typed.
                ErrorKind::Interrupted => return Signal::Interrupt.failure(),
                ErrorKind::UnexpectedEof => missing("none was typed"),
                _ => missing("no terminal to ask for it").source(IoCause(err)),
            };
            failure.hint("write NAME:PASSWORD, or NAME: for an empty password")
        })
    })?;
    Ok(Credential { name: text.to_owned(), password: Secret::new(password) })
}

/// A variable of the environment that is set and not empty.
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn netrc_path(wanted: bool, file: Option<PathBuf>) -> Result<Option<PathBuf>, Failure> {
    match (file, wanted) {
        (Some(path), _) => Ok(Some(path)),
        (None, false) => Ok(None),
        (None, true) => match (variable("NETRC"), std::env::home_dir()) {
            (Some(path), _) => Ok(Some(path.into())),
            (None, Some(home)) => Ok(Some(home.join(".netrc"))),
            (None, None) => Err(Failure::new(Status::ReadError, "no home directory to look for .netrc in")
                .hint("--netrc-file FILE names it")),
        },
    }
}
