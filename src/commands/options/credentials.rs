//! Names and passwords: from flags, the environment, netrc files and the terminal.

use std::path::{Path, PathBuf};

use super::{read_text, secret};
use crate::cli::CredentialArgs;
use crate::cli::values::SecretValue;
use crate::endpoint::Endpoint;
use crate::error::{Failure, Status};
use crate::net::auth::{Credential, netrc};
use crate::net::upgrade::UpgradeOptions;
use crate::secret::Secret;

/// Adds the server's credential. Flags win over the URL, the URL over the environment, that over netrc.
pub(super) fn add(
    upgrade: &mut UpgradeOptions,
    args: CredentialArgs,
    endpoint: &Endpoint,
) -> Result<(), Failure> {
    if let Some(user) = args.user {
        upgrade.credential = Some(credential(user.expose(), "-u", &endpoint.host())?);
    } else if let Some(bearer) = args.bearer {
        upgrade.bearer = Some(secret(bearer, "--bearer")?);
    } else if let Some(userinfo) = endpoint.userinfo() {
        upgrade.credential =
            Some(Credential { name: userinfo.name.clone(), password: userinfo.password.clone() });
    } else if let (Some(_), Some(_)) = (variable("WSURL_USER"), variable("WSURL_BEARER")) {
        return Err(
            Failure::new(Status::Usage, "WSURL_USER and WSURL_BEARER are both set").hint("unset one of them")
        );
    } else if let Some(user) = variable("WSURL_USER") {
        upgrade.credential = Some(credential(&user, "WSURL_USER", &endpoint.host())?);
    } else if let Some(token) = variable("WSURL_BEARER") {
        upgrade.bearer = Some(secret(SecretValue::Value(Secret::new(token)), "WSURL_BEARER")?);
    } else if let Some(path) = netrc_path(args.netrc, args.netrc_file)? {
        upgrade.credential = from_netrc(&path, &endpoint.host())?;
    }
    Ok(())
}

/// `NAME:PASSWORD`, or `NAME` and a password from the terminal. `source` says where it was found.
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
    let prompt = format!("Password of {text} for {host}: ");
    let password = rpassword::prompt_password(prompt).map_err(|err| {
        Failure::new(
            Status::Usage,
            format!("no password in {source} '{text}', and no terminal to ask for it"),
        )
        .source(err)
        .hint("write NAME:PASSWORD, or NAME: for an empty password")
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

fn from_netrc(path: &Path, host: &str) -> Result<Option<Credential>, Failure> {
    let found = netrc::lookup(&read_text(path)?, host)
        .map_err(|why| Failure::new(Status::ReadError, format!("cannot use {}: {why}", path.display())))?;
    Ok(found.map(|(name, password)| Credential { name, password }))
}
