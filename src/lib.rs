//! wsurl: curl for WebSockets.
#![doc = ""]

pub mod deadline;
pub mod endpoint;
pub mod error;
pub mod framing;
pub mod net;
pub mod protocol;
pub mod secret;
pub mod session;
pub mod size;
pub mod stats;
pub mod stdio;
