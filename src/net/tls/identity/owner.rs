//! What messages about a certificate and its key depend on.

use crate::error::{Failure, Status};

/// Whose certificate and key they are; advice differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    Client,
    Server,
}

impl Owner {
    /// The flag that names the file of the key.
    pub(super) fn key_flag(self) -> &'static str {
        match self {
            Self::Client => "--key",
            Self::Server => "--tls-key",
        }
    }

    /// What to do about a key in `shown` that has a password.
    pub(super) fn password_advice(self, shown: &str) -> String {
        match self {
            Self::Client => "--pass PASSWORD or --pass @FILE gives its password".to_owned(),
            Self::Server => format!("openssl pkey -in {shown} -out NEW.pem takes its password away"),
        }
    }
}

pub(super) fn failure(text: impl Into<String>) -> Failure {
    Failure::new(Status::ClientCertificate, text)
}
