//! Text from the network is shown by a terminal, and never obeyed: whichever way it takes to the terminal, and whatever
//! the name under which the terminal was given.

use std::io::Read as _;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use crate::support::{
    Echo, EchoServer, Script, Signal, Terminal, Wsurl, file_with, frame, millis, noise, secs, send_signal,
};

/// What a hostile server says: an escape sequence, its C1 form, and a character that turns the direction of writing.
const HOSTILE: &str = "a\u{1b}[2Jb\u{9b}2Jc\u{202e}d";

/// How a terminal shows it.
const SHOWN: &str = "a\\u{1b}[2Jb\\u{9b}2Jc\\u{202e}d";

/// The part of it that may stand in a header field.
const FIELD: &str = "b\u{9b}2Jc\u{202e}d";

/// How a terminal shows that.
const FIELD_SHOWN: &str = "b\\u{9b}2Jc\\u{202e}d";

/// Says something hostile, and closes.
fn hostile_server() -> Script {
    Script::new()
        .upgrade_with(&format!("X-Hostile: {FIELD}"))
        .send(frame::text(HOSTILE))
        .send(frame::close(1000, HOSTILE))
        .read_close()
        .close()
}

/// Nothing of a text is obeyed that was shown.
#[track_caller]
fn only_shows(terminal: &Terminal, part: &str) {
    let shown = terminal.shows(part);
    let obeyed = shown.chars().find(|c| "\u{1b}\u{9b}\u{202e}".contains(*c));
    assert_eq!(obeyed, None, "{shown:?}");
}

#[test]
fn messages_and_the_close_of_json() {
    let terminal = Terminal::new();
    let server = hostile_server();
    Wsurl::new(["send", "-f", "--framing", "json", &server.url()]).stdout_to(terminal.file()).exits(0);
    only_shows(&terminal, "\"type\":\"close\"");
    only_shows(&terminal, "\\u{202e}d\"}\n");
}

#[test]
fn files_that_are_terminals() {
    for mode in ["send", "stream"] {
        for path in ["/dev/stdout", "the terminal itself", "-D"] {
            let terminal = Terminal::new();
            let server = hostile_server();
            let (option, path) = match path {
                "-D" => ("-D", "/dev/stdout"),
                "/dev/stdout" => ("-o", "/dev/stdout"),
                _ => ("-o", terminal.path()),
            };
            Wsurl::new([mode, "-f", option, path, &server.url()]).stdout_to(terminal.file()).exits(0);
            only_shows(&terminal, if option == "-D" { FIELD_SHOWN } else { SHOWN });
        }
    }
}

#[test]
fn the_controlling_terminal() {
    let binary = std::env::var("WSURL_BIN").unwrap_or_else(|_| env!("CARGO_BIN_EXE_wsurl").to_owned());
    let terminal = Terminal::new();
    let server = Script::new().upgrade().read_frame().send(frame::text(HOSTILE)).close_handshake();
    let run = Command::new("setsid")
        .args(["--ctty", "--wait", &binary, "send", "-o", "/dev/tty", "-d", "hi", &server.url()])
        .stdin(Stdio::from(terminal.file()))
        .output();
    let run = run.expect("setsid of util-linux");
    assert_eq!(run.status.code(), Some(0), "{}", String::from_utf8_lossy(&run.stderr));
    only_shows(&terminal, SHOWN);
}

/// Waits until this is so. Ends a run with which it takes too long.
fn until(run: &mut Child, is_so: impl Fn(&mut Child) -> bool) {
    let end = Instant::now() + secs(30);
    while !is_so(run) {
        if Instant::now() > end {
            run.kill().expect("end the run");
            panic!("nothing happened for 30 s");
        }
        std::thread::sleep(millis(5));
    }
}

/// A run that asks for the password at this terminal, and reads it.
fn asks_for_a_password(terminal: &Terminal, url: &str) -> Child {
    let binary = std::env::var("WSURL_BIN").unwrap_or_else(|_| env!("CARGO_BIN_EXE_wsurl").to_owned());
    let mut run = Command::new("setsid")
        .args(["--ctty", "--wait", &binary, "send", "-u", "me", "--expect", "0", url, "hi"])
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .stdin(Stdio::from(terminal.file()))
        .stderr(Stdio::piped())
        .spawn()
        .expect("setsid of util-linux");
    terminal.shows("Password of me for 127.0.0.1: ");
    // A key before the terminal is taken would be one of its own line editing.
    until(&mut run, |_| !terminal.is_cooked());
    run
}

/// The exit code of a run, and what it has said.
fn ends(mut run: Child) -> (Option<i32>, String) {
    until(&mut run, |run| run.try_wait().expect("the state of the run").is_some());
    let code = run.wait().expect("the end of the run").code();
    let mut said = String::new();
    run.stderr.take().expect("its stderr").read_to_string(&mut said).expect("text");
    (code, said)
}

/// What becomes of a run that asks for the password, when this is typed: its exit code, and what it says.
fn asked_for_a_password(url: &str, typed: &str) -> (Option<i32>, String) {
    let terminal = Terminal::new();
    let run = asks_for_a_password(&terminal, url);
    terminal.types(typed);
    let ended = ends(run);
    assert!(!terminal.written().contains("hunter2"), "{}", terminal.written());
    ended
}

#[test]
fn a_password_is_typed_unseen_or_the_run_ends_as_the_key_says() {
    let server = Script::new().upgrade().read_frame().close_handshake();
    assert_eq!(asked_for_a_password(&server.url(), "hunter2\r"), (Some(0), String::new()));
    assert_eq!(server.headers("authorization"), ["Basic bWU6aHVudGVyMg=="]);

    let nobody = "ws://127.0.0.1:1/";
    let interrupted = "wsurl: error: interrupted by SIGINT\n".to_owned();
    assert_eq!(asked_for_a_password(nobody, "\u{3}"), (Some(130), interrupted));
    let none = "wsurl: error: no password in -u 'me', and none was typed\n\
                wsurl: hint: write NAME:PASSWORD, or NAME: for an empty password\n";
    assert_eq!(asked_for_a_password(nobody, "\u{4}"), (Some(2), none.to_owned()));
}

#[test]
fn a_signal_while_a_password_is_typed_leaves_the_terminal_as_it_was() {
    let terminal = Terminal::new();
    let run = asks_for_a_password(&terminal, "ws://127.0.0.1:1/");
    send_signal(run.id(), Signal::Terminate);
    assert_eq!(ends(run), (Some(143), "wsurl: error: interrupted by SIGTERM\n".to_owned()));
    assert!(terminal.is_cooked(), "what is typed is not shown");
}

#[test]
fn a_report_in_a_file_that_is_a_terminal() {
    let terminal = Terminal::new();
    let answer = format!("HTTP/1.1 403 No\r\nServer: {FIELD}\r\nContent-Length: 0\r\n\r\n");
    let server = Script::new().request().respond(&answer).close();
    let reports = ["--report", "json", "--report", "human=/dev/stderr"];
    Wsurl::new(["probe", "--color", "never", &server.url()])
        .args(reports)
        .stderr_to(terminal.file())
        .exits(22);
    only_shows(&terminal, &format!("Server: {FIELD_SHOWN}"));
}

#[test]
fn a_page_that_is_printed_on_a_terminal() {
    let terminal = Terminal::new();
    let server = Script::new().upgrade().read_frame().send(frame::close(4000, "c\u{202e}d")).read_close();
    Wsurl::new(["probe", "--report", "html", &server.url()]).stdout_to(terminal.file()).exits(110);
    only_shows(&terminal, "c\\u{202e}d");
}

#[test]
fn a_character_that_is_cut_between_two_frames_is_shown_whole() {
    let terminal = Terminal::new();
    let euro = "\u{20ac}".as_bytes();
    let server = Script::new()
        .upgrade()
        .send(frame::binary(&euro[..1]))
        .send(frame::ping("1"))
        .read_frame()
        .send(frame::binary(&euro[1..]))
        .send(frame::binary(&euro[..2]))
        .send(frame::close(1000, ""))
        .read_close()
        .close();
    Wsurl::new(["stream", "-f", &server.url()]).stdout_to(terminal.file()).exits(0);
    assert_eq!(terminal.shows("\\x82"), "\u{20ac}\\xe2\\x82");
}

#[test]
fn elsewhere_bytes_stay_as_they_are() {
    let server = hostile_server();
    Wsurl::new(["send", "-f", "-D", "-", &server.url()])
        .stdout_has(format!("X-Hostile: {FIELD}\r\n"))
        .stdout_has(format!("\r\n\r\n{HOSTILE}\n"))
        .exits(0);
}

#[test]
fn a_bar_and_lines_share_a_terminal() {
    let terminal = Terminal::new();
    let (_dir, path) = file_with("upload", noise(3_000_000));
    let server = EchoServer::start();
    Wsurl::new(["stream", "-v", "-T", &path, "-o", "/dev/null", "--limit-rate", "2M", &server.url()])
        .stderr_to(terminal.file())
        .exits(0);
    let shown = terminal.shows("server answers with Close");
    // What a line of ours begins with stands at the left edge: after a line feed, or on a line that was cleared.
    for line in ["> GET / HTTP/1.1\n", "* sending Close 1000\n", "* server answers with Close 1000\n"] {
        let (before, _) = shown.split_once(line).unwrap_or_else(|| panic!("no {line:?} in {shown:?}"));
        let at_the_edge = ["", "\n", "\r\u{1b}[2K", "\r\u{1b}[K"].iter().any(|end| before.ends_with(end));
        assert!(at_the_edge, "{:?}", &shown[before.len().saturating_sub(80)..]);
    }
    assert!(terminal.shows(", closed 1000\n").contains("sent 2.86 MiB ("), "{shown:?}");
}

/// Runs an upload with everything at a terminal, and gives the last lines of the screen.
fn upload(rate: &str, interrupts: bool, last: &str) -> String {
    let terminal = Terminal::of(80, 24);
    let (_dir, path) = file_with("upload", noise(3_000_000));
    let server = Echo::new().mute().start();
    let run = Wsurl::new(["stream", "-T", &path, "--limit-rate", rate, &server.url()])
        .stdin_from(terminal.file())
        .stdout_to(terminal.file())
        .stderr_to(terminal.file())
        .env("TERM", "xterm")
        .spawn();
    if interrupts {
        terminal.shows("% ");
        run.signal(Signal::Interrupt);
    }
    run.exits(if interrupts { 130 } else { 0 });
    terminal.comes_to(last, |shown| shown.contains(last))
}

#[test]
fn an_upload_at_a_terminal_shows_a_bar_and_ends_with_a_sum() {
    let shown = upload("4M", false, ", closed 1000\n");
    let sum = shown.strip_prefix("sent 2.86 MiB in ").expect("the sum alone");
    assert!(sum.ends_with(" MiB/s), closed 1000\n|"), "{shown}");
}

#[test]
fn a_bar_ends_truthfully_after_ctrl_c() {
    let shown = upload("1M", true, "interrupted by SIGINT");
    let sum = shown.lines().find(|line| line.starts_with("sent ")).expect("a sum");
    assert!(sum.contains(" of 2.86 MiB in ") && sum.ends_with("/s), interrupted"), "{shown}");
    let error = "wsurl: error: interrupted by SIGINT; sent ";
    assert!(
        shown.lines().any(|line| line.starts_with(error) && line.ends_with(" of 3000000 bytes")),
        "{shown}"
    );
}

#[test]
fn no_line_of_progress_is_wider_than_the_terminal() {
    let (_dir, path) = file_with("upload", noise(3_000_000));
    for columns in [40, 50, 80] {
        for known in [true, false] {
            let terminal = Terminal::of_width(columns);
            let server = EchoServer::start();
            let upload = if known { ["-T", &path] } else { ["-T", "-"] };
            let input = std::fs::File::open(&path).expect("the file");
            let run =
                Wsurl::new(["stream", "-o", "/dev/null", "--limit-rate", "6M", &server.url()]).args(upload);
            run.stdin_from(input).stderr_to(terminal.file()).limit(secs(60)).exits(0);
            let written = terminal.shows("closed 1000\n");
            let width = |row: &str| anstream::adapter::strip_str(row).to_string().chars().count();
            let widest = written.split(['\r', '\n']).map(width).max();
            let fits = widest.is_some_and(|widest| (1..=columns.into()).contains(&widest));
            assert!(fits, "{widest:?} columns of {columns}: {written:?}");
            assert!(written.contains("received 2.86 MiB ("), "{written:?}");
        }
    }
}

#[test]
fn a_bar_leaves_when_received_bytes_come_to_the_same_terminal() {
    let terminal = Terminal::of(100, 24);
    let (_dir, path) = file_with("upload", b"a few bytes\n");
    let server = EchoServer::start();
    Wsurl::new(["stream", "-T", &path, "--wait", "200ms", &server.url()])
        .stdout_to(terminal.file())
        .stderr_to(terminal.file())
        .exits(0);
    let shown = terminal.comes_to("the bytes and the sum", |shown| shown.contains("closed 1000"));
    assert!(shown.starts_with("a few bytes\nsent 12 bytes ("), "{shown}");
}

#[test]
fn messages_stand_in_order_with_the_trace_of_their_frames() {
    let terminal = Terminal::of(80, 40);
    let server = Script::new()
        .upgrade()
        .read_frame()
        .send(frame::ping("p"))
        .read_frame()
        .send([frame::text("one"), frame::text("two")].concat())
        .send(frame::close(1000, "bye"))
        .read_close()
        .close();
    Wsurl::new(["send", "-vv", "--expect", "2", &server.url(), "hi"])
        .stdout_to(terminal.file())
        .stderr_to(terminal.file())
        .exits_with_one_of(&[0]);
    let shown = terminal.comes_to("the server's Close", |shown| shown.contains("Close 1000: bye"));
    let frames = "\
> text frame, 2 bytes \"hi\"
< ping frame, 1 byte \"p\"
> pong frame, 1 byte \"p\"
< text frame, 3 bytes \"one\"
one
< text frame, 3 bytes \"two\"
two
";
    assert!(shown.contains(frames), "{shown}");
    assert!(shown.contains("\n< close frame, 5 bytes, 1000: bye\n"), "{shown}");
}

#[test]
fn the_line_of_an_echo_test_has_the_units_of_its_report() {
    let terminal = Terminal::of(80, 24);
    let server = EchoServer::start();
    Wsurl::new(["echo-test", "--duration", "500ms", &server.url()]).stderr_to(terminal.file()).exits(0);
    let written = terminal.shows(" messages/s, p50 ");
    let (_, line) = written.rsplit_once(" messages/s, p50 ").unwrap_or_else(|| panic!("{written:?}"));
    let unit = line.split_once(' ').map(|(_, unit)| unit.trim_start());
    assert!(
        unit.is_some_and(|unit| ["\u{b5}s", "ms", "ns"].iter().any(|known| unit.starts_with(known))),
        "{line:?}"
    );
}

#[test]
fn a_person_is_told_once_what_is_awaited() {
    for (follow, what) in [(true, "messages until the server closes"), (false, "a reply")] {
        let terminal = Terminal::of(80, 24);
        let server = Script::new().upgrade().read_frame().send(frame::ping("p")).hold();
        let args: &[&str] = if follow { &["-f"] } else { &[] };
        let run = Wsurl::new(["send"])
            .args(args)
            .args([&server.url(), "hi"])
            .stdin_from(terminal.file())
            .stdout_to(terminal.file())
            .stderr_to(terminal.file())
            .limit(secs(60))
            .spawn();
        terminal.looks(&format!("* waiting for {what} (Ctrl-C ends)\n|"));
        run.signal(Signal::Interrupt);
        run.exits(130);
        let written = terminal.shows("interrupted by SIGINT");
        assert_eq!(written.matches("* waiting").count(), 1, "{written}");
    }
}

#[test]
fn a_person_is_told_of_a_connection_that_takes_long() {
    let runs = [&["hi"][..], &[]].map(|args| {
        let (server, terminal) = (Script::new().request().hold(), Terminal::of(80, 24));
        let run = Wsurl::new(["send", &server.url()])
            .args(args)
            .stdin_from(terminal.file())
            .stdout_to(terminal.file())
            .stderr_to(terminal.file())
            .limit(secs(60))
            .spawn();
        (server, terminal, run)
    });
    for (server, terminal, run) in runs {
        terminal.looks(&format!("* connecting to {} (Ctrl-C ends)\n|", server.authority()));
        run.signal(Signal::Interrupt);
        run.exits(130);
    }
}

#[test]
fn nobody_is_told_what_is_awaited_in_a_pipe_or_with_s() {
    let server = || {
        let silent = Script::new().upgrade().read_frame().sleep(millis(1700));
        silent.send(frame::close(1000, "")).read_close().close()
    };
    Wsurl::new(["send", "-f", &server().url(), "hi"]).stdout("").stderr("").limit(secs(60)).exits(0);
    let terminal = Terminal::of(80, 24);
    Wsurl::new(["send", "-s", "-f", &server().url(), "hi"])
        .stderr_to(terminal.file())
        .limit(secs(60))
        .exits(0);
    assert_eq!(terminal.written(), "");
}
