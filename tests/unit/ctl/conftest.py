# SPDX-License-Identifier: GPL-2.0-or-later
"""The control socket of a daemon that the test plays."""
import json

import pytest

from played import Daemon


@pytest.fixture
def control(tmp_path):
    return tmp_path / "vigiad.sock"


@pytest.fixture
def daemon(control):
    """A function that starts a daemon with an answer; ended with the test."""
    running = []

    def start(answer):
        if not isinstance(answer, bytes):
            answer = json.dumps(answer).encode() + b"\n"
        running.append(Daemon(control, answer))
        return running[-1]

    yield start
    for one in running:
        one.close()
