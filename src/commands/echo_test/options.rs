//! The options of an echo test, checked as a whole.

use crate::cli::{EchoTestArgs, Mode};
use crate::echo::{Content, Plan};
use crate::error::{Failure, Status};
use crate::protocol::Kind;
use crate::size;

/// The default of `--count`.
const COUNT: u64 = 10;

/// How many messages may be in flight on all connections with `--rate`: a few dozen bytes are remembered of each.
const OPEN_LOOP: usize = 1_000_000;

/// The most memory that whole messages may take on all connections, in bytes: each may hold one on its way out and
/// one on its way in.
const MAX_MEMORY: u64 = 1 << 30;

/// The default of `--max-message-size`.
const MAX_MESSAGE: u64 = 64 << 20;

/// The plan that the arguments ask for.
///
/// # Errors
/// They contradict each other, need more memory than [`MAX_MEMORY`], or messages larger than `--max-message-size`.
pub(super) fn plan(args: &EchoTestArgs) -> Result<Plan, Failure> {
    if args.ramp.is_some() && args.connections == 1 {
        return Err(Failure::new(Status::Usage, "--ramp has one connection to open")
            .hint("--connections 100 opens a hundred"));
    }
    if let (Some(ramp), Some(duration)) = (args.ramp, args.duration)
        && ramp >= duration
    {
        return Err(Failure::new(
            Status::Usage,
            "--duration is over before --ramp has opened all connections",
        )
        .hint("--ramp 10s --duration 60s leaves 50s for all of them"));
    }
    let stream = args.mode == Mode::Stream;
    if stream && args.text {
        return Err(Failure::new(Status::Usage, "--mode stream sends binary messages, not text")
            .hint("leave out -t, or use --mode message"));
    }
    let mut sizes = args.sizes.clone().map_or(vec![args.size], |list| list.0);
    if stream {
        // An empty message leaves no trace in a stream.
        sizes.retain(|size| *size > 0);
        if sizes.is_empty() {
            return Err(Failure::new(Status::Usage, "--mode stream has nothing to compare with --size 0")
                .hint("--size 1 is the least"));
        }
    }
    let largest = sizes.iter().copied().max().unwrap_or_default();
    let max_message = args.max_message_size.or_else(|| (!stream).then_some(MAX_MESSAGE));
    if let Some(limit) = max_message.filter(|limit| largest > *limit) {
        let text = format!(
            "a message of {largest} bytes is larger than {} (--max-message-size)",
            size::exact(limit)
        );
        return Err(Failure::new(Status::MessageTooBig, text).hint("--size sets how long messages are"));
    }
    let connections = args.connections as u64;
    if 2 * largest * connections > MAX_MEMORY {
        let (largest, most) = (size::exact(largest), size::exact(MAX_MEMORY));
        let text =
            format!("messages of {largest} on {connections} connections take more than {most}, out and in");
        return Err(Failure::new(Status::Usage, text).hint("use fewer --connections, or a smaller --size"));
    }
    let kind = if args.binary || stream { Kind::Binary } else { Kind::Text };
    let content = match args.payload {
        Some(payload) => payload.into(),
        None if kind == Kind::Text => Content::Text,
        None => Content::Random,
    };
    let by_default = args.duration.is_none().then_some(COUNT);
    Ok(Plan {
        sizes: sizes.iter().map(|size| usize::try_from(*size).unwrap_or(usize::MAX)).collect(),
        rounds: args.count.or(by_default),
        kind,
        content,
        stream,
        fragment: args.fragment,
        max_message,
        interval: args.interval,
        rate: args.rate,
        in_flight: args.in_flight.unwrap_or_else(|| match args.rate {
            Some(_) => (OPEN_LOOP / args.connections).max(1),
            None => 1,
        }),
        duration: args.duration,
        greeting: args.greeting,
        seed: args.seed,
    })
}
