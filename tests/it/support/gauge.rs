//! What makes a [`Script`] measure an upload: how much comes in how long, how long one frame lasts, and how soon the client
//! answers.

use std::io::Read as _;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use super::Script;
use super::frame::{self, PING, PONG};
use super::stage::{Fault, Stage, missed};

/// An upload as it came.
#[derive(Clone, Copy, Debug)]
pub struct Upload {
    /// Bytes of payload a second.
    pub rate: f64,
    /// The payload of the longest frame.
    pub longest: u64,
}

impl Script {
    /// Reads data frames for this long, counted from the end of the first one, and tells how they came.
    pub fn gauges(self, time: Duration) -> (Self, Receiver<Upload>) {
        let (sender, receiver) = mpsc::channel();
        let script = self.step("gauge an upload", move |stage| {
            let upload = gauge(stage, time)?;
            // A test that has failed waits for nothing any more.
            let _ = sender.send(upload);
            Ok(())
        });
        (script, receiver)
    }

    /// Sends a ping in the middle of an upload, and fails unless the pong comes in time.
    pub fn has_pong_within(self, limit: Duration) -> Self {
        self.step("ping an upload", move |stage| {
            let begun = Instant::now();
            stage.write(&frame::frame(PING, "now"))?;
            while skip_frame(stage)?.0 != PONG {}
            let elapsed = begun.elapsed();
            if elapsed <= limit { Ok(()) } else { Err(missed(format!("a pong after {elapsed:?}"))) }
        })
    }

    /// Reads and forgets whole frames, until their payloads have at least so many bytes.
    pub fn takes_frames(self, bytes: u64) -> Self {
        self.step("take frames", move |stage| {
            let mut taken = 0;
            while taken < bytes {
                taken += skip_frame(stage)?.1;
            }
            Ok(())
        })
    }

    /// Reads and forgets so many bytes, wherever frames end.
    pub fn takes(self, bytes: u64) -> Self {
        self.step("take bytes", move |stage| {
            let stream = stage.stream()?;
            let taken = std::io::copy(&mut stream.take(bytes), &mut std::io::sink()).map_err(missed)?;
            if taken == bytes { Ok(()) } else { Err(missed("the client left")) }
        })
    }
}

fn gauge(stage: &mut Stage, time: Duration) -> Result<Upload, Fault> {
    let mut longest = skip_frame(stage)?.1;
    let (begun, mut bytes) = (Instant::now(), 0);
    while begun.elapsed() < time {
        let (_, len) = skip_frame(stage)?;
        longest = longest.max(len);
        bytes += len;
    }
    #[expect(clippy::cast_precision_loss, reason = "a gauge is no balance")]
    let rate = bytes as f64 / begun.elapsed().as_secs_f64();
    Ok(Upload { rate, longest })
}

/// Reads a frame without keeping it: its opcode and the length of its payload.
fn skip_frame(stage: &mut Stage) -> Result<(u8, u64), Fault> {
    let stream = stage.stream()?;
    let mut start = [0; 2];
    stream.read_exact(&mut start).map_err(missed)?;
    let length_bytes = match start[1] & 0x7F {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    let mut rest = [0; 12];
    stream.read_exact(&mut rest[..length_bytes + 4]).map_err(missed)?;
    let len = match length_bytes {
        0 => u64::from(start[1] & 0x7F),
        count => rest[..count].iter().fold(0, |len, byte| len << 8 | u64::from(*byte)),
    };
    let skipped = std::io::copy(&mut stream.take(len), &mut std::io::sink()).map_err(missed)?;
    if skipped == len {
        Ok((start[0] & 0x0F, len))
    } else {
        Err(missed("the connection ended within a frame"))
    }
}
