//! websocat's options, as `websocat --help=long` of 1.14.1 lists them.

use super::habit::{Habit, habit};

const NO_SERVER: &str =
    "not built: `wsurl echo-test --listen ADDR:PORT` is an echo server, and wsurl a client";
const NO_CHAIN: &str = "not built: use a pipe, such as gzip | wsurl stream URL";

pub(super) const HABITS: &[Habit] = &[
    // How a session ends
    habit(
        &["-n", "--no-close"],
        "write --wait DURATION or -f to keep the session open after the end of the input",
    ),
    habit(&["-E", "--exit-on-eof"], "needs no flag: wsurl exits when the server closes"),
    habit(&["-u", "--unidirectional"], "write `wsurl send --expect 0`, which awaits no reply"),
    habit(&["-U", "--unidirectional-reverse"], "write `wsurl send -f URL </dev/null`, which sends nothing"),
    habit(&["--max-messages"], "write -1 for one message, or cut the input: head -n N | wsurl send URL"),
    habit(&["--max-messages-rev"], "write --expect N"),
    habit(
        &["--no-exit-on-zeromsg", "--websocket-ignore-zeromsg"],
        "needs no flag: an empty message ends nothing",
    ),
    habit(&["--byte-to-exit-on"], "write --expect-text TEXT, or Ctrl-C"),
    habit(
        &["--autoreconnect-delay-millis"],
        "write --retry N and --retry-delay DURATION; an open session is not opened anew",
    ),
    // Messages
    habit(
        &["--no-line", "--linemode-strip-newlines"],
        "write --framing whole, or `wsurl stream`; newlines are stripped unless --keep-newline is given",
    ),
    habit(&["-S", "--strict"], "needs no flag: long lines stay one message"),
    habit(&["-B"], "write --max-message-size SIZE, or `wsurl stream --chunk-size SIZE`"),
    habit(
        &["--max-ws-message-length", "--max-ws-frame-length", "--queue-len"],
        "write --max-message-size SIZE",
    ),
    habit(&["--base64"], "write --framing base64"),
    habit(&["--base64-text"], "write --framing base64 -t, or --framing json"),
    habit(&["--binary-prefix", "--text-prefix"], "write --framing json, which keeps text and binary apart"),
    habit(&["-p", "--preamble"], "write the message with -d, or echo it into the pipe"),
    habit(&["-P", "--preamble-reverse"], "not built: echo it before wsurl"),
    habit(
        &["--jsonrpc", "--jsonrpc-omit-jsonrpc"],
        "write the request: wsurl send URL '{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"METHOD\"}'",
    ),
    habit(
        &[
            "--lengthprefixed-nbytes",
            "--lengthprefixed-little-endian",
            "--lengthprefixed-skip-read-direction",
            "--lengthprefixed-skip-write-direction",
        ],
        "not built; write --framing json or --framing base64, which take any bytes",
    ),
    habit(
        &["--foreachmsg-wait-read"],
        "not built: read the messages in a loop, such as wsurl send -f URL | while read -r line",
    ),
    habit(&["--timestamp-monotonic"], "write --framing json, which has the time of each message"),
    // Pings
    habit(
        &["--print-ping-rtts"],
        "write `wsurl probe URL`, which times a ping, or /ping at the prompt of `wsurl send URL`",
    ),
    habit(&["--inhibit-pongs", "--max-sent-pings"], "not built: pings are always answered (RFC 6455 §5.5.2)"),
    // The handshake
    habit(&["--ua"], "write -A NAME"),
    habit(&["--basic-auth-file"], "write -u NAME, which asks for the password, WSURL_USER or --netrc-file"),
    habit(&["--request-header"], "write -H 'NAME: VALUE'"),
    habit(
        &["-X", "--request-method", "--request-uri"],
        "the opening handshake is a GET of the URL (RFC 6455)",
    ),
    habit(&["--ws-c-uri"], "write the URL, and --connect-to or --unix-socket for where to connect"),
    habit(
        &["--websocket-version"],
        "not built: the version is 13 (RFC 6455); `wsurl probe --conformance` tries others",
    ),
    habit(&["--just-generate-key", "--just-generate-accept"], "not built; -v shows the handshake"),
    // TLS
    habit(&["--client-pkcs12-der"], "write --cert FILE"),
    habit(&["--client-pkcs12-passwd"], "write --pass @FILE"),
    habit(&["--pkcs12-der", "--pkcs12-passwd"], "write `wsurl echo-test --listen ADDR:PORT --tls-cert FILE`"),
    // Proxies
    habit(&["--socks5-destination"], "write the URL; the proxy is asked for its host"),
    habit(&["--socks5-user-pass"], "write -U NAME:PASSWORD, or WSURL_PROXY_USER"),
    habit(&["--socks5-bind-script"], "not built"),
    // Output
    habit(&["-q"], "write -s"),
    // Servers
    habit(
        &[
            "--server-mode",
            "--oneshot",
            "--conncap",
            "-F",
            "--static-file",
            "--restrict-uri",
            "--server-header",
            "--server-protocol",
            "-e",
            "--set-environment",
            "--header-to-env",
            "--accept-from-fd",
            "--unlink",
            "--stdout-announce-listening-ports",
            "--reuser-send-zero-msg-on-disconnect",
        ],
        NO_SERVER,
    ),
    // Specifiers and overlays
    habit(
        &[
            "--compress-deflate",
            "--compress-gzip",
            "--compress-zlib",
            "--uncompress-deflate",
            "--uncompress-gzip",
            "--uncompress-zlib",
        ],
        "use a pipe, such as gzip | wsurl stream URL; --compress compresses messages (RFC 7692)",
    ),
    habit(
        &[
            "--exec-args",
            "--exec-exit-on-disconnect",
            "--exec-sighup-on-stdin-close",
            "--exec-sighup-on-zero-msg",
            "--no-fixups",
            "--dump-spec",
            "--async-stdio",
            "--no-async-stdio",
        ],
        NO_CHAIN,
    ),
    habit(
        &[
            "--udp-broadcast",
            "--udp-multicast",
            "--udp-multicast-iface-v4",
            "--udp-multicast-iface-v6",
            "--udp-multicast-loop",
            "--udp-oneshot",
            "--udp-reuseaddr",
            "--udp-ttl",
        ],
        "is about UDP",
    ),
];
