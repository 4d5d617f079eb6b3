//! Programs that do the same job in turns, so that a change of the machine's mood meets them all alike.

use std::process::Command;

use crate::child::{self, Cost};
use crate::peer::{Peer, Seen};
use crate::table::Figure;

/// One program at one job, with the peer that it talks to.
pub(crate) struct Contender<'a> {
    pub(crate) peer: &'a Peer,
    pub(crate) command: Box<dyn Fn() -> anyhow::Result<Command> + 'a>,
    pub(crate) wanted: Wanted,
}

/// What the peer must have seen when the job is done.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Wanted {
    /// So many bytes, in messages of any size.
    Bytes(u64),
    Exactly(Seen),
}

impl Wanted {
    fn met_by(self, seen: Seen) -> bool {
        match self {
            Self::Bytes(bytes) => seen.bytes == bytes,
            Self::Exactly(wanted) => seen == wanted,
        }
    }
}

/// The costs of each contender over `rounds` runs, after one that warms up the files where there are several.
pub(crate) fn hold(rounds: usize, contenders: &[Option<Contender>]) -> anyhow::Result<Vec<Option<Costs>>> {
    let mut all: Vec<_> =
        contenders.iter().map(|contender| contender.as_ref().map(|_| Costs(Vec::new()))).collect();
    for round in 0..rounds + usize::from(rounds > 1) {
        for (contender, costs) in contenders.iter().zip(&mut all) {
            if let (Some(contender), Some(costs)) = (contender, costs) {
                costs.0.push(once(contender)?);
            }
        }
        if rounds > 1 && round == 0 {
            all.iter_mut().flatten().for_each(|costs| costs.0.clear());
        }
    }
    Ok(all)
}

fn once(contender: &Contender) -> anyhow::Result<Cost> {
    let mut command = (contender.command)()?;
    let (cost, seen) = child::run(&mut command, || contender.peer.seen())?;
    let wanted = contender.wanted;
    anyhow::ensure!(wanted.met_by(seen), "{command:?}: the peer saw {seen:?}, not {wanted:?}");
    Ok(cost)
}

/// At least one run's cost.
pub(crate) struct Costs(Vec<Cost>);

impl Costs {
    /// `amount` a second.
    pub(crate) fn rate(&self, amount: f64) -> Figure {
        let time = self.time();
        Figure { best: amount / time.best, median: amount / time.median }
    }

    /// Seconds.
    pub(crate) fn time(&self) -> Figure {
        low(self.0.iter().map(|cost| cost.seconds).collect())
    }

    /// Seconds of processor time.
    pub(crate) fn cpu(&self) -> Figure {
        low(self.0.iter().map(|cost| cost.cpu).collect())
    }

    /// Peak memory in MiB: here the worst run counts as the best.
    #[expect(clippy::cast_precision_loss, reason = "a size in memory, shown with two digits")]
    pub(crate) fn memory(&self) -> Figure {
        let sizes: Vec<f64> = self.0.iter().map(|cost| cost.memory as f64 / f64::from(1 << 20)).collect();
        let worst = sizes.iter().copied().fold(0.0, f64::max);
        Figure { best: worst, median: low(sizes).median }
    }
}

/// The lowest value and the median.
pub(crate) fn low(mut values: Vec<f64>) -> Figure {
    values.sort_by(f64::total_cmp);
    Figure { best: values[0], median: values[values.len() / 2] }
}
