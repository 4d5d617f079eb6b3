//! wsurl: curl for the WebSocket protocol. The binary is a thin `main`; the parts are a library so that tests, benches and
//! fuzz targets reach them.
//!
//! **The library promises no stability.** Only the command line is API; what is `pub` here may change in any release.
//!
//! | module | what it is |
//! |---|---|
//! | [`commands`] | the subcommands: options, dial, session, report, in this order |
//! | [`cli`] | arguments, help texts, parsers of values |
//! | [`prompt`] | the conversation at a terminal: line editor, history, slash commands |
//! | [`report`] | errors, traces, progress, `-w`, and the formats of `--report` |
//! | [`echo`] | the echo test: many sessions, every message compared |
//! | [`conformance`] | whether a server keeps RFC 6455 |
//! | [`session`] | an open WebSocket, from the first frame to the last |
//! | [`framing`] | how messages are laid out in standard input and standard output |
//! | [`echo_server`] | the embedded echo server |
//! | [`net`] | the dial: from a URL to an open WebSocket |
//! | [`protocol`] | RFC 6455 and RFC 7692, without I/O |
//! | [`os`] | the operating system: signals, files, standard streams |
//! | the others | small values that every module may use |
//!
//! A module may use those below it in this table, never those above. No two files use each other.
//!
//! A run in five lines; `ARCHITECTURE.md` follows it call by call:
//!
//! 1. [`commands::run`] parses the arguments and makes valid options of them.
//! 2. [`net::dial`](net::dial()) opens a WebSocket under one [`Deadline`](deadline::Deadline).
//! 3. [`session::run`] moves messages from a [`Source`](session::Source) to the server and from the server to a
//!    [`Sink`](session::Sink), until its state machine says that the session is over.
//! 4. [`protocol::MessageWriter`] turns messages into masked frames, [`protocol::MessageReader`] frames into messages.
//! 5. A failure is an [`error::Failure`]; its [`error::Status`] has the exit code.

pub mod cli;
pub mod commands;
pub mod conformance;
pub mod deadline;
pub mod echo;
pub mod echo_server;
pub mod endpoint;
pub mod error;
pub mod framing;
pub mod json;
pub mod net;
pub mod os;
pub mod prompt;
pub mod protocol;
pub mod report;
pub mod secret;
pub mod session;
pub mod size;
pub mod stats;
pub mod timers;
