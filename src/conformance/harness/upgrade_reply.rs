//! Upgrade requests on connections of their own, and the replies to them.

use tungstenite::handshake::derive_accept_key;

use super::Harness;
use super::event::ConnectionEnd;
use super::judgement::{Judgement, Stop};
use super::raw_connection::RawConnection;
use super::request::Request;
use crate::net::Transport;
use crate::net::http::ResponseHead;

/// What the server replies to an upgrade request.
#[derive(Debug)]
pub(crate) enum UpgradeReply {
    Head(ResponseHead),
    /// Bytes that are no HTTP response.
    NotHttp,
    Ended(ConnectionEnd),
    /// Nothing in time.
    Silence,
}

impl Harness<'_> {
    /// The request that is sent by default.
    pub(crate) fn request(&self) -> Request {
        Request::parse(&self.server.request(&self.key))
    }

    /// The Sec-WebSocket-Accept that belongs to it.
    pub(crate) fn accept_key(&self) -> String {
        derive_accept_key(self.key.as_bytes())
    }

    /// Sends a request, in pieces of this size, on a connection of its own.
    pub(crate) fn ask_in_pieces(&mut self, request: &Request, size: usize) -> Result<UpgradeReply, Stop> {
        self.may_go_on()?;
        let reached = self.server.reach(&self.connect_limit());
        let transport = self.reached(reached)?;
        self.ask_on(transport, request, size)
    }

    /// The same on this connection.
    pub(super) fn ask_on(
        &mut self,
        transport: Transport,
        request: &Request,
        size: usize,
    ) -> Result<UpgradeReply, Stop> {
        let mut connection =
            RawConnection::new(transport, &mut self.recorder, self.frames, self.options.interrupted);
        connection.transcript().sent_lines(request.shown().iter().map(String::as_str));
        connection.write_in_pieces(request.text().as_bytes(), size);
        let reply = read_reply(&mut connection)?;
        // What follows is a body, or the begin of a session that is not wanted.
        connection.received().clear();
        if reply.is_upgrade() {
            drop(connection.opened(Vec::new()));
        }
        Ok(reply)
    }

    /// Sends a request on a connection of its own.
    pub(crate) fn ask(&mut self, request: &Request) -> Result<UpgradeReply, Stop> {
        self.ask_in_pieces(request, usize::MAX)
    }

    /// Whether the server is known to accept ordinary requests.
    pub(super) fn is_upgrading(&self) -> bool {
        self.behaviours.is_some() || matches!(self.ordinary, Some(Ok(())))
    }

    /// Ends the check of a rule about requests that are to be refused, when ordinary ones are refused as well.
    pub(crate) fn accepts_ordinary_requests(&mut self) -> Result<(), Stop> {
        if self.ordinary.is_none() {
            let reply = self.without_limit(|harness| harness.ask(&harness.request()))?;
            self.recorder.transcript.take();
            self.ordinary = Some(match reply {
                UpgradeReply::Head(head) if head.status == 101 => Ok(()),
                other => Err(other.described()),
            });
        }
        match &self.ordinary {
            Some(Err(said)) => {
                let seen = format!("an ordinary request is not accepted either: {said}");
                Err(Judgement::inconclusive(seen).into())
            }
            _ => Ok(()),
        }
    }
}

impl UpgradeReply {
    pub(super) fn is_upgrade(&self) -> bool {
        matches!(self, Self::Head(head) if head.status == 101)
    }

    /// In a few words.
    pub(crate) fn described(&self) -> String {
        match self {
            Self::Head(head) => head.status_and_reason(),
            Self::NotHttp => "something other than HTTP".to_owned(),
            Self::Ended(end) => format!("{} without HTTP response", end.described()),
            Self::Silence => "no answer in time".to_owned(),
        }
    }
}

/// Reads the reply to a request that was sent; what follows it stays.
pub(super) fn read_reply(connection: &mut RawConnection<'_>) -> Result<UpgradeReply, Stop> {
    let deadline = connection.deadline();
    loop {
        match ResponseHead::parse(connection.received()) {
            Ok(Some((head, used))) => {
                connection.received().drain(..used);
                connection.transcript().seen_lines(head.to_lines().lines());
                if head.status >= 200 || head.status == 101 {
                    return Ok(UpgradeReply::Head(head));
                }
                continue;
            }
            Ok(None) => {}
            Err(_) => return Ok(UpgradeReply::NotHttp),
        }
        match connection.more(&deadline)? {
            Some(Ok(())) => {}
            Some(Err(end)) => return Ok(UpgradeReply::Ended(end)),
            None => {
                connection.misses_reply();
                return Ok(UpgradeReply::Silence);
            }
        }
    }
}
