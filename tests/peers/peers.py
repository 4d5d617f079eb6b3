"""Runs wsurl against servers that others wrote: python `websockets`, node `ws`, nginx, proxies, and odd TLS servers.

usage: peers.py WSURL FOLDER NODE_PATH [REGEX | --conformance-table]

The cases of this file are those of sessions; the files that it imports hold the others.

Each case is a function over one peer; it raises Failed when something does not hold. REGEX picks cases by
`name/peer`. PEERS_MIB says how large the large uploads are (1024). --conformance-table writes that of docs/conformance.md.
"""

import base64
import contextlib
import fcntl
import json
import os
import pathlib
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time

import compression  # noqa: F401  (these register their cases)
import conformance
import endpoints  # noqa: F401
import origins  # noqa: F401
import proxies  # noqa: F401
import recipes  # noqa: F401
import reports  # noqa: F401
import tls_peers  # noqa: F401
from bed import CASES, LARGE, Bed, case, same_file, sha256
from harness import MIB, Child, Failed, check, same

CASE_LIMIT = 180  # seconds; the backstop behind each run's own limit
PLAIN = ["python", "node"]
TLS = ["python-wss", "node-wss", "nginx-wss"]


# Message mode


@case(*PLAIN, *TLS)
def pipeline_ends_within_100_ms_of_the_last_reply(bed):
    with bed.wsurl.start("send", *bed.dial()) as child:
        child.stdin.write(b"a\nb\n")
        child.stdin.close()
        same("stdout", child.receive(4), b"a\nb\n")
        replied = time.monotonic()
        same("exit", child.wait(10), 0)
        late = (time.monotonic() - replied) * 1000
        check(late <= 100, f"it ended {late:.0f} ms after the second reply")
        same("the rest of stdout", child.stdout.read(), b"")
        same("stderr", child.stderr.read(), b"")
    same("the close code that the server saw", bed.seen()["code"], 1000)


@case(*PLAIN, "nginx-wss")
def json_through_a_fifo_is_a_faithful_echo_client(bed):
    script = """
        rm -f p && mkfifo p
        set +e
        "$WSURL" send -f --framing json "$@" < p | tee p | wc -l
        exit "${PIPESTATUS[0]}"
    """
    args = " ".join(f"'{arg}'" for arg in bed.dial("/sender"))
    run = bed.wsurl.shell(f"set -- {args}\n{script}", limit=120).exits(0)
    seen = bed.seen("sender")
    same("what differed", seen["fault"], None)
    same("the messages checked", seen["checked"], 8 * 4 + 200)
    same("the lines on stdout (messages and the close)", int(run.stdout), seen["checked"] + 1)
    same("the close code that the server saw", bed.seen()["code"], 1000)


@case(*PLAIN, "nginx-wss")
def thousand_messages_in_order(bed):
    lines = "".join(f"message {number}\n" for number in range(1000))
    bed.wsurl.run("send", *bed.dial(), stdin=lines.encode()).exits(0).prints(lines)
    same("the messages that the server saw", bed.seen()["messages"], 1000)


@case(*PLAIN)
def empty_messages_are_messages(bed):
    bed.wsurl.run("send", *bed.dial(), stdin=b"\n\na\n\n").exits(0).prints("\n\na\n\n")
    same("the messages that the server saw", bed.seen()["messages"], 4)


@case(*PLAIN)
def empty_input_taken_whole_is_one_empty_message(bed):
    bed.wsurl.run("send", "--framing", "whole", *bed.dial()).exits(0).prints("")
    seen = bed.seen()
    same("messages and bytes that the server saw", (seen["messages"], seen["bytes"]), (1, 0))


@case("python", "nginx-wss")
def late_reply_is_awaited(bed):
    run = bed.wsurl.run("send", *bed.dial("/slow", ms=700), stdin=b"hi\n").exits(0).prints("hi\n")
    check(0.7 <= run.seconds < 1.2, f"it took {run.seconds:.2f} s")


@case("python")
def lockstep_waits_for_each_reply(bed):
    lines = "".join(f"{number}\n" for number in range(20))
    run = bed.wsurl.run("send", "--lockstep", *bed.dial("/slow", ms=20), stdin=lines.encode()).exits(0).prints(lines)
    check(run.seconds >= 0.4, f"20 rounds of 20 ms took {run.seconds:.2f} s")


@case("python", "nginx-wss")
def greeting_is_expected_without_sending(bed):
    bed.wsurl.run("send", "--expect", 1, *bed.dial("/greet")).exits(0).prints("hello\n")
    bed.wsurl.run("send", "--expect", 2, *bed.dial("/greet"), "hi").exits(0).prints("hello\nhi\n")


@case("python", "nginx-wss")
def head_ends_an_endless_ticker_quietly(bed):
    args = " ".join(f"'{arg}'" for arg in bed.dial("/ticker"))
    run = bed.wsurl.shell(f'"$WSURL" send -f {args} </dev/null | head -1\necho "${{PIPESTATUS[@]}}"', limit=10)
    run.exits(0).prints("tick 0\n0 0\n")
    same("stderr", run.stderr, "")


@case("node")
def fragments_that_cut_characters_are_joined(bed):
    lines = "é€😀\n" * 50 + "😀" * 10_000 + "\n"
    bed.wsurl.run("send", *bed.dial("/fragment", size=3), stdin=lines.encode()).exits(0).prints(lines)


@case(*PLAIN, *TLS)
def message_of_64_mib_comes_back(bed):
    sent, back = bed.file(64 * MIB), bed.folder / "back"
    with back.open("wb") as out:
        bed.wsurl.run("send", "-b", "--framing", "whole", *bed.dial(), stdin=sent, stdout=out, limit=60).exits(0)
    same_file(back, sent)
    same("the largest message that the server saw", bed.seen()["largest"], 64 * MIB)


@case("python", "nginx-wss")
def binary_json_lines_are_played_back(bed):
    payloads = [bytes([number]) * number for number in range(256)]
    lines = [{"type": "binary", "base64": base64.b64encode(data).decode()} for data in payloads]
    lines.append({"type": "text", "data": "play"})
    stdin = "".join(json.dumps(line) + "\n" for line in lines).encode()
    run = bed.wsurl.run("send", "-f", "--framing", "json", *bed.dial("/playback"), stdin=stdin).exits(0)
    *messages, close = map(json.loads, run.stdout.splitlines())
    same("what came back", [base64.b64decode(message["base64"]) for message in messages], payloads)
    same("the sizes told", [message["size"] for message in messages], list(map(len, payloads)))
    same("the last line", (close["type"], close["code"]), ("close", 1000))


# Stream mode


@case("python-wss", "nginx-wss")
def large_upload_is_played_back(bed):
    sent, back = bed.file(LARGE), bed.folder / "back"
    args = ["stream", "-T", sent, "-o", back, "-f", "--chunk-size", "1M", "--digest", "sha256"]
    run = bed.wsurl.run(*args, *bed.dial("/playback", bytes=LARGE), limit=120).exits(0).prints("")
    run.says(sha256(sent))
    same_file(back, sent)
    same("the bytes that the server saw", bed.seen()["bytes"], LARGE)


@case("node", "node-wss")
def large_upload_is_echoed(bed):
    sent, back = bed.file(LARGE), bed.folder / "back"
    args = ["stream", "-T", sent, "-o", back, "--expect", LARGE // MIB, "--chunk-size", "1M"]
    bed.wsurl.run(*args, *bed.dial(), limit=120).exits(0).prints("")
    same_file(back, sent)


@case(*PLAIN, "nginx-wss")
def single_message_of_64_mib_is_one_message(bed):
    sent, back = bed.file(64 * MIB), bed.folder / "back"
    args = ["stream", "--single-message", "-T", sent, "-o", back, "--expect", 1]
    bed.wsurl.run(*args, *bed.dial(), limit=60).exits(0)
    same_file(back, sent)
    seen = bed.seen()
    same("messages and bytes that the server saw", (seen["messages"], seen["bytes"]), (1, 64 * MIB))


@case(*PLAIN)
def single_message_from_a_pipe_is_one_message(bed):
    sent = bed.file(8 * MIB)
    script = f"cat '{sent}' | \"$WSURL\" stream --single-message --expect 1 '{bed.url()}' | cmp - '{sent}'"
    bed.wsurl.shell(script, limit=30).exits(0)
    seen = bed.seen()
    same("messages and bytes that the server saw", (seen["messages"], seen["bytes"]), (1, 8 * MIB))


@case(*PLAIN)
def empty_file_is_one_empty_message(bed):
    empty = bed.file(0)
    bed.wsurl.run("stream", "--single-message", "-T", empty, "--expect", 1, *bed.dial()).exits(0).prints("")
    same("the messages that the server saw", bed.seen()["messages"], 1)


@case("node")
def fragments_are_written_as_they_come(bed):
    sent, back = bed.file(8 * MIB), bed.folder / "back"
    args = ["stream", "-T", sent, "-o", back, "--expect", 8, "--chunk-size", "1M"]
    bed.wsurl.run(*args, *bed.dial("/fragment", size=1000), limit=30).exits(0)
    same_file(back, sent)


@case("python-wss")
def progress_bar_fits_80_columns(bed):
    terminal, end = pty.openpty()
    fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    env = bed.wsurl.env | {"TERM": "xterm-256color"}
    command = [bed.wsurl.binary, "stream", "-T", bed.file(8 * MIB), "--limit-rate", "8M", *bed.dial()]
    command = list(map(str, command))
    with Child(command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=end) as child:
        os.close(end)
        shown = read_terminal(terminal)
        same("exit", child.wait(10), 0)
    check("%" in shown, f"no share is shown: {shown[-200:]!r}")
    lines = re.split(r"[\r\n]+", re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown))
    # The line that sums up at the end may wrap: nothing is drawn over it.
    lines = [line for line in lines if not line.startswith("sent ")]
    widest = max(lines, key=len)
    check(len(widest) <= 80, f"a line of {len(widest)} columns: {widest!r}")


@case(*PLAIN)
def terminal_is_typed_on_and_not_commanded(bed):
    terminal, end = pty.openpty()
    with bed.wsurl.start("send", *bed.dial(), stdin=end, stdout=end, stderr=end) as child:
        os.close(end)
        os.write(terminal, b"red \x1b[31m\n")
        # The reply comes while the input is open; only then the end of it is typed.
        shown = read_terminal_until(terminal, "red \\u{1b}[31m")
        os.write(terminal, b"\x04")
        shown += read_terminal(terminal)
        same("exit", child.wait(10), 0)
    check("\x1b" not in shown, f"the terminal was sent an escape: {shown!r}")


def read_terminal_until(terminal, mark, limit=10):
    """All that is written to it up to where it holds this text."""
    shown, deadline = "", time.monotonic() + limit
    while mark not in shown:
        ready, _, _ = select.select([terminal], [], [], max(0, deadline - time.monotonic()))
        check(ready, f"the terminal shows {shown!r} after {limit} s")
        shown += os.read(terminal, 65536).decode()
    return shown


def read_terminal(terminal):
    """All that is written to it; its end is an error where the other side is closed."""
    shown = b""
    with contextlib.suppress(OSError):
        while chunk := os.read(terminal, 65536):
            shown += chunk
    os.close(terminal)
    return shown.decode()


# The opening handshake


@case("python", "nginx-wss")
def subprotocol_is_the_servers_choice(bed):
    names = ["--subprotocol", "chat.v9", "--subprotocol", "chat.v1", "-w", "%{stderr}chosen: %{subprotocol}\n"]
    run = bed.wsurl.run("send", *names, "--expect", 1, *bed.dial("/subprotocol"))
    run.exits(0).prints("chat.v1\n").says("chosen: chat.v1\n")


@case("python", "nginx-wss")
def refusal_is_explained_with_its_body(bed):
    run = bed.wsurl.run("send", *bed.dial("/forbidden"), "hi").exits(22).prints("")
    run.says("wsurl: error: ", "403 Forbidden", "no entry without a badge")


@case(*TLS)
def certificate_of_our_ca_is_accepted(bed):
    bed.wsurl.run("send", "--cacert", bed.ca, bed.url(), "hi").exits(0).prints("hi\n")
    by_address = bed.url().replace("localhost", "127.0.0.1")
    bed.wsurl.run("send", "--cacert", bed.ca, by_address, "hi").exits(0).prints("hi\n")


@case("python-wss")
def ipv6_literal_is_reached_and_verified(bed):
    host = "[::1]" if bed.python.ports["ipv6"] else "localhost"
    bed.wsurl.run("send", "--cacert", bed.ca, bed.url().replace("localhost", host), "hi").exits(0).prints("hi\n")


@case(*TLS)
def unknown_certificate_is_refused_but_with_insecure(bed):
    bed.wsurl.run("send", bed.url(), "hi").exits(60).prints("").says("wsurl: error: ")
    bed.wsurl.run("send", "-k", bed.url(), "hi").exits(0).prints("hi\n")


@case(*TLS)
def certificate_of_another_name_is_refused(bed):
    wrong = ["--cacert", bed.ca, "--tls-domain", "elsewhere.example"]
    bed.wsurl.run("send", *wrong, bed.url(), "hi").exits(60).prints("").says("wsurl: error: ")


# Control frames and the end


@case(*PLAIN, "nginx-wss")
def close_4001_ends_a_session_whose_stdin_stays_open(bed):
    check_close(bed, bed.dial("/close", code=4001, reason="go away", after=100), 110, "4001", "go away")


@case(*PLAIN)
def close_1000_by_the_server_is_success(bed):
    check_close(bed, ["-f", *bed.dial("/close", code=1000, reason="", after=100)], 0)


def check_close(bed, dial, status, *texts):
    for command in ("send", "stream"):
        with bed.wsurl.start(command, *dial) as child:
            same("exit", child.wait(5), status)
            same("stdout", child.stdout.read(), b"")
            stderr = child.stderr.read().decode()
            check(all(text in stderr for text in texts), f"stderr lacks one of {texts}: {stderr!r}")


@case(*PLAIN, "nginx-wss")
def interrupt_closes_with_1001(bed):
    for name, status in (("SIGINT", 130), ("SIGTERM", 143)):
        bed.aim(bed.peer)
        with bed.wsurl.start("stream", *bed.dial()) as child:
            child.stdin.write(b"x")
            child.stdin.flush()
            same("the echo", child.receive(1), b"x")
            child.send_signal(signal.Signals[name])
            same("exit", child.wait(5), status)
            stderr = child.stderr.read().decode()
            check(f"interrupted by {name}" in stderr, f"stderr is {stderr!r}")
        same("the close code that the server saw", bed.seen()["code"], 1001)


@case("python-keepalive")
def pings_of_the_server_are_answered(bed):
    hold(bed, bed.dial(), 3)
    seen = bed.seen()
    same("the close code that the server saw", seen["code"], 1000)
    check(seen["latency"] > 0, "the server got no pong")


@case("node")
def pongs_carry_the_payload_of_the_ping(bed):
    hold(bed, bed.dial("/pinged"), 1.5)
    seen = bed.seen("pinged")
    check(seen["answered"] >= max(10, seen["sent"] - 1), f"{seen['answered']} of {seen['sent']} pings were answered")


def hold(bed, dial, seconds):
    """A session that says nothing for a while, and then ends in order."""
    with bed.wsurl.start("stream", *dial) as child:
        try:
            child.wait(seconds)
            raise Failed(f"it ended early; stderr: {child.stderr.read()!r}")
        except subprocess.TimeoutExpired:
            child.end().exits(0)


@case(*PLAIN, "nginx-wss")
def our_pings_are_answered(bed):
    pings = ["--ping-interval", "100ms", "--ping-timeout", "500ms", "--wait", "1s"]
    run = bed.wsurl.run("send", *pings, *bed.dial(), "hi").exits(0).prints("hi\n")
    check(run.seconds >= 1, f"it took {run.seconds:.2f} s, not the quiet second")


# The run


def run_case(bed, function, peer):
    """The reason why it failed, if it did, and its milliseconds."""
    bed.aim(peer)
    began = time.monotonic()
    signal.alarm(CASE_LIMIT)
    try:
        function(bed)
        reason = None
    except Failed as failed:
        reason = str(failed)
    except Exception as error:  # noqa: BLE001  a fault of one case must not hide the others' verdicts
        reason = f"{type(error).__name__}: {error}"
    finally:
        signal.alarm(0)
    return reason, (time.monotonic() - began) * 1000


def run_cases(bed, pattern):
    picked = [(function, peer) for function, peer in CASES if re.search(pattern, f"{function.__name__}/{peer}")]
    failed = 0
    print(f"{'case':<52} {'peer':<17} {'verdict':<7} {'ms':>7}")
    for function, peer in picked:
        reason, took = run_case(bed, function, peer)
        failed += reason is not None
        name = function.__name__.replace("_", " ")
        print(f"{name:<52} {peer:<17} {'FAILED' if reason else 'passed':<7} {took:>7.0f}", flush=True)
        if reason:
            print(f"    {reason}", flush=True)
    print(f"{len(picked) - failed} passed, {failed} failed", flush=True)
    return 0 if picked and not failed else 1


def on_alarm(*_):
    raise Failed(f"not done after {CASE_LIMIT} s")


def main(binary, folder, node_path, pattern=""):
    signal.signal(signal.SIGALRM, on_alarm)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(dir=folder, prefix="run-") as work:
        bed = Bed(binary, pathlib.Path(work), node_path)
        with bed.stack:
            if pattern != "--conformance-table":
                return run_cases(bed, pattern)
            print(conformance.write_table(bed))
            return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
