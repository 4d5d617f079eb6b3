//! The measurements: who does what against which peer, and what it must reach.

use std::path::Path;
use std::process::Command;

use anyhow::Context;

use crate::child::Talker;
use crate::contest::{Contender, Costs, Wanted, hold};
use crate::peer::{Flood, Peer, Seen, echo, raw_sink, sink};
use crate::table::{Figure, Row, Target};
use crate::tools::{Program, Tools, cat_from, cat_to, fed};

pub(crate) const GIB: u64 = 1 << 30;
const MESSAGE: &[u8; 12] = b"twelve bytes";
const MEMORY: Target = Target::AtMost(12.0);

/// The programs, and how much they are given to do.
pub(crate) struct Plan {
    pub(crate) tools: Tools,
    pub(crate) rounds: usize,
    /// Divides every amount.
    pub(crate) divisor: u64,
}

impl Plan {
    pub(crate) fn new(tools: Tools, quick: bool) -> Self {
        let (rounds, divisor) = if quick { (2, 16) } else { (5, 1) };
        Self { tools, rounds, divisor }
    }

    pub(crate) fn versions(&self) -> Vec<String> {
        [Some(&self.tools.wsurl), self.tools.websocat.as_ref()]
            .into_iter()
            .flatten()
            .map(Program::version)
            .collect()
    }

    pub(crate) fn websocat<'a>(
        &'a self,
        job: impl FnOnce(&'a Program) -> Contender<'a>,
    ) -> Option<Contender<'a>> {
        self.tools.websocat.as_ref().map(job)
    }
}

/// Runs wsurl and those that it is compared with in turns.
pub(crate) fn compare(
    rounds: usize,
    ours: Contender,
    raw: Option<Contender>,
    websocat: Option<Contender>,
) -> anyhow::Result<Outcome> {
    let mut costs = hold(rounds, &[raw, Some(ours), websocat])?.into_iter();
    let raw = costs.next().flatten();
    let ours = costs.next().flatten().context("no run of wsurl")?;
    Ok(Outcome { ours, raw, websocat: costs.next().flatten() })
}

/// The costs of the same job.
pub(crate) struct Outcome {
    ours: Costs,
    raw: Option<Costs>,
    websocat: Option<Costs>,
}

impl Outcome {
    pub(crate) fn row(
        &self,
        name: &str,
        unit: &'static str,
        target: Target,
        figure: impl Fn(&Costs) -> Figure,
    ) -> Row {
        Row {
            name: name.to_owned(),
            unit,
            wsurl: figure(&self.ours),
            raw: self.raw.as_ref().map(&figure),
            websocat: self.websocat.as_ref().map(&figure),
            target,
        }
    }

    /// A rate and the memory that it took.
    pub(crate) fn rows(&self, name: &str, unit: &'static str, amount: f64, target: Target) -> Vec<Row> {
        vec![self.row(name, unit, target, |costs| costs.rate(amount)), self.memory_row(name)]
    }

    fn memory_row(&self, name: &str) -> Row {
        self.row(&format!("{name}: memory"), "MiB", MEMORY, Costs::memory)
    }
}

/// A job over `peer`, described by its command line.
pub(crate) fn job<'a>(
    peer: &'a Peer,
    wanted: Wanted,
    command: impl Fn() -> anyhow::Result<Command> + 'a,
) -> Contender<'a> {
    Contender { peer, wanted, command: Box::new(command) }
}

#[expect(clippy::cast_precision_loss, reason = "amounts far below 2^52")]
fn float(amount: u64) -> f64 {
    amount as f64
}

pub(crate) fn mib(bytes: u64) -> f64 {
    float(bytes >> 20)
}

fn millions(count: u64) -> f64 {
    float(count) / 1e6
}

pub(crate) fn text(path: &Path) -> anyhow::Result<&str> {
    path.to_str().context("the temporary folder's name is not UTF-8")
}

pub(crate) fn upload(plan: &Plan) -> anyhow::Result<Vec<Row>> {
    let bytes = GIB / plan.divisor;
    let file = &plan.tools.zeros(bytes)?;
    let (raw_peer, peer) = (Peer::start(raw_sink)?, Peer::start(sink)?);
    let url = &peer.url();
    let wanted = Wanted::Bytes(bytes);
    let name = text(file)?;
    let raw = job(&raw_peer, wanted, || Ok(cat_to(file, raw_peer.port)));
    let ours = job(&peer, wanted, || Ok(plan.tools.wsurl.command(["stream", "-T", name, url])));
    let websocat =
        plan.websocat(|program| job(&peer, wanted, move || Ok(fed(program.command(["-b", url]), file)?)));
    let outcome = compare(plan.rounds, ours, Some(raw), websocat)?;
    Ok(outcome.rows("upload, stream -T", "MiB/s", mib(bytes), Target::ShareOfRaw(0.8)))
}

pub(crate) fn download(plan: &Plan) -> anyhow::Result<Vec<Row>> {
    let bytes = GIB / plan.divisor;
    let (raw_flood, flood) = (Flood::raw(bytes), Flood::binary(bytes));
    let raw_peer = Peer::start(move |stream| raw_flood.pour(stream))?;
    let peer = Peer::start(move |stream| flood.serve(stream))?;
    let url = &peer.url();
    let wanted = Wanted::Bytes(bytes);
    let raw = job(&raw_peer, wanted, || Ok(cat_from(raw_peer.port)));
    let ours = job(&peer, wanted, || Ok(plan.tools.wsurl.command(["stream", "-f", url])));
    let websocat =
        plan.websocat(|program| job(&peer, wanted, move || Ok(program.command(["-b", "-U", url]))));
    let outcome = compare(plan.rounds, ours, Some(raw), websocat)?;
    Ok(outcome.rows("download, stream -f", "MiB/s", mib(bytes), Target::ShareOfRaw(0.8)))
}

pub(crate) fn lines_out(plan: &Plan) -> anyhow::Result<Vec<Row>> {
    let messages = 2_000_000 / plan.divisor;
    let file = &plan.tools.lines(messages)?;
    let peer = Peer::start(sink)?;
    let url = &peer.url();
    let wanted = Wanted::Exactly(Seen { bytes: messages * 100, messages });
    let ours =
        job(&peer, wanted, || Ok(fed(plan.tools.wsurl.command(["send", "--expect", "0", url]), file)?));
    let websocat = plan.websocat(|program| {
        let with_newlines = Wanted::Exactly(Seen { bytes: messages * 101, messages });
        job(&peer, with_newlines, move || Ok(fed(program.command(["-t", url]), file)?))
    });
    let outcome = compare(plan.rounds, ours, None, websocat)?;
    Ok(outcome.rows("lines out, send --expect 0", "M msg/s", millions(messages), Target::AtLeast(5.0)))
}

pub(crate) fn lines_in(plan: &Plan) -> anyhow::Result<Vec<Row>> {
    let messages = 2_000_000 / plan.divisor / 10_000 * 10_000;
    let flood = Flood::text(messages);
    let peer = Peer::start(move |stream| flood.serve(stream))?;
    let url = &peer.url();
    let wanted = Wanted::Exactly(Seen { bytes: messages * 100, messages });
    let ours = job(&peer, wanted, || Ok(plan.tools.wsurl.command(["send", "-f", url])));
    let websocat =
        plan.websocat(|program| job(&peer, wanted, move || Ok(program.command(["-t", "-U", url]))));
    let outcome = compare(plan.rounds, ours, None, websocat)?;
    Ok(outcome.rows("lines in, send -f", "M msg/s", millions(messages), Target::AtLeast(5.0)))
}

pub(crate) fn single_message(plan: &Plan) -> anyhow::Result<Vec<Row>> {
    let bytes = 4 * GIB / plan.divisor;
    let file = &plan.tools.zeros(bytes)?;
    let peer = Peer::start(sink)?;
    let url = &peer.url();
    let name = text(file)?;
    let command = || Ok(plan.tools.wsurl.command(["stream", "--single-message", "-T", name, url]));
    let outcome = compare(1, job(&peer, Wanted::Exactly(Seen { bytes, messages: 1 }), command), None, None)?;
    Ok(outcome.rows("4 GiB up, --single-message", "MiB/s", mib(bytes), Target::None))
}

pub(crate) fn one_frame(plan: &Plan) -> anyhow::Result<Vec<Row>> {
    let bytes = 4 * GIB / plan.divisor;
    let flood = Flood::one_frame(bytes);
    let peer = Peer::start(move |stream| flood.serve(stream))?;
    let url = &peer.url();
    let command = || Ok(plan.tools.wsurl.command(["stream", "-f", url]));
    let outcome = compare(1, job(&peer, Wanted::Exactly(Seen { bytes, messages: 1 }), command), None, None)?;
    Ok(outcome.rows("4 GiB down in one frame", "MiB/s", mib(bytes), Target::None))
}

/// The wall time of a whole run with one message and its reply.
pub(crate) fn start(plan: &Plan) -> anyhow::Result<Vec<Row>> {
    let rounds = 40 * plan.rounds;
    let peer = Peer::start(echo)?;
    let url = &peer.url();
    let ours = job(&peer, Wanted::Exactly(Seen { bytes: 2, messages: 1 }), || {
        Ok(plan.tools.wsurl.command(["send", url, "hi"]))
    });
    let outcome = compare(rounds, ours, None, None)?;
    let middle = |costs: &Costs| Figure::single(costs.time().median * 1e3);
    let name = "start to exit, send URL hi";
    Ok(vec![outcome.row(name, "ms", Target::AtMost(5.0), middle), outcome.memory_row(name)])
}

/// One message at a time through pipes; both programs take turns in blocks of a thousand.
pub(crate) fn round_trip(plan: &Plan) -> anyhow::Result<Vec<Row>> {
    let peer = Peer::start(echo)?;
    let url = &peer.url();
    let mut talkers = vec![Talker::start(plan.tools.wsurl.command(["stream", url]))?];
    if let Some(program) = &plan.tools.websocat {
        talkers.push(Talker::start(program.command(["-b", url]))?);
    }
    let mut rounds = vec![Vec::new(); talkers.len()];
    for _ in 0..4 * plan.rounds {
        for (talker, rounds) in talkers.iter_mut().zip(&mut rounds) {
            talk(talker, 1000, rounds)?;
        }
    }
    let memory = talkers.into_iter().map(|talker| Ok(memory(talker.end()?)));
    let memory = memory.collect::<anyhow::Result<Vec<_>>>()?;
    let percentiles = |share| rounds.iter().map(|rounds| percentile(rounds, share)).collect::<Vec<_>>();
    let row = |name: &str, unit, figures: &[Figure], target| Row {
        name: format!("round trip, 12 bytes: {name}"),
        unit,
        wsurl: figures[0],
        raw: None,
        websocat: figures.get(1).copied(),
        target,
    };
    Ok(vec![
        row("p50", "µs", &percentiles(50), Target::AtMostWebsocat),
        row("p99", "µs", &percentiles(99), Target::None),
        row("memory", "MiB", &memory, MEMORY),
    ])
}

fn talk(talker: &mut Talker, rounds: usize, times: &mut Vec<f64>) -> anyhow::Result<()> {
    let mut back = [0; MESSAGE.len()];
    for _ in 0..rounds {
        let took = talker.round(MESSAGE, &mut back)?;
        anyhow::ensure!(&back == MESSAGE, "another message came back: {back:?}");
        times.push(took.as_secs_f64() * 1e6);
    }
    Ok(())
}

fn memory(bytes: u64) -> Figure {
    Figure::single(float(bytes) / float(1 << 20))
}

fn percentile(times: &[f64], share: usize) -> Figure {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    Figure::single(sorted[(sorted.len() * share / 100).min(sorted.len() - 1)])
}
