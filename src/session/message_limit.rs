//! `--max-message-size`: refuses a message at the frame header that makes it too large, before any of it is kept.

use crate::error::{Failure, Status};
use crate::protocol::Section;
use crate::size;

/// Adds up the frames of a message.
#[derive(Debug)]
pub(super) struct MessageLimit {
    max: u64,
    announced: u64,
}

impl MessageLimit {
    pub(super) fn new(max: u64) -> Self {
        Self { max, announced: 0 }
    }

    /// Takes note of a section: refused when its message is going to be larger than it may be.
    pub(super) fn check(&mut self, section: &Section<'_>) -> Result<(), Failure> {
        if let Some(header) = section.header {
            self.announced = self.announced.saturating_add(header.len);
        }
        if self.announced > self.max {
            let (announced, limit) = (self.announced, size::exact(self.max));
            let text = format!(
                "a message of at least {announced} bytes is larger than {limit} (--max-message-size)"
            );
            return Err(Failure::new(Status::MessageTooBig, text)
                .hint("--max-message-size allows more; `wsurl stream` receives messages of any size"));
        }
        if section.last {
            self.announced = 0;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{FrameHeader, Kind, Opcode};

    fn frame(len: u64, first: bool, last: bool) -> Section<'static> {
        let header = FrameHeader { fin: last, opcode: Opcode::Binary, len };
        Section { kind: Kind::Binary, bytes: b"", first, last, header: Some(header) }
    }

    #[test]
    fn fragments_add_up_and_messages_do_not() {
        let mut limit = MessageLimit::new(10);
        assert!(limit.check(&frame(10, true, true)).is_ok());
        assert!(limit.check(&frame(6, true, false)).is_ok());
        assert!(limit.check(&frame(4, false, true)).is_ok());
        assert!(limit.check(&frame(6, true, false)).is_ok());
        let failure = limit.check(&frame(5, false, true)).unwrap_err();
        assert_eq!(
            failure.to_string(),
            "a message of at least 11 bytes is larger than 10 (--max-message-size)"
        );
    }
}
