"""The cases of permessage-deflate (RFC 7692) against servers that compress with zlib: every size, window and context."""

import json

from bed import case
from harness import MIB, check, same

COMPRESSING = ["python", "node", "python-wss", "node-wss", "nginx", "nginx-wss"]
PARAMETERS = [
    "",
    "client_max_window_bits",
    "client_no_context_takeover",
    "server_no_context_takeover",
    "client_no_context_takeover; server_no_context_takeover",
]


def echoed(bed, params, *args):
    """What an echo test reports of its compression, after every message has come back as it was."""
    (report,) = bed.report("echo-test", f"--compress={params}", *args, *bed.dial())
    same("verdict and status", (report["verdict"], report["status"]), ("ok", "success"))
    same("the messages that came back", report["echoed"], report["sent"])
    return report["compression"]


@case(*COMPRESSING)
def compressed_messages_of_every_size_come_back(bed):
    for params in PARAMETERS:
        for kind in ("-t", "-b"):
            compression = echoed(bed, params, kind, "--sizes", "-n", 3)
            check(compression is not None, f"the server does not agree to {params!r}")
            if kind == "-t":
                for direction in ("sent", "received"):
                    ratio = compression[direction]["ratio"]
                    check(ratio < 0.75, f"{params!r}: text that was {direction} has only shrunk to {ratio}")


@case(*COMPRESSING)
def every_window_is_kept_to(bed):
    for bits in range(9, 16):
        params = f"client_max_window_bits={bits}; server_max_window_bits={bits}"
        compression = echoed(bed, params, "--size", MIB, "-n", 3)
        check(compression is not None, f"the server does not agree to {params!r}")
    smallest = "client_max_window_bits=8; server_max_window_bits=8"
    if bed.peer.startswith("node"):
        compression = echoed(bed, smallest, "--size", MIB, "-n", 3)
        check(compression is not None, "the server does not agree to the smallest windows")
    else:
        # websockets asks zlib for a window that it does not have, and fails.
        bed.wsurl.run("echo-test", f"--compress={smallest}", *bed.dial()).exits(22)


@case(*COMPRESSING)
def compressed_lines_come_back_in_one_context(bed):
    lines = b"".join(b'{"number": %d, "text": "a line like all the others"}\n' % number for number in range(20_000))
    run = bed.wsurl.run("send", "--compress", "-w", "%{stderr}%{json}", *bed.dial(), stdin=lines).exits(0)
    same("the lines", run.stdout, lines)
    check("permessage-deflate" in json.loads(run.stderr)["extensions"], "it was not agreed on")


@case(*COMPRESSING)
def one_compressed_message_of_any_size_is_stored(bed):
    data = (b"0123456789abcdef" * 4096 + bytes(4096)) * 256
    options = ["--single-message", "--expect", 1, "-s"]
    run = bed.wsurl.run("stream", "--compress", *options, *bed.dial(), stdin=data).exits(0)
    same("the size of what came back", len(run.stdout), len(data))
    check(run.stdout == data, "other bytes came back")
