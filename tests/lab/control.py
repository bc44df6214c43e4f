# SPDX-License-Identifier: GPL-2.0-or-later
"""What a test asks a daemon over its control socket, again and again: without a process for each question."""
import contextlib
import json
import socket

PATIENCE = 30


def status_of(path):
    """What `vigia status --json` prints; None when the daemon does not answer."""
    with contextlib.suppress(OSError, ValueError), socket.socket(socket.AF_UNIX) as client:
        client.settimeout(PATIENCE)
        client.connect(path)
        client.sendall(b'{"command":"status"}\n')
        with client.makefile(encoding="utf-8") as file:
            return json.loads(file.readline()).get("status")
    return None
