//! The way from the keyboard to the session: what was typed and is not sent yet. Bounded.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::net::LoopWaker;
use crate::protocol::{CloseFrame, Kind};
use crate::session::Control;

/// The most messages that wait for the server.
const MOST: usize = 1000;

/// The most bytes that wait for the server, beside one message.
const MOST_BYTES: usize = 1 << 20;

/// Pings whose pong is awaited; a further one forgets the oldest.
const MOST_PINGS: usize = 64;

/// What was typed. Shared by the thread of the keyboard and the network thread.
#[derive(Debug, Default)]
pub(super) struct Queue(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    messages: VecDeque<(Kind, Vec<u8>)>,
    bytes: usize,
    controls: VecDeque<Control>,
    is_over: bool,
    has_left: bool,
    /// The Close that follows the messages.
    last: Option<Control>,
    /// Payloads of pings, and when each was handed to the session.
    pings: VecDeque<(Vec<u8>, Instant)>,
    waker: Option<LoopWaker>,
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The session begins: from now on, `waker` tells it of what is typed.
    pub(super) fn wakes(&self, waker: LoopWaker) {
        self.state().waker = Some(waker);
    }

    /// Whether there is room for a message.
    pub(super) fn has_room(&self) -> bool {
        let state = self.state();
        state.messages.len() < MOST && state.bytes <= MOST_BYTES
    }

    /// Adds a message, if there is room for it.
    pub(super) fn send(&self, kind: Kind, payload: &[u8]) -> bool {
        if !self.has_room() {
            return false;
        }
        let mut state = self.state();
        state.bytes += payload.len();
        state.messages.push_back((kind, payload.to_vec()));
        state.wake();
        true
    }

    /// Adds a control frame, which overtakes the messages.
    pub(super) fn control(&self, control: Control) {
        let mut state = self.state();
        state.has_left |= matches!(control, Control::Close(_));
        state.controls.push_back(control);
        state.wake();
    }

    /// Ends the session when all messages before are sent.
    pub(super) fn close(&self, frame: Option<CloseFrame>) {
        let mut state = self.state();
        state.last = Some(Control::Close(frame));
        state.wake();
    }

    /// Nothing more will be typed.
    pub(super) fn end(&self) {
        let mut state = self.state();
        state.is_over = true;
        state.wake();
    }

    /// The next message.
    pub(super) fn next(&self) -> Option<(Kind, Vec<u8>)> {
        let mut state = self.state();
        let message = state.messages.pop_front()?;
        state.bytes -= message.1.len();
        Some(message)
    }

    /// Whether the input has ended, and no message is left.
    pub(super) fn is_over(&self) -> bool {
        let state = self.state();
        state.is_over && state.messages.is_empty()
    }

    /// Whether a message waits that is still to be sent.
    pub(super) fn has_messages(&self) -> bool {
        let state = self.state();
        !state.has_left && !state.messages.is_empty()
    }

    /// The next control frame; the last one of all only when no message `waits`. The time of a ping begins now.
    pub(super) fn next_control(&self, waits: bool) -> Option<Control> {
        let mut state = self.state();
        let next = state.controls.pop_front();
        let control = next.or_else(|| if waits { None } else { state.last.take() })?;
        if let Control::Ping(payload) = &control {
            if state.pings.len() == MOST_PINGS {
                state.pings.pop_front();
            }
            let ping = (payload.clone(), Instant::now());
            state.pings.push_back(ping);
        }
        Some(control)
    }

    /// When the ping was sent that this pong answers. Pings before it need no pong any more (RFC 6455 §5.5.3).
    pub(super) fn pinged(&self, payload: &[u8]) -> Option<Instant> {
        let mut state = self.state();
        let at = state.pings.iter().position(|(sent, _)| sent == payload)?;
        state.pings.drain(..=at).next_back().map(|(_, sent)| sent)
    }
}

impl State {
    fn wake(&self) {
        if let Some(waker) = &self.waker {
            waker.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_is_bounded() {
        let queue = Queue::default();
        assert!(queue.send(Kind::Text, &vec![b'x'; 10 * MOST_BYTES]));
        assert!(!queue.send(Kind::Text, b"y"));
        assert_eq!(queue.next().map(|(_, payload)| payload.len()), Some(10 * MOST_BYTES));
        for _ in 0..MOST {
            assert!(queue.send(Kind::Text, b""));
        }
        assert!(!queue.send(Kind::Text, b""));
    }

    #[test]
    fn messages_go_before_the_end_and_not_after_a_close() {
        let queue = Queue::default();
        queue.send(Kind::Text, b"a");
        queue.end();
        assert!(!queue.is_over() && queue.has_messages());
        queue.control(Control::Ping(b"p".to_vec()));
        assert!(queue.has_messages());
        queue.control(Control::Close(None));
        assert!(!queue.has_messages());
        queue.next();
        assert!(queue.is_over());
    }

    #[test]
    fn a_close_in_its_turn_follows_the_messages() {
        let queue = Queue::default();
        queue.send(Kind::Text, b"a");
        queue.close(None);
        queue.control(Control::Ping(b"p".to_vec()));
        assert!(queue.has_messages());
        assert_eq!(queue.next_control(true), Some(Control::Ping(b"p".to_vec())));
        assert_eq!(queue.next_control(true), None);
        assert_eq!(queue.next_control(false), Some(Control::Close(None)));
        assert_eq!(queue.next_control(false), None);
    }

    #[test]
    fn a_pong_answers_its_ping_and_those_before() {
        let queue = Queue::default();
        for payload in [b"1", b"2", b"3"] {
            queue.control(Control::Ping(payload.to_vec()));
            queue.next_control(false);
        }
        assert!(queue.pinged(b"x").is_none());
        assert!(queue.pinged(b"2").is_some());
        assert!(queue.pinged(b"1").is_none());
        assert!(queue.pinged(b"3").is_some());
    }
}
