//! One line of the `json` format.

use data_encoding::BASE64;
use serde::{Deserialize, Serialize};

use crate::protocol::{CloseFrame, Kind, NO_STATUS, close_code_is_sendable};

/// What a line of JSON asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Envelope {
    Message(Kind, Vec<u8>),
    Close(CloseFrame),
}

/// A line as it is written and read. Fields that it does not name are ignored when reading, so that a line
/// can carry notes of its writer.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Line<'a> {
    #[serde(rename = "type")]
    pub(super) kind: std::borrow::Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) data: Option<std::borrow::Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) base64: Option<std::borrow::Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none", skip_deserializing)]
    pub(super) size: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none", skip_deserializing)]
    pub(super) time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) code: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<std::borrow::Cow<'a, str>>,
}

impl Envelope {
    pub(super) fn parse(line: &[u8]) -> Result<Self, String> {
        let line: Line<'_> = serde_json::from_slice(line).map_err(|err| err.to_string())?;
        match (&*line.kind, line.data, line.base64) {
            ("text", Some(data), None) => Ok(Self::Message(Kind::Text, data.into_owned().into_bytes())),
            ("binary", None, Some(base64)) => match BASE64.decode(base64.as_bytes()) {
                Ok(payload) => Ok(Self::Message(Kind::Binary, payload)),
                Err(err) => Err(format!("base64: {err}")),
            },
            ("close", None, None) => close(line.code, &line.reason.unwrap_or_default()).map(Self::Close),
            ("text", ..) => Err("a text message has \"data\"".to_owned()),
            ("binary", ..) => Err("a binary message has \"base64\"".to_owned()),
            ("close", ..) => Err("a close has \"code\" and \"reason\"".to_owned()),
            (other, ..) => Err(format!("type {other:?} is not text, binary or close")),
        }
    }
}

/// A Close that may be sent, or none of a code: `1005` and no code at all mean the same.
fn close(code: Option<u16>, reason: &str) -> Result<CloseFrame, String> {
    let code = code.unwrap_or(NO_STATUS);
    match (code, reason) {
        (NO_STATUS, "") => {}
        (_, reason) if reason.len() > 123 => return Err("a close reason has at most 123 bytes".to_owned()),
        (NO_STATUS, _) => return Err("a close with a reason has a code".to_owned()),
        (code, _) if !close_code_is_sendable(code) => {
            return Err(format!("close code {code} must not be sent"));
        }
        _ => {}
    }
    Ok(CloseFrame { code, reason: reason.to_owned() })
}
