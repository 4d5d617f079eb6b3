//! Ways to the server that are not the ordinary one: other requests whose WebSocket is kept, without TLS, without a client
//! certificate, and with bytes that are no request.

use super::Harness;
use super::event::ConnectionEnd;
use super::judgement::Stop;
use super::raw_connection::RawConnection;
use super::request::Request;
use super::server::ServerIdentity;
use super::upgrade_reply::{UpgradeReply, read_reply};
use crate::net::Transport;

/// The most bytes of an answer that are read.
const MOST_ANSWER: usize = 64 * 1024;

/// What became of an upgrade request.
pub(crate) enum Upgrade<'a> {
    Open(Box<RawConnection<'a>>),
    Refused(UpgradeReply),
}

impl Harness<'_> {
    fn identity(&self) -> ServerIdentity {
        self.server.identity()
    }

    /// The name of the server for TLS.
    pub(crate) fn host(&self) -> String {
        self.identity().host
    }

    /// The port, where the URL is wss.
    pub(crate) fn tls_port(&self) -> Option<u16> {
        self.identity().tls_port
    }

    pub(crate) fn has_client_certificate(&self) -> bool {
        self.identity().has_client_certificate
    }

    /// Leaves out the evidence so far.
    pub(crate) fn forget_evidence(&mut self, why: &str) {
        self.recorder.transcript.take();
        self.recorder.transcript.note(why);
    }

    /// Sends an upgrade request, and keeps the WebSocket.
    pub(crate) fn upgrade(&mut self, request: &Request) -> Result<Upgrade<'_>, Stop> {
        self.may_go_on()?;
        let reached = self.server.reach(&self.connect_limit());
        let transport = self.reached(reached)?;
        self.upgrade_on(transport, request)
    }

    /// The same without a client certificate; `None` when TLS fails without one.
    pub(crate) fn upgrade_anonymously(&mut self, request: &Request) -> Result<Option<Upgrade<'_>>, Stop> {
        self.may_go_on()?;
        match self.server.reach_anonymously(&self.connect_limit()) {
            Ok(transport) => {
                self.connections += 1;
                let has_certificate = self.has_client_certificate();
                let upgrade = self.upgrade_on(transport, request)?;
                // With TLS 1.3, a server refuses the client's certificate after the handshake.
                let is_refused = matches!(&upgrade, Upgrade::Refused(UpgradeReply::Ended(end)) if *end != ConnectionEnd::Closed);
                Ok((!has_certificate || !is_refused).then_some(upgrade))
            }
            Err(_) if (self.options.interrupted)() => Err(Stop::Interrupted),
            Err(_) if self.has_client_certificate() => Ok(None),
            Err(failure) => self.reached(Err(failure)),
        }
    }

    fn upgrade_on(&mut self, transport: Transport, request: &Request) -> Result<Upgrade<'_>, Stop> {
        let mut connection = self.begin(transport, request);
        let reply = read_reply(&mut connection)?;
        if !reply.is_upgrade() {
            return Ok(Upgrade::Refused(reply));
        }
        let leftover = std::mem::take(connection.received());
        Ok(Upgrade::Open(Box::new(connection.opened(leftover))))
    }

    /// A connection on which this request was sent.
    fn begin(&mut self, transport: Transport, request: &Request) -> RawConnection<'_> {
        let mut connection =
            RawConnection::new(transport, &mut self.recorder, self.frames, self.options.interrupted);
        connection.transcript().sent_lines(request.shown().iter().map(String::as_str));
        connection.write(request.text().as_bytes());
        connection
    }

    /// The reply to a request, and what follows its head at once.
    pub(crate) fn ask_with_body(&mut self, request: &Request) -> Result<(UpgradeReply, Vec<u8>), Stop> {
        self.may_go_on()?;
        let reached = self.server.reach(&self.connect_limit());
        let transport = self.reached(reached)?;
        let mut connection = self.begin(transport, request);
        let reply = read_reply(&mut connection)?;
        if reply.is_upgrade() {
            connection.received().clear();
            drop(connection.opened(Vec::new()));
            return Ok((reply, Vec::new()));
        }
        connection.read_some(MOST_ANSWER)?;
        let body = std::mem::take(connection.received());
        Ok((reply, body))
    }

    /// The reply to a request that is sent without TLS; `None` when this port takes no connections.
    pub(crate) fn ask_in_plain(
        &mut self,
        request: &Request,
        port: u16,
    ) -> Result<Option<UpgradeReply>, Stop> {
        self.may_go_on()?;
        match self.server.reach_in_plain(port, &self.connect_limit()) {
            Ok(transport) => self.ask_on(transport, request, usize::MAX).map(Some),
            Err(_) if (self.options.interrupted)() => Err(Stop::Interrupted),
            Err(failure) => {
                self.recorder.transcript.note(&failure.to_string());
                Ok(None)
            }
        }
    }

    /// What the port of wss answers to these bytes, up to the end of the connection or the time of a reaction.
    pub(crate) fn answer_to_bytes(&mut self, bytes: &[u8]) -> Result<Vec<u8>, Stop> {
        self.may_go_on()?;
        let port = self.tls_port().unwrap_or_default();
        let reached = self.server.reach_in_plain(port, &self.connect_limit());
        let transport = self.reached(reached)?;
        let mut connection =
            RawConnection::new(transport, &mut self.recorder, self.frames, self.options.interrupted);
        connection.transcript().sent(bytes);
        connection.write(bytes);
        // An alert has 7 bytes, and a ServerHello more.
        connection.read_some(7)?;
        let answer = std::mem::take(connection.received());
        connection.transcript().seen(&answer);
        Ok(answer)
    }
}
