//! The client's settings for OpenSSL.

use std::io::{Read, Write};
use std::net::IpAddr;
use std::sync::Arc;

use openssl::error::ErrorStack;
use openssl::ssl::{Ssl, SslContext, SslContextBuilder, SslMethod, SslMode, SslOptions, SslVersion};
use openssl::x509::verify::X509CheckFlags;

use super::identity::{Certificates, Identity};
use super::key_log::KeyLog;
use super::roots::SystemRoots;
use super::stream::Step;
use super::verifier::{Findings, Policy, Verifier};
use crate::error::{Failure, IoCause, Status};
use crate::net::tls::error::TlsError;
use crate::net::tls::settings::{ALPN, OLDEST, Settings, TlsVersion};

/// The cipher suites for TLS 1.2 and older, as in native-tls.
const CIPHERS: &str = "DEFAULT:!aNULL:!eNULL:!MD5:!3DES:!DES:!RC4:!IDEA:!SEED:!aDSS:!SRP:!PSK";

/// Settings that are ready for connections.
#[derive(Clone)]
pub(in crate::net) struct Connector {
    context: SslContext,
    policy: Arc<Policy>,
}

impl Connector {
    /// `trusted` replaces the system's CA certificates.
    pub(in crate::net) fn new(
        settings: &Settings,
        trusted: Option<Certificates>,
        identity: Option<&Identity>,
    ) -> Result<Self, Failure> {
        let unusable = |err: ErrorStack| {
            Failure::new(Status::TlsHandshake, "cannot set up TLS").source(TlsError::from(err))
        };
        let mut context = context(settings.versions).map_err(unusable)?;
        let roots = trusted.is_none().then(SystemRoots::find);
        let store = context.cert_store_mut();
        roots.iter().try_for_each(|roots| roots.install(store)).map_err(unusable)?;
        trusted.map_or(Ok(()), |trusted| trusted.install(store)).map_err(unusable)?;
        if let Some(identity) = identity {
            identity.install(&mut context).map_err(|err| {
                Failure::new(Status::ClientCertificate, "cannot use the client certificate and its key")
                    .source(err)
            })?;
        }
        if let Some(path) = &settings.key_log {
            let log = KeyLog::open(path).map_err(|err| {
                Failure::new(Status::WriteError, format!("cannot open {} (SSLKEYLOGFILE)", path.display()))
                    .source(IoCause(err))
            })?;
            context.set_keylog_callback(move |_, line| log.append(line));
        }
        let ignored = settings.ignored.clone();
        let policy = Arc::new(Policy { insecure: settings.insecure, ignored, roots });
        Ok(Self { context: context.build(), policy })
    }

    /// Begins the handshake with `name` over `stream`.
    pub(in crate::net) fn connect<S: Read + Write>(&self, name: &str, stream: S) -> Step<S> {
        let findings = Findings::default();
        match self.ssl(name, findings.clone()) {
            Ok(ssl) => Step::of(ssl.connect(stream), findings),
            Err(err) => Step::Failed(TlsError::from(err).into()),
        }
    }

    fn ssl(&self, name: &str, findings: Findings) -> Result<Ssl, ErrorStack> {
        let mut ssl = Ssl::new(&self.context)?;
        let level = ssl.security_level();
        let address = name.parse::<IpAddr>().ok();
        if address.is_none() {
            ssl.set_hostname(name)?;
        }
        let checks = ssl.param_mut();
        checks.set_hostflags(X509CheckFlags::NO_PARTIAL_WILDCARDS);
        match address {
            Some(address) => checks.set_ip(address)?,
            None => checks.set_host(name)?,
        }
        Verifier::new(self.policy.clone(), level, findings).install(&mut ssl);
        Ok(ssl)
    }
}

/// Creates a context that trusts no CA certificate yet.
fn context(versions: (Option<TlsVersion>, Option<TlsVersion>)) -> Result<SslContextBuilder, ErrorStack> {
    let mut context = SslContext::builder(SslMethod::tls_client())?;
    context.set_options(SslOptions::ALL | SslOptions::NO_COMPRESSION);
    // An empty record before each record protects TLS 1.0 against the BEAST attack.
    context.clear_options(SslOptions::DONT_INSERT_EMPTY_FRAGMENTS);
    context.set_mode(
        SslMode::AUTO_RETRY
            | SslMode::ACCEPT_MOVING_WRITE_BUFFER
            | SslMode::ENABLE_PARTIAL_WRITE
            | SslMode::RELEASE_BUFFERS,
    );
    context.set_cipher_list(CIPHERS)?;
    let (oldest, newest) = versions;
    let oldest = oldest.unwrap_or_else(|| newest.map_or(OLDEST, |newest| newest.min(OLDEST)));
    context.set_min_proto_version(Some(oldest.into()))?;
    context.set_max_proto_version(newest.map(Into::into))?;
    let mut offered = vec![u8::try_from(ALPN.len()).unwrap_or_default()];
    offered.extend_from_slice(ALPN.as_bytes());
    context.set_alpn_protos(&offered)?;
    Ok(context)
}

impl From<TlsVersion> for SslVersion {
    fn from(version: TlsVersion) -> Self {
        match version {
            TlsVersion::V1_0 => Self::TLS1,
            TlsVersion::V1_1 => Self::TLS1_1,
            TlsVersion::V1_2 => Self::TLS1_2,
            TlsVersion::V1_3 => Self::TLS1_3,
        }
    }
}
