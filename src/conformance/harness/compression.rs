//! Connections on which compression was agreed (RFC 7692).

use super::Harness;
use super::judgement::{Judged, Judgement, Stop};
use super::raw_connection::RawConnection;
use super::request::Request;
use super::upgrade_reply::{UpgradeReply, read_reply};
use crate::net::http::ResponseHead;
use crate::protocol::{Agreement, Offer, PERMESSAGE_DEFLATE, Role};

impl Harness<'_> {
    /// Tries a rule on connections that offer permessage-deflate with these parameters. Where the server does not agree,
    /// the rule does not apply.
    pub(crate) fn compressed(
        &mut self,
        params: &'static str,
        attempt: impl FnOnce(&mut Self, Agreement) -> Judged,
    ) -> Judged {
        let head = self.answer_to(&offer(params)?.header_value())?;
        let agreement =
            agreement(&head, params)?.map_err(|why| Stop::Judged(Judgement::inconclusive(why)))?;
        let Some(agreement) = agreement else { return Ok(declined(params)) };
        // Before, so that what is ordinary is found out without compression.
        drop(self.open()?);
        self.offer = Some(params);
        let judged = attempt(self, agreement);
        self.offer = None;
        judged
    }

    /// What the server answers when it accepts a request that offers these extensions.
    pub(crate) fn answer_to(&mut self, extensions: &str) -> Result<ResponseHead, Stop> {
        self.accepts_ordinary_requests()?;
        let request = self.offering(extensions);
        match self.ask(&request)? {
            UpgradeReply::Head(head) if head.status == 101 => Ok(head),
            other => Err(Judgement::inconclusive(format!("not accepted: {}", other.described())).into()),
        }
    }

    fn offering(&self, extensions: &str) -> Request {
        let mut request = self.request();
        request.set("Sec-WebSocket-Extensions", extensions);
        request
    }

    /// A WebSocket with compression.
    pub(super) fn connect_compressed(&mut self, params: &'static str) -> Result<RawConnection<'_>, Stop> {
        let request = self.offering(&offer(params)?.header_value());
        let reached = self.server.reach(&self.connect_limit());
        let transport = self.reached(reached)?;
        let mut connection =
            RawConnection::new(transport, &mut self.recorder, self.frames, self.options.interrupted);
        connection.transcript().sent_lines(request.shown().iter().map(String::as_str));
        connection.write(request.text().as_bytes());
        let reply = read_reply(&mut connection)?;
        let agreement = match &reply {
            UpgradeReply::Head(head) if head.status == 101 => agreement(head, params)?.ok().flatten(),
            _ => None,
        };
        let Some(agreement) = agreement else {
            let seen = format!("another try gave no compression: {}", reply.described());
            return Err(Judgement::inconclusive(seen).into());
        };
        let leftover = std::mem::take(connection.received());
        Ok(connection.opened(leftover).compressing(agreement.inflating(Role::Client)))
    }
}

/// What client and server agreed on in this answer; or the rule that it breaks.
pub(crate) fn agreement(
    head: &ResponseHead,
    params: &str,
) -> Result<Result<Option<Agreement>, String>, Stop> {
    let offer = offer(params)?;
    let values = head.values("sec-websocket-extensions").filter(|value| !value.is_empty());
    Ok(Agreement::from_answer(values, Some(&offer)).map_err(|violation| violation.to_string()))
}

/// The server did not accept the offer, which it may.
pub(crate) fn declined(params: &str) -> Judgement {
    let with = if params.is_empty() { String::new() } else { format!(" with {params}") };
    Judgement::not_applicable(format!("it does not agree to {PERMESSAGE_DEFLATE}{with}"))
}

fn offer(params: &str) -> Result<Offer, Stop> {
    params.parse().map_err(|invalid: crate::protocol::InvalidOffer| {
        Stop::Judged(Judgement::inconclusive(invalid.to_string()))
    })
}
