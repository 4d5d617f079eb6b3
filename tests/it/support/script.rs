//! A peer that does exactly what a test says, in the order in which it says it, byte by byte.
//!
//! The steps are done by a thread as soon as they are said, so that a script can be told whole at the beginning
//! of a test, or go on after something else has happened. What the script says may go unheard (the client has every
//! right to leave); what it is to hear must arrive, or the test fails. So does a test whose script nobody calls.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::certificate::{Certificate, Tls};
use super::frame::{self, Frame};
use super::stage::{Fault, Record, Shared, Stage};
use super::{PEER_PATIENCE, secs};

/// A right answer to an upgrade; `{accept}` becomes the value that belongs to the client's key.
pub const SWITCHING: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n";

pub struct Script {
    address: SocketAddr,
    tls: Option<Arc<Tls>>,
    steps: Option<Sender<Step>>,
    said: usize,
    shared: Arc<Shared>,
}

struct Step {
    name: &'static str,
    act: Act,
}

type Act = Box<dyn FnOnce(&mut Stage) -> Result<(), Fault> + Send>;

impl Script {
    pub fn new() -> Self {
        Self::at("127.0.0.1:0").expect("listen on a port of our own")
    }

    /// Listens elsewhere; fails where the address does not exist, as IPv6 does not on some machines.
    pub fn at(address: &str) -> io::Result<Self> {
        Ok(Self::on(TcpListener::bind(address)?, None))
    }

    pub fn tls(certificate: Certificate) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("listen on a port of our own");
        Self::on(listener, Some(Arc::new(Tls::with(certificate))))
    }

    /// Has room in its kernel for about so many bytes that it has not read.
    pub fn with_little_room(bytes: usize) -> Self {
        let script = TcpListener::bind("127.0.0.1:0").expect("listen on a port of our own");
        // Every connection that is accepted inherits it.
        socket2::SockRef::from(&script).set_recv_buffer_size(bytes).expect("a receive buffer");
        Self::on(script, None)
    }

    /// As [`Script::with_little_room`], over TLS.
    pub fn tls_with_little_room(certificate: Certificate, bytes: usize) -> Self {
        let script = TcpListener::bind("127.0.0.1:0").expect("listen on a port of our own");
        socket2::SockRef::from(&script).set_recv_buffer_size(bytes).expect("a receive buffer");
        Self::on(script, Some(Arc::new(Tls::with(certificate))))
    }

    /// On a port that is already there.
    pub fn listening(listener: TcpListener) -> Self {
        Self::on(listener, None)
    }

    fn on(listener: TcpListener, tls: Option<Arc<Tls>>) -> Self {
        let address = listener.local_addr().expect("the address");
        let shared = Arc::new(Shared::default());
        let (steps, to_do) = mpsc::channel::<Step>();
        let mut stage = Stage::new(listener, tls.clone(), Arc::clone(&shared));
        thread::spawn(move || {
            for step in to_do {
                let result = (step.act)(&mut stage);
                if !stage.finish(step.name, &result) {
                    break;
                }
            }
            stage.leave();
        });
        Self { address, tls, steps: Some(steps), said: 0, shared }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// `127.0.0.1:PORT`, as messages name this peer.
    pub fn authority(&self) -> String {
        self.address.to_string()
    }

    pub fn url(&self) -> String {
        self.url_as(if self.tls.is_some() { "wss" } else { "ws" })
    }

    /// A URL with a scheme that the peer may not speak.
    pub fn url_as(&self, scheme: &str) -> String {
        format!("{scheme}://{}/", self.address)
    }

    pub fn cacert(&self) -> &str {
        self.tls.as_ref().expect("a script with a certificate").cacert()
    }

    pub(super) fn step(
        mut self,
        name: &'static str,
        act: impl FnOnce(&mut Stage) -> Result<(), Fault> + Send + 'static,
    ) -> Self {
        self.said += 1;
        // After a fault nobody listens any more; the fault is reported when the script is looked at or dropped.
        let _ = self.steps.as_ref().expect("steps").send(Step { name, act: Box::new(act) });
        self
    }

    /// Takes a connection, and its TLS handshake if there is a certificate. Every other step does so where needed.
    pub fn accept(self) -> Self {
        self.step("accept", Stage::accept)
    }

    /// Reads the head of a request: the next one on this connection, or on a new one if the client has left this one.
    pub fn request(self) -> Self {
        self.step("request", Stage::read_request)
    }

    /// Sends a head (or anything else that is text); `{accept}` becomes what belongs to the request.
    pub fn respond(self, head: &str) -> Self {
        let head = head.to_owned();
        self.step("respond", move |stage| {
            let head = stage.fill_in(&head);
            stage.write(head.as_bytes())
        })
    }

    /// As [`Script::respond`], a byte at a time.
    pub fn respond_dripping(self, head: &str, gap: Duration) -> Self {
        let head = head.to_owned();
        self.step("respond, dripping", move |stage| {
            let head = stage.fill_in(&head);
            stage.drip(head.as_bytes(), gap)
        })
    }

    /// Reads the request and accepts it.
    pub fn upgrade(self) -> Self {
        self.request().respond(SWITCHING)
    }

    /// As [`Script::upgrade`], with this header line in the answer.
    pub fn upgrade_with(self, header: &str) -> Self {
        let head = SWITCHING.replace("\r\n\r\n", &format!("\r\n{header}\r\n\r\n"));
        self.request().respond(&head)
    }

    /// As [`Script::upgrade`], with the first frames in the same packet as the answer.
    pub fn upgrade_and_send(self, bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        self.request().step("upgrade and send", move |stage| {
            let head = stage.fill_in(SWITCHING).into_bytes();
            stage.write(&[head, bytes].concat())
        })
    }

    pub fn send(self, bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        self.step("send", move |stage| stage.write(&bytes))
    }

    /// Sends one byte of urgent data, which is no part of the stream (RFC 9293 §3.8.5).
    pub fn send_urgent(self) -> Self {
        self.step("send urgent data", Stage::write_urgent)
    }

    /// Sends one byte at a time.
    pub fn drip(self, bytes: impl Into<Vec<u8>>, gap: Duration) -> Self {
        let bytes = bytes.into();
        self.step("drip", move |stage| stage.drip(&bytes, gap))
    }

    /// Sends the same again and again until the client has left.
    pub fn send_until_gone(self, bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        self.step("send until gone", move |stage| stage.write_until_gone(&bytes))
    }

    pub fn read_frame(self) -> Self {
        self.step("read a frame", |stage| stage.read_frame().map(|_| ()))
    }

    /// Reads frames up to and including the client's Close.
    pub fn read_close(self) -> Self {
        self.step("read until Close", |stage| {
            while stage.read_frame()?.opcode != frame::CLOSE {}
            Ok(())
        })
    }

    /// As [`Script::read_close`], and answers each Ping on the way.
    pub fn answer_pings_until_close(self) -> Self {
        self.step("answer pings until Close", |stage| {
            loop {
                let Frame { opcode, payload, .. } = stage.read_frame()?;
                match opcode {
                    frame::CLOSE => return Ok(()),
                    frame::PING => stage.write(&frame::frame(frame::PONG, payload))?,
                    _ => {}
                }
            }
        })
    }

    /// Answers the Close that was read last with the same code and reason.
    pub fn answer_close(self) -> Self {
        self.step("answer Close", Stage::answer_close)
    }

    /// The orderly end when the client begins it.
    pub fn close_handshake(self) -> Self {
        self.read_close().answer_close().close()
    }

    /// Fails if the client says anything during this time.
    pub fn hears_nothing_for(self, time: Duration) -> Self {
        self.step("hear nothing", move |stage| stage.hear_nothing(time))
    }

    /// Fails unless the client's next word is the end of the connection.
    pub fn hears_end(self) -> Self {
        self.step("hear the end", Stage::hear_end)
    }

    pub fn sleep(self, time: Duration) -> Self {
        self.step("sleep", move |_| {
            thread::sleep(time);
            Ok(())
        })
    }

    /// Keeps the connection, takes whatever comes and says nothing, until the client has left.
    pub fn hold(self) -> Self {
        self.step("hold", Stage::hold)
    }

    /// Does not even read. No step, but a word for it: a script that has nothing to do lets the connection be.
    pub fn stall(self) -> Self {
        self
    }

    /// Ends the connection in TCP's (and TLS') orderly way: FIN, and what still comes is taken.
    pub fn close(self) -> Self {
        self.step("close", Stage::close)
    }

    /// Ends the connection at once; what the script says next is for the next connection.
    pub fn hang_up(self) -> Self {
        self.step("hang up", Stage::hang_up)
    }

    /// Ends the connection with RST, the way a crashed machine or a firewall does.
    pub fn reset(self) -> Self {
        self.step("reset", Stage::reset)
    }

    /// Waits until everything said so far is done.
    #[track_caller]
    pub fn wait(&self) {
        drop(self.wait_for_record());
    }

    #[track_caller]
    fn wait_for_record(&self) -> MutexGuard<'_, Record> {
        let record = self.shared.record();
        let busy = |record: &mut Record| record.done < self.said && !record.over;
        let waited = self.shared.changed.wait_timeout_while(record, PEER_PATIENCE, busy);
        let (mut record, waited) = waited.unwrap_or_else(PoisonError::into_inner);
        let fault = record.fault.take();
        let done = record.done;
        if fault.is_some() || waited.timed_out() {
            // Not while the lock is held: it would be poisoned for who comes next.
            drop(record);
            panic!("the script stands at step {} of {}: {fault:?}", done + 1, self.said);
        }
        record
    }

    /// The heads of all requests, line ends as they came.
    #[track_caller]
    pub fn requests(&self) -> Vec<String> {
        self.wait_for_record().requests.clone()
    }

    /// The head of the last request.
    #[track_caller]
    pub fn request_text(&self) -> String {
        self.requests().pop().unwrap_or_default()
    }

    /// All values of a header of the last request, in the order in which they came.
    #[track_caller]
    pub fn headers(&self, name: &str) -> Vec<String> {
        values(&self.request_text(), name)
    }

    /// The header of each request: its values, separated by commas; empty where a request has none.
    #[track_caller]
    pub fn headers_of_all(&self, name: &str) -> Vec<String> {
        self.requests().iter().map(|request| values(request, name).join(", ")).collect()
    }

    /// What was heard that is no HTTP, a piece a step.
    #[track_caller]
    pub fn heard(&self) -> Vec<Vec<u8>> {
        self.wait_for_record().heard.clone()
    }

    /// Where the last connection came from.
    #[track_caller]
    pub fn client(&self) -> SocketAddr {
        self.wait_for_record().client.expect("a client")
    }

    /// The frames read so far.
    #[track_caller]
    pub fn frames(&self) -> Vec<Frame> {
        self.wait_for_record().frames.clone()
    }

    /// The code in the client's Close, which must be the last frame that was read.
    #[track_caller]
    pub fn close_code(&self) -> Option<u16> {
        let last = self.frames().pop().expect("a frame");
        assert_eq!(last.opcode, frame::CLOSE, "the last frame is no Close: {last:?}");
        last.close_code()
    }

    /// How long the client stayed during [`Script::hold`]: a measure without the time that its process takes to start.
    #[track_caller]
    pub fn held(&self) -> Duration {
        self.wait_for_record().held
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        if thread::panicking() {
            self.stop();
            return;
        }
        if self.shared.record().connections == 0 {
            self.stop();
            panic!("nobody called the script at {}", self.address);
        }
        // What was said is played to its end; a fault on the way is the test's.
        let unfinished = {
            let record = self.shared.record();
            let busy = |record: &mut Record| record.done < self.said && !record.over;
            let waited = self.shared.changed.wait_timeout_while(record, secs(5), busy);
            let (record, waited) = waited.unwrap_or_else(PoisonError::into_inner);
            record.fault.clone().or_else(|| waited.timed_out().then(|| "not done in time".to_owned()))
        };
        self.stop();
        assert!(unfinished.is_none(), "the script at {}: {}", self.address, unfinished.unwrap_or_default());
    }
}

impl Script {
    /// Ends the thread, wherever it is.
    fn stop(&mut self) {
        self.steps = None;
        let mut record = self.shared.record();
        record.stopped = true;
        if let Some(socket) = record.socket.take() {
            let _ = socket.shutdown(Shutdown::Both);
        }
        let waits_for_a_client = !record.over && record.waiting;
        drop(record);
        // Never without need: when the listener is gone, its port may already be another test's.
        if waits_for_a_client {
            let _ = TcpStream::connect(self.address);
        }
    }
}

fn values(request: &str, name: &str) -> Vec<String> {
    let fields = request.lines().filter_map(|line| line.split_once(':'));
    let ours = fields.filter(|(field, _)| field.eq_ignore_ascii_case(name));
    ours.map(|(_, value)| value.trim().to_owned()).collect()
}

#[test]
fn a_request_may_come_on_the_same_connection_or_on_a_new_one() {
    use std::io::{Read as _, Write as _};

    let answer = "HTTP/1.1 401 Who?\r\nContent-Length: 0\r\n\r\n";
    let script = Script::new().request().respond(answer).request().respond(answer).request();
    let ask = |client: &mut TcpStream, what: &str| {
        client.write_all(format!("GET /{what} HTTP/1.1\r\n\r\n").as_bytes()).expect("a request");
    };
    let mut client = TcpStream::connect(script.address()).expect("a connection");
    for what in ["a", "b"] {
        ask(&mut client, what);
        client.read_exact(&mut vec![0; answer.len()]).expect("an answer");
    }
    drop(client);
    let mut client = TcpStream::connect(script.address()).expect("a connection");
    ask(&mut client, "c");
    let lines = ["a", "b", "c"].map(|what| format!("GET /{what} HTTP/1.1\r\n\r\n"));
    assert_eq!(script.requests(), lines);
}
