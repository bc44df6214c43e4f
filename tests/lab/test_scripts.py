# SPDX-License-Identifier: GPL-2.0-or-later
"""vrrp_script: what scripts say moves the mastership, and whatever becomes of them or of who runs them stops nobody."""
import os
import pathlib
import pwd
import signal
import tempfile
import subprocess

import pytest

from net import wait_for

SCRIPT = """
vrrp_script %(name)s {
    script "%(command)s"
    interval %(interval)s
    %(more)s
}
"""


def script(name, command, interval="0.2", more="timeout 20"):
    """A busy machine must not make its run a failure: a run may take long."""
    return SCRIPT % {"name": name, "command": command, "interval": interval, "more": more}


def tracked(*names):
    return "track_script {\n %s\n }" % "\n ".join(names)


def with_scripts(gateway, scripts, *names, more=""):
    gateway.configure(more + scripts + gateway.text(more=tracked(*names)))
    return gateway


def of(gateway, name):
    """What status says of a script."""
    status = gateway.status()
    return next((one for one in status["scripts"] if one["name"] == name), None) if status else None


def ran(gateway, name, **wanted):
    """Whether the last run ended so."""
    last = (of(gateway, name) or {}).get("last") or {}
    return all(last.get(key) == value for key, value in wanted.items()) and last


@pytest.fixture
def flag(tmp_path):
    """Exists while the service works."""
    path = tmp_path / "works"
    path.touch()
    return path


def test_a_failure_hands_over_and_a_success_takes_back(network, flag):
    with_scripts(network.gw1, script("chk", "test -e %s" % flag), "chk")
    network.start()
    flag.unlink()
    network.wait_for_master(network.gw2, network.gw1)
    assert network.gw1.state() == "FAULT"
    assert "script chk" in network.gw1.read_log()
    flag.touch()
    network.wait_for_gw1()


def test_it_has_to_succeed_before_it_can_be_master(network, flag):
    flag.unlink()
    with_scripts(network.gw1, script("chk", "test -e %s" % flag, more="timeout 20\n fall 1000\n rise 2"), "chk")
    network.gw1.start()
    wait_for(lambda: (of(network.gw1, "chk") or {"state": ""})["state"] == "down", "the first result to decide")
    assert network.gw1.state() == "FAULT"
    before = of(network.gw1, "chk")["counters"]["successes"]
    flag.touch()
    network.gw1.wait_for_state("MASTER")
    assert of(network.gw1, "chk")["counters"]["successes"] >= before + 2


def test_a_weight_moves_the_priority(network, flag):
    with_scripts(network.gw1, script("chk", "test -e %s" % flag, more="timeout 20\n weight -10"), "chk")
    network.start()
    flag.unlink()
    network.wait_for_master(network.gw2, network.gw1)
    assert network.gw1.instance()["priority"]["effective"] == 90


def test_a_timeout_is_no_failure_of_the_command(network, tmp_path):
    """The whole process group is ended, also what does not want to."""
    stubborn = "/bin/sh -c 'trap : TERM; sleep 1000 & echo $$ > %s/group; while :; do sleep 1000; done'" % tmp_path
    with_scripts(network.gw1, script("slow", stubborn, "30", "timeout 3") + script("bad", "false"), "slow weight 5",
                 "bad weight 5")
    network.gw1.start()
    wait_for(lambda: ran(network.gw1, "slow", outcome="timeout"), "the timeout")
    assert "took longer than its timeout of 3 s" in of(network.gw1, "slow")["last"]["text"]
    wait_for(lambda: ran(network.gw1, "bad", outcome="failure", exit_code=1), "the failure")
    wait_for(lambda: (tmp_path / "group").exists() and (tmp_path / "group").read_text(), "the group")
    group = int((tmp_path / "group").read_text())

    def nobody_left():
        return not [line for line in os.popen("ps -eo pgid,stat").read().splitlines()
                    if line.split()[0] == str(group) and not line.split()[1].startswith("Z")]
    wait_for(nobody_left, "the whole group to end")
    wait_for(lambda: not of(network.gw1, "slow")["running"], "it to be waited for")
    assert of(network.gw1, "slow")["counters"]["timeouts"] >= 1


def test_what_cannot_be_run_says_so_once(network, tmp_path):
    plain = tmp_path / "plain"
    plain.write_text("exit 0\n")
    with_scripts(network.gw1, script("gone", "/nowhere/check", "0.05") + script("plain", plain, "0.05"), "gone weight 5",
                 "plain weight 5")
    network.gw1.start()
    wait_for(lambda: (of(network.gw1, "gone") or {"counters": {"runs": 0}})["counters"]["runs"] > 10, "some runs")
    assert ran(network.gw1, "gone", outcome="not-started")
    assert "there is no program '/nowhere/check'" in of(network.gw1, "gone")["last"]["text"]
    assert "is not executable" in of(network.gw1, "plain")["last"]["text"]
    assert network.gw1.read_log().count("/nowhere/check") <= 2


@pytest.fixture
def open_folder():
    """For all users. Those of pytest are shut to others again by the next pytest that starts."""
    with tempfile.TemporaryDirectory(prefix="vigia-scripts-") as folder:
        os.chmod(folder, 0o777)
        yield pathlib.Path(folder)


def test_it_runs_as_its_user_with_a_clean_environment(network, open_folder):
    command = "/bin/sh -c 'exec >%s/out.tmp; id -u; id -G; pwd; env; ls /proc/$$/fd; mv %s/out.tmp %s/out'" % (
        (open_folder,) * 3)
    with_scripts(network.gw1, script("who", command, more="timeout 20\n user nobody"), "who")
    os.environ["LD_LIBRARY_PATH"] = os.environ["IFS"] = "/wrong"
    try:
        network.gw1.start()
    finally:
        del os.environ["LD_LIBRARY_PATH"], os.environ["IFS"]
    network.gw1.wait_for_state("MASTER")
    nobody = pwd.getpwnam("nobody")
    lines = (open_folder / "out").read_text().splitlines()
    assert lines[:3] == [str(nobody.pw_uid), str(nobody.pw_gid), "/"]
    assert not [line for line in lines if "/wrong" in line]
    assert "USER=nobody" in lines
    assert [line for line in lines if line.isdigit()][2:] == ["0", "1", "2"]


def test_a_reload_keeps_what_is_known(network, flag):
    scripts = script("chk", "test -e %s" % flag) + script("other", "true")
    with_scripts(network.gw1, scripts, "chk", "other weight 5")
    network.gw1.start()
    network.gw1.wait_for_state("MASTER")
    before = of(network.gw1, "chk")["counters"]["runs"]
    with_scripts(network.gw1, script("chk", "test -e %s" % flag) + script("other", "false"), "chk", "other weight 5")
    assert network.gw1.vigia("reload").returncode == 0
    wait_for(lambda: ran(network.gw1, "other", outcome="failure"), "the other definition")
    assert of(network.gw1, "chk")["counters"]["runs"] >= before
    assert of(network.gw1, "other")["counters"]["successes"] == 0
    # It has never been anything but master.
    assert network.gw1.instance()["counters"]["became_master"] == 1


def test_the_runner_is_killed(network, flag):
    with_scripts(network.gw1, script("chk", "test -e %s" % flag), "chk")
    network.start()
    engine, old = network.gw1.pid("engine"), network.gw1.kill("runner")
    wait_for(lambda: network.gw1.pid("runner") not in (None, old), "a new runner")
    wait_for(lambda: network.gw1.status()["daemon"]["runner"] == "running" and ran(network.gw1, "chk"), "its first run")
    assert network.gw1.pid("engine") == engine
    assert network.gw1.instance()["counters"]["became_master"] == 1
    flag.unlink()
    network.wait_for_master(network.gw2, network.gw1)


def test_a_runner_that_hangs_holds_nobody_up(network, flag):
    with_scripts(network.gw1, script("chk", "test -e %s" % flag), "chk")
    network.start()
    runner = network.gw1.kill("runner", signal.SIGSTOP)
    network.pull_uplink(network.gw1)
    network.wait_for_master(network.gw2, network.gw1)
    network.pull_uplink(network.gw1, there=True)
    network.wait_for_gw1()
    wait_for(lambda: network.gw1.status()["daemon"]["runner"] == "not answering", "the status to tell")
    os.kill(runner, signal.SIGCONT)
    wait_for(lambda: ran(network.gw1, "chk"), "status of the scripts again")


def test_scripts_go_on_without_a_front(network, flag):
    with_scripts(network.gw1, script("chk", "test -e %s" % flag), "chk")
    network.start()
    runner = network.gw1.pid("runner")
    front = network.gw1.kill("front")
    flag.unlink()
    wait_for(lambda: network.gw1.pid("front") not in (None, front), "a new front")
    network.wait_for_master(network.gw2, network.gw1)
    wait_for(lambda: ran(network.gw1, "chk", outcome="failure"), "status by the new front")
    assert network.gw1.pid("runner") == runner


def test_many_scripts_leave_nothing_behind(network):
    many = 100
    names = ["s%d" % i for i in range(many)]
    with_scripts(network.gw1, "".join(script(name, "true", "0.5") for name in names), *names)
    network.gw1.start()
    network.gw1.wait_for_state("MASTER")
    wait_for(lambda: all(one["counters"]["runs"] > 3 for one in network.gw1.status()["scripts"]), "each to run some times")
    runner = network.gw1.pid("runner")
    descriptors = len(os.listdir("/proc/%d/fd" % runner))
    assert descriptors < 20
    children = pathlib.Path("/proc/%d/task/%d/children" % (runner, runner))
    wait_for(lambda: len(children.read_text().split()) < 10, "no zombies")
    assert network.gw1.instance()["counters"]["became_master"] == 1
    assert network.gw1.stop() == 0


def exit_of_test(gateway, scripts, security=True, user="root"):
    """The exit code of -t, and what it says."""
    gateway.configure("global_defs {\n script_user %s\n %s\n}\n" % (user, "enable_script_security" if security else "") +
                      scripts + gateway.text(more=tracked("chk")))
    done = subprocess.run(gateway.namespace.command(*gateway.arguments("-t")), text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    return done.returncode, done.stdout


def test_the_configuration_test_knows_what_root_should_not_run(network, tmp_path):
    """With keepalived's exit codes: 5 for what is not run, 6 for what root runs without enable_script_security."""
    path = tmp_path / "open"
    path.write_text("#!/bin/sh\n")
    os.chmod(path, 0o777)
    assert exit_of_test(network.gw1, script("chk", "true"))[0] == 0
    assert exit_of_test(network.gw1, script("chk", path), user="nobody")[0] == 0
    code, said = exit_of_test(network.gw1, script("chk", "true"), security=False)
    assert code == 6 and "SECURITY VIOLATION" in said
    code, said = exit_of_test(network.gw1, script("chk", path), security=False)
    assert code == 6 and "everybody may write to %s (owner 0, mode 0777)" % path in said
    code, said = exit_of_test(network.gw1, script("chk", path))
    assert code == 5 and "mode 0777" in said
    assert exit_of_test(network.gw1, script("chk", "/nowhere/check"))[0] == 5
    assert exit_of_test(network.gw1, script("chk", "true", more="user nobdy"))[0] == 5


def test_root_does_not_run_what_others_can_change(network, tmp_path):
    path = tmp_path / "open"
    path.write_text("#!/bin/sh\n")
    os.chmod(path, 0o777)
    with_scripts(network.gw1, script("chk", path, more="user root"), "chk", more="global_defs {\n enable_script_security\n}\n")
    network.gw1.start()
    wait_for(lambda: ran(network.gw1, "chk", outcome="not-started"), "it not to be run")
    assert "everybody may write to %s" % path in of(network.gw1, "chk")["last"]["text"]
    os.chmod(path, 0o755)
    network.gw1.wait_for_state("MASTER")
