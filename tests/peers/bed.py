"""What every case gets: the servers, the program, and the events that belong to its runs."""

import contextlib
import hashlib
import json
import os
import socket
import sys
from urllib.parse import urlencode

from harness import HERE, MIB, Nginx, Server, Wsurl, check, make_certificates, same

LARGE = int(os.environ.get("PEERS_MIB", "1024")) * MIB
CASES = []


def case(*peers):
    def register(function):
        CASES.extend((function, peer) for peer in peers)
        return function

    return register


class Bed:
    """The servers, the program, and what one case needs of them."""

    def __init__(self, binary, folder, node_path):
        self.folder = folder
        self.certs = make_certificates(folder / "certs")
        self.ca = self.certs / "ca.pem"
        self.wsurl = Wsurl(binary, folder)
        self.node_path = node_path
        self.stack = contextlib.ExitStack()
        self.started = {}
        self.pair = [self.certs / "leaf.pem", self.certs / "leaf.key"]
        try:
            self.python = self.up(self.python_server("--unix", "python.sock"))
            env = os.environ | {"NODE_PATH": str(self.node_path)}
            self.node = self.up(Server(["node", HERE / "servers" / "node_peer.js", *self.pair], env=env))
            upstreams = {
                "UPSTREAM": self.python.ports["ws"],
                "PLAIN_PYTHON": self.python.ports["plain"],
                "PLAIN_NODE": self.node.ports["plain"],
            }
            self.nginx = self.up(Nginx(folder / "nginx", self.certs, **upstreams))
            self.closed_port = self.bind_without_listening()
        except BaseException:
            self.stack.close()
            raise
        self.bases = {
            "python": f"ws://127.0.0.1:{self.python.ports['ws']}",
            "python-keepalive": f"ws://127.0.0.1:{self.python.ports['keepalive']}",
            "python-wss": f"wss://localhost:{self.python.ports['wss']}",
            "node": f"ws://127.0.0.1:{self.node.ports['ws']}",
            "node-wss": f"wss://localhost:{self.node.ports['wss']}",
            "nginx": f"ws://127.0.0.1:{self.nginx.ports['PLAIN']}",
            "nginx-wss": f"wss://localhost:{self.nginx.ports['TLS']}",
            "nginx-mtls": f"wss://localhost:{self.nginx.ports['MTLS']}",
            "nginx-tls12": f"wss://localhost:{self.nginx.ports['TLS12']}",
        }
        self.count = 0

    def up(self, server):
        self.stack.callback(server.stop)
        return server

    def once(self, start):
        """The server that `start` starts, for the first case that asks for it and for those after it."""
        if start not in self.started:
            self.started[start] = self.up(start(self))
        return self.started[start]

    def python_server(self, *options):
        command = [sys.executable, HERE / "servers" / "python_peer.py", *self.pair, *options]
        return Server(command, cwd=self.folder)

    def bind_without_listening(self):
        """A port that refuses connections for the whole run."""
        sock = self.stack.enter_context(socket.socket())
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]

    def aim(self, peer):
        """The next run is against this peer, and its events are told from those of other runs."""
        self.peer = peer
        self.count += 1
        self.tag = f"{self.count}"

    def url(self, path="/echo", at=None, **query):
        return f"{self.bases[at or self.peer]}{path}?{urlencode(query | {'case': self.tag})}"

    def dial(self, path="/echo", at=None, **query):
        """The arguments that reach a path of the peer, or of the server `at` behind it."""
        url = self.url(path, at, **query)
        trust = ["--cacert", self.ca] if url.startswith("wss:") else []
        return [*trust, url]

    def seen(self, name="closed"):
        """What the server says of the session that has just ended."""
        server = self.node if self.peer.startswith("node") else self.python
        return server.event(name, self.tag)

    def report(self, command, *args, status=0, **options):
        """The JSON reports of a `probe` or `echo-test`, one for each URL."""
        run = self.wsurl.run(command, "--report", "json", *args, **options).exits(status)
        return [json.loads(line) for line in run.stdout.splitlines()]

    def file(self, size):
        """A file of random bytes."""
        path = self.folder / f"random-{size}"
        if not path.exists():
            with path.open("wb") as file:
                for at in range(0, size, 16 * MIB):
                    file.write(os.urandom(min(16 * MIB, size - at)))
        return path


def sha256(path):
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() if hasattr(hashlib, "file_digest") else slow_sha256(file)


def slow_sha256(file):
    digest = hashlib.sha256()
    while chunk := file.read(MIB):
        digest.update(chunk)
    return digest.hexdigest()


def same_file(back, sent):
    check(back.exists(), f"{back.name} is missing")
    same("the size of what came back", back.stat().st_size, sent.stat().st_size)
    same("the SHA-256 of what came back", sha256(back), sha256(sent))
    back.unlink()
