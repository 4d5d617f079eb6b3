//! How the server treats ordinary messages and pings, on which the expectations of rules depend.

use std::rc::Rc;

use super::event::ServerEvent;
use crate::protocol::Kind;

/// What the server does with a message of our own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EchoBehaviour {
    /// It sends the message back.
    Echoes,
    /// It sends the bytes back within other ones.
    Embeds,
    /// It accepts the message and sends nothing back.
    Keeps,
    /// It ends the connection, with this code: it may dislike the content.
    Closes(Option<u16>),
}

/// What the server does with ordinary frames.
#[derive(Clone, Debug)]
pub(crate) struct Behaviours {
    pub(crate) text: EchoBehaviour,
    pub(crate) binary: EchoBehaviour,
    /// Whether it answers pings.
    pub(crate) pongs: bool,
    /// The message of the user, if the server accepts it.
    pub(crate) sample: Option<Rc<Sample>>,
    /// How many messages of the server come before the sample is sent.
    pub(crate) unsolicited: usize,
}

/// A message of the user that the server accepts.
#[derive(Debug)]
pub(crate) struct Sample {
    pub(crate) kind: Kind,
    pub(crate) payload: Vec<u8>,
    /// The messages that answer it, every time the same. May be empty.
    pub(crate) answers: Vec<(Kind, Vec<u8>)>,
}

impl Behaviours {
    pub(crate) fn of(&self, kind: Kind) -> EchoBehaviour {
        match kind {
            Kind::Text => self.text,
            Kind::Binary => self.binary,
        }
    }

    /// The message with which to try a rule that says nothing about content: our own if the server echoes or at least
    /// accepts it, else the user's. `kind` is the kind that the rule needs, if any.
    pub(crate) fn message(&self, kind: Option<Kind>, own_kind: Kind, own: &[u8]) -> TrialMessage {
        let sample = self.sample.as_ref().filter(|sample| kind.is_none_or(|kind| sample.kind == kind));
        match (self.of(own_kind), sample) {
            (EchoBehaviour::Keeps | EchoBehaviour::Embeds | EchoBehaviour::Closes(_), Some(sample)) => {
                TrialMessage {
                    kind: sample.kind,
                    payload: sample.payload.clone(),
                    reaction: Reaction::Known(Rc::clone(sample)),
                }
            }
            _ => self.own_message(own_kind, own),
        }
    }

    /// A message of our own, for a rule about its content.
    pub(crate) fn own_message(&self, kind: Kind, payload: &[u8]) -> TrialMessage {
        let reaction = Reaction::Usual(self.of(kind));
        TrialMessage { kind, payload: payload.to_vec(), reaction }
    }
}

/// A message with which a rule is tried.
#[derive(Clone, Debug)]
pub(crate) struct TrialMessage {
    pub(crate) kind: Kind,
    pub(crate) payload: Vec<u8>,
    pub(crate) reaction: Reaction,
}

/// The server's reaction to a message.
#[derive(Clone, Debug)]
pub(crate) enum Reaction {
    /// To a message of our own.
    Usual(EchoBehaviour),
    /// To the message of the user.
    Known(Rc<Sample>),
}

impl Reaction {
    /// Whether something has to come back.
    pub(crate) fn is_answer(&self) -> bool {
        match self {
            Self::Usual(behaviour) => *behaviour == EchoBehaviour::Echoes,
            Self::Known(sample) => !sample.answers.is_empty(),
        }
    }

    /// Whether the server ends the connection at the message.
    pub(crate) fn closes(&self) -> bool {
        matches!(self, Self::Usual(EchoBehaviour::Closes(_)))
    }

    /// Whether the server would end the connection with this code, or without one, whatever is wrong with the message.
    pub(crate) fn explains(&self, came: Option<u16>, refusal: u16) -> bool {
        matches!(self, Self::Usual(EchoBehaviour::Closes(usual)) if came != Some(refusal) || came == *usual)
    }

    /// Whether this event answers the message of the user.
    pub(crate) fn is_answered_by(&self, event: &ServerEvent) -> bool {
        let (Self::Known(sample), ServerEvent::Message(kind, payload)) = (self, event) else { return false };
        sample.answers.iter().any(|(came, answer)| (came, answer) == (kind, payload))
    }
}

/// The most bytes that are kept of the server's messages: it may talk without end.
const MOST_RETURNED: usize = 20 << 20;

/// The bytes of the messages that have come on one connection, put together: services that pass on a byte stream keep no
/// message boundaries.
#[derive(Debug, Default)]
pub(crate) struct Returned {
    bytes: Vec<u8>,
    lens: Vec<usize>,
}

impl Returned {
    pub(crate) fn add(&mut self, payload: &[u8]) {
        if self.bytes.len() + payload.len() > MOST_RETURNED {
            return;
        }
        self.bytes.extend_from_slice(payload);
        self.lens.push(payload.len());
    }

    /// Where `sent` came back, if it did: in words.
    pub(crate) fn holds(&self, sent: &[u8]) -> Option<String> {
        let parts = self.parts(sent)?;
        Some(match parts[..] {
            [len] => format!("came back within a message of {len} bytes"),
            _ => format!("came back in {} messages", parts.len()),
        })
    }

    /// Whether `sent` came back in several messages.
    pub(crate) fn is_split(&self, sent: &[u8]) -> bool {
        self.parts(sent).is_some_and(|parts| parts.len() > 1)
    }

    /// The lengths of the messages in which `sent` came back.
    fn parts(&self, sent: &[u8]) -> Option<Vec<usize>> {
        if sent.is_empty() {
            return None;
        }
        let start = self.bytes.windows(sent.len()).position(|window| window == sent)?;
        let (mut end, mut parts) = (0, Vec::new());
        for len in &self.lens {
            let begin = end;
            end += len;
            if end > start && begin < start + sent.len() {
                parts.push(*len);
            }
        }
        Some(parts)
    }

    /// Whether the messages end with these, in this order, but for empty ones.
    pub(crate) fn ends_with(&self, pieces: &[&[u8]]) -> bool {
        let pieces: Vec<_> = pieces.iter().filter(|piece| !piece.is_empty()).collect();
        let lens: Vec<_> = pieces.iter().map(|piece| piece.len()).collect();
        let bytes: Vec<u8> = pieces.iter().flat_map(|piece| piece.iter().copied()).collect();
        self.lens.ends_with(&lens) && self.bytes.ends_with(&bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_found_across_messages() {
        let mut returned = Returned::default();
        returned.add(b"HELLO\r\nab");
        assert_eq!(returned.holds(b"ab").as_deref(), Some("came back within a message of 9 bytes"));
        assert_eq!(returned.holds(b"abc"), None);
        returned.add(b"c");
        assert_eq!(returned.holds(b"abc").as_deref(), Some("came back in 2 messages"));
        assert_eq!(returned.holds(b"c").as_deref(), Some("came back within a message of 1 bytes"));
        assert_eq!(returned.holds(b""), None);
        assert!(returned.ends_with(&[b"c"]) && !returned.ends_with(&[b"ab", b"c"]));
    }
}
