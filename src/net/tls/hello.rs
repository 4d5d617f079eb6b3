//! Reads the version and the cipher suite from the server's first TLS messages as they pass (RFC 8446 §4.1.3), because
//! the platform's libraries do not tell. Pure; keeps no more than one message.

use tls_parser::{
    TlsCipherSuite, TlsExtension, TlsMessage, TlsMessageHandshake, TlsVersion, parse_tls_extensions,
    parse_tls_plaintext,
};

/// The most that is looked at: a `ServerHello` and what precedes it is far shorter.
const MOST: usize = 16 * 1024;

/// What the server chose, as far as it has been seen.
#[derive(Debug, Default)]
pub(in crate::net) struct ServerHello {
    seen: Vec<u8>,
    over: bool,
    version: Option<&'static str>,
    cipher: Option<&'static str>,
}

impl ServerHello {
    /// `TLSv1.3` and the like.
    pub(in crate::net) fn version(&self) -> Option<&'static str> {
        self.version
    }

    /// The IANA name of the cipher suite.
    pub(in crate::net) fn cipher(&self) -> Option<&'static str> {
        self.cipher
    }

    /// Looks at bytes from the server.
    pub(in crate::net) fn on_bytes(&mut self, bytes: &[u8]) {
        if self.over {
            return;
        }
        let room = MOST - self.seen.len();
        self.seen.extend_from_slice(&bytes[..bytes.len().min(room)]);
        self.read_records();
        if self.over || self.seen.len() == MOST {
            self.over = true;
            self.seen = Vec::new();
        }
    }

    fn read_records(&mut self) {
        let seen = std::mem::take(&mut self.seen);
        let mut rest = &seen[..];
        while !self.over {
            match parse_tls_plaintext(rest) {
                Ok((after, record)) => {
                    record.msg.iter().for_each(|message| self.read_message(message));
                    rest = after;
                }
                Err(err) => {
                    self.over = !err.is_incomplete();
                    break;
                }
            }
        }
        let left = rest.len();
        self.seen = seen;
        self.seen.drain(..self.seen.len() - left);
    }

    fn read_message(&mut self, message: &TlsMessage<'_>) {
        let TlsMessage::Handshake(TlsMessageHandshake::ServerHello(hello)) = message else { return };
        let extensions = hello.ext.and_then(|bytes| parse_tls_extensions(bytes).ok()).unwrap_or_default().1;
        let chosen = extensions.iter().find_map(|extension| match extension {
            TlsExtension::SupportedVersions(versions) => versions.first().copied(),
            _ => None,
        });
        self.version = version_name(chosen.unwrap_or(hello.version));
        self.cipher = TlsCipherSuite::from_id(hello.cipher.0).map(|suite| suite.name);
        self.over = true;
    }
}

fn version_name(version: TlsVersion) -> Option<&'static str> {
    match version {
        TlsVersion::Tls10 => Some("TLSv1.0"),
        TlsVersion::Tls11 => Some("TLSv1.1"),
        TlsVersion::Tls12 => Some("TLSv1.2"),
        TlsVersion::Tls13 => Some("TLSv1.3"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A `ServerHello` record with these fields and extensions.
    fn hello(cipher: [u8; 2], extensions: &[u8]) -> Vec<u8> {
        let mut body = vec![3, 3];
        body.extend([7; 32]);
        body.push(0);
        body.extend(cipher);
        body.push(0);
        body.extend(u16::try_from(extensions.len()).unwrap().to_be_bytes());
        body.extend(extensions);
        let mut message = vec![2, 0];
        message.extend(u16::try_from(body.len()).unwrap().to_be_bytes());
        message.extend(body);
        let mut record = vec![22, 3, 3];
        record.extend(u16::try_from(message.len()).unwrap().to_be_bytes());
        record.extend(message);
        record
    }

    fn read(bytes: &[u8], size: usize) -> (Option<&'static str>, Option<&'static str>) {
        let mut sniffer = ServerHello::default();
        bytes.chunks(size).for_each(|piece| sniffer.on_bytes(piece));
        (sniffer.version(), sniffer.cipher())
    }

    #[test]
    fn version_and_cipher_at_every_cut() {
        let new = hello([0x13, 0x02], &[0, 43, 0, 2, 3, 4]);
        let old = hello([0xC0, 0x2F], &[0xFF, 1, 0, 1, 0]);
        for size in [1, 2, 5, 6, 40, 1000] {
            assert_eq!(read(&new, size), (Some("TLSv1.3"), Some("TLS_AES_256_GCM_SHA384")));
            assert_eq!(read(&old, size), (Some("TLSv1.2"), Some("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")));
        }
    }

    #[test]
    fn what_is_not_tls_is_looked_at_no_more() {
        let mut sniffer = ServerHello::default();
        sniffer.on_bytes(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        assert!(sniffer.over && sniffer.seen.is_empty());
        let mut sniffer = ServerHello::default();
        sniffer.on_bytes(&[22, 3, 3, 0x3F, 0xFF]);
        sniffer.on_bytes(&vec![0; 3 * MOST]);
        assert!(sniffer.over && sniffer.version().is_none());
    }
}
