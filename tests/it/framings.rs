//! How messages are laid out in stdin and stdout.

use std::io::Write as _;

use data_encoding::BASE64_MIME;
use serde_json::{Value, json};
use tungstenite::Message;

use crate::support::{EchoServer, Script, Wsurl, file_with, frame, noise};

/// What an echo server gets and gives back when `input` is sent with these options.
#[track_caller]
fn sent(options: &[&str], input: impl Into<Vec<u8>>) -> (Vec<Message>, Vec<u8>) {
    let server = EchoServer::start();
    let outcome = Wsurl::new(["send"]).args(options).args([server.url()]).stdin(input).stderr("").exits(0);
    (server.received().messages, outcome.stdout)
}

fn texts<const N: usize>(texts: [&str; N]) -> Vec<Message> {
    texts.into_iter().map(Message::text).collect()
}

fn binaries<const N: usize>(payloads: [&[u8]; N]) -> Vec<Message> {
    payloads.into_iter().map(|payload| Message::binary(payload.to_vec())).collect()
}

/// What is printed when the server sends these frames by itself.
#[track_caller]
fn printed(options: &[&str], frames: Vec<u8>) -> Vec<u8> {
    let peer = Script::new().upgrade().send([frames, frame::close(1000, "")].concat()).read_close().close();
    Wsurl::new(["send", "-f"]).args(options).args([peer.url()]).stderr("").exits(0).stdout
}

/// Refused input: nothing can be sent of it, and the message says where it is.
#[track_caller]
fn refused(options: &[&str], input: impl Into<Vec<u8>>, named: &str) {
    let server = EchoServer::start();
    Wsurl::new(["send"]).args(options).args([server.url()]).stdin(input).stderr_has(named).exits(26);
}

#[test]
fn a_line_is_a_message_and_its_end_is_not_part_of_it() {
    let (messages, stdout) = sent(&[], "unix\ndos\r\nlone \r inside\n");
    assert_eq!(messages, texts(["unix", "dos", "lone \r inside"]));
    assert_eq!(stdout, b"unix\ndos\nlone \r inside\n");
}

#[test]
fn an_empty_line_is_an_empty_message() {
    let (messages, stdout) = sent(&[], "\n\r\nx\n\n");
    assert_eq!(messages, texts(["", "", "x", ""]));
    assert_eq!(stdout, b"\n\nx\n\n");
}

#[test]
fn a_last_line_without_newline_counts() {
    assert_eq!(sent(&[], "first\nlast").0, texts(["first", "last"]));
    assert_eq!(sent(&[], "carriage return\r").0, texts(["carriage return\r"]));
}

#[test]
fn no_input_is_no_message() {
    let (messages, stdout) = sent(&[], "");
    assert_eq!((messages, stdout), (vec![], vec![]));
}

#[test]
fn the_newline_can_be_kept() {
    assert_eq!(sent(&["--keep-newline"], "unix\ndos\r\nlast").0, texts(["unix\n", "dos\r\n", "last"]));
    assert_eq!(sent(&["--keep-newline", "-0"], "a\0b").0, texts(["a\0", "b"]));
}

#[test]
fn a_line_of_a_megabyte_is_one_message() {
    let line = "0123456789abcdef".repeat(65536);
    let (messages, stdout) = sent(&[], format!("{line}\nshort\n"));
    assert_eq!(messages, texts([&line, "short"]));
    assert_eq!(stdout, format!("{line}\nshort\n").into_bytes());
}

#[test]
fn binary_messages_are_printed_unchanged() {
    let bytes: Vec<u8> = (0..=255).collect();
    let mut expected = bytes.clone();
    expected.push(b'\n');
    assert_eq!(printed(&[], frame::binary(&bytes)), expected);
}

#[test]
fn newlines_within_a_message_are_printed_unchanged() {
    assert_eq!(printed(&[], frame::text("two\nlines")), b"two\nlines\n");
}

#[test]
fn nul_ends_a_message_as_a_newline_does_a_line() {
    let (messages, stdout) = sent(&["-0"], "one\ntwo\0\0three");
    assert_eq!(messages, texts(["one\ntwo", "", "three"]));
    assert_eq!(stdout, b"one\ntwo\0\0three\0");
    assert_eq!(sent(&["--framing", "nul"], "a\0b\0").1, b"a\0b\0");
}

#[test]
fn the_whole_input_can_be_one_message() {
    let (messages, stdout) = sent(&["--framing", "whole"], "a\nb\r\n\0");
    assert_eq!(messages, texts(["a\nb\r\n\0"]));
    assert_eq!(stdout, b"a\nb\r\n\0");
}

#[test]
fn an_empty_whole_is_an_empty_message() {
    assert_eq!(sent(&["--framing", "whole"], "").0, texts([""]));
}

#[test]
fn binary_is_sent_where_it_is_wanted() {
    let (messages, stdout) = sent(&["-b", "--framing", "whole"], noise(1000));
    assert_eq!(messages, [Message::binary(noise(1000))]);
    assert_eq!(stdout, noise(1000));
    assert_eq!(sent(&["--binary"], "a\nb\n").0, binaries([b"a", b"b"]));
}

#[test]
fn hex_and_base64_are_binary_messages() {
    let (messages, stdout) = sent(&["--framing", "hex"], "00ff\n\nDEADbeef\n");
    assert_eq!(messages, binaries([b"\x00\xFF", b"", b"\xDE\xAD\xBE\xEF"]));
    assert_eq!(stdout, b"00ff\n\ndeadbeef\n");

    let (messages, stdout) = sent(&["--framing", "base64"], "AP8=\n\n3q2+7w==");
    assert_eq!(messages, binaries([b"\x00\xFF", b"", b"\xDE\xAD\xBE\xEF"]));
    assert_eq!(stdout, b"AP8=\n\n3q2+7w==\n");
}

#[test]
fn hex_and_base64_can_be_text() {
    assert_eq!(sent(&["-t", "--framing", "hex"], "6869\n").0, texts(["hi"]));
    assert_eq!(sent(&["-t", "--framing", "base64"], "aGk=\n").0, texts(["hi"]));
}

/// What an echo server gets and gives back when these arguments are messages.
#[track_caller]
fn given(args: &[&str]) -> (Vec<Message>, Vec<u8>) {
    let server = EchoServer::start();
    let outcome = Wsurl::new(["send", &server.url()]).args(args).stderr("").exits(0);
    (server.received().messages, outcome.stdout)
}

#[test]
fn hex_and_base64_decode_the_messages_of_the_command_line() {
    let (messages, stdout) = given(&["--framing", "hex", "-d", " 68 69\n0A ", "00ff", "", "-d", "6a"]);
    assert_eq!(messages, binaries([b"hi\n", b"\x00\xFF", b"", b"j"]));
    assert_eq!(stdout, b"68690a\n00ff\n\n6a\n");
    let (messages, stdout) = given(&["--in-framing", "base64", "--out-framing", "whole", "aG\r\nk="]);
    assert_eq!((messages, stdout), (binaries([b"hi"]), b"hi".to_vec()));
    assert_eq!(given(&["-t", "--framing", "base64", "aGk="]).0, texts(["hi"]));
    assert_eq!(given(&["--out-framing", "hex", "hi"]), (texts(["hi"]), b"6869\n".to_vec()));
    assert_eq!(given(&["--framing", "json", "{}"]).0, texts(["{}"]));
}

#[test]
fn a_file_in_hex_or_base64_is_decoded_whole_or_not_at_all() {
    let white_space = " ".repeat(2 << 20);
    for (format, [first, last]) in [("hex", ["6869", "0a"]), ("base64", ["aGkh", "IQ=="])] {
        let (_dir, path) = file_with("message", [first, &white_space, last].concat());
        let run = ["send", "--max-message-size", "10", "--framing", format, "-d"];
        Wsurl::new(run)
            .args([&format!("@{path}"), "ws://127.0.0.1:9/"])
            .stderr(format!("wsurl: error: cannot read {path}: it holds more than 1M of white space\n"))
            .exits(26);
        let (_dir, path) = file_with("message", [&first.repeat(10), &*white_space].concat());
        Wsurl::new(run)
            .args([&format!("@{path}"), "ws://127.0.0.1:9/"])
            .stderr_has(format!("wsurl: error: {path} is larger than 10 (--max-message-size)\n"))
            .exits(63);
    }
}

#[test]
fn hex_and_base64_decode_files_with_line_ends_in_them() {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    let digits = BASE64_MIME.encode(&noise(200_000));
    file.write_all(digits.as_bytes()).expect("write the file");
    let data = format!("@{}", file.path().display());
    let (messages, stdout) = given(&["--framing", "base64", "--out-framing", "whole", "-d", &data]);
    assert_eq!((messages, stdout), (vec![Message::binary(noise(200_000))], noise(200_000)));

    let server = EchoServer::start();
    Wsurl::new(["send", "--framing", "base64", "-d", "@-", &server.url()])
        .stdin("aG\nk=\n")
        .stdout("aGk=\n")
        .exits(0);

    // The limit is one of messages, not of their digits.
    let fits = ["--framing", "base64", "--out-framing", "whole", "--max-message-size", "200000", "-d", &data];
    assert_eq!(given(&fits).0.len(), 1);
    Wsurl::new([
        "send",
        "--framing",
        "base64",
        "--max-message-size",
        "199999",
        "-d",
        &data,
        "ws://127.0.0.1:9/",
    ])
    .stderr_has(format!("{} is larger than 199999 (--max-message-size)", file.path().display()))
    .exits(63);
}

#[test]
fn a_message_of_the_command_line_that_does_not_decode_is_refused() {
    Wsurl::new(["send", "--framing", "hex", "ws://127.0.0.1:9/", "00", "0g"])
        .stderr(
            "wsurl: error: message 2 is not hex: invalid symbol at 1\n\
             wsurl: hint: a message looks like 68656c6c6f\n",
        )
        .exits(26);
    Wsurl::new(["send", "--framing", "base64", "ws://127.0.0.1:9/", "-d", "AAA"])
        .stderr_has("message 1 is not base64: invalid length at 0")
        .exits(26);
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(b"00 0").expect("write the file");
    let name = file.path().display().to_string();
    Wsurl::new(["send", "--framing", "hex", "ws://127.0.0.1:9/", "-d", &format!("@{name}")])
        .stderr_has(format!("{name} is not hex: invalid length at 2"))
        .exits(26);
}

#[test]
fn white_space_within_encoded_lines_does_not_count() {
    assert_eq!(sent(&["--framing", "hex"], "68 69\t6a\r\n").0, binaries([b"hij"]));
    assert_eq!(sent(&["--framing", "base64"], " aG k=\n").0, binaries([b"hi"]));
}

#[test]
fn each_side_can_have_a_framing_of_its_own() {
    let (messages, stdout) = sent(&["--in-framing", "hex", "--out-framing", "base64"], "00ff\n");
    assert_eq!((messages, stdout), (binaries([b"\x00\xFF"]), b"AP8=\n".to_vec()));
    assert_eq!(sent(&["--out-framing", "nul"], "a\nb\n").1, b"a\0b\0");
    assert_eq!(sent(&["--framing", "hex", "--out-framing", "whole"], "6869\n").1, b"hi");
}

#[test]
fn json_lines_carry_kind_and_content() {
    let input = "{\"type\":\"text\",\"data\":\"h\u{e9}\\n\"}\n{\"base64\":\"AP8=\",\"type\":\"binary\"}\n";
    let (messages, stdout) = sent(&["--framing", "json"], input);
    assert_eq!(messages, [texts(["h\u{e9}\n"]), binaries([b"\x00\xFF"])].concat());

    let lines = json_lines(&stdout);
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert_eq!(lines[0]["type"], "text");
    assert_eq!(lines[0]["data"], "h\u{e9}\n");
    assert_eq!(lines[0]["size"], 4);
    assert_eq!(lines[1]["type"], "binary");
    assert_eq!(lines[1]["base64"], "AP8=");
    assert_eq!(lines[1]["size"], 2);
    let rfc3339 = regex::Regex::new(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$").unwrap();
    assert!(rfc3339.is_match(lines[0]["time"].as_str().unwrap()), "{}", lines[0]);
    assert_eq!(lines[2], json!({"type": "close", "code": 1000, "reason": ""}));
}

fn json_lines(stdout: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(stdout).expect("JSON in UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

#[test]
fn fields_of_json_may_stand_in_any_order_among_others() {
    let input = r#"{"data":"h\u00e9\ud83d\ude00\/","note":{"data":[1,{"type":"x"}]},"type":"text"}"#;
    assert_eq!(sent(&["--framing", "json"], input).0, texts(["h\u{e9}\u{1F600}/"]));
}

#[test]
fn a_line_of_json_is_refused_at_the_byte_that_is_wrong() {
    let server = EchoServer::start();
    Wsurl::new(["send", "--framing", "json", &server.url()])
        .stdin("\n{\"type\":\"text\",\"data\":\"a\"}\n\n{\"type\":\"text\";")
        .stderr(
            "wsurl: error: line 4 of the input is not json: expected ',' or '}' at byte 14\n\
             wsurl: hint: a line looks like {\"type\":\"text\",\"data\":\"hello\"}\n",
        )
        .exits(26);
    let server = EchoServer::start();
    Wsurl::new(["send", "--framing", "json", "--max-message-size", "3", &server.url()])
        .stdin_open("{\"type\":\"text\",\"data\":\"\\u0000\\u0000\\u0000a")
        .stderr_has("message 1 of the input is larger than 3")
        .exits(63);
}

#[test]
fn json_out_fed_to_json_in_is_lossless() {
    let frames =
        [frame::text("a \"quoted\" \u{1f600}\u{0}\n"), frame::binary(noise(200)), frame::text("")].concat();
    let printed = printed(&["--framing", "json"], frames);
    let (messages, again) = sent(&["--framing", "json"], printed.clone());
    let expected = [texts(["a \"quoted\" \u{1f600}\u{0}\n"]), vec![Message::binary(noise(200))], texts([""])];
    assert_eq!(messages, expected.concat());
    let without_times = |stdout: &[u8]| {
        let mut lines = json_lines(stdout);
        for line in &mut lines {
            line.as_object_mut().expect("an object").remove("time");
        }
        lines
    };
    assert_eq!(without_times(&printed), without_times(&again));
}

#[test]
fn a_close_in_json_ends_the_input_with_its_code() {
    let server = EchoServer::start();
    let input = "{\"type\":\"text\",\"data\":\"a\"}\n{\"type\":\"close\",\"code\":4000,\"reason\":\"lunch\"}\n\
                 {\"type\":\"text\",\"data\":\"never sent\"}\n";
    Wsurl::new(["send", "--in-framing", "json", &server.url()]).stdin(input).stdout("a\n").exits(0);
    let received = server.received();
    assert_eq!(received.messages, texts(["a"]));
    assert_eq!(received.close, Some((4000, "lunch".to_owned())));
}

#[test]
fn the_close_of_the_server_is_a_line_of_json() {
    let bytes = [frame::text("a"), frame::close(4001, "go away")].concat();
    let peer = Script::new().upgrade().send(bytes).read_close().close();
    let outcome = Wsurl::new(["send", "-f", "--out-framing", "json", &peer.url()]).exits(110);
    let last = json_lines(&outcome.stdout).pop();
    assert_eq!(last, Some(json!({"type": "close", "code": 4001, "reason": "go away"})));
}

#[test]
fn input_that_does_not_decode_is_told_by_its_line() {
    refused(&["--framing", "json"], "{\"type\":\"text\",\"data\":\"a\"}\nnot json\n", "line 2");
    refused(&["--framing", "json"], "{\"type\":\"video\"}\n", "line 1");
    refused(&["--framing", "json"], "{\"type\":\"binary\",\"base64\":\"!!\"}\n", "line 1");
    refused(&["--framing", "hex"], "00\n\n0g\n", "line 3");
    refused(&["--framing", "hex"], "abc\n", "line 1");
    refused(&["--framing", "base64"], "AP8=\nA*==\n", "line 2");
}

#[test]
fn text_that_is_not_utf8_is_told_by_message_and_offset() {
    let server = EchoServer::start();
    Wsurl::new(["send", &server.url()])
        .stdin(b"one\ntwo\nseventeen bytes: \xFF and more\nfour\n".to_vec())
        .stderr_has("message 3 is not UTF-8 at byte 17")
        .stderr_has("wsurl: hint: ")
        .stderr_has("-b sends it as binary")
        .exits(26);
    let texts = server.texts();
    assert!(!texts.iter().any(|text| text == "four"), "{texts:?}");
}

#[test]
fn text_that_ends_within_a_character_is_not_utf8() {
    refused(&["--framing", "whole"], b"ab\xE2\x82".to_vec(), "message 1 is not UTF-8 at byte 2");
    refused(&["-t", "--framing", "hex"], "ff\n", "message 1 is not UTF-8 at byte 0");
}
