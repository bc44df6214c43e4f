# SPDX-License-Identifier: GPL-2.0-or-later
"""Every process of gw1 of dual_stack.py dies at once: for how long does its kernel still answer for the virtual addresses? All of them
are asked for a thousand times a second. For the test, and for bench/sudden-death."""
import contextlib
import os
import socket
import threading
import time

from dual_stack import HELD
from net import wait_for
from questions import CLIENT, arp_request, hardware_address, neighbour_solicitation

CLIENT6 = "2001:db8:1::10"
ENOUGH = 100  # questions


def is_ipv6(address):
    return ":" in address


class Questions:
    """Of the client, for all virtual addresses, every millisecond until closed."""

    def __init__(self, client):
        mac = hardware_address(client)
        self.frames = [neighbour_solicitation(mac, CLIENT6, address) if is_ipv6(address) else arp_request(mac, CLIENT, address)
                       for address in HELD]
        self.rounds = 0
        self.socket = client.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self.socket.bind(("eth0", 0))
        self.ending = False
        self.thread = threading.Thread(target=self.ask, daemon=True)
        self.thread.start()

    def ask(self):
        while not self.ending:
            for frame in self.frames:
                self.socket.send(frame)
            self.rounds += 1
            time.sleep(0.001)

    def more(self):
        """Waits for as many as are enough, all of them asked after the call."""
        first = self.rounds
        wait_for(lambda: self.rounds > first + ENOUGH, "more questions")

    def close(self):
        self.ending = True
        self.thread.join()
        self.socket.close()


def is_answer(frame, address):
    """An ARP reply, or a neighbour advertisement."""
    if is_ipv6(address):
        return (frame[12:14] == b"\x86\xdd" and frame[20] == 58 and frame[54] == 136
                and frame[62:78] == socket.inet_pton(socket.AF_INET6, address))
    return frame[12:14] == b"\x08\x06" and frame[20:22] == b"\0\2" and frame[28:32] == socket.inet_aton(address)


def answers(capture, address, since):
    """When there were any."""
    return [at for at, frame in capture.all() if at >= since and is_answer(frame, address)]


@contextlib.contextmanager
def first_of_all(pids):
    """These processes, which are about to be killed, and this thread get a processor before others do: on a busy machine one that is
    killed would have to wait for it until it may die."""
    own = os.getpriority(os.PRIO_PROCESS, 0)
    with contextlib.suppress(OSError):  # without CAP_SYS_NICE, or it has ended
        for thread in [0, *(int(thread) for pid in pids for thread in os.listdir("/proc/%d/task" % pid))]:
            os.setpriority(os.PRIO_PROCESS, thread, -20)
    try:
        yield
    finally:
        os.setpriority(os.PRIO_PROCESS, 0, own)


def kill_all(lab):
    """When it began, and for each address the milliseconds from then to the last answer. from_gw1: captures what gw1 says."""
    questions = Questions(lab.client)
    try:
        asked = time.monotonic()
        wait_for(lambda: all(len(answers(lab.from_gw1, address, asked)) >= ENOUGH for address in HELD),
                 "answers for all addresses")
        with first_of_all(lab.gw1.pids()):
            killed = lab.gw1.kill_all()
        questions.more()
        return killed, {address: 1000 * (max(answers(lab.from_gw1, address, asked)) - killed) for address in HELD}
    finally:
        questions.close()
