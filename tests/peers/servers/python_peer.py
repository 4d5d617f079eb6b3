"""A WebSocket server on `websockets`, for the acceptance run.

Prints one JSON object a line on stdout: first {"event": "listening", ...} with the version of `websockets` and the
ports that the system picked, of which `plain` is an echo server with nothing but defaults; then what happened on each
connection of the others, under the name that its URL gave in `?case=NAME`. Ends when its stdin does.

usage: python_peer.py [--port PORT] [--unix PATH] CERT KEY

PORT is where `ws` listens, if the system is not to pick it; PATH is a socket that is served as well.
"""

import argparse
import asyncio
import contextlib
import http
import json
import logging
import socket
import ssl
import sys
from urllib.parse import parse_qsl, urlsplit

import websockets
from websockets.asyncio.server import serve, unix_serve
from websockets.exceptions import ConnectionClosed

MIB = 1 << 20
SIZES = [0, 1, 125, 126, 65535, 65536, MIB, 16 * MIB]
PATTERN = 'plain, "quoted", back\\slash, tab\t, line\n, nul\0, é, €, 😀; '.encode()
FLIP = bytes(byte ^ 0x80 for byte in range(256))  # text made binary
HOSTILE = """quotes " ' tags <b>&amp; ]]> -->, | ; = # {} \\ % $(x) `x`, \u202e\xe9"""  # for those who write reports


# A client that looks at a certificate and leaves is no event worth a traceback.
logging.getLogger("websockets").setLevel(logging.CRITICAL)
logging.getLogger("asyncio").setLevel(logging.ERROR)  # a warning for each pong that nobody takes


def emit(event, **facts):
    print(json.dumps({"event": event, **facts}), flush=True)


class Tally:
    """What one client sent."""

    def __init__(self):
        self.messages = self.bytes = self.largest = 0

    def add(self, message):
        data = message.encode() if isinstance(message, str) else message
        self.messages += 1
        self.bytes += len(data)
        self.largest = max(self.largest, len(data))

    def facts(self):
        return {"messages": self.messages, "bytes": self.bytes, "largest": self.largest}


async def echo(ws, query, tally):
    async for message in ws:
        tally.add(message)
        await ws.send(message)


async def playback(ws, query, tally):
    """Keeps what comes in until a text message or `bytes` bytes, sends it back as binary messages, and closes."""
    wanted = int(query.get("bytes", -1))
    kept = []
    while tally.bytes != wanted:
        message = await ws.recv()
        if isinstance(message, str):
            break
        tally.add(message)
        kept.append(message)
    for message in kept:
        await ws.send(message)


async def close(ws, query, tally):
    await asyncio.sleep(int(query.get("after", 0)) / 1000)
    await ws.close(int(query.get("code", 1000)), query.get("reason", ""))


async def slow(ws, query, tally):
    async for message in ws:
        tally.add(message)
        await asyncio.sleep(int(query["ms"]) / 1000)
        await ws.send(message)


async def greet(ws, query, tally):
    await ws.send("hello")
    await echo(ws, query, tally)


async def ticker(ws, query, tally):
    number = 0
    while True:
        await ws.send(f"tick {number}")
        number += 1
        await asyncio.sleep(0.01)


async def subprotocol(ws, query, tally):
    await ws.send(str(ws.subprotocol))
    await echo(ws, query, tally)


def payload(kind, size):
    data = (PATTERN * (size // len(PATTERN) + 1))[:size]
    if kind == "binary":
        return data.translate(FLIP)
    return data.decode(errors="ignore").encode().ljust(size, b".")


async def sender(ws, query, tally):
    """Sends messages of every size, kind and cut; each must come back as it went out; then a burst, in order."""
    checked = 0
    for size in SIZES:
        for kind in ("text", "binary"):
            for cuts in (1, 3):
                await send_cut(ws, kind, payload(kind, size), cuts)
                if not same(await ws.recv(), kind, payload(kind, size)):
                    return await ws.close(1008, f"echo differs: {kind}, {size} bytes, {cuts} fragments")
                checked += 1
    burst = [f"burst {number}" for number in range(200)]
    for text in burst:
        await ws.send(text)
    replies = [await ws.recv() for _ in burst]
    fault = None if replies == burst else "the burst is out of order"
    emit("sender", case=query["case"], checked=checked + len(burst), fault=fault)


async def send_cut(ws, kind, data, cuts):
    if cuts == 1:
        return await ws.send(data, text=kind == "text")
    step = len(data) // cuts + 1  # cuts characters in two as well, as RFC 6455 allows
    await ws.send([data[at : at + step] for at in range(0, step * cuts, step)], text=kind == "text")


def same(message, kind, data):
    return message == (data.decode() if kind == "text" else data)


ROUTES = {
    "/": echo,
    "/echo": echo,
    "/playback": playback,
    "/close": close,
    "/slow": slow,
    "/greet": greet,
    "/ticker": ticker,
    "/subprotocol": subprotocol,
    "/sender": sender,
    "/hostile": echo,
}


async def handler(ws):
    url = urlsplit(ws.request.path)
    query = dict(parse_qsl(url.query))
    headers = {name.lower(): value for name, value in ws.request.headers.raw_items()}
    emit("opened", case=query.get("case"), path=url.path, headers=headers)
    tally = Tally()
    with contextlib.suppress(ConnectionClosed):
        await ROUTES[url.path](ws, query, tally)
    await ws.close()
    received = ws.protocol.close_rcvd
    emit(
        "closed",
        case=query.get("case"),
        code=received.code if received else 1006,
        reason=received.reason if received else "",
        latency=ws.latency,
        **tally.facts(),
    )


def refuse(connection, request):
    path = urlsplit(request.path).path
    if path == "/forbidden":
        return connection.respond(http.HTTPStatus.FORBIDDEN, "no entry without a badge\n")
    if path == "/hostile-refusal":
        response = connection.respond(http.HTTPStatus.FORBIDDEN, f"{HOSTILE}\n")
        response.reason_phrase = HOSTILE.encode("ascii", "ignore").decode()
        return response
    if path not in ROUTES:
        return connection.respond(http.HTTPStatus.NOT_FOUND, "no such path\n")
    return None


def decorate(connection, request, response):
    if urlsplit(request.path).path == "/hostile":
        response.headers["X-Hostile"] = HOSTILE


def choose(connection, offered):
    return next((name for name in ("chat.v2", "chat.v1") if name in offered), None)


def listening_sockets(port):
    """One port on both loopback addresses; on IPv4 alone where there is no IPv6."""
    for _ in range(50):
        v4 = socket.create_server(("127.0.0.1", port))
        try:
            return [v4, socket.create_server(("::1", v4.getsockname()[1]), family=socket.AF_INET6)]
        except OSError:
            if not has_ipv6():
                return [v4]
            v4.close()
    raise OSError("no port is free on both 127.0.0.1 and ::1")


def has_ipv6():
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        return True
    except OSError:
        return False


OPTIONS = {
    "max_size": None,
    "process_request": refuse,
    "process_response": decorate,
    "select_subprotocol": choose,
    "ping_interval": None,
}


async def start(port=0, **options):
    sockets = listening_sockets(port)
    for sock in sockets:
        await serve(handler, sock=sock, **OPTIONS | options)
    return sockets[0].getsockname()[1]


async def plain_echo(ws):
    async for message in ws:
        await ws.send(message)


async def start_plain():
    """An echo server with nothing but defaults."""
    server = await serve(plain_echo, "127.0.0.1", 0)
    return server.sockets[0].getsockname()[1]


async def main(args):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(args.cert, args.key)
    if args.unix:
        await unix_serve(handler, args.unix, **OPTIONS)
    emit(
        "listening",
        ws=await start(args.port),
        wss=await start(ssl=tls),
        keepalive=await start(ping_interval=0.2, ping_timeout=1),
        plain=await start_plain(),
        version=websockets.__version__,
        ipv6=has_ipv6(),
    )
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--unix")
    parser.add_argument("cert")
    parser.add_argument("key")
    return parser.parse_args()


if __name__ == "__main__":
    asyncio.run(main(arguments()))
