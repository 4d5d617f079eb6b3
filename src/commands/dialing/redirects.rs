//! `-L`: dials an endpoint, and follows redirects to others.

use std::time::Instant;

use crate::commands::options::ConversationOptions;
use crate::endpoint::Endpoint;
use crate::error::{Failure, Status};
use crate::net::{Connection, DialOptions, Facts, Observer, dial, origin, redirect};
use crate::secret::shown_reference;

/// The endpoint that redirects have led to, and the options of the dial to it.
#[derive(Debug)]
pub(super) struct RedirectChain<'a> {
    options: &'a ConversationOptions,
    pub(super) endpoint: Endpoint,
    pub(super) dial: DialOptions,
    visited: Vec<String>,
}

impl<'a> RedirectChain<'a> {
    /// Begins at the endpoint that the user named.
    pub(super) fn new(options: &'a ConversationOptions) -> Self {
        let endpoint = options.endpoint.clone();
        Self { options, dial: options.dial.clone(), visited: vec![endpoint.to_url()], endpoint }
    }

    /// Dials, and follows redirects under the same deadline.
    pub(super) fn open(
        &mut self,
        facts: &mut Facts,
        observer: &mut dyn Observer,
    ) -> Result<Connection, Failure> {
        let mut connect = self.options.connect_deadline();
        facts.redirects = 0;
        loop {
            let begun = Instant::now();
            self.prepare(observer)?;
            connect = connect.postponed(begun.elapsed());
            let deadline = connect.earliest(self.options.limits.whole);
            match dial(&self.endpoint, &self.dial, &deadline, facts, observer) {
                Ok(connection) => return Ok(connection),
                Err(failure) => self.follow(facts, failure, observer)?,
            }
        }
    }

    /// Prepares a dial. Not limited by `--connect-timeout`, because the network has no part in it: chooses the proxy, for
    /// which a password may have to be typed, and sets up TLS.
    pub(super) fn prepare(&mut self, observer: &mut dyn Observer) -> Result<(), Failure> {
        if self.dial.address.unix_socket().is_none() {
            let (proxy, told) = self.options.proxy.choose(&self.endpoint)?;
            if let Some(told) = told {
                observer.note(&told);
            }
            self.dial.proxy = proxy;
        }
        if self.endpoint.is_secure() {
            self.dial.tls.prepare();
        }
        if let Some(proxy) = self.dial.proxy.as_ref().filter(|proxy| proxy.url.scheme.is_tls()) {
            proxy.tls.prepare();
        }
        Ok(())
    }

    /// Moves on to `next`. Another origin gets no secrets.
    pub(super) fn go_to(&mut self, next: Endpoint, observer: &mut dyn Observer) {
        if !redirect::same_origin(&self.endpoint, &next) {
            let left = origin::leave_behind(&mut self.dial);
            if !left.is_empty() {
                observer.note(&format!("Not sent to another origin: {}", left.join(", ")));
            }
        }
        self.endpoint = next;
    }

    /// Follows the redirect in the answer to the last dial.
    ///
    /// # Errors
    /// `failure` when that answer is no redirect that is followed; or why the redirect cannot be followed.
    fn follow(
        &mut self,
        facts: &mut Facts,
        failure: Failure,
        observer: &mut dyn Observer,
    ) -> Result<(), Failure> {
        let (Some(most), Some(head)) = (self.options.redirects, &facts.response) else { return Err(failure) };
        if failure.status() != Status::UnexpectedStatus || !matches!(head.status, 301 | 302 | 303 | 307 | 308)
        {
            return Err(failure);
        }
        let Some(location) = head.values("location").next().filter(|location| !location.is_empty()) else {
            return Err(failure.and(" without a Location"));
        };
        if facts.redirects >= most {
            let location = shown_reference(location);
            let text = format!("more than {most} redirects (--max-redirs), the next to {location}");
            return Err(Failure::new(Status::TooManyRedirects, text).hint("--max-redirs N follows more"));
        }
        let next = redirect::resolve(&self.endpoint, location)?;
        let name = next.to_url();
        if self.visited.contains(&name) {
            let text = format!("redirect loop: {next} was visited before");
            return Err(Failure::new(Status::TooManyRedirects, text).hint("-v shows each redirect"));
        }
        facts.redirects += 1;
        observer.note(&format!("Redirected to {next}"));
        self.visited.push(name);
        self.go_to(next, observer);
        Ok(())
    }
}
