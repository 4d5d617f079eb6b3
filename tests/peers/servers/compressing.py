"""Echo servers of Python that compress, for compression-table. Prints its port and its version; ends when its stdin does.

usage: compressing.py websockets|aiohttp|tornado|uwebsockets
"""

import asyncio
import importlib.metadata
import logging
import os
import socket
import sys
import threading

MOST = 1 << 28  # bytes of a message


def tell(port, package):
    print(port, importlib.metadata.version(package), flush=True)


async def websockets():
    from websockets.asyncio.server import serve

    async def echo(ws):
        async for message in ws:
            await ws.send(message)

    server = await serve(echo, "127.0.0.1", 0, max_size=MOST, ping_interval=None)
    tell(server.sockets[0].getsockname()[1], "websockets")


async def aiohttp():
    from aiohttp import WSMsgType, web

    async def echo(request):
        ws = web.WebSocketResponse(max_msg_size=MOST)
        await ws.prepare(request)
        async for message in ws:
            send = ws.send_str if message.type == WSMsgType.TEXT else ws.send_bytes
            await send(message.data)
        return ws

    app = web.Application()
    app.router.add_get("/", echo)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    tell(runner.addresses[0][1], "aiohttp")


async def tornado():
    from tornado.httpserver import HTTPServer
    from tornado.netutil import bind_sockets
    from tornado.web import Application
    from tornado.websocket import WebSocketHandler

    class Echo(WebSocketHandler):
        def get_compression_options(self):
            return {}

        def on_message(self, message):
            self.write_message(message, binary=isinstance(message, bytes))

    app = Application([("/", Echo)], websocket_max_message_size=MOST)
    sockets = bind_sockets(0, "127.0.0.1")
    HTTPServer(app, max_buffer_size=2 * MOST).add_sockets(sockets)
    tell(sockets[0].getsockname()[1], "tornado")


def uwebsockets():
    """By its binding `socketify`, which has a loop of its own."""
    from socketify import App, CompressOptions

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    app = App()
    options = {
        "compression": CompressOptions.DEDICATED_COMPRESSOR,
        "max_payload_length": MOST,
        "max_backpressure": MOST,
        "message": lambda ws, message, opcode: ws.send(message, opcode, True),
    }
    app.ws("/", options)
    app.listen({"port": port, "host": "127.0.0.1"}, lambda _: tell(port, "socketify"))
    app.run()


def end_with_stdin():
    sys.stdin.read()
    os._exit(0)


async def run(server):
    await server()
    await asyncio.Future()


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    threading.Thread(target=end_with_stdin, daemon=True).start()
    name = sys.argv[1]
    if name == "uwebsockets":
        uwebsockets()
    else:
        asyncio.run(run({"websockets": websockets, "aiohttp": aiohttp, "tornado": tornado}[name]))
