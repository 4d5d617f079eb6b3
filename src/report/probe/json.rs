//! A probe as JSON: one object a URL. The comments on the fields are the descriptions in the schema.

use serde::Serialize;

use super::{AssertionVerdict, ProbeReport, ProbeVerdict};
use crate::conformance::{self, Finding};
use crate::net::Facts;
use crate::net::tls::certificate::CertificateFacts;
use crate::report::units::{rfc3339, rfc3339_seconds, seconds};
use crate::secret::{shown_subprotocol, shown_value};
use crate::session::Side;

/// An example of the object, for the man page. A test checks it against the schema.
pub(crate) const EXAMPLE: &str = include_str!("example.json");

/// The JSON Schema of the object. A test derives it from the types below.
pub(crate) const SCHEMA: &str = include_str!("../../../man/wsurl-probe.schema.json");

/// The object on one line.
pub(crate) fn line(report: &ProbeReport) -> String {
    crate::report::json::text(&Probe::from(report)) + "\n"
}

/// The result of `wsurl probe` for one URL.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, schemars(title = "wsurl probe --report json"))]
struct Probe {
    /// The URL as given, without its secrets.
    url: String,
    /// The URL after redirects, in its normal form.
    url_effective: String,
    /// When the probe began.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    time: String,
    /// ok: everything is as expected. warning: slower than --warn. failed: anything else.
    verdict: VerdictName,
    /// success, or the name of the failure, as listed in the man page.
    status: &'static str,
    /// The exit code that belongs to the status.
    exit_code: u8,
    /// Why it failed.
    error: Option<String>,
    /// What to try after the failure.
    hint: Option<String>,
    /// The duration of the reported try, in seconds.
    elapsed: f64,
    /// The number of tries.
    tries: u32,
    /// The phases of the probe, in order.
    phases: Vec<PhaseEntry>,
    /// The address of the server or proxy: IP:PORT.
    remote_address: Option<String>,
    /// Our own address: IP:PORT.
    local_address: Option<String>,
    /// The answer to the opening handshake.
    http: Option<Http>,
    /// The TLS connection; null without TLS.
    tls: Option<Tls>,
    /// The subprotocol that the server chose.
    subprotocol: Option<String>,
    /// The extensions that the server chose.
    extensions: Vec<String>,
    /// The round trip of the ping, in seconds.
    ping_seconds: Option<f64>,
    /// Messages and bytes of payload.
    messages: Messages,
    /// The closing handshake; null when it was not reached.
    close: Option<Close>,
    /// All assertions of the options.
    assertions: Vec<Assertion>,
    /// The rules of RFC 6455 and RFC 7692; null without --conformance.
    conformance: Option<RuleResults>,
    /// The rules of --security; null without it.
    security: Option<RuleResults>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, schemars(inline))]
enum VerdictName {
    Ok,
    Warning,
    Failed,
}

/// A phase of the probe.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, schemars(rename = "Phase"))]
struct PhaseEntry {
    /// resolve, connect, proxy, tls, upgrade, ping, message or close.
    name: &'static str,
    /// ok, failed, or skipped when it was not reached.
    verdict: PhaseVerdict,
    /// Its duration, in seconds; null when it was not reached or has failed.
    seconds: Option<f64>,
    /// Facts in a few words; may be empty.
    detail: String,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, schemars(inline))]
enum PhaseVerdict {
    Ok,
    Failed,
    Skipped,
}

/// The answer to the opening handshake.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct Http {
    /// The status code.
    status: u16,
    /// The reason phrase; may be empty.
    reason: String,
    /// The header fields in their order.
    headers: Vec<Header>,
    /// The first KiB of the body of a refusal; null where the upgrade was accepted.
    body: Option<String>,
}

/// A header field.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct Header {
    /// The name as received.
    name: String,
    /// The value.
    value: String,
}

/// The TLS connection.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct Tls {
    /// The version, such as `TLSv1.3`.
    version: Option<&'static str>,
    /// The cipher suite by its IANA name.
    cipher: Option<&'static str>,
    /// The server's certificate.
    certificate: Option<Certificate>,
    /// The certificates as the server sent them, its own first.
    chain: Vec<ChainCertificate>,
    /// The errors of the certificates that -k or --ignore-tls-error ignored, in the words of the TLS library.
    ignored_errors: Vec<&'static str>,
}

/// A certificate of the chain.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct ChainCertificate {
    /// The subject.
    subject: String,
    /// The issuer.
    issuer: String,
    /// Until when it is valid.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    not_after: String,
}

/// The server's certificate.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct Certificate {
    /// The subject, such as `CN=example.com`.
    subject: String,
    /// The issuer, in the same form.
    issuer: String,
    /// DNS names and IP addresses that it is for.
    names: Vec<String>,
    /// The beginning of its validity.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    not_before: String,
    /// Until when it is valid.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    not_after: String,
    /// Whole days from the beginning of the probe until it expires; negative when it has expired.
    days_left: i64,
}

/// Messages and bytes of payload.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct Messages {
    /// Messages sent.
    sent: u64,
    /// Messages received.
    received: u64,
    /// Bytes of payload sent.
    bytes_sent: u64,
    /// Bytes of payload received.
    bytes_received: u64,
}

/// The closing handshake.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct Close {
    /// The close code; 1005 for none.
    code: u16,
    /// The close reason; may be empty.
    reason: String,
    /// Who sent the first Close.
    by: By,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, schemars(inline))]
enum By {
    Client,
    Server,
}

/// An assertion of an option.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct Assertion {
    /// The option as given.
    name: String,
    /// Whether it holds; false, too, where the probe failed before.
    holds: bool,
    /// What was seen, or `not reached`.
    seen: String,
}

/// How the server did on the rules.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct RuleResults {
    /// Rules that it keeps.
    passed: usize,
    /// Rules that it breaks.
    failed: usize,
    /// Rules for which the evidence does not decide.
    inconclusive: usize,
    /// Rules that do not apply to the server.
    not_applicable: usize,
    /// Rules that it breaks, and that the user excepts: they are no failure.
    excepted: usize,
    /// Each rule.
    rules: Vec<Rule>,
}

/// The result for one rule.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct Rule {
    /// The name of the rule.
    id: &'static str,
    /// The number of the RFC: 6455, or 7692 for compression, 8996 for versions of TLS.
    rfc: u16,
    /// The section of the RFC that says it.
    section: &'static str,
    /// The rule in a few words.
    title: &'static str,
    /// The verdict on the server.
    verdict: RuleVerdict,
    /// Whether the user excepts the rule.
    excepted: bool,
    /// What was seen, in one line.
    seen: String,
    /// The bytes on the connection: `> 89 ..` for bytes sent, `< 8a ..` for bytes received.
    evidence: Vec<String>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(test, schemars(inline))]
enum RuleVerdict {
    Pass,
    Fail,
    Inconclusive,
    NotApplicable,
}

impl From<&ProbeReport> for Probe {
    fn from(report: &ProbeReport) -> Self {
        let failure = report.failure.as_ref();
        let facts = &report.facts;
        Self {
            url: report.url.clone(),
            url_effective: report.url_effective.clone(),
            time: rfc3339(report.time),
            verdict: match report.verdict {
                ProbeVerdict::Ok => VerdictName::Ok,
                ProbeVerdict::Warning => VerdictName::Warning,
                ProbeVerdict::Failed => VerdictName::Failed,
            },
            status: failure.map_or("success", |failure| failure.status().name()),
            exit_code: failure.map_or(0, |failure| failure.status().code()),
            error: failure.map(ToString::to_string),
            hint: failure.and_then(|failure| failure.advice()).map(ToOwned::to_owned),
            elapsed: seconds(report.elapsed),
            tries: report.tries,
            phases: report.phases.iter().map(phase).collect(),
            remote_address: facts.remote.map(|address| address.to_string()),
            local_address: facts.local.map(|address| address.to_string()),
            http: http(facts),
            tls: tls(report),
            subprotocol: facts.subprotocol.as_deref().map(|name| shown_subprotocol(name).to_owned()),
            extensions: report.extensions().into_iter().map(ToOwned::to_owned).collect(),
            ping_seconds: report.ping.map(seconds),
            messages: Messages {
                sent: report.tally.messages_sent,
                received: report.tally.messages_received,
                bytes_sent: report.tally.bytes_sent,
                bytes_received: report.tally.bytes_received,
            },
            close: report.close.as_ref().map(|(side, frame)| Close {
                code: frame.code,
                reason: frame.reason.clone(),
                by: match side {
                    Side::Us => By::Client,
                    Side::Server => By::Server,
                },
            }),
            assertions: report.assertions.iter().map(assertion).collect(),
            conformance: report.conformance.as_deref().map(rules),
            security: report.security.as_deref().map(rules),
        }
    }
}

fn phase(phase: &super::PhaseReport) -> PhaseEntry {
    PhaseEntry {
        name: phase.name,
        verdict: match phase.time {
            _ if phase.failed => PhaseVerdict::Failed,
            Some(_) => PhaseVerdict::Ok,
            None => PhaseVerdict::Skipped,
        },
        seconds: phase.time.map(seconds),
        detail: phase.detail.clone(),
    }
}

fn http(facts: &Facts) -> Option<Http> {
    facts.response.as_ref().map(|head| Http {
        status: head.status,
        reason: head.reason.clone(),
        headers: head
            .fields
            .iter()
            .map(|(name, value)| Header { name: name.clone(), value: shown_value(name, value).into_owned() })
            .collect(),
        body: (head.status != 101).then(|| head.body.clone()),
    })
}

fn tls(report: &ProbeReport) -> Option<Tls> {
    let facts = &report.facts;
    let certificate = facts.certificate.as_ref().map(|certificate| Certificate {
        subject: certificate.subject.clone(),
        issuer: certificate.issuer.clone(),
        names: certificate.names.clone(),
        not_before: rfc3339_seconds(certificate.not_before),
        not_after: rfc3339_seconds(certificate.not_after),
        days_left: certificate.days_left(report.time),
    });
    (certificate.is_some() || facts.tls_version.is_some() || facts.tls_cipher.is_some()).then_some(Tls {
        version: facts.tls_version,
        cipher: facts.tls_cipher,
        certificate,
        chain: facts.chain.iter().map(chain_certificate).collect(),
        ignored_errors: facts.ignored_tls_errors.iter().map(|error| error.text).collect(),
    })
}

fn chain_certificate(certificate: &CertificateFacts) -> ChainCertificate {
    ChainCertificate {
        subject: certificate.subject.clone(),
        issuer: certificate.issuer.clone(),
        not_after: rfc3339_seconds(certificate.not_after),
    }
}

fn assertion(assertion: &super::Assertion) -> Assertion {
    let holds = assertion.verdict == AssertionVerdict::Holds;
    Assertion { name: assertion.name.clone(), holds, seen: assertion.seen.clone() }
}

fn rules(findings: &[Finding]) -> RuleResults {
    let count = |verdict| findings.iter().filter(|finding| finding.verdict == verdict).count();
    RuleResults {
        passed: count(conformance::Verdict::Pass),
        failed: count(conformance::Verdict::Fail),
        inconclusive: count(conformance::Verdict::Inconclusive),
        not_applicable: count(conformance::Verdict::NotApplicable),
        excepted: findings.iter().filter(|finding| finding.is_known()).count(),
        rules: findings.iter().map(rule).collect(),
    }
}

fn rule(finding: &Finding) -> Rule {
    Rule {
        id: finding.rule.id,
        rfc: finding.rule.rfc,
        section: finding.rule.section,
        title: finding.rule.title,
        verdict: match finding.verdict {
            conformance::Verdict::Pass => RuleVerdict::Pass,
            conformance::Verdict::Fail => RuleVerdict::Fail,
            conformance::Verdict::Inconclusive => RuleVerdict::Inconclusive,
            conformance::Verdict::NotApplicable => RuleVerdict::NotApplicable,
        },
        excepted: finding.excepted,
        seen: finding.seen.clone(),
        evidence: finding.evidence.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::report::json::contract;
    use crate::report::samples;

    fn object(report: &ProbeReport) -> Value {
        contract::object(&line(report))
    }

    #[test]
    fn the_schema_is_generated_from_the_types() {
        contract::schema_is_fresh::<Probe>("wsurl-probe.schema.json");
    }

    #[test]
    fn every_report_is_as_the_schema_says() {
        let validator = contract::validator(SCHEMA);
        for report in samples::probes() {
            contract::accepts(&validator, &object(&report));
        }
    }

    #[test]
    fn the_example_is_a_report() {
        let example: Value = serde_json::from_str(EXAMPLE).unwrap();
        contract::accepts(&contract::validator(SCHEMA), &example);
        assert_eq!(example, object(&samples::up()));
    }

    #[test]
    fn the_schema_refuses_what_is_not_a_report() {
        let validator = contract::validator(SCHEMA);
        let good = object(&samples::up());
        let values = [
            ("/url", json!(null)),
            ("/verdict", json!("OK")),
            ("/elapsed", json!("0.04")),
            ("/tries", json!(1.5)),
            ("/error", json!(1)),
            ("/phases/0/verdict", json!("slow")),
            ("/phases/0/seconds", json!("1 ms")),
            ("/http", json!(101)),
            ("/tls/certificate/days_left", json!(1.5)),
            ("/close/by", json!("nobody")),
            ("/messages", json!(null)),
            ("/conformance/rules/0/verdict", json!("passed")),
        ];
        let objects =
            ["", "/http", "/tls", "/tls/certificate", "/messages", "/close", "/phases/0", "/conformance"];
        contract::refuses(&validator, &good, &values, &objects);
    }

    #[test]
    fn nothing_is_lost_of_a_text() {
        let object = object(&samples::hostile());
        assert_eq!(object["http"]["reason"], samples::HOSTILE);
        assert_eq!(object["error"], samples::HOSTILE);
        assert_eq!(object["tls"]["certificate"]["not_before"], "1570-01-01T00:00:00Z");
        assert_eq!(object["close"], json!({"code": 4000, "reason": samples::HOSTILE, "by": "server"}));
    }

    #[test]
    fn what_is_not_known_is_null() {
        let object = object(&samples::refused());
        assert_eq!((&object["status"], &object["exit_code"]), (&json!("cannot-connect"), &json!(7)));
        for name in ["remote_address", "http", "tls", "subprotocol", "ping_seconds", "close", "conformance"] {
            assert_eq!(object.get(name), Some(&Value::Null), "{name}");
        }
        let verdicts: Vec<_> =
            object["phases"].as_array().unwrap().iter().map(|phase| &phase["verdict"]).collect();
        assert_eq!(verdicts, ["ok", "failed", "skipped"]);
    }
}
