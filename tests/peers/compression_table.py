"""What servers answer to the parameters of permessage-deflate, measured with `wsurl echo-test`, as a table.

usage: compression_table.py WSURL STATE DOCUMENT
"""

import json
import os
import pathlib
import re
import subprocess
import sys

SERVERS = pathlib.Path(__file__).resolve().parent / "servers"
MARKERS = ("<!-- compression -->\n", "<!-- /compression -->\n")
LADDER = "0,1,125,126,65535,65536,1M"

# Server, its name in the table.
COLUMNS = [
    ("websockets", "python websockets"),
    ("ws", "node ws"),
    ("aiohttp", "aiohttp"),
    ("tornado", "tornado"),
    ("uwebsockets", "uWebSockets (socketify)"),
    ("bun", "Bun"),
]
BOTH_WINDOWS = "client_max_window_bits={0}; server_max_window_bits={0}"
# The question, and the offers of which each has to hold.
ROWS = [
    ("`--compress`", ["client_max_window_bits"]),
    ("no parameters", [""]),
    ("`client_no_context_takeover`", ["client_no_context_takeover"]),
    ("`server_no_context_takeover`", ["server_no_context_takeover"]),
    ("both windows of 9 to 14", [BOTH_WINDOWS.format(bits) for bits in range(9, 15)]),
    ("both windows of 15", [BOTH_WINDOWS.format(15)]),
    ("`client_max_window_bits=8`", ["client_max_window_bits=8"]),
    ("`server_max_window_bits=8`", ["server_max_window_bits=8"]),
]
SIZES = [("0 to 64 MiB, context kept", ""), ("0 to 64 MiB, context not kept", "client_no_context_takeover")]


class Server:
    def __init__(self, name, state):
        env = os.environ | {"NODE_PATH": str(state / "node" / "node_modules")}
        bun = state / "node" / "node_modules" / "bun" / "bin" / "bun.exe"
        command = {
            "ws": ["node", SERVERS / "compressing.js"],
            "bun": [bun, SERVERS / "compressing.js"],
        }.get(name, [sys.executable, SERVERS / "compressing.py", name])
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen(command, env=env, text=True, **pipes)
        port, self.version = self.process.stdout.readline().split()
        self.url = f"ws://127.0.0.1:{port}/"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def echo_test(wsurl, server, offer, *options):
    """What comes of messages of all sizes in text and binary: the parameters agreed on, or why it failed."""
    for kind in ("-t", "-b"):
        patience = ["--connect-timeout", "3m", "--receive-timeout", "3m", "-m", "10m"]
        command = [wsurl, "echo-test", f"--compress={offer}", kind, *options, *patience, "--report", "json", server.url]
        run = subprocess.run(command, capture_output=True, text=True, timeout=700)
        if run.returncode != 0:
            return reason(run.returncode, run.stderr)
        compression = json.loads(run.stdout)["compression"]
    return f"`{compression['agreed'].removeprefix('permessage-deflate').lstrip('; ')}`" if compression else "declined"


def reason(code, stderr):
    """Why a run failed, in the words of a cell."""
    error = stderr.splitlines()[0]
    if status := re.search(r"answered the upgrade with (\d+)", error):
        return f"**refused**: {status[1]}"
    if code == 112:
        return f"**112**: {error.partition('opening handshake: ')[2] or error}"
    return f"**failed**: {error}"


def cell(wsurl, server, offers):
    """The answers to all offers, of which equal ones are told once."""
    answers = [echo_test(wsurl, server, offer, "--sizes=" + LADDER, "-n", "2") for offer in offers]
    if len(answers) > 1 and all(kept(offer, answer) for offer, answer in zip(offers, answers, strict=True)):
        return "as offered, or smaller"
    return ", ".join(dict.fromkeys("yes" if answer == "``" else answer for answer in answers))


def kept(offer, answer):
    """Whether the answer limits both windows as offered, or further."""
    limits = [re.search(rf"{side}_max_window_bits=(\d+)", answer) for side in ("client", "server")]
    offered = int(offer.rpartition("=")[2])
    return all(limit and int(limit[1]) <= offered for limit in limits)


def measure(wsurl, state):
    columns = []
    for name, title in COLUMNS:
        with Server(name, state) as server:
            cells = [f"{title} {server.version}"]
            for question, offers in ROWS:
                cells.append(cell(wsurl, server, offers))
                print(f"{name}: {question}: {cells[-1]}", file=sys.stderr, flush=True)
            for question, offer in SIZES:
                answer = echo_test(wsurl, server, offer, "--sizes=0,1,1000,64K,1M,16M,64M", "-n", "1")
                cells.append("all came back" if answer.startswith("`") else answer)
                print(f"{name}: {question}: {cells[-1]}", file=sys.stderr, flush=True)
            columns.append(cells)
    titles = ["offered", *(question for question, _ in ROWS + SIZES)]
    lines = [f"| {' | '.join(row)} |\n" for row in zip(titles, *columns, strict=True)]
    return "".join([lines[0], "|---" * (len(COLUMNS) + 1) + "|\n", *lines[1:]])


def main(wsurl, state, document):
    table = measure(wsurl, pathlib.Path(state))
    path = pathlib.Path(document)
    before, begin, rest = path.read_text().partition(MARKERS[0])
    _, end, after = rest.partition(MARKERS[1])
    path.write_text(before + begin + table + end + after)
    return 1 if "**failed**" in table else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
