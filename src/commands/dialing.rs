//! Redirects and retries: dials until a WebSocket is open, or there is no hope. Never after it was open.

use std::thread;
use std::time::{Instant, SystemTime};

use super::options::ConversationOptions;
use super::retry::{Backoff, is_retryable, retry_after};
use crate::deadline::Deadline;
use crate::endpoint::Endpoint;
use crate::error::{Failure, Status};
use crate::net::{Connection, DialOptions, Facts, Observer, Transport, dial, reach, redirect, upgrade};
use crate::secret::shown_reference;

/// Says nothing: of connections that are made like another one.
pub(super) struct Silent;

impl Observer for Silent {}

/// A way to open a WebSocket, as far as redirects have led.
#[derive(Debug)]
struct Target<'a> {
    options: &'a ConversationOptions,
    endpoint: Endpoint,
    dial: DialOptions,
    visited: Vec<String>,
}

/// Opens the WebSocket: where in the end, and how that went.
pub(super) fn open(
    options: &ConversationOptions,
    facts: &mut Facts,
    observer: &mut dyn Observer,
) -> (Endpoint, Result<Connection, Failure>) {
    let mut backoff = Backoff::new(options.retry);
    loop {
        let mut target = Target::new(options);
        let failure = match target.open(facts, observer) {
            Ok(connection) => return (target.endpoint, Ok(connection)),
            Err(failure) => failure,
        };
        match next_try(options, &mut backoff, &failure, facts) {
            Some(pause) => {
                let (number, tries) = (facts.retries, options.retry.tries.saturating_add(1));
                let when = humantime::format_duration(pause);
                observer.warn(&format!("try {number} of {tries} failed: {failure}; next in {when}"));
                thread::sleep(pause);
            }
            None => return (target.endpoint, Err(failure)),
        }
    }
}

/// A way to the server that said yes to `endpoint` before, for those who want to speak to it in other words.
#[derive(Debug)]
pub(super) struct Way<'a>(Target<'a>);

impl<'a> Way<'a> {
    /// The way to `endpoint`, where redirects may have led.
    pub(super) fn to(endpoint: &Endpoint, options: &'a ConversationOptions) -> Self {
        let mut target = Target::new(options);
        if !redirect::same_origin(&target.endpoint, endpoint) {
            target.dial.upgrade.drop_secrets();
        }
        target.endpoint = endpoint.clone();
        Self(target)
    }

    /// A new WebSocket.
    pub(super) fn open(&mut self, observer: &mut dyn Observer) -> Result<Connection, Failure> {
        let deadline = self.0.options.dial_deadline();
        self.0.dial(&deadline, &mut Facts::start(), observer)
    }

    /// A byte stream on which nothing was said yet.
    pub(super) fn reach(&mut self, observer: &mut dyn Observer) -> Result<Transport, Failure> {
        let deadline = self.0.options.dial_deadline();
        self.0.choose_proxy(observer)?;
        reach(&self.0.endpoint, &self.0.dial, &deadline, &mut Facts::start(), observer)
    }

    /// The upgrade request with this key.
    pub(super) fn request(&self, key: &str) -> String {
        upgrade::request(&self.0.endpoint, &self.0.dial.upgrade, key)
    }
}

/// How long to wait before the next try, if there is to be one.
fn next_try(
    options: &ConversationOptions,
    backoff: &mut Backoff,
    failure: &Failure,
    facts: &mut Facts,
) -> Option<std::time::Duration> {
    let head = facts.response.as_ref();
    if !is_retryable(failure.status(), head.map(|head| head.status)) {
        return None;
    }
    let wish = head.and_then(|head| retry_after(head.values("retry-after").next()?, SystemTime::now()));
    let elapsed = options.start.elapsed();
    let pause = backoff.next(wish, elapsed, random())?;
    // A pause that outlasts the whole run would only delay the bad news.
    if options.limits.whole.is_some_and(|end| Instant::now() + pause >= end.at()) {
        return None;
    }
    facts.retries += 1;
    Some(pause)
}

/// For the jitter; when there is no randomness, none is needed either.
fn random() -> u64 {
    let mut bytes = [0; 8];
    let _ = getrandom::fill(&mut bytes);
    u64::from_ne_bytes(bytes)
}

impl<'a> Target<'a> {
    fn new(options: &'a ConversationOptions) -> Self {
        let endpoint = options.endpoint.clone();
        Self { options, dial: options.dial.clone(), visited: vec![endpoint.to_url()], endpoint }
    }

    /// Dials, and follows redirects under the same deadline.
    fn open(&mut self, facts: &mut Facts, observer: &mut dyn Observer) -> Result<Connection, Failure> {
        let deadline = self.options.dial_deadline();
        facts.redirects = 0;
        loop {
            match self.dial(&deadline, facts, observer) {
                Ok(connection) => return Ok(connection),
                Err(failure) => {
                    self.follow(facts, failure)?;
                    facts.redirects += 1;
                    observer.note(&format!("Redirected to {}", self.endpoint));
                }
            }
        }
    }

    fn dial(
        &mut self,
        deadline: &Deadline,
        facts: &mut Facts,
        observer: &mut dyn Observer,
    ) -> Result<Connection, Failure> {
        self.choose_proxy(observer)?;
        dial(&self.endpoint, &self.dial, deadline, facts, observer)
    }

    fn choose_proxy(&mut self, observer: &mut dyn Observer) -> Result<(), Failure> {
        if self.dial.address.unix_socket().is_none() {
            let (proxy, told) = self.options.proxy.choose(&self.endpoint)?;
            if let Some(told) = told {
                observer.note(&told);
            }
            self.dial.proxy = proxy;
        }
        Ok(())
    }

    /// Goes where a redirect leads.
    ///
    /// # Errors
    /// `failure`, when it is none or is not to be followed; or what is wrong with it.
    fn follow(&mut self, facts: &Facts, failure: Failure) -> Result<(), Failure> {
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
            return Err(Failure::new(Status::TooManyRedirects, text).hint("-v shows the way that it takes"));
        }
        if !redirect::same_origin(&self.endpoint, &next) {
            self.dial.upgrade.drop_secrets();
        }
        self.visited.push(name);
        self.endpoint = next;
        Ok(())
    }
}
