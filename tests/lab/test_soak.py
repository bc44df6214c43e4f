# SPDX-License-Identifier: GPL-2.0-or-later
"""The soak (soak.py), for a minute, or for VIGIA_SOAK_SECONDS; VIGIA_SOAK_SEED draws again what has failed."""
import os
import shutil
import tempfile

import pytest

from soak import Soak

SECONDS = float(os.environ.get("VIGIA_SOAK_SECONDS", "60"))
SEED = int(os.environ.get("VIGIA_SOAK_SEED", "0")) or int.from_bytes(os.urandom(3), "big")


@pytest.fixture(name="soak")
def fixture_soak(monkeypatch):
    """Its files in memory, as those of a daemon in /run: a disk that hangs would hold up reloads."""
    if "ASAN_OPTIONS" in os.environ:
        # As in tools/soak: else what was freed is kept up to 256 MiB, and looks like growth.
        monkeypatch.setenv("ASAN_OPTIONS", os.environ["ASAN_OPTIONS"] + ":quarantine_size_mb=8")
    directory = tempfile.mkdtemp(dir="/dev/shm", prefix="vigia-soak-")
    soak = Soak(directory, SEED, say=lambda line: print(line, flush=True))
    yield soak
    print(soak.report())
    soak.close()
    shutil.rmtree(directory)


def test_whatever_happens_all_comes_to_be_as_it_must(soak):
    soak.run(SECONDS)
