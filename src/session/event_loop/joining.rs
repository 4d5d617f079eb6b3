//! Sessions that join while others run: everything but the connection is there from the beginning.

use std::collections::VecDeque;

use super::setup::Setup;
use crate::error::Failure;
use crate::net::Connection;
use crate::session::lane::LaneContext;

/// Opens connections on other threads.
pub trait Dials {
    /// Begins. From now on, the waker of `context` is called when [`Dials::next`] has something.
    fn start(&mut self, context: &LaneContext);

    /// The next open connection, if there is one by now. After a failure nothing comes any more.
    fn next(&mut self) -> Option<Result<Connection, Failure>>;
}

/// The setups of sessions whose connections are not open yet, in the order in which connections take them.
pub struct Joining<'a> {
    pub setups: VecDeque<Setup<'a>>,
    pub dials: &'a mut dyn Dials,
}
