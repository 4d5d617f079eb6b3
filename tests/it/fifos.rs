//! FIFOs that nobody opens at the other end, or closes: `-m` and signals end the wait.

use crate::support::{EchoServer, Script, Signal, Wsurl, make_fifo, millis, new_file, secs};

/// Nobody listens there: a run that dials exits 7.
const NOBODY: &str = "ws://127.0.0.1:1/";

/// The arguments that wait for the other end of `fifo`.
fn waiting(fifo: &str) -> [Vec<String>; 6] {
    let at = format!("@{fifo}");
    [
        ["send", "-o", fifo, NOBODY, "hi"].as_slice(),
        &["send", "-d", &at, NOBODY],
        &["send", "-D", fifo, NOBODY, "hi"],
        &["stream", "-o", fifo, NOBODY],
        &["stream", "-T", fifo, NOBODY],
        &["probe", "-d", &at, NOBODY],
    ]
    .map(|args| args.iter().map(|arg| (*arg).to_owned()).collect())
}

#[test]
fn the_whole_time_includes_opening_a_fifo() {
    let (_dir, fifo) = new_file("fifo");
    make_fifo(&fifo);
    for args in waiting(&fifo) {
        let (doing, hint) = if args[1] == "-d" {
            ("reading", "it is read to its end, which did not come in time")
        } else {
            ("opening", "a FIFO waits for a program at its other end")
        };
        Wsurl::new(&args)
            .args(["-m", "300ms"])
            .stderr(format!(
                "wsurl: error: timed out after 300ms while {doing} {fifo} (--max-time)\n\
                 wsurl: hint: {hint}\n"
            ))
            .exits(28);
    }
}

#[test]
fn the_whole_time_includes_reading_a_message() {
    let (_dir, fifo) = new_file("fifo");
    make_fifo(&fifo);
    // Open for reading and writing, so that the other end is there, and stays.
    let _held = std::fs::File::options().read(true).write(true).open(&fifo).expect("the FIFO");
    Wsurl::new(["send", "-m", "300ms", "-d", &format!("@{fifo}"), NOBODY])
        .stderr_has(format!("timed out after 300ms while reading {fifo} (--max-time)"))
        .exits(28);
    Wsurl::new(["send", "-m", "300ms", "-d", "@-", NOBODY])
        .stdin_open("half")
        .stderr_has("timed out after 300ms while reading standard input (--max-time)")
        .exits(28);
}

#[test]
fn a_signal_ends_the_wait_for_a_fifo() {
    let (_dir, fifo) = new_file("fifo");
    make_fifo(&fifo);
    for args in waiting(&fifo) {
        let run = Wsurl::new(&args).stderr("wsurl: error: interrupted by SIGTERM\n").within(secs(5)).spawn();
        // The thread that receives signals.
        while run.threads() < 2 {
            std::thread::sleep(millis(1));
        }
        std::thread::sleep(millis(100));
        run.signal(Signal::Terminate);
        run.exits(143);
    }
}

#[test]
fn a_fifo_whose_other_end_comes_later_is_used() {
    let (_dir, fifo) = new_file("fifo");
    make_fifo(&fifo);
    let server = EchoServer::start();
    let run = Wsurl::new(["stream", "-T", &fifo, "-m", "60s", &server.url()]).stdout("from the FIFO").spawn();
    std::thread::sleep(millis(100));
    std::fs::write(&fifo, "from the FIFO").expect("write to the FIFO");
    run.exits(0);
}

#[test]
fn a_fifo_that_nobody_reads_does_not_outlast_a_second_signal() {
    let (_dir, fifo) = new_file("fifo");
    make_fifo(&fifo);
    let held = std::fs::File::options().read(true).write(true).open(&fifo).expect("the FIFO");
    let endless = crate::support::frame::binary(crate::support::noise(1 << 20));
    let peer = Script::new().upgrade();
    let run = Wsurl::new(["stream", "-f", "-o", &fifo, &peer.url()]).within(secs(8)).spawn();
    peer.wait();
    let _peer = peer.send(endless).hold();
    std::thread::sleep(millis(200));
    run.signal(Signal::Interrupt);
    std::thread::sleep(millis(200));
    run.signal(Signal::Terminate);
    run.exits(143);
    drop(held);
}
