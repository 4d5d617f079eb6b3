//! PEM files with many CA certificates. Decodes all of them, which is cheap, but parses only those that a
//! chain needs, because parsing is expensive.

use std::path::PathBuf;

use data_encoding::BASE64_MIME;
use memchr::memmem;
use openssl::stack::StackRef;
use openssl::x509::{X509, X509Ref};

const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
const END: &[u8] = b"-----END CERTIFICATE-----";

/// Certificates in DER.
pub(super) struct Bundle(Vec<Vec<u8>>);

impl Bundle {
    /// Reads PEM files. Skips a file or block that cannot be read; a chain that needs it is refused.
    pub(super) fn read(paths: impl IntoIterator<Item = PathBuf>) -> Self {
        let files = paths.into_iter().filter_map(|path| std::fs::read(path).ok());
        Self(files.flat_map(|pem| decode(&pem)).collect())
    }

    /// The certificates that may have issued one of `certificates`.
    pub(super) fn issuers_of(&self, certificates: &StackRef<X509>) -> Vec<X509> {
        let names = certificates.iter().filter_map(issuer_name).collect::<Vec<_>>();
        let finders = names.iter().map(memmem::Finder::new).collect::<Vec<_>>();
        self.parsed(|der| finders.iter().any(|name| name.find(der).is_some()))
    }

    /// All certificates of the bundle.
    pub(super) fn all(&self) -> Vec<X509> {
        self.parsed(|_| true)
    }

    fn parsed(&self, is_wanted: impl Fn(&[u8]) -> bool) -> Vec<X509> {
        let wanted = self.0.iter().filter(|der| is_wanted(der));
        wanted.filter_map(|der| X509::from_der(der).ok()).collect()
    }
}

fn issuer_name(certificate: &X509Ref) -> Option<Vec<u8>> {
    certificate.issuer_name().to_der().ok()
}

fn decode(mut pem: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    while let Some((text, rest)) = next_block(pem) {
        found.extend(BASE64_MIME.decode(text));
        pem = rest;
    }
    found
}

/// The content of the next block, and the text after it.
fn next_block(pem: &[u8]) -> Option<(&[u8], &[u8])> {
    let text = &pem[memmem::find(pem, BEGIN)? + BEGIN.len()..];
    let end = memmem::find(text, END)?;
    Some((&text[..end], &text[end + END.len()..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEM: &[u8] =
        include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/identity/ec.crt")).as_slice();

    #[test]
    fn blocks_are_found_between_whatever_else_a_file_holds() {
        let text = String::from_utf8(PEM.to_vec()).unwrap();
        let mixed =
            format!("# comment\n{text}\n-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n{text}");
        let expected = X509::from_pem(PEM).unwrap().to_der().unwrap();
        assert_eq!(decode(mixed.as_bytes()), [expected.clone(), expected.clone()]);
        assert_eq!(decode(text.replace('\n', "\r\n").as_bytes()), [expected]);
        for none in ["", "no PEM", "-----BEGIN CERTIFICATE-----\nAAAA", "-----END CERTIFICATE-----"] {
            assert!(decode(none.as_bytes()).is_empty(), "{none}");
        }
    }

    #[test]
    fn a_file_that_is_not_there_holds_nothing() {
        assert!(Bundle::read([PathBuf::from("/nonexistent/bundle.pem")]).all().is_empty());
    }
}
