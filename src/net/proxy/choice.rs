//! Chooses the proxy, and says why: by the flag, the environment, and the list of exceptions. Pure.
//! The order is curl's, including that `no_proxy` also holds for a proxy given by flag.

use std::fmt;

use super::no_proxy::NoProxy;
use super::url::ProxyUrl;
use crate::error::Failure;

/// The environment variables about proxies.
#[derive(Clone, Default)]
pub struct ProxyEnv(Vec<(String, String)>);

/// Only the names: a proxy's URL may hold a password.
impl fmt::Debug for ProxyEnv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

/// How the server is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Without a proxy; the reason, if one was asked for.
    Direct(Option<String>),
    /// Through this proxy, and where it was found: `from https_proxy`.
    Proxy(ProxyUrl, String),
}

impl ProxyEnv {
    /// Keeps the variables about proxies. An empty one counts as unset.
    pub fn from_vars(vars: impl IntoIterator<Item = (String, String)>) -> Self {
        // A CGI server sets HTTP_PROXY from the request field `Proxy`: it is never read (CVE-2016-5385).
        let matters = |name: &str| name.to_ascii_lowercase().ends_with("_proxy") && name != "HTTP_PROXY";
        Self(vars.into_iter().filter(|(name, value)| matters(name) && !value.trim().is_empty()).collect())
    }

    /// The first of these variables that is set, in lower case before upper case: its name and value.
    fn first(&self, names: &[&str]) -> Option<(&str, &str)> {
        names.iter().flat_map(|name| [(*name).to_owned(), name.to_ascii_uppercase()]).find_map(|wanted| {
            let found = self.0.iter().find(|(name, _)| *name == wanted)?;
            Some((found.0.as_str(), found.1.trim()))
        })
    }
}

/// Chooses how to reach `host` (a name or an address without brackets) and `port`. `secure` means wss.
///
/// # Errors
/// [`Status::Usage`](crate::error::Status::Usage) when the flag or the variable holds no proxy.
pub fn choose(
    secure: bool,
    host: &str,
    port: u16,
    flag: Option<&str>,
    noproxy_flag: Option<&str>,
    env: &ProxyEnv,
) -> Result<Choice, Failure> {
    let (source, text) = match flag {
        Some(text) if text.trim().is_empty() => return Ok(Choice::Direct(Some("-x is empty".to_owned()))),
        Some(text) => ("-x", text.trim()),
        None => {
            let names = if secure {
                ["wss_proxy", "https_proxy", "all_proxy"]
            } else {
                ["ws_proxy", "http_proxy", "all_proxy"]
            };
            match env.first(&names) {
                Some(found) => found,
                None => return Ok(Choice::Direct(None)),
            }
        }
    };
    let except = match noproxy_flag {
        Some(list) => Some(("--noproxy", list)),
        None => env.first(&["no_proxy"]),
    };
    if let Some((list, text)) = except
        && NoProxy::parse(text).matches(host, port)
    {
        return Ok(Choice::Direct(Some(format!("{host} is in {list}"))));
    }
    match ProxyUrl::parse(text) {
        Ok(proxy) => Ok(Choice::Proxy(proxy, format!("from {source}"))),
        Err(failure) => Err(failure.and(format_args!(" (from {source})"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(vars: &[(&str, &str)]) -> ProxyEnv {
        ProxyEnv::from_vars(vars.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    /// The choice in the words of `-v`.
    fn told(secure: bool, flag: Option<&str>, noproxy: Option<&str>, vars: &[(&str, &str)]) -> String {
        let port = if secure { 443 } else { 80 };
        match choose(secure, "example.com", port, flag, noproxy, &env(vars)).unwrap() {
            Choice::Direct(None) => "direct".to_owned(),
            Choice::Direct(Some(why)) => why,
            Choice::Proxy(proxy, why) => format!("{proxy} {why}"),
        }
    }

    #[test]
    fn the_environment_in_its_order() {
        let mut vars = vec![
            ("wss_proxy", "a:1"),
            ("WSS_PROXY", "b:1"),
            ("https_proxy", "c:1"),
            ("HTTPS_PROXY", "d:1"),
            ("all_proxy", "socks5://e:1"),
            ("ALL_PROXY", "f:1"),
        ];
        for expected in [
            "http://a:1 from wss_proxy",
            "http://b:1 from WSS_PROXY",
            "http://c:1 from https_proxy",
            "http://d:1 from HTTPS_PROXY",
            "socks5://e:1 from all_proxy",
            "http://f:1 from ALL_PROXY",
            "direct",
        ] {
            assert_eq!(told(true, None, None, &vars), expected);
            vars = vars.into_iter().skip(1).collect();
        }
    }

    #[test]
    fn ws_has_variables_of_its_own_and_http_proxy_counts_in_lower_case_only() {
        assert_eq!(told(false, None, None, &[("http_proxy", "a:1")]), "http://a:1 from http_proxy");
        assert_eq!(
            told(false, None, None, &[("ws_proxy", "a:1"), ("http_proxy", "b")]),
            "http://a:1 from ws_proxy"
        );
        assert_eq!(told(false, None, None, &[("HTTP_PROXY", "a:1")]), "direct");
        assert_eq!(told(false, None, None, &[("https_proxy", "a:1"), ("wss_proxy", "a:1")]), "direct");
        assert_eq!(told(true, None, None, &[("http_proxy", "a:1")]), "direct");
    }

    #[test]
    fn an_empty_variable_is_not_set_and_an_empty_flag_switches_proxies_off() {
        let vars = [("wss_proxy", ""), ("https_proxy", "a:1")];
        assert_eq!(told(true, None, None, &vars), "http://a:1 from https_proxy");
        assert_eq!(told(true, Some(""), None, &vars), "-x is empty");
        assert_eq!(told(true, Some("b:1"), None, &vars), "http://b:1 from -x");
    }

    #[test]
    fn exceptions_hold_for_the_flag_too_and_their_flag_replaces_the_variable() {
        let vars = [("https_proxy", "a:1"), ("no_proxy", "example.com")];
        assert_eq!(told(true, None, None, &vars), "example.com is in no_proxy");
        assert_eq!(told(true, Some("b:1"), None, &vars), "example.com is in no_proxy");
        assert_eq!(told(true, None, Some(""), &vars), "http://a:1 from https_proxy");
        assert_eq!(told(true, None, Some("*:443"), &vars), "example.com is in --noproxy");
        assert_eq!(
            told(true, None, None, &[("NO_PROXY", "*"), ("all_proxy", "x")]),
            "example.com is in NO_PROXY"
        );
        assert_eq!(told(true, None, None, &[("no_proxy", "*")]), "direct");
    }

    #[test]
    fn a_bad_value_names_its_variable() {
        let failure =
            choose(true, "h", 443, None, None, &env(&[("https_proxy", "ftp://me:pw@h")])).unwrap_err();
        assert_eq!(
            failure.to_string(),
            "invalid proxy URL 'ftp://(redacted)@h': it has another scheme (from https_proxy)"
        );
    }
}
