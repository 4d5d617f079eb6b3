//! The server's own frames: every one that is seen, on whatever connection, is looked at here. Pure.

use super::frame::{BINARY, CLOSE, CONTINUATION, PING, PONG, SeenFrame, TEXT, Width};
use super::judgement::Judgement;
use crate::protocol::{Utf8Stream, close_code_is_sendable};

/// What a server owes in each frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Duty {
    /// No mask.
    Unmasked,
    /// No reserved bits.
    ReservedBitsZero,
    /// No reserved opcodes.
    DefinedOpcode,
    /// No length in more bytes than it needs.
    ShortestLength,
    /// Control frames short and not in fragments.
    WholeControl,
    /// Fragments of one message in order.
    FragmentOrder,
    /// Text in UTF-8.
    Utf8,
    /// Close frames with a code that may be sent, and a reason in UTF-8.
    LegalClose,
    /// No data after a Close frame.
    NothingAfterClose,
}

/// How a server did in all frames so far.
#[derive(Debug, Default)]
pub(super) struct Conduct {
    records: [Record; 9],
}

/// One duty.
#[derive(Clone, Debug, Default)]
struct Record {
    /// The frames in which it could have been neglected.
    frames: u64,
    /// The first in which it was, and how.
    breach: Option<(String, Vec<String>)>,
}

/// Where one connection stands.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// Whether a message was begun, and whether it is text.
    message: Option<bool>,
    utf8: Utf8Stream,
    closed: bool,
}

impl Conduct {
    /// Looks at the next frame of a connection. `shown` is that frame as evidence, `rule` the rule that it was seen in.
    pub(super) fn look_at(&mut self, frame: &SeenFrame, progress: &mut Progress, shown: &str, rule: &str) {
        for (duty, result) in progress.check(frame) {
            let record = &mut self.records[duty as usize];
            record.frames += 1;
            if let (Err(what), None) = (result, &record.breach) {
                let evidence = vec![format!("* during {rule}"), format!("< {shown}")];
                record.breach = Some((what, evidence));
            }
        }
    }

    /// How the server did in this, and the evidence.
    pub(super) fn judge(&self, duty: Duty) -> (Judgement, Vec<String>) {
        let record = &self.records[duty as usize];
        match (&record.breach, record.frames) {
            (Some((what, evidence)), _) => (Judgement::fail(what), evidence.clone()),
            (None, 0) => (Judgement::inconclusive("it sent no frame that could tell"), Vec::new()),
            (None, 1) => (Judgement::pass("kept in 1 frame"), Vec::new()),
            (None, frames) => (Judgement::pass(format!("kept in {frames} frames")), Vec::new()),
        }
    }
}

impl Progress {
    /// The duties on which this frame has a bearing, and whether they are kept.
    fn check(&mut self, frame: &SeenFrame) -> Vec<(Duty, Result<(), String>)> {
        let keeps = |kept: bool, breach: &str| if kept { Ok(()) } else { Err(breach.to_owned()) };
        let defined = matches!(frame.opcode, CONTINUATION | TEXT | BINARY | CLOSE | PING | PONG);
        let mut checked = vec![
            (Duty::Unmasked, keeps(!frame.masked, "a masked frame")),
            (
                Duty::ReservedBitsZero,
                keeps(frame.reserved == 0, &format!("reserved bits {:03b} are set", frame.reserved)),
            ),
            (Duty::DefinedOpcode, keeps(defined, &format!("opcode {:#x}", frame.opcode))),
        ];
        let (shortest, len) = (Width::of(frame.payload.len() as u64), frame.payload.len());
        if frame.width > Width::Seven {
            let breach = format!("a length of {len} in {} bits", frame.width.bits());
            checked.push((Duty::ShortestLength, keeps(frame.width == shortest, &breach)));
        }
        if frame.is_control() {
            checked.push((Duty::WholeControl, check_control(frame)));
            if frame.opcode == CLOSE {
                checked.push((Duty::LegalClose, check_close(&frame.payload)));
                checked.push((Duty::NothingAfterClose, Ok(())));
                self.closed = true;
            }
            return checked;
        }
        if self.closed {
            checked.push((Duty::NothingAfterClose, Err("data after its Close frame".to_owned())));
        }
        checked.push((Duty::FragmentOrder, self.check_order(frame)));
        let is_text = self.message.unwrap_or(frame.opcode == TEXT);
        self.message = (!frame.fin).then_some(is_text);
        if is_text {
            checked.push((Duty::Utf8, self.check_text(frame)));
        }
        checked
    }

    fn check_order(&self, frame: &SeenFrame) -> Result<(), String> {
        match (frame.opcode == CONTINUATION, self.message) {
            (true, None) => Err("a continuation of no message".to_owned()),
            (false, Some(_)) => Err("a new message before the last one was complete".to_owned()),
            _ => Ok(()),
        }
    }

    fn check_text(&mut self, frame: &SeenFrame) -> Result<(), String> {
        let fed = self.utf8.feed(&frame.payload);
        let whole = if frame.fin { fed.and(self.utf8.finish()) } else { fed };
        if frame.fin {
            self.utf8 = Utf8Stream::new();
        }
        whole.map_err(|invalid| format!("text that is not UTF-8 at byte {}", invalid.offset))
    }
}

fn check_control(frame: &SeenFrame) -> Result<(), String> {
    match (frame.fin, frame.is_long()) {
        (false, _) => Err("a control frame in fragments".to_owned()),
        (true, true) => Err(format!("a control frame of {} bytes", frame.payload.len())),
        (true, false) => Ok(()),
    }
}

fn check_close(payload: &[u8]) -> Result<(), String> {
    let Some((code, reason)) = payload.split_first_chunk() else {
        return if payload.is_empty() { Ok(()) } else { Err("a Close frame with one byte".to_owned()) };
    };
    let code = u16::from_be_bytes(*code);
    if !close_code_is_sendable(code) {
        return Err(format!("close code {code}, which must not be sent"));
    }
    match std::str::from_utf8(reason) {
        Ok(_) => Ok(()),
        Err(err) => Err(format!("a close reason that is not UTF-8 at byte {}", err.valid_up_to())),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::super::frame::{RawFrame, Reading};
    use super::*;

    const ALL: [Duty; 9] = [
        Duty::Unmasked,
        Duty::ReservedBitsZero,
        Duty::DefinedOpcode,
        Duty::ShortestLength,
        Duty::WholeControl,
        Duty::FragmentOrder,
        Duty::Utf8,
        Duty::LegalClose,
        Duty::NothingAfterClose,
    ];

    fn conduct(frames: &[RawFrame]) -> Conduct {
        let (mut conduct, mut progress) = (Conduct::default(), Progress::default());
        for frame in frames {
            let Reading::Frame(seen, _) = SeenFrame::read(&frame.bytes([1, 2, 3, 4])) else { panic!() };
            conduct.look_at(&seen, &mut progress, "..", "some-rule");
        }
        conduct
    }

    fn frame(opcode: u8, payload: impl Into<Vec<u8>>) -> RawFrame {
        RawFrame::new(opcode, payload).unmasked()
    }

    /// The only duty that is neglected, and how.
    fn breach(frames: &[RawFrame]) -> (Duty, String) {
        let conduct = conduct(frames);
        let judged = ALL.map(|duty| (duty, conduct.judge(duty).0));
        let mut failed = judged.into_iter().filter(|(_, judged)| judged.verdict == Verdict::Fail);
        let (duty, judgement) = failed.next().expect("a breach");
        assert_eq!(failed.next(), None);
        (duty, judgement.seen)
    }

    #[test]
    fn a_good_server_keeps_all_duties() {
        let conduct = conduct(&[
            frame(TEXT, b"5\xE2").unfinished(),
            frame(PING, ""),
            frame(CONTINUATION, b"\x82\xAC"),
            frame(BINARY, vec![0xFF; 126]),
            frame(BINARY, vec![0xFF; 65536]),
            frame(CLOSE, b"\x03\xe8bye"),
            frame(PONG, ""),
        ]);
        for duty in ALL {
            let (judgement, evidence) = conduct.judge(duty);
            assert_eq!((judgement.verdict, evidence), (Verdict::Pass, Vec::new()), "{duty:?}");
        }
        assert_eq!(conduct.judge(Duty::ShortestLength).0.seen, "kept in 2 frames");
    }

    #[test]
    fn each_breach_counts_against_its_own_duty() {
        let opening = || frame(TEXT, "a").unfinished();
        for (frames, duty, seen) in [
            (vec![RawFrame::new(TEXT, "a")], Duty::Unmasked, "a masked frame"),
            (vec![frame(TEXT, "").reserved(4)], Duty::ReservedBitsZero, "reserved bits 100 are set"),
            (vec![frame(0xB, "")], Duty::DefinedOpcode, "opcode 0xb"),
            (
                vec![frame(TEXT, "a").length_in(Width::Sixteen)],
                Duty::ShortestLength,
                "a length of 1 in 16 bits",
            ),
            (vec![frame(PING, [1; 126])], Duty::WholeControl, "a control frame of 126 bytes"),
            (vec![frame(PONG, "").unfinished()], Duty::WholeControl, "a control frame in fragments"),
            (vec![frame(CONTINUATION, "")], Duty::FragmentOrder, "a continuation of no message"),
            (
                vec![opening(), frame(BINARY, "")],
                Duty::FragmentOrder,
                "a new message before the last one was complete",
            ),
            (
                vec![frame(TEXT, b"\xC3").unfinished(), frame(CONTINUATION, "(")],
                Duty::Utf8,
                "text that is not UTF-8 at byte 0",
            ),
            (vec![frame(TEXT, b"a\xC3")], Duty::Utf8, "text that is not UTF-8 at byte 1"),
            (vec![frame(CLOSE, [3])], Duty::LegalClose, "a Close frame with one byte"),
            (vec![frame(CLOSE, [3, 0xED])], Duty::LegalClose, "close code 1005, which must not be sent"),
            (
                vec![frame(CLOSE, b"\x03\xe8\xff")],
                Duty::LegalClose,
                "a close reason that is not UTF-8 at byte 0",
            ),
            (vec![frame(CLOSE, ""), frame(TEXT, "a")], Duty::NothingAfterClose, "data after its Close frame"),
        ] {
            assert_eq!(breach(&frames), (duty, seen.to_owned()));
        }
    }

    #[test]
    fn evidence_names_the_frame_and_where_it_was_seen() {
        let (_, evidence) = conduct(&[RawFrame::new(TEXT, "a")]).judge(Duty::Unmasked);
        assert_eq!(evidence, ["* during some-rule", "< .."]);
        let (judgement, _) = conduct(&[]).judge(Duty::Unmasked);
        assert_eq!(judgement.verdict, Verdict::Inconclusive);
    }
}
