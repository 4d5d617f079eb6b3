//! Rules of the opening handshake (RFC 6455 §4.2): which requests the server must accept, which it must
//! refuse, and what its response contains.

use super::check::RuleCheck;
use crate::conformance::harness::Harness;
use crate::conformance::harness::judgement::{Judged, Judgement, Stop};
use crate::conformance::harness::request::Request;
use crate::conformance::harness::upgrade_reply::UpgradeReply;
use crate::net::http::ResponseHead;
use crate::secret::shown_value;

/// The rules of this file, in the order in which they are checked.
pub(crate) const CHECKS: &[RuleCheck] = &[
    RuleCheck::new("handshake-accepted", "4.2.2", "a right request is answered with 101", accepted),
    RuleCheck::new("accept-key", "4.2.2", "Sec-WebSocket-Accept belongs to the key", accept_key),
    RuleCheck::new("upgrade-field", "4.2.2", "101 says Upgrade: websocket", upgrade_field),
    RuleCheck::new("connection-field", "4.2.2", "101 says Connection: Upgrade", connection_field),
    RuleCheck::new("extension-unasked", "4.2.2", "no extension without an offer", extension_unsolicited),
    RuleCheck::new("extension-unknown", "9.1", "an unknown extension is not accepted", extension_unknown),
    RuleCheck::new(
        "subprotocol-unasked",
        "4.2.2",
        "no subprotocol without an offer",
        subprotocol_unsolicited,
    ),
    RuleCheck::new(
        "subprotocol-offered",
        "4.2.2",
        "the subprotocol is one of those offered",
        subprotocol_offered,
    ),
    RuleCheck::new(
        "field-names-any-case",
        "4.2.1",
        "names of fields count in any case",
        field_names_any_case,
    ),
    RuleCheck::new(
        "field-values-any-case",
        "4.2.1",
        "'WebSocket' and 'upgrade' count in any case",
        values_any_case,
    ),
    RuleCheck::new("connection-list", "4.2.1", "Connection may have other tokens", connection_list),
    RuleCheck::new("field-unknown", "4.2.1", "unknown fields are ignored", field_unknown),
    RuleCheck::new("request-in-pieces", "4.2.1", "a request may come in pieces", request_in_pieces),
    RuleCheck::new("key-missing", "4.2.1", "no upgrade without a key", key_missing),
    RuleCheck::new("key-malformed", "4.2.1", "no upgrade with a key that is not 16 bytes", key_malformed),
    RuleCheck::new("upgrade-missing", "4.2.1", "no upgrade without Upgrade", upgrade_missing),
    RuleCheck::new("upgrade-other", "4.2.1", "no upgrade to another protocol", upgrade_other),
    RuleCheck::new(
        "connection-missing",
        "4.2.1",
        "no upgrade without Connection: Upgrade",
        connection_missing,
    ),
    RuleCheck::new("version-missing", "4.2.1", "no upgrade without a version", version_missing),
    RuleCheck::new("version-unknown", "4.2.2", "no upgrade with an unknown version", version_unknown),
    RuleCheck::new(
        "version-listed",
        "4.4",
        "an unknown version is answered with those known",
        version_listed,
    ),
    RuleCheck::new("post-refused", "4.2.1", "no upgrade of POST", post_refused),
    RuleCheck::new("http-1-0-refused", "4.2.1", "no upgrade of HTTP/1.0", http_1_0_refused),
];

/// The name of an extension and of a subprotocol that no server supports.
const UNKNOWN: &str = "x-wsurl-unknown";

fn accepted(harness: &mut Harness<'_>) -> Judged {
    Ok(match harness.ask(&harness.request())? {
        answer if is_upgraded(&answer) => Judgement::pass(answer.described()),
        // A server may refuse any client.
        UpgradeReply::Head(head) => Judgement::inconclusive(head.status_and_reason()),
        answer => Judgement::fail(answer.described()),
    })
}

fn accept_key(harness: &mut Harness<'_>) -> Judged {
    let expected = harness.accept_key();
    let head = upgraded(harness, |_| {})?;
    let values: Vec<_> = head.values("sec-websocket-accept").collect();
    Ok(match values[..] {
        [value] if value == expected => Judgement::pass("as computed from the key"),
        [] => Judgement::fail("no Sec-WebSocket-Accept"),
        _ => Judgement::fail(format!("'{}' instead of '{expected}'", values.join(", "))),
    })
}

fn upgrade_field(harness: &mut Harness<'_>) -> Judged {
    let head = upgraded(harness, |_| {})?;
    let mut values = head.values("upgrade");
    Ok(said(&head, "upgrade", values.any(|value| value.eq_ignore_ascii_case("websocket"))))
}

fn connection_field(harness: &mut Harness<'_>) -> Judged {
    let head = upgraded(harness, |_| {})?;
    let mut tokens = head.tokens("connection");
    Ok(said(&head, "connection", tokens.any(|token| token.eq_ignore_ascii_case("upgrade"))))
}

fn extension_unsolicited(harness: &mut Harness<'_>) -> Judged {
    let head = upgraded(harness, |request| request.remove("sec-websocket-extensions"))?;
    Ok(said(&head, "sec-websocket-extensions", head.tokens("sec-websocket-extensions").next().is_none()))
}

fn subprotocol_unsolicited(harness: &mut Harness<'_>) -> Judged {
    harness.accepts_ordinary_requests()?;
    let mut request = harness.request();
    let offers = request.has("sec-websocket-protocol");
    request.remove("sec-websocket-protocol");
    Ok(match harness.ask(&request)? {
        UpgradeReply::Head(head) if head.status == 101 => {
            let chosen = head.values("sec-websocket-protocol").next();
            said(&head, "sec-websocket-protocol", chosen.is_none())
        }
        answer if offers => Judgement::not_applicable(format!("{} without an offer", answer.described())),
        answer => Judgement::inconclusive(format!("not accepted: {}", answer.described())),
    })
}

fn extension_unknown(harness: &mut Harness<'_>) -> Judged {
    let head = upgraded(harness, |request| request.set("Sec-WebSocket-Extensions", UNKNOWN))?;
    Ok(said(&head, "sec-websocket-extensions", head.tokens("sec-websocket-extensions").next().is_none()))
}

fn subprotocol_offered(harness: &mut Harness<'_>) -> Judged {
    let head = upgraded(harness, |request| request.set("Sec-WebSocket-Protocol", UNKNOWN))?;
    let mut values = head.values("sec-websocket-protocol");
    Ok(said(&head, "sec-websocket-protocol", values.all(|value| value == UNKNOWN)))
}

fn field_names_any_case(harness: &mut Harness<'_>) -> Judged {
    let tries =
        [("in lower case", false), ("in upper case", true)].map(|(name, upper)| (name.to_owned(), upper));
    harness.each(tries, |harness, upper| {
        let spelled = if upper { str::to_ascii_uppercase } else { str::to_ascii_lowercase };
        accepts(harness, |request| request.rename(spelled))
    })
}

fn values_any_case(harness: &mut Harness<'_>) -> Judged {
    accepts(harness, |request| {
        request.set("Upgrade", "WebSocket");
        request.set("Connection", "upgrade");
    })
}

fn connection_list(harness: &mut Harness<'_>) -> Judged {
    accepts(harness, |request| request.set("Connection", "keep-alive, Upgrade"))
}

fn field_unknown(harness: &mut Harness<'_>) -> Judged {
    accepts(harness, |request| request.set("X-Wsurl-Unknown", "a, b; c=\"d\""))
}

fn request_in_pieces(harness: &mut Harness<'_>) -> Judged {
    harness.accepts_ordinary_requests()?;
    let answer = harness.ask_in_pieces(&harness.request(), 16)?;
    Ok(judge_accepted(&answer))
}

fn key_missing(harness: &mut Harness<'_>) -> Judged {
    refuses(harness, |request| request.remove("sec-websocket-key"))
}

/// A key must be 16 bytes in base64, but a server need not check it.
fn key_malformed(harness: &mut Harness<'_>) -> Judged {
    let tries = ["c2hvcnQ=", "no base64, no key!"].map(|key| (format!("key '{key}'"), key));
    harness.each(tries, |harness, key| {
        Ok(match changed(harness, |request| request.set("Sec-WebSocket-Key", key))? {
            UpgradeReply::Head(head) if head.status == 101 => {
                Judgement::inconclusive("accepted; a server need not decode the key (RFC 6455 §4.2.2)")
            }
            answer => judge_refused(&answer),
        })
    })
}

fn upgrade_missing(harness: &mut Harness<'_>) -> Judged {
    refuses(harness, |request| request.remove("upgrade"))
}

fn upgrade_other(harness: &mut Harness<'_>) -> Judged {
    refuses(harness, |request| request.set("Upgrade", UNKNOWN))
}

fn connection_missing(harness: &mut Harness<'_>) -> Judged {
    refuses(harness, |request| request.remove("connection"))
}

fn version_missing(harness: &mut Harness<'_>) -> Judged {
    refuses(harness, |request| request.remove("sec-websocket-version"))
}

fn version_unknown(harness: &mut Harness<'_>) -> Judged {
    refuses(harness, |request| request.set("Sec-WebSocket-Version", "255"))
}

fn version_listed(harness: &mut Harness<'_>) -> Judged {
    harness.accepts_ordinary_requests()?;
    let mut request = harness.request();
    request.set("Sec-WebSocket-Version", "255");
    let head = match harness.ask(&request)? {
        UpgradeReply::Head(head) => head,
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

fn post_refused(harness: &mut Harness<'_>) -> Judged {
    refuses(harness, |request| {
        request.method("POST");
        request.set("Content-Length", "0");
    })
}

fn http_1_0_refused(harness: &mut Harness<'_>) -> Judged {
    refuses(harness, |request| request.version("HTTP/1.0"))
}

/// Checks that the server accepts a request with this change.
fn accepts(harness: &mut Harness<'_>, change: impl FnOnce(&mut Request)) -> Judged {
    harness.accepts_ordinary_requests()?;
    let mut request = harness.request();
    change(&mut request);
    let answer = harness.ask(&request)?;
    Ok(judge_accepted(&answer))
}

fn judge_accepted(answer: &UpgradeReply) -> Judgement {
    if is_upgraded(answer) {
        Judgement::pass(answer.described())
    } else {
        Judgement::fail(format!("not accepted: {}", answer.described()))
    }
}

/// Checks that the server refuses a request with this change.
fn refuses(harness: &mut Harness<'_>, change: impl FnOnce(&mut Request)) -> Judged {
    Ok(judge_refused(&changed(harness, change)?))
}

/// The reply to a request with this change, from a server that accepts ordinary requests.
fn changed(harness: &mut Harness<'_>, change: impl FnOnce(&mut Request)) -> Result<UpgradeReply, Stop> {
    harness.accepts_ordinary_requests()?;
    let mut request = harness.request();
    change(&mut request);
    harness.ask(&request)
}

fn judge_refused(answer: &UpgradeReply) -> Judgement {
    match answer {
        UpgradeReply::Head(head) if head.status == 101 => Judgement::fail(head.status_and_reason()),
        UpgradeReply::Head(head) if head.status >= 400 => Judgement::pass(head.status_and_reason()),
        UpgradeReply::Head(head) => Judgement::pass(format!("no upgrade, but {}", head.status_and_reason())),
        // RFC 6455 §7.2.2: an endpoint that aborts the opening handshake may simply close the connection.
        answer @ UpgradeReply::Ended(_) => Judgement::pass(format!("{} (should be 400)", answer.described())),
        answer @ (UpgradeReply::NotHttp | UpgradeReply::Silence) => Judgement::fail(answer.described()),
    }
}

/// The response to a request with this change. If the server refuses the request, the rule is inconclusive.
fn upgraded(harness: &mut Harness<'_>, change: impl FnOnce(&mut Request)) -> Result<ResponseHead, Stop> {
    match changed(harness, change)? {
        UpgradeReply::Head(head) if head.status == 101 => Ok(head),
        answer => Err(Judgement::inconclusive(format!("not accepted: {}", answer.described())).into()),
    }
}

fn is_upgraded(answer: &UpgradeReply) -> bool {
    matches!(answer, UpgradeReply::Head(head) if head.status == 101)
}

/// Reports the values of a field in the response, and passes if `is_right`.
fn said(head: &ResponseHead, field: &str, is_right: bool) -> Judgement {
    let values: Vec<_> = head.values(field).map(|value| shown_value(field, value)).collect();
    let seen =
        if values.is_empty() { format!("no {field}") } else { format!("{field}: {}", values.join(", ")) };
    if is_right { Judgement::pass(seen) } else { Judgement::fail(seen) }
}
