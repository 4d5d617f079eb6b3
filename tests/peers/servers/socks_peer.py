"""A SOCKS 4, 4a and 5 proxy: the dynamic forwarding of an SSH client, with the SSH server behind it, by `asyncssh`.

Prints one JSON object on stdout with the port that the system picked. Ends when its stdin does.

usage: socks_peer.py
"""

import asyncio
import json
import sys

import asyncssh

HOST = "127.0.0.1"


class OpenDoor(asyncssh.SSHServer):
    def begin_auth(self, username):
        return False

    def connection_requested(self, dest_host, dest_port, orig_host, orig_port):
        return True


async def main():
    key = asyncssh.generate_private_key("ssh-ed25519")
    server = await asyncssh.listen(HOST, 0, server_factory=OpenDoor, server_host_keys=[key])
    nobody = {"username": "peer", "known_hosts": None, "client_keys": None, "config": []}
    async with asyncssh.connect(HOST, server.get_port(), **nobody) as connection:
        listener = await connection.forward_socks(HOST, 0)
        print(json.dumps({"event": "listening", "socks": listener.get_port()}), flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
