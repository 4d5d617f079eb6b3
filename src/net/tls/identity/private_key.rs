//! A private key in PEM, converted to PKCS#8: from PKCS#1 (RSA), SEC1 (EC), and encrypted PKCS#8 (PBES2). Pure.

use pkcs1::RsaPrivateKeyRef;
use pkcs8::der::asn1::{AnyRef, OctetStringRef};
use pkcs8::der::{self, Decode, Encode};
use pkcs8::pkcs5;
use pkcs8::spki::AlgorithmIdentifierRef;
use pkcs8::{EncryptedPrivateKeyInfoRef, LineEnding, PrivateKeyInfoRef, SecretDocument};
use sec1::{EcParameters, EcPrivateKey};
use x509_parser::pem::Pem;

use super::owner::{Owner, failure};
use crate::error::Failure;

/// An unencrypted key in PKCS#8 (RFC 5958).
pub(super) struct PrivateKey(SecretDocument);

impl PrivateKey {
    /// Reads the first key in `bytes`. `shown` is the name of the file.
    pub(super) fn from_pem(
        bytes: &[u8],
        password: Option<&str>,
        shown: &str,
        owner: Owner,
    ) -> Result<Self, Failure> {
        // The block has a header of old OpenSSL versions, which derive the key with one round of MD5.
        if memchr::memmem::find(bytes, b"Proc-Type: 4,ENCRYPTED").is_some() {
            return Err(old_encryption(shown));
        }
        let unreadable = |err: der::Error| failure(format!("the key {shown} cannot be read")).source(err);
        for block in Pem::iter_from_buffer(bytes) {
            let block = block.map_err(|err| failure(format!("{shown} is not PEM")).source(err))?;
            let document = match &*block.label {
                "PRIVATE KEY" => SecretDocument::try_from(&*block.contents).map_err(unreadable)?,
                "RSA PRIVATE KEY" => from_pkcs1(&block.contents).map_err(unreadable)?,
                "EC PRIVATE KEY" => from_sec1(&block.contents).map_err(unreadable)?,
                "ENCRYPTED PRIVATE KEY" => decrypt(&block.contents, password, shown, owner)?,
                _ => continue,
            };
            return Ok(Self(document));
        }
        let none = failure(format!("{shown} holds no private key"));
        Err(if memchr::memmem::find(bytes, b"-----BEGIN CERTIFICATE-----").is_some() {
            none.hint(format!("{} FILE names the file of the key", owner.key_flag()))
        } else {
            none.hint(format!(
                "a key begins with -----BEGIN PRIVATE KEY-----; openssl pkey -in {shown} -out NEW.pem \
                 converts others"
            ))
        })
    }

    /// The key in PEM, as the TLS library accepts it.
    pub(super) fn to_pem(&self) -> Result<impl std::ops::Deref<Target = String> + use<>, der::Error> {
        self.0.to_pem("PRIVATE KEY", LineEnding::LF)
    }

    /// Whether the key may belong to a certificate with a public key of this algorithm and these bits.
    /// Returns false only if it certainly does not.
    pub(super) fn fits(&self, algorithm: &[u8], public: &[u8]) -> bool {
        match self.public_key() {
            Some(own) => own == public || x_coordinate(&own) == x_coordinate(public),
            None => PrivateKeyInfoRef::from_der(self.0.as_bytes())
                .map_or(true, |key| key.algorithm.oid.as_bytes() == algorithm),
        }
    }

    /// The bits of the public key in the form that certificates use, if the private key contains them.
    fn public_key(&self) -> Option<Vec<u8>> {
        let key = PrivateKeyInfoRef::from_der(self.0.as_bytes()).ok()?;
        let bytes = key.private_key.as_bytes();
        if key.algorithm.oid == pkcs1::ALGORITHM_OID {
            RsaPrivateKeyRef::from_der(bytes).ok()?.public_key().to_der().ok()
        } else if key.algorithm.oid == sec1::ALGORITHM_OID {
            EcPrivateKey::from_der(bytes).ok()?.public_key.map(<[u8]>::to_vec)
        } else {
            key.public_key.and_then(|bits| bits.as_bytes().map(<[u8]>::to_vec))
        }
    }
}

/// The part that a compressed and an uncompressed point share (SEC 1 §2.3.3); other keys are returned whole.
fn x_coordinate(public: &[u8]) -> &[u8] {
    match public {
        [2 | 3, x @ ..] => x,
        [4, both @ ..] => &both[..both.len() / 2],
        other => other,
    }
}

fn from_pkcs1(bytes: &[u8]) -> Result<SecretDocument, der::Error> {
    RsaPrivateKeyRef::from_der(bytes)?;
    wrap(pkcs1::ALGORITHM_ID, bytes)
}

fn from_sec1(bytes: &[u8]) -> Result<SecretDocument, der::Error> {
    let key = EcPrivateKey::from_der(bytes)?;
    let Some(EcParameters::NamedCurve(curve)) = &key.parameters else {
        return Err(der::Tag::ObjectIdentifier.value_error().into());
    };
    wrap(AlgorithmIdentifierRef { oid: sec1::ALGORITHM_OID, parameters: Some(AnyRef::from(curve)) }, bytes)
}

fn wrap(algorithm: AlgorithmIdentifierRef<'_>, bytes: &[u8]) -> Result<SecretDocument, der::Error> {
    SecretDocument::encode_msg(&PrivateKeyInfoRef::new(algorithm, OctetStringRef::new(bytes)?))
}

fn decrypt(
    bytes: &[u8],
    password: Option<&str>,
    shown: &str,
    owner: Owner,
) -> Result<SecretDocument, Failure> {
    let encrypted = EncryptedPrivateKeyInfoRef::try_from(bytes).map_err(|_| old_encryption(shown))?;
    let Some(password) = password else {
        return Err(failure(format!("the key {shown} is encrypted")).hint(owner.password_advice(shown)));
    };
    encrypted.decrypt(password).map_err(|err| match err {
        // A wrong password gives wrong padding or, by chance, correct padding and an invalid key.
        pkcs8::Error::EncryptedPrivateKey(pkcs5::Error::DecryptFailed) | pkcs8::Error::Asn1(_) => {
            failure(format!("wrong password for the key {shown}"))
        }
        _ => old_encryption(shown),
    })
}

fn old_encryption(shown: &str) -> Failure {
    failure(format!("the key {shown} is encrypted in an old format that wsurl cannot read"))
        .hint(format!("openssl pkcs8 -topk8 -v2 aes-256-cbc -in {shown} -out NEW.pem converts it"))
}
