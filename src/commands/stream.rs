//! `wsurl stream`: stream mode.

use std::io::IsTerminal;
use std::path::Path;

use super::converse::{Conversation, Conversed, converse, report};
use super::options::{ConversationOptions, finish_rule};
use crate::cli::{ProgressWhen, StreamArgs};
use crate::error::Failure;
use crate::report::progress::Progress;
use crate::report::record::hex;
use crate::report::{Verbosity, sanitize};
use crate::session::{ChunkSource, Count, Input, Output, SectionSink, Shape};

/// Sends and receives bytes.
pub(super) fn run(args: StreamArgs) -> Result<(), Failure> {
    let options = ConversationOptions::from_args(&args.url, args.conversation)?;
    let rule = finish_rule(&args.finish, Count::None);
    let (input, named) = match args.upload_file.as_deref() {
        Some(path) if path != Path::new("-") => (Input::open(path)?, true),
        _ => (Input::standard()?, false),
    };
    let shape = match input.size {
        _ if !args.single_message => Shape::Chunks(args.chunk_size),
        Some(size) if named => Shape::OneFrame(size),
        _ => Shape::Fragments,
    };
    let output = args.output_file.as_deref().map_or_else(Output::standard, Output::to_file)?;
    let progress =
        shows_progress(args.progress, options.verbosity, sanitize::is_shown(args.output_file.as_deref()))
            .then(|| Progress::new(input.size));
    let digest = args.digest.is_some();
    let mut outgoing = ChunkSource::new(input, shape, digest);
    let mut incoming =
        SectionSink::new(digest, args.max_message_size, sanitize::for_output(args.output_file.as_deref()));
    let conversation = Conversation {
        outgoing: &mut outgoing,
        incoming: &mut incoming,
        output,
        rule,
        limit_rate: args.limit_rate,
        progress,
    };
    let conversed = converse(&options, conversation);
    let digests = [outgoing.digest(), incoming.digest()];
    if options.verbosity > Verbosity::Silent {
        print_digests(&conversed, digests);
    }
    report(&options, conversed, digests)
}

/// `on_terminal`: what is received is shown by a terminal, where it would stand in the middle of a bar.
fn shows_progress(when: ProgressWhen, verbosity: Verbosity, on_terminal: bool) -> bool {
    match when {
        ProgressWhen::Always => true,
        ProgressWhen::Never => false,
        ProgressWhen::Auto => {
            !on_terminal && std::io::stderr().is_terminal() && verbosity > Verbosity::Silent
        }
    }
}

fn print_digests(conversed: &Conversed, digests: [Option<[u8; 32]>; 2]) {
    let tally = &conversed.outcome.tally;
    let sizes = [("sent", tally.bytes_sent), ("received", tally.bytes_received)];
    for ((what, bytes), digest) in sizes.into_iter().zip(digests) {
        if let Some(digest) = digest {
            crate::report::line(&format!("{what} {bytes} bytes, sha256 {}", hex(&digest)));
        }
    }
}
