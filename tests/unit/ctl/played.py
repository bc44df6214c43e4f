# SPDX-License-Identifier: GPL-2.0-or-later
"""A daemon that a test plays, and the command that asks it."""
import os
import socket
import subprocess
import threading

VIGIA = os.environ["VIGIA"]


class Daemon:
    """Listens at a path and gives every client the same bytes for its line."""

    def __init__(self, path, answer):
        self.asked = []
        self.answer = answer
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(str(path))
        self.socket.listen(5)
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            with client:
                self.asked.append(client.makefile().readline())
                client.sendall(self.answer)

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join()


def vigia(*arguments):
    return subprocess.run([VIGIA, *arguments], capture_output=True, text=True, timeout=60)
