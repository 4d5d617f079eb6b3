//! What makes a [`Script`] an echo server, a good one or a bad one: whole messages come in, and a test says what goes out.

use super::Script;
use super::frame::{self, Frame};
use super::stage::{Fault, Stage};

impl Script {
    /// Reads so many whole messages, then sends what is made of them. Pings on the way are answered.
    pub fn answers(self, count: usize, answer: impl FnOnce(&[Frame]) -> Vec<u8> + Send + 'static) -> Self {
        self.step("answer messages", move |stage: &mut Stage| {
            let messages = (0..count).map(|_| read_message(stage)).collect::<Result<Vec<_>, _>>()?;
            stage.write(&answer(&messages))
        })
    }

    /// Sends each of so many messages back before it reads the next one.
    pub fn echoes(self, count: usize) -> Self {
        (0..count).fold(self, |script, _| script.answers(1, |messages| echo(&messages[0])))
    }

    /// Sends back all frames that were read so far.
    pub fn echoes_all(self) -> Self {
        self.step("answer what was read", |stage| {
            let bytes = stage.frames().iter().flat_map(echo).collect::<Vec<_>>();
            stage.write(&bytes)
        })
    }

    /// Answers the ping that was read last.
    pub fn echoes_pong(self) -> Self {
        self.step("answer the ping", |stage| {
            let ping = stage.frames().pop();
            stage.write(&frame::frame(frame::PONG, ping.map(|frame| frame.payload).unwrap_or_default()))
        })
    }

    /// The orderly end when the client begins it, with an answer to each ping before it.
    pub fn pings_and_close(self) -> Self {
        self.answer_pings_until_close().answer_close().close()
    }
}

/// The message as it came, in one frame.
pub fn echo(message: &Frame) -> Vec<u8> {
    frame::frame(message.opcode, &message.payload)
}

/// The message with this made of its payload.
pub fn altered(message: &Frame, alter: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut payload = message.payload.clone();
    alter(&mut payload);
    frame::frame(message.opcode, payload)
}

/// Fragments put together, with the type of the first.
fn read_message(stage: &mut Stage) -> Result<Frame, Fault> {
    let mut message: Option<Frame> = None;
    loop {
        let frame = stage.read_frame()?;
        match (frame.opcode, &mut message) {
            (frame::PING, _) => stage.write(&frame::frame(frame::PONG, &frame.payload))?,
            (frame::PONG, _) => {}
            (frame::CLOSE, _) => return Err(Fault::Missed("the client closed".to_owned())),
            (frame::CONTINUATION, Some(begun)) => {
                begun.payload.extend_from_slice(&frame.payload);
                begun.fin = frame.fin;
            }
            (frame::TEXT | frame::BINARY, None) => message = Some(frame),
            _ => return Err(Fault::Missed(format!("{frame:?} is out of place"))),
        }
        if let Some(whole) = message.take_if(|message| message.fin) {
            return Ok(whole);
        }
    }
}
