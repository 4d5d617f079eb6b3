//! Pinned public keys: `sha256//BASE64` of a certificate's `SubjectPublicKeyInfo`, as in curl and RFC 7469.

use data_encoding::BASE64;
use sha2::{Digest, Sha256};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::error::{Failure, Status};

/// The pinned keys. A server must have one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pins(Vec<[u8; 32]>);

impl Pins {
    /// Parses `sha256//BASE64`, or several separated by `;`.
    ///
    /// # Errors
    /// A message with an example of a valid value.
    pub fn parse(text: &str) -> Result<Self, String> {
        const EXAMPLE: &str = "write sha256//BASE64 with the SHA-256 of the public key, such as \
                               sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
        let pin = |text: &str| -> Option<[u8; 32]> {
            let digest = BASE64.decode(text.trim().strip_prefix("sha256//")?.as_bytes()).ok()?;
            digest.try_into().ok()
        };
        text.split(';').map(pin).collect::<Option<_>>().map(Self).ok_or_else(|| EXAMPLE.to_owned())
    }

    /// Checks that the certificate of `host`, in DER, has one of the keys.
    pub(in crate::net) fn check(&self, certificate: Option<&[u8]>, host: &str) -> Result<(), Failure> {
        let key = certificate.and_then(public_key);
        if key.is_some_and(|key| self.0.contains(&key)) {
            return Ok(());
        }
        let shown = key.map_or("unknown".to_owned(), |key| format!("sha256//{}", BASE64.encode(&key)));
        Err(Failure::new(Status::PinMismatch, format!("public key of {host} is {shown}, not the pinned one"))
            .hint("is it really this server? If its key has changed, change --pinnedpubkey"))
    }
}

/// The SHA-256 of the certificate's public key.
fn public_key(certificate: &[u8]) -> Option<[u8; 32]> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    Some(Sha256::digest(certificate.public_key().raw).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_a_sha256_in_base64() {
        let empty = "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
        let digest: [u8; 32] = Sha256::digest(b"").into();
        assert_eq!(Pins::parse(&format!("{empty}; {empty}")), Ok(Pins(vec![digest; 2])));
        for bad in ["", "sha256//", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "sha256//AAAA", "key.pem"]
        {
            assert!(Pins::parse(bad).unwrap_err().contains(empty), "{bad}");
        }
    }

    #[test]
    fn no_certificate_is_no_match() {
        let pins = Pins(vec![[0; 32]]);
        assert_eq!(pins.check(None, "h").unwrap_err().status(), Status::PinMismatch);
        assert!(
            pins.check(Some(b"junk"), "h").unwrap_err().to_string().contains("public key of h is unknown")
        );
    }
}
