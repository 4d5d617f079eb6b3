"""A WebSocket server that knows what it received: the other side of the fault runs.

The path of the URL says what a connection is for, and under which name its record is kept:
  /sink/NAME             reads messages until the Close
  /source/NAME?BYTES     sends so many bytes, which `payload` repeats, in messages of 64 KiB, then closes with 1000
  /echo/NAME             sends every message back
A record says how many bytes came in whole messages, their SHA-256, and the code of the client's Close (None: there
was none). `python3 peer.py HOST RECORDS [CERTIFICATE KEY]` serves on a port that the system picks, prints the port, and
writes each record to the folder RECORDS.
"""

import base64
import hashlib
import json
import pathlib
import random
import socket
import ssl
import struct
import subprocess
import sys
import threading

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
MESSAGE = 64 * 1024
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def payload(size):
    """The same bytes for the same size, on both sides."""
    return random.Random(size).randbytes(size)


def make_certificate(folder, *names):
    """A certificate for these names, as `DNS:` and `IP:`, which is its own issuer, and its key: two files in `folder`."""
    certificate, key = folder / "cert.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-subj", "/CN=wsurl", "-addext", f"subjectAltName={','.join(names)}", "-days", "7"]
    subprocess.run([*command, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    return certificate, key


def unmask(data, key):
    words = (len(data) + 3) // 4
    mask = int.from_bytes(key * words, "little")
    return (int.from_bytes(data, "little") ^ mask).to_bytes(words * 4, "little")[: len(data)]


class Connection:
    """One WebSocket after its opening handshake."""

    def __init__(self, stream):
        self.stream = stream
        self.reader = stream.makefile("rb", buffering=1 << 18)
        self.record = {"bytes": 0, "messages": 0, "sha256": None, "close": None}
        self.digest = hashlib.sha256()

    def upgrade(self):
        """Answers the opening handshake: the path that was asked for."""
        request = []
        while (line := self.reader.readline().strip()) != b"":
            request.append(line)
        if not request:
            raise EOFError("no request")
        fields = dict(line.split(b": ", 1) for line in request[1:])
        key = next(value for name, value in fields.items() if name.lower() == b"sec-websocket-key")
        accept = base64.b64encode(hashlib.sha1(key + GUID).digest())
        self.stream.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )
        return request[0].split()[1].decode()

    def exactly(self, count):
        data = self.reader.read(count)
        if len(data) < count:
            raise EOFError("the client is gone")
        return data

    def frame(self):
        first, second = self.exactly(2)
        length = second & 0x7F
        if length == 126:
            (length,) = struct.unpack(">H", self.exactly(2))
        elif length == 127:
            (length,) = struct.unpack(">Q", self.exactly(8))
        key = self.exactly(4)
        return first & 0x80 != 0, first & 0x0F, unmask(self.exactly(length), key)

    def send(self, opcode, data):
        length = len(data)
        if length < 126:
            header = struct.pack(">BB", 0x80 | opcode, length)
        elif length < 1 << 16:
            header = struct.pack(">BBH", 0x80 | opcode, 126, length)
        else:
            header = struct.pack(">BBQ", 0x80 | opcode, 127, length)
        self.stream.sendall(header + data)

    def receive(self, echo):
        """Reads messages until the Close, which it answers; None for a Close that was the answer to ours."""
        message, kind = [], BINARY
        while True:
            final, opcode, data = self.frame()
            if opcode == CLOSE:
                self.record["close"] = struct.unpack(">H", data[:2])[0] if data else 1005
                return data
            if opcode == PING:
                self.send(PONG, data)
            if opcode >= CLOSE:
                continue
            kind = opcode or kind
            message.append(data)
            if final:
                whole = b"".join(message)
                message = []
                self.record["bytes"] += len(whole)
                self.record["messages"] += 1
                self.digest.update(whole)
                if echo:
                    self.send(kind, whole)

    def serve(self, path):
        kind, name = path.lstrip("/").split("/", 1)
        if kind == "source":
            data = payload(int(name.split("?")[1]))
            for start in range(0, len(data), MESSAGE):
                self.send(BINARY, data[start : start + MESSAGE])
            self.send(CLOSE, struct.pack(">H", 1000))
            self.receive(echo=False)
        else:
            self.send(CLOSE, self.receive(echo=kind == "echo"))
        # The client closes after that.
        self.reader.read()


class Peer:
    """The server, one thread a connection."""

    def __init__(self, host, certificate=None, records=None):
        self.listener = socket.create_server((host, 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.records, self.known = {}, threading.Condition()
        self.folder = records and pathlib.Path(records)
        self.context = None
        if certificate:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(*certificate)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            stream, _ = self.listener.accept()
            threading.Thread(target=self.handle, args=(stream,), daemon=True).start()

    def handle(self, stream):
        name, connection = None, None
        try:
            stream.settimeout(60)
            if self.context:
                stream = self.context.wrap_socket(stream, server_side=True)
            connection = Connection(stream)
            path = connection.upgrade()
            name = path.lstrip("/").split("/", 1)[1].split("?")[0]
            connection.serve(path)
        except (OSError, EOFError, StopIteration, ValueError, IndexError):
            pass  # The record says how far it came.
        finally:
            stream.close()
        if name is not None:
            record = dict(connection.record, sha256=connection.digest.hexdigest())
            with self.known:
                self.records[name] = record
                self.known.notify_all()
            if self.folder:
                unfinished = self.folder / f"{name}.tmp"
                unfinished.write_text(json.dumps(record))
                unfinished.rename(self.folder / f"{name}.json")

    def record(self, name, seconds=2):
        """What the connection of this name came to; None if it has none that has ended."""
        with self.known:
            self.known.wait_for(lambda: name in self.records, seconds)
            return self.records.pop(name, None)


def main():
    host, records, *certificate = sys.argv[1:]
    print(Peer(host, certificate, records).port, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
