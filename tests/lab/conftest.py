# SPDX-License-Identifier: GPL-2.0-or-later
"""Lab tests need root and the programs of a build folder, which Meson names in VIGIA_BUILD_DIR. The network of most of them."""
import os
import pathlib
import shutil
import tempfile

import pytest

from everything import Everything
from gateways import Gateways, Lone
from keepalived import Keepalived
from lone import Daemon, Machine
from upgrades import install

SKIPPED = 77  # as Meson understands it


def pytest_sessionstart(session):
    if os.geteuid() != 0:
        pytest.exit("lab tests need root", returncode=SKIPPED)
    if not os.path.exists(os.path.join(os.environ.get("VIGIA_BUILD_DIR", ""), "vigiad")):
        pytest.exit("VIGIA_BUILD_DIR does not name a build folder with vigiad in it", returncode=1)


@pytest.fixture
def network(tmp_path):
    gateways = Gateways(tmp_path)
    yield gateways
    gateways.close()


@pytest.fixture
def installed(network, tmp_path):
    """gw1 runs what stands in a folder of its own."""
    network.gw1.programs = str(tmp_path / "programs")
    install(network.gw1.programs)
    return network


@pytest.fixture
def lone(tmp_path):
    gateway = Lone(tmp_path)
    yield gateway
    gateway.close()


@pytest.fixture
def peer(network):
    """keepalived in the place of gw2's vigiad."""
    peer = Keepalived(network.gw2)
    network.things.insert(0, peer)
    return peer


@pytest.fixture
def machines():
    """Ours, and one on which ip(8) does what our vigiad is to do."""
    made = [Machine("ours"), Machine("theirs")]
    yield made
    for machine in made:
        machine.close()


@pytest.fixture
def daemon(machines, tmp_path):
    """vigiad, on ours."""
    one = Daemon(machines[0], str(tmp_path))
    yield one
    one.stop()


@pytest.fixture(name="everything", scope="module")
def fixture_everything():
    """Both gateways run what stands in folders of their own. What outlives processes is kept in memory, as in /run."""
    directory = pathlib.Path(tempfile.mkdtemp(dir="/dev/shm", prefix="vigia-test-"))
    directory.chmod(0o755)  # vigiad-mail is started by who is not root
    lab = Everything(directory)
    try:
        for gateway in (lab.gw1, lab.gw2):
            gateway.programs = gateway.path("-programs")
            install(gateway.programs)
        yield lab.start()
    finally:
        lab.close()
        shutil.rmtree(directory, ignore_errors=True)
