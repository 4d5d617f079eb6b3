//! Throughput, memory and latency of the built `wsurl`, against a raw TCP copy and against websocat, in one
//! run; over TLS, against `socat` with OpenSSL.
//!
//!     cargo bench --bench throughput [-- [--quick] [NAME]...]
//!
//! NAME picks measurements (see `MEASUREMENTS`); `--quick` is a sixteenth of the data, for a look. `WSURL_BIN` measures
//! another binary; websocat is found on the path or by `WEBSOCAT`. All traffic stays on loopback, the files in a
//! temporary folder. Ends with an error when a run failed, not when a target was missed.

mod child;
mod contest;
mod measure;
mod peer;
mod secure;
mod secure_measure;
mod table;
mod tools;

use std::env;

use anyhow::Context;

use crate::measure::Plan;
use crate::table::Row;
use crate::tools::Tools;

type Measurement = fn(&Plan) -> anyhow::Result<Vec<Row>>;

const MEASUREMENTS: [(&str, Measurement); 11] = [
    ("upload", measure::upload),
    ("download", measure::download),
    ("lines-out", measure::lines_out),
    ("lines-in", measure::lines_in),
    ("single-message", measure::single_message),
    ("one-frame", measure::one_frame),
    ("round-trip", measure::round_trip),
    ("start", measure::start),
    ("wss-upload", secure_measure::upload),
    ("wss-download", secure_measure::download),
    ("wss-start", secure_measure::start),
];

fn main() -> anyhow::Result<()> {
    let args: Vec<String> = env::args().skip(1).collect();
    if !args.iter().any(|arg| arg == "--bench") {
        println!("the throughput bench runs by `cargo bench --bench throughput`");
        return Ok(());
    }
    let names: Vec<&String> = args.iter().filter(|arg| !arg.starts_with('-')).collect();
    let picked = |name: &str| names.is_empty() || names.iter().any(|wanted| *wanted == name);
    let plan = Plan::new(Tools::find()?, args.iter().any(|arg| arg == "--quick"));
    plan.versions().iter().for_each(|version| println!("{version}"));
    let (mut rows, mut peak) = (Vec::new(), None);
    for (name, measure) in MEASUREMENTS.into_iter().filter(|(name, _)| picked(name)) {
        eprintln!("measuring {name}");
        rows.extend(measure(&plan).context(name)?);
        if !name.starts_with("wss-") {
            peak = child::own_peak();
        }
    }
    table::print(&rows);
    if let Some(peak) = peak {
        println!("no memory figure can be below the bench's own peak of {peak}");
    }
    Ok(())
}
