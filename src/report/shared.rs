//! Standard output and standard error on one terminal: received data goes through the lane of the lines.

use std::fs::File;
use std::io;

use super::lane;
use crate::session::Screen;

/// Writes received data in order with the lines of standard error.
#[derive(Debug)]
pub struct SharedOutput(());

impl SharedOutput {
    /// Writes to `output`.
    pub fn new(output: File) -> Self {
        lane::share(output);
        Self(())
    }
}

impl Screen for SharedOutput {
    fn on_progress(&mut self, wake: Box<dyn Fn() + Send + Sync>) {
        lane::on_progress(wake);
    }

    fn write(&mut self, bytes: Vec<u8>) {
        lane::write_data(bytes);
    }

    fn waiting(&self) -> usize {
        lane::unwritten()
    }

    fn take_error(&mut self) -> Option<io::Error> {
        lane::take_data_error()
    }
}
