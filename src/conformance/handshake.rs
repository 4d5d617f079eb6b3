//! Rules of the opening handshake (RFC 6455 §4.2): requests that have to be accepted, requests that must not be, and
//! what the server says in either case.

use super::judgement::{Judged, Judgement, Stop};
use super::lab::{Answer, Lab};
use super::request::Request;
use crate::net::http::ResponseHead;
use crate::secret::shown_value;

/// An extension and a subprotocol that nobody has.
const UNKNOWN: &str = "x-wsurl-unknown";

/// An ordinary request is accepted, or refused in HTTP.
pub(super) fn accepted(lab: &mut Lab<'_>) -> Judged {
    Ok(match lab.ask(&lab.request())? {
        answer if is_upgraded(&answer) => Judgement::pass(answer.described()),
        // A server may refuse whom it wants.
        Answer::Head(head) => Judgement::inconclusive(head.status_and_reason()),
        answer => Judgement::fail(answer.described()),
    })
}

/// Sec-WebSocket-Accept belongs to the key.
pub(super) fn accept_key(lab: &mut Lab<'_>) -> Judged {
    let expected = lab.accept_key();
    let head = upgraded(lab, |_| {})?;
    let values: Vec<_> = head.values("sec-websocket-accept").collect();
    Ok(match values[..] {
        [value] if value == expected => Judgement::pass("as computed from the key"),
        [] => Judgement::fail("no Sec-WebSocket-Accept"),
        _ => Judgement::fail(format!("'{}' instead of '{expected}'", values.join(", "))),
    })
}

/// The answer names the protocol that it switches to.
pub(super) fn upgrade_field(lab: &mut Lab<'_>) -> Judged {
    let head = upgraded(lab, |_| {})?;
    let mut values = head.values("upgrade");
    Ok(said(&head, "upgrade", values.any(|value| value.eq_ignore_ascii_case("websocket"))))
}

/// The answer says that the Upgrade field is for this connection.
pub(super) fn connection_field(lab: &mut Lab<'_>) -> Judged {
    let head = upgraded(lab, |_| {})?;
    let mut tokens = head.tokens("connection");
    Ok(said(&head, "connection", tokens.any(|token| token.eq_ignore_ascii_case("upgrade"))))
}

/// Without an offer there are no extensions.
pub(super) fn extension_unasked(lab: &mut Lab<'_>) -> Judged {
    let head = upgraded(lab, |request| request.remove("sec-websocket-extensions"))?;
    Ok(said(&head, "sec-websocket-extensions", head.tokens("sec-websocket-extensions").next().is_none()))
}

/// Without an offer there is no subprotocol.
pub(super) fn subprotocol_unasked(lab: &mut Lab<'_>) -> Judged {
    lab.accepts_ordinary_requests()?;
    let mut request = lab.request();
    let offers = request.has("sec-websocket-protocol");
    request.remove("sec-websocket-protocol");
    Ok(match lab.ask(&request)? {
        Answer::Head(head) if head.status == 101 => {
            let chosen = head.values("sec-websocket-protocol").next();
            said(&head, "sec-websocket-protocol", chosen.is_none())
        }
        answer if offers => Judgement::not_applicable(format!("{} without an offer", answer.described())),
        answer => Judgement::inconclusive(format!("not accepted: {}", answer.described())),
    })
}

/// An extension that the server cannot know is not in use.
pub(super) fn extension_unknown(lab: &mut Lab<'_>) -> Judged {
    let head = upgraded(lab, |request| request.set("Sec-WebSocket-Extensions", UNKNOWN))?;
    Ok(said(&head, "sec-websocket-extensions", head.tokens("sec-websocket-extensions").next().is_none()))
}

/// The subprotocol is one of those offered.
pub(super) fn subprotocol_offered(lab: &mut Lab<'_>) -> Judged {
    let head = upgraded(lab, |request| request.set("Sec-WebSocket-Protocol", UNKNOWN))?;
    let mut values = head.values("sec-websocket-protocol");
    Ok(said(&head, "sec-websocket-protocol", values.all(|value| value == UNKNOWN)))
}

/// Names of fields count in any case.
pub(super) fn field_names_any_case(lab: &mut Lab<'_>) -> Judged {
    let tries =
        [("in lower case", false), ("in upper case", true)].map(|(name, upper)| (name.to_owned(), upper));
    lab.each(tries, |lab, upper| {
        let spelled = if upper { str::to_ascii_uppercase } else { str::to_ascii_lowercase };
        accepts(lab, |request| request.rename(spelled))
    })
}

/// `websocket` and `Upgrade` count in any case.
pub(super) fn values_any_case(lab: &mut Lab<'_>) -> Judged {
    accepts(lab, |request| {
        request.set("Upgrade", "WebSocket");
        request.set("Connection", "upgrade");
    })
}

/// `Upgrade` may be one of several tokens.
pub(super) fn connection_list(lab: &mut Lab<'_>) -> Judged {
    accepts(lab, |request| request.set("Connection", "keep-alive, Upgrade"))
}

/// Fields that mean nothing to the server are ignored.
pub(super) fn field_unknown(lab: &mut Lab<'_>) -> Judged {
    accepts(lab, |request| request.set("X-Wsurl-Unknown", "a, b; c=\"d\""))
}

/// A request may come in many segments.
pub(super) fn request_in_pieces(lab: &mut Lab<'_>) -> Judged {
    lab.accepts_ordinary_requests()?;
    let answer = lab.ask_in_pieces(&lab.request(), 16)?;
    Ok(judge_accepted(&answer))
}

/// No upgrade without a key.
pub(super) fn key_missing(lab: &mut Lab<'_>) -> Judged {
    refuses(lab, |request| request.remove("sec-websocket-key"))
}

/// A key is 16 bytes in base64; but a server need not look.
pub(super) fn key_malformed(lab: &mut Lab<'_>) -> Judged {
    let tries = ["c2hvcnQ=", "no base64, no key!"].map(|key| (format!("key '{key}'"), key));
    lab.each(tries, |lab, key| {
        Ok(match changed(lab, |request| request.set("Sec-WebSocket-Key", key))? {
            Answer::Head(head) if head.status == 101 => {
                Judgement::inconclusive("accepted; a server need not decode the key (RFC 6455 §4.2.2)")
            }
            answer => judge_refused(&answer),
        })
    })
}

/// No upgrade without an Upgrade field.
pub(super) fn upgrade_missing(lab: &mut Lab<'_>) -> Judged {
    refuses(lab, |request| request.remove("upgrade"))
}

/// No upgrade to another protocol.
pub(super) fn upgrade_other(lab: &mut Lab<'_>) -> Judged {
    refuses(lab, |request| request.set("Upgrade", UNKNOWN))
}

/// No upgrade when it is not for this connection.
pub(super) fn connection_missing(lab: &mut Lab<'_>) -> Judged {
    refuses(lab, |request| request.remove("connection"))
}

/// No upgrade without a version.
pub(super) fn version_missing(lab: &mut Lab<'_>) -> Judged {
    refuses(lab, |request| request.remove("sec-websocket-version"))
}

/// No upgrade with a version that nobody knows.
pub(super) fn version_unknown(lab: &mut Lab<'_>) -> Judged {
    refuses(lab, |request| request.set("Sec-WebSocket-Version", "255"))
}

/// Who does not know the version says which ones it knows.
pub(super) fn version_listed(lab: &mut Lab<'_>) -> Judged {
    lab.accepts_ordinary_requests()?;
    let mut request = lab.request();
    request.set("Sec-WebSocket-Version", "255");
    let head = match lab.ask(&request)? {
        Answer::Head(head) => head,
        other => return Ok(Judgement::fail(other.described())),
    };
    let listed: Vec<_> = head.tokens("sec-websocket-version").collect();
    let status = head.status_and_reason();
    Ok(match (head.status, listed.contains(&"13")) {
        (101, _) => Judgement::fail(format!("accepted: {status}")),
        (426, true) => Judgement::pass(format!("{status}, versions {}", listed.join(", "))),
        (400..=599, true) => {
            Judgement::pass(format!("{status}, versions {} (426 is usual)", listed.join(", ")))
        }
        _ if listed.is_empty() => Judgement::fail(format!("{status} without Sec-WebSocket-Version")),
        _ => Judgement::fail(format!("{status}, versions {}", listed.join(", "))),
    })
}

/// Only GET is upgraded.
pub(super) fn post_refused(lab: &mut Lab<'_>) -> Judged {
    refuses(lab, |request| {
        request.method("POST");
        request.set("Content-Length", "0");
    })
}

/// HTTP/1.0 knows no upgrade.
pub(super) fn http_1_0_refused(lab: &mut Lab<'_>) -> Judged {
    refuses(lab, |request| request.version("HTTP/1.0"))
}

/// A request that is changed like this is accepted like an ordinary one.
fn accepts(lab: &mut Lab<'_>, change: impl FnOnce(&mut Request)) -> Judged {
    lab.accepts_ordinary_requests()?;
    let mut request = lab.request();
    change(&mut request);
    let answer = lab.ask(&request)?;
    Ok(judge_accepted(&answer))
}

fn judge_accepted(answer: &Answer) -> Judgement {
    if is_upgraded(answer) {
        Judgement::pass(answer.described())
    } else {
        Judgement::fail(format!("not accepted: {}", answer.described()))
    }
}

/// A request that is changed like this is not accepted.
fn refuses(lab: &mut Lab<'_>, change: impl FnOnce(&mut Request)) -> Judged {
    Ok(judge_refused(&changed(lab, change)?))
}

/// What a server that accepts ordinary requests says to one that is changed like this.
fn changed(lab: &mut Lab<'_>, change: impl FnOnce(&mut Request)) -> Result<Answer, Stop> {
    lab.accepts_ordinary_requests()?;
    let mut request = lab.request();
    change(&mut request);
    lab.ask(&request)
}

fn judge_refused(answer: &Answer) -> Judgement {
    match answer {
        Answer::Head(head) if head.status == 101 => Judgement::fail(head.status_and_reason()),
        Answer::Head(head) if head.status >= 400 => Judgement::pass(head.status_and_reason()),
        Answer::Head(head) => Judgement::pass(format!("no upgrade, but {}", head.status_and_reason())),
        // RFC 6455 §7.2.2: whoever aborts the handshake just closes the connection.
        answer @ Answer::Ended(_) => Judgement::pass(format!("{} (should be 400)", answer.described())),
        answer @ (Answer::NotHttp | Answer::Silence) => Judgement::fail(answer.described()),
    }
}

/// The answer to a request that is changed like this, which has to be accepted for the rule to have a bearing.
fn upgraded(lab: &mut Lab<'_>, change: impl FnOnce(&mut Request)) -> Result<ResponseHead, Stop> {
    match changed(lab, change)? {
        Answer::Head(head) if head.status == 101 => Ok(head),
        answer => Err(Judgement::inconclusive(format!("not accepted: {}", answer.described())).into()),
    }
}

fn is_upgraded(answer: &Answer) -> bool {
    matches!(answer, Answer::Head(head) if head.status == 101)
}

/// What the answer says in a field, and whether that is right.
fn said(head: &ResponseHead, field: &str, is_right: bool) -> Judgement {
    let values: Vec<_> = head.values(field).map(|value| shown_value(field, value)).collect();
    let seen =
        if values.is_empty() { format!("no {field}") } else { format!("{field}: {}", values.join(", ")) };
    if is_right { Judgement::pass(seen) } else { Judgement::fail(seen) }
}
