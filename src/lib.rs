//! wsurl: curl for web sockets. The binary is a thin `main`; the parts are a library so that tests and benches reach them.
//!
//! **The library promises no stability.** Only the command line is API; what is `pub` here may change in any release.
//!
//! | module | what it is |
//! |---|---|
//! | [`commands`] | the subcommands: arguments, dial, session, report in order |
//! | [`cli`] | what the user types |
//! | [`report`] | what a person sees beside the messages |
//! | [`echo`] | the echo test: many connections, every message compared |
//! | [`conformance`] | whether a server keeps RFC 6455 |
//! | [`session`] | an open WebSocket, from the first frame to the last |
//! | [`framing`] | the layout of messages in standard input and output |
//! | [`echo_server`] | the embedded echo server |
//! | [`net`] | from a URL to an open WebSocket |
//! | [`protocol`] | RFC 6455, without I/O |
//! | [`os`] | the operating system: signals, files, standard streams |
//! | the others | small values that everything may use |
//!
//! A module may use those below it in this table, never those above.

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
pub mod protocol;
pub mod report;
pub mod secret;
pub mod session;
pub mod size;
pub mod stats;
pub mod timers;
