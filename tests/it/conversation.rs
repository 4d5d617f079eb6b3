//! A conversation at a terminal: what a person types, what the screen shows, and how it ends.

use crate::support::{Echo, EchoServer, Running, Script, Signal, Terminal, Wsurl, file_with, frame, secs};

/// What a terminal sends for keys.
const CTRL_C: &str = "\u{3}";
const CTRL_D: &str = "\u{4}";
const LEFT: &str = "\u{1b}[D";
const UP: &str = "\u{1b}[A";

fn start(terminal: &Terminal, args: &[&str]) -> Running {
    at(terminal, Wsurl::new(args)).env("TERM", "xterm").env("WSURL_HISTORY", "").spawn()
}

/// A run with everything at this terminal.
fn at(terminal: &Terminal, run: Wsurl) -> Wsurl {
    let run = run.stdin_from(terminal.file()).stdout_to(terminal.file()).stderr_to(terminal.file());
    run.limit(secs(60))
}

/// The first lines of a conversation.
fn greeting(url: &str) -> String {
    format!("* connected to {url}\n* Enter sends a line, /help shows more, Ctrl-D or Ctrl-C ends\n")
}

/// A conversation with a server, whose prompt is there.
struct Story {
    terminal: Terminal,
    run: Running,
    greeting: String,
}

impl Story {
    fn with(url: &str, args: &[&str]) -> Self {
        let terminal = Terminal::of(80, 24);
        let run = start(&terminal, &[args, &[url]].concat());
        let story = Self { terminal, run, greeting: greeting(url) };
        story.shows("> |");
        story
    }

    fn types(&self, text: &str) {
        self.terminal.types(text);
    }

    /// Waits until the screen shows this below the greeting.
    #[track_caller]
    fn shows(&self, text: &str) {
        self.terminal.looks(&format!("{}{text}", self.greeting));
    }

    /// Waits for the end, after which the screen shows this below the greeting, and no prompt.
    #[track_caller]
    fn ends(self, code: i32, text: &str) {
        self.run.exits(code);
        assert!(self.terminal.is_cooked(), "the terminal was not given back");
        let expected = format!("{}{text}", self.greeting);
        self.terminal.comes_to(&expected, |shown| shown.replace('|', "").trim_end() == expected.trim_end());
    }

    /// Waits for the end, after which the screen begins so below the greeting.
    #[track_caller]
    fn fails(self, code: i32, text: &str) {
        self.run.exits(code);
        assert!(self.terminal.is_cooked(), "the terminal was not given back");
        let expected = format!("{}{text}", self.greeting);
        self.terminal.comes_to(&expected, |shown| shown.starts_with(&expected));
    }
}

#[test]
fn a_message_its_reply_and_a_quiet_end() {
    let server = EchoServer::start();
    let story = Story::with(&server.url(), &["send"]);
    story.types("hello\r");
    story.shows("> hello\n< hello\n> |");
    story.types(CTRL_C);
    story.ends(0, "> hello\n< hello");
    let received = server.received();
    assert_eq!(received.messages, [tungstenite::Message::text("hello")]);
    assert_eq!(received.close.map(|(code, _)| code), Some(1000));
}

#[test]
fn keys_edit_the_line_and_ctrl_c_clears_it() {
    let server = EchoServer::start();
    let story = Story::with(&server.url(), &["send"]);
    story.types("helo");
    story.types(LEFT);
    story.types("l");
    story.shows("> hell|o");
    story.types(CTRL_C);
    story.shows("> |");
    story.types("a\r");
    story.shows("> a\n< a\n> |");
    story.types("b\r");
    story.shows("> a\n< a\n> b\n< b\n> |");
    story.types(UP);
    story.types(UP);
    story.shows("> a\n< a\n> b\n< b\n> a|");
    story.types("\u{15}\u{12}b");
    story.shows("> a\n< a\n> b\n< b\nsearch \"b\": b|");
    story.types(CTRL_C);
    story.types(CTRL_C);
    story.ends(0, "> a\n< a\n> b\n< b");
}

#[test]
fn what_arrives_is_printed_above_the_line_that_is_typed() {
    let wide = "\u{6f22}\u{5b57}".repeat(30);
    let server = Script::new()
        .upgrade()
        .read_frame()
        .send(frame::text("one\n> two"))
        .read_frame()
        .send(frame::text("three"))
        .answer_pings_until_close()
        .answer_close();
    let story = Story::with(&server.url(), &["send"]);
    story.types("go\r");
    story.shows("> go\n< one\n  > two\n> |");
    // Two rows of wide characters, and the cursor in the first one.
    story.types(&wide);
    story.types(&LEFT.repeat(40));
    let (before, behind) = wide.split_at(20 * 3);
    story.shows(&format!("> go\n< one\n  > two\n> {before}|{}\n{}", &behind[..19 * 3], &behind[19 * 3..]));
    story.types("\u{1}");
    story.types("x\u{b}");
    story.types("\r");
    story.shows("> go\n< one\n  > two\n> x\n< three\n> |");
    story.types(CTRL_C);
    story.ends(0, "> go\n< one\n  > two\n> x\n< three");
}

#[test]
fn pasted_lines_of_any_length_go_out_whole() {
    let long = "long ".repeat(1202);
    let server = EchoServer::start();
    let story = Story::with(&server.url(), &["send"]);
    story.terminal.shows("\u{1b}[?2004h");
    story.types(&format!("{}\r", &long[..6008]));
    story.types(&format!("\u{1b}[200~{}\nand a line\u{1b}[201~\r", &long[..6008]));
    story.types(CTRL_D);
    story.run.exits(0);
    assert_eq!(server.texts(), [long[..6008].to_owned(), format!("{}\nand a line", &long[..6008])]);
}

#[test]
fn ctrl_d_waits_for_replies_and_says_so() {
    let server =
        Script::new().upgrade().read_frame().sleep(secs(2)).send(frame::text("late")).close_handshake();
    let story = Story::with(&server.url(), &["send"]);
    story.types(&format!("hello\r{CTRL_D}"));
    story.ends(0, "> hello\n* waiting for 1 reply (Ctrl-C ends)\n< late");
}

#[test]
fn ctrl_c_ends_the_waiting() {
    let server = Echo::new().mute().start();
    let story = Story::with(&server.url(), &["send"]);
    story.types("a\rb\r");
    story.types(CTRL_D);
    story.shows("> a\n> b\n* waiting for 2 replies (Ctrl-C ends)\n|");
    story.types("ignored\r");
    story.types(CTRL_C);
    story.ends(0, "> a\n> b\n* waiting for 2 replies (Ctrl-C ends)");
}

#[test]
fn a_close_of_the_server_is_shown_in_words() {
    let server =
        Script::new().upgrade().read_frame().send(frame::close(1001, "maintenance")).read_close().close();
    let story = Story::with(&server.url(), &["send"]);
    story.types("half\rtyped");
    story.ends(0, "> half\n* closed by the server: 1001 (going away): maintenance");
    let server = Script::new().upgrade().read_frame().send(frame::close(4001, "")).read_close().close();
    let story = Story::with(&server.url(), &["send"]);
    story.types("x\r");
    story.fails(110, &format!("> x\nwsurl: error: closed by {} with 4001\n", server.authority()));
}

#[test]
fn slash_commands() {
    let (_dir, path) = file_with("some.txt", b"from a file");
    let server = EchoServer::start();
    let story = Story::with(&server.url(), &["send"]);
    story.types("//x\r");
    story.shows("> /x\n< /x\n> |");
    story.types("/binary 00 ff\r");
    story.shows("> /x\n< /x\n> /binary 00 ff\n< binary, 2 bytes: 00 ff\n> |");
    story.types("/me\r");
    let unknown = "* /me is no command; /help lists them, and //me sends /me";
    story.shows(&format!("> /x\n< /x\n> /binary 00 ff\n< binary, 2 bytes: 00 ff\n{unknown}\n> |"));
    story.types(&format!("/file {path}\r"));
    story.terminal.shows("(text, 11 bytes)");
    story.terminal.shows("from a file");
    story.types(&format!("/file '{path}'\r"));
    story.terminal.comes_to("the file twice", |shown| shown.matches("< from a file").count() == 2);
    story.types("/file /nowhere\r");
    story.terminal.shows("cannot read /nowhere: No such file or directory");
    story.types("/ping abc\r");
    story.terminal.shows("pong \"abc\" after ");
    story.types("/help\r");
    story.terminal.shows("Ctrl-D waits for missing replies, then ends");
    story.types("/close 4001 good bye\r");
    story.run.exits(0);
    let received = server.received();
    let file = tungstenite::Message::text("from a file");
    let expected = ["/x".into(), vec![0, 255].into(), file.clone(), file];
    assert_eq!(received.messages, expected);
    assert_eq!(received.close, Some((4001, "good bye".to_owned())));
}

#[test]
fn lines_before_quit_and_close_are_sent() {
    for (end, close) in [("/quit\r", (1000, "")), ("/close 4001 bye\r", (4001, "bye"))] {
        let server = EchoServer::start();
        let story = Story::with(&server.url(), &["send"]);
        let lines: Vec<String> = (0..300).map(|number| format!("line {number}")).collect();
        story.types(&(lines.join("\r") + "\r" + end));
        story.run.exits(0);
        let received = server.received();
        let texts: Vec<_> = lines.iter().map(tungstenite::Message::text).collect();
        assert_eq!(received.messages, texts);
        assert_eq!(received.close, Some((close.0, close.1.to_owned())));
    }
}

/// What a conversation with these arguments leaves in the history after these lines.
fn history_after(args: &[&str], lines: &str) -> Option<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let server = EchoServer::start();
    let url = args
        .iter()
        .find(|arg| arg.starts_with('?'))
        .map_or(server.url(), |query| format!("{}{query}", server.url()));
    let args: Vec<&str> = args.iter().copied().filter(|arg| !arg.starts_with('?')).collect();
    let terminal = Terminal::of(80, 24);
    let run = at(&terminal, Wsurl::new(["send"]).args(args).args([&url]))
        .env("TERM", "xterm")
        .env("XDG_STATE_HOME", folder.path())
        .spawn();
    terminal.shows("/help shows more");
    terminal.types(lines);
    terminal.types(CTRL_D);
    run.exits(0);
    let file = folder.path().join("wsurl").join("127.0.0.1.history");
    #[cfg(unix)]
    if let Ok(metadata) = file.metadata() {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    }
    std::fs::read_to_string(file).ok()
}

#[test]
fn the_history_is_a_file_a_host() {
    let kept = history_after(&[], "one\r two with a space\r/ping\rone\r");
    assert_eq!(kept.as_deref(), Some("one\n/ping\none\n"));
}

#[test]
fn there_is_no_history_where_a_credential_was_given() {
    for args in [
        &["-u", "me:secret"][..],
        &["--bearer", "secret"],
        &["-H", "Authorization: Basic abc"],
        &["-H", "X-Api-Key: abc"],
        &["--cookie", "session=abc"],
        &["?token=abc"],
    ] {
        assert_eq!(history_after(args, "one\r"), None, "{args:?}");
    }
}

#[test]
fn a_token_as_subprotocol_is_not_on_the_screen() {
    let server =
        Script::new().upgrade_with("Sec-WebSocket-Protocol: base64url.bearer.hunter2").close_handshake();
    let terminal = Terminal::of(80, 24);
    let run = start(&terminal, &["send", "--subprotocol", "base64url.bearer.hunter2", &server.url()]);
    terminal.shows(&format!("* connected to {}, subprotocol (redacted)", server.url()));
    terminal.types(CTRL_D);
    run.exits(0);
}

#[test]
fn there_is_no_history_where_a_proxy_was_given_a_credential() {
    let run = |give: fn(Wsurl, &str) -> Wsurl| {
        let folder = tempfile::tempdir().expect("a folder");
        let server = EchoServer::start();
        let proxy = Script::new().http_tunnel_to(server.address());
        let terminal = Terminal::of(80, 24);
        let address = proxy.address().to_string();
        let run = at(&terminal, give(Wsurl::new(["send", &server.url()]), &address))
            .env("TERM", "xterm")
            .env("XDG_STATE_HOME", folder.path())
            .spawn();
        terminal.shows("/help shows more");
        terminal.types("one\r");
        terminal.types(CTRL_D);
        run.exits(0);
        std::fs::read_to_string(folder.path().join("wsurl").join("127.0.0.1.history")).ok()
    };
    assert_eq!(run(|run, proxy| run.args(["-x", proxy])).as_deref(), Some("one\n"));
    assert_eq!(run(|run, proxy| run.args(["-x", proxy, "-U", "me:secret"])), None);
    assert_eq!(run(|run, proxy| run.args(["-x", &format!("http://me:secret@{proxy}")])), None);
    assert_eq!(run(|run, proxy| run.args(["-x", proxy, "--proxy-header", "X-Key: secret"])), None);
    assert_eq!(run(|run, proxy| run.args(["-x", proxy]).env("WSURL_PROXY_USER", "me:secret")), None);
}

#[test]
fn the_history_of_an_earlier_run_comes_back() {
    let (_dir, path) = file_with("history", b"older\nnewer\n");
    let server = EchoServer::start();
    let terminal = Terminal::of(80, 24);
    let run = at(&terminal, Wsurl::new(["send", &server.url()]))
        .env("TERM", "xterm")
        .env("WSURL_HISTORY", &path)
        .spawn();
    terminal.looks(&format!("{}> |", greeting(&server.url())));
    terminal.types(&format!("{UP}{UP}\r"));
    terminal.looks(&format!("{}> older\n< older\n> |", greeting(&server.url())));
    terminal.types(CTRL_D);
    run.exits(0);
    assert_eq!(std::fs::read_to_string(path).expect("the history"), "older\nnewer\nolder\n");
}

#[test]
fn at_40_columns_and_after_a_resize() {
    let server = EchoServer::start();
    let terminal = Terminal::of(40, 12);
    let run = start(&terminal, &["send", "-s", &server.url()]);
    terminal.looks("> |");
    let line = "twenty characters at".repeat(3);
    terminal.types(&line);
    terminal.looks(&format!("> {}\n{}|", &line[..38], &line[38..]));
    terminal.types("\r");
    let sent = format!("> {}\n{}\n< {}\n{}", &line[..38], &line[38..], &line[..38], &line[38..]);
    terminal.looks(&format!("{sent}\n> |"));
    terminal.types("abc");
    terminal.looks(&format!("{sent}\n> abc|"));
    terminal.resize(60, 12);
    run.signal(Signal::Resize);
    terminal.types(&"x".repeat(56));
    terminal.shows(&format!("abc{}", "x".repeat(55)));
    terminal.types(CTRL_C);
    terminal.types(CTRL_D);
    run.exits(0);
}

#[test]
fn a_file_may_be_named_from_the_home_folder() {
    let (dir, _) = file_with("some.txt", b"from home");
    let server = EchoServer::start();
    let terminal = Terminal::of(80, 24);
    let run = at(&terminal, Wsurl::new(["send", &server.url()]))
        .env("TERM", "xterm")
        .env("WSURL_HISTORY", "")
        .env("HOME", dir.path())
        .spawn();
    terminal.looks(&format!("{}> |", greeting(&server.url())));
    terminal.types("/file ~/some.txt\r");
    terminal.shows("from home");
    terminal.types(CTRL_D);
    run.exits(0);
}

#[test]
fn lines_of_ours_end_between_words() {
    let server = EchoServer::start();
    let terminal = Terminal::of(40, 24);
    let run = start(&terminal, &["send", &server.url()]);
    let url = server.url();
    let greeting =
        format!("* connected to {url}\n* Enter sends a line, /help shows more,\n  Ctrl-D or Ctrl-C ends\n");
    terminal.looks(&format!("{greeting}> |"));
    terminal.types("/help\r");
    terminal.comes_to("the help", |shown| {
        let rest = "* /ping [TEXT]: send a ping, show how\n    long its pong takes\n* /close";
        shown.starts_with(&format!("{greeting}{rest}")) && shown.ends_with("replies, then\n  ends\n> |")
    });
    terminal.types(CTRL_D);
    run.exits(0);
}

#[test]
fn a_server_that_does_not_answer_the_close_is_named() {
    let server = Script::new().upgrade().read_close().hold();
    let story = Story::with(&server.url(), &["send", "--close-timeout", "1m"]);
    story.types(CTRL_C);
    story.shows("* waiting for the server to answer the Close (Ctrl-C ends)\n|");
    story.types(CTRL_C);
    story.fails(130, "* waiting for the server to answer the Close (Ctrl-C ends)\nwsurl: error: interrupted");
}

#[test]
fn ten_thousand_messages_a_second_leave_the_editor_alone() {
    let flood = frame::text("a message of the usual length, more or less").repeat(20_000);
    let server = Script::new()
        .upgrade()
        .read_frame()
        .send(flood)
        .read_frame()
        .send(frame::text("the reply"))
        .answer_pings_until_close()
        .answer_close();
    let story = Story::with(&server.url(), &["send"]);
    story.types("go\r");
    story.terminal.shows("a message of the usual length");
    story.types("typed meanwhile\r");
    story.terminal.shows("the reply");
    story.terminal.comes_to("the reply and a prompt", |shown| shown.ends_with("< the reply\n> |"));
    #[cfg(target_os = "linux")]
    assert!(story.run.peak_memory() < 40 << 20, "{} bytes", story.run.peak_memory());
    let written = story.terminal.written();
    assert_eq!(written.matches("a message of the usual length, more or less").count(), 20_000);
    story.types(CTRL_C);
    story.run.exits(0);
}

#[test]
fn marks_have_colours_unless_nobody_wants_them() {
    let server = EchoServer::start();
    for (name, value, colours) in [("LANG", "C.UTF-8", true), ("NO_COLOR", "1", false)] {
        let terminal = Terminal::of(80, 24);
        let run = at(&terminal, Wsurl::new(["send", &server.url()]))
            .env("TERM", "xterm")
            .env("WSURL_HISTORY", "")
            .env(name, value)
            .spawn();
        terminal.shows("/help shows more");
        terminal.types("hi\r");
        terminal.shows(" hi\r\n");
        terminal.types(CTRL_D);
        run.exits(0);
        // The last that is written.
        let written = terminal.shows("\u{1b}[?2004l");
        for style in ["\u{1b}[32m", "\u{1b}[36m", "\u{1b}[2m"] {
            assert_eq!(written.contains(style), colours, "{style:?} in {written:?}");
        }
    }
}

#[test]
fn a_dumb_terminal_edits_lines_itself() {
    let server = EchoServer::start();
    for end in [CTRL_D, ""] {
        let terminal = Terminal::of(80, 24);
        let run =
            at(&terminal, Wsurl::new(["send", &server.url()])).env("TERM", "dumb").env("CI", "true").spawn();
        terminal.shows("/help shows more, Ctrl-D ends");
        assert!(terminal.is_cooked());
        terminal.types("hi\n");
        terminal.shows("< hi\r\n");
        terminal.types(&format!("{}\n", "x".repeat(5000)));
        terminal.shows(
            "* not sent: this terminal cuts lines after 4095 bytes; /file PATH sends a longer\r\n  one\r\n",
        );
        if end.is_empty() {
            // Ctrl-C, as a terminal sends it to the processes that it controls.
            run.signal(Signal::Interrupt);
        }
        terminal.types(end);
        run.exits(0);
        let written = terminal.written();
        assert!(!written.contains('\u{1b}'), "{written:?}");
    }
    for received in server.all_received(2) {
        assert_eq!(received.messages, [tungstenite::Message::text("hi")]);
    }
}

#[test]
fn json_is_laid_out_when_asked_for() {
    let server = EchoServer::start();
    let story = Story::with(&server.url(), &["send", "--pretty"]);
    story.types("{\"a\":[1]}\r");
    story.shows("> {\"a\":[1]}\n< {\n    \"a\": [\n      1\n    ]\n  }\n> |");
    story.types(CTRL_D);
    story.run.exits(0);
    let terminal = Terminal::of(80, 24);
    at(&terminal, Wsurl::new(["send", "--pretty", "--color", "never", &server.url(), "{\"a\":1}"])).exits(0);
    terminal.looks("{\n  \"a\": 1\n}\n|");
    Wsurl::new(["send", "--pretty", &server.url(), "x"])
        .stderr(
            "wsurl: error: --pretty is for a terminal\nwsurl: hint: | jq does the same to what is piped\n",
        )
        .exits(2);
}

#[test]
fn in_stream_mode_a_line_goes_out_with_its_end() {
    let server = EchoServer::start();
    let story = Story::with(&server.url(), &["stream"]);
    story.types("bytes\r");
    story.shows("> bytes\n< bytes\n> |");
    story.types(CTRL_D);
    story.ends(0, "> bytes\n< bytes");
    assert_eq!(server.received().messages, [tungstenite::Message::binary(&b"bytes\n"[..])]);
}

#[test]
fn without_a_terminal_on_both_sides_there_is_no_prompt() {
    let server = EchoServer::start();
    let terminal = Terminal::of(80, 24);
    let run = Wsurl::new(["send", &server.url()]).stdin_from(terminal.file()).env("TERM", "xterm");
    let mut run = run.stdout("hi\n").stderr("").spawn();
    terminal.types("hi\n");
    run.wait_for_stdout("hi\n");
    terminal.types(CTRL_D);
    run.exits(0);
    let terminal = Terminal::of(80, 24);
    Wsurl::new(["send", &server.url()])
        .stdin("hi\n")
        .stdout_to(terminal.file())
        .env("TERM", "xterm")
        .exits(0);
    terminal.looks("hi\n|");
    let terminal = Terminal::of(80, 24);
    let run = start(&terminal, &["send", "--no-prompt", &server.url()]);
    terminal.types("hi\n");
    terminal.looks("hi\nhi\n|");
    terminal.types(CTRL_D);
    run.exits(0);
    assert!(!terminal.written().contains('\u{1b}'));
}

#[test]
fn a_signal_gives_the_terminal_back() {
    let server = EchoServer::start();
    for (signal, code) in [(Signal::Interrupt, 130), (Signal::Terminate, 143)] {
        let story = Story::with(&server.url(), &["send"]);
        story.types("half a line");
        story.shows("> half a line|");
        story.run.signal(signal);
        story.fails(code, "wsurl: error: interrupted by SIG");
    }
}

/// A process that does not outlive a test that fails.
struct Job(std::process::Child);

impl Drop for Job {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A shell in control of a terminal, which runs a conversation as a job, waits for Enter when that is stopped, and continues it.
fn job(terminal: &Terminal, url: &str) -> Job {
    const SCRIPT: &str = r#"set -m; "$0" send -s "$1"; echo "stopped: $?"; read -r _; fg; echo "ended: $?""#;
    let binary = std::env::var("WSURL_BIN").unwrap_or_else(|_| env!("CARGO_BIN_EXE_wsurl").to_owned());
    let side = || std::process::Stdio::from(terminal.file());
    let shell = std::process::Command::new("setsid")
        .args(["--ctty", "--wait", "sh", "-c", SCRIPT, &binary, url])
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .envs([("TERM", "xterm"), ("WSURL_HISTORY", "")])
        .stdin(side())
        .stdout(side())
        .stderr(side())
        .spawn();
    Job(shell.expect("setsid of util-linux"))
}

#[cfg(target_os = "linux")]
#[test]
fn ctrl_z_gives_the_terminal_back_and_fg_takes_it_again() {
    let server = EchoServer::start();
    let terminal = Terminal::of(80, 24);
    let mut shell = job(&terminal, &server.url());
    terminal.looks("> |");
    terminal.types("half a line");
    terminal.looks("> half a line|");
    terminal.types("\u{1a}");
    terminal.comes_to("the prompt of the shell alone", |shown| shown.starts_with("stopped: "));
    assert!(terminal.is_cooked(), "the terminal was not given back");
    terminal.types("\n");
    terminal.comes_to("the line is drawn again", |shown| shown.ends_with("\n> half a line|"));
    assert!(!terminal.is_cooked(), "the terminal was not taken again");
    terminal.types(" more\r");
    terminal.comes_to("the reply", |shown| shown.ends_with("\n> half a line more\n< half a line more\n> |"));
    terminal.types(CTRL_C);
    terminal.shows("ended: 0");
    assert!(terminal.is_cooked(), "the terminal was not given back");
    assert!(shell.0.wait().expect("the shell ends").success());
    assert_eq!(server.texts(), ["half a line more"]);
}

#[test]
fn a_silent_server_is_waited_for_while_lines_are_typed() {
    let server =
        Script::new().upgrade().read_frame().sleep(secs(3)).send(frame::text("at last")).close_handshake();
    let story = Story::with(&server.url(), &["send", "--connect-timeout", "5s"]);
    story.types("hello\r");
    story.shows("> hello\n< at last\n> |");
    story.types(CTRL_D);
    story.ends(0, "> hello\n< at last");
    // A limit that was given is kept.
    let server = Echo::new().mute().start();
    let story = Story::with(&server.url(), &["send", "--receive-timeout", "300ms"]);
    story.types("hello\r");
    story.fails(28, "> hello\nwsurl: error: timed out after 300ms in receive");
}
