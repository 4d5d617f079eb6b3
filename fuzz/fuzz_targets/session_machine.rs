//! The state machine of a session under random events. The model and its rules are in
//! `src/session/machine/random_events.rs`, where a unit test runs them, too.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| wsurl::session::run_random_events(data));
