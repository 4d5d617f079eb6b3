//! TLS: the files of certificates and keys are read here.

use std::path::{Path, PathBuf};

use super::files::OptionFiles;
use crate::cli::TlsArgs;
use crate::error::{Failure, Status};
use crate::net::tls::ca_file::CaFile;
use crate::net::tls::client::TlsOptions;
use crate::net::tls::identity;
use crate::net::tls::settings::{Settings, TlsVersion};
use crate::secret::Secret;

/// Validates the arguments.
pub(super) fn options(args: TlsArgs, files: &OptionFiles) -> Result<TlsOptions, Failure> {
    let oldest = match (args.tls_v1_3, args.tls_v1_2) {
        (true, _) => Some(TlsVersion::V1_3),
        (_, true) => Some(TlsVersion::V1_2),
        _ => None,
    };
    let newest = args.tls_max.as_deref().map(|version| match version {
        "1.0" => TlsVersion::V1_0,
        "1.1" => TlsVersion::V1_1,
        "1.2" => TlsVersion::V1_2,
        _ => TlsVersion::V1_3,
    });
    if let (Some(oldest), Some(newest)) = (oldest, newest)
        && oldest > newest
    {
        let text = "--tls-max is below the oldest version that is allowed";
        return Err(Failure::new(Status::Usage, text).hint("--tlsv1.2 --tls-max 1.3 allows both"));
    }
    let read = |path: &Path| files.bytes(path, Status::ClientCertificate);
    let identity = match &args.cert {
        Some(path) => {
            let password = args.pass.map(|value| files.secret(value, "--pass")).transpose()?;
            let key = args.key.as_deref();
            let key_bytes = key.map(read).transpose()?;
            let names = (path.display().to_string(), key.map(|key| key.display().to_string()));
            Some(identity::load(
                &read(path)?,
                key_bytes.as_deref(),
                password.as_ref().map(Secret::expose),
                (&names.0, names.1.as_deref()),
            )?)
        }
        None => None,
    };
    let settings = Settings {
        cacert: args.cacert.map(|path| ca_file(&path, files)).transpose()?,
        insecure: args.insecure,
        ignored: args.ignore_tls_error,
        versions: (oldest, newest),
        key_log: key_log(),
    };
    let (domain, pins) = (args.tls_domain, args.pinnedpubkey);
    Ok(TlsOptions { settings, domain, identity, pins, ..TlsOptions::default() })
}

/// The file to which the secrets of TLS sessions are appended; an empty name is none.
pub(super) fn key_log() -> Option<PathBuf> {
    std::env::var_os("SSLKEYLOGFILE").filter(|name| !name.is_empty()).map(PathBuf::from)
}

/// Reads the file of `--cacert` or `--proxy-cacert`.
pub(super) fn ca_file(path: &Path, files: &OptionFiles) -> Result<CaFile, Failure> {
    let pem = files.bytes(path, Status::CaFile)?;
    Ok(CaFile { name: path.display().to_string(), pem })
}
