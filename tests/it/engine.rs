//! The engine against an independent one: what tungstenite writes is decoded, what is encoded tungstenite reads, and of
//! anything else both think the same, but for the differences that are listed here with their reasons.
//! And the framings: what is written is read back, wherever the bytes are cut.
//!
//! The cases are the same in each run. To look further:
//! `PROPTEST_CASES=100000 PROPTEST_RNG_SEED=1 cargo test --release --test it engine`

use std::fmt;
use std::io::{self, Cursor, Read, Write};
use std::time::SystemTime;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, RngSeed, TestCaseResult, TestRunner};
use tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};
use tungstenite::protocol::frame::{
    CloseFrame as TheirClose, Frame as TheirFrame, FrameHeader as TheirHeader,
};
use tungstenite::protocol::{Role, WebSocketConfig};
use tungstenite::{Error, Message as TheirMessage, WebSocket};
use wsurl::framing::{Format, FramingReader, FramingWriter, Item};
use wsurl::protocol::{
    CloseFrame, Event, FrameHeader, FrameWriter, Kind, MessageError, MessageReader, NO_STATUS, Opcode,
    Violation,
};

#[test]
fn what_tungstenite_sends_is_received() {
    check(64, (conversation(any_size()), cuts()), |(conversation, cuts)| {
        let (seen, end) = receive(&conversation.written_by_tungstenite(), &cuts);
        prop_assert_eq!(end, End::Between);
        prop_assert_eq!(seen, conversation.seen());
        Ok(())
    });
}

#[test]
fn what_tungstenite_sends_is_received_one_byte_at_a_time() {
    check(32, conversation(prop_oneof![8 => 0..300_usize, 1 => edge()]), |conversation| {
        let (seen, end) = receive(&conversation.written_by_tungstenite(), &[1]);
        prop_assert_eq!(end, End::Between);
        prop_assert_eq!(seen, conversation.seen());
        Ok(())
    });
}

#[test]
fn what_is_sent_tungstenite_receives() {
    check(64, (conversation(any_size()), cuts()), |(conversation, sections)| {
        let bytes = conversation.encoded(&sections);
        let (seen, error) = tungstenite_reads(Role::Server, &bytes);
        prop_assert!(error.is_none(), "{:?}", error);
        prop_assert_eq!(seen, conversation.seen());

        // Two equal keys come by chance once in thousands of runs, three never.
        let mut keys = masking_keys(&bytes);
        let frames = keys.len();
        prop_assert_eq!(frames, conversation.frames().len());
        keys.sort_unstable();
        keys.dedup();
        prop_assert!(keys.len() + 1 >= frames, "{} keys for {frames} frames", keys.len());
        Ok(())
    });
}

#[test]
fn of_frames_at_random_both_think_the_same() {
    check(3000, (vec(wild_frame(), 1..5), cuts()), |(frames, cuts)| {
        both_think_the_same(&frames.concat(), &cuts)
    });
}

#[test]
fn of_bytes_at_random_both_think_the_same() {
    check(1000, (vec(any::<u8>(), 0..80), cuts()), |(bytes, cuts)| both_think_the_same(&bytes, &cuts));
}

#[test]
fn of_damaged_streams_both_think_the_same() {
    let damage = (vec((any::<Index>(), 0..8_u8), 1..4), prop::option::of(any::<Index>()));
    check(1000, (conversation(0..140_usize), damage, cuts()), |(conversation, (flips, end), cuts)| {
        let mut bytes = conversation.written_by_tungstenite();
        for (at, bit) in if bytes.is_empty() { Vec::new() } else { flips } {
            *at.get_mut(&mut bytes) ^= 1 << bit;
        }
        if let Some(end) = end {
            bytes.truncate(end.index(bytes.len() + 1));
        }
        both_think_the_same(&bytes, &cuts)
    });
}

/// Each difference is there, and no other: when tungstenite changes its mind, its line can go.
#[test]
fn the_differences_to_tungstenite_are_the_listed_ones() {
    for (bytes, difference) in [
        (&b"\x81\x05\xff"[..], Difference::Sooner),
        (b"\x91", Difference::Sooner),
        (b"\x82\x7e\x00\x01a", Difference::LengthNotMinimal),
        (b"\x82\x7f\x00\x00\x00\x00\x00\x00\x00\x01a", Difference::LengthNotMinimal),
        (b"\x89\x7e\x00\x01a", Difference::LengthNotMinimal),
        (b"\x82\x7f\x00\x00\x00\x00\x00\x02\x00\x00a", Difference::Size),
        (b"\x88\x02\x03\xec", Difference::CloseCodeRefused), // 1004
        (b"\x88\x02\x03\xed", Difference::CloseCodeRefused), // 1005
        (b"\x88\x02\x03\xf7", Difference::CloseCodeRefused), // 1015
        (b"\x88\x02\x00\x00", Difference::CloseCodeRefused), // 0
        (b"\x88\x02\x0b\xb7", Difference::CloseCodeRefused), // 2999
        (b"\x88\x02\x13\x88", Difference::CloseCodeRefused), // 5000
        (b"\x88\x02\x03\xf6", Difference::CloseCode1014),
    ] {
        let comparison = compare(&receive(bytes, &[]), &tungstenite_reads(Role::Client, bytes));
        assert_eq!(comparison, Comparison::Differs(difference), "{}", bytes.escape_ascii());
    }
}

#[test]
fn json_is_read_back_as_it_was_written() {
    let messages = vec(message(prop_oneof![0..300_usize, edge()]), 0..6);
    check(64, (messages, prop::option::of(close()), cuts()), |(messages, close, cuts)| {
        let mut stream = Vec::new();
        let writer = FramingWriter::new(Format::Json, false);
        let mut expected: Vec<Seen> = Vec::new();
        for message in messages {
            writer.message(message.kind, &message.payload.0, SystemTime::now, &mut stream);
            expected.push(Seen::Message(message.kind, message.payload));
        }
        if let Some(close) = close {
            writer.close(&close, &mut stream);
            expected.push(Seen::Close(close));
        }
        prop_assert_eq!(split(Format::Json, Kind::Text, false, &stream, &cuts), expected);
        Ok(())
    });
}

#[test]
fn encodings_are_read_back_as_they_were_written() {
    let messages = vec(message(prop_oneof![0..300_usize, edge()]), 0..6);
    check(48, (messages, cuts()), |(messages, cuts)| {
        let expected: Vec<_> =
            messages.iter().map(|message| Seen::Message(Kind::Binary, message.payload.clone())).collect();
        for format in [Format::Base64, Format::Hex] {
            let stream = join(format, &expected);
            prop_assert_eq!(&split(format, Kind::Binary, false, &stream, &cuts), &expected);
        }
        Ok(())
    });
}

#[test]
fn messages_and_delimiters_give_back_the_input() {
    let input = vec(select(&b"ab \r\n\n\0\xff"[..]), 0..60);
    check(500, (input, cuts()), |(input, cuts)| {
        for (format, delimiter) in [(Format::Lines, b'\n'), (Format::Nul, b'\0')] {
            let kept = split(format, Kind::Binary, true, &input, &cuts);
            prop_assert_eq!(Payload(join(Format::Whole, &kept)), Payload(input.clone()));

            let ends: &[&[u8]] = if format == Format::Lines { &[b"\r\n", b"\n"] } else { &[b"\0"] };
            let without_end =
                |line: &[u8]| ends.iter().find_map(|end| line.strip_suffix(*end)).unwrap_or(line).to_vec();
            let expected: Vec<_> = input
                .split_inclusive(|&byte| byte == delimiter)
                .map(|line| Seen::Message(Kind::Binary, Payload(without_end(line))))
                .collect();
            prop_assert_eq!(split(format, Kind::Binary, false, &input, &cuts), expected);
        }
        let whole = split(Format::Whole, Kind::Binary, false, &input, &cuts);
        prop_assert_eq!(whole, [Seen::Message(Kind::Binary, Payload(input))]);
        Ok(())
    });
}

// What the two engines are compared by

/// What is received.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Seen {
    Message(Kind, Payload),
    Ping(Payload),
    Pong(Payload),
    Close(CloseFrame),
}

/// Bytes that a failed test does not show by the hundred thousand.
#[derive(Clone, PartialEq, Eq)]
struct Payload(Vec<u8>);

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = &self.0[..self.0.len().min(64)];
        let more = if shown.len() < self.0.len() { "..." } else { "" };
        write!(f, "{} bytes \"{}\"{more}", self.0.len(), shown.escape_ascii())
    }
}

/// How a stream ended for the decoder.
#[derive(Clone, Debug, PartialEq, Eq)]
enum End {
    /// Between two messages, or with a Close.
    Between,
    /// Within a message or frame.
    Inside,
    Refused(Violation),
}

/// A decision of the decoder that tungstenite does not share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Difference {
    /// tungstenite looks at a frame when all of it is there, the decoder at the first byte that breaks a rule. The RFC
    /// allows both: a peer has to fail the connection (§5.2, §8.1), and no section says how soon.
    Sooner,
    /// "the minimal number of bytes MUST be used to encode the length" (§5.2). tungstenite takes any form.
    LengthNotMinimal,
    /// tungstenite holds whole frames and so has to limit them (§10.4). The decoder hands out sections, and whoever
    /// gathers them limits the message.
    Size,
    /// 1005, 1006 and 1015 "MUST NOT be set as a status code in a Close control frame", 1004 has no meaning (§7.4.1);
    /// codes up to 999 "are not used", those up to 2999 have to be defined first, and none above 4999 is (§7.4.2).
    /// tungstenite shows such a Close as one with 1002, and answers it with 1002 as well.
    CloseCodeRefused,
    /// 1014 came after the RFC, by the registry that §7.4.2 and §11.7 set up. tungstenite does not know it.
    CloseCode1014,
}

#[derive(Debug, PartialEq, Eq)]
enum Comparison {
    Agree,
    Differs(Difference),
    Unexplained,
}

fn compare((seen, end): &(Vec<Seen>, End), (theirs, error): &(Vec<Seen>, Option<Error>)) -> Comparison {
    let violation = Seen::Close(CloseFrame { code: 1002, reason: "Protocol violation".to_owned() });
    let before_violation = theirs.strip_suffix(&[violation]);
    match (end, error) {
        (End::Refused(Violation::LengthNotMinimal { .. }), _) if theirs.starts_with(seen) => {
            Comparison::Differs(Difference::LengthNotMinimal)
        }
        // Without a payload that long, a control frame is refused for its form as well.
        (End::Refused(Violation::LongControl(_)), _) if theirs.starts_with(seen) && theirs != seen => {
            Comparison::Differs(Difference::LengthNotMinimal)
        }
        (End::Refused(Violation::CloseCode(_)), None) if before_violation == Some(seen) => {
            Comparison::Differs(Difference::CloseCodeRefused)
        }
        (End::Between, None) if seen != theirs => match seen.split_last() {
            Some((Seen::Close(close), before)) if close.code == 1014 && before_violation == Some(before) => {
                Comparison::Differs(Difference::CloseCode1014)
            }
            _ => Comparison::Unexplained,
        },
        _ if seen != theirs => Comparison::Unexplained,
        (End::Refused(_), Some(_)) | (End::Between | End::Inside, None) => Comparison::Agree,
        (End::Refused(_), None) => Comparison::Differs(Difference::Sooner),
        (End::Inside, Some(Error::Capacity(_))) => Comparison::Differs(Difference::Size),
        (End::Between | End::Inside, Some(_)) => Comparison::Unexplained,
    }
}

/// Both engines take the same messages from these bytes and refuse the same, but for what is listed. And it makes no
/// difference to the decoder where the bytes are cut.
fn both_think_the_same(bytes: &[u8], cuts: &[usize]) -> TestCaseResult {
    let whole = receive(bytes, &[]);
    prop_assert_eq!(&receive(bytes, cuts), &whole, "cut by {:?}", cuts);
    prop_assert_eq!(&receive(bytes, &[1]), &whole, "one byte at a time");

    let theirs = tungstenite_reads(Role::Client, bytes);
    let comparison = compare(&whole, &theirs);
    let shown = bytes.escape_ascii();
    prop_assert_ne!(&comparison, &Comparison::Unexplained, "{}\n{:?}\n{:?}", shown, whole, theirs);
    if comparison == Comparison::Differs(Difference::Sooner) {
        // Had the frame been completed, tungstenite would have refused it as well, but for the form of its length.
        let completed = [bytes, &vec![0; LARGEST_FRAME + 14]].concat();
        let theirs = tungstenite_reads(Role::Client, &completed);
        let explained = [Comparison::Agree, Comparison::Differs(Difference::LengthNotMinimal)];
        prop_assert!(explained.contains(&compare(&whole, &theirs)), "{}\n{:?}\n{:?}", shown, whole, theirs);
    }
    Ok(())
}

/// What the decoder makes of a server's bytes. Holds it to its promises on the way.
fn receive(bytes: &[u8], cuts: &[usize]) -> (Vec<Seen>, End) {
    let mut reader = MessageReader::default();
    let (mut seen, mut message, mut frame) = (Vec::new(), None, 0);
    for mut piece in pieces(bytes, cuts) {
        loop {
            let (used, event) = match reader.read(piece) {
                Ok(step) => step,
                Err(MessageError::Violation(violation)) => return (seen, End::Refused(violation)),
                Err(MessageError::TooBig { .. }) => unreachable!("there is no limit"),
            };
            let left = piece.len() - used;
            match event {
                None => {
                    assert_eq!(left, 0, "bytes were left although more was asked for");
                    break;
                }
                Some(Event::Data(section)) => {
                    assert_eq!(
                        section.first,
                        message.is_none(),
                        "a message begins when the last one has ended"
                    );
                    if let Some(header) = section.header {
                        assert_eq!(frame, 0, "a frame begins when the last one has ended");
                        frame = header.len;
                    }
                    frame -= section.bytes.len() as u64;
                    let (kind, payload) = message.get_or_insert_with(|| (section.kind, Vec::new()));
                    assert_eq!(*kind, section.kind);
                    payload.extend_from_slice(section.bytes);
                    if section.last {
                        seen.extend(
                            message.take().map(|(kind, payload)| Seen::Message(kind, Payload(payload))),
                        );
                    }
                }
                Some(Event::Ping(payload)) => seen.push(Seen::Ping(Payload(payload.to_vec()))),
                Some(Event::Pong(payload)) => seen.push(Seen::Pong(Payload(payload.to_vec()))),
                Some(Event::Close(close)) => {
                    seen.push(Seen::Close(close));
                    return (seen, End::Between);
                }
            }
            piece = &piece[used..];
        }
    }
    (seen, if reader.is_between_messages() { End::Between } else { End::Inside })
}

/// The largest frame that tungstenite is to accept.
const LARGEST_FRAME: usize = 1 << 16;

/// What tungstenite makes of the bytes, and why it went no further if not for want of more.
fn tungstenite_reads(role: Role, bytes: &[u8]) -> (Vec<Seen>, Option<Error>) {
    let limit = if role == Role::Client { LARGEST_FRAME } else { 1 << 20 };
    let config = WebSocketConfig::default().max_frame_size(Some(limit)).read_buffer_size(16 << 10);
    let wire = Wire { incoming: Cursor::new(bytes.to_vec()), outgoing: Vec::new() };
    let mut socket = WebSocket::from_raw_socket(wire, role, Some(config));
    let mut seen = Vec::new();
    loop {
        seen.push(match socket.read() {
            Ok(TheirMessage::Text(text)) => Seen::Message(Kind::Text, Payload(text.as_bytes().to_vec())),
            Ok(TheirMessage::Binary(bytes)) => Seen::Message(Kind::Binary, Payload(bytes.to_vec())),
            Ok(TheirMessage::Ping(payload)) => Seen::Ping(Payload(payload.to_vec())),
            Ok(TheirMessage::Pong(payload)) => Seen::Pong(Payload(payload.to_vec())),
            Ok(TheirMessage::Close(close)) => {
                seen.push(Seen::Close(match close {
                    Some(close) => {
                        CloseFrame { code: close.code.into(), reason: close.reason.as_str().to_owned() }
                    }
                    None => CloseFrame::with_code(NO_STATUS),
                }));
                return (seen, None);
            }
            Ok(TheirMessage::Frame(_)) => unreachable!("read gives messages"),
            Err(Error::Protocol(tungstenite::error::ProtocolError::ResetWithoutClosingHandshake)) => {
                return (seen, None);
            }
            Err(error) => return (seen, Some(error)),
        });
    }
}

/// A connection in memory.
struct Wire {
    incoming: Cursor<Vec<u8>>,
    outgoing: Vec<u8>,
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.incoming.read(buffer)
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.outgoing.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The keys of all frames, found with tungstenite's reader of headers.
fn masking_keys(bytes: &[u8]) -> Vec<[u8; 4]> {
    let mut cursor = Cursor::new(bytes);
    let mut keys = Vec::new();
    while cursor.position() < bytes.len() as u64 {
        let (header, len) = TheirHeader::parse(&mut cursor).expect("a good header").expect("a whole header");
        keys.push(header.mask.expect("a masked frame"));
        cursor.set_position(cursor.position() + len);
    }
    keys
}

// What is sent

/// Messages in fragments, with control frames between them, and perhaps a Close.
#[derive(Clone, Debug)]
struct Conversation {
    messages: Vec<Message>,
    close: Option<CloseFrame>,
}

#[derive(Clone, Debug)]
struct Message {
    kind: Kind,
    payload: Payload,
    fragments: Vec<Fragment>,
}

#[derive(Clone, Debug)]
struct Fragment {
    /// Where it ends, except for the last one.
    end: Index,
    /// What is sent before it.
    controls: Vec<Seen>,
}

struct Frame {
    opcode: Opcode,
    fin: bool,
    payload: Vec<u8>,
}

impl Conversation {
    fn seen(&self) -> Vec<Seen> {
        let mut seen = Vec::new();
        for message in &self.messages {
            seen.extend(message.fragments.iter().flat_map(|fragment| fragment.controls.clone()));
            seen.push(Seen::Message(message.kind, message.payload.clone()));
        }
        seen.extend(self.close.clone().map(Seen::Close));
        seen
    }

    fn frames(&self) -> Vec<Frame> {
        let mut frames = Vec::new();
        for Message { kind, payload: Payload(payload), fragments } in &self.messages {
            let mut ends: Vec<_> =
                fragments.iter().map(|fragment| fragment.end.index(payload.len() + 1)).collect();
            ends.sort_unstable();
            ends.pop();
            ends.push(payload.len());
            let (mut start, mut opcode) = (0, Opcode::from(*kind));
            for (number, (fragment, end)) in fragments.iter().zip(ends).enumerate() {
                frames.extend(fragment.controls.iter().map(Frame::of_control));
                let fin = number + 1 == fragments.len();
                frames.push(Frame { opcode, fin, payload: payload[start..end].to_vec() });
                (start, opcode) = (end, Opcode::Continuation);
            }
        }
        frames.extend(self.close.clone().map(|close| Frame::of_control(&Seen::Close(close))));
        frames
    }

    fn written_by_tungstenite(&self) -> Vec<u8> {
        let wire = Wire { incoming: Cursor::default(), outgoing: Vec::new() };
        let mut socket = WebSocket::from_raw_socket(wire, Role::Server, None);
        for Frame { opcode, fin, payload } in self.frames() {
            let frame = match opcode {
                Opcode::Continuation => TheirFrame::message(payload, OpCode::Data(Data::Continue), fin),
                Opcode::Text => TheirFrame::message(payload, OpCode::Data(Data::Text), fin),
                Opcode::Binary => TheirFrame::message(payload, OpCode::Data(Data::Binary), fin),
                Opcode::Ping => TheirFrame::ping(payload),
                Opcode::Pong => TheirFrame::pong(payload),
                Opcode::Close => TheirFrame::close(self.close.as_ref().and_then(|close| {
                    let code = CloseCode::from(close.code);
                    (close.code != NO_STATUS)
                        .then(|| TheirClose { code, reason: close.reason.as_str().into() })
                })),
            };
            socket.write(TheirMessage::Frame(frame)).expect("write into memory");
        }
        socket.flush().expect("write into memory");
        socket.into_inner().outgoing
    }

    /// Every other frame at once, the rest in sections.
    fn encoded(&self, sections: &[usize]) -> Vec<u8> {
        let (mut encoder, mut out) = (FrameWriter::new(wsurl::protocol::Role::Client), Vec::new());
        for (number, Frame { opcode, fin, payload }) in self.frames().into_iter().enumerate() {
            match opcode {
                Opcode::Ping => encoder.ping(&payload, &mut out),
                Opcode::Pong => encoder.pong(&payload, &mut out),
                Opcode::Close => encoder.close(self.close.as_ref().expect("its Close"), &mut out),
                _ if number % 2 == 0 => encoder.frame(opcode, fin, &payload, &mut out),
                _ => {
                    let header = FrameHeader { fin, rsv1: false, opcode, len: payload.len() as u64 };
                    let mut frame = encoder.begin(header, &mut out);
                    for section in pieces(&payload, sections) {
                        frame.append(section, &mut out);
                    }
                    assert_eq!(frame.remaining(), 0);
                }
            }
        }
        out
    }
}

impl Frame {
    fn of_control(control: &Seen) -> Self {
        let (opcode, payload) = match control {
            Seen::Ping(Payload(payload)) => (Opcode::Ping, payload.clone()),
            Seen::Pong(Payload(payload)) => (Opcode::Pong, payload.clone()),
            Seen::Close(_) => (Opcode::Close, Vec::new()),
            Seen::Message(..) => unreachable!("not a control frame"),
        };
        Self { opcode, fin: true, payload }
    }
}

/// Cuts `bytes` into pieces of these sizes, over and over; after many pieces the rest stays whole. No sizes, no cuts.
pub fn pieces<'a>(bytes: &'a [u8], sizes: &[usize]) -> Vec<&'a [u8]> {
    let (mut pieces, mut rest) = (Vec::new(), bytes);
    let most = if sizes == [1] { usize::MAX } else { 4000 };
    for size in sizes.iter().cycle().take(most) {
        if rest.is_empty() {
            break;
        }
        let (piece, after) = rest.split_at(rest.len().min(*size));
        pieces.push(piece);
        rest = after;
    }
    pieces.push(rest);
    pieces
}

fn join(format: Format, messages: &[Seen]) -> Vec<u8> {
    let mut out = Vec::new();
    for message in messages {
        let Seen::Message(kind, Payload(payload)) = message else {
            unreachable!("{message:?} is no message")
        };
        FramingWriter::new(format, false).message(*kind, payload, SystemTime::now, &mut out);
    }
    out
}

fn split(format: Format, kind: Kind, keep_newline: bool, input: &[u8], cuts: &[usize]) -> Vec<Seen> {
    let mut reader = FramingReader::new(format, kind, keep_newline, 1 << 20);
    let mut seen = Vec::new();
    let mut see = |item: Option<Item<'_>>| {
        seen.extend(item.map(|item| match item {
            Item::Message(kind, payload) => Seen::Message(kind, Payload(payload.into_owned())),
            Item::Close(close) => Seen::Close(close),
        }));
    };
    for mut piece in pieces(input, cuts) {
        while !piece.is_empty() {
            let (used, item) = reader.next(piece).expect("good input");
            see(item);
            piece = &piece[used..];
        }
    }
    see(reader.finish().expect("good input"));
    seen
}

// Where the cases come from

#[track_caller]
pub fn check<S: Strategy>(cases: u32, strategy: S, test: impl Fn(S::Value) -> TestCaseResult) {
    let mut config = Config { failure_persistence: None, max_shrink_time: 10_000, ..Config::default() };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = cases;
    }
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(6455);
    }
    if let Err(err) = TestRunner::new(config).run(&strategy, test) {
        panic!("{err}");
    }
}

/// Where the length field changes its form, and next to it.
fn edge() -> impl Strategy<Value = usize> {
    select(&[0, 1, 124, 125, 126, 127, 128, 65535, 65536, 65537][..])
}

fn any_size() -> impl Strategy<Value = usize> {
    prop_oneof![4 => edge(), 4 => 0..300_usize, 1 => 0..300_000_usize]
}

/// Sizes of the pieces that a stream is cut into.
pub fn cuts() -> impl Strategy<Value = Vec<usize>> {
    vec(prop_oneof![1..4_usize, 1..20_usize, 1..1000_usize, 1..100_000_usize], 1..8)
}

fn conversation(size: impl Strategy<Value = usize>) -> impl Strategy<Value = Conversation> {
    (vec(message(size), 0..6), prop::option::of(close()))
        .prop_map(|(messages, close)| Conversation { messages, close })
}

fn message(size: impl Strategy<Value = usize>) -> impl Strategy<Value = Message> {
    let fragment =
        (any::<Index>(), vec(control(), 0..3)).prop_map(|(end, controls)| Fragment { end, controls });
    let kind = select(&[Kind::Text, Kind::Binary][..]);
    (kind, size, any::<u64>(), vec(fragment, 1..5)).prop_map(|(kind, size, seed, fragments)| {
        let payload = Payload(if kind == Kind::Text { text(size, seed) } else { noise(size, seed) });
        Message { kind, payload, fragments }
    })
}

fn control() -> impl Strategy<Value = Seen> {
    let payload = (prop_oneof![Just(0), Just(125), 1..125_usize], any::<u64>())
        .prop_map(|(size, seed)| Payload(noise(size, seed)));
    (any::<bool>(), payload)
        .prop_map(|(ping, payload)| if ping { Seen::Ping(payload) } else { Seen::Pong(payload) })
}

/// A Close that both engines let pass.
fn close() -> impl Strategy<Value = CloseFrame> {
    let code = prop_oneof![1000..=1003_u16, 1007..=1013_u16, 3000..=4999_u16];
    let close = (code, 0..=123_usize, any::<u64>()).prop_map(|(code, size, seed)| {
        let reason = String::from_utf8(text(size, seed)).expect("text");
        CloseFrame { code, reason }
    });
    prop_oneof![1 => Just(CloseFrame::with_code(NO_STATUS)), 3 => close]
}

/// A frame that may break any number of rules.
fn wild_frame() -> impl Strategy<Value = Vec<u8>> {
    let good = select(&[0x81, 0x82, 0x01, 0x02, 0x80, 0x00, 0x88, 0x89, 0x8A][..]);
    let first = prop_oneof![6 => good, 1 => any::<u8>()];
    let form = prop_oneof![8 => Just(0_u8), 1 => Just(126), 1 => Just(127)];
    let lie =
        prop_oneof![8 => Just(None), 1 => (0..70_000_u64).prop_map(Some), 1 => any::<u64>().prop_map(Some)];
    let key = prop::option::weighted(0.05, any::<[u8; 4]>());
    (first, form, lie, key, wild_payload()).prop_map(|(first, form, lie, key, payload)| {
        let len = lie.unwrap_or(payload.len() as u64);
        let mask = if key.is_some() { 0x80 } else { 0 };
        let mut frame = vec![first];
        match (form, u8::try_from(len), u16::try_from(len)) {
            (0, Ok(short @ ..=125), _) => frame.push(mask | short),
            (0 | 126, _, Ok(wide)) => {
                frame.push(mask | 0x7E);
                frame.extend(wide.to_be_bytes());
            }
            _ => {
                frame.push(mask | 0x7F);
                frame.extend(len.to_be_bytes());
            }
        }
        frame.extend(key.unwrap_or_default().iter().take(if mask == 0 { 0 } else { 4 }));
        frame.extend(payload);
        frame
    })
}

fn wild_payload() -> impl Strategy<Value = Vec<u8>> {
    let text = (0..40_usize, any::<u64>()).prop_map(|(size, seed)| text(size, seed));
    let cut_text =
        (text.clone(), any::<Index>()).prop_map(|(text, end)| text[..end.index(text.len() + 1)].to_vec());
    let code = prop_oneof![995..1020_u16, any::<u16>()];
    let close = (code, text.clone()).prop_map(|(code, text)| [&code.to_be_bytes()[..], &text].concat());
    prop_oneof![
        Just(Vec::new()),
        text,
        cut_text,
        close,
        vec(any::<u8>(), 0..20),
        (120..130_usize).prop_map(|size| vec![b'x'; size]),
    ]
}

/// Characters of all lengths and planes.
fn text(size: usize, seed: u64) -> Vec<u8> {
    let mut numbers = random(seed);
    let mut text = String::with_capacity(size);
    while text.len() < size {
        let range = [0x80, 0x800, 0x1_0000, 0x11_0000][usize::from(numbers() % 4)];
        let point = (u32::from(numbers()) << 16 | u32::from(numbers())) % range;
        let char = char::from_u32(point).unwrap_or('\u{FFFF}');
        text.push(if text.len() + char.len_utf8() <= size { char } else { '.' });
    }
    text.into_bytes()
}

fn noise(size: usize, seed: u64) -> Vec<u8> {
    let mut numbers = random(seed);
    let mut bytes = Vec::with_capacity(size + 1);
    while bytes.len() < size {
        bytes.extend(numbers().to_le_bytes());
    }
    bytes.truncate(size);
    bytes
}

/// Numbers that are the same for the same seed, so that a message of any length shrinks to a small description.
fn random(mut state: u64) -> impl FnMut() -> u16 {
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let [high, low, ..] = state.to_be_bytes();
        u16::from_be_bytes([high, low])
    }
}
