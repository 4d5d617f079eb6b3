//! Further connections to a server whose first one worked.

use super::NoopObserver;
use super::redirects::RedirectChain;
use crate::commands::options::ConversationOptions;
use crate::deadline::Deadline;
use crate::endpoint::Endpoint;
use crate::error::Failure;
use crate::net::{Connection, Facts, Observer, Transport, dial, open_stream, upgrade};

/// Connects to one endpoint again and again.
#[derive(Debug)]
pub(crate) struct Redialer<'a> {
    options: &'a ConversationOptions,
    chain: RedirectChain<'a>,
}

impl<'a> Redialer<'a> {
    /// Connects to `endpoint`, which the user named or redirects led to.
    pub(crate) fn to(endpoint: &Endpoint, options: &'a ConversationOptions) -> Self {
        let mut chain = RedirectChain::new(options);
        chain.go_to(endpoint.clone(), &mut NoopObserver);
        Self { options, chain }
    }

    /// A new WebSocket, before `limit`.
    pub(crate) fn open(
        &mut self,
        limit: &Deadline,
        observer: &mut dyn Observer,
    ) -> Result<Connection, Failure> {
        let deadline = self.prepare(limit, observer)?;
        dial(&self.chain.endpoint, &self.chain.dial, &deadline, &mut Facts::start(), observer)
    }

    /// A byte stream before the opening handshake, before `limit`.
    pub(crate) fn open_stream(
        &mut self,
        limit: &Deadline,
        observer: &mut dyn Observer,
    ) -> Result<Transport, Failure> {
        let deadline = self.prepare(limit, observer)?;
        open_stream(&self.chain.endpoint, &self.chain.dial, &deadline, &mut Facts::start(), observer)
    }

    /// The upgrade request with this key.
    pub(crate) fn request(&self, key: &str) -> String {
        upgrade::request(&self.chain.endpoint, &self.chain.dial.upgrade, key)
    }

    fn prepare(&mut self, limit: &Deadline, observer: &mut dyn Observer) -> Result<Deadline, Failure> {
        self.chain.prepare(observer)?;
        Ok(self.options.connect_deadline().earliest(self.options.limits.whole).earliest(Some(*limit)))
    }
}
