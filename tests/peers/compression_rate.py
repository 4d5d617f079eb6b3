"""How fast lines of JSON go up compressed: wsurl beside the clients of python `websockets`, of node `ws`, and wscat.

A sink takes the bytes of each client as they are, and looks at them when the client has ended: every line has to be there.
The rate is that from the first byte of a message to the last one at the sink.

usage: compression_rate.py WSURL STATE
"""

import base64
import hashlib
import json
import os
import pathlib
import random
import socket
import struct
import subprocess
import sys
import threading
import time
import zlib

CLIENTS = pathlib.Path(__file__).resolve().parent / "servers"
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
LINES = 2_000_000
CLOSE = 8  # bytes of a Close frame with a code, or the opcode of one


def log_lines(path):
    """Lines of a server's log, of about 100 bytes each, the same in every run."""
    pick = random.Random(4)
    paths = ["/api/v1/users", "/api/v1/orders", "/health", "/login", "/static/app.js", "/metrics", "/api/v2/search"]
    at = 1_790_000_000.0
    with path.open("w") as file:
        for _ in range(LINES):
            at += pick.expovariate(300)
            line = {
                "ts": round(at, 3),
                "level": pick.choice(["info"] * 8 + ["warn", "error"]),
                "path": pick.choice(paths),
                "status": pick.choice([200] * 9 + [404, 500]),
                "ms": int(pick.lognormvariate(3, 1)),
                "ip": f"10.{pick.randrange(4)}.{pick.randrange(256)}.{pick.randrange(256)}",
            }
            file.write(json.dumps(line, separators=(",", ":")) + "\n")


class Sink:
    """A server that agrees to compression, keeps what one client sends, and answers its Close."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"ws://127.0.0.1:{self.listener.getsockname()[1]}/"
        self.chunks = []  # (time, bytes)
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        client, _ = self.listener.accept()
        head = b""
        while b"\r\n\r\n" not in head:
            head += client.recv(4096)
        key = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key:"))
        accept = base64.b64encode(hashlib.sha1(key.partition(b":")[2].strip() + GUID).digest())
        fields = [b"HTTP/1.1 101 ok", b"Upgrade: websocket", b"Connection: Upgrade", b"Sec-WebSocket-Accept: " + accept]
        client.sendall(b"\r\n".join([*fields, b"Sec-WebSocket-Extensions: permessage-deflate", b"", b""]))
        client.settimeout(60)
        while chunk := client.recv(1 << 20):
            self.chunks.append((time.monotonic(), chunk))
            if self.may_end_in_close(client):
                client.sendall(b"\x88\x02\x03\xe8")
                break
        client.close()

    def may_end_in_close(self, client):
        """Whether the last bytes look like a Close, and none follow."""
        tail = b"".join(chunk for _, chunk in self.chunks[-2:])[-CLOSE:]
        if tail[:1] != b"\x88" and tail[-6:-4] != b"\x88\x80":
            return False
        client.settimeout(0.3)
        try:
            return not client.recv(1, socket.MSG_PEEK)
        except TimeoutError:
            return True
        finally:
            client.settimeout(60)

    def seconds(self):
        times = [at for at, chunk in self.chunks if len(chunk) > CLOSE]
        return times[-1] - times[0]

    def messages(self):
        data, at = memoryview(b"".join(chunk for _, chunk in self.chunks)), 0
        inflate = zlib.decompressobj(-15)
        while at < len(data):
            first, size, at = data[at], data[at + 1] & 0x7F, at + 2
            if size == 126:
                size, at = struct.unpack(">H", data[at : at + 2])[0], at + 2
            key, payload = bytes(data[at : at + 4]), bytes(data[at + 4 : at + 4 + size])
            at += 4 + size
            mask = (key * (size // 4 + 1))[:size]
            payload = (int.from_bytes(payload, "big") ^ int.from_bytes(mask, "big")).to_bytes(size, "big")
            if first & 0x0F == CLOSE:
                return
            yield inflate.decompress(payload + b"\0\0\xff\xff") if first & 0x40 else payload


def race(name, command, lines, count, feed):
    """Runs one client with so many lines, and prints its row."""
    sink, memory = Sink(), lines.with_name("memory")
    limit = f"head -n {count} {lines}"
    script = f"{{ sleep 2; {limit}; sleep 30; }}" if feed == "slow" else limit
    # GNU time starts the client, because a child of this process would count this process's memory as its own.
    script += f' | /usr/bin/time -f %M -o {memory} "$@" >/dev/null'
    subprocess.run(["bash", "-c", script, "bash", *map(str, command), sink.url], timeout=300, check=True)
    sink.thread.join(70)
    digest = hashlib.sha256()
    for message in sink.messages():
        digest.update(message + b"\n")
    expected = subprocess.run(["bash", "-c", limit], capture_output=True, check=True).stdout
    whole = digest.digest() == hashlib.sha256(expected).digest()
    share = sum(len(chunk) for _, chunk in sink.chunks) / len(expected)
    rate, peak = count / sink.seconds(), int(memory.read_text().split()[-1]) / 1024
    row = f"{name:<20} {rate:>12,.0f} lines/s, {share:.0%} of the bytes, {peak:.1f} MiB at the peak"
    print(row if whole else f"{row}: NOT WHOLE", flush=True)
    return whole


def main(wsurl, state):
    state = pathlib.Path(state)
    lines = state / "lines.jsonl"
    if not lines.exists():
        log_lines(lines)
    os.environ["NODE_PATH"] = modules = str(state / "node" / "node_modules")
    clients = [
        ("wsurl", [wsurl, "send", "--compress", "--expect", "0"], LINES, ""),
        ("python websockets", [sys.executable, CLIENTS / "compressing_client.py"], LINES // 10, ""),
        ("node ws", ["node", CLIENTS / "compressing_client.js"], LINES // 10, ""),
        # wscat loses what it reads before it is connected, and ends with its input.
        ("wscat", ["node", f"{modules}/wscat/bin/wscat", "--no-color", "-c"], LINES // 100, "slow"),
    ]
    results = [race(name, command, lines, count, feed) for name, command, count, feed in clients]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
