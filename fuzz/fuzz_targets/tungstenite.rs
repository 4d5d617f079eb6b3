//! Another implementation, tungstenite, reads the same messages from the same stream, as far as both accept it.
#![no_main]

use std::io::{self, Read, Write};

use libfuzzer_sys::fuzz_target;
use tungstenite::error::Error;
use tungstenite::protocol::{Role as TheirRole, WebSocketConfig};
use tungstenite::{Message, WebSocket};
use wsurl::protocol::{MessageReader, Role};
use wsurl_fuzz::read_messages;

const LIMIT: usize = 1 << 16;

/// A stream that ends, and takes everything.
struct Stream<'a>(&'a [u8]);

impl Read for Stream<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for Stream<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fuzz_target!(|data: &[u8]| {
    let ours = read_messages(MessageReader::new(Role::Client, None, Some(LIMIT as u64)), data, 0);
    let (theirs, refused) = read_theirs(data);
    let (last, ours) = ours.split_last().expect("a stream has an end");
    if last.starts_with("close") {
        // Of what the registry has added, tungstenite knows 1012 and 1013.
        let is_known = !last.starts_with("close 1014");
        assert!(theirs.starts_with(ours), "{ours:?} {theirs:?}");
        assert!(!is_known || theirs.last() == Some(last), "{last:?} {theirs:?}");
    } else if last.starts_with("error") {
        // They accept lengths that are not minimal (RFC 6455 §5.2), and refuse text only when the message is complete.
        assert!(theirs.starts_with(ours), "{last}: {ours:?} {theirs:?}");
    } else {
        assert!(!refused, "tungstenite refuses what we accept: {ours:?}");
        assert_eq!(ours, theirs);
    }
});

/// Their messages, and whether they refused the stream.
fn read_theirs(data: &[u8]) -> (Vec<String>, bool) {
    let config = WebSocketConfig::default().max_message_size(Some(LIMIT)).max_frame_size(Some(LIMIT));
    let mut socket = WebSocket::from_raw_socket(Stream(data), TheirRole::Client, Some(config));
    let mut seen = Vec::new();
    loop {
        match socket.read() {
            Ok(Message::Text(text)) => seen.push(format!("text {}", text.as_bytes().escape_ascii())),
            Ok(Message::Binary(bytes)) => seen.push(format!("binary {}", bytes.escape_ascii())),
            Ok(Message::Ping(payload)) => seen.push(format!("ping {}", payload.escape_ascii())),
            Ok(Message::Pong(payload)) => seen.push(format!("pong {}", payload.escape_ascii())),
            Ok(Message::Close(frame)) => {
                let (code, reason) = frame
                    .map_or((1005, String::new()), |frame| (frame.code.into(), frame.reason.to_string()));
                seen.push(format!("close {code} {reason}"));
                return (seen, false);
            }
            Ok(Message::Frame(frame)) => panic!("a raw frame: {frame:?}"),
            Err(Error::Protocol(tungstenite::error::ProtocolError::ResetWithoutClosingHandshake)) => {
                return (seen, false);
            }
            Err(Error::Protocol(_) | Error::Capacity(_) | Error::Utf8(_)) => return (seen, true),
            Err(_) => return (seen, false),
        }
    }
}
