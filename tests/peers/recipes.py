"""The lines of docs/recipes.md for servers with protocols of their own, run as they stand there."""

import os
import re

from bed import case
from harness import HERE, Daemon, Server, check, same

RECIPES = HERE.parent.parent / "docs" / "recipes.md"
SECTION = "\n## Servers with protocols of their own\n"


def talkative(bed):
    env = os.environ | {"NODE_PATH": str(bed.node_path)}
    return Server(["node", HERE / "servers" / "talkative.js"], env=env)


def mosquitto(bed):
    return Daemon(bed.folder / "mosquitto", ["WS", "TCP"], ["mosquitto", "-c", "mosquitto.conf"], config="mosquitto.conf")


def nats(bed):
    return Daemon(bed.folder / "nats", ["WS", "TCP"], ["nats-server", "-c", "nats.conf"], config="nats.conf")


def prosody(bed):
    folder = bed.folder / "prosody"
    command = ["prosody", "--config", "prosody.lua", "-F"]
    return Daemon(folder, ["HTTP"], command, config="prosody.lua", FOLDER=folder)


# The server, its URL, and what the line prints among other things.
PEERS = {
    "DevTools": (talkative, "{devtools}", '"value":42'),
    "graphql-ws": (talkative, "{graphql}", '{"id":"1","type":"complete"}\n'),
    "socket.io": (talkative, "{socketio}", '42["sum",5]\n'),
    "MQTT": (mosquitto, "ws://127.0.0.1:{WS}/mqtt", "20020000\n"),
    "NATS": (nats, "ws://127.0.0.1:{WS}/", "PONG\r\n"),
    "XMPP": (prosody, "ws://127.0.0.1:{HTTP}/xmpp-websocket", "<success "),
}


def line_about(name):
    """The line under the comment that begins with this name."""
    section = RECIPES.read_text().partition(SECTION)[2].partition("\n## ")[0]
    found = re.search(rf"^    # {re.escape(name)}[ :].*\n    ([^# ].*)$", section, re.M)
    check(found, f"docs/recipes.md has no line about {name}")
    return found[1]


@case(*PEERS)
def line_of_the_recipes_waits_for_the_right_reply(bed):
    start, url, printed = PEERS[bed.peer]
    url = url.format(**bed.once(start).ports)
    run = bed.wsurl.shell(f'wsurl() {{ "$WSURL" "$@"; }}\n{line_about(bed.peer)}', url=url).exits(0)
    check(printed.encode() in run.stdout, f"stdout lacks {printed!r}: {run.stdout!r}")
    same("stderr", run.stderr, "")
