//! The options of wscat 6.1.0 and httpie 3.2.4, as their `--help` lists them. Those of `python -m websockets` (17.4) work here.

use super::habit::{Habit, habit};

pub(super) const WSCAT: &[Habit] = &[
    habit(&["-c", "--connect"], "write the URL without a flag: wsurl send URL"),
    habit(&["-l", "--listen"], "write `wsurl echo-test --listen 127.0.0.1:PORT`, an echo server"),
    habit(&["-n"], "write -k"),
    habit(&["-P", "--show-ping-pong"], "write -vv, which shows every frame"),
    habit(&["-p"], "not built: the version is 13 (RFC 6455); --subprotocol NAME offers a subprotocol"),
    habit(&["-x"], "write the message after the URL, or -d TEXT"),
    habit(&["-w"], "write --wait DURATION, or -f to hold the session open"),
    habit(&["-s"], "write --subprotocol NAME"),
    habit(&["--slash"], "write `wsurl send URL` at a terminal: there /ping and /close work without a flag"),
    habit(&["--host"], "write -H 'Host: NAME', or --connect-to for where to connect"),
    habit(&["--no-color"], "write --color never, or set NO_COLOR"),
];

pub(super) const HTTPIE: &[Habit] = &[
    habit(&["-j"], "write --json TEXT"),
    habit(&["--form", "--multipart", "--boundary"], "WebSockets have no forms; write -d TEXT"),
    habit(&["--raw"], "write -d TEXT"),
    habit(
        &[
            "--pretty",
            "--style",
            "--unsorted",
            "--sorted",
            "--format-options",
            "--response-charset",
            "--response-mime",
        ],
        "what arrives is printed as it came; for JSON, write --pretty at a terminal, or pipe it into jq",
    ),
    habit(
        &["-p", "--print", "--headers", "--meta", "--body", "--all"],
        "write -D - for the head of the answer, -v for the handshake, -w '%{json}' for the facts",
    ),
    habit(
        &["--stream"],
        "needs no flag: messages are printed as they arrive; `wsurl stream` passes on bytes",
    ),
    habit(&["--download"], "write -o FILE"),
    habit(&["-c", "--continue"], "not built: a session cannot be continued"),
    habit(&["-q", "--quiet"], "write -s"),
    habit(&["--session", "--session-read-only"], "write -H @FILE and --cookie @FILE"),
    habit(&["-a"], "write -u NAME:PASSWORD, or --bearer TOKEN"),
    habit(&["--auth-type"], "needs no flag: -u does Basic and Digest, --bearer sends a token"),
    habit(&["--ignore-netrc"], "needs no flag: a netrc file is read with --netrc only"),
    habit(
        &["--offline", "--chunked", "--max-headers", "--traceback", "--debug"],
        "not built; -v shows the handshake",
    ),
    habit(&["-F", "--follow"], "write -L"),
    habit(&["--check-status"], "needs no flag: a refused upgrade is exit 22"),
    habit(&["--verify"], "write -k for --verify=no, --cacert FILE for a CA of your own"),
    habit(&["--ssl"], "write --tlsv1.2, --tlsv1.3 or --tls-max VERSION"),
    habit(&["--cert-key"], "write --key FILE"),
    habit(&["--cert-key-pass"], "write --pass @FILE"),
    habit(&["-I", "--ignore-stdin"], "write </dev/null, or the message after the URL"),
    habit(&["--ciphers"], "not built: the TLS library chooses"),
    habit(&["--path-as-is"], "the path of the URL is sent as it is written"),
    habit(&["--manual"], "write man wsurl, or --help"),
    habit(&["--default-scheme"], "write ws:// or wss:// into the URL"),
];
