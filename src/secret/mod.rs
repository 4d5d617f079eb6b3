//! Text that must not be printed: passwords, tokens, cookies; and how text that may hold one is shown.
//! Pure. What is taken for a secret: credentials, the values of header fields that are not known to be harmless, those of
//! query parameters with certain names, and subprotocols that are no plain name.

mod argument;
mod field;
mod text;
mod url;

pub use argument::{Suspicion, shown_argument, shown_text};
pub use field::{is_plain_name, shown_header, shown_subprotocol, shown_value};
pub use text::{REDACTED, Secret};
pub use url::{shown_reference, shown_url};
