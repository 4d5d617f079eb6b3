//! Text that must not be printed, such as passwords, tokens and cookies, and the printable form of text that
//! may contain it.
//! Pure. These count as secrets: credentials, values of header fields that are not known to be harmless,
//! values of query parameters with certain names, and subprotocols that are not plain names.

mod argument;
mod field;
mod text;
mod url;

pub use argument::{Suspicion, shown_argument, shown_text};
pub use field::{is_plain_name, shown_header, shown_subprotocol, shown_value};
pub use text::{REDACTED, Secret};
pub use url::{shown_reference, shown_url, shown_without_userinfo};
