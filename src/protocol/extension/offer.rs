//! The client's offer of permessage-deflate.

use std::fmt;
use std::str::FromStr;

use super::element;
use super::params::{ClientWindow, NAMES, PERMESSAGE_DEFLATE, ParamFault, Params};

/// An offer that works, for error messages.
const EXAMPLE: &str = "client_max_window_bits=12; server_no_context_takeover";

/// What a client asks of the server. The default leaves every choice to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    pub(super) params: Params,
    /// The names of the parameters, as they were written; those that are not there come last.
    order: [&'static str; 4],
}

/// Why a text is not an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidOffer {
    text: String,
    /// `None` when the text violates the grammar.
    fault: Option<ParamFault>,
}

impl Offer {
    /// The value of the request's `Sec-WebSocket-Extensions`.
    pub fn header_value(&self) -> String {
        self.params.in_order(self.order)
    }
}

/// `permessage-deflate; client_max_window_bits`: the server may limit the client's window (RFC 7692 §7.1.2.2).
impl Default for Offer {
    fn default() -> Self {
        let params = Params { client_max_window_bits: ClientWindow::NoValue, ..Params::default() };
        // As it is parsed from its text: the only parameter comes first.
        let mut order = NAMES;
        order.rotate_right(1);
        Self { params, order }
    }
}

/// Parses parameters as in the header field, separated by semicolons. The name of the extension may stand in front.
/// An empty text offers the extension without parameters.
impl FromStr for Offer {
    type Err = InvalidOffer;

    fn from_str(text: &str) -> Result<Self, InvalidOffer> {
        let invalid = |fault| InvalidOffer { text: text.to_owned(), fault };
        let params = text.trim();
        let names_extension = params.split(';').next().is_some_and(|name| name.trim() == PERMESSAGE_DEFLATE);
        let element = match params {
            "" => PERMESSAGE_DEFLATE.to_owned(),
            _ if names_extension => params.to_owned(),
            _ => format!("{PERMESSAGE_DEFLATE}; {params}"),
        };
        match element::parse_list(&element).as_deref() {
            Ok([element]) => match Params::of_offer(&element.params) {
                Ok(params) => {
                    let mut order = NAMES;
                    order.sort_by_key(|name| {
                        let written = element.params.iter().position(|param| param.name == *name);
                        written.unwrap_or(usize::MAX)
                    });
                    Ok(Self { params, order })
                }
                Err(fault) => Err(invalid(Some(fault))),
            },
            Ok(_) | Err(element::Malformed) => Err(invalid(None)),
        }
    }
}

impl fmt::Display for InvalidOffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}': ", self.text)?;
        match &self.fault {
            Some(fault) => write!(f, "{fault}")?,
            None => f.write_str("not parameters separated by semicolons")?,
        }
        write!(f, "; an example that works is '{EXAMPLE}'")
    }
}

impl std::error::Error for InvalidOffer {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offers_are_written_in_the_order_in_which_they_were_typed() {
        assert_eq!(Offer::default().header_value(), "permessage-deflate; client_max_window_bits");
        assert_eq!("client_max_window_bits".parse(), Ok(Offer::default()));
        for (text, value) in [
            ("", ""),
            (EXAMPLE, "; client_max_window_bits=12; server_no_context_takeover"),
            ("permessage-deflate", ""),
            (" permessage-deflate ;client_max_window_bits", "; client_max_window_bits"),
            (
                "server_max_window_bits=\"8\"; client_no_context_takeover",
                "; server_max_window_bits=8; client_no_context_takeover",
            ),
        ] {
            assert_eq!(
                text.parse::<Offer>().unwrap().header_value(),
                format!("permessage-deflate{value}"),
                "{text}"
            );
        }
    }

    #[test]
    fn an_offer_that_breaks_a_rule_is_quoted_beside_one_that_works() {
        for (text, fault) in [
            ("client_max_window_bits=7", "client_max_window_bits is '7', not a number from 8 to 15"),
            ("server_max_window_bits=16", "server_max_window_bits is '16', not a number from 8 to 15"),
            ("server_max_window_bits=09", "server_max_window_bits is '09', not a number from 8 to 15"),
            ("server_max_window_bits=+9", "server_max_window_bits is '+9', not a number from 8 to 15"),
            ("server_max_window_bits", "server_max_window_bits has no value"),
            ("client_no_context_takeover=1", "client_no_context_takeover takes no value, but has '1'"),
            ("level=9", "permessage-deflate has no parameter 'level'"),
            (
                "client_max_window_bits; client_max_window_bits=9",
                "parameter client_max_window_bits is repeated",
            ),
            (
                "server_max_window_bits=9;server_max_window_bits=9",
                "parameter server_max_window_bits is repeated",
            ),
            (
                "server_no_context_takeover; server_no_context_takeover",
                "parameter server_no_context_takeover is repeated",
            ),
            (
                "client_max_window_bits=12, server_no_context_takeover",
                "not parameters separated by semicolons",
            ),
            (";", "not parameters separated by semicolons"),
        ] {
            assert_eq!(
                text.parse::<Offer>().unwrap_err().to_string(),
                format!("'{text}': {fault}; an example that works is '{EXAMPLE}'")
            );
        }
    }
}
