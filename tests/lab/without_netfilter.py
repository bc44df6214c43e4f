#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""without_netfilter.py COMMAND...: executes it as on a kernel without nfnetlink: a filter of system calls, which all that it starts
inherits, refuses netlink sockets of that family as such a kernel does."""
import ctypes
import errno
import os
import platform
import struct
import sys

PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06  # BPF: a word at an offset; jump; the end
ALLOW, REFUSE = 0x7fff0000, 0x00050000
NUMBER, FIRST, THIRD = 0, 16, 32  # in struct seccomp_data; the lower half of an argument, on a little-endian machine
AF_NETLINK, NETLINK_NETFILTER = 16, 12
SOCKET = {"x86_64": 41, "aarch64": 198, "riscv64": 198}


def program():
    """Each step that does not match jumps to the last one."""
    steps = [(LOAD, 0, 0, NUMBER), (EQUAL, 0, 5, SOCKET[platform.machine()]),
             (LOAD, 0, 0, FIRST), (EQUAL, 0, 3, AF_NETLINK),
             (LOAD, 0, 0, THIRD), (EQUAL, 0, 1, NETLINK_NETFILTER),
             (RETURN, 0, 0, REFUSE | errno.EPROTONOSUPPORT), (RETURN, 0, 0, ALLOW)]
    return len(steps), b"".join(struct.pack("HBBI", *step) for step in steps)


def main():
    length, code = program()
    buffer = ctypes.create_string_buffer(code)
    header = struct.pack("HxxxxxxQ", length, ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.create_string_buffer(header), 0, 0) != 0:
        sys.exit("without_netfilter.py: " + os.strerror(ctypes.get_errno()))
    os.execvp(sys.argv[1], sys.argv[1:])


if __name__ == "__main__":
    main()
