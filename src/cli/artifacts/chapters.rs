//! The chapters of the man pages that are prose.

pub(super) const END_OF_SEND: &[&str] = &[
    "wsurl sends Close when the input has ended and what is awaited has arrived. By default that is one message for every \
     message sent; --expect N awaits N messages in all, --wait DURATION goes on until nothing has arrived for so long, -f until \
     the server closes, and --expect 0 awaits nothing. With --expect N no more than N messages are printed once the input is \
     over; otherwise everything is printed that arrives until the server's Close.",
    "Messages are counted, not matched: what a server says unasked counts, too. Checks (--expect-text, --expect-regex, \
     --expect-json) are looked at when the wait is over; each has to be met by some message.",
    "A server that closes first ends the session. With a code of --accept-close the exit code is 0 if nothing is missing, 1 if \
     messages are missing, and 55 if input was not sent; with another code it is 110, without a Close 56. No answer to our \
     Close is 28.",
    "SIGHUP, SIGINT, SIGQUIT and SIGTERM send Close 1001 and deliver what is in hand; a second one ends at once. When the \
     reader of standard output goes away, wsurl closes and says nothing.",
];

pub(super) const END_OF_STREAM: &[&str] = &[
    "wsurl sends Close when the input has ended, and delivers everything that the server sends until its own Close. --expect N \
     holds the Close back until N messages have arrived, --wait DURATION until nothing has arrived for so long, -f until the \
     server closes.",
    "Exit code 0 says that the server's WebSocket layer has read everything and answered the Close. Whether its application has \
     stored it, only the application can tell: let it acknowledge, and write --expect 1.",
    "A server that closes first ends the session. With a code of --accept-close the exit code is 0 if nothing is missing, 1 if \
     messages are missing, and 55 if input was not sent; with another code it is 110, without a Close 56. No answer to our \
     Close is 28.",
    "SIGHUP, SIGINT, SIGQUIT and SIGTERM send Close 1001 and deliver what is in hand; a second one ends at once. When the \
     reader of standard output goes away, wsurl closes and says nothing.",
];

pub(super) const END_OF_PROBE: &[&str] = &[
    "A probe resolves, connects, goes through the proxy if there is one, does TLS and the upgrade, sends a ping, then the \
     messages of -d, and closes. The first failure ends it. Several URLs are probed side by side; the exit code is that of the \
     first that failed.",
];

pub(super) const END_OF_ECHO_TEST: &[&str] = &[
    "The test ends when every message was echoed, or when --duration is over and no echo is outstanding. A message that is \
     lost, changed, doubled or out of order is exit code 1, silence is 28. SIGINT prints the report of what was tested so far.",
];

pub(super) const ABOUT: &[&str] = &[
    "wsurl is curl for WebSockets (RFC 6455): ws:// and wss:// URLs, messages and files on standard input and standard output, \
     exit codes that scripts can rely on. Standard output carries message data and nothing else; what wsurl has to say goes to \
     standard error. Each subcommand has a page of its own.",
];

pub(super) const ABOUT_SEND: &[&str] = &[
    "wsurl send opens a WebSocket, sends messages, prints the replies, one a line, and closes. The messages are the arguments \
     MESSAGE and the values of -d and --json, in the order in which they are typed; without any, each line of standard input is \
     a message. At a terminal, that is a conversation with a prompt.",
];

pub(super) const ABOUT_STREAM: &[&str] = &[
    "wsurl stream opens a WebSocket, sends standard input or a file in binary messages, and writes the bytes that it receives \
     to standard output as they arrive. It holds no message whole, so that memory stays the same whatever the size. Where a \
     message begins and ends does not show in the output.",
];

pub(super) const ABOUT_ECHO_TEST: &[&str] = &[
    "wsurl echo-test sends messages to a server that sends each one back, compares every echo with what was sent, byte by \
     byte, and measures round trips. Without a URL it starts a server of its own on loopback; with --listen it runs that \
     server and tests nothing.",
];

pub(super) const ABOUT_PROBE: &[&str] = &[
    "wsurl probe opens a WebSocket to each URL, sends a ping, closes, and reports how long each phase took and what was seen: \
     addresses, certificates, the answer to the upgrade. Options say what is expected; what is not so is a failure. \
     --conformance and --security try rules one by one instead.",
];

pub(super) const CONVERSATION: &[&str] = &[
    "When the input would be read from a terminal and standard output is one, too, the lines are typed at a prompt. > marks \
     what was sent, < what came, * lines of wsurl. What arrives is printed above the line that is being typed. Enter sends the \
     line (wsurl stream: and a line feed); pasted lines are one message. The keys are those of bash: Up, Down and Ctrl-R go through earlier lines, Ctrl-A, \
     Ctrl-E, Alt-B and Alt-F move, Ctrl-U, Ctrl-K and Ctrl-W cut, Ctrl-Y pastes, Ctrl-Z stops, Ctrl-L clears the screen. Ctrl-C \
     clears the line; at an empty prompt it sends Close 1000 and ends with exit code 0. Ctrl-D waits for missing replies, then \
     ends.",
    "A line that begins with a slash is a command:",
];

pub(super) const HISTORY: &[&str] = &[
    "Lines are kept for the next time, in a file for each host (see FILES): at most 1000, none that begins with a space. There \
     is no history where a credential was given in whatever way.",
    "--no-prompt, a pipe on either side, -o, and a framing other than lines: no prompt, bytes and nothing else. On a dumb \
     terminal (TERM=dumb), the terminal edits the line itself.",
];

pub(super) const JSON_FRAMING: &[&str] = &[
    "With --framing json, every line of standard input and standard output is an object. What is printed can be sent again \
     without loss. Fields that are not listed are ignored in the input.",
];

pub(super) const JSON_FRAMING_FIELDS: &[(&str, &str)] = &[
    (
        "type",
        "text, binary, or close; close ends the input with this Close, and is the last line of the output",
    ),
    ("data", "the text of a text message"),
    ("base64", "the payload of a binary message, in base64"),
    ("size", "the bytes of the payload; in the output only"),
    ("time", "when the message had arrived, in UTC, as RFC 3339 has it; in the output only"),
    ("code, reason", "those of the Close"),
];

pub(super) const CONFIGURATION: &[&str] = &[
    "There is no configuration file: what a command does is in the command. What is wanted again and again goes into a file of \
     header fields (-H @FILE), into the environment, or into a shell function. Of an option that is given twice, the last counts.",
];

pub(super) const CONFIGURATION_EXAMPLES: &[&str] = &[
    "wsurl send -H @fields.txt URL hello",
    "WSURL_BEARER=$(cat token) wsurl send URL hello",
    "chat() { wsurl send -m 10 --subprotocol chat.v2 \"$@\"; }",
];

pub(super) const ENVIRONMENT: &[(&str, &str)] = &[
    ("WSURL_USER, WSURL_BEARER", "like --user and --bearer, which win over them"),
    ("WSURL_PROXY_USER", "like --proxy-user, which wins over it"),
    ("wss_proxy, ws_proxy", "the proxy for wss and ws; upper case counts, too"),
    ("https_proxy, http_proxy", "the same when those are not set; HTTP_PROXY is ignored"),
    ("all_proxy", "the same when none of those is set"),
    ("no_proxy", "hosts that are reached without a proxy, as with --noproxy"),
    ("NETRC", "the file for --netrc"),
    ("SSL_CERT_FILE, SSL_CERT_DIR", "the system's CA certificates, where OpenSSL is used"),
    ("SSLKEYLOGFILE", "the file to which TLS secrets are appended for Wireshark, where OpenSSL is used"),
    ("NO_COLOR", "no colours, unless --color always"),
    ("LC_ALL, LC_CTYPE, LANG", "units keep to ASCII where the first that is set names no UTF-8"),
];

pub(super) const ENVIRONMENT_OF_CONVERSATIONS: &[(&str, &str)] = &[
    ("WSURL_HISTORY", "the file with the history of a conversation, for any host; empty: no history"),
    (
        "XDG_STATE_HOME",
        "the folder in which the histories are kept, in wsurl/; ~/.local/state if it is not set",
    ),
    ("TERM", "dumb: no line editing"),
];

pub(super) const ENVIRONMENT_OF_REPORTS: &[(&str, &str)] =
    &[("GITHUB_STEP_SUMMARY", "the file to which --report github appends a summary")];

pub(super) const FILES_OF_CONVERSATIONS: &[(&str, &str)] = &[(
    "~/.local/state/wsurl/HOST.history",
    "the lines that were typed in conversations with HOST, which only their owner may read",
)];

pub(super) const FILES: &[(&str, &str)] = &[
    ("~/.netrc", "names and passwords, read with --netrc"),
    ("FILE.part", "what an interrupted run with -o FILE has received; FILE appears when it is complete"),
    (
        "@FILE",
        "header fields (-H), cookies (--cookie), a token (--bearer), a password (--pass), a format (-w), a message (-d), the URLs of wsurl probe",
    ),
];

pub(super) const REPORTS: &str = "--report FORMAT[=FILE] may be given several times. Without a file, a report goes to standard \
                       output, which takes one report. When no report goes there, the human one does, unless -s is \
                       given. A file is opened before anything is sent, and appears under its name when it is \
                       complete.";

pub(super) const SEVERAL: &str = "With several URLs, the human report has a line for each as soon as it is probed; on a terminal \
                       the lines are a table, and failures are explained below it. The JSON objects come in the order \
                       given, each as soon as those before it are. In metrics, a URL that is given twice has the label nth, in performance data a number.";

pub(super) const NAGIOS: &str = "With --report nagios on standard output, the exit code is 0 when all is well, 1 for a warning, 2 \
                      for a failure, and 3 when the fault is on this side: bad arguments, a malformed URL, or a file \
                      that cannot be used. Nothing is then printed on standard error.";

pub(super) const SUCCESS: &str = "everything given was sent, everything awaited arrived and was written, and the session \
                       ended in an accepted way";
