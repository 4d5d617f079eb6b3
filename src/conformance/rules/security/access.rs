//! Who gets in: another site's pages, and clients without the credentials (RFC 6455 §10.2, §10.5, §10.6).

use std::time::Duration;

use super::super::check::RuleCheck;
use crate::conformance::harness::Harness;
use crate::conformance::harness::credentials;
use crate::conformance::harness::event::ServerEvent;
use crate::conformance::harness::frame::close_code;
use crate::conformance::harness::intrusion::Upgrade;
use crate::conformance::harness::judgement::{Judged, Judgement};
use crate::conformance::harness::request::Request;
use crate::conformance::harness::upgrade_reply::UpgradeReply;

/// The rules of this file, in the order in which they are checked.
pub(crate) const CHECKS: &[RuleCheck] = &[
    RuleCheck::new("origin-foreign", "10.2", "another site's Origin is refused", origin_foreign),
    RuleCheck::new("origin-null", "10.2", "the Origin null is refused", origin_null),
    RuleCheck::new("credentials-missing", "10.5", "no upgrade without the credentials", credentials_missing),
    RuleCheck::new("credentials-wrong", "10.5", "no upgrade with wrong credentials", credentials_wrong),
    RuleCheck::new("credentials-returned", "10.5", "the credentials do not come back", credentials_returned),
    RuleCheck::new("plain-beside-tls", "10.6", "no plain ws on the port of wss", plain_beside_tls),
];

/// An origin that no server can know (RFC 2606 reserves the name).
const FOREIGN: &str = "https://wsurl-foreign.example";

/// How long messages are looked at for credentials.
const FIRST_MESSAGES: Duration = Duration::from_millis(300);

/// The port of wss and that of ws, where URLs name none (RFC 6455 §3).
const WSS_PORT: u16 = 443;
const WS_PORT: u16 = 80;

fn origin_foreign(harness: &mut Harness<'_>) -> Judged {
    origin(harness, FOREIGN)
}

fn origin_null(harness: &mut Harness<'_>) -> Judged {
    origin(harness, "null")
}

/// Checks that the server refuses a page with this origin, if that page could act as the user.
fn origin(harness: &mut Harness<'_>, origin: &str) -> Judged {
    harness.accepts_ordinary_requests()?;
    let mut request = harness.request();
    let has_certificate = harness.has_client_certificate();
    let ambient = credentials::ambient(&request).or(has_certificate.then_some("a client certificate"));
    let Some(ambient) = ambient else {
        let given = credentials::names(&request);
        return Ok(Judgement::inconclusive(if given.is_empty() {
            "no credentials were given: a service for everybody accepts any Origin".to_owned()
        } else {
            format!("browsers send no {} by themselves", given.join(", "))
        }));
    };
    request.set("Origin", origin);
    let judgement = stays_out(harness, &request, Way::Usual)?;
    let seen = format!("{} (Origin: {origin}, with {ambient})", judgement.seen);
    Ok(Judgement { seen, ..judgement })
}

fn credentials_missing(harness: &mut Harness<'_>) -> Judged {
    harness.accepts_ordinary_requests()?;
    let request = harness.request();
    let mut given = credentials::names(&request);
    if harness.has_client_certificate() {
        given.push("client certificate".to_owned());
    }
    if given.is_empty() {
        return Ok(Judgement::not_applicable("no credentials were given"));
    }
    let judgement = stays_out(harness, &credentials::without(&request), Way::Anonymous)?;
    Ok(Judgement { seen: format!("{} (without {})", judgement.seen, given.join(", ")), ..judgement })
}

fn credentials_wrong(harness: &mut Harness<'_>) -> Judged {
    harness.accepts_ordinary_requests()?;
    let request = harness.request();
    match credentials::wrong(&request) {
        Some(wrong) => stays_out(harness, &wrong, Way::Usual),
        None => Ok(Judgement::not_applicable("no credentials were given in a header field")),
    }
}

/// How a request gets to the server.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Usual,
    /// Without a client certificate.
    Anonymous,
}

/// Checks that this request is refused, or that the server closes the WebSocket at once, as servers do for browsers, which do not
/// show the status of a refusal to pages.
fn stays_out(harness: &mut Harness<'_>, request: &Request, way: Way) -> Judged {
    let patience = harness.patience();
    let upgrade = match way {
        Way::Usual => harness.upgrade(request)?,
        Way::Anonymous => match harness.upgrade_anonymously(request)? {
            Some(upgrade) => upgrade,
            None => return Ok(Judgement::pass("TLS is refused without a client certificate")),
        },
    };
    Ok(match upgrade {
        Upgrade::Open(mut connection) => match connection.within(patience, |_| false)? {
            ServerEvent::Close(payload) => Judgement::pass(match close_code(&payload) {
                Some(code) => format!("101, then closed with {code}"),
                None => "101, then closed without a code".to_owned(),
            }),
            ServerEvent::Ended(end) => Judgement::pass(format!("101, then {}", end.described())),
            ServerEvent::Message(..) | ServerEvent::Pong(_) | ServerEvent::Silence => {
                Judgement::fail(format!("101 Switching Protocols, and still open after {patience:?}"))
            }
        },
        Upgrade::Refused(reply @ (UpgradeReply::NotHttp | UpgradeReply::Silence)) => {
            Judgement::inconclusive(reply.described())
        }
        Upgrade::Refused(UpgradeReply::Head(head)) if head.status >= 500 => {
            Judgement::inconclusive(head.status_and_reason())
        }
        Upgrade::Refused(reply) => Judgement::pass(reply.described()),
    })
}

/// Checks head, first messages, and a refusal for the credentials of the request.
fn credentials_returned(harness: &mut Harness<'_>) -> Judged {
    harness.accepts_ordinary_requests()?;
    let request = harness.request();
    let secrets = credentials::values(&request);
    if secrets.is_empty() {
        return Ok(Judgement::not_applicable("no credentials of 6 characters or more were given"));
    }
    let holds = |text: &[u8]| {
        secrets.iter().any(|secret| text.windows(secret.len()).any(|window| window == secret.as_bytes()))
    };
    let mut found = None;
    if let Upgrade::Open(mut connection) = harness.upgrade(&request)? {
        let event = connection.within(FIRST_MESSAGES, |event| match event {
            ServerEvent::Message(_, payload) => holds(payload),
            _ => false,
        })?;
        if matches!(event, ServerEvent::Message(..)) {
            found = Some("in a message".to_owned());
        }
    }
    let mut refused = request.clone();
    refused.set("Sec-WebSocket-Version", "255");
    for request in [&request, &refused] {
        let (reply, body) = harness.ask_with_body(request)?;
        let UpgradeReply::Head(head) = reply else { continue };
        let field = head.fields.iter().find(|(_, value)| holds(value.as_bytes()));
        if let Some((name, _)) = field {
            found.get_or_insert(format!("in the field {name} of {}", head.status_and_reason()));
        }
        if holds(&body) {
            found.get_or_insert(format!("in the body of {}", head.status_and_reason()));
        }
    }
    // What came back is a secret, also in the evidence.
    harness.forget_evidence("the evidence holds credentials, and is left out");
    Ok(match found {
        Some(place) => Judgement::fail(format!("a credential came back {place}")),
        None => Judgement::pass("not in the answers, nor in the first messages"),
    })
}

fn plain_beside_tls(harness: &mut Harness<'_>) -> Judged {
    let Some(port) = harness.tls_port() else {
        return Ok(Judgement::not_applicable("the URL is ws://"));
    };
    let request = credentials::without(&harness.request());
    let ports = [port, WS_PORT].into_iter().take(if port == WSS_PORT { 2 } else { 1 });
    let tries = ports.map(|port| (format!("port {port}"), port));
    harness.each(tries, |harness, port| {
        let Some(reply) = harness.ask_in_plain(&request, port)? else {
            return Ok(Judgement::pass("no connection"));
        };
        Ok(match reply {
            UpgradeReply::Head(head) if head.status == 101 => Judgement::fail(head.status_and_reason()),
            UpgradeReply::Head(head) if matches!(head.status, 401 | 407) => Judgement::inconclusive(format!(
                "asks for credentials without TLS: {}",
                head.status_and_reason()
            )),
            reply => Judgement::pass(reply.described()),
        })
    })
}
