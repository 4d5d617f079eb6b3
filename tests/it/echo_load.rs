//! `echo-test`: what is sent, how fast, how many at once; and how it ends before its time.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tungstenite::Message;

use crate::support::echoing::echo;
use crate::support::formats::{counts, json};
use crate::support::frame::{self, BINARY, CONTINUATION, TEXT};
use crate::support::{Certificate, Echo, EchoServer, Script, Untouched, Wsurl, millis, secs, timed};

const LADDER: [usize; 9] = [0, 1, 125, 126, 127, 65_535, 65_536, 65_537, 1 << 20];

/// The messages that a good server gets under these options.
#[track_caller]
fn sent(options: &[&str]) -> Vec<Message> {
    let server = EchoServer::start();
    Wsurl::new(["echo-test"]).args(options).args([server.url()]).stderr("").within(secs(8)).exits(0);
    server.received().messages
}

fn sizes(messages: &[Message]) -> Vec<usize> {
    messages.iter().map(Message::len).collect()
}

#[track_caller]
fn refused(options: &[&str], part: &str) {
    let nobody = Untouched::new();
    let url = nobody.url("ws");
    Wsurl::new(["echo-test"]).args(options).args([url]).stdout("").stderr_has(part).within(secs(2)).exits(2);
}

#[test]
fn as_many_messages_as_are_asked_for() {
    for count in ["1", "7", "250"] {
        assert_eq!(sent(&["-n", count]).len().to_string(), count);
    }
    assert_eq!(sizes(&sent(&["--count", "2", "--size", "3"])), [3, 3]);
}

#[test]
fn the_ladder_has_each_size_around_which_frames_change() {
    assert_eq!(sizes(&sent(&["--sizes", "-n", "1"])), LADDER);
    let mut all = sizes(&sent(&["--sizes", "-b", "-n", "2"]));
    all.sort_unstable();
    assert_eq!(all, LADDER.map(|size| [size, size]).concat());
}

#[test]
fn a_ladder_of_ones_own() {
    assert_eq!(sizes(&sent(&["--sizes=1,1K", "-n", "1"])), [1, 1024]);
    let mut all = sizes(&sent(&["--sizes=1K,0,5", "-n", "3"]));
    all.sort_unstable();
    assert_eq!(all, [0, 0, 0, 5, 5, 5, 1024, 1024, 1024]);
}

#[test]
fn a_ladder_is_told_size_by_size() {
    let run = Wsurl::new(["echo-test", "--sizes=2,300", "-n", "4"]).within(secs(5)).exits(0);
    let table: Vec<Vec<&str>> = run.text().lines().map(|line| line.split_whitespace().collect()).collect();
    let head = table.iter().position(|cells| *cells == ["size", "sent", "echoed", "p50", "p99", "max"]);
    let rows = &table[head.expect("the head of a table") + 1..][..2];
    assert_eq!((&rows[0][..3], &rows[1][..3]), (&["2", "4", "4"][..], &["300", "4", "4"][..]));
}

#[test]
fn text_is_text_with_characters_of_several_bytes() {
    for options in [&["--size", "1000"][..], &["-t", "--sizes=63,64,65,66"]] {
        for message in sent(options) {
            let Message::Text(text) = message else { panic!("no text: {message:?}") };
            assert!(!text.is_ascii(), "{text}");
        }
    }
}

#[test]
fn binary_is_binary() {
    let messages = sent(&["-b", "--size", "1000"]);
    assert!(messages.iter().all(|message| message.is_binary() && message.len() == 1000));
    assert!(messages.iter().any(|message| message.to_text().is_err()), "bytes that are no text");
}

#[test]
fn no_two_messages_are_the_same() {
    let mut messages: Vec<_> = sent(&["-n", "200"]).into_iter().map(Message::into_data).collect();
    messages.sort_unstable();
    messages.dedup();
    assert_eq!(messages.len(), 200);
}

#[test]
fn payloads_come_from_the_seed() {
    let of = |seed: &str| sent(&["--seed", seed, "--sizes=5,100"]);
    assert_eq!(of("7"), of("7"));
    assert_ne!(of("7"), of("8"));
    assert_eq!(of("1"), sent(&["--sizes=5,100"]), "1 is the default");
    assert_eq!(of("18446744073709551615").len(), 20);
}

#[test]
fn a_stream_may_come_back_in_other_messages() {
    let cut = |size: usize| {
        Script::new()
            .upgrade()
            .answers(3, move |messages| {
                let all: Vec<u8> = messages.iter().flat_map(|message| message.payload.clone()).collect();
                all.chunks(size).flat_map(frame::binary).collect()
            })
            .pings_and_close()
    };
    for peer in [cut(7), cut(100), cut(149), cut(300)] {
        let options = ["echo-test", "--mode", "stream", "-n", "3", "--size", "100", "--in-flight", "3"];
        let run = Wsurl::new(options).args(["--report", "json", &peer.url()]).within(secs(5)).exits(0);
        let report = json(run.text());
        assert_eq!((&report["mode"], &report["kind"]), (&"stream".into(), &"binary".into()));
        assert_eq!((&report["sent"], &report["echoed"]), (&3.into(), &3.into()));
        assert!(peer.frames()[..3].iter().all(|frame| frame.opcode == BINARY));
    }
}

#[test]
fn a_stream_has_no_empty_messages() {
    assert_eq!(sizes(&sent(&["--sizes", "--mode", "stream", "-n", "1"])), LADDER[1..]);
}

#[test]
fn a_changed_byte_in_a_stream_is_found() {
    let peer = Script::new()
        .upgrade()
        .answers(3, |messages| {
            let mut all: Vec<u8> = messages.iter().flat_map(|message| message.payload.clone()).collect();
            all[150] ^= 0xFF;
            [frame::binary(&all[..120]), frame::binary(&all[120..])].concat()
        })
        .pings_and_close();
    let options = ["echo-test", "--mode", "stream", "-n", "3", "--size", "100", "--in-flight", "3"];
    let run = Wsurl::new(options).args(["--report", "json", &peer.url()]).within(secs(5)).exits(1);
    let report = json(run.text());
    let counts = ["sent", "echoed", "corrupted", "lost"].map(|name| report[name].as_u64());
    assert_eq!(counts, [3, 1, 1, 1].map(Some), "{report}");
    assert_eq!(peer.close_code(), Some(1000), "nothing is too big");
    let difference = &report["first_difference"];
    assert_eq!((&difference["message"], &difference["offset"]), (&2.into(), &50.into()), "{report}");
}

#[test]
fn a_stream_that_comes_back_whole_and_more_is_no_echo() {
    let peer = Script::new()
        .upgrade()
        .answers(1, |messages| [echo(&messages[0]), frame::binary("!")].concat())
        .pings_and_close();
    let run = Wsurl::new(["echo-test", "--mode", "stream", "-n", "1", "--report", "json", &peer.url()]);
    assert_eq!(json(run.within(secs(5)).exits(1).text())["unasked"], 1);
}

#[test]
fn fragments_are_as_large_as_they_are_told_to_be() {
    let peer = Script::new().upgrade().echoes(2).pings_and_close();
    Wsurl::new(["echo-test", "-n", "2", "--size", "10", "--fragment", "4", &peer.url()])
        .stderr("")
        .within(secs(5))
        .exits(0);
    let frames: Vec<_> =
        peer.frames()[..6].iter().map(|frame| (frame.opcode, frame.fin, frame.payload.len())).collect();
    let message = [(TEXT, false, 4), (CONTINUATION, false, 4), (CONTINUATION, true, 2)];
    assert_eq!(frames, message.repeat(2));

    let peer = Script::new().upgrade().echoes(1).pings_and_close();
    let options = ["echo-test", "-b", "-n", "1", "--size", "8", "--fragment", "4", &peer.url()];
    Wsurl::new(options).within(secs(5)).exits(0);
    assert_eq!(peer.frames().len(), 3, "two fragments and the Close");
}

#[test]
fn an_interval_is_kept_between_messages() {
    timed(|| {
        let times = Arc::new(Mutex::new(Vec::new()));
        let with_clock = |script: Script| {
            let times = Arc::clone(&times);
            script.answers(1, move |messages| {
                times.lock().expect("the times").push(Instant::now());
                echo(&messages[0])
            })
        };
        let peer = (0..4).fold(Script::new().upgrade(), |script, _| with_clock(script)).pings_and_close();
        Wsurl::new(["echo-test", "-n", "4", "--interval", "200ms", &peer.url()]).within(secs(5)).exits(0);
        peer.wait();
        let times = times.lock().expect("the times");
        let took: Vec<Duration> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(took.iter().all(|gap| *gap >= millis(100)), "{took:?}");
        let whole = times[3] - times[0];
        assert!(whole >= millis(500) && whole <= millis(1500), "{took:?}");
    });
}

#[test]
fn so_many_are_under_way_and_no_more() {
    let peer = (0..5).fold(Script::new().upgrade(), |script, _| script.read_frame());
    let peer = peer.hears_nothing_for(millis(200)).echoes_all().echoes(7).pings_and_close();
    let options = ["echo-test", "-n", "12", "--in-flight", "5", &peer.url()];
    let run = Wsurl::new(options).stderr("").within(secs(5)).exits(0);
    assert_eq!(counts(run.text()), "12 sent, 12 echoed, 0 lost, 0 corrupted, 0 out of order, 0 duplicated");
    assert!(run.text().contains("connections 1, 5 in flight on each\n"), "{}", run.text());
}

#[test]
fn many_connections_for_a_time() {
    let server = EchoServer::start();
    let options = ["echo-test", "--connections", "20", "--in-flight", "4", "--duration", "500ms"];
    let run =
        Wsurl::new(options).args(["--report", "json", &server.url()]).stderr("").within(secs(8)).exits(0);
    let report = json(run.text());
    assert_eq!((&report["connections"], &report["in_flight"]), (&20.into(), &4.into()));
    assert!(report["planned"].is_null(), "{report}");
    let elapsed = report["elapsed"].as_f64().expect("seconds");
    assert!((0.4..3.0).contains(&elapsed), "{elapsed}");
    let received: usize = server.all_received(20).iter().map(|session| session.messages.len()).sum();
    assert!(received >= 100, "{received}");
    assert_eq!((&report["sent"], &report["echoed"]), (&received.into(), &received.into()));
}

#[test]
fn a_count_holds_for_each_connection() {
    let server = EchoServer::start();
    Wsurl::new(["echo-test", "--connections", "3", "-n", "4", &server.url()])
        .stdout_has("12 sent, 12 echoed")
        .within(secs(5))
        .exits(0);
    assert!(server.all_received(3).iter().all(|session| session.messages.len() == 4));
}

#[test]
fn of_a_count_and_a_time_the_first_to_be_reached_ends_it() {
    Wsurl::new(["echo-test", "-n", "4", "--duration", "1m"]).stdout_has("4 echoed").within(secs(5)).exits(0);
    let run = Wsurl::new(["echo-test", "-n", "1000", "--interval", "100ms", "--duration", "450ms"]);
    let run = run.args(["--report", "json"]).within(secs(5)).exits(0);
    let report = json(run.text());
    let sent = report["sent"].as_u64().expect("a number");
    assert!((2..=5).contains(&sent) && report["planned"] == 1000, "{report}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_hundred_connections_need_no_hundred_threads() {
    let server = EchoServer::start();
    let options = ["echo-test", "--connections", "100", "--duration", "2s", "--in-flight", "2"];
    let run = Wsurl::new(options).args([server.url()]).limit(secs(20)).spawn();
    server.wait_for_connections(100);
    let looks = (0..10).map(|_| {
        std::thread::sleep(millis(50));
        run.threads()
    });
    let threads: Vec<_> = looks.collect();
    assert!(threads.iter().all(|count| *count <= 8), "{threads:?}");
    let run = run.exits(0);
    assert!(run.text().contains("connections 100, 2 in flight on each\n"), "{}", run.text());
}

/// The peak memory of a test with so many connections, in bytes.
#[cfg(target_os = "linux")]
fn memory_of(server: &EchoServer, connections: usize, more: &[&str]) -> usize {
    let number = connections.to_string();
    let options = ["echo-test", "--connections", &number, "--interval", "50ms", "--duration", "1500ms"];
    let run = Wsurl::new(options).args(more).args([server.url()]).limit(secs(30)).spawn();
    server.wait_for_connections(connections);
    std::thread::sleep(millis(700));
    let peak = run.peak_memory();
    run.exits(0);
    peak
}

#[cfg(target_os = "linux")]
#[test]
fn a_connection_takes_little_memory() {
    const LIMIT: usize = 64 * 1024;
    for (server, size) in [
        (EchoServer::start(), "64"),
        (EchoServer::start(), "4K"),
        (Echo::new().tls(Certificate::Valid).start(), "64"),
    ] {
        let mut more = vec!["--size", size];
        if server.url().starts_with("wss") {
            more.extend(["--cacert", server.cacert()]);
        }
        let one = memory_of(&server, 1, &more);
        let each = (memory_of(&server, 201, &more) - one) / 200;
        assert!(each <= LIMIT, "{each} bytes a connection with {} and {size}", server.url());
    }
}

#[test]
fn connections_that_cannot_be_opened_are_counted_and_the_reason_is_told() {
    let server = Echo::new().takes_at_most(3).start();
    let run = Wsurl::new(["echo-test", "--connections", "6", &server.url()]).stderr_has(format!(
        "wsurl: error: {} answered the upgrade with 503 Service Unavailable; 3 of 6 connections opened, so nothing was sent\n",
        server.address()
    ));
    let run = run.exits(22);
    assert!(
        run.text().contains("\nconnections 6, 3 opened, 0 echoed everything, 1 in flight on each\n"),
        "{}",
        run.text()
    );
    let server = Echo::new().takes_at_most(3).start();
    let run = Wsurl::new(["echo-test", "--connections", "6", "--report", "json", &server.url()]);
    let report = json(run.exits(22).text());
    let counts = ["connections", "connections_opened", "connections_echoed"].map(|key| report[key].as_u64());
    assert_eq!(counts, [Some(6), Some(3), Some(0)]);
    assert!(
        report["error"].as_str().is_some_and(|text| text.contains("3 of 6 connections opened")),
        "{report}"
    );
}

#[test]
fn connections_that_end_early_are_told_from_those_that_echo_everything() {
    let server = Echo::new().closes_after(2, 1013, "busy").start();
    let run = Wsurl::new(["echo-test", "--connections", "2", "-n", "4", &server.url()])
        .stderr_has("with 1013")
        .stderr_has("; 2 of 2 connections opened, 0 echoed everything\n")
        .exits(110);
    assert!(run.text().contains("\nconnections 2, 2 opened, 0 echoed everything, "), "{}", run.text());
    let server = EchoServer::start();
    let run = Wsurl::new(["echo-test", "--connections", "2", "--report", "json", &server.url()]);
    let report = json(run.exits(0).text());
    assert_eq!((&report["connections_opened"], &report["connections_echoed"]), (&2.into(), &2.into()));
}

#[test]
fn options_that_contradict_each_other_are_refused() {
    refused(&["--mode", "stream", "-t"], "--mode");
    refused(&["-t", "-b"], "-b");
    refused(&["--size", "5", "--sizes=1,2"], "--size");
    refused(&["--size", "5", "--sizes"], "--size");
    refused(&["--size", "0", "--mode", "stream"], "--size");
    refused(&["--sizes=0", "--mode", "stream"], "--size");
}

#[test]
fn values_that_make_no_sense_are_refused() {
    for (option, value) in [
        ("--in-flight", "0"),
        ("--connections", "0"),
        ("--connections", "10001"),
        ("--count", "0"),
        ("--fragment", "0"),
        ("--size", "65M"),
        ("--size", "big"),
        ("--interval", "soon"),
        ("--duration", "long"),
        ("--seed", "-1"),
        ("--seed", "18446744073709551616"),
        ("--mode", "bytes"),
        ("--report", "xml"),
        ("--sizes", "1,x"),
        ("--sizes", "1,65M"),
    ] {
        refused(&[&format!("{option}={value}")], value.rsplit(',').next().expect("a value"));
    }
}

#[test]
fn more_messages_at_once_than_memory_has_room_for_are_refused() {
    refused(&["--connections", "1000", "--size", "2M"], "1G");
    refused(&["--connections", "17", "--sizes=1,64M"], "1G");
}

#[test]
fn options_of_the_test_are_none_of_the_server() {
    for option in
        ["-n=1", "--size=1", "--sizes", "--mode=stream", "--in-flight=2", "--seed=3", "--report=json", "-b"]
    {
        Wsurl::new(["echo-test", "--listen", "127.0.0.1:0", option]).stdout("").within(secs(2)).exits(2);
    }
}

#[test]
fn options_of_the_server_are_none_of_the_test() {
    for option in ["--delay=1s", "--drop-after=1", "--close-with=1000", "--tls-cert=x"] {
        refused(&[option], "--listen");
    }
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_the_test_with_a_report() {
    use crate::support::Signal;

    // Ctrl-C after good echoes is how a person ends a test that has shown enough.
    let told = "wsurl: error: interrupted by SIGTERM\n";
    for (signal, stderr, code) in [(Signal::Interrupt, "", 0), (Signal::Terminate, told, 143)] {
        let peer = Script::new().upgrade().echoes(3).read_frame();
        let run = Wsurl::new(["echo-test", &peer.url()]).stderr(stderr).within(secs(9)).spawn();
        peer.wait();
        run.signal(signal);
        let peer = peer.read_close().answer_close().close();
        let run = run.exits(code);
        // What is under way at that moment is not lost.
        assert_eq!(counts(run.text()), "4 sent, 3 echoed, 0 lost, 0 corrupted, 0 out of order, 0 duplicated");
        assert_eq!(peer.close_code(), Some(1001));
    }
}

#[cfg(unix)]
#[test]
fn an_interrupt_before_any_good_echo_is_an_interrupt() {
    use crate::support::Signal;

    let peer = Script::new().upgrade().read_frame();
    let run = Wsurl::new(["echo-test", &peer.url()]).stderr("wsurl: error: interrupted by SIGINT\n").spawn();
    peer.wait();
    run.signal(Signal::Interrupt);
    let _peer = peer.read_close().answer_close().close();
    run.exits(130);
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_many_connections_under_load() {
    use crate::support::Signal;

    let server = EchoServer::start();
    let options = ["echo-test", "--connections", "30", "--in-flight", "8", "--duration", "1m"];
    let run = Wsurl::new(options).args(["--report", "json", &server.url()]).within(secs(8)).spawn();
    server.wait_for_connections(30);
    // That it runs for a while is what is tested here.
    std::thread::sleep(millis(300));
    run.signal(Signal::Interrupt);
    let report = json(run.exits(0).text());
    assert_eq!((&report["status"], &report["exit_code"]), (&"success".into(), &0.into()));
    assert!(report["echoed"].as_u64().expect("a number") > 0, "{report}");
}

#[test]
fn the_first_round_trip_of_a_connection_does_not_count_what_the_others_take_to_begin() {
    let run = Wsurl::new(["echo-test", "--connections", "200", "-n", "1", "--report", "json"]);
    let report = json(run.within(secs(20)).exits(0).text());
    let (shortest, longest) = (&report["round_trip"]["min"], &report["round_trip"]["max"]);
    assert!(shortest.as_f64() < longest.as_f64().map(|longest| longest * 0.8), "{report}");
}
