//! The subcommands: arguments become options, options become a dial and a session, and these a result.
//! Sequencing only. No module below knows clap.

mod converse;
mod data;
mod dialing;
mod early;
mod echo_test;
mod header_dump;
mod options;
mod outputs;
mod probe;
mod reporting;
mod retry;
mod send;
mod stdout;
mod stream;
mod talking;
mod without_effect;
mod written;

use self::early::EarlyWriteOut;
use self::stdout::{cannot_print, print, write};
use crate::cli::{self, Cli, ColorWhen, Command, Parsed};
use crate::error::{Failure, IoCause, Status};
use crate::os::{given_up, raw_mode, signals};
use crate::report;

/// Runs the program with these arguments.
pub fn run(args: impl IntoIterator<Item = std::ffi::OsString>) -> Result<(), Failure> {
    // First of all, because a signal before this ends the program without a word.
    signals::install(end_by_force)
        .map_err(|err| Failure::new(Status::Usage, "cannot receive signals").source(IoCause(err)))?;
    let args: Vec<_> = args.into_iter().collect();
    let result = run_parsed(&args);
    // A signal that came when there was nothing left to end.
    result.and_then(|()| signals::unheard().map_or(Ok(()), |signal| Err(signal.failure())))
}

/// The last words of a run that does not end by itself.
fn end_by_force(failure: Failure) {
    raw_mode::restore();
    report::failure(&given_up(failure));
}

fn run_parsed(args: &[std::ffi::OsString]) -> Result<(), Failure> {
    let parsed = cli::parse(args.to_owned()).map_err(|refused| {
        // The arguments are not understood, but a monitoring system has to understand the answer.
        if reporting::looks_like_plugin(args) { reporting::unknown(refused) } else { refused }
    });
    match parsed? {
        Parsed::Print(text) => print(text.ansi().to_string().as_bytes()),
        Parsed::Run(Cli { generate: Some(artifact), .. }) => {
            print(&cli::generate(artifact).map_err(cannot_print)?)
        }
        Parsed::Run(Cli { command: Some(mut command), .. }) => {
            set_color(&command);
            let early = EarlyWriteOut::of(&mut command)?;
            let result = match command {
                Command::Send(args) => send::run(*args),
                Command::Stream(args) => stream::run(*args),
                Command::EchoTest(args) => echo_test::run(*args),
                Command::Probe(args) => probe::run(*args),
            };
            result.map_err(|failure| match &early {
                Some(early) => early.print_for(failure),
                None => failure,
            })
        }
        Parsed::Run(Cli { command: None, .. }) => Err(Failure::new(Status::Usage, "a subcommand is missing")),
    }
}

fn set_color(command: &Command) {
    match command.conversation().output.color {
        ColorWhen::Auto => {
            // anstream takes a dumb terminal for one with colours where `CI` is set.
            let variable = |name| std::env::var_os(name).unwrap_or_default();
            if variable("TERM") == "dumb" && variable("CLICOLOR_FORCE").is_empty() {
                anstream::ColorChoice::Never.write_global();
            }
        }
        ColorWhen::Always => anstream::ColorChoice::Always.write_global(),
        ColorWhen::Never => anstream::ColorChoice::Never.write_global(),
    }
}
