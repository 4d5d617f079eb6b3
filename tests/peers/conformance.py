"""`probe --conformance` against echo servers with nothing but their defaults, and the table of the results in docs/conformance.md."""

import functools
import os
import re
import subprocess
import textwrap

from bed import case
from harness import HERE, Daemon, check, same

ROOT = HERE.parent.parent
DOCUMENT = ROOT / "docs" / "conformance.md"
MARKERS = ("<!-- conformance -->\n", "<!-- /conformance -->\n")
COMMAND = "tests/peers/run --conformance-table"
CELLS = {"pass": "pass", "fail": "**fail**", "inconclusive": "?", "not-applicable": "-"}
FEWEST_JUDGED = 25  # rules that have to pass or fail, lest a server that says nothing looks good

# What is not a pass, and why that is right. A rule that is missing here has to pass.
NOT_MINIMAL = {
    "length-not-minimal": (
        "inconclusive",
        "senders must not (§5.2), what receivers have to do is not said",
    )
}
NO_VERSIONS = {
    "version-listed": (
        "fail",
        "whoever does not know the version has to list those it knows (§4.2.2, §4.4)",
    )
}
NO_ANSWER = {
    "version-listed": (
        "fail",
        "tungstenite's `accept` leaves the answer to the program, which has to list the versions it knows (§4.4)",
    )
}
ANY_HTTP = {
    "http-1-0-refused": (
        "fail",
        "a handshake is a request in HTTP/1.1 or higher (§4.2.1), and ws does not look",
    )
}
TUNNEL = {
    "connection-missing": (
        "fail",
        "nginx sends the server a `Connection: upgrade` of its own, also when the client has sent none (§4.2.1)",
    ),
    "http-1-0-refused": (
        "fail",
        "nginx speaks HTTP/1.1 to the server, also when the client does not (§4.2.1)",
    ),
}
NO_COMPRESSION = {
    f"deflate-{name}": ("not-applicable", "it does not compress unless told to")
    for name in (
        "only-offered",
        "params-legal",
        "bad-offer",
        "server-limits",
        "rsv1-first-only",
        "plain-accepted",
        "fragmented",
        "control-between",
        "context-kept",
        "window-kept",
        "broken-refused",
        "bomb",
    )
}
RSV1_ANYWHERE = {
    "deflate-broken-refused": (
        "fail",
        "websockets ignores RSV1 on a continuation of a compressed message, which has to be refused (RFC 7692 §6)",
    )
}
EXPECTED = {
    "python-websockets": NOT_MINIMAL | NO_VERSIONS | RSV1_ANYWHERE,
    "nginx-websockets": NOT_MINIMAL | NO_VERSIONS | TUNNEL | RSV1_ANYWHERE,
    "node-ws": NOT_MINIMAL | ANY_HTTP | NO_COMPRESSION,
    "nginx-ws": NOT_MINIMAL | TUNNEL | NO_COMPRESSION,
    "tungstenite": NOT_MINIMAL | NO_ANSWER | NO_COMPRESSION,
}


# The servers


def tungstenite(bed):
    """The example that is an echo server of nothing but tungstenite."""
    return Daemon(bed.folder / "tungstenite", ["PORT"], [os.environ["TUNGSTENITE_ECHO"], "127.0.0.1:{PORT}"])


def port(bed, peer):
    return {
        "python-websockets": lambda: bed.python.ports["plain"],
        "nginx-websockets": lambda: bed.nginx.ports["BEFORE_PYTHON"],
        "node-ws": lambda: bed.node.ports["plain"],
        "nginx-ws": lambda: bed.nginx.ports["BEFORE_NODE"],
        "tungstenite": lambda: bed.once(tungstenite).ports["PORT"],
    }[peer]()


def heading(bed, peer):
    """The server as the table names it, with the version that has run."""
    return {
        "python-websockets": lambda: f"python websockets {bed.python.ports['version']}",
        "nginx-websockets": lambda: f"nginx {nginx_version()} + websockets",
        "node-ws": lambda: f"node ws {bed.node.ports['version']}",
        "nginx-ws": lambda: f"nginx {nginx_version()} + ws",
        "tungstenite": lambda: f"tungstenite {tungstenite_version()}",
    }[peer]()


def nginx_version():
    told = subprocess.run(["nginx", "-v"], capture_output=True, text=True, timeout=10, check=True).stderr
    return re.search(r"nginx/([\d.]+)", told)[1]


def tungstenite_version():
    lock = (ROOT / "Cargo.lock").read_text()
    return re.search(r'^name = "tungstenite"\nversion = "([^"]+)"$', lock, re.MULTILINE)[1]


# The cases


@functools.cache
def measured(bed, peer):
    """The report of the rules of one server."""
    url = f"ws://127.0.0.1:{port(bed, peer)}/"
    broken = any(verdict == "fail" for verdict, _ in EXPECTED[peer].values())
    (report,) = bed.report("probe", "--conformance", url, status=1 if broken else 0, limit=60)
    return report["conformance"]


@case(*EXPECTED)
def conformance(bed):
    found = measured(bed, bed.peer)
    rules, expected = found["rules"], EXPECTED[bed.peer]
    surprises = [
        f"{rule['id']} is {rule['verdict']} ({rule['seen']})"
        for rule in rules
        if rule["verdict"] != expected.get(rule["id"], ("pass",))[0]
    ]
    check(not surprises, f"unexpected: {', '.join(surprises)}")
    same("the rules that are gone", expected.keys() - {rule["id"] for rule in rules}, set())
    counts = [sum(rule["verdict"] == verdict for rule in rules) for verdict in CELLS]
    told = [found[name] for name in ("passed", "failed", "inconclusive", "not_applicable")]
    same("what the report counts", told, counts)
    check(counts[0] + counts[1] >= FEWEST_JUDGED, f"only {counts[0] + counts[1]} rules were judged")
    unproved = [rule["id"] for rule in rules if rule["verdict"] == "fail" and not rule["evidence"]]
    same("the failed rules without evidence", unproved, [])


@case(*EXPECTED)
def security_raises_no_false_alarm(bed):
    url = f"ws://127.0.0.1:{port(bed, bed.peer)}/"
    (report,) = bed.report("probe", "--security", url, limit=60)
    found = report["security"]
    failed = [f"{rule['id']} ({rule['seen']})" for rule in found["rules"] if rule["verdict"] == "fail"]
    same("the rules that fail", failed, [])
    origin = next(rule for rule in found["rules"] if rule["id"] == "origin-foreign")
    same("the verdict on Origin without credentials", origin["verdict"], "inconclusive")


@case("document")
def conformance_table_is_what_was_measured(bed):
    committed = verdicts(between_markers(DOCUMENT.read_text()))
    now = verdicts(table(bed))
    same("the servers", list(committed), list(now))
    differences = [
        f"{rule} of {server}: {committed[server].get(rule)} in docs/conformance.md, {now[server].get(rule)} now"
        for server in now
        for rule in sorted(committed[server].keys() | now[server].keys())
        if committed[server].get(rule) != now[server].get(rule)
    ]
    check(not differences, f"{'; '.join(differences[:5])}; {COMMAND} writes it anew")


# The table


def table(bed):
    """Markdown: a row for each rule that some server does not pass, notes on it, and a list of the others."""
    found = {peer: {rule["id"]: rule for rule in measured(bed, peer)["rules"]} for peer in EXPECTED}
    rules = list(next(iter(found.values())).values())
    passed = [rule for rule in rules if all(found[peer][rule["id"]]["verdict"] == "pass" for peer in found)]
    notes = []
    lines = [row("§", "rule", *(heading(bed, peer) for peer in found)), row(*["---"] * (2 + len(found)))]
    kept = [sum(rule["verdict"] == "pass" for rule in found[peer].values()) for peer in found]
    lines.append(row("", f"rules kept, of {len(rules)}", *kept))
    for rule in rules:
        if rule not in passed:
            cells = [cell(found[peer][rule["id"]], EXPECTED[peer], notes) for peer in found]
            lines.append(row(section(rule), f"`{rule['id']}`: {rule['title']}", *cells))
    lines += ["", *(f"{number}. {note}" for number, note in enumerate(notes, 1))]
    lines += ["", f"The other {len(passed)} rules are kept by all of them:", ""]
    for name in sorted({section(rule) for rule in passed}, key=lambda name: [*map(int, re.split("[ .]", name))]):
        names = ", ".join(f"`{rule['id']}`" for rule in passed if section(rule) == name)
        lines.append(textwrap.fill(f"- §{name}: {names}", 120, subsequent_indent="  ", break_on_hyphens=False))
    return "".join(f"{line}\n" for line in lines)


def section(rule):
    """The section, with the RFC before it where that is not RFC 6455."""
    return rule["section"] if rule["rfc"] == 6455 else f"{rule['rfc']} {rule['section']}"


def row(*cells):
    return "|".join(["", *(f" {cell} " if cell != "---" else cell for cell in cells), ""])


def cell(rule, expected, notes):
    text = CELLS[rule["verdict"]]
    if rule["verdict"] not in ("fail", "inconclusive"):
        return text
    reason = f"; {expected[rule['id']][1]}" if rule["id"] in expected else ""
    note = f"`{rule['seen'].split(';')[0]}`{reason}."
    if note not in notes:
        notes.append(note)
    return f"{text} ({notes.index(note) + 1})"


def verdicts(text):
    """What a table says of each server, without versions and notes: {server: {rule: cell}}."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]
    check(len(rows) > 2, "there is no table")
    servers = [re.sub(r" \d[\w.]*", "", name) for name in rows[0][2:]]
    read = {server: {} for server in servers}
    for _, name, *cells in rows[2:]:
        for server, text_of_cell in zip(servers, cells, strict=True):
            read[server][name.split(":")[0]] = text_of_cell.split(" (")[0]
    _, _, passed = text.partition("are kept by all of them:")
    for rule in re.findall(r"`[^`]+`", passed):
        for server in servers:
            read[server][rule] = CELLS["pass"]
    return read


def between_markers(text):
    begin, end = MARKERS
    check(begin in text and end in text, f"docs/conformance.md lacks {begin.strip()} or {end.strip()}")
    return text.partition(begin)[2].partition(end)[0]


def write_table(bed):
    """Puts the table into the document."""
    text = DOCUMENT.read_text()
    begin, end = MARKERS
    new = text.replace(begin + between_markers(text) + end, begin + table(bed) + end)
    DOCUMENT.write_text(new)
    return f"docs/conformance.md {'is as it was' if new == text else 'has a new table'}"
