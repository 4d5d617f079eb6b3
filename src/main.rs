//! Runs, reports, exits.

use std::process::ExitCode;

use wsurl::{commands, report};

fn main() -> ExitCode {
    match commands::run(std::env::args_os()) {
        Ok(()) => {
            report::finish();
            ExitCode::SUCCESS
        }
        Err(failure) => {
            report::failure(&failure);
            ExitCode::from(failure.exit_code())
        }
    }
}
