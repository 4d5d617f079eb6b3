//! Proxies: which one is used and why, and how it opens a tunnel to the server. Pure, except for `tunnel`.

pub mod choice;
mod no_proxy;
pub mod socks;
mod tunnel;
pub mod url;

pub use choice::{Choice, ProxyEnv, choose};
pub use no_proxy::NoProxy;
pub use socks::{Socks, SocksError, SocksStep, SocksTarget, SocksVersion};
pub use tunnel::ProxyOptions;
pub(in crate::net) use tunnel::{Tunnel, check_policy};
pub use url::{ProxyScheme, ProxyUrl};
