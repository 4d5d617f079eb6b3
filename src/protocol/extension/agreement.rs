//! What client and server agreed on: the compression contexts of both directions.

use std::fmt;

use super::element::{self, Element, Malformed};
use super::offer::Offer;
use super::params::{ClientWindow, MAX_WINDOW_BITS, PERMESSAGE_DEFLATE, Params};
use super::violation::ExtensionViolation;
use crate::protocol::role::Role;

/// permessage-deflate as agreed in the opening handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// The client compresses each message with an empty window.
    pub client_no_context_takeover: bool,
    /// The server compresses each message with an empty window.
    pub server_no_context_takeover: bool,
    /// Base-2 logarithm of the client's largest window: 8 to 15.
    pub client_max_window_bits: u8,
    /// Base-2 logarithm of the server's largest window: 8 to 15.
    pub server_max_window_bits: u8,
}

/// The LZ77 window of one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeflateContext {
    /// Base-2 logarithm of the largest window: 8 to 15.
    pub window_bits: u8,
    /// Whether a message may refer to the messages before it ("context takeover").
    pub is_kept: bool,
}

/// Written as the answer to an offer states it.
impl fmt::Display for Agreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let limit = |bits| (bits < MAX_WINDOW_BITS).then_some(bits);
        let params = Params {
            server_no_context_takeover: self.server_no_context_takeover,
            client_no_context_takeover: self.client_no_context_takeover,
            server_max_window_bits: limit(self.server_max_window_bits),
            client_max_window_bits: limit(self.client_max_window_bits)
                .map_or(ClientWindow::Absent, ClientWindow::Bits),
        };
        params.fmt(f)
    }
}

impl Agreement {
    /// Checks the server's answer against the offer; `values` are those of all `Sec-WebSocket-Extensions`
    /// fields. Returns `None` when the server accepts no extension.
    ///
    /// # Errors
    /// The rule that the answer breaks.
    pub fn from_answer<'a>(
        values: impl IntoIterator<Item = &'a str>,
        offer: Option<&Offer>,
    ) -> Result<Option<Self>, ExtensionViolation> {
        let mut agreement = None;
        for value in values {
            let elements = element::parse_list(value)
                .map_err(|Malformed| ExtensionViolation::Malformed(value.to_owned()))?;
            for element in elements {
                let Some(offer) = offer.filter(|_| element.name == PERMESSAGE_DEFLATE) else {
                    return Err(ExtensionViolation::NotOffered(element.name));
                };
                if agreement.replace(Self::of_element(&element, *offer)?).is_some() {
                    return Err(ExtensionViolation::AnsweredTwice);
                }
            }
        }
        Ok(agreement)
    }

    /// As a server, accepts the first acceptable offer in the value of a request's
    /// `Sec-WebSocket-Extensions`. Returns the agreement and the value of the response's field, or `None`
    /// when no offer is acceptable (RFC 7692 §7).
    pub fn accept(offers: &str) -> Option<(Self, String)> {
        let elements = element::parse_list(offers).ok()?;
        let mut offered = elements.iter().filter(|element| element.name == PERMESSAGE_DEFLATE);
        let params = offered.find_map(|element| Params::of_offer(&element.params).ok())?;
        // The answer repeats every limit that the client offered, which makes the limit binding.
        let answer = match params.client_max_window_bits {
            ClientWindow::NoValue => Params { client_max_window_bits: ClientWindow::Absent, ..params },
            ClientWindow::Absent | ClientWindow::Bits(_) => params,
        };
        Some((Self::new(params, answer), answer.to_string()))
    }

    /// The context in which `role` compresses what it sends.
    pub fn compressing(&self, role: Role) -> DeflateContext {
        match role {
            Role::Client => DeflateContext {
                window_bits: self.client_max_window_bits,
                is_kept: !self.client_no_context_takeover,
            },
            Role::Server => DeflateContext {
                window_bits: self.server_max_window_bits,
                is_kept: !self.server_no_context_takeover,
            },
        }
    }

    /// The context in which `role` inflates what it receives.
    pub fn inflating(&self, role: Role) -> DeflateContext {
        self.compressing(role.peer())
    }

    /// Checks one accepted element against the offer.
    fn of_element(
        element: &Element,
        Offer { params: offered, .. }: Offer,
    ) -> Result<Self, ExtensionViolation> {
        let answered = Params::of_answer(&element.params).map_err(ExtensionViolation::Param)?;
        let offers_client_window = offered.client_max_window_bits != ClientWindow::Absent;
        if !offers_client_window && answered.client_max_window_bits != ClientWindow::Absent {
            return Err(ExtensionViolation::ClientWindowNotOffered);
        }
        // An answer without the parameter means the largest window, which an offer of that window allows.
        if let Some(bits) = offered.server_max_window_bits
            && answered.server_max_window_bits.unwrap_or(MAX_WINDOW_BITS) > bits
        {
            let answered = answered.server_max_window_bits;
            return Err(ExtensionViolation::ServerWindow { offered: bits, answered });
        }
        if offered.server_no_context_takeover && !answered.server_no_context_takeover {
            return Err(ExtensionViolation::ServerContext);
        }
        Ok(Self::new(offered, answered))
    }

    /// On its own side the client keeps every limit it offered, even when the answer does not require it (RFC
    /// 7692 §7.1.1.2, §7.1.2.2). The answer decides the server's side.
    fn new(offered: Params, answered: Params) -> Self {
        let client_window =
            offered.client_max_window_bits.limit().min(answered.client_max_window_bits.limit());
        Self {
            client_no_context_takeover: offered.client_no_context_takeover
                || answered.client_no_context_takeover,
            server_no_context_takeover: answered.server_no_context_takeover,
            client_max_window_bits: client_window,
            server_max_window_bits: answered.server_max_window_bits.unwrap_or(MAX_WINDOW_BITS),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn offer(params: &str) -> Offer {
        params.parse().unwrap()
    }

    /// The agreement in a short form: the client's window, then the server's; `!` marks a context that is not
    /// kept.
    fn short(agreement: Agreement) -> String {
        let side = |DeflateContext { window_bits, is_kept }| {
            format!("{window_bits}{}", if is_kept { "" } else { "!" })
        };
        format!("{} {}", side(agreement.compressing(Role::Client)), side(agreement.inflating(Role::Client)))
    }

    fn answered(offered: &str, answer: &str) -> Result<String, String> {
        let agreement = Agreement::from_answer([answer], Some(&offer(offered)));
        agreement.map(|agreement| short(agreement.unwrap())).map_err(|violation| violation.to_string())
    }

    #[test]
    fn legal_answers_give_the_contexts_of_both_sides() {
        for (offered, answer, contexts) in [
            ("", "", "15 15"),
            ("client_max_window_bits", "; client_max_window_bits=9; server_max_window_bits=\"10\"", "9 10"),
            ("", "; server_max_window_bits=8", "15 8"),
            ("", "; client_no_context_takeover", "15! 15"),
            ("", ";server_no_context_takeover ;client_no_context_takeover", "15! 15!"),
            ("client_no_context_takeover", "", "15! 15"),
            ("server_no_context_takeover", "; server_no_context_takeover", "15 15!"),
            ("server_max_window_bits=12", "; server_max_window_bits=12", "15 12"),
            ("server_max_window_bits=15", "", "15 15"),
            ("server_max_window_bits=12", "; server_max_window_bits=8", "15 8"),
            ("client_max_window_bits=10", "", "10 15"),
            ("client_max_window_bits=10", "; client_max_window_bits=9", "9 15"),
            ("client_max_window_bits=10", "; client_max_window_bits=15", "10 15"),
        ] {
            assert_eq!(
                answered(offered, &format!("permessage-deflate{answer}")).as_deref(),
                Ok(contexts),
                "{offered:?} answered by {answer:?}"
            );
        }
    }

    #[test]
    fn an_answer_without_extensions_agrees_on_nothing() {
        assert_eq!(Agreement::from_answer([], Some(&Offer::default())), Ok(None));
        assert_eq!(Agreement::from_answer([], None), Ok(None));
    }

    #[test]
    fn illegal_answers_name_the_rule() {
        let deflate = "permessage-deflate";
        for (offered, answer, violation) in [
            ("", "", "'' is not a list of extensions (RFC 6455 §9.1)"),
            ("", "permessage-deflate;", "'permessage-deflate;' is not a list of extensions (RFC 6455 §9.1)"),
            ("", "foo", "extension 'foo' was not offered (RFC 6455 §4.1)"),
            ("", "Permessage-Deflate", "extension 'Permessage-Deflate' was not offered (RFC 6455 §4.1)"),
            ("", &format!("{deflate}, foo"), "extension 'foo' was not offered (RFC 6455 §4.1)"),
            (
                "",
                &format!("{deflate}, {deflate}"),
                "permessage-deflate was offered once but accepted twice (RFC 7692 §5)",
            ),
            ("", &format!("{deflate}; level=1"), "permessage-deflate has no parameter 'level' (RFC 7692 §7)"),
            (
                "",
                &format!("{deflate}; server_no_context_takeover; server_no_context_takeover"),
                "parameter server_no_context_takeover is repeated (RFC 7692 §7)",
            ),
            (
                "",
                &format!("{deflate}; client_no_context_takeover=true"),
                "client_no_context_takeover takes no value, but has 'true' (RFC 7692 §7.1.1)",
            ),
            (
                "",
                &format!("{deflate}; server_max_window_bits"),
                "server_max_window_bits has no value (RFC 7692 §7.1.2)",
            ),
            (
                "client_max_window_bits",
                &format!("{deflate}; client_max_window_bits"),
                "client_max_window_bits has no value (RFC 7692 §7.1.2)",
            ),
            (
                "client_max_window_bits",
                &format!("{deflate}; client_max_window_bits=7"),
                "client_max_window_bits is '7', not a number from 8 to 15 (RFC 7692 §7.1.2)",
            ),
            (
                "",
                &format!("{deflate}; server_max_window_bits=010"),
                "server_max_window_bits is '010', not a number from 8 to 15 (RFC 7692 §7.1.2)",
            ),
            (
                "",
                &format!("{deflate}; client_max_window_bits=15"),
                "client_max_window_bits answered although it was not offered (RFC 7692 §7.1.2.2)",
            ),
            (
                "server_max_window_bits=10",
                &format!("{deflate}; server_max_window_bits=11"),
                "server_max_window_bits=11 exceeds the offered 10 (RFC 7692 §7.1.2.1)",
            ),
            (
                "server_max_window_bits=10",
                deflate,
                "the answer lacks the offered server_max_window_bits=10 (RFC 7692 §7.1.2.1)",
            ),
            (
                "server_no_context_takeover",
                deflate,
                "the answer lacks the offered server_no_context_takeover (RFC 7692 §7.1.1.1)",
            ),
        ] {
            assert_eq!(
                answered(offered, answer),
                Err(violation.to_owned()),
                "{offered:?} answered by {answer:?}"
            );
        }
    }

    #[test]
    fn an_answer_in_two_fields_is_one_answer() {
        let twice = Agreement::from_answer([PERMESSAGE_DEFLATE, PERMESSAGE_DEFLATE], Some(&Offer::default()));
        assert_eq!(twice, Err(ExtensionViolation::AnsweredTwice));
    }

    #[test]
    fn without_an_offer_every_extension_is_refused() {
        assert_eq!(
            Agreement::from_answer([PERMESSAGE_DEFLATE], None),
            Err(ExtensionViolation::NotOffered(PERMESSAGE_DEFLATE.to_owned()))
        );
    }

    #[test]
    fn a_server_accepts_the_first_acceptable_offer() {
        for (offers, accepted) in [
            ("permessage-deflate", Some(("15 15", "permessage-deflate"))),
            ("permessage-deflate; client_max_window_bits", Some(("15 15", "permessage-deflate"))),
            (
                "permessage-deflate; client_max_window_bits=11; server_max_window_bits=8; server_no_context_takeover",
                Some((
                    "11 8!",
                    "permessage-deflate; server_no_context_takeover; server_max_window_bits=8; \
                     client_max_window_bits=11",
                )),
            ),
            (
                "x-webkit-deflate-frame, permessage-deflate; server_max_window_bits=16, \
                 permessage-deflate; client_no_context_takeover, permessage-deflate",
                Some(("15! 15", "permessage-deflate; client_no_context_takeover")),
            ),
            ("foo", None),
            ("permessage-deflate; server_max_window_bits", None),
            ("permessage-deflate; foo", None),
            ("permessage-deflate;", None),
        ] {
            let found = Agreement::accept(offers).map(|(agreement, answer)| (short(agreement), answer));
            let accepted = accepted.map(|(contexts, answer)| (contexts.to_owned(), answer.to_owned()));
            assert_eq!(found, accepted, "{offers}");
        }
    }

    /// Any legal parameters, in any order.
    fn params() -> impl Strategy<Value = String> {
        let window = |name| {
            let bits = (8..=15_u8).prop_map(move |bits| format!("{name}={bits}"));
            prop::option::of(bits)
        };
        let flag = |name: &'static str| prop::option::of(Just(name.to_owned()));
        let all = (
            flag("server_no_context_takeover"),
            flag("client_no_context_takeover"),
            window("server_max_window_bits"),
            prop_oneof![flag("client_max_window_bits"), window("client_max_window_bits")],
        );
        let list = all.prop_map(|(a, b, c, d)| [a, b, c, d].into_iter().flatten().collect::<Vec<_>>());
        list.prop_shuffle().prop_map(|list| list.join("; "))
    }

    proptest! {
        #[test]
        fn client_and_server_read_the_same_agreement(params in params()) {
            let offer = offer(&params);
            let (server, answer) = Agreement::accept(&offer.header_value()).unwrap();
            prop_assert_eq!(Agreement::from_answer([answer.as_str()], Some(&offer)), Ok(Some(server)));
        }

        #[test]
        fn any_answer_is_read_without_a_panic(params in params(), answer in any::<String>(), tail in "[ -~]{0,40}") {
            let offer = offer(&params);
            let near_miss = format!("permessage-deflate; {params}{tail}");
            for answer in [answer, near_miss] {
                let as_client = Agreement::from_answer([answer.as_str()], Some(&offer));
                prop_assert!(as_client.is_err() || Agreement::accept(&answer).is_some());
            }
        }
    }
}
