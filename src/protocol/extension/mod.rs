//! The negotiation of permessage-deflate in `Sec-WebSocket-Extensions` (RFC 6455 §9.1, RFC 7692 §7.1): what a client
//! offers, what a server answers, and what both agree on. Compresses nothing.

mod agreement;
mod element;
mod offer;
mod params;
mod violation;

pub use agreement::{Agreement, DeflateContext};
pub use offer::{InvalidOffer, Offer};
pub use params::{PERMESSAGE_DEFLATE, ParamFault};
pub use violation::ExtensionViolation;
