//! The commands in README.md and `docs/`: each is run in bash, against servers on loopback, and exits as it should.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use regex::Regex;

use crate::support::{Certificate, Echo, EchoServer, Embedded, Script, closed_port};

/// What a command line in the documents begins with.
const FIRST_WORDS: [&str; 19] = [
    "wsurl",
    "printf",
    "seq",
    "jq",
    "echo",
    "tar",
    "head",
    "coproc",
    "mkfifo",
    "pid=",
    "url=",
    "SSLKEYLOGFILE=",
    "WSURL_BEARER=",
    "export",
    "chat()",
    "chat",
    "mkdir",
    "cp",
    "cat",
];

/// Commands that build wsurl, which this test is a part of.
const OF_CARGO: &str = "cargo ";

/// How a command exits that does not exit with 0: by what it contains. The first row that fits counts.
const EXITS: &[(&str, i32)] = &[
    ("--expect 2", 28),              // a message is missing
    ("--listen", 130),               // runs until it is interrupted
    ("-x ", 7),                      // no proxy runs there
    ("sha256//", 90),                // the server has another key
    ("/run/app.sock", 7),            // nobody listens there
    ("--allow-network internet", 7), // the server is on loopback
    ("/op=pong", 1),                 // an echo server says ping
    ("--expect-text pong", 1),       // so it does here
    ("--security", 1),               // an echo server accepts any Origin
    ("graphql-transport-ws", 1),     // an echo server speaks neither GraphQL
    ("--greeting 1", 1),             // nor Socket.IO
    ("mkfifo", 55),                  // the server closes, and the loop has no end
    ("/mute", 28),
    ("/403", 22),
    ("127.0.0.1:9/", 7),
];

/// The section whose commands the acceptance run runs, against the servers that they are for.
const OF_ACCEPTANCE_RUN: &str = "## Servers with protocols of their own";

/// A command as a document has it.
struct Documented {
    place: String,
    text: String,
    /// What the document shows of its output. Empty where it shows nothing.
    output: Vec<String>,
}

#[test]
fn every_command_does_what_it_should() {
    let commands = documented();
    assert!(commands.len() > 70, "only {} commands were found", commands.len());
    let bench = Bench::new();
    let mut complaints = Vec::new();
    for command in commands.iter().filter(|command| !command.text.starts_with(OF_CARGO)) {
        let expected =
            EXITS.iter().find(|(part, _)| command.text.contains(part)).map_or(0, |(_, code)| *code);
        let (code, printed) = bench.run(&command.text);
        if code != Some(expected) {
            complaints.push(format!(
                "{}: {}\nexits {code:?}, not {expected}:\n{printed}",
                command.place, command.text
            ));
        }
        complaints.extend(command.output.iter().filter_map(|line| missing(line, &printed, code)).map(
            |line| {
                format!("{}: {}\nprints no such line: {line}\nbut:\n{printed}", command.place, command.text)
            },
        ));
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n\n"));
}

/// A line that a document shows, if the run did not print it: errors, and the exit code after `echo $?`.
fn missing(line: &str, printed: &str, code: Option<i32>) -> Option<String> {
    let is_missing = match line.parse::<i32>() {
        Ok(shown) => Some(shown) != code,
        Err(_) if line.starts_with("wsurl: error: ") => {
            let line = without_addresses(line);
            !printed.lines().any(|printed| without_addresses(printed) == line)
        }
        Err(_) => false,
    };
    is_missing.then(|| line.to_owned())
}

fn without_addresses(line: &str) -> String {
    let address = Regex::new(r"127\.0\.0\.1(:\d+)?|localhost(:\d+)?").expect("a pattern");
    address.replace_all(line, "HOST").into_owned()
}

/// The commands of all documents.
fn documented() -> Vec<Documented> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let entries = fs::read_dir(root.join("docs")).expect("read docs");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry of docs").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    // Its commands build and install, which the packages' own checks do.
    paths.retain(|path| !path.ends_with("install.md"));
    paths.sort();
    paths.insert(0, root.join("README.md"));
    paths.iter().flat_map(|path| commands_in(path)).collect()
}

fn commands_in(path: &Path) -> Vec<Documented> {
    let text = fs::read_to_string(path).expect("read a document");
    let name = path.file_name().and_then(|name| name.to_str()).expect("a name in UTF-8");
    let mut commands: Vec<Documented> = Vec::new();
    let (mut is_transcript, mut is_script) = (false, false);
    let mut section = "";
    for (number, line) in text.lines().enumerate() {
        if line.starts_with("## ") {
            section = line;
        }
        if section == OF_ACCEPTANCE_RUN {
            continue;
        }
        let Some(line) = line.strip_prefix("    ").filter(|line| !line.starts_with([' ', '#'])) else {
            is_transcript &= line.starts_with("    ") || line.is_empty();
            is_script &= line.starts_with("    ");
            continue;
        };
        if let Some(typed) = line.strip_prefix("$ ") {
            is_transcript = true;
            let text = typed.trim_end_matches("; echo $?").to_owned();
            commands.push(Documented { place: format!("{name}:{}", number + 1), text, output: Vec::new() });
        } else if is_transcript {
            commands.last_mut().expect("a command before its output").output.push(line.to_owned());
        } else if is_script {
            let script = &mut commands.last_mut().expect("a script that has begun").text;
            script.push('\n');
            script.push_str(line);
        } else {
            let line = line.strip_prefix("- run: ").unwrap_or(line);
            let is_command =
                FIRST_WORDS.iter().any(|word| line.starts_with(word)) || line.starts_with(OF_CARGO);
            assert!(
                is_command || !line.contains("wsurl "),
                "{name}:{}: not taken as a command: {line}",
                number + 1
            );
            if is_command {
                // What follows needs the descriptors, variables and functions that these make.
                is_script =
                    ["coproc", "mkfifo", "chat()", "export"].iter().any(|word| line.starts_with(word));
                commands.push(Documented {
                    place: format!("{name}:{}", number + 1),
                    text: line.to_owned(),
                    output: Vec::new(),
                });
            }
        }
    }
    commands
}

/// A folder with what the commands read, and the servers that they speak to.
struct Bench {
    folder: tempfile::TempDir,
    echo: Embedded,
    tls: Embedded,
    /// Sends three messages by itself.
    ticker: EchoServer,
    /// Closes at once.
    closing: Embedded,
    mute: EchoServer,
    /// Accepts the subprotocol chat.v2.
    choosing: Embedded,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let path = |name: &str| folder.path().join(name);
        let write = |name: &str, content: &[u8]| fs::write(path(name), content).expect("write a file");
        let tls = Embedded::tls(Certificate::DaysLeft(89));
        write("disk.img", &vec![7; 100_000]);
        write("request.json", b"{\"op\": \"ping\"}");
        write("fields.txt", b"Origin: https://example.com\n");
        write("lines.jsonl", b"{\"id\": 1}\n{\"id\": 2}\n");
        write("session.txt", b"sid=1");
        write("token", b"secret");
        write("me.pass", b"secret");
        let fixture =
            |name: &str| fs::read(root.join("tests/it/fixtures").join(name)).expect("read a fixture");
        write("ca.pem", &fs::read(tls.cacert()).expect("read the CA"));
        write("me.pem", &fixture("rsa.pem"));
        write("me.key", &fixture("rsa-pkcs8.key"));
        write("cert.pem", &fixture("rsa.pem"));
        write("key.pem", &fixture("rsa-pkcs8.key"));
        fs::create_dir_all(path("src")).expect("make a folder");
        fs::create_dir_all(path("bin")).expect("make a folder");
        std::os::unix::fs::symlink(root.join("man"), path("man")).expect("make a link");
        std::os::unix::fs::symlink(binary(), path("bin/wsurl")).expect("make a link");
        let ticker = Echo::new().greeting("1").greeting("2").greeting("3").start();
        let closing = Embedded::with_options(&["--close-with", "1000"]);
        let choosing = Embedded::with_options(&["--subprotocol", "chat.v2"]);
        let endpoints = format!("{0}\n{0}\n", tls.url());
        write("endpoints.txt", endpoints.as_bytes());
        Self {
            folder,
            echo: Embedded::start(),
            tls,
            ticker,
            closing,
            mute: Echo::new().mute().start(),
            choosing,
        }
    }

    /// The exit code of a command, and what it prints.
    fn run(&self, text: &str) -> (Option<i32>, String) {
        let refuser = if text.contains("/private") {
            Some(refuser("401 Unauthorized", "WWW-Authenticate: Bearer"))
        } else if text.contains("/403") {
            Some(refuser("403 Forbidden", "X-Reason: none"))
        } else {
            None
        };
        let refusing = refuser.as_ref().map(Script::url).unwrap_or_default();
        let (_held, closed) = closed_port();
        let closed = closed.trim_start_matches("ws://").trim_end_matches('/').to_owned();
        let tls = self.tls.url().to_owned();
        let mut command = text.to_owned();
        for (documented, here) in [
            ("wss://example.com/private", refusing.clone()),
            ("ws://127.0.0.1:9101/mute", self.mute.url() + "mute"),
            ("ws://127.0.0.1:9101/403", refusing),
            ("wss://example.com/chat", tls.clone()),
            ("wss://example.com/", tls.clone()),
            ("wss://internal.example/chat", tls.clone()),
            ("wss://old.example/", tls.clone()),
            ("wss://localhost:8443/", tls.clone()),
            ("wss://localhost:9102/put", tls.clone()),
            ("wss://localhost:9102/", tls.clone()),
            ("ws://localhost:8080/", self.echo.url().to_owned()),
            ("ws://localhost:9002/", self.choosing.url().to_owned()),
            ("ws://localhost:9001/", self.echo.url().to_owned()),
            ("proxy.example:3128", closed.clone()),
            ("127.0.0.1:1080", closed.clone()),
            ("wss://example.com/echo", tls.clone()),
            ("wss://chat.example/ws", tls.clone()),
            ("-n 20000", "-n 20".to_owned()),
            ("-U alice", "-U alice:secret".to_owned()),
            ("127.0.0.1:9001", "127.0.0.1:0".to_owned()),
            ("127.0.0.1:9443", "127.0.0.1:0".to_owned()),
            ("sha256//BASE64", "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=".to_owned()),
            ("--duration 10s", "--duration 300ms".to_owned()),
            ("--duration 1h", "--duration 300ms".to_owned()),
            ("--duration 30s", "--duration 300ms".to_owned()),
            ("--ramp 5s", "--ramp 100ms".to_owned()),
            ("-C 33554432", "-C 50000".to_owned()),
            ("/var/lib/node_exporter/", String::new()),
        ] {
            command = command.replace(documented, &here);
        }
        let url = if ["--expect 3", "head -n"].iter().any(|part| text.contains(part)) {
            self.ticker.url()
        } else if ["copy.img", "mkfifo"].iter().any(|part| text.contains(part)) {
            self.closing.url().to_owned()
        } else {
            self.echo.url().to_owned()
        };
        let limit: &[&str] =
            if text.contains("--listen") { &["--signal=INT", "--preserve-status", "1"] } else { &["90"] };
        let path = std::env::var("PATH").unwrap_or_default();
        // In a session of its own there is no terminal to ask for a password.
        let output = Command::new("setsid")
            .args(["-w", "timeout"])
            .args(limit)
            .args(["bash", "-c", &format!("set -o pipefail\n{command}")])
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", format!("{}/bin:{path}", self.folder.path().display()))
            .env("HOME", self.folder.path())
            .env("SSL_CERT_FILE", self.tls.cacert())
            .env("url", url)
            .stdin(Stdio::null())
            .output()
            .expect("run bash");
        let printed = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8_lossy(&printed).into_owned())
    }
}

fn binary() -> PathBuf {
    std::env::var_os("WSURL_BIN").map_or_else(|| env!("CARGO_BIN_EXE_wsurl").into(), PathBuf::from)
}

/// Answers the upgrade with this status and this field.
fn refuser(status: &str, field: &str) -> Script {
    let head = format!("HTTP/1.1 {status}\r\n{field}\r\nContent-Length: 13\r\n\r\nmembers only\n");
    Script::new().request().respond(&head).close()
}
