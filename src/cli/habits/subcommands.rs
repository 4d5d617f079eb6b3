//! Words that are typed where the subcommand goes: what other tools call it, and what people expect it to be called.

use super::habit::{Habit, habit};

pub(super) const SUBCOMMANDS: &[Habit] = &[
    habit(
        &[
            "recv",
            "receive",
            "read",
            "sub",
            "subscribe",
            "tail",
            "watch",
            "cat",
            "follow",
            "monitor",
            "stdout",
        ],
        "write `wsurl send -f URL </dev/null`, which prints messages until the server closes",
    ),
    habit(
        &["get", "download", "fetch"],
        "write `wsurl stream -f -o FILE URL </dev/null` for bytes, `wsurl send -f URL </dev/null` for messages",
    ),
    habit(
        &[
            "connect",
            "open",
            "client",
            "ws",
            "wss",
            "chat",
            "repl",
            "shell",
            "console",
            "interactive",
            "telnet",
        ],
        "write `wsurl send URL`, which is a prompt at a terminal",
    ),
    habit(
        &["write", "push", "post", "pub", "publish", "message", "msg", "emit", "say", "text", "request"],
        "write `wsurl send URL MESSAGE`",
    ),
    habit(
        &["put", "upload", "pipe", "file", "stdin", "-"],
        "write `wsurl stream -T FILE URL`, - is standard input",
    ),
    habit(
        &["ping", "rtt", "latency"],
        "write `wsurl probe URL`, which times a ping, or `wsurl echo-test --interval 1s URL` for an echo server",
    ),
    habit(
        &["listen", "serve", "server", "bind", "host"],
        "write `wsurl echo-test --listen 127.0.0.1:9001`, an echo server; wsurl has no other server",
    ),
    habit(
        &["bench", "benchmark", "load", "stress", "perf"],
        "write `wsurl echo-test --connections N --duration DURATION URL` for an echo server",
    ),
    habit(
        &["check", "health", "healthcheck", "status", "info", "head", "inspect", "debug", "trace", "verify"],
        "write `wsurl probe URL`",
    ),
    habit(&["wait", "wait-for", "ready"], "write `wsurl probe --wait-ready DURATION URL`"),
    habit(
        &["test", "conformance", "compliance", "autobahn", "fuzz"],
        "write `wsurl probe --conformance URL`, or `wsurl echo-test URL` for an echo server",
    ),
    habit(&["security", "scan", "audit", "pentest"], "write `wsurl probe --security URL`"),
    habit(
        &["completion", "completions", "generate"],
        "write `wsurl --generate complete-bash`, complete-zsh, complete-fish, complete-powershell or complete-elvish",
    ),
    habit(&["man", "manual"], "write `wsurl --generate man`, or --help"),
];
