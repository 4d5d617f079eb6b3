//! The echo test: what is sent, how it is compared with what comes back, and the loop that drives any number of
//! connections on one thread. May import `session::signals`, `net`, `protocol` and the small values.

mod outcome;

pub use outcome::{Counts, Difference, Outcome, SizeOutcome};
