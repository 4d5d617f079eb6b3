//! What a writer puts into frames, in sections and budgets of any size, a reader of the other side reads back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wsurl::protocol::{CloseFrame, Kind, MessageReader, MessageWriter, OutgoingSection, Role, SendBudget};
use wsurl_fuzz::{Choices, read_messages};

fuzz_target!(|data: &[u8]| {
    let mut choices = Choices::new(data);
    let agreement = choices.agreement();
    let role = if choices.flag() { Role::Server } else { Role::Client };
    let max_frame = choices.flag().then(|| 1 + choices.below(300) as u64);
    let seed = choices.byte();
    let mut writer = MessageWriter::new(role, agreement, max_frame);
    let (mut wire, mut expected) = (Vec::new(), Vec::new());
    while !choices.is_over() {
        let kind = if choices.flag() { Kind::Text } else { Kind::Binary };
        let len = choices.below(2000);
        let payload: Vec<u8> = choices.bytes(len).iter().map(|byte| byte & 0x7f).collect();
        let controls = write_message(&mut writer, &mut choices, kind, &payload, &mut wire);
        expected.extend(controls);
        expected.push(format!("{kind} {}", payload.escape_ascii()));
    }
    writer.close(&CloseFrame { code: 4001, reason: "bye".to_owned() }, &mut wire);
    expected.push("close 4001 bye".to_owned());
    let peer = match role {
        Role::Client => Role::Server,
        Role::Server => Role::Client,
    };
    assert_eq!(read_messages(MessageReader::new(peer, agreement, None), &wire, seed), expected);
});

/// Writes one message in sections. Returns the control frames that were put between its frames.
fn write_message(
    writer: &mut MessageWriter,
    choices: &mut Choices<'_>,
    kind: Kind,
    payload: &[u8],
    wire: &mut Vec<u8>,
) -> Vec<String> {
    let whole_len = choices.flag().then_some(payload.len() as u64);
    let (mut rest, mut controls) = (payload, Vec::new());
    loop {
        // After the end of the input, everything at once.
        let size = if choices.is_over() { rest.len() } else { choices.below(700).min(rest.len()) };
        let (here, after) = rest.split_at(size);
        let last = after.is_empty() && (choices.is_over() || choices.flag());
        let here = if last { rest } else { here };
        let mut budget = SendBudget {
            bytes: 1 + choices.below(500),
            overshoot: choices.below(200),
            messages: 1,
            control_waits: choices.flag(),
        };
        let room = writer.room(&budget);
        let section = OutgoingSection { kind, bytes: here, last, whole_len };
        let written = writer.write(&section, &mut budget, wire);
        assert!(written.bytes <= here.len());
        assert!(written.bytes == here.len() || here.len() > room, "less was taken than there is room for");
        // A message of known length is complete with its last byte.
        assert!(!written.message || (written.bytes == here.len() && (last || whole_len.is_some())));
        rest = &rest[written.bytes..];
        if written.message {
            return controls;
        }
        if choices.flag() {
            writer.flush(wire);
        }
        if choices.flag() && !writer.is_inside_frame() {
            writer.ping(b"p", wire);
            writer.pong(b"", wire);
            controls.extend(["ping p".to_owned(), "pong ".to_owned()]);
        }
    }
}
