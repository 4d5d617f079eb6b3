//! Hints: they fit the failure, name options that the subcommand has, and never invite to hide what went wrong.

use crate::support::{Script, Wsurl, file_with, frame, noise};

/// A server that closes with this code after one message.
fn closes(code: u16, reason: &str) -> Script {
    Script::new().upgrade().read_frame().send(frame::close(code, reason)).read_close()
}

#[test]
fn no_hint_hides_a_failure_of_the_server() {
    let server = closes(1011, "disk full");
    let error = format!("wsurl: error: closed by {} with 1011: disk full\n", server.authority());
    Wsurl::new(["send", &server.url(), "hi"])
        .stderr(error + "wsurl: hint: something failed inside the server; its log may say more\n")
        .exits(110);
    for code in [1002, 1003, 1008, 1009, 1012, 1013] {
        let server = closes(code, "");
        Wsurl::new(["send", &server.url(), "hi"])
            .stderr_has("hint")
            .stderr_lacks("--accept-close")
            .exits(110);
    }
}

#[test]
fn a_code_of_the_application_may_be_a_good_end_where_nothing_is_missing() {
    let server = closes(4001, "");
    Wsurl::new(["send", &server.url(), "hi"]).stderr_lacks("hint").exits(110);
    let server = closes(4001, "");
    Wsurl::new(["send", "-f", &server.url(), "hi"])
        .stderr_has("the application defines 4001; if it is a good end, --accept-close 1000,4001 says so")
        .exits(110);
}

#[test]
fn a_server_that_wants_a_token_is_told_as_that() {
    let refusal =
        "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer realm=\"x\"\r\nContent-Length: 0\r\n\r\n";
    for (args, hint, code) in [
        (&[][..], "--bearer TOKEN or --bearer @FILE sends a token", 22),
        (&["-u", "ann:secret"], "the server wants a token: --bearer TOKEN sends one", 67),
        (&["--bearer", "abc"], "is the token right?", 67),
    ] {
        let server = Script::new().request().respond(refusal).close();
        Wsurl::new(["send"])
            .args(args)
            .args([&server.url(), "hi"])
            .stderr_has("answered the upgrade with 401 Unauthorized")
            .stderr_has(format!("wsurl: hint: {hint}\n"))
            .exits(code);
    }
}

#[test]
fn a_subprotocol_that_the_server_may_not_know_is_named() {
    let server = Script::new().request().close();
    Wsurl::new(["send", "--subprotocol", "mqtt", &server.url(), "hi"])
        .stderr_has("Does it know the subprotocol (--subprotocol)?")
        .exits(52);
    let known = "the server chose no subprotocol: does it know the one of --subprotocol?";
    let server = Script::new().upgrade().close();
    Wsurl::new(["send", "--subprotocol", "mqtt", &server.url(), "hi"]).stderr_has(known).exits(56);
    let server = closes(4406, "");
    Wsurl::new(["send", "--subprotocol", "mqtt", &server.url(), "hi"]).stderr_has(known).exits(110);
    let server = closes(4406, "");
    Wsurl::new(["send", &server.url(), "hi"]).stderr_lacks("--subprotocol").exits(110);
}

#[test]
fn a_text_that_is_awaited_in_hex_is_explained() {
    let hint = "wsurl: hint: --expect-text is compared with the message, not with its hex or base64; --expect-regex '^\\x20' \
                looks at bytes\n";
    let args = ["send", "--framing", "hex", "--expect-text", "2002"];
    let answers = || Script::new().upgrade().read_frame().send(frame::binary(b" \x02")).close_handshake();
    let server = answers();
    Wsurl::new(args).args([&server.url(), "1000"]).stdout("2002\n").stderr_has(hint).exits(1);
    let server = answers();
    let regex = ["send", "--framing", "hex", "--expect-regex", "^\\x20\\x02$"];
    Wsurl::new(regex).args([&server.url(), "1000"]).stdout("2002\n").stderr("").exits(0);
}

#[test]
fn a_failed_upload_names_where_it_may_be_continued() {
    let (_dir, path) = file_with("upload", noise(10_000));
    let server = Script::new()
        .upgrade()
        .read_frame()
        .read_frame()
        .read_frame()
        .send(frame::close(1013, "full"))
        .read_close();
    let run =
        Wsurl::new(["stream", "-T", &path, "--chunk-size", "1000", "--limit-rate", "4K", &server.url()]);
    let run = run.stderr_has("closed by").exits(110);
    let at =
        run.stderr.split_once("-C ").and_then(|(_, rest)| rest.split_once(' ')).map(|(at, _)| at.to_owned());
    let at: u64 = at.and_then(|at| at.parse().ok()).unwrap_or_else(|| panic!("{}", run.stderr));
    assert!(at.is_multiple_of(1000) && (1000..10_000).contains(&at), "{}", run.stderr);
}
