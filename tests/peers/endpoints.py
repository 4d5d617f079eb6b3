"""The cases of `probe` and `echo-test` against servers and proxies that others wrote."""

import contextlib
import re
import threading

from bed import case
from harness import MIB, PASSWORD, USER, check, free_ports, same
from proxies import proxy

ECHOES = ["python", "node", "nginx", "nginx-wss"]
LADDER = [0, 1, 125, 126, 127, 65535, 65536, 65537, MIB]
OPEN = ["ping", "message", "close"]  # the phases that need a WebSocket


def phases(report):
    return {phase["name"]: phase["verdict"] for phase in report["phases"]}


def all_ok(report, *names):
    same("the phases", phases(report), dict.fromkeys(names, "ok"))


# probe


@case("nginx-wss", "python-wss", "node-wss")
def probe_of_wss_tells_every_phase(bed):
    held = ["--min-cert-days", 1, "-d", "hi", "--expect-text", "hi"]
    (report,) = bed.report("probe", *held, *bed.dial())
    all_ok(report, "resolve", "connect", "tls", "upgrade", *OPEN)
    same("verdict and status", (report["verdict"], report["status"]), ("ok", "success"))
    certificate = report["tls"]["certificate"]
    check("localhost" in certificate["names"], f"the certificate is for {certificate['names']}")
    check(certificate["days_left"] in (1, 2), f"{certificate['days_left']} days are left of two")
    same("the assertions", [assertion["holds"] for assertion in report["assertions"]], [True, True])
    same("the close", report["close"], {"code": 1000, "reason": "", "by": "client"})
    check(0 < report["ping_seconds"] < report["elapsed"] < 5, f"ping and all of it: {report}")
    seen = bed.seen()
    same("code and messages that the server saw", (seen["code"], seen["messages"]), (1000, 1))


@case("nginx-wss")
def report_begins_with_the_verdict_and_is_cut_nowhere(bed):
    bad = ["--min-cert-days", 14, "--expect-header", "Server: ^apache", "-d", "hi", "--expect-json", "/a=1"]
    plain = f"ws://127.0.0.1:{bed.node.ports['plain']}/"
    for args, status, verdict in (
        (["probe", *bed.dial()], 0, "OK    wss://localhost:"),
        (["probe", *bad, *bed.dial()], 1, "FAIL  wss://localhost:"),
        (["probe", "-v", "--conformance", plain], 1, "FAIL  ws://127.0.0.1:"),
        (["echo-test", *bed.dial()], 0, "OK    wss://localhost:"),
        (["echo-test", "--sizes", "--connections", 3, *bed.dial()], 0, "OK    wss://localhost:"),
        (["echo-test", *bed.dial("/ticker")], 1, "FAIL  wss://localhost:"),
    ):
        out = bed.wsurl.run(*args).exits(status).stdout.decode()
        check(out.startswith(verdict), f"stdout begins with {out[:40]!r}")
        # In a pipe, a rule, a check and a line of evidence are a line each, however long. The rest is as narrow as a terminal.
        lines = [line for line in out.splitlines() if not re.match(r"    |  (ok|FAIL) ", line)]
        widest = max(lines, key=len)
        check(len(widest) <= 80, f"a line of {len(widest)} columns: {widest!r}")
        cut = [line for line in out.splitlines() if line.endswith("...")]
        check(not cut, f"lines that are cut: {cut}")


@case("nginx-wss")
def probe_tells_what_is_wrong_with_tls(bed):
    (report,) = bed.report("probe", bed.url(), status=60)
    same("the status", report["status"], "certificate-untrusted")
    wanted = {"resolve": "ok", "connect": "ok", "tls": "failed", "upgrade": "skipped", "ping": "skipped"}
    same("the phases", phases(report), wanted | {"close": "skipped"})
    (report,) = bed.report("probe", "--min-cert-days", 14, *bed.dial(), status=1)
    check("--min-cert-days 14" in report["error"], f"the error is {report['error']!r}")


@case("squid-basic", "squid-digest", "squid-tls", "microsocks-5", "danted-4", "danted-5", "asyncssh-4a", "asyncssh-5")
def probe_through_the_proxy_has_a_phase_for_it(bed):
    (report,) = bed.report("probe", *proxy(bed), *bed.dial(at="nginx-wss"))
    all_ok(report, "resolve", "connect", "proxy", "tls", "upgrade", "ping", "close")
    (report,) = bed.report("probe", *proxy(bed), *bed.dial(at="python"))
    all_ok(report, "resolve", "connect", "proxy", "upgrade", "ping", "close")


@case("squid-basic", "squid-digest", "microsocks-5")
def probe_tells_that_the_proxy_refuses(bed):
    (report,) = bed.report("probe", *proxy(bed, f"{USER}:guessed"), *bed.dial(at="nginx-wss"), status=97)
    seen = phases(report)
    same("the phases", (seen["connect"], seen["proxy"], seen["tls"]), ("ok", "failed", "skipped"))


@case("nginx", "nginx-wss")
def probe_expects_the_status_that_it_is_told(bed):
    plain = {"/private": 401, "/moved": 302, "/absent": 404, "/busy": 503}
    paths = plain if bed.peer == "nginx" else {"/downgrade": 302}
    for path, code in paths.items():
        (report,) = bed.report("probe", "--expect-status", code, *bed.dial(path))
        same("verdict and status code", (report["verdict"], report["http"]["status"]), ("ok", code))
        check(not phases(report).keys() & set(OPEN), f"a refusal has the phases {list(phases(report))}")
        (report,) = bed.report("probe", *bed.dial(path), status=22)
        same("the phase upgrade", phases(report)["upgrade"], "failed")
        check(f" {code} " in report["error"], f"the error is {report['error']!r}")
    (report,) = bed.report("probe", "--expect-status", 404, *bed.dial(), status=1)
    same("what was answered", report["http"]["status"], 101)


@case("nginx")
def probe_follows_and_logs_in_when_told(bed):
    (report,) = bed.report("probe", "-L", *bed.dial("/moved"))
    check("/echo?" in report["url_effective"], f"it ended at {report['url_effective']}")
    (report,) = bed.report("probe", "-u", f"{USER}:{PASSWORD}", *bed.dial("/private"))
    same("the status code", report["http"]["status"], 101)


@case("python", "nginx-wss")
def probe_expects_a_subprotocol(bed):
    (report,) = bed.report("probe", "--expect-subprotocol", "chat.v1", *bed.dial())
    same("the subprotocol", report["subprotocol"], "chat.v1")
    offers = ["--subprotocol", "chat.v9", "--subprotocol", "chat.v2"]
    (report,) = bed.report("probe", *offers, "--expect-subprotocol", "chat.v9", *bed.dial(), status=1)
    same("subprotocol and assertions", (report["subprotocol"], report["assertions"][0]["holds"]), ("chat.v2", False))


@case("python")
def probe_waits_until_the_server_is_ready(bed):
    (port,) = free_ports(1)
    url = f"ws://127.0.0.1:{port}/echo"
    (report,) = bed.report("probe", "--wait-ready", "500ms", url, status=7)
    check("not ready within 500ms (--wait-ready)" in report["error"], f"the error is {report['error']!r}")
    check(re.search(r"\b[2-9] tries: cannot connect", report["error"]), f"the error is {report['error']!r}")
    with contextlib.ExitStack() as stack:
        late = threading.Timer(2, lambda: stack.callback(bed.python_server("--port", str(port)).stop))
        late.start()
        stack.callback(late.join)
        run = bed.wsurl.run("probe", "--wait-ready", "10s", "--report", "json", url).exits(0)
        late.join()
    check(2 <= run.seconds < 5, f"the server was up after 2 s, the probe after {run.seconds:.2f} s")


@case("python")
def probe_of_several_keeps_their_order(bed):
    closed = f"ws://127.0.0.1:{bed.closed_port}/"
    urls = [bed.url(at="node"), closed, bed.url("/forbidden"), bed.url("/slow", ms=300), bed.url()]
    reports = bed.report("probe", "-d", "hi", *urls, status=7)
    same("the order", [report["url"] for report in reports], urls)
    same("the exit codes", [report["exit_code"] for report in reports], [0, 7, 22, 0, 0])


# echo-test


def echoed(report, count):
    outcomes = ("sent", "echoed", "lost", "corrupted", "out_of_order", "duplicated", "unasked")
    same("the messages", [report[name] for name in outcomes], [count, count, 0, 0, 0, 0, 0])


@case(*ECHOES)
def echo_test_of_the_ladder(bed):
    for kind in ("text", "binary"):
        bed.aim(bed.peer)
        (report,) = bed.report("echo-test", f"--{kind}", "--sizes", "-n", 2, *bed.dial())
        echoed(report, 2 * len(LADDER))
        same("the kind", report["kind"], kind)
        same("the sizes", [each["size"] for each in report["by_size"]], LADDER)
        seen = bed.seen()
        same("messages and bytes that the server saw", (seen["messages"], seen["bytes"]), (18, 2 * sum(LADDER)))
        same("the close code that the server saw", seen["code"], 1000)


@case(*ECHOES)
def echo_test_with_everything_under_way(bed):
    load = ["-n", 40, "--size", "2K", "--fragment", 100, "--in-flight", 16, "--connections", 20]
    (report,) = bed.report("echo-test", *load, *bed.dial())
    echoed(report, 20 * 40)
    same("the load", (report["connections"], report["in_flight"], report["fragment"]), (20, 16, 100))


@case("python", "node", "node-wss")
def echo_test_of_a_stream(bed):
    args = ["echo-test", "--mode", "stream", "--size", "64K", "-n", 20, "--in-flight", 4]
    (report,) = bed.report(*args, *bed.dial())
    echoed(report, 20)
    if bed.peer.startswith("node"):  # which can send an echo in messages of another size
        (report,) = bed.report(*args, *bed.dial("/fragment", size=1000))
        echoed(report, 20)


@case("python", "nginx-wss")
def echo_test_passes_over_a_greeting(bed):
    (report,) = bed.report("echo-test", "--greeting", 1, *bed.dial("/greet"))
    echoed(report, 10)
    (report,) = bed.report("echo-test", *bed.dial("/greet"), status=1)
    check("--greeting 1" in report["hint"], f"the hint is {report['hint']!r}")


@case("python", "nginx-wss")
def echo_test_of_what_does_not_echo(bed):
    silent = ["--receive-timeout", "300ms", "-n", 3, *bed.dial("/slow", ms=60_000)]
    for args, status, count in (
        (silent, 28, ("lost", 1)),
        (["-n", 3, *bed.dial("/ticker")], 1, ("corrupted", 3)),
        (bed.dial("/close", code=4001, after=100), 110, ("echoed", 0)),
        (bed.dial("/close", code=1000, after=100), 1, ("echoed", 0)),
        (bed.dial("/forbidden"), 22, ("sent", 0)),
    ):
        run = bed.wsurl.run("echo-test", *args).exits(status).says("wsurl: error: ")
        check(b"FAIL" in run.stdout or status == 22, f"stdout is {run.stdout!r}")
        (report,) = bed.report("echo-test", *args, status=status)
        same("the verdict", report["verdict"], "failed")
        same(f"the messages {count[0]}", report[count[0]], count[1])
