# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds the kernel's lock of all networks (rtnl) for as long as one likes, without work for a processor.

The kernel writes the answer to SIOCETHTOOL into the caller's memory under the lock. Here that page is missing, and whoever
touches it waits until it is filled in (userfaultfd): so a thread of this program stands still with the lock in its hands.
"""
import contextlib
import ctypes
import fcntl
import mmap
import os
import platform
import socket
import struct
import threading

LIBC = ctypes.CDLL(None, use_errno=True)
SYS_USERFAULTFD = {"x86_64": 323, "aarch64": 282}.get(platform.machine(), -1)
UFFD_API = 0xaa
UFFDIO_API, UFFDIO_REGISTER, UFFDIO_ZEROPAGE = 0xc018aa3f, 0xc020aa00, 0xc020aa04
UFFDIO_REGISTER_MODE_MISSING = 1
SIOCETHTOOL, ETHTOOL_GLINK = 0x8946, 0xa


def open_userfaultfd():
    """A descriptor; None where the kernel has none for us."""
    descriptor = LIBC.syscall(SYS_USERFAULTFD, 0o2000000)
    if descriptor < 0:
        return None
    fcntl.ioctl(descriptor, UFFDIO_API, struct.pack("=QQQ", UFFD_API, 0, 0))
    return descriptor


class Trap:
    """Two pages, the second of which is missing. An answer that reaches into it waits."""

    def __init__(self, descriptor):
        self.descriptor = descriptor
        self.pages = mmap.mmap(-1, 2 * mmap.PAGESIZE)
        self.start = ctypes.addressof(ctypes.c_char.from_buffer(self.pages))
        self.missing = self.start + mmap.PAGESIZE
        fcntl.ioctl(descriptor, UFFDIO_REGISTER,
                    struct.pack("=QQQQ", self.missing, mmap.PAGESIZE, UFFDIO_REGISTER_MODE_MISSING, 0))
        # The question ends with the first page, and the answer is one word longer.
        self.question = self.missing - 4
        self.pages[mmap.PAGESIZE - 4:mmap.PAGESIZE] = struct.pack("=I", ETHTOOL_GLINK)

    def open(self):
        fcntl.ioctl(self.descriptor, UFFDIO_ZEROPAGE, struct.pack("=QQQq", self.missing, mmap.PAGESIZE, 0, 0))


class Lock:
    """Held from the call of take to that of let_go, but no longer than so many seconds."""

    def __init__(self, descriptor, seconds):
        self.descriptor = descriptor
        self.trap = Trap(descriptor)
        request = struct.pack("=16sQ", b"lo", self.trap.question) + bytes(16)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.thread = threading.Thread(target=LIBC.ioctl, daemon=True, args=(
            self.socket.fileno(), SIOCETHTOOL, ctypes.create_string_buffer(request)))
        self.guard = threading.Lock()
        self.held = False
        self.timer = threading.Timer(seconds, self.let_go)

    def take(self):
        self.held = True
        self.thread.start()
        self.timer.start()
        # The kernel tells of the missing page: now it waits there.
        assert len(os.read(self.descriptor, 32)) == 32

    def let_go(self):
        with self.guard:
            if self.held:
                self.trap.open()
            self.held = False

    def close(self):
        self.timer.cancel()
        self.let_go()
        self.thread.join()
        self.socket.close()


@contextlib.contextmanager
def network_lock(seconds):
    """A Lock that is held while the block runs; None where there can be none."""
    descriptor = open_userfaultfd()
    if descriptor is None:
        yield None
        return
    lock = Lock(descriptor, seconds)
    lock.take()
    try:
        yield lock
    finally:
        lock.close()
        os.close(descriptor)
