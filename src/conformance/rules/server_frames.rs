//! Rules on the server's own frames: checks every frame that the server sends, on every connection. Pure.

use crate::conformance::harness::frame::{BINARY, CLOSE, CONTINUATION, PING, PONG, SeenFrame, TEXT, Width};
use crate::conformance::harness::judgement::Judgement;
use crate::conformance::harness::recorder::FrameWatcher;
use crate::conformance::rule::Rule;
use crate::protocol::{Utf8Stream, close_code_is_sendable};

/// The rules of this file. Their checks cover all frames that arrive while other rules are checked.
pub(crate) const CHECKS: &[(Rule, FrameCheck)] = &[
    (Rule::new("sends-no-masks", "5.1", "the server's frames are not masked"), FrameCheck::Unmasked),
    (Rule::new("sends-no-reserved-bits", "5.2", "its reserved bits are zero"), FrameCheck::ReservedBitsZero),
    (Rule::new("sends-known-opcodes", "5.2", "its opcodes are defined"), FrameCheck::DefinedOpcode),
    (
        Rule::new("sends-shortest-lengths", "5.2", "its lengths are as short as can be"),
        FrameCheck::ShortestLength,
    ),
    (
        Rule::new("sends-whole-control", "5.5", "its control frames are short and whole"),
        FrameCheck::WholeControl,
    ),
    (Rule::new("sends-fragments-in-order", "5.4", "its fragments are in order"), FrameCheck::FragmentOrder),
    (Rule::new("sends-utf8", "5.6", "its text is UTF-8"), FrameCheck::Utf8),
    (Rule::new("sends-legal-close", "7.4.1", "its close codes may be sent"), FrameCheck::LegalClose),
    (
        Rule::new("sends-nothing-after-close", "5.5.1", "it sends no data after Close"),
        FrameCheck::NothingAfterClose,
    ),
];

/// A check that applies to each frame of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FrameCheck {
    Unmasked,
    ReservedBitsZero,
    DefinedOpcode,
    /// Lengths use the shortest encoding.
    ShortestLength,
    /// Control frames are short and not fragmented.
    WholeControl,
    FragmentOrder,
    Utf8,
    /// Close frames have a code that may be sent, and a reason in UTF-8.
    LegalClose,
    /// No data follows a Close frame.
    NothingAfterClose,
}

/// The results for all frames so far.
#[derive(Debug, Default)]
pub(crate) struct ServerFrameChecks {
    results: [CheckResult; 9],
    progress: ConnectionProgress,
}

/// The result of one check.
#[derive(Clone, Debug, Default)]
struct CheckResult {
    /// The number of frames to which the check applied.
    frames: u64,
    /// The first frame that failed the check: the reason, and the evidence.
    breach: Option<(String, Vec<String>)>,
}

/// The state of the current connection that its next frame must agree with.
#[derive(Debug, Default)]
struct ConnectionProgress {
    /// Whether the current message is text; `None` between messages.
    message: Option<bool>,
    utf8: Utf8Stream,
    closed: bool,
    /// Whether compression was agreed on. If so, RSV1 is allowed, and text may be compressed.
    may_compress: bool,
}

impl FrameWatcher for ServerFrameChecks {
    fn connected(&mut self) {
        self.progress = ConnectionProgress::default();
    }

    fn compresses(&mut self) {
        self.progress.may_compress = true;
    }

    fn frame(&mut self, frame: &SeenFrame, shown: &str, rule: &str) {
        for (check, kept) in self.progress.check(frame) {
            let result = &mut self.results[check as usize];
            result.frames += 1;
            if let (Err(what), None) = (kept, &result.breach) {
                let evidence = vec![format!("* during {rule}"), format!("< {shown}")];
                result.breach = Some((what, evidence));
            }
        }
    }
}

impl ServerFrameChecks {
    /// The judgement of this check, and its evidence.
    pub(crate) fn judge(&self, check: FrameCheck) -> (Judgement, Vec<String>) {
        let result = &self.results[check as usize];
        match (&result.breach, result.frames) {
            (Some((what, evidence)), _) => (Judgement::fail(what), evidence.clone()),
            (None, 0) => (Judgement::inconclusive("it sent no frame that could tell"), Vec::new()),
            (None, 1) => (Judgement::pass("kept in 1 frame"), Vec::new()),
            (None, frames) => (Judgement::pass(format!("kept in {frames} frames")), Vec::new()),
        }
    }
}

impl ConnectionProgress {
    /// The checks that apply to this frame, and whether it passes them.
    fn check(&mut self, frame: &SeenFrame) -> Vec<(FrameCheck, Result<(), String>)> {
        let keeps = |kept: bool, breach: &str| if kept { Ok(()) } else { Err(breach.to_owned()) };
        let defined = matches!(frame.opcode, CONTINUATION | TEXT | BINARY | CLOSE | PING | PONG);
        let reserved = if self.may_compress { frame.reserved & 0x3 } else { frame.reserved };
        let mut checked = vec![
            (FrameCheck::Unmasked, keeps(!frame.masked, "a masked frame")),
            (
                FrameCheck::ReservedBitsZero,
                keeps(reserved == 0, &format!("reserved bits {:03b} are set", frame.reserved)),
            ),
            (FrameCheck::DefinedOpcode, keeps(defined, &format!("opcode {:#x}", frame.opcode))),
        ];
        let (shortest, len) = (Width::of(frame.payload.len() as u64), frame.payload.len());
        if frame.width > Width::Seven {
            let breach = format!("a length of {len} in {} bits", frame.width.bits());
            checked.push((FrameCheck::ShortestLength, keeps(frame.width == shortest, &breach)));
        }
        if frame.is_control() {
            checked.push((FrameCheck::WholeControl, check_control(frame)));
            if frame.opcode == CLOSE {
                checked.push((FrameCheck::LegalClose, check_close(&frame.payload)));
                checked.push((FrameCheck::NothingAfterClose, Ok(())));
                self.closed = true;
            }
            return checked;
        }
        if self.closed {
            checked.push((FrameCheck::NothingAfterClose, Err("data after its Close frame".to_owned())));
        }
        checked.push((FrameCheck::FragmentOrder, self.check_order(frame)));
        let is_text = self.message.unwrap_or(frame.opcode == TEXT);
        self.message = (!frame.fin).then_some(is_text);
        if is_text && !self.may_compress {
            checked.push((FrameCheck::Utf8, self.check_text(frame)));
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
    use super::*;
    use crate::conformance::finding::Verdict;
    use crate::conformance::harness::frame::{RawFrame, Reading};

    const ALL: [FrameCheck; 9] = [
        FrameCheck::Unmasked,
        FrameCheck::ReservedBitsZero,
        FrameCheck::DefinedOpcode,
        FrameCheck::ShortestLength,
        FrameCheck::WholeControl,
        FrameCheck::FragmentOrder,
        FrameCheck::Utf8,
        FrameCheck::LegalClose,
        FrameCheck::NothingAfterClose,
    ];

    fn checked(frames: &[RawFrame]) -> ServerFrameChecks {
        let mut checks = ServerFrameChecks::default();
        for frame in frames {
            let Reading::Frame(seen, _) = SeenFrame::read(&frame.bytes([1, 2, 3, 4])) else { panic!() };
            checks.frame(&seen, "..", "some-rule");
        }
        checks
    }

    fn frame(opcode: u8, payload: impl Into<Vec<u8>>) -> RawFrame {
        RawFrame::new(opcode, payload).unmasked()
    }

    /// The one check that these frames fail, and the reason.
    fn breach(frames: &[RawFrame]) -> (FrameCheck, String) {
        let checks = checked(frames);
        let judged = ALL.map(|check| (check, checks.judge(check).0));
        let mut failed = judged.into_iter().filter(|(_, judged)| judged.verdict == Verdict::Fail);
        let (check, judgement) = failed.next().expect("a breach");
        assert_eq!(failed.next(), None);
        (check, judgement.seen)
    }

    #[test]
    fn a_good_server_keeps_all_checks() {
        let checks = checked(&[
            frame(TEXT, b"5\xE2").unfinished(),
            frame(PING, ""),
            frame(CONTINUATION, b"\x82\xAC"),
            frame(BINARY, vec![0xFF; 126]),
            frame(BINARY, vec![0xFF; 65536]),
            frame(CLOSE, b"\x03\xe8bye"),
            frame(PONG, ""),
        ]);
        for check in ALL {
            let (judgement, evidence) = checks.judge(check);
            assert_eq!((judgement.verdict, evidence), (Verdict::Pass, Vec::new()), "{check:?}");
        }
        assert_eq!(checks.judge(FrameCheck::ShortestLength).0.seen, "kept in 2 frames");
    }

    #[test]
    fn each_breach_counts_against_its_own_check() {
        let opening = || frame(TEXT, "a").unfinished();
        for (frames, check, seen) in [
            (vec![RawFrame::new(TEXT, "a")], FrameCheck::Unmasked, "a masked frame"),
            (vec![frame(TEXT, "").reserved(4)], FrameCheck::ReservedBitsZero, "reserved bits 100 are set"),
            (vec![frame(0xB, "")], FrameCheck::DefinedOpcode, "opcode 0xb"),
            (
                vec![frame(TEXT, "a").length_in(Width::Sixteen)],
                FrameCheck::ShortestLength,
                "a length of 1 in 16 bits",
            ),
            (vec![frame(PING, [1; 126])], FrameCheck::WholeControl, "a control frame of 126 bytes"),
            (vec![frame(PONG, "").unfinished()], FrameCheck::WholeControl, "a control frame in fragments"),
            (vec![frame(CONTINUATION, "")], FrameCheck::FragmentOrder, "a continuation of no message"),
            (
                vec![opening(), frame(BINARY, "")],
                FrameCheck::FragmentOrder,
                "a new message before the last one was complete",
            ),
            (
                vec![frame(TEXT, b"\xC3").unfinished(), frame(CONTINUATION, "(")],
                FrameCheck::Utf8,
                "text that is not UTF-8 at byte 0",
            ),
            (vec![frame(TEXT, b"a\xC3")], FrameCheck::Utf8, "text that is not UTF-8 at byte 1"),
            (vec![frame(CLOSE, [3])], FrameCheck::LegalClose, "a Close frame with one byte"),
            (
                vec![frame(CLOSE, [3, 0xED])],
                FrameCheck::LegalClose,
                "close code 1005, which must not be sent",
            ),
            (
                vec![frame(CLOSE, b"\x03\xe8\xff")],
                FrameCheck::LegalClose,
                "a close reason that is not UTF-8 at byte 0",
            ),
            (
                vec![frame(CLOSE, ""), frame(TEXT, "a")],
                FrameCheck::NothingAfterClose,
                "data after its Close frame",
            ),
        ] {
            assert_eq!(breach(&frames), (check, seen.to_owned()));
        }
    }

    #[test]
    fn evidence_names_the_frame_and_where_it_was_seen() {
        let (_, evidence) = checked(&[RawFrame::new(TEXT, "a")]).judge(FrameCheck::Unmasked);
        assert_eq!(evidence, ["* during some-rule", "< .."]);
        let (judgement, _) = checked(&[]).judge(FrameCheck::Unmasked);
        assert_eq!(judgement.verdict, Verdict::Inconclusive);
    }
}
