"""Two network namespaces and a bad link between them: delay, loss, a bandwidth, and times when it is down.

Each namespace has one TUN device; a thread of this process carries packets from one to the other. So nothing of it
depends on `netem`, which many kernels lack, and no packet leaves the two namespaces.
"""

import ctypes
import fcntl
import heapq
import os
import random
import select
import struct
import subprocess
import threading
import time

CLONE_NEWNET = 0x40000000
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
MTU = 1500
QUEUE = 400  # packets in one direction before the tail is dropped


def ip(*arguments, check=True):
    subprocess.run(["ip", *arguments], check=check, capture_output=True)


class Conditions:
    """What the link does to packets; may be changed at any time."""

    def __init__(self, delay=0.0, jitter=0.0, loss=0.0, mbit=None):
        self.delay, self.jitter, self.loss, self.mbit = delay, jitter, loss, mbit
        self.down = False


class Link:
    """The namespaces `near` and `far`, with the addresses 10.99.0.1 and 10.99.0.2."""

    NEAR, FAR = "10.99.0.1", "10.99.0.2"

    def __init__(self):
        self.near, self.far = f"wsurl-near-{os.getpid()}", f"wsurl-far-{os.getpid()}"
        self.conditions = Conditions()
        self.random = random.Random(1)
        self.devices = []
        for name, own, other in ((self.near, self.NEAR, self.FAR), (self.far, self.FAR, self.NEAR)):
            ip("netns", "add", name)
            self.devices.append(open_tun(name))
            ip("-n", name, "link", "set", "lo", "up")
            ip("-n", name, "addr", "add", own, "peer", other, "dev", "bad0")
            ip("-n", name, "link", "set", "bad0", "mtu", str(MTU), "up")
        self.open = True
        threading.Thread(target=self.carry, daemon=True).start()

    def inside(self, namespace, command):
        """The command line that runs `command` in there."""
        return ["ip", "netns", "exec", namespace, *map(str, command)]

    def carry(self):
        """Takes packets from one end and gives them to the other when they are due."""
        under_way, number = [], 0
        free_at, waiting = [0.0, 0.0], [0, 0]
        while self.open:
            timeout = max(0, under_way[0][0] - time.monotonic()) if under_way else 0.1
            ready, _, _ = select.select(self.devices, [], [], min(timeout, 0.1))
            now, conditions = time.monotonic(), self.conditions
            for device in ready:
                side = self.devices.index(device)
                packet = os.read(device, 65536)
                lost = conditions.down or self.random.random() < conditions.loss
                if lost or (conditions.mbit and waiting[side] >= QUEUE):
                    continue
                sent = now
                if conditions.mbit:
                    sent = max(now, free_at[side]) + len(packet) * 8 / (conditions.mbit * 1e6)
                    free_at[side] = sent
                due = sent + max(0, conditions.delay + self.random.uniform(-1, 1) * conditions.jitter)
                number += 1
                waiting[side] += 1
                heapq.heappush(under_way, (due, number, side, packet))
            while under_way and under_way[0][0] <= now:
                _, _, side, packet = heapq.heappop(under_way)
                waiting[side] -= 1
                if not conditions.down:
                    try:
                        os.write(self.devices[1 - side], packet)
                    except OSError:
                        pass  # A full or closing device loses packets, too.

    def close(self):
        self.open = False
        for name in (self.near, self.far):
            ip("netns", "del", name, check=False)


def open_tun(namespace):
    """A TUN device in the namespace: a thread enters it, so that the others stay where they are."""
    opened = []

    def enter():
        libc = ctypes.CDLL(None, use_errno=True)
        handle = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
        if libc.setns(handle, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
        os.close(handle)
        device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", b"bad0", IFF_TUN | IFF_NO_PI))
        opened.append(device)

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    return opened[0]
