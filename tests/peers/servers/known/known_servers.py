"""`probe --conformance` against servers that people run: writes the second table of docs/conformance.md. Not part of CI.

usage: tests/peers/known-servers [REGEX], which calls known_servers.py WSURL FOLDER BIN NODE_MODULES [REGEX]

BIN has the programs of the Python packages, NODE_MODULES the packages of npm. A server that does not start is named and left out; the
rows of a run with REGEX are printed only.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
DOC = HERE.parent.parent.parent.parent / "docs" / "conformance.md"
MARKERS = ("<!-- known servers -->\n", "<!-- /known servers -->\n")
RULE_TIMEOUT = "4s"  # several servers are measured while others start
PATIENCE = 40  # seconds for a server to start

MQTT_CONNECT = b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01a"
MQTT_PINGREQ = b"\xc0\x00"


class Row:
    """A server: how to start it, what asks for its version, and what the probe is told beside the URL."""

    def __init__(self, name, command, version, *args, path="/", files=None, behind=None, env=None, after=None):
        self.name, self.command, self.version, self.args, self.path = name, command, version, args, path
        self.files, self.behind, self.env, self.after = files or {}, behind, env or {}, after


def py(name, package=None):
    return Row(f"{package or name}", "{BIN}/python {HERE}/echo.py " + name + " {PORT}", "pypi " + (package or name))


def asgi(name, command):
    return Row(name, "{BIN}/" + command, "pypi " + name.split()[0], env={"PYTHONPATH": "{HERE}"})


def js(name, package, *args, title=None, **options):
    extra = options.pop("extra", "")
    return Row(title or package, "node {HERE}/echo.js " + f"{name} {{PORT}} {extra}", "npm " + package, *args, **options)


def deb(package):
    return "deb " + package


WS = "node {HERE}/echo.js ws {BEHIND}"
NATS = 'host: 127.0.0.1\nport: {OTHER}\nwebsocket {{ host: "127.0.0.1", port: {PORT}, no_tls: true }}\n'
NATS_MESSAGES = ("-d", "CONNECT {}\r\n", "-d", "PING\r\n")
APACHE = """ServerRoot {FOLDER}
PidFile {FOLDER}/apache.pid
ErrorLog {FOLDER}/apache.log
ServerName localhost
Listen 127.0.0.1:{PORT}
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule proxy_module /usr/lib/apache2/modules/mod_proxy.so
LoadModule proxy_http_module /usr/lib/apache2/modules/mod_proxy_http.so
ProxyPass / http://127.0.0.1:{BEHIND}/ upgrade=websocket
"""
HAPROXY = """defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
  timeout tunnel 1h
frontend front
  bind 127.0.0.1:{PORT}
  default_backend back
backend back
  server ws 127.0.0.1:{BEHIND}
"""
CADDY = """{{
  admin off
}}
http://127.0.0.1:{PORT} {{
  reverse_proxy 127.0.0.1:{BEHIND}
}}
"""
PROSODY = """pidfile = "{FOLDER}/prosody.pid"
data_path = "{FOLDER}"
modules_enabled = {{ "websocket", "saslauth", "roster" }}
consider_websocket_secure = true
http_ports = {{ {PORT} }}
http_interfaces = {{ "127.0.0.1" }}
https_ports = {{ }}
c2s_ports = {{ }}
s2s_ports = {{ }}
log = {{ error = "{FOLDER}/prosody.log" }}
VirtualHost "localhost"
"""
TOMCAT = """<Server port="-1">
  <Service name="Catalina">
    <Connector address="127.0.0.1" port="{PORT}"/>
    <Engine name="Catalina" defaultHost="localhost">
      <Host name="localhost" appBase="webapps">
        <Context path="/examples" docBase="/usr/share/tomcat10-examples/examples" defaultWebXml="/etc/tomcat10/web.xml"/>
      </Host>
    </Engine>
  </Service>
</Server>
"""
RABBITMQ = """listeners.tcp = none
stomp.listeners.tcp = none
mqtt.listeners.tcp = none
web_{WHAT}.tcp.ip = 127.0.0.1
web_{WHAT}.tcp.port = {PORT}
"""
RABBITMQ_ENV = {
    "HOME": "{FOLDER}", "RABBITMQ_NODENAME": "wsurl{PORT}@localhost", "RABBITMQ_MNESIA_BASE": "{FOLDER}/db",
    "RABBITMQ_LOG_BASE": "{FOLDER}", "RABBITMQ_ENABLED_PLUGINS_FILE": "{FOLDER}/plugins",
    "RABBITMQ_CONFIG_FILE": "{FOLDER}/rabbitmq.conf", "RABBITMQ_DIST_PORT": "{OTHER}", "ERL_EPMD_PORT": "{BEHIND}",
    "ERL_EPMD_ADDRESS": "127.0.0.1", "ERL_EPMD_RELAXED_COMMAND_CHECK": "1",
}
STOMP_CONNECT = "CONNECT\naccept-version:1.2\nhost:/\nlogin:guest\npasscode:guest\n\n\0"
STOMP_SUBSCRIBE = "SUBSCRIBE\nid:1\ndestination:/topic/a\nreceipt:r\n\n\0"
STRAWBERRY = """import strawberry
from strawberry.asgi import GraphQL


@strawberry.type
class Query:
    hello: str = "hi"


app = GraphQL(strawberry.Schema(Query))
"""
XMPP = '<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="localhost" version="1.0"/>'
CDP = '{"id":1,"method":"Browser.getVersion"}'
CHROMIUM = (
    "chromium --headless=new --no-sandbox --disable-gpu --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-quic --user-data-dir={FOLDER}/profile "
    "--remote-debugging-port={PORT} --remote-allow-origins=* about:blank"
)

ROWS = [
    js("ws", "ws"),
    js("ws", "ws", title="ws with perMessageDeflate", extra="deflate"),
    js("websocket", "websocket"),
    js("faye", "faye-websocket"),
    js("sockjs", "sockjs", path="/echo/websocket"),
    js("fastify", "@fastify/websocket"),
    js("express", "express-ws"),
    js("socketio", "socket.io", "-d", "40", path="/socket.io/?EIO=4&transport=websocket"),
    js("graphql", "graphql-ws", "--subprotocol", "graphql-transport-ws", "-d", '{"type":"connection_init"}'),
    js("rpc", "rpc-websockets", "-d", '{"jsonrpc":"2.0","id":1,"method":"sum","params":[2,3]}'),
    js("peer", "peer", path="/peerjs?key=peerjs&id=a&token=b"),
    Row("ganache", "node {NODE}/.bin/ganache --server.host 127.0.0.1 --server.port {PORT}", "npm ganache",
        "-d", '{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}'),
    Row("Bun", "{NODE}/.bin/bun {HERE}/echo_bun.js {PORT}", "{NODE}/.bin/bun --version"),
    Row("Deno", "{NODE}/.bin/deno run --quiet --no-config --allow-net {HERE}/echo_deno.js {PORT}", "{NODE}/.bin/deno --version"),
    py("websockets"),
    py("tornado"),
    py("aiohttp"),
    py("sanic"),
    py("autobahn"),
    py("gevent", "gevent-websocket"),
    py("picows"),
    py("ws4py"),
    asgi("uvicorn with wsproto", "uvicorn --port {PORT} --ws wsproto --log-level error echo:app"),
    asgi("uvicorn with websockets", "uvicorn --port {PORT} --ws websockets --log-level error echo:app"),
    asgi("hypercorn", "hypercorn --bind 127.0.0.1:{PORT} echo:app"),
    asgi("granian", "granian --interface asgi --port {PORT} --no-log echo:app"),
    asgi("daphne", "daphne -p {PORT} -v 0 echo:app"),
    Row("streamlit", "{BIN}/streamlit run app.py --server.address 127.0.0.1 --server.port {PORT} --server.headless true",
        "pypi streamlit", "--subprotocol", "streamlit", path="/_stcore/stream", files={"app.py": "import streamlit\n"}),
    Row("strawberry-graphql on uvicorn", "{BIN}/uvicorn --port {PORT} --ws websockets --log-level error app:app",
        "pypi strawberry-graphql", "--subprotocol", "graphql-transport-ws", "-d", '{"type":"connection_init"}',
        files={"app.py": STRAWBERRY}),
    Row(
        "websockify", "{BIN}/websockify 127.0.0.1:{PORT} 127.0.0.1:{BEHIND}",
        "pypi websockify",
        "--subprotocol", "binary", behind="{BIN}/python {HERE}/echo.py tcp {BEHIND}",
    ),
    Row(
        "jupyter-server, a terminal", "{BIN}/jupyter-server --port {PORT} --IdentityProvider.token=tok --allow-root --no-browser",
        "{BIN}/jupyter-server --version", "-H", "Authorization: token tok", path="/terminals/websocket/1",
    ),
    Row("nats-server", "{BIN}/nats-server -c {FOLDER}/nats.conf", "{BIN}/nats-server --version", *NATS_MESSAGES,
        files={"nats.conf": NATS}),
    Row("nats-server of Debian 12", "nats-server -c {FOLDER}/nats.conf", deb("nats-server"), *NATS_MESSAGES,
        files={"nats.conf": NATS}),
    Row(
        "mosquitto", "mosquitto -c {FOLDER}/mosquitto.conf", deb("mosquitto"),
        "--subprotocol", "mqtt", "--mode", "stream", "-d", "@{FOLDER}/connect", "-d", "@{FOLDER}/pingreq",
        files={
            "mosquitto.conf": "allow_anonymous true\nlistener {OTHER} 127.0.0.1\nlistener {PORT} 127.0.0.1\nprotocol websockets\n",
            "connect": MQTT_CONNECT, "pingreq": MQTT_PINGREQ,
        },
    ),
    Row("HAProxy before ws", "haproxy -f {FOLDER}/haproxy.cfg", deb("haproxy"), behind=WS, files={"haproxy.cfg": HAPROXY}),
    Row("Caddy before ws", "caddy run --adapter caddyfile --config {FOLDER}/Caddyfile", deb("caddy"), behind=WS, files={"Caddyfile": CADDY},
        env={"HOME": "{FOLDER}", "XDG_DATA_HOME": "{FOLDER}"}),
    Row("Apache httpd before ws", "apache2 -X -f {FOLDER}/apache.conf", deb("apache2"), behind=WS, files={"apache.conf": APACHE}),
    Row("libwebsockets-test-server", "libwebsockets-test-server -p {PORT} -i lo", deb("libwebsockets-test-server"),
        "--subprotocol", "lws-mirror-protocol"),
    Row("Chromium DevTools", CHROMIUM, deb("chromium"), "-d", CDP, path="/devtools/browser/{ID}"),
    Row("Tomcat", "/usr/share/tomcat10/bin/catalina.sh run", deb("tomcat10"), path="/examples/websocket/echoProgrammatic",
        files={"conf/server.xml": TOMCAT}, env={"CATALINA_HOME": "/usr/share/tomcat10", "CATALINA_BASE": "{FOLDER}"}),
    Row("Prosody", "prosody -F --config {FOLDER}/prosody.cfg.lua", deb("prosody"), "--subprotocol", "xmpp", "-d", XMPP,
        path="/xmpp-websocket", files={"prosody.cfg.lua": PROSODY}),
]


def rabbitmq(what, *args, files=None):
    """A node of its own, with an epmd of its own, which does not end with it."""
    files = {
        "rabbitmq.conf": RABBITMQ.replace("{WHAT}", what), "plugins": f"[rabbitmq_web_{what}].", **(files or {}),
    }
    return Row(f"RabbitMQ web-{what}", "/usr/lib/rabbitmq/bin/rabbitmq-server", deb("rabbitmq-server"), *args, path="/ws", files=files,
               env=RABBITMQ_ENV, after="epmd -kill")


ROWS += [
    rabbitmq("stomp", "-d", "@{FOLDER}/connect", "-d", "@{FOLDER}/subscribe",
             files={"connect": STOMP_CONNECT.encode(), "subscribe": STOMP_SUBSCRIBE.encode()}),
    rabbitmq("mqtt", "--subprotocol", "mqtt", "--mode", "stream", "-d", "@{FOLDER}/connect", "-d", "@{FOLDER}/pingreq",
             files={"connect": MQTT_CONNECT, "pingreq": MQTT_PINGREQ}),
]


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


class Running:
    """A started server, with the one behind it."""

    def __init__(self, row, places):
        self.row, self.processes = row, []
        folder = places["FOLDER"] / re.sub(r"\W+", "-", row.name)
        folder.mkdir(parents=True, exist_ok=True)
        self.places = places | {"FOLDER": folder, "PORT": free_port(), "OTHER": free_port(), "BEHIND": free_port()}
        os.chmod(folder, 0o777)
        for name, content in row.files.items():
            data = content if isinstance(content, bytes) else content.format(**self.places).encode()
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(data)
        self.env = os.environ | {"NODE_PATH": str(places["NODE"])}
        self.env |= {name: value.format(**self.places) for name, value in row.env.items()}
        env = self.env
        for command in filter(None, [row.behind, row.command]):
            log = (folder / "log").open("ab")
            self.processes.append(subprocess.Popen(
                command.format(**self.places).split(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder,
                env=env, start_new_session=True))

    def await_ports(self):
        """Whether the server takes connections, and the one behind it."""
        ports = [self.places["BEHIND"]] if self.row.behind else []
        return all(self.await_port(port) for port in [*ports, self.places["PORT"]])

    def await_port(self, port):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if any(process.poll() is not None for process in self.processes):
                break
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return True
            except OSError:
                time.sleep(0.2)
        return False

    def stop(self):
        for process in self.processes:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()
        if self.row.after:
            subprocess.run(self.row.after.split(), env=self.env, capture_output=True, timeout=20)

    def url(self):
        path = self.row.path
        if "{ID}" in path:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.places['PORT']}/json/version") as told:
                path = "/devtools/browser/" + json.load(told)["webSocketDebuggerUrl"].rsplit("/", 1)[1]
        if "/terminals/" in path:
            made = urllib.request.Request(f"http://127.0.0.1:{self.places['PORT']}/api/terminals", b"{}", method="POST",
                                   headers={"Authorization": "token tok"})
            urllib.request.urlopen(made).close()
        return f"ws://127.0.0.1:{self.places['PORT']}{path}"


def measured(wsurl, running):
    args = [arg.replace("{FOLDER}", str(running.places["FOLDER"])) for arg in running.row.args]
    # Lines of NATS end with CR LF, which -d takes as they are.
    command = [wsurl, "probe", "--conformance", "--rule-timeout", RULE_TIMEOUT, "--report", "json", *args, running.url()]
    run = subprocess.run(command, capture_output=True, text=True, timeout=400)
    lines = run.stdout.splitlines()
    report = json.loads(lines[0]) if lines else {"conformance": None, "error": run.stderr}
    return report


def version(row, places):
    """What `deb`, `pypi`, `npm` or the program itself says."""
    kind, _, name = row.version.partition(" ")
    if kind == "npm":
        return json.loads((places["NODE"] / name / "package.json").read_text())["version"]
    command = {
        "deb": ["dpkg-query", "-W", "-f", "${Version}", name],
        "pypi": [places["BIN"] / "python", "-c", f"import importlib.metadata as m; print(m.version({name!r}))"],
    }.get(kind) or row.version.format(**places).split()
    told = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    return re.search(r"\d+(\.\d+)+", told)[0]


def cell(rule):
    seen = rule["seen"].replace("|", "\\|")
    return f"`{rule['id']}` ({seen})"


def line(row, told, places):
    rules = told["conformance"]["rules"]
    count = [sum(rule["verdict"] == verdict for rule in rules) for verdict in ("pass", "fail", "inconclusive", "not-applicable")]
    failed = "; ".join(cell(rule) for rule in rules if rule["verdict"] == "fail")
    failed = re.sub(r"127\.0\.0\.1:\d+", "the server", failed)
    return f"| {row.name} {version(row, places)} | {count[0]} | {count[1]} | {count[2]} | {count[3]} | {failed or '-'} |"


def try_row(row, wsurl, places):
    running = Running(row, places)
    try:
        if not running.await_ports():
            return row, None, "did not start"
        told = measured(wsurl, running)
        if not told["conformance"]:
            return row, None, told["error"]
        return row, line(row, told, places), None
    except Exception as error:
        return row, None, repr(error)
    finally:
        running.stop()


def main():
    wsurl, folder, binaries, modules = (pathlib.Path(arg).resolve() for arg in sys.argv[1:5])
    pattern = sys.argv[5] if len(sys.argv) > 5 else ""
    places = {"FOLDER": folder, "BIN": binaries, "NODE": modules, "HERE": HERE}
    rows = [row for row in ROWS if re.search(pattern, row.name)]
    lines = ["| server | kept | broken | not decided | not applicable | broken rules, and what was seen |", "|---|---|---|---|---|---|"]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for row, text, why in pool.map(lambda row: try_row(row, str(wsurl), places), rows):
            print(text or f"left out: {row.name}: {why}", flush=True)
            if text:
                lines.append(text)
    if not pattern:
        begin, end = MARKERS
        before, _, rest = DOC.read_text().partition(begin)
        DOC.write_text(before + begin + "\n".join(lines) + "\n" + end + rest.partition(end)[2])


if __name__ == "__main__":
    main()
