"""Sends each line of stdin as a compressed message, for compression_rate.py. usage: compressing_client.py URL"""

import asyncio
import sys

from websockets.asyncio.client import connect


async def main(url):
    async with connect(url, ping_interval=None) as ws:
        for line in sys.stdin:
            await ws.send(line.rstrip("\n"))


asyncio.run(main(sys.argv[1]))
