//! Options and values that are refused: status 2, the value in quotes, and one that would have worked.

use regex::Regex;

use crate::support::{EchoServer, Wsurl};

/// Nobody listens there; arguments are looked at before anybody is called.
const URL: &str = "ws://127.0.0.1:1/";

#[track_caller]
fn refused(option: &str, value: &str) -> String {
    Wsurl::new(["send", option, value, URL, "hi"]).stdout("").stderr_has(value).exits(2).stderr
}

/// What remains of the message without the value itself must show a value of the right form.
#[track_caller]
fn shows(stderr: &str, value: &str, pattern: &str) {
    let rest = stderr.replace(value, "");
    assert!(Regex::new(pattern).expect("a pattern").is_match(&rest), "no {pattern} in: {stderr}");
}

#[test]
fn a_header_without_a_colon_is_refused() {
    let stderr = refused("-H", "NoColonHere");
    shows(&stderr, "NoColonHere", r"[A-Za-z-]+: ?\S+");
}

#[test]
fn a_header_with_a_line_end_is_refused() {
    for header in ["X-A: 1\r\nX-B: 2", "X-A: 1\nX-B: 2", "X-A: 1\rX-B: 2", "X-A\r\n: 1"] {
        Wsurl::new(["send", "-H", header, URL, "hi"]).stdout("").stderr_has("X-A").exits(2);
    }
}

#[test]
fn a_header_name_that_is_no_token_is_refused() {
    for (header, shown) in [("two words: 1", "'two ...'"), (": nameless", "': ...'")] {
        Wsurl::new(["send", "-H", header, URL, "hi"]).stdout("").stderr_has(shown).exits(2);
    }
}

#[test]
fn a_refused_header_does_not_show_its_value() {
    for header in [
        "Authorization Bearer hunter2",
        "Author ization: Bearer hunter2",
        "Sec-WebSocket-Protocol: hunter2/x",
    ] {
        Wsurl::new(["send", "-H", header, URL, "hi"]).stdout("").stderr_lacks("hunter2").exits(2);
    }
}

#[test]
fn an_unknown_framing_is_refused_with_the_known_ones() {
    let stderr = refused("--framing", "xml");
    for known in ["lines", "nul", "whole", "json", "base64", "hex"] {
        assert!(stderr.contains(known), "{known} is not shown: {stderr}");
    }
    refused("--in-framing", "xml");
    refused("--out-framing", "xml");
}

#[test]
fn a_duration_that_cannot_be_read_is_refused_with_one_that_can() {
    let options = [
        "--connect-timeout",
        "--send-timeout",
        "--receive-timeout",
        "--close-timeout",
        "--idle-timeout",
        "--max-time",
        "--ping-interval",
        "--ping-timeout",
        "--pong-interval",
        "--wait",
    ];
    for option in options {
        let stderr = refused(option, "5 parsecs");
        shows(&stderr, "5 parsecs", r"\b[0-9.]+ ?(ms|s|m)\b");
    }
}

#[test]
fn a_duration_below_nothing_or_beyond_numbers_is_refused() {
    for value in ["nan", "inf", "1e400", "99999999999999999999s", "1.5.2", "ms"] {
        refused("--close-timeout", value);
    }
    Wsurl::new(["send", "--close-timeout=-1", URL, "hi"]).stderr_has("-1").exits(2);
}

#[test]
fn an_empty_duration_is_refused() {
    Wsurl::new(["send", "--close-timeout", "", URL, "hi"]).stdout("").exits(2);
}

#[test]
fn a_size_that_cannot_be_read_is_refused_with_one_that_can() {
    for value in ["big", "64X", "1.5.M", "99999999999999999999", "17179869184G"] {
        let stderr = refused("--max-message-size", value);
        shows(&stderr, value, r"\b[0-9]+[KMG]\b");
    }
    let stderr = Wsurl::new(["stream", "--chunk-size", "big", URL]).stderr_has("big").exits(2).stderr;
    shows(&stderr, "big", r"\b[0-9]+[KMG]\b");
}

#[test]
fn a_chunk_of_no_bytes_is_refused() {
    Wsurl::new(["stream", "--chunk-size", "0", URL]).stdout("").exits(2);
}

#[test]
fn a_count_that_is_no_number_is_refused() {
    for option in ["--expect", "--greeting", "--retry", "--max-redirs"] {
        for value in ["many", "-1", "1.5"] {
            let stderr = refused(option, value);
            assert!(
                stderr.starts_with(&format!("wsurl: error: invalid value '{value}' for '{option} ")),
                "{stderr}"
            );
            shows(&stderr, value, r"write \d");
        }
    }
    Wsurl::new(["send", "--expect=-1", URL, "hi"]).stderr_has("-1").exits(2);
    let own = [
        ["probe", "--min-cert-days"],
        ["probe", "--expect-status"],
        ["echo-test", "-n"],
        ["echo-test", "--seed"],
    ];
    for [subcommand, option] in own {
        let run = Wsurl::new([subcommand, option, "many", URL]).stderr_has("invalid value 'many'").exits(2);
        shows(&run.stderr, "many", r"write \d");
    }
    shows(&refused("--interface", "eth0"), "eth0", r"such as \d");
}

/// To clap it is an option that does not exist, or `-1`.
#[test]
fn a_negative_number_is_refused_as_a_value() {
    for (option, value, text) in [
        ("-m", "-1", r"write 500ms"),
        ("--close-timeout", "-5s", "write 500ms"),
        ("--max-message-size", "-1", "64K"),
    ] {
        let stderr = refused(option, value);
        assert!(stderr.starts_with(&format!("wsurl: error: invalid value '{value}' for '--")), "{stderr}");
        shows(&stderr, value, text);
    }
    Wsurl::new(["send", "-d", "-5", URL]).stderr_has("Connection refused").exits(7);
}

#[test]
fn a_url_in_the_place_of_a_name_is_refused() {
    for (option, hint) in
        [("-U", "websocat's -U: write `wsurl send -f URL </dev/null`"), ("-u", "websocat's -u: ")]
    {
        for rest in [&["ws://h/"][..], &["hi", "ws://h/"], &["ws://h/", "hi"]] {
            let run = Wsurl::new(["send", option, "ws://me:hunter2@h/"]).args(rest);
            run.stderr_has(hint).stderr_lacks("hunter2").exits(2);
        }
    }
}

#[test]
fn a_close_code_that_must_not_be_sent_is_refused_with_one_that_may() {
    // RFC 6455 §7.4: 1005 and 1006 are never on the wire, and nothing is defined below 1000 or above 4999.
    for code in ["0", "999", "1005", "1006", "1015", "5000", "70000", "bye"] {
        let stderr = refused("--close-code", code);
        shows(&stderr, code, r"\b[1-4][0-9]{3}\b");
    }
}

#[test]
fn a_close_reason_that_does_not_fit_a_control_frame_is_refused() {
    let reason = "r".repeat(124);
    Wsurl::new(["send", "--close-reason", &reason, URL, "hi"]).stdout("").stderr_has("123").exits(2);
}

#[test]
fn a_list_of_close_codes_that_cannot_be_read_is_refused_with_one_that_can() {
    for list in ["abc", "1000,,x", "99", "44xxx"] {
        let stderr = refused("--accept-close", list);
        shows(&stderr, list, r"\b[1-4][0-9x]{3}\b");
    }
}

#[test]
fn an_address_that_is_none_is_refused_with_one_that_works() {
    for (value, works) in [
        ("8080", "127.0.0.1:8080"),
        (":8080", "127.0.0.1:8080"),
        ("localhost:8080", "127.0.0.1:8080"),
        ("example.com:80", "127.0.0.1:9001, [::1]:9001 or 127.0.0.1:0"),
    ] {
        Wsurl::new(["echo-test", "--listen", value])
            .stderr(format!(
                "wsurl: error: invalid value '{value}' for '--listen <ADDR:PORT>': not an address with a port; write {works}\n"
            ))
            .exits(2);
    }
}

#[test]
fn a_regular_expression_that_does_not_parse_is_refused() {
    Wsurl::new(["send", "--expect-regex", "(unclosed", URL, "hi"])
        .stdout("")
        .stderr(
            "wsurl: error: invalid value '(unclosed' for '--expect-regex <REGEX>': not a regular expression: unclosed group; \
             write one such as '^pong [0-9]+$'\n",
        )
        .exits(2);
}

#[test]
fn a_json_check_without_a_value_is_refused_with_one_that_works() {
    let stderr = refused("--expect-json", "status");
    shows(&stderr, "\"status\"", r"/\w+=\w*");
}

#[test]
fn an_unknown_option_is_refused_by_name() {
    Wsurl::new(["send", "--frobnicate", URL]).stdout("").stderr_has("--frobnicate").exits(2);
}

#[test]
fn options_that_are_unbound_on_purpose_are_answered_with_a_hint() {
    for option in ["-n", "-E"] {
        Wsurl::new(["send", option, "1", URL]).stdout("").stderr_has(option).stderr_has("hint").exits(2);
    }
}

#[test]
fn a_missing_url_is_asked_for() {
    Wsurl::new(["send"]).stdout("").stderr_has("URL").exits(2);
    Wsurl::new(["stream"]).stdout("").stderr_has("URL").exits(2);
}

#[test]
fn an_unknown_command_is_refused_by_name() {
    Wsurl::new(["sned", URL]).stdout("").stderr_has("sned").exits(2);
}

#[test]
fn help_is_data_and_goes_to_stdout() {
    let help = Wsurl::new(["--help"])
        .stderr("")
        .stdout_has("send")
        .stdout_has("stream")
        .stdout_has("echo-test")
        .exits(0);
    assert!(help.text().contains("\n  probe "), "{}", help.text());
    for (command, option) in [
        ("send", "--framing"),
        ("stream", "--single-message"),
        ("echo-test", "--listen"),
        ("probe", "--wait-ready"),
    ] {
        Wsurl::new([command, "--help"]).stderr("").stdout_has(option).exits(0);
    }
}

#[test]
fn the_version_is_one_line() {
    let version = Wsurl::new(["--version"]).stderr("").exits(0);
    assert!(
        Regex::new(r"^wsurl \d+\.\d+\.\d+\n").expect("a pattern").is_match(version.text()),
        "{}",
        version.text()
    );
}

#[test]
fn completions_and_man_pages_come_out_of_the_binary() {
    let kinds =
        ["complete-bash", "complete-zsh", "complete-fish", "complete-powershell", "complete-elvish", "man"];
    for kind in kinds {
        Wsurl::new(["--generate", kind]).stderr("").stdout_has("wsurl").stdout_has("stream").exits(0);
    }
}

#[test]
fn aliases_from_other_tools_are_accepted() {
    let server = EchoServer::start();
    Wsurl::new(["send", "--ws-binary", "--close-status-code", "4000", &server.url(), "hi"])
        .stdout("hi\n")
        .exits(0);
    let received = server.received();
    assert!(received.messages[0].is_binary(), "{received:?}");
    assert_eq!(received.close, Some((4000, String::new())));

    let server = EchoServer::start();
    Wsurl::new(["send", "--null-terminated", &server.url()]).stdin("a\0b\0").stdout("a\0b\0").exits(0);
}
