//! The echo server of the binary itself (`echo-test --listen`), in a process of its own.

use super::certificate::{Certificate, Tls};
use super::{Running, Wsurl, file_with, secs};

pub struct Embedded {
    url: String,
    tls: Option<Tls>,
    _process: Running,
}

impl Embedded {
    pub fn start() -> Self {
        Self::with(&[], None)
    }

    pub fn tls(certificate: Certificate) -> Self {
        let tls = Tls::with(certificate);
        let (_folder, path) = file_with("server.pem", tls.certificate_pem.clone() + &tls.key_pem);
        Self::with(&["--tls-cert", &path], Some(tls))
    }

    /// One with these options.
    pub fn with_options(options: &[&str]) -> Self {
        Self::with(options, None)
    }

    /// One that waits before each echo.
    pub fn delayed(time: &str) -> Self {
        Self::with(&["--delay", time], None)
    }

    fn with(options: &[&str], tls: Option<Tls>) -> Self {
        let run = Wsurl::new(["echo-test", "--listen", "127.0.0.1:0"]).args(options);
        let mut process = run.limit(secs(120)).spawn();
        process.wait_for_stdout("\n");
        let printed = String::from_utf8(process.wait_for_stdout_bytes(1)).expect("UTF-8");
        let url = printed.lines().next().expect("a line").to_owned();
        Self { url, tls, _process: process }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// The file for `--cacert`.
    pub fn cacert(&self) -> &str {
        self.tls.as_ref().expect("a server with a certificate").cacert()
    }
}
