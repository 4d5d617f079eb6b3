//! The TLS steps of the dial: the handshake with the server or with an https proxy, and what it tells of the peer.

use std::time::Duration;

use super::auth::Authorization;
use super::dial::Dialer;
use super::proxy::ProxyOptions;
use super::tls::certificate::{CertificateFacts, date};
use super::tls::client::{Refused, TlsClient};
use super::tls::error::{CertificateError, ErrorClass, HandshakeFailure};
use super::transport::Transport;
use crate::deadline::Deadline;
use crate::error::{Failure, Status};
use crate::os::signals;

/// The limit of the diagnostic handshake: it only explains, and some servers take one connection at a time.
const DIAGNOSIS: Duration = Duration::from_secs(3);

impl Dialer<'_> {
    /// TLS with the server.
    pub(super) fn secure(
        &mut self,
        transport: Transport,
        proxy: &Authorization,
    ) -> Result<Transport, Failure> {
        let Some(tls) = self.tls.take() else { return Ok(transport) };
        let target = self.endpoint.host_and_port();
        let result = self.handshake(&tls, transport, &target, |dialer| dialer.route(proxy));
        self.tls = Some(tls);
        self.secured(result?)
    }

    /// TLS with an https proxy.
    pub(super) fn secure_proxy(
        &mut self,
        options: &ProxyOptions,
        transport: Transport,
    ) -> Result<Transport, Failure> {
        let tls = TlsClient::new(&options.tls, &options.url.host)?;
        let destination = options.destination();
        let secured =
            self.handshake(&tls, transport, &destination.to_string(), |dialer| dialer.connect(&destination));
        secured.map_err(|failure| {
            // The facts are those of the server.
            self.facts.certificate = None;
            match failure.status() {
                Status::CertificateUntrusted => failure.hint(
                    "--proxy-cacert FILE trusts the issuer's certificate; --proxy-insecure accepts any",
                ),
                _ => failure,
            }
        })
    }

    /// A TLS handshake. Where the TLS library does not tell why it refuses a peer, a second connection, made by `again`,
    /// does.
    fn handshake(
        &mut self,
        tls: &TlsClient,
        transport: Transport,
        target: &str,
        again: impl FnOnce(&mut Self) -> Result<Transport, Failure>,
    ) -> Result<Transport, Failure> {
        let refused = match tls.handshake(transport, &self.deadline) {
            Ok(transport) => return Ok(transport),
            Err(Refused::Wait(err)) => return Err(tls.not_waited(err, target, &self.deadline)),
            Err(Refused::Tls(failure)) => failure,
        };
        if tls.needs_diagnosis() {
            self.observer.note("TLS failed; looking at the certificate on a second connection");
            let (whole, facts) = (self.deadline, self.facts.clone());
            self.deadline = Deadline::after(DIAGNOSIS, whole.flag()).earliest(Some(whole));
            let second = again(self).ok();
            let found = second.and_then(|transport| tls.diagnose(transport, &self.deadline));
            (self.deadline, *self.facts) = (whole, facts);
            if let Some(signal) = signals::received() {
                return Err(signal.failure());
            }
            if let Some(found) = found {
                return Err(found.and(format_args!(" (TLS with {target})")));
            }
        }
        if let HandshakeFailure::Certificate { leaf, .. } = &refused {
            self.facts.certificate = CertificateFacts::from_der(leaf);
        }
        Err(tls.failed(target, refused))
    }

    fn secured(&mut self, transport: Transport) -> Result<Transport, Failure> {
        let facts = &mut *self.facts;
        let now = facts.timeline.elapsed();
        let session = transport.tls_session().unwrap_or_default();
        facts.chain = session.chain.iter().filter_map(|der| CertificateFacts::from_der(der)).collect();
        facts.certificate = session.chain.first().and_then(|der| CertificateFacts::from_der(der));
        (facts.tls_version, facts.tls_cipher) = (session.version, session.cipher);
        facts.ignored_tls_errors = session.ignored;
        let names = [facts.tls_version, facts.tls_cipher].map(|name| name.unwrap_or("unknown"));
        let alpn = session.alpn.map_or(String::new(), |name| format!(", ALPN {name}"));
        self.observer.note(&format!("TLS is up: {} {}{alpn}", names[0], names[1]));
        if let Some(certificate) = &facts.certificate {
            let CertificateFacts { subject, issuer, .. } = certificate;
            self.observer.note(&format!("certificate of {subject}, issued by {issuer}"));
        }
        for (depth, CertificateFacts { subject, issuer, not_after, .. }) in facts.chain.iter().enumerate() {
            let end = date(*not_after);
            self.observer
                .detail(&format!("certificate {depth}: {subject}, issued by {issuer}, expires {end}"));
        }
        self.tell_ignored_errors();
        if let Some(pins) = &self.options.tls.pins {
            pins.check(session.chain.first().map(Vec::as_slice), &self.endpoint.host())?;
        }
        self.facts.timeline.secured = Some(now);
        Ok(transport)
    }

    /// Tells what is wrong with the server's certificate and was ignored.
    fn tell_ignored_errors(&mut self) {
        let tls = &self.options.tls;
        if tls.settings.insecure {
            self.observer.warn("the server's certificate is not checked (-k)");
            for CertificateError { class, text, depth } in &self.facts.ignored_tls_errors {
                let may_be_in_bundle = *class == ErrorClass::Untrusted && tls.settings.cacert.is_none();
                let but = if may_be_in_bundle { " (the system's bundle is not read with -k)" } else { "" };
                self.observer.note(&format!("certificate {depth} has an error: {text}{but}"));
            }
            return;
        }
        for CertificateError { class, text, .. } in &self.facts.ignored_tls_errors {
            let class = class.name();
            self.observer
                .warn(&format!("the server's certificate has an error: {text} (--ignore-tls-error {class})"));
        }
    }
}
