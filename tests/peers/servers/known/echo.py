"""Echo servers of Python libraries with nothing but their defaults: `echo.py NAME PORT`; `app` is one for ASGI servers."""

import asyncio
import sys


async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body", "body": b""})
    if scope["type"] != "websocket":
        return
    await receive()
    await send({"type": "websocket.accept"})
    while (event := await receive())["type"] == "websocket.receive":
        data = {"bytes": event["bytes"]} if event.get("bytes") is not None else {"text": event.get("text") or ""}
        await send({"type": "websocket.send", **data})


def tornado(port):
    from tornado import ioloop, web, websocket

    class Echo(websocket.WebSocketHandler):
        def check_origin(self, _):
            return True

        def on_message(self, message):
            self.write_message(message, isinstance(message, bytes))

    web.Application([("/", Echo)]).listen(port, "127.0.0.1")
    ioloop.IOLoop.current().start()


def aiohttp(port):
    from aiohttp import WSMsgType, web

    async def echo(request):
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        async for message in ws:
            if message.type == WSMsgType.TEXT:
                await ws.send_str(message.data)
            elif message.type == WSMsgType.BINARY:
                await ws.send_bytes(message.data)
        return ws

    server = web.Application()
    server.router.add_get("/", echo)
    web.run_app(server, host="127.0.0.1", port=port, print=None)


def sanic(port):
    from sanic import Sanic

    server = Sanic("echo")

    @server.websocket("/")
    async def echo(_, ws):
        async for message in ws:
            await ws.send(message)

    server.run("127.0.0.1", port, single_process=True, access_log=False)


def autobahn(port):
    from autobahn.asyncio.websocket import WebSocketServerFactory, WebSocketServerProtocol

    class Echo(WebSocketServerProtocol):
        def onMessage(self, payload, is_binary):
            self.sendMessage(payload, is_binary)

    async def serve():
        factory = WebSocketServerFactory()
        factory.protocol = Echo
        server = await asyncio.get_running_loop().create_server(factory, "127.0.0.1", port)
        await server.serve_forever()

    asyncio.run(serve())


def gevent(port):
    from gevent import monkey

    monkey.patch_all()
    from gevent import pywsgi
    from geventwebsocket.handler import WebSocketHandler

    def echo(environ, _):
        ws = environ["wsgi.websocket"]
        while (message := ws.receive()) is not None:
            ws.send(message, binary=not isinstance(message, str))
        return []

    pywsgi.WSGIServer(("127.0.0.1", port), echo, handler_class=WebSocketHandler, log=None).serve_forever()


def websockets(port):
    from websockets.asyncio.server import serve

    async def echo(ws):
        async for message in ws:
            await ws.send(message)

    async def run():
        async with serve(echo, "127.0.0.1", port) as server:
            await server.serve_forever()

    asyncio.run(run())


def picows(port):
    from picows import WSListener, WSMsgType, ws_create_server

    class Echo(WSListener):
        def on_ws_frame(self, transport, frame):
            if frame.msg_type == WSMsgType.CLOSE:
                transport.send_close(frame.get_close_code(), frame.get_close_message())
                transport.disconnect()
            elif frame.msg_type != WSMsgType.PONG:
                transport.send(frame.msg_type, frame.get_payload_as_bytes(), frame.fin)

    async def run():
        server = await ws_create_server(lambda _: Echo(), "127.0.0.1", port)
        await server.serve_forever()

    asyncio.run(run())


def ws4py(port):
    import cherrypy
    from ws4py.server.cherrypyserver import WebSocketPlugin, WebSocketTool
    from ws4py.websocket import EchoWebSocket

    class Root:
        @cherrypy.expose
        def index(self):
            pass

    cherrypy.config.update({"server.socket_host": "127.0.0.1", "server.socket_port": port, "log.screen": False})
    WebSocketPlugin(cherrypy.engine).subscribe()
    cherrypy.tools.websocket = WebSocketTool()
    tool = {"tools.websocket.on": True, "tools.websocket.handler_cls": EchoWebSocket}
    cherrypy.quickstart(Root(), "/", config={"/": tool})


def tcp(port):
    async def serve(reader, writer):
        writer.write(b"HELLO\r\n")
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def run():
        server = await asyncio.start_server(serve, "127.0.0.1", port)
        await server.serve_forever()

    asyncio.run(run())


if __name__ == "__main__":
    globals()[sys.argv[1]](int(sys.argv[2]))
