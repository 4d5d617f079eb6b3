//! The measurements over TLS. Client and server share the processors, so the client's own processor time tells more than
//! the rate.

use std::path::Path;
use std::process::Command;

use crate::contest::{Contender, Costs, Wanted};
use crate::measure::{GIB, Outcome, Plan, compare, job, mib, text};
use crate::peer::{Flood, Peer, Seen, echo, raw_sink, sink};
use crate::secure::Tls;
use crate::table::{Figure, Row, Target};
use crate::tools::{Program, fed};

/// Adds the place where OpenSSL and native-tls look for issuers.
fn trusting(mut command: Command, variable: &str, place: &Path) -> Command {
    command.env(variable, place);
    command
}

/// The rate and the processor time. No memory: the bench itself is larger than its children once it has served TLS.
fn rows(outcome: &Outcome, name: &str, bytes: u64) -> Vec<Row> {
    vec![
        outcome.row(name, "MiB/s", Target::None, |costs| costs.rate(mib(bytes))),
        outcome.row(&format!("{name}: processor time"), "s", Target::None, Costs::cpu),
    ]
}

/// socat's side of a copy over TLS.
fn socat_address(peer: &Peer, tls: &Tls) -> String {
    format!("OPENSSL:localhost:{},cafile={}", peer.port, tls.file.display())
}

pub(crate) fn upload(plan: &Plan) -> anyhow::Result<Vec<Row>> {
    let bytes = GIB / plan.divisor;
    let (tls, file) = (&Tls::new()?, &plan.tools.zeros(bytes)?);
    let (raw_peer, peer) = (&Peer::start_tls(tls, raw_sink)?, &Peer::start_tls(tls, sink)?);
    let (url, name, ca) = (&peer.secure_url(), text(file)?, text(&tls.file)?);
    let wanted = Wanted::Bytes(bytes);
    let socat = |program| -> Contender<'_> {
        let program: &Program = program;
        let from = format!("OPEN:{name}");
        job(raw_peer, wanted, move || {
            Ok(program.command(["-u", "-b", "65536", &from, &socat_address(raw_peer, tls)]))
        })
    };
    let ours =
        job(peer, wanted, || Ok(plan.tools.wsurl.command(["stream", "--cacert", ca, "-T", name, url])));
    let websocat = plan.websocat(|program| {
        job(peer, wanted, move || {
            Ok(trusting(fed(program.command(["-b", url]), file)?, "SSL_CERT_FILE", &tls.file))
        })
    });
    let outcome = compare(plan.rounds, ours, plan.tools.socat.as_ref().map(socat), websocat)?;
    Ok(rows(&outcome, "wss upload (raw: socat)", bytes))
}

pub(crate) fn download(plan: &Plan) -> anyhow::Result<Vec<Row>> {
    let bytes = GIB / plan.divisor;
    let tls = &Tls::new()?;
    let (raw_flood, flood) = (Flood::raw(bytes), Flood::binary(bytes));
    let raw_peer = &Peer::start_tls(tls, move |stream| raw_flood.pour(stream))?;
    let peer = &Peer::start_tls(tls, move |stream| flood.serve(stream))?;
    let (url, ca) = (&peer.secure_url(), text(&tls.file)?);
    let wanted = Wanted::Bytes(bytes);
    let socat = |program| -> Contender<'_> {
        let program: &Program = program;
        job(raw_peer, wanted, move || {
            Ok(program.command(["-u", "-b", "65536", &socat_address(raw_peer, tls), "-"]))
        })
    };
    let ours = job(peer, wanted, || Ok(plan.tools.wsurl.command(["stream", "-f", "--cacert", ca, url])));
    let websocat = plan.websocat(|program| {
        job(peer, wanted, move || {
            Ok(trusting(program.command(["-b", "-U", url]), "SSL_CERT_FILE", &tls.file))
        })
    });
    let outcome = compare(plan.rounds, ours, plan.tools.socat.as_ref().map(socat), websocat)?;
    Ok(rows(&outcome, "wss download (raw: socat)", bytes))
}

/// The wall time of whole runs with one message and its reply: with the issuer in a hashed folder as the system has it, in
/// a file, and unchecked.
pub(crate) fn start(plan: &Plan) -> anyhow::Result<Vec<Row>> {
    let rounds = 10 * plan.rounds;
    let tls = &Tls::new()?;
    let peer = &Peer::start_tls(tls, echo)?;
    let (url, ca) = (&peer.secure_url(), text(&tls.file)?);
    let wanted = Wanted::Exactly(Seen { bytes: 2, messages: 1 });
    let websocat = || {
        let line = plan.tools.zeros(2)?;
        let run = move |program: &Program| {
            let command = fed(program.command(["-b", "-1", url]), &line)?;
            Ok(trusting(command, "SSL_CERT_DIR", &tls.folder))
        };
        anyhow::Ok(plan.websocat(|program| job(peer, wanted, move || run(program))))
    };
    let middle = |costs: &Costs| Figure::single(costs.time().median * 1e3);
    let wsurl = &plan.tools.wsurl;
    let system =
        job(peer, wanted, || Ok(trusting(wsurl.command(["send", url, "hi"]), "SSL_CERT_DIR", &tls.folder)));
    let with_file = job(peer, wanted, || Ok(wsurl.command(["send", "--cacert", ca, url, "hi"])));
    let unchecked = job(peer, wanted, || Ok(wsurl.command(["send", "-s", "-k", url, "hi"])));
    let system = compare(rounds, system, None, websocat()?)?;
    let (with_file, unchecked) =
        (compare(rounds, with_file, None, None)?, compare(rounds, unchecked, None, None)?);
    let target = Target::AtMost(10.0);
    Ok(vec![
        system.row("wss start, hashed folder", "ms", target, middle),
        with_file.row("wss start, --cacert", "ms", target, middle),
        unchecked.row("wss start, -k", "ms", target, middle),
    ])
}
