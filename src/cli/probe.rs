//! `wsurl probe`.

// The comments are help texts, which are shown without Markdown.
#![allow(clippy::doc_markdown)]

use std::time::Duration;

use clap::Args;

use super::echo_test::Mode;
use super::rules::RuleArgs;
use super::shared::{CheckArgs, ConversationArgs};
use super::suggested::Suggested;
use super::typed::DataArgs;
use super::values::{self, HeaderCheck};
use crate::protocol::PERMESSAGE_DEFLATE;
use crate::report::{FORMATS, ReportTarget};

/// The values of `--report`.
const REPORTS: Suggested<ReportTarget> = Suggested {
    parse: ReportTarget::of_probe,
    values: || FORMATS.iter().filter(|format| format.is_of_probes()).map(|format| format.name).collect(),
};

/// Check whether endpoints are up, how fast each phase is, and whether they are as expected
#[derive(Debug, Args)]
pub struct ProbeArgs {
    /// ws:// or wss:// URLs, which are probed side by side; @FILE has one a line, as has @-, standard input; # begins a comment
    #[arg(value_name = "URL", required_unless_present = "url_options")]
    pub urls: Vec<String>,

    /// More URLs
    #[arg(long = "url", hide = true, value_name = "URL")]
    pub url_options: Vec<String>,

    /// Messages to send, each of which a reply is awaited for
    #[command(flatten)]
    pub data: DataArgs,

    /// Send text messages, or binary ones as wsurl stream does
    #[arg(long, value_enum, value_name = "MODE", default_value = "message")]
    pub mode: Mode,

    /// Refuse larger messages
    #[arg(long, value_name = "SIZE", default_value = "64M", value_parser = values::positive_bytes)]
    pub max_message_size: u64,

    /// Expect this status in the answer to the upgrade; with any other than 101, the refusal is the success
    #[arg(long, help_heading = "Checks", value_name = "CODE", default_value = "101", value_parser = values::status_code)]
    pub expect_status: u16,

    /// Expect the server to choose this subprotocol; it is offered if --subprotocol offers none
    #[arg(long, help_heading = "Checks", value_name = "NAME", value_parser = values::subprotocol)]
    pub expect_subprotocol: Option<String>,

    /// The server has to agree to this extension; permessage-deflate is offered even without --compress
    #[arg(long, help_heading = "Checks", value_name = "NAME", value_parser = [PERMESSAGE_DEFLATE])]
    pub expect_extension: Option<String>,

    /// A field of this name in the answer to the upgrade has to match
    #[arg(long, help_heading = "Checks", value_name = "NAME: REGEX", value_parser = HeaderCheck::parse)]
    pub expect_header: Vec<HeaderCheck>,

    /// Expect the server's certificate to be valid for at least N more days
    #[arg(long, help_heading = "Checks", value_name = "N", value_parser = values::days)]
    pub min_cert_days: Option<u32>,

    /// Fail when the slowest round trip (upgrade, ping, message) takes longer
    #[arg(long, help_heading = "Checks", value_name = "DURATION", value_parser = values::duration)]
    pub max_latency: Option<Duration>,

    /// Warn when the whole probe takes longer
    #[arg(long, help_heading = "Checks", value_name = "DURATION", value_parser = values::duration)]
    pub warn: Option<Duration>,

    /// Fail when the whole probe takes longer
    #[arg(long, help_heading = "Checks", value_name = "DURATION", value_parser = values::duration)]
    pub crit: Option<Duration>,

    /// Probe at most this many endpoints at a time
    #[arg(long, value_name = "N", default_value = "64", value_parser = values::parallel)]
    pub parallel: usize,

    /// Probe again until all checks hold, for at most this long
    #[arg(long, value_name = "DURATION", value_parser = values::interval)]
    pub wait_ready: Option<Duration>,

    #[arg(long = "report", help = ReportTarget::help(true), value_name = "FORMAT[=FILE]", hide_possible_values = true, value_parser = REPORTS)]
    pub reports: Vec<ReportTarget>,

    /// Checks of messages
    #[command(flatten)]
    pub checks: CheckArgs,

    /// Rules
    #[command(flatten)]
    pub rules: RuleArgs,

    /// Options of all subcommands
    #[command(flatten)]
    pub conversation: ConversationArgs,
}
