//! An echo server of its own make that keeps RFC 6455, but for the one flaw that it is given. Every connection has its thread,
//! all waits have an end. Written from the RFC, so that it can contradict the code under test.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use tungstenite::handshake::derive_accept_key;

use super::PEER_PATIENCE;
use super::frame::{self, BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT};

/// What a server does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    Nothing,
    /// Answers no request at all.
    NoHttp,
    /// Accepts the upgrade, and then does nothing.
    Mute,
    /// Upgrades every request.
    UpgradesAnything,
    /// Refuses the wrong version without naming the right one.
    ListsNoVersions,
    WrongAccept,
    UnaskedExtension,
    /// Agrees to whatever is offered of compression, with a parameter that was not, and inflates nothing.
    AgreesInName,
    UnaskedSubprotocol,
    NoPongs,
    ChangedPongs,
    /// Answers a ping when the message around it is complete.
    LatePongs,
    Masks,
    LongLengths,
    /// Sends reserved bits with each text.
    SetsRsv1,
    TakesUnmasked,
    TakesReservedBits,
    TakesReservedOpcodes,
    TakesLongControl,
    /// Keeps waiting for 2^63 bytes.
    TakesHighBit,
    /// Gives back the first fragment only.
    LosesFragments,
    TakesOrphans,
    TakesAnyText,
    /// Looks at text only after it has answered the ping that follows it.
    ChecksTextLate,
    /// Gives back every Close frame, whatever is in it.
    EchoesAnyClose,
    /// Ends the connection without a Close frame.
    NeverCloses,
    KeepsTcp,
    AnswersAfterClose,
    /// Stops when it is told of a huge message.
    DiesOfHuge,
    /// Stops for a moment when it is told of 2^63 bytes, every time.
    RestartsOfHighBit,
    /// The same, once only.
    RestartsOnce,
    /// Answers nobody any more when it was told of 2^63 bytes.
    HangsOfHighBit,
    /// Not a flaw: is so busy when it was told of 2^63 bytes that it answers nothing to the next few requests, every time.
    PausesOfHighBit,
    /// Not a flaw: is late with the first pong that has no payload, and only with that.
    LateOnce,
    /// Gives back each fragment as a message of its own.
    EchoesFragments,
    /// Not a flaw: understands `PING` and what it begins with, and drops the connection at anything else.
    Picky,
    /// As [`Flaw::Picky`], but drops the connection also at a Close frame inside a message.
    PickyNeverCloses,
    /// Not a flaw: passes on a byte stream, in which a greeting precedes the first echo.
    Bridge,
    /// Takes messages of any length in fragments.
    TakesEndless,
    /// Agrees to compression, and takes what inflates to any length.
    TakesBombs,
    /// Stops when it is told of the thousandth empty fragment.
    DiesOfFragments,
    /// Stops when it is told of the thousandth ping of a connection.
    DiesOfPings,
    /// Not a flaw: wants [`COOKIE`] or [`TOKEN`], and refuses pages of other sites.
    WantsCredentials,
    /// The same, but lets strangers in for a moment: their Close has the code 4401.
    ClosesStrangers,
    /// Wants credentials, whatever they are.
    TakesAnyCredentials,
    /// Wants credentials from any page.
    TakesAnyOrigin,
    /// Wants credentials, and gives the cookie back in a field.
    ReturnsInField,
    /// Wants credentials, and greets with the cookie.
    ReturnsInMessage,
    /// Wants credentials, and shows the request in the refusal of another one.
    ReturnsInBody,
    /// Not a flaw: speaks first, and answers with something else in between.
    Chatty,
    /// Not a flaw: takes messages and says nothing.
    NoEcho,
    /// Not a flaw: ends the connection at any message.
    NoMessages,
    /// Not a flaw: resets the connection where others close it.
    Resets,
    /// Not a flaw, but no way to find out anything: wants a password.
    WantsPassword,
}

/// A server that runs until it is dropped.
pub struct Flawed {
    address: SocketAddr,
    state: Arc<State>,
}

/// What the connections of a server share.
#[derive(Default)]
struct State {
    stopped: AtomicBool,
    restarts: AtomicBool,
    was_restarted: AtomicBool,
    was_late: AtomicBool,
    /// How many requests are not answered.
    silences: AtomicUsize,
}

/// The credentials of servers that want some.
pub const COOKIE: &str = "sid=open-sesame";
pub const TOKEN: &str = "Bearer open-sesame";

/// The longest message, in bytes.
const LONGEST: usize = 1 << 24;

/// Messages of a server that takes bombs are compressed from this size on, in bytes; one that takes messages without end forgets
/// frames from this size on.
const LONGEST_PLAIN: usize = 1 << 10;

/// How many empty fragments or pings are too many for some.
const TOO_MANY: usize = 1000;

/// How many requests a busy server does not answer.
const SILENCES: usize = 2;

/// How long a server is away that starts again.
const AWAY: Duration = Duration::from_millis(400);

impl Flawed {
    pub fn start(flaw: Flaw) -> Self {
        let mut listener = TcpListener::bind("127.0.0.1:0").expect("listen on a port of our own");
        let address = listener.local_addr().expect("the address");
        let state = Arc::<State>::default();
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            loop {
                let Ok((stream, _)) = listener.accept() else { return };
                if shared.stopped.load(Ordering::Acquire) {
                    return;
                }
                if shared.restarts.swap(false, Ordering::AcqRel) {
                    drop((listener, stream));
                    // It keeps the port, and refuses everybody.
                    let socket = bound(address).expect("the same port again");
                    thread::sleep(AWAY);
                    socket.listen(128).expect("listen on the same port again");
                    listener = socket.into();
                    continue;
                }
                let state = Arc::clone(&shared);
                thread::spawn(move || {
                    let mut session = Session { stream, flaw, state, has_greeted: false };
                    // How a client leaves is its own affair.
                    let _ = session.serve();
                });
            }
        });
        Self { address, state }
    }

    pub fn url(&self) -> String {
        format!("ws://{}/", self.address)
    }
}

/// A socket that does not listen yet.
fn bound(address: SocketAddr) -> io::Result<socket2::Socket> {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None)?;
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    Ok(socket)
}

impl Drop for Flawed {
    fn drop(&mut self) {
        self.state.stopped.store(true, Ordering::Release);
        // Wakes the thread that waits for the next client, so that it sees that it is to stop.
        let _ = TcpStream::connect(self.address);
    }
}

struct Session {
    stream: TcpStream,
    flaw: Flaw,
    state: Arc<State>,
    has_greeted: bool,
}

/// A frame of the client, or the code that answers it.
type Seen = Result<(bool, u8, Vec<u8>), u16>;

impl Session {
    fn serve(&mut self) -> io::Result<()> {
        self.stream.set_read_timeout(Some(PEER_PATIENCE))?;
        self.stream.set_nodelay(true)?;
        let head = self.read_head()?;
        let one_less = |count: usize| count.checked_sub(1);
        if self.state.silences.fetch_update(Ordering::AcqRel, Ordering::Acquire, one_less).is_ok() {
            return self.read_to_end();
        }
        if self.flaw == Flaw::NoHttp {
            return self.stream.write_all(b"SSH-2.0-x\r\n");
        }
        if let Err(refusal) = self.check(&head) {
            let body = if self.flaw == Flaw::ReturnsInBody { &*head } else { "" };
            return self.stream.write_all(format!("HTTP/1.1 {refusal}\r\n\r\n{body}").as_bytes());
        }
        let key = if self.flaw == Flaw::WrongAccept { "another" } else { &field(&head, "sec-websocket-key") };
        let accept = derive_accept_key(key.as_bytes());
        let more = match self.flaw {
            Flaw::UnaskedExtension => "Sec-WebSocket-Extensions: permessage-deflate\r\n",
            Flaw::AgreesInName
                if field(&head, "sec-websocket-extensions").starts_with("permessage-deflate") =>
            {
                "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=10\r\n"
            }
            Flaw::TakesBombs
                if field(&head, "sec-websocket-extensions").starts_with("permessage-deflate") =>
            {
                "Sec-WebSocket-Extensions: permessage-deflate\r\n"
            }
            Flaw::ReturnsInField => &format!("X-Session: {}\r\n", field(&head, "cookie")),
            Flaw::UnaskedSubprotocol => "Sec-WebSocket-Protocol: chat\r\n",
            _ => "",
        };
        let (is_known, cookie) = (has_credentials(&head), field(&head, "cookie"));
        let head = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {accept}\r\n{more}\r\n"
        );
        self.stream.write_all(head.as_bytes())?;
        match self.flaw {
            Flaw::Mute => self.read_to_end(),
            Flaw::ClosesStrangers if !is_known => self.fail(4401),
            Flaw::ReturnsInMessage => {
                self.send(TEXT, cookie.as_bytes())?;
                self.converse()
            }
            Flaw::Chatty => {
                self.stream.write_all(
                    &[frame::text("welcome"), frame::ping("you"), frame::frame(PONG, "")].concat(),
                )?;
                self.converse()
            }
            _ => self.converse(),
        }
    }

    fn read_head(&mut self) -> io::Result<String> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            self.stream.read_exact(&mut byte)?;
            head.extend(byte);
        }
        Ok(String::from_utf8_lossy(&head).into_owned())
    }

    /// What is wrong with a request: status line and fields of the answer.
    fn check(&self, head: &str) -> Result<(), String> {
        let has = |name: &str, token: &str| {
            field(head, name).split(',').any(|value| value.trim().eq_ignore_ascii_case(token))
        };
        let start = head.lines().next().unwrap_or_default();
        let is_right = start.starts_with("GET ")
            && start.ends_with(" HTTP/1.1")
            && has("upgrade", "websocket")
            && has("connection", "upgrade")
            && field(head, "sec-websocket-key").len() == 24;
        match self.flaw {
            Flaw::UpgradesAnything => Ok(()),
            Flaw::WantsPassword => Err("401 Unauthorized\r\nWWW-Authenticate: Bearer".to_owned()),
            _ if !is_right => Err("400 Bad Request".to_owned()),
            _ if has("sec-websocket-version", "13") => self.check_client(head),
            Flaw::ListsNoVersions => Err("400 Bad Request".to_owned()),
            _ => Err("426 Upgrade Required\r\nSec-WebSocket-Version: 13".to_owned()),
        }
    }

    /// Whether this client may come in.
    fn check_client(&self, head: &str) -> Result<(), String> {
        let is_foreign = !matches!(&*field(head, "origin"), "" | "https://chat.example");
        let is_let_in = match self.flaw {
            Flaw::WantsCredentials | Flaw::ReturnsInField | Flaw::ReturnsInMessage | Flaw::ReturnsInBody => {
                has_credentials(head) && !is_foreign
            }
            Flaw::ClosesStrangers => !is_foreign,
            Flaw::TakesAnyCredentials => {
                let has_any = !field(head, "cookie").is_empty() || !field(head, "authorization").is_empty();
                has_any && !is_foreign
            }
            Flaw::TakesAnyOrigin => has_credentials(head),
            _ => true,
        };
        if is_let_in { Ok(()) } else { Err("403 Forbidden".to_owned()) }
    }

    fn converse(&mut self) -> io::Result<()> {
        let mut message: Option<(u8, Vec<u8>)> = None;
        let mut pongs = Vec::new();
        let (mut asked, mut empty) = (0, 0);
        loop {
            let (fin, opcode, payload) = match self.read_frame()? {
                Ok(frame) => frame,
                Err(code) => return self.fail(code),
            };
            asked += usize::from(opcode == PING);
            empty += usize::from(opcode == CONTINUATION && payload.is_empty());
            if (self.flaw == Flaw::DiesOfPings && asked > TOO_MANY)
                || (self.flaw == Flaw::DiesOfFragments && empty > TOO_MANY)
            {
                self.stop();
                return Err(ErrorKind::OutOfMemory.into());
            }
            match opcode {
                PING if self.flaw == Flaw::LatePongs && message.is_some() => pongs.push(payload),
                PING => self.pong(&payload)?,
                PONG => {}
                CLOSE if self.flaw == Flaw::PickyNeverCloses && message.is_some() => return self.leave(),
                CLOSE => return self.close(&payload),
                _ if self.flaw == Flaw::NoMessages => return self.fail(1008),
                CONTINUATION if message.is_none() => match self.flaw {
                    Flaw::TakesOrphans => {}
                    _ => return self.fail(1002),
                },
                TEXT | BINARY if message.is_some() => return self.fail(1002),
                TEXT | BINARY | CONTINUATION if self.flaw == Flaw::EchoesFragments => {
                    let kind = message.as_ref().map_or(opcode, |(kind, _)| *kind);
                    if kind == TEXT && std::str::from_utf8(&payload).is_err() {
                        return self.fail(1007);
                    }
                    message = (!fin).then_some((kind, Vec::new()));
                    self.send(kind, &payload)?;
                }
                TEXT | BINARY | CONTINUATION => {
                    let (kind, whole) = message.get_or_insert((opcode, Vec::new()));
                    let loses = self.flaw == Flaw::LosesFragments && opcode == CONTINUATION;
                    whole.extend(payload.iter().filter(|_| !loses));
                    let hopeless = |bytes: &[u8]| {
                        std::str::from_utf8(bytes).is_err_and(|err| err.error_len().is_some() || fin)
                    };
                    if *kind == TEXT && hopeless(whole) && self.flaw != Flaw::TakesAnyText {
                        if self.flaw == Flaw::ChecksTextLate {
                            self.answer_next_ping()?;
                        }
                        return self.fail(1007);
                    }
                    if whole.len() > LONGEST {
                        return self.fail(1009);
                    }
                    if self.is_picky() && (*kind == BINARY || !b"PING".starts_with(whole)) {
                        return self.leave();
                    }
                    if fin && let Some((kind, payload)) = message.take() {
                        // It sends back only what was short, and so not compressed.
                        if self.flaw != Flaw::TakesBombs || payload.len() < LONGEST_PLAIN {
                            self.echo(kind, &payload)?;
                        }
                        for payload in pongs.drain(..) {
                            self.pong(&payload)?;
                        }
                    }
                }
                // An opcode that is reserved, and taken.
                _ => {}
            }
        }
    }

    fn is_picky(&self) -> bool {
        matches!(self.flaw, Flaw::Picky | Flaw::PickyNeverCloses)
    }

    fn answer_next_ping(&mut self) -> io::Result<()> {
        if let Ok((_, PING, payload)) = self.read_frame()? {
            self.pong(&payload)?;
        }
        Ok(())
    }

    fn pong(&mut self, payload: &[u8]) -> io::Result<()> {
        match self.flaw {
            Flaw::NoPongs => Ok(()),
            Flaw::LateOnce if payload.is_empty() && !self.state.was_late.swap(true, Ordering::AcqRel) => {
                Ok(())
            }
            Flaw::ChangedPongs => self.send(PONG, b"always the same"),
            _ => self.send(PONG, payload),
        }
    }

    fn echo(&mut self, opcode: u8, payload: &[u8]) -> io::Result<()> {
        match self.flaw {
            Flaw::NoEcho => Ok(()),
            _ if self.is_picky() && payload != b"PING" => self.leave(),
            _ if self.is_picky() => self.send(TEXT, b"PONG"),
            Flaw::Bridge if !std::mem::replace(&mut self.has_greeted, true) => {
                self.send(opcode, &[b"HELLO\r\n", payload].concat())
            }
            Flaw::SetsRsv1 if opcode == TEXT => self.stream.write_all(&frame::raw(0xC0 | opcode, payload)),
            Flaw::Chatty => {
                self.send(TEXT, b"somebody said something:")?;
                self.send(opcode, payload)
            }
            _ => self.send(opcode, payload),
        }
    }

    fn send(&mut self, opcode: u8, payload: &[u8]) -> io::Result<()> {
        let bytes = match self.flaw {
            Flaw::Masks => frame::masked(opcode, payload),
            Flaw::LongLengths => {
                let len = (payload.len() as u64).to_be_bytes();
                [&[0x80 | opcode, 127][..], &len, payload].concat()
            }
            _ => frame::frame(opcode, payload),
        };
        self.stream.write_all(&bytes)
    }

    /// The client has sent a Close frame.
    fn close(&mut self, payload: &[u8]) -> io::Result<()> {
        let code = payload.first_chunk().map(|code| u16::from_be_bytes(*code));
        let is_bad_code = match code {
            Some(code) => !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999),
            None => !payload.is_empty(),
        };
        if self.flaw == Flaw::NeverCloses {
            return self.leave();
        }
        if self.flaw == Flaw::EchoesAnyClose {
            self.send(CLOSE, payload)?;
            return self.leave();
        }
        if is_bad_code {
            return self.fail(1002);
        }
        if payload.len() > 2 && std::str::from_utf8(&payload[2..]).is_err() {
            return self.fail(1007);
        }
        self.send(CLOSE, &payload[..payload.len().min(2)])?;
        match self.flaw {
            Flaw::KeepsTcp => self.read_to_end(),
            Flaw::AnswersAfterClose => {
                if let Ok((_, TEXT, payload)) = self.read_frame()? {
                    self.send(TEXT, &payload)?;
                }
                self.leave()
            }
            _ => self.leave(),
        }
    }

    /// Fails the connection.
    fn fail(&mut self, code: u16) -> io::Result<()> {
        if self.flaw == Flaw::Resets {
            // With bytes that nobody has read, the end is a reset.
            return self.stream.shutdown(Shutdown::Both);
        }
        self.send(CLOSE, &code.to_be_bytes())?;
        self.leave()
    }

    /// Ends the connection, and takes what still comes: otherwise it may be a reset.
    fn leave(&mut self) -> io::Result<()> {
        self.stream.shutdown(Shutdown::Write)?;
        self.read_to_end()
    }

    fn read_to_end(&mut self) -> io::Result<()> {
        while self.stream.read(&mut [0; 4096])? > 0 {}
        Ok(())
    }

    fn read_frame(&mut self) -> io::Result<Seen> {
        let [first, second] = self.read_array()?;
        let len = match second & 0x7F {
            126 => u64::from(u16::from_be_bytes(self.read_array()?)),
            127 => u64::from_be_bytes(self.read_array()?),
            short => u64::from(short),
        };
        let (fin, opcode, control) = (first & 0x80 != 0, first & 0x0F, first & 0x08 != 0);
        let known = matches!(opcode, CONTINUATION | TEXT | BINARY | CLOSE | PING | PONG);
        let flaw = self.flaw;
        let breaches = [
            (first & 0x70 != 0, 1002, Flaw::TakesReservedBits),
            (!known, 1002, Flaw::TakesReservedOpcodes),
            (second & 0x80 == 0, 1002, Flaw::TakesUnmasked),
            (control && (len > 125 || !fin), 1002, Flaw::TakesLongControl),
            (len >> 63 != 0, 1002, Flaw::TakesHighBit),
            (len > 1 << 24, 1009, Flaw::TakesHighBit),
        ];
        if flaw == Flaw::DiesOfHuge && (1 << 24..1 << 63).contains(&len) {
            self.stop();
            return Err(ErrorKind::OutOfMemory.into());
        }
        if len >> 63 != 0 && self.is_brought_down() {
            return Err(ErrorKind::OutOfMemory.into());
        }
        let is_compressed = flaw == Flaw::TakesBombs && first & 0x70 == 0x40 && !control;
        let breaches =
            breaches.map(|(broken, code, but)| (broken && !(is_compressed && code == 1002), code, but));
        if let Some((_, code, _)) = breaches.iter().find(|(broken, _, but)| *broken && *but != flaw) {
            return Ok(Err(*code));
        }
        let key = if second & 0x80 == 0 { [0; 4] } else { self.read_array()? };
        let mut payload = Vec::new();
        if flaw == Flaw::TakesEndless && len > LONGEST_PLAIN as u64 {
            // It takes so much that even to look at it takes long.
            io::copy(&mut (&mut self.stream).take(len), &mut io::sink())?;
            return Ok(Ok((fin, opcode, payload)));
        }
        (&mut self.stream).take(len).read_to_end(&mut payload)?;
        if payload.len() as u64 != len {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        for (byte, key) in payload.iter_mut().zip(key.iter().cycle()) {
            *byte ^= key;
        }
        Ok(Ok((fin, opcode, payload)))
    }

    /// Stops the whole server, at once.
    fn stop(&self) {
        self.state.stopped.store(true, Ordering::Release);
        // Wakes the thread that waits for the next client.
        let _ = self.stream.local_addr().and_then(TcpStream::connect);
    }

    /// Whether 2^63 bytes are too much for it.
    fn is_brought_down(&mut self) -> bool {
        match self.flaw {
            Flaw::HangsOfHighBit => self.state.silences.store(usize::MAX, Ordering::Release),
            Flaw::PausesOfHighBit => self.state.silences.store(SILENCES, Ordering::Release),
            Flaw::RestartsOnce if self.state.was_restarted.swap(true, Ordering::AcqRel) => return false,
            Flaw::RestartsOnce | Flaw::RestartsOfHighBit => {
                self.state.restarts.store(true, Ordering::Release);
                // Wakes the thread that waits for the next client.
                let _ = self.stream.local_addr().and_then(TcpStream::connect);
            }
            _ => return false,
        }
        true
    }

    fn read_array<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.stream.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

/// Whether the request has the right credentials.
fn has_credentials(head: &str) -> bool {
    field(head, "cookie") == COOKIE || field(head, "authorization") == TOKEN
}

/// The value of a field, empty when there is none.
fn field(head: &str, name: &str) -> String {
    let mut fields = head.lines().filter_map(|line| line.split_once(':'));
    let found = fields.find(|(field, _)| field.eq_ignore_ascii_case(name));
    found.map_or(String::new(), |(_, value)| value.trim().to_owned())
}
