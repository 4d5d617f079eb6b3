//! What was measured against what it must reach.

use std::fmt;

/// What a figure must reach.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target {
    AtLeast(f64),
    AtMost(f64),
    /// At least this share of the raw TCP copy in the same run.
    ShareOfRaw(f64),
    /// Not above websocat in the same run.
    AtMostWebsocat,
    /// Shown for comparison.
    None,
}

/// One figure: the best of its runs, and their median.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figure {
    pub(crate) best: f64,
    pub(crate) median: f64,
}

impl Figure {
    /// One that stands for itself.
    pub(crate) fn single(value: f64) -> Self {
        Self { best: value, median: value }
    }
}

/// One line of the report.
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) unit: &'static str,
    pub(crate) wsurl: Figure,
    pub(crate) raw: Option<Figure>,
    pub(crate) websocat: Option<Figure>,
    pub(crate) target: Target,
}

impl Row {
    /// Whether the target is met; `None` where there is nothing to compare with.
    fn met(&self) -> Option<bool> {
        let (ours, usual) = (self.wsurl.best, self.wsurl.median);
        match self.target {
            Target::AtLeast(least) => Some(ours >= least),
            Target::AtMost(most) => Some(ours <= most),
            Target::ShareOfRaw(share) => self.raw.map(|raw| usual >= share * raw.median),
            Target::AtMostWebsocat => self.websocat.map(|peer| usual <= peer.median),
            Target::None => None,
        }
    }

    fn share(&self, other: Option<Figure>) -> String {
        other.map_or("-".to_owned(), |other| format!("{:.2}", self.wsurl.median / other.median))
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::AtLeast(least) => format!(">= {least}"),
            Self::AtMost(most) => format!("<= {most}"),
            Self::ShareOfRaw(share) => format!(">= {share} raw"),
            Self::AtMostWebsocat => "<= websocat".to_owned(),
            Self::None => "-".to_owned(),
        };
        f.pad(&text)
    }
}

pub(crate) fn print(rows: &[Row]) {
    println!(
        "\nbest (median); ratios are of medians: one lucky run of a peer on a noisy machine says little"
    );
    println!(
        "{:<36} {:<7} {:>15} {:>15} {:>15} {:>6} {:>10}  {:<12} verdict",
        "figure", "unit", "wsurl", "raw", "websocat", "/raw", "/websocat", "target"
    );
    for row in rows {
        println!(
            "{:<36} {:<7} {:>15} {:>15} {:>15} {:>6} {:>10}  {:<12} {}",
            row.name,
            row.unit,
            show(Some(row.wsurl)),
            show(row.raw),
            show(row.websocat),
            row.share(row.raw),
            row.share(row.websocat),
            row.target,
            row.met().map_or("-", |met| if met { "met" } else { "MISSED" }),
        );
    }
    let verdicts: Vec<bool> = rows.iter().filter_map(Row::met).collect();
    println!("{} of {} targets met", verdicts.iter().filter(|met| **met).count(), verdicts.len());
}

fn show(figure: Option<Figure>) -> String {
    figure.map_or("-".to_owned(), |Figure { best, median }| match (digits(best), digits(median)) {
        (best, median) if best == median => best,
        (best, median) => format!("{best} ({median})"),
    })
}

fn digits(value: f64) -> String {
    if value >= 100.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}
