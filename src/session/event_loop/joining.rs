//! Sessions that join while others run: everything but the connection is there from the beginning.

use std::collections::VecDeque;

use super::setup::{SessionOptions, Setup};
use crate::error::Failure;
use crate::net::Connection;
use crate::session::lane::LaneContext;
use crate::session::machine::ServerName;
use crate::session::observer::Observer;
use crate::session::output::Output;
use crate::session::sink::Sink;
use crate::session::source::Source;

/// Opens connections on other threads.
pub trait Dials {
    /// Begins. From now on, the waker of `context` is called when [`Dials::next`] has something.
    fn start(&mut self, context: &LaneContext);

    /// The next open connection, if there is one by now. After a failure nothing comes any more.
    fn next(&mut self) -> Option<Result<Connection, Failure>>;
}

/// A [`Setup`] without its connection.
pub struct Seat<'a> {
    pub server: ServerName,
    pub source: &'a mut dyn Source,
    pub sink: &'a mut dyn Sink,
    pub output: Output,
    pub observer: &'a mut dyn Observer,
    pub options: SessionOptions,
}

impl<'a> Seat<'a> {
    pub fn taken_by(self, connection: Connection) -> Setup<'a> {
        let Self { server, source, sink, output, observer, options } = self;
        Setup { connection, server, source, sink, output, observer, options }
    }
}

/// The seats of connections that are not open yet, in the order in which they are taken.
pub struct Joining<'a> {
    pub seats: VecDeque<Seat<'a>>,
    pub dials: &'a mut dyn Dials,
}
