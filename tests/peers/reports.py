"""What `probe` and `echo-test` report, read by software that others wrote, or by the letter of what it has to be."""

import datetime
import json
import re
import unicodedata
from collections import Counter
from xml.etree import ElementTree

import html5lib
import jsonschema
import junitparser
from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader
from prometheus_client.parser import text_string_to_metric_families

from bed import case
from harness import HERE, Failed, check, same

MAN = HERE.parent.parent / "man"
HOSTILE = "'\"<b>&amp;]]>|;%00%0a{}\\$(x)`x`,é"  # what a URL can hold


def scenarios(bed):
    """Runs by name: the arguments, and the verdict of each URL."""
    url, wss = bed.url(at="python"), ["--cacert", bed.ca, bed.url(at="nginx-wss")]
    closed = f"ws://127.0.0.1:{bed.closed_port}/"
    hostile = f"{bed.url('/hostile', at='python')}&q={HOSTILE}"
    plain = f"ws://127.0.0.1:{bed.node.ports['plain']}/"
    headers = ["--expect-header", "X-Hostile: ^no'|\"<x>$", "--expect-header", "X-None: #"]
    told = bed.url("/close", at="python", code=4000, reason="\x1b[31m\n\t\x9b ' \" <b> ]]> | # \\ \u202e", after=30)
    return {
        "up": (["probe", "-d", "hi", "--expect-text", "hi", url], ["ok"]),
        "up in TLS": (["probe", "--min-cert-days", 1, *wss], ["ok"]),
        "slow": (["probe", "--warn", 0, "--crit", "10s", url], ["warning"]),
        "too slow": (["probe", "--warn", 0, "--crit", 0, url], ["failed"]),
        "refused": (["probe", closed], ["failed"]),
        "forbidden": (["probe", bed.url("/forbidden", at="python")], ["failed"]),
        "rules": (["probe", "--conformance", plain, closed], ["failed", "failed"]),
        "several": (["probe", "-d", "hi", url, closed, bed.url(at="node")], ["ok", "failed", "ok"]),
        "one URL twice": (["probe", url, url], ["ok", "ok"]),
        "hostile": (["probe", *headers, hostile, bed.url("/hostile-refusal", at="python")], ["failed", "failed"]),
        "hostile close": (["probe", "-d", "hi", told], ["failed"]),
        "echoes": (["echo-test", "--sizes", "-n", 2, url], ["ok"]),
        "echoes under a hostile URL": (["echo-test", hostile], ["ok"]),
        "no server": (["echo-test", closed], ["failed"]),
        "no echoes": (["echo-test", "-n", 3, bed.url("/ticker", at="python")], ["failed"]),
        "a hostile close": (["echo-test", told], ["failed"]),
    }


@case("json", "junit", "tap", "nagios", "prometheus", "github", "html", "hlog")
def report_is_read_by_others(bed):
    read = {"json": read_json, "junit": read_junit, "tap": read_tap, "nagios": read_nagios}
    read |= {"prometheus": read_prometheus, "github": read_github, "html": read_html, "hlog": read_hlog}
    file = bed.folder / "report.json"
    for name, ((command, *args), verdicts) in scenarios(bed).items():
        if bed.peer == "hlog" and command == "probe":
            continue
        to = ["--report", "json"] if bed.peer == "json" else ["--report", bed.peer, "--report", f"json={file}"]
        run = bed.wsurl.run(command, *to, *args)
        text = run.stdout.decode()
        try:
            reports = [json.loads(line) for line in (text if bed.peer == "json" else file.read_text()).splitlines()]
            same("the verdicts", [report["verdict"] for report in reports], verdicts)
            if text or bed.peer != "github":
                check(text.endswith("\n"), f"stdout ends with {text[-20:]!r}")
            if bed.peer != "nagios":
                same("exit", run.status, next((one["exit_code"] for one in reports if one["exit_code"]), 0))
            read[bed.peer](bed, run, text, reports)
        except Failed as failed:
            raise Failed(f"{name}: {failed}") from None


def printable(text):
    """A text on one line, as it is written where control characters may not be."""
    escaped = (f"\\u{{{ord(char):x}}}" if unicodedata.category(char) == "Cc" else char for char in one_line(text))
    return "".join(escaped)


def one_line(text):
    return re.sub(r"\r\n|[\r\n\t]", " ", text)


# JSON


def read_json(bed, run, text, reports):
    command = "echo-test" if "round_trip" in reports[0] else "probe"
    file = MAN / f"wsurl-{command}.schema.json"
    check(file.exists(), f"man/{file.name} is missing")
    same(f"man/{file.name}", file.read_bytes(), bed.wsurl.run("--generate", f"schema-{command}").exits(0).stdout)
    schema = json.loads(file.read_text())
    validator = jsonschema.validators.validator_for(schema)
    validator.check_schema(schema)
    for report in reports:
        errors = [f"{error.json_path}: {error.message}" for error in validator(schema).iter_errors(report)]
        check(not errors, f"not as the schema says: {errors[:3]}")
        check(time_of(report["time"]).tzinfo is not None, f"a time without a zone: {report['time']}")


def time_of(text):
    return datetime.datetime.fromisoformat(re.sub(r"Z$", "+00:00", text))


# JUnit


def read_junit(bed, run, text, reports):
    root = ElementTree.fromstring(text)
    same("root and name", (root.tag, root.get("name")), ("testsuites", "wsurl"))
    urls = [printable(report["url"]) for report in reports]
    numbers = [urls[: index + 1].count(url) for index, url in enumerate(urls)]
    names = [f"{url} ({nth})" if nth > 1 else url for url, nth in zip(urls, numbers, strict=True)]
    same("the suites", [suite.get("name") for suite in root], names)
    for suite, report in zip(root, reports, strict=True):
        for one in suite:
            kinds = [child.tag for child in one]
            check(one.tag == "testcase" and one.get("name") and one.get("classname"), f"an element {one.attrib}")
            check(kinds in ([], ["failure"], ["skipped"]), f"{one.get('name')} holds {kinds}")
            check(all(child.get("message") for child in one), f"{one.get('name')} holds no message")
        has_failed = next(suite.iter("failure"), None) is not None
        same("whether there is a failure", has_failed, report["verdict"] == "failed")
        time_of(suite.get("timestamp"))
        check_junit_counts(suite)
        classes = {one.get("classname") for one in suite}
        same("the classes", classes, {suite.get("name")})
        names = [one.get("name") for one in suite]
        same("names that come twice", [name for name, count in Counter(names).items() if count > 1], [])
        phases = [one for one in report.get("phases", []) if one["verdict"] == "failed"]
        if phases and not any(one["seen"] != "not reached" and not one["holds"] for one in report["assertions"]):
            failure = suite.find(f"testcase[@name='phase {phases[0]['name']}']/failure")
            same("the failure", failure.get("message"), printable(report["error"]))
            same("its type", failure.get("type"), report["status"])
    check_junit_counts(root)
    parsed = junitparser.JUnitXml.fromstring(text)
    told = (parsed.tests, parsed.failures, parsed.skipped, parsed.errors)
    parsed.update_statistics()
    counted = (parsed.tests, parsed.failures, parsed.skipped, parsed.errors)
    same("what junitparser counts", counted, told)


def check_junit_counts(element):
    tags = {"tests": "testcase", "failures": "failure", "skipped": "skipped", "errors": "error"}
    counted = {name: str(sum(1 for _ in element.iter(tag))) for name, tag in tags.items()}
    same(f"the counts of {element.tag}", {name: element.get(name) for name in tags}, counted)


# TAP 14 (testanything.org/tap-version-14-specification.html)

POINT = re.compile(r"(not )?ok (\d+) - ((?:[^\\#]|\\\\|\\#)+?)(?: # SKIP (\S.*))?")


def read_tap(bed, run, text, reports):
    version, plan, *lines = text.splitlines()
    same("the version", version, "TAP version 14")
    numbers, bad = [], []
    while lines:
        line = lines.pop(0)
        check(not re.search(r"[\x00-\x1f\x7f-\x9f]", line), f"control characters in {line!r}")
        point = POINT.fullmatch(line)
        check(point, f"not a test point: {line!r}")
        numbers.append(int(point[2]))
        described = re.sub(r"\\([\\#])", r"\1", point[3])
        url = next((one["url"] for one in reports if described.startswith(f"{printable(one['url'])}: ")), None)
        check(url, f"a test point of no URL: {line!r}")
        if not point[1]:
            continue
        check(not point[4], f"skipped and failed: {line!r}")
        bad.append(url)
        block = [lines.pop(0) for _ in range(3)]
        same("the ends of the YAML block", (block[0], block[2]), ("  ---", "  ..."))
        key, _, value = block[1].partition(": ")
        same("the key in the YAML block", key, "  message")
        check(json.loads(value), f"an empty message of {line!r}")  # a YAML string in double quotes, as JSON has it
    same("the plan", plan, f"1..{len(numbers)}")
    same("the numbers", numbers, [*range(1, len(numbers) + 1)])
    same("what has failed", set(bad), {report["url"] for report in reports if report["verdict"] == "failed"})


# Nagios (nagios-plugins.org/doc/guidelines.html)

NUMBER = r"-?\d+(?:\.\d+)?"
RANGE = rf"(?:@?(?:(?:{NUMBER}|~)?:)?(?:{NUMBER})?)"
PERFORMANCE = re.compile(
    rf"(?P<label>'(?:[^'=|]|'')+'|[^\s'=|]+)=(?:{NUMBER}|U)(?:[um]?s|%|[KMGT]?B|c)?"
    rf"(?:;{RANGE}(?:;{RANGE}(?:;(?:{NUMBER})?(?:;(?:{NUMBER})?)?)?)?)?"
)
STATES = {"ok": ("OK", 0), "warning": ("WARNING", 1), "failed": ("CRITICAL", 2)}


def read_nagios(bed, run, text, reports):
    same("stderr", run.stderr, "")
    check(len(text.encode()) < 4096, f"{len(text.encode())} bytes")
    line, *more = text.removesuffix("\n").split("\n")
    same("the number of bars", (line.count("|"), sum(each.count("|") for each in more)), (1, 0))
    same("the lines about each", len(more), len(reports) if len(reports) > 1 else 0)
    worst = max((STATES[report["verdict"]] for report in reports), key=lambda state: state[1])
    said, _, performance = line.partition(" | ")
    check(said.startswith(f"WSURL {worst[0]} - "), f"not {worst[0]}: {said!r}")
    same("exit", run.status, worst[1])
    found = list(PERFORMANCE.finditer(performance))
    same("what was understood of the performance data", " ".join(one[0] for one in found), performance)
    labels = [one["label"] for one in found]
    check(labels, "no performance data")
    same("labels that come twice", [label for label, count in Counter(labels).items() if count > 1], [])


# Prometheus


def read_prometheus(bed, run, text, reports):
    families = list(text_string_to_metric_families(text))
    names = [family.name for family in families]
    same("families that come twice", [name for name, count in Counter(names).items() if count > 1], [])
    for kind in ("HELP", "TYPE"):
        same(f"the {kind} lines", re.findall(rf"^# {kind} (\S+) \S", text, re.MULTILINE), names)
    for family in families:
        command = "echo" if "round_trip" in reports[0] else "probe"
        check(re.fullmatch(rf"wsurl_{command}_[a-z_]+", family.name), f"a metric named {family.name}")
        same(f"what {family.name} is", family.type, "gauge")
        check(family.samples, f"no sample of {family.name}")
        keys = [frozenset(sample.labels.items()) for sample in family.samples]
        same("the distinct samples", len(set(keys)), len(keys))
        urls = {sample.labels["url"] for sample in family.samples}
        check(urls <= {report["url"] for report in reports}, f"{family.name} is of the URLs {urls}")
    success = next(family for family in families if family.name.endswith("_success"))
    wanted = [(report["url"], float(report["verdict"] != "failed")) for report in reports]
    same("the successes", [(sample.labels["url"], sample.value) for sample in success.samples], wanted)
    failed = next((family.samples for family in families if family.name.endswith("_failure_info")), [])
    wanted = [(one["url"], one["status"]) for one in reports if one["verdict"] == "failed" and "phases" in one]
    same("the failures", [(sample.labels["url"], sample.labels["status"]) for sample in failed], wanted)
    held = {(one["url"], each["name"]): each["holds"] for one in reports for each in one.get("assertions", [])}
    told = next((family.samples for family in families if family.name.endswith("_assertion_holds")), [])
    same("the assertions", {(one.labels["url"], one.labels["assertion"]): one.value == 1 for one in told}, held)


# GitHub (docs.github.com/actions/reference/workflow-commands-for-github-actions)

COMMAND = re.compile(r"::(?P<name>error|warning) title=(?P<title>[^:,\r\n]+)::(?P<data>[^\r\n]+)")


def read_github(bed, run, text, reports):
    found = []
    for line in text.splitlines():
        command = COMMAND.fullmatch(line)
        check(command, f"not a workflow command: {line!r}")
        for part in ("title", "data"):
            check(not re.search(r"%(?!25|0D|0A|3A|2C)", command[part]), f"a bare % in {command[part]!r}")
        title = command["title"].replace("%3A", ":").replace("%2C", ",").replace("%25", "%")
        found.append((title.removeprefix("wsurl: "), command["name"]))
    names = {"failed": "error", "warning": "warning"}
    wanted = [(one_line(one["url"]), names[one["verdict"]]) for one in reports if one["verdict"] != "ok"]
    same("the annotations", sorted(found), sorted(wanted))


# HTML 5, as a browser parses it


def read_html(bed, run, text, reports):
    parser = html5lib.HTMLParser(tree=html5lib.getTreeBuilder("etree"), namespaceHTMLElements=False)
    page = parser.parse(text.encode())
    same("the errors of html5lib", parser.errors, [])
    tags = {str(element.tag).rpartition("}")[2] for element in page.iter()}
    check(not tags & {"script", "link", "img", "iframe", "object", "embed"}, f"the page holds {tags}")
    targets = [element.get("href") or element.get("src") for element in page.iter()]
    check(all(target.startswith("#") for target in targets if target), f"the page asks for {targets}")
    shown = "".join(page.itertext())
    for report in reports:
        check(printable(report["url"]) in one_line(shown), f"{report['url']} is not on the page")
    ElementTree.fromstring(text)  # well-formed XML, too


# HdrHistogram


def read_hlog(bed, run, text, reports):
    file = bed.folder / "report.hlog"
    file.write_text(text)
    log = HistogramLogReader(str(file), HdrHistogram(1, 3600 * 10**9, 3))
    times, nothing = log.get_next_interval_histogram(), log.get_next_interval_histogram()
    same("a second interval", nothing, None)
    (report,) = reports
    same("the round trips", times.get_total_count(), report["echoed"] if report["round_trip"] else 0)
    for percent, name in ((50, "p50"), (99, "p99"), (100, "max")):
        if report["round_trip"]:
            told, seen = report["round_trip"][name], times.get_value_at_percentile(percent) / 1e9
            check(abs(seen / told - 1) < 0.002, f"{name} is {seen}, not {told}")
