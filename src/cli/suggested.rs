//! Values that completions suggest for an option that takes more than a fixed list.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, TypedValueParser};
use clap::{Arg, Command, Error};

/// A parser with the values that are suggested. The help text of the option has to list them, or hide them.
#[derive(Clone)]
pub(super) struct Suggested<T> {
    /// Reads a value.
    pub(super) parse: fn(&str) -> Result<T, String>,
    /// The values that are suggested.
    pub(super) values: fn() -> Vec<&'static str>,
}

impl<T: Clone + Send + Sync + 'static> TypedValueParser for Suggested<T> {
    type Value = T;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<T, Error> {
        self.parse.parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new((self.values)().into_iter().map(PossibleValue::new)))
    }
}
