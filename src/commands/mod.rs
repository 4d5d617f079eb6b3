//! The subcommands: arguments become options, options a dial and a session, and these a result.
//! Sequencing only; below this, nothing knows clap.

mod converse;
mod data;
mod dialing;
mod echo_test;
mod options;
mod probe;
mod reporting;
mod retry;
mod send;
mod stdout;
mod stream;
mod written;

use self::stdout::{cannot_print, print};
use crate::cli::{self, Cli, ColorWhen, Command, Parsed};
use crate::error::{Failure, IoCause, Status};
use crate::os::signals;
use crate::report;

/// Runs the program with these arguments.
pub fn run(args: impl IntoIterator<Item = std::ffi::OsString>) -> Result<(), Failure> {
    let args: Vec<_> = args.into_iter().collect();
    let parsed = cli::parse(args.clone()).map_err(|refused| {
        // What the arguments ask for is not known, but how a monitoring system reads the answer.
        if reporting::looks_like_plugin(&args) { reporting::unknown(refused) } else { refused }
    });
    match parsed? {
        Parsed::Print(text) => print(text.ansi().to_string().as_bytes()),
        Parsed::Run(Cli { generate: Some(artifact), .. }) => {
            print(&cli::generate(artifact).map_err(cannot_print)?)
        }
        Parsed::Run(Cli { command: Some(command), .. }) => {
            set_color(&command);
            signals::install(report::failure)
                .map_err(|err| Failure::new(Status::Usage, "cannot receive signals").source(IoCause(err)))?;
            match command {
                Command::Send(args) => send::run(*args),
                Command::Stream(args) => stream::run(*args),
                Command::EchoTest(args) => echo_test::run(*args),
                Command::Probe(args) => probe::run(*args),
            }
        }
        Parsed::Run(Cli { command: None, .. }) => Err(Failure::new(Status::Usage, "a subcommand is missing")),
    }
}

fn set_color(command: &Command) {
    let conversation = match command {
        Command::Send(args) => &args.conversation,
        Command::Stream(args) => &args.conversation,
        Command::EchoTest(args) => &args.conversation,
        Command::Probe(args) => &args.conversation,
    };
    match conversation.output.color {
        ColorWhen::Auto => {}
        ColorWhen::Always => anstream::ColorChoice::Always.write_global(),
        ColorWhen::Never => anstream::ColorChoice::Never.write_global(),
    }
}
