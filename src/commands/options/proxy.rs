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
        let choice = choose(
            endpoint.is_secure(),
            &endpoint.host(),
            endpoint.port(),
            self.flag.as_ref().map(Secret::expose),
            self.noproxy.as_deref(),
            &self.env,
        )?;
        match choice {
            Choice::Direct(why) => Ok((None, why.map(|why| format!("No proxy: {why}")))),
            Choice::Proxy(url, why) => {
                let told = format!("Using proxy {url} ({why})");
                let credential = self.credential(&url)?;
                let (headers, tls) = (self.headers.clone(), self.tls.clone());
                Ok((Some(ProxyOptions { url, credential, headers, tls }), Some(told)))
            }
        }
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
        credentials::variable("WSURL_PROXY_USER")
            .map(|user| credentials::credential(&user, "WSURL_PROXY_USER", &url.host))
            .transpose()
    }
}
