//! The choice of a proxy for an endpoint, with its credential, header fields and TLS options.

use std::sync::{Mutex, PoisonError};

use super::credentials;
use super::files::OptionFiles;
use super::request::all_headers;
use super::tls::{ca_file, key_log};
use crate::cli::ProxyArgs;
use crate::endpoint::Endpoint;
use crate::error::Failure;
use crate::net::auth::Credential;
use crate::net::proxy::{Choice, ProxyEnv, ProxyOptions, ProxyUrl, choose};
use crate::net::tls::client::TlsOptions;
use crate::net::tls::settings::Settings;
use crate::net::upgrade::Header;
use crate::secret::Secret;

/// The variable that gives the credential for a proxy.
const VARIABLE: &str = "WSURL_PROXY_USER";

/// Chooses a proxy for each endpoint that a redirect leads to.
#[derive(Debug)]
pub(crate) struct ProxyChooser {
    flag: Option<Secret>,
    noproxy: Option<String>,
    user: Option<Secret>,
    headers: Vec<Header>,
    tls: TlsOptions,
    env: ProxyEnv,
    /// The password that was typed for `--proxy-user`, with the name.
    asked: Mutex<Option<Credential>>,
}

impl ProxyChooser {
    /// Takes the flags and the environment.
    pub(super) fn from_args(args: ProxyArgs, files: &OptionFiles) -> Result<Self, Failure> {
        let socks = |scheme: &str, host: &Secret| Secret::new(format!("{scheme}://{}", host.expose()));
        let socks5 = args.socks5.as_ref().map(|host| socks("socks5", host));
        let socks5h = args.socks5_hostname.as_ref().map(|host| socks("socks5h", host));
        Ok(Self {
            flag: args.proxy.or(socks5).or(socks5h),
            noproxy: args.noproxy,
            user: args.proxy_user,
            headers: all_headers(args.proxy_header, "--proxy-header", files)?,
            tls: TlsOptions {
                settings: Settings {
                    cacert: args.proxy_cacert.map(|path| ca_file(&path, files)).transpose()?,
                    insecure: args.proxy_insecure,
                    key_log: key_log(),
                    ..Settings::default()
                },
                ..TlsOptions::default()
            },
            asked: Mutex::new(None),
            env: ProxyEnv::from_vars(
                std::env::vars_os()
                    .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))),
            ),
        })
    }

    /// The proxy for `endpoint`, and a line for `-v` that names it and why it was chosen.
    pub(crate) fn choose(
        &self,
        endpoint: &Endpoint,
    ) -> Result<(Option<ProxyOptions>, Option<String>), Failure> {
        match self.choice(endpoint)? {
            Choice::Direct(why) => Ok((None, why.map(|why| format!("No proxy: {why}")))),
            Choice::Proxy(url, why) => {
                let told = format!("Using proxy {url} ({why})");
                let credential = self.credential(&url)?;
                let (headers, tls) = (self.headers.clone(), self.tls.clone());
                Ok((Some(ProxyOptions { url, credential, headers, tls }), Some(told)))
            }
        }
    }

    fn choice(&self, endpoint: &Endpoint) -> Result<Choice, Failure> {
        choose(
            endpoint.is_secure(),
            &endpoint.host(),
            endpoint.port(),
            self.flag.as_ref().map(Secret::expose),
            self.noproxy.as_deref(),
            &self.env,
        )
    }

    /// Whether a flag gives a secret for proxies, or the URL or the environment one for the proxy of `endpoint`.
    pub(crate) fn holds_secret(&self, endpoint: &Endpoint) -> bool {
        let in_flag = self.user.is_some() || self.headers.iter().any(Header::holds_secret);
        in_flag
            || matches!(self.choice(endpoint), Ok(Choice::Proxy(url, _))
                if url.credential.is_some() || credentials::variable(VARIABLE).is_some())
    }

    /// The flag wins over the URL, the URL over the environment.
    fn credential(&self, url: &ProxyUrl) -> Result<Option<Credential>, Failure> {
        if let Some(user) = &self.user {
            // Locked while the password is typed, so that concurrent dials ask once.
            let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
            if asked.is_none() {
                *asked = Some(credentials::credential(user.expose(), "-U", &url.host)?);
            }
            return Ok(asked.clone());
        }
        if let Some((name, password)) = &url.credential {
            return Ok(Some(Credential { name: name.clone(), password: password.clone() }));
        }
        credentials::variable(VARIABLE)
            .map(|user| credentials::credential(&user, VARIABLE, &url.host))
            .transpose()
    }
}
