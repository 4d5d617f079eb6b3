//! Credentials for servers and proxies: challenges, their answers, and netrc (RFC 9110 §11). Pure.

mod answer;
mod authorization;
mod basic;
mod challenge;
mod credential;
mod digest;
pub mod netrc;

pub use answer::{ChallengeAnswer, Tried, answer};
pub(in crate::net) use authorization::Authorization;
pub use challenge::Challenge;
pub use credential::Credential;
