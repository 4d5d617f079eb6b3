//! The options of a probe, checked as a whole.

use std::time::Duration;

use super::urls::UrlSource;
use crate::cli::values::HeaderCheck;
use crate::cli::{CheckArgs, MessageForm, Mode, ProbeArgs, RuleArgs, TypedMessage};
use crate::commands::data;
use crate::commands::options::{CommonOptions, ConversationOptions, checks, finish_rule};
use crate::commands::{reporting, without_effect};
use crate::error::{Failure, Status};
use crate::framing::Format;
use crate::protocol::{Kind, Offer};
use crate::session::{Check, CloseCodes, Count, FinishRule, Within};

/// The options that all URLs share.
#[derive(Debug)]
pub(super) struct ProbeOptions {
    pub(super) messages: Vec<(Kind, Vec<u8>)>,
    pub(super) checks: Vec<Check>,
    /// When a session ends.
    pub(super) rule: FinishRule,
    /// The codes with which the server has to close.
    pub(super) expect_close: Option<CloseCodes>,
    /// Whether `--within` was given.
    pub(super) within_given: bool,
    pub(super) max_message_size: u64,
    pub(super) assertions: Assertions,
    pub(super) wait_ready: Option<Duration>,
    pub(super) rules: RuleArgs,
    /// The most endpoints that are probed at the same time: each takes a thread.
    pub(super) parallel: usize,
    /// Whether a terminal shows the state of the probe.
    pub(super) shows_progress: bool,
}

/// The assertions about an endpoint.
#[derive(Debug)]
pub(super) struct Assertions {
    pub(super) status: u16,
    pub(super) subprotocol: Option<String>,
    /// The name of an extension.
    pub(super) extension: Option<String>,
    pub(super) headers: Vec<HeaderCheck>,
    pub(super) min_cert_days: Option<u32>,
    pub(super) max_latency: Option<Duration>,
    pub(super) warn: Option<Duration>,
    pub(super) crit: Option<Duration>,
}

pub(super) const SWITCHING_PROTOCOLS: u16 = 101;

/// How long a message that meets the checks is awaited (`--within`). Servers greet, and report events, before they reply.
const WITHIN: Duration = Duration::from_secs(5);

impl Assertions {
    /// Whether the upgrade is expected to be refused.
    pub(super) fn wants_refusal(&self) -> bool {
        self.status != SWITCHING_PROTOCOLS
    }
}

impl ProbeOptions {
    /// Whether the probe sends or awaits messages.
    pub(super) fn has_messages(&self) -> bool {
        !self.messages.is_empty() || !self.checks.is_empty() || self.rule.greeting > 0
    }
}

/// What the arguments name. A text after a URL is told how it is sent.
fn sources(urls: &[String]) -> Result<Vec<UrlSource>, Failure> {
    let is_text = |url: &str| {
        let is_prose = url.contains(|c: char| c.is_whitespace() || "{\"'".contains(c));
        !url.contains("://") && (is_prose || !url.contains(['.', ':', '/']))
    };
    let parsed = urls.iter().enumerate().map(|(index, url)| {
        let hint = (index > 0 && is_text(url)).then_some("to send a message, write -d TEXT");
        UrlSource::parse(url).map_err(|failure| failure.hints(hint))
    });
    parsed.collect()
}

/// The options of the probe, and of the conversation with each URL.
///
/// # Errors
/// Arguments contradict each other, a URL is malformed, or a file cannot be read.
pub(super) fn from_args(args: ProbeArgs) -> Result<(ProbeOptions, Vec<ConversationOptions>), Failure> {
    refuse_contradictions(&args)?;
    without_effect::probe(&args)?;
    let rule = rule(&args)?;
    let mut conversation = args.conversation;
    if let Some(name) = &args.expect_subprotocol
        && conversation.request.subprotocols.is_empty()
    {
        conversation.request.subprotocols.push(name.clone());
    }
    if args.expect_extension.is_some() {
        conversation.request.compress.get_or_insert_with(Offer::default);
    }
    // What is missing is told by the report, and by every try again.
    let shows_progress = !conversation.output.silent && conversation.output.verbose == 0;
    let is_told = args.wait_ready.is_some() || reporting::is_plugin(&args.reports);
    conversation.output.silent |= is_told && conversation.output.verbose == 0;
    let dumps_header = conversation.output.dump_header.is_some();
    let sources = sources(&args.urls)?;
    refuse_second_reading(&sources, &args.data.typed)?;
    let mut common = CommonOptions::from_args(conversation)?;
    let mut endpoints = Vec::new();
    for source in sources {
        for endpoint in source.endpoints(common.end())? {
            let mut options = common.for_endpoint(endpoint)?;
            options.close.expect.clone_from(&args.checks.expect_close);
            endpoints.push(options);
        }
    }
    if endpoints.len() > 1 && dumps_header {
        return Err(Failure::new(Status::Usage, "-D takes the answer to one URL only")
            .hint("--report json shows all answers"));
    }
    let kind = if args.mode == Mode::Stream { Kind::Binary } else { Kind::Text };
    let until = endpoints.iter().find_map(|options| options.limits.whole);
    let rules = data::Rules { format: Format::Lines, max_message: args.max_message_size, until };
    let messages = rules.messages(args.data.typed)?;
    let is_text = |message: &Vec<u8>| kind == Kind::Binary || std::str::from_utf8(message).is_ok();
    if let Some(index) = messages.iter().position(|message| !is_text(message)) {
        return Err(Failure::new(Status::ReadError, format!("message {} is not UTF-8", index + 1))
            .hint("--mode stream sends it as binary"));
    }
    let options = ProbeOptions {
        messages: messages.into_iter().map(|message| (kind, message)).collect(),
        checks: checks(&args.checks),
        rule,
        expect_close: args.checks.expect_close,
        within_given: args.checks.within.is_some(),
        max_message_size: args.max_message_size,
        assertions: Assertions {
            status: args.expect_status,
            subprotocol: args.expect_subprotocol,
            extension: args.expect_extension,
            headers: args.expect_header,
            min_cert_days: args.min_cert_days,
            max_latency: args.max_latency,
            warn: args.warn,
            crit: args.crit,
        },
        wait_ready: args.wait_ready,
        rules: args.rules,
        parallel: args.parallel,
        shows_progress,
    };
    Ok((options, endpoints))
}

/// The rule by which sessions end. Checks end them where there are any, and not a number of messages.
fn rule(args: &ProbeArgs) -> Result<FinishRule, Failure> {
    let rule = finish_rule(None, &args.checks, Count::AsSent { at_least: 0 })?;
    if checks(&args.checks).is_empty() || rule.within.is_some() {
        return Ok(rule);
    }
    // A limit that the user gives is not passed over in silence.
    let replaces_receive = args.conversation.limits.receive_timeout.is_none();
    let within = Within { limit: WITHIN, replaces_receive };
    Ok(FinishRule { within: Some(within), count: Count::None, ..rule })
}

fn refuse_contradictions(args: &ProbeArgs) -> Result<(), Failure> {
    if let (Some(warn), Some(crit)) = (args.warn, args.crit)
        && warn > crit
    {
        return Err(
            Failure::new(Status::Usage, "--warn is longer than --crit").hint("write --warn 1s --crit 3s")
        );
    }
    let CheckArgs { expect_close, greeting, .. } = &args.checks;
    let has_checks = !checks(&args.checks).is_empty() || expect_close.is_some() || *greeting > 0;
    if args.expect_status != SWITCHING_PROTOCOLS && (has_checks || args.rules.any()) {
        let what = if has_checks {
            "a check of the session"
        } else if args.rules.conformance {
            "--conformance"
        } else {
            "--security"
        };
        let text =
            format!("{what} needs an open WebSocket, and --expect-status {} wants none", args.expect_status);
        return Err(Failure::new(Status::Usage, text).hint("run two probes, one for each"));
    }
    refuse_idle_rules(&args.rules)
}

/// Standard input can be read once.
fn refuse_second_reading(urls: &[UrlSource], data: &[TypedMessage]) -> Result<(), Failure> {
    let urls = urls.iter().filter(|source| source.is_input()).count();
    let from_input = |data: &&TypedMessage| data.bytes == b"@-" && data.form != MessageForm::Text;
    let data = data.iter().filter(from_input).count();
    if urls > 0 && urls + data > 1 {
        return Err(Failure::new(Status::Usage, "standard input holds the URLs, and can be read only once")
            .hint("write one of them into a file, and give it as @FILE"));
    }
    Ok(())
}

/// Options of rules that are not checked.
fn refuse_idle_rules(rules: &RuleArgs) -> Result<(), Failure> {
    let idle = [
        ("--conformance-except", "--conformance", !rules.conformance && !rules.conformance_except.is_empty()),
        ("--security-except", "--security", !rules.security && !rules.security_except.is_empty()),
        ("--rule-timeout", "--conformance", !rules.any() && rules.rule_timeout.is_some()),
    ];
    match idle.into_iter().find(|(_, _, is_idle)| *is_idle) {
        Some((option, needed, _)) => {
            Err(Failure::new(Status::Usage, format!("{option} has no effect without {needed}"))
                .hint(format!("write {needed} {option} ...")))
        }
        None => Ok(()),
    }
}
