//! The table of rules: each with its section of RFC 6455 and the check that goes with it.

use super::conduct::Duty;
use super::judgement::Judged;
use super::lab::Lab;
use super::{Rule, closing, control, framing, handshake, messages};

/// A rule and how it is checked.
#[derive(Debug)]
pub(super) struct Check {
    pub(super) rule: Rule,
    pub(super) run: Run,
}

/// Where a verdict comes from.
#[derive(Debug)]
pub(super) enum Run {
    /// A try.
    Try(fn(&mut Lab<'_>) -> Judged),
    /// The frames that came in all tries.
    LookBack(Duty),
}

const fn check(
    id: &'static str,
    section: &'static str,
    title: &'static str,
    run: fn(&mut Lab<'_>) -> Judged,
) -> Check {
    Check { rule: Rule { id, section, title }, run: Run::Try(run) }
}

const fn look_back(id: &'static str, section: &'static str, title: &'static str, duty: Duty) -> Check {
    Check { rule: Rule { id, section, title }, run: Run::LookBack(duty) }
}

/// All rules, in the order in which they are checked: the last ones look back on the frames that came in the others.
pub(super) static CHECKS: &[Check] = &[
    check("handshake-accepted", "4.2.2", "a right request is answered with 101", handshake::accepted),
    check("accept-key", "4.2.2", "Sec-WebSocket-Accept belongs to the key", handshake::accept_key),
    check("upgrade-field", "4.2.2", "101 says Upgrade: websocket", handshake::upgrade_field),
    check("connection-field", "4.2.2", "101 says Connection: Upgrade", handshake::connection_field),
    check("extension-unasked", "4.2.2", "no extension without an offer", handshake::extension_unasked),
    check("extension-unknown", "9.1", "an unknown extension is not accepted", handshake::extension_unknown),
    check("subprotocol-unasked", "4.2.2", "no subprotocol without an offer", handshake::subprotocol_unasked),
    check(
        "subprotocol-offered",
        "4.2.2",
        "the subprotocol is one of those offered",
        handshake::subprotocol_offered,
    ),
    check(
        "field-names-any-case",
        "4.2.1",
        "names of fields count in any case",
        handshake::field_names_any_case,
    ),
    check(
        "field-values-any-case",
        "4.2.1",
        "'WebSocket' and 'upgrade' count in any case",
        handshake::values_any_case,
    ),
    check("connection-list", "4.2.1", "Connection may have other tokens", handshake::connection_list),
    check("field-unknown", "4.2.1", "unknown fields are ignored", handshake::field_unknown),
    check("request-in-pieces", "4.2.1", "a request may come in pieces", handshake::request_in_pieces),
    check("key-missing", "4.2.1", "no upgrade without a key", handshake::key_missing),
    check("key-malformed", "4.2.1", "no upgrade with a key that is not 16 bytes", handshake::key_malformed),
    check("upgrade-missing", "4.2.1", "no upgrade without Upgrade", handshake::upgrade_missing),
    check("upgrade-other", "4.2.1", "no upgrade to another protocol", handshake::upgrade_other),
    check(
        "connection-missing",
        "4.2.1",
        "no upgrade without Connection: Upgrade",
        handshake::connection_missing,
    ),
    check("version-missing", "4.2.1", "no upgrade without a version", handshake::version_missing),
    check("version-unknown", "4.2.2", "no upgrade with an unknown version", handshake::version_unknown),
    check(
        "version-listed",
        "4.4",
        "an unknown version is answered with those known",
        handshake::version_listed,
    ),
    check("post-refused", "4.2.1", "no upgrade of POST", handshake::post_refused),
    check("http-1-0-refused", "4.2.1", "no upgrade of HTTP/1.0", handshake::http_1_0_refused),
    check("unmasked-refused", "5.1", "a frame without a mask is refused", framing::unmasked_refused),
    check("rsv1-refused", "5.2", "RSV1 is refused", framing::rsv1_refused),
    check("rsv2-refused", "5.2", "RSV2 is refused", framing::rsv2_refused),
    check("rsv3-refused", "5.2", "RSV3 is refused", framing::rsv3_refused),
    check("rsv-control-refused", "5.2", "RSV1 in a control frame is refused", framing::rsv_control_refused),
    check(
        "data-opcodes-refused",
        "5.2",
        "reserved opcodes 0x3-0x7 are refused",
        framing::data_opcodes_refused,
    ),
    check(
        "control-opcodes-refused",
        "5.2",
        "reserved opcodes 0xB-0xF are refused",
        framing::control_opcodes_refused,
    ),
    check(
        "length-high-bit-refused",
        "5.2",
        "a length of 2^63 or more is refused",
        framing::length_high_bit_refused,
    ),
    check("length-not-minimal", "5.2", "a length in too many bytes is refused", framing::length_not_minimal),
    check("lengths-read", "5.2", "lengths of 7, 16 and 64 bits are understood", framing::lengths_read),
    check("mask-removed", "5.3", "each frame is unmasked with its own key", framing::mask_removed),
    check(
        "frames-in-one-segment",
        "5.2",
        "several frames may come in one segment",
        framing::frames_in_one_segment,
    ),
    check("frame-in-pieces", "5.2", "a frame may come byte by byte", framing::frame_in_pieces),
    check("ping-answered", "5.5.2", "a ping is answered with the same payload", control::ping_answered),
    check("ping-empty", "5.5.2", "an empty ping is answered", control::ping_empty),
    check("ping-longest", "5.5.2", "a ping of 125 bytes is answered", control::ping_longest),
    check("pings-in-a-row", "5.5.3", "the last of several pings is answered", control::pings_in_a_row),
    check("ping-in-message", "5.4", "a ping between fragments is answered", control::ping_in_message),
    check("pong-unasked", "5.5.3", "a pong that nobody asked for is ignored", control::pong_unasked),
    check("long-control-refused", "5.5", "a control frame of 126 bytes is refused", control::long_refused),
    check(
        "split-control-refused",
        "5.5",
        "a control frame in fragments is refused",
        control::fragmented_refused,
    ),
    check("text-fragmented", "5.4", "fragments of text are put together", messages::text_fragmented),
    check("binary-fragmented", "5.4", "binary fragments are put together", messages::binary_fragmented),
    check("fragments-empty", "5.4", "fragments may be empty", messages::fragments_empty),
    check("control-between", "5.4", "control frames may come between fragments", messages::control_between),
    check("message-empty", "5.6", "a message may be empty", messages::message_empty),
    check("binary-any-bytes", "5.6", "a binary message may hold any bytes", messages::binary_any_bytes),
    check("text-unicode", "5.6", "text may hold any character", messages::text_unicode),
    check("character-split", "5.6", "a character may be split between fragments", messages::character_split),
    check(
        "continuation-orphan",
        "5.4",
        "a continuation of nothing is refused",
        messages::continuation_orphan,
    ),
    check("message-in-message", "5.4", "a message within another is refused", messages::message_in_message),
    check("utf8-invalid", "8.1", "text that is not UTF-8 is refused", messages::utf8_invalid),
    check("utf8-invalid-split", "8.1", "also across fragments", messages::utf8_invalid_split),
    check("utf8-truncated", "8.1", "text that ends within a character is refused", messages::utf8_truncated),
    check("utf8-overlong", "8.1", "overlong characters are refused", messages::utf8_overlong),
    check("utf8-surrogate", "8.1", "surrogates are refused", messages::utf8_surrogate),
    check("utf8-beyond", "8.1", "characters beyond U+10FFFF are refused", messages::utf8_beyond),
    check("message-huge", "10.4", "an endless message does no harm", messages::message_huge),
    check("close-answered", "5.5.1", "a Close frame is answered with one", closing::answered),
    check("close-empty", "5.5.1", "a Close frame without a code is answered", closing::empty_answered),
    check("close-reason", "5.5.1", "a reason of 123 bytes is accepted", closing::reason_answered),
    check("close-open-codes", "7.4.2", "codes from 3000 to 4999 are accepted", closing::open_codes_answered),
    check(
        "close-in-message",
        "5.4",
        "a Close frame between fragments is answered",
        closing::answered_in_message,
    ),
    check("close-ends-tcp", "7.1.1", "the server ends the TCP connection", closing::tcp_ended),
    check("close-ends-data", "1.4", "data after a Close frame is not answered", closing::data_discarded),
    check("close-one-byte", "5.5.1", "half a close code is refused", closing::one_byte_refused),
    check(
        "close-codes-forbidden",
        "7.4.1",
        "codes 1004, 1005, 1006, 1015 are refused",
        closing::forbidden_codes_refused,
    ),
    check("close-codes-unused", "7.4.2", "codes 0 to 999 are refused", closing::unused_codes_refused),
    check(
        "close-reason-not-utf8",
        "8.1",
        "a reason that is not UTF-8 is refused",
        closing::reason_not_utf8_refused,
    ),
    look_back("sends-no-masks", "5.1", "the server's frames are not masked", Duty::Unmasked),
    look_back("sends-no-reserved-bits", "5.2", "its reserved bits are zero", Duty::ReservedBitsZero),
    look_back("sends-known-opcodes", "5.2", "its opcodes are defined", Duty::DefinedOpcode),
    look_back("sends-shortest-lengths", "5.2", "its lengths are as short as can be", Duty::ShortestLength),
    look_back("sends-whole-control", "5.5", "its control frames are short and whole", Duty::WholeControl),
    look_back("sends-fragments-in-order", "5.4", "its fragments are in order", Duty::FragmentOrder),
    look_back("sends-utf8", "5.6", "its text is UTF-8", Duty::Utf8),
    look_back("sends-legal-close", "7.4.1", "its close codes may be sent", Duty::LegalClose),
    look_back("sends-nothing-after-close", "5.5.1", "it sends no data after Close", Duty::NothingAfterClose),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_rule_has_a_name_of_its_own_in_kebab_case() {
        let ids: HashSet<_> = CHECKS.iter().map(|check| check.rule.id).collect();
        assert_eq!(ids.len(), CHECKS.len());
        let kebab = |id: &str| {
            id.split('-').all(|word| {
                !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
            })
        };
        for Check { rule, .. } in CHECKS {
            assert!(kebab(rule.id) && rule.id.len() <= 25, "{}", rule.id);
            assert!(rule.section.split('.').all(|number| number.parse::<u8>().is_ok()), "{}", rule.section);
            assert!(rule.title.len() <= 48, "{}", rule.title);
        }
    }
}
