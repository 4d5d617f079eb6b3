//! `-w` before the session: reads `@FILE`, and prints the text when the run fails before its command does so.

use std::path::Path;
use std::time::Instant;

use super::written::Written;
use crate::cli::Command;
use crate::deadline::Deadline;
use crate::endpoint::Endpoint;
use crate::error::{Failure, Status};
use crate::net::Facts;
use crate::os::{reading, stdio};
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
            Command::Send(args) => vec![Some(args.target.url.clone())],
            Command::Stream(args) => vec![Some(args.target.url.clone())],
            Command::EchoTest(args) => vec![args.url.clone()],
            Command::Probe(args) => args.urls.iter().cloned().map(Some).collect(),
        };
        let conversation = command.conversation_mut();
        let Some(template) = &mut conversation.output.write_out else { return Ok(None) };
        if let Some(path) = template.file() {
            let limit = conversation.limits.max_time;
            *template = read(path, limit.map(|limit| Deadline::after(limit, "--max-time")))?;
        }
        Ok(Some(Self { template: template.clone(), urls, start: Instant::now() }))
    }

    /// Prints the text for `failure`, unless the command has printed it.
    pub(super) fn print_for(&self, failure: Failure) -> Failure {
        if failure.is_written_out() {
            return failure;
        }
        if let Err(unprinted) = self.urls.iter().try_for_each(|url| self.print(url.as_deref(), &failure)) {
            report::warning(&unprinted.to_string());
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

/// The format in a file, which is read until `until`; `-` is standard input.
fn read(path: &Path, until: Option<Deadline>) -> Result<Template, Failure> {
    let is_input = path == Path::new("-");
    let shown = if is_input { "standard input".to_owned() } else { path.display().to_string() };
    let name = format!("{shown} (-w)");
    let path = path.to_owned();
    let open = move || if is_input { stdio::input() } else { reading::open_now(&path) };
    let bytes = reading::read_at_most(&name, MAX_FORMAT + 1, until, Status::ReadError, open)?;
    if bytes.len() as u64 > MAX_FORMAT {
        return Err(Failure::new(Status::ReadError, format!("{name} is larger than 1M")));
    }
    let text = String::from_utf8(bytes)
        .map_err(|_| Failure::new(Status::ReadError, format!("cannot read {name}: it is not UTF-8")))?;
    Template::parse_format(&text).map_err(|why| Failure::new(Status::Usage, format!("{name}: {why}")))
}
