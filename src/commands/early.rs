//! `-w` before the session: reads `@FILE`, and prints the text when the run fails before its command does so.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Instant;

use super::written::Written;
use crate::cli::Command;
use crate::endpoint::Endpoint;
use crate::error::{Failure, IoCause, Status};
use crate::net::Facts;
use crate::os::stdio;
use crate::report::write_out::Template;
use crate::report::{self, Record};
use crate::stats::Tally;

/// The longest format in a file, in bytes.
const MAX_FORMAT: u64 = 1 << 20;

/// Prints `-w` for a run that has not dialled.
pub(super) struct EarlyWriteOut {
    template: Template,
    /// The URLs: the text is printed for each. `None` stands for the embedded server.
    urls: Vec<Option<String>>,
    start: Instant,
}

impl EarlyWriteOut {
    /// Reads the file of `-w @FILE` and gives the command its content. `None` without `-w`.
    ///
    /// # Errors
    /// The file cannot be read, or holds an unknown name.
    pub(super) fn of(command: &mut Command) -> Result<Option<Self>, Failure> {
        let urls = match command {
            Command::Send(args) => vec![Some(args.url.clone())],
            Command::Stream(args) => vec![Some(args.url.clone())],
            Command::EchoTest(args) => vec![args.url.clone()],
            Command::Probe(args) => args.urls.iter().cloned().map(Some).collect(),
        };
        let Some(template) = &mut command.conversation_mut().output.write_out else { return Ok(None) };
        if let Some(path) = template.file() {
            *template = read(path)?;
        }
        Ok(Some(Self { template: template.clone(), urls, start: Instant::now() }))
    }

    /// Prints the text for `failure`, unless the command has printed it.
    pub(super) fn print_for(&self, failure: Failure) -> Failure {
        if failure.is_written_out() {
            return failure;
        }
        for url in &self.urls {
            if let Err(unprinted) = self.print(url.as_deref(), &failure) {
                report::warning(&unprinted.to_string());
            }
        }
        failure
    }

    fn print(&self, url: Option<&str>, failure: &Failure) -> Result<(), Failure> {
        let endpoint = url.and_then(|url| Endpoint::parse(url).ok());
        let record = Record {
            endpoint: endpoint.as_ref(),
            facts: &Facts::start(),
            tally: Tally::default(),
            total: self.start.elapsed(),
            close: None,
            digests: [None, None],
            failure: Some(failure),
        };
        Written::of(Some(&self.template), &record).print()
    }
}

/// The format in a file; `-` is standard input.
fn read(path: &Path) -> Result<Template, Failure> {
    let file = if path == Path::new("-") { stdio::input() } else { File::open(path) };
    let shown = if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() };
    let failed =
        |err| Failure::new(Status::ReadError, format!("cannot read {shown} (-w)")).source(IoCause(err));
    let mut text = String::new();
    let length = file.map_err(failed)?.take(MAX_FORMAT + 1).read_to_string(&mut text).map_err(failed)?;
    if length as u64 > MAX_FORMAT {
        return Err(Failure::new(Status::ReadError, format!("{shown} is larger than 1M (-w)")));
    }
    Template::parse_format(&text).map_err(|why| Failure::new(Status::Usage, format!("{shown} (-w): {why}")))
}
