//! The four parameters of permessage-deflate (RFC 7692 §7.1), in an offer or in an answer.

use std::fmt;
use std::ops::RangeInclusive;

use super::element::Param;

/// The registered name of the extension (RFC 7692 §7).
pub const PERMESSAGE_DEFLATE: &str = "permessage-deflate";

const SERVER_NO_CONTEXT_TAKEOVER: &str = "server_no_context_takeover";
const CLIENT_NO_CONTEXT_TAKEOVER: &str = "client_no_context_takeover";
const SERVER_MAX_WINDOW_BITS: &str = "server_max_window_bits";
const CLIENT_MAX_WINDOW_BITS: &str = "client_max_window_bits";

/// The names of all parameters, in the order of RFC 7692 §7.1.
pub(super) const NAMES: [&str; 4] =
    [SERVER_NO_CONTEXT_TAKEOVER, CLIENT_NO_CONTEXT_TAKEOVER, SERVER_MAX_WINDOW_BITS, CLIENT_MAX_WINDOW_BITS];

/// Base-2 logarithms of the sizes that an LZ77 window may have (RFC 7692 §7.1.2).
const WINDOW_BITS: RangeInclusive<u8> = 8..=15;

/// The window size when no parameter limits it.
pub(super) const MAX_WINDOW_BITS: u8 = *WINDOW_BITS.end();

/// The parameters of one element.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Params {
    pub(super) server_no_context_takeover: bool,
    pub(super) client_no_context_takeover: bool,
    pub(super) server_max_window_bits: Option<u8>,
    pub(super) client_max_window_bits: ClientWindow,
}

/// The parameter `client_max_window_bits`: the only one with an optional value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum ClientWindow {
    #[default]
    Absent,
    /// Without a value. In an offer it means that the answer may limit the client's window.
    NoValue,
    Bits(u8),
}

/// Why a list of parameters is not valid for permessage-deflate (RFC 7692 §7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParamFault {
    /// A name that RFC 7692 does not define.
    Unknown(String),
    /// The same name twice.
    Repeated(&'static str),
    /// A value where none is allowed.
    UnexpectedValue(&'static str, String),
    /// No value where one is needed.
    MissingValue(&'static str),
    /// A value that is not a number from 8 to 15 without leading zeros.
    WindowBits(&'static str, String),
}

impl Params {
    /// Reads the parameters of an offer.
    pub(super) fn of_offer(params: &[Param]) -> Result<Self, ParamFault> {
        let mut read = Self::default();
        for param in params {
            read.add(param)?;
        }
        Ok(read)
    }

    /// Reads the parameters of an answer, where every window limit must have a value.
    pub(super) fn of_answer(params: &[Param]) -> Result<Self, ParamFault> {
        let read = Self::of_offer(params)?;
        match read.client_max_window_bits {
            ClientWindow::NoValue => Err(ParamFault::MissingValue(CLIENT_MAX_WINDOW_BITS)),
            ClientWindow::Absent | ClientWindow::Bits(_) => Ok(read),
        }
    }

    fn add(&mut self, param: &Param) -> Result<(), ParamFault> {
        let value = param.value.as_deref();
        match param.name.as_str() {
            SERVER_NO_CONTEXT_TAKEOVER => {
                set_flag(&mut self.server_no_context_takeover, SERVER_NO_CONTEXT_TAKEOVER, value)
            }
            CLIENT_NO_CONTEXT_TAKEOVER => {
                set_flag(&mut self.client_no_context_takeover, CLIENT_NO_CONTEXT_TAKEOVER, value)
            }
            SERVER_MAX_WINDOW_BITS => {
                let value = value.ok_or(ParamFault::MissingValue(SERVER_MAX_WINDOW_BITS))?;
                let bits = window_bits(SERVER_MAX_WINDOW_BITS, value)?;
                let earlier = self.server_max_window_bits.replace(bits);
                once(SERVER_MAX_WINDOW_BITS, earlier.is_none())
            }
            CLIENT_MAX_WINDOW_BITS => {
                let window = match value {
                    Some(value) => ClientWindow::Bits(window_bits(CLIENT_MAX_WINDOW_BITS, value)?),
                    None => ClientWindow::NoValue,
                };
                let earlier = std::mem::replace(&mut self.client_max_window_bits, window);
                once(CLIENT_MAX_WINDOW_BITS, earlier == ClientWindow::Absent)
            }
            unknown => Err(ParamFault::Unknown(unknown.to_owned())),
        }
    }
}

impl ClientWindow {
    /// The largest window that this parameter allows the client.
    pub(super) fn limit(self) -> u8 {
        match self {
            Self::Bits(bits) => bits,
            Self::Absent | Self::NoValue => MAX_WINDOW_BITS,
        }
    }
}

fn set_flag(flag: &mut bool, name: &'static str, value: Option<&str>) -> Result<(), ParamFault> {
    if let Some(value) = value {
        return Err(ParamFault::UnexpectedValue(name, value.to_owned()));
    }
    once(name, !std::mem::replace(flag, true))
}

fn once(name: &'static str, is_first: bool) -> Result<(), ParamFault> {
    if is_first { Ok(()) } else { Err(ParamFault::Repeated(name)) }
}

fn window_bits(name: &'static str, value: &str) -> Result<u8, ParamFault> {
    let is_canonical = value.bytes().all(|byte| byte.is_ascii_digit()) && !value.starts_with('0');
    let bits = value.parse().ok().filter(|bits| is_canonical && WINDOW_BITS.contains(bits));
    bits.ok_or_else(|| ParamFault::WindowBits(name, value.to_owned()))
}

impl Params {
    /// The element of the header field: the name of the extension, then its parameters in this order.
    pub(super) fn in_order(self, order: [&str; 4]) -> String {
        let params = order.into_iter().filter_map(|name| self.written(name));
        params.fold(PERMESSAGE_DEFLATE.to_owned(), |element, param| format!("{element}; {param}"))
    }

    /// The parameter of this name, if it is there.
    fn written(self, name: &str) -> Option<String> {
        match name {
            SERVER_NO_CONTEXT_TAKEOVER => self.server_no_context_takeover.then(|| name.to_owned()),
            CLIENT_NO_CONTEXT_TAKEOVER => self.client_no_context_takeover.then(|| name.to_owned()),
            SERVER_MAX_WINDOW_BITS => self.server_max_window_bits.map(|bits| format!("{name}={bits}")),
            _ => match self.client_max_window_bits {
                ClientWindow::Absent => None,
                ClientWindow::NoValue => Some(name.to_owned()),
                ClientWindow::Bits(bits) => Some(format!("{name}={bits}")),
            },
        }
    }
}

/// The element of the header field, with the parameters in the order of RFC 7692.
impl fmt::Display for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.in_order(NAMES))
    }
}

impl fmt::Display for ParamFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(name) => write!(f, "{PERMESSAGE_DEFLATE} has no parameter '{name}'"),
            Self::Repeated(name) => write!(f, "parameter {name} is repeated"),
            Self::UnexpectedValue(name, value) => write!(f, "{name} takes no value, but has '{value}'"),
            Self::MissingValue(name) => write!(f, "{name} has no value"),
            Self::WindowBits(name, value) => {
                write!(
                    f,
                    "{name} is '{value}', not a number from {} to {MAX_WINDOW_BITS}",
                    WINDOW_BITS.start()
                )
            }
        }
    }
}

impl std::error::Error for ParamFault {}
