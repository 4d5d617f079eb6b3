//! The payload of a Close frame: a code that may be sent and a reason in UTF-8, or the rule that it breaks.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wsurl::protocol::{
    CloseFrame, Event, MessageError, MessageReader, MessageWriter, NO_STATUS, Role, Violation,
    close_code_is_sendable,
};

fuzz_target!(|data: &[u8]| {
    let payload = &data[..data.len().min(125)];
    let frame = [&[0x88, payload.len() as u8], payload].concat();
    let mut reader = MessageReader::default();
    let close = match reader.read(&frame) {
        Ok((used, Some(Event::Close(close)))) => {
            assert_eq!(used, frame.len());
            close
        }
        Ok(other) => panic!("{other:?}"),
        Err(MessageError::Violation(violation)) => {
            assert!(refusal_is_right(payload, violation), "{violation:?}");
            return;
        }
        Err(err) => panic!("{err:?}"),
    };
    match payload {
        [] => assert_eq!(close, CloseFrame::with_code(NO_STATUS)),
        [high, low, reason @ ..] => {
            assert_eq!(close.code, u16::from_be_bytes([*high, *low]));
            assert!(close_code_is_sendable(close.code));
            assert_eq!(close.reason.as_bytes(), reason);
        }
        [_] => panic!("one byte is no payload of a Close"),
    }
    assert!(!close.described().is_empty());
    let mut written = Vec::new();
    MessageWriter::new(Role::Server, None, None).close(&close, &mut written);
    assert_eq!(written, frame);
});

fn refusal_is_right(payload: &[u8], violation: Violation) -> bool {
    match (payload, violation) {
        ([_], Violation::CloseTooShort) => true,
        ([high, low, ..], Violation::CloseCode(code)) => {
            code == u16::from_be_bytes([*high, *low]) && !close_code_is_sendable(code)
        }
        ([_, _, reason @ ..], Violation::CloseReasonNotUtf8(invalid)) => {
            std::str::from_utf8(reason).is_err_and(|err| err.valid_up_to() as u64 == invalid.offset)
        }
        _ => false,
    }
}
