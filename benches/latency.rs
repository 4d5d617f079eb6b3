//! How true the round trips of `echo-test` are, and what it can drive: against a bare blocking TCP echo of the same
//! bytes, in one run.
//!
//!     cargo bench --bench latency
//!
//! The two take turns; the figures are medians of the rounds. `WSURL_BIN` measures another binary. All traffic stays on
//! loopback. Ends with an error when a run failed, or when the round trip is beyond the target.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};
use std::{env, thread};

use anyhow::{Context, bail};
use serde_json::Value;
use wait4::Wait4;

const ROUNDS: usize = 7;
const TRIPS: usize = 20_000;
const SIZE: usize = 64;

/// What the frame, the comparison and the sleep on readiness may cost.
const TARGET: Duration = Duration::from_micros(10);

fn main() -> anyhow::Result<ExitCode> {
    if !env::args().any(|arg| arg == "--bench") {
        println!("the latency bench runs by `cargo bench --bench latency`");
        return Ok(ExitCode::SUCCESS);
    }
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        bare.push(bare_echo()?);
        ours.push(echo_test()?);
    }
    let (ours, bare) = (median(ours), median(bare));
    let more = ours.saturating_sub(bare);
    println!("p50 of {TRIPS} round trips of {SIZE} bytes, median of {ROUNDS} rounds each:");
    println!(
        "  bare blocking TCP echo {bare:?}, echo-test {ours:?}: {more:?} more, the target is {TARGET:?}"
    );
    load()?;
    Ok(if more <= TARGET { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The median round trip of the built binary against its embedded server.
fn echo_test() -> anyhow::Result<Duration> {
    let (report, _) = report(&["-n", &TRIPS.to_string(), "--size", &SIZE.to_string()])?;
    let p50 = report.pointer("/round_trip/p50").and_then(Value::as_f64).context("a median")?;
    Ok(Duration::from_secs_f64(p50))
}

/// The median round trip of the same bytes over TCP alone.
fn bare_echo() -> anyhow::Result<Duration> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let mut stream = TcpStream::connect(listener.local_addr()?)?;
    let server = thread::spawn(move || echo_bytes(&listener));
    stream.set_nodelay(true)?;
    let (question, mut answer) = ([7; SIZE], [0; SIZE]);
    let mut times = Vec::with_capacity(TRIPS);
    for _ in 0..TRIPS {
        let start = Instant::now();
        stream.write_all(&question)?;
        stream.read_exact(&mut answer)?;
        times.push(start.elapsed());
    }
    drop(stream);
    server.join().expect("the echo thread does not panic")?;
    Ok(median(times))
}

fn echo_bytes(listener: &TcpListener) -> std::io::Result<()> {
    let (mut stream, _) = listener.accept()?;
    stream.set_nodelay(true)?;
    let mut buffer = [0; 4096];
    loop {
        match stream.read(&mut buffer)? {
            0 => return Ok(()),
            count => stream.write_all(&buffer[..count])?,
        }
    }
}

/// A hundred connections with sixteen messages under way on each: what goes through, and what it costs.
fn load() -> anyhow::Result<()> {
    let args = ["--connections", "100", "--in-flight", "16", "--duration", "3s"];
    let (report, cores) = report(&args)?;
    let rate = report.pointer("/messages_per_second").and_then(Value::as_f64).context("a rate")?;
    let median = report.pointer("/round_trip/p50").and_then(Value::as_f64).context("a median")?;
    println!("{}, with the embedded server:", args.join(" "));
    println!("  {rate:.0} messages a second each way, p50 {:?}", Duration::from_secs_f64(median));
    println!("  {cores:.2} of {} processors busy", thread::available_parallelism()?);
    Ok(())
}

/// The JSON report of a run, and how many processors it kept busy.
fn report(args: &[&str]) -> anyhow::Result<(Value, f64)> {
    let binary = env::var("WSURL_BIN").unwrap_or_else(|_| env!("CARGO_BIN_EXE_wsurl").to_owned());
    let start = Instant::now();
    let mut child = Command::new(binary)
        .args(["echo-test", "--report", "json"])
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut text = String::new();
    child.stdout.take().context("standard output")?.read_to_string(&mut text)?;
    let usage = child.wait4()?;
    if !usage.status.success() {
        bail!("echo-test {} ended with {}", args.join(" "), usage.status);
    }
    let busy = usage.rusage.utime + usage.rusage.stime;
    Ok((serde_json::from_str(&text)?, busy.as_secs_f64() / start.elapsed().as_secs_f64()))
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
