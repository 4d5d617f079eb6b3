//! The owner of a certificate and its key, which decides the text of messages.

use crate::error::{Failure, Status};

/// The owner of the certificate; selects the advice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    Client,
    Server,
}

impl Owner {
    /// The option for the key file.
    pub(super) fn key_flag(self) -> &'static str {
        match self {
            Self::Client => "--key",
            Self::Server => "--tls-key",
        }
    }

    /// Advice about the encrypted key in the file `shown`.
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
