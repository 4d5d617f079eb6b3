//! The conversation at a terminal: lines that are typed become messages, what arrives is printed above the line being typed.
//!
//! A conversation is a [source](TypedSource) of messages, a [sink](TalkSink) that shows them, and an
//! [observer](crate::session::Observer) for what is neither. The session knows nothing else of it. The thread `keyboard` reads keys
//! and changes the line; the lane of the terminal draws it ([`report::terminal`](crate::report::terminal)).
//! May import `report`, `session` and what these may import.

mod command;

mod editor;
mod history;
mod history_file;
mod keyboard;
mod keys;
mod line;
mod look;
mod picture;
pub mod pretty;
mod queue;
mod sink;
mod source;
mod talk;
mod view;
mod watch;

pub use command::COMMANDS;
pub use history_file::path as history_path;
pub use keyboard::Typing;
pub use look::Look;
pub use sink::TalkSink;
pub use source::TypedSource;
pub use talk::{OpenTalk, Talk};
pub use watch::Watch;
