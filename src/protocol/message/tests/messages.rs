//! Compressed messages from one side's writer to the other side's reader.

use super::{HELLO, Random};
use crate::protocol::message::{
    Event, MessageError, MessageReader, MessageWriter, OutgoingSection, SendBudget,
};
use crate::protocol::{Agreement, InvalidUtf8, Kind, Opcode, Role, Violation};

const PLENTY: SendBudget =
    SendBudget { bytes: usize::MAX, overshoot: 0, messages: u64::MAX, control_waits: false };

fn agreement(offer: &str) -> Option<Agreement> {
    Agreement::accept(offer).map(|(agreement, _)| agreement)
}

fn by_default() -> Option<Agreement> {
    agreement("permessage-deflate")
}

/// The frames of one message, written in sections of `size` bytes.
fn written(writer: &mut MessageWriter, kind: Kind, message: &[u8], size: usize) -> Vec<u8> {
    let (mut out, mut rest) = (Vec::new(), message);
    let whole_len = Some(message.len() as u64);
    loop {
        let (bytes, more) = rest.split_at(rest.len().min(size));
        rest = more;
        let section = OutgoingSection { kind, bytes, last: rest.is_empty(), whole_len };
        if writer.write(&section, &mut PLENTY.clone(), &mut out).message {
            return out;
        }
    }
}

/// The messages in `stream`, read in pieces of `size` bytes.
fn read(
    reader: &mut MessageReader,
    stream: &[u8],
    size: usize,
) -> Result<Vec<(Kind, Vec<u8>)>, MessageError> {
    let (mut messages, mut message) = (Vec::new(), Vec::new());
    for mut piece in stream.chunks(size) {
        loop {
            let (used, event) = reader.read(piece)?;
            piece = &piece[used..];
            match event {
                Some(Event::Data(section)) => {
                    assert_eq!((section.offset, section.bytes.len() <= 64 * 1024), (None, true));
                    message.extend_from_slice(section.bytes);
                    if section.last {
                        messages.push((section.kind, std::mem::take(&mut message)));
                    }
                }
                Some(other) => panic!("{other:?}"),
                None => break,
            }
        }
        assert!(piece.is_empty() && !reader.has_pending());
    }
    assert!(reader.is_between_messages());
    Ok(messages)
}

/// The first byte and the length of each frame that a server wrote.
fn frames(mut out: &[u8]) -> Vec<(u8, usize)> {
    let mut seen = Vec::new();
    while let [first, second, ..] = *out {
        let (len, header) = match second {
            126 => (usize::from(u16::from_be_bytes([out[2], out[3]])), 4),
            127 => (usize::try_from(u64::from_be_bytes(out[2..10].try_into().unwrap())).unwrap(), 10),
            len => (usize::from(len), 2),
        };
        seen.push((first, len));
        out = &out[header + len..];
    }
    seen
}

#[test]
fn messages_arrive_whoever_sends_them_and_wherever_they_are_cut() {
    let text = "lines of a log, line after line. ".repeat(40);
    let messages = [
        (Kind::Text, b"".to_vec()),
        (Kind::Text, text.clone().into_bytes()),
        (Kind::Binary, Random(3).bytes(700)),
        (Kind::Text, b"short".to_vec()),
        (Kind::Text, text.into_bytes()),
    ];
    for offer in [
        "permessage-deflate",
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
        "permessage-deflate; server_max_window_bits=9; client_max_window_bits=8",
    ] {
        for (sender, receiver) in [(Role::Client, Role::Server), (Role::Server, Role::Client)] {
            for (max_frame, section) in [(None, usize::MAX), (Some(100), 300), (Some(1), 7)] {
                let mut writer = MessageWriter::new(sender, agreement(offer), max_frame);
                let stream: Vec<u8> = messages
                    .iter()
                    .flat_map(|(kind, message)| written(&mut writer, *kind, message, section))
                    .collect();
                for size in [1, 2, 3, 5, 17, stream.len()] {
                    let mut reader = MessageReader::new(receiver, agreement(offer), None);
                    let arrived = read(&mut reader, &stream, size).unwrap();
                    assert!(arrived == messages, "{offer}, {sender:?}, {max_frame:?}, pieces of {size}");
                    assert_eq!(reader.wire_bytes(), writer.wire_bytes());
                }
            }
        }
    }
}

#[test]
fn a_message_at_hand_is_one_frame_and_a_short_one_is_not_compressed() {
    let mut writer = MessageWriter::new(Role::Server, by_default(), None);
    let zeros = vec![0; 200_000];
    let out = written(&mut writer, Kind::Binary, &zeros, usize::MAX);
    let [(0xC2, len)] = frames(&out)[..] else { panic!("{:?}", frames(&out)) };
    assert!(len < 1000 && writer.wire_bytes() == len as u64);
    assert_eq!(frames(&written(&mut writer, Kind::Text, b"short", 5)), [(0x81, 5)]);
}

#[test]
fn a_large_message_goes_out_as_fragments_while_it_comes_in() {
    let mut writer = MessageWriter::new(Role::Server, by_default(), None);
    let noise = Random(9).bytes(300_000);
    let out = written(&mut writer, Kind::Binary, &noise, 10_000);
    let frames = frames(&out);
    let firsts: Vec<_> = frames.iter().map(|(first, _)| *first).collect();
    assert_eq!(firsts, [0x42, 0x00, 0x00, 0x00, 0x80]);
    assert!(frames.iter().all(|(_, len)| *len < 64 * 1024 + 16 * 1024), "{frames:?}");
    let mut reader = MessageReader::new(Role::Client, by_default(), None);
    assert!(read(&mut reader, &out, 4096).unwrap() == [(Kind::Binary, noise)]);
}

#[test]
fn what_is_flushed_can_be_inflated_before_the_message_ends() {
    let mut writer = MessageWriter::new(Role::Server, by_default(), None);
    let mut reader = MessageReader::new(Role::Client, by_default(), None);
    let mut out = Vec::new();
    for (bytes, last) in [(&b"typed"[..], false), (b" later", false), (b"", true)] {
        let section = OutgoingSection { kind: Kind::Text, bytes, last, whole_len: None };
        writer.write(&section, &mut PLENTY.clone(), &mut out);
        writer.flush(&mut out);
        let (used, event) = reader.read(&out).unwrap();
        let Some(Event::Data(section)) = event else { panic!("{event:?}") };
        assert_eq!((used, section.bytes, section.last), (out.len(), bytes, last));
        out.clear();
        writer.flush(&mut out);
        assert!(out.is_empty(), "nothing new");
    }
}

#[test]
fn a_bomb_comes_in_bounded_sections_and_is_limited_by_what_it_inflates_to() {
    let mut writer = MessageWriter::new(Role::Server, by_default(), None);
    let bomb = written(&mut writer, Kind::Binary, &vec![0; 10_000_000], usize::MAX);
    assert!(bomb.len() < 11_000);
    for size in [1, 7, bomb.len()] {
        let mut reader = MessageReader::new(Role::Client, by_default(), None);
        let arrived = read(&mut reader, &bomb, size).unwrap();
        assert_eq!(arrived[0].1.len(), 10_000_000);
        let mut reader = MessageReader::new(Role::Client, by_default(), Some(1_000_000));
        let error = read(&mut reader, &bomb, size).unwrap_err();
        assert_eq!(error, MessageError::TooBig { at_least: 1_000_001, limit: 1_000_000 });
    }
    let mut reader = MessageReader::new(Role::Client, by_default(), Some(10_000_000));
    assert!(read(&mut reader, &bomb, bomb.len()).is_ok(), "exactly the limit");
}

#[test]
fn a_broken_rule_is_the_same_at_every_cut() {
    let hello = [&[0xC1, 7][..], &HELLO].concat();
    let mut writer = MessageWriter::new(Role::Server, by_default(), None);
    let mut latin = b"a text that is long enough to be compressed: caf".to_vec();
    latin.extend(b"\xe9 and more");
    let latin = written(&mut writer, Kind::Text, &latin, usize::MAX);
    // A stored block of three bytes, of which one is no UTF-8, and a block of a type that does not exist.
    let both = [0xC1, 9, 0x00, 3, 0, 0xFC, 0xFF, b'a', 0xE9, b'b', 0x07].to_vec();
    for (stream, violation) in [
        ([&hello[..], &[0xC9, 0]].concat(), Violation::CompressedBit(Opcode::Ping)),
        (vec![0x41, 1, HELLO[0], 0xC0, 0], Violation::CompressedBit(Opcode::Continuation)),
        ([&hello[..], &[0xA1, 0]].concat(), Violation::ReservedBits(2)),
        (latin, Violation::TextNotUtf8(InvalidUtf8 { offset: 48 })),
        (both, Violation::TextNotUtf8(InvalidUtf8 { offset: 1 })),
    ] {
        for size in 1..=stream.len() {
            let mut reader = MessageReader::new(Role::Client, by_default(), None);
            assert_eq!(read(&mut reader, &stream, size), Err(violation.into()), "pieces of {size}");
        }
    }
}

#[test]
fn broken_deflate_is_a_violation_answered_with_1007() {
    for (payload, said) in
        [(&[0x07][..], "invalid block type"), (&HELLO[..3], "it does not end with an empty stored block")]
    {
        let stream = [&[0xC1, u8::try_from(payload.len()).unwrap()], payload].concat();
        let mut reader = MessageReader::new(Role::Client, by_default(), None);
        let error = read(&mut reader, &stream, stream.len()).unwrap_err();
        let MessageError::Violation(violation) = error else { panic!("{error:?}") };
        assert_eq!(violation.close_code(), 1007);
        assert!(violation.to_string().contains(said), "{violation}");
    }
}
