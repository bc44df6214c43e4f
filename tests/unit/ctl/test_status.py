# SPDX-License-Identifier: GPL-2.0-or-later
"""`vigia status` and `vigia reload` against a daemon that the test plays, and against none."""
import json
import pathlib
import socket

from played import vigia

GOLDENS = pathlib.Path(__file__).parent / "status"


def status_of(name):
    return {"ok": True, "status": json.loads((GOLDENS / (name + ".json")).read_text())}


def test_no_daemon(control):
    for command in ("status", "reload"):
        done = vigia(command, "--control", str(control))
        assert done.returncode == 3
        assert done.stdout == ""
        assert done.stderr == f"vigiad is not running (no answer at {control})\n"


def test_socket_of_a_dead_daemon(control):
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(control))
    left.close()
    done = vigia("status", "--json", "--control", str(control))
    assert done.returncode == 3
    assert done.stdout == ""


def test_daemon_that_dies_before_it_answers(control, daemon):
    daemon(b"")
    assert vigia("status", "--control", str(control)).returncode == 3


def test_status_as_text(control, daemon):
    server = daemon(status_of("master"))
    done = vigia("status", "--control", str(control))
    assert done.returncode == 0
    assert done.stdout == (GOLDENS / "master.txt").read_text()
    assert [json.loads(line) for line in server.asked] == [{"command": "status"}]


def test_status_as_json(control, daemon):
    answer = status_of("backup-and-fault")
    daemon(answer)
    done = vigia("status", "--json", "--control", str(control))
    assert done.returncode == 0
    assert json.loads(done.stdout) == answer["status"]


def test_named_instances(control, daemon):
    daemon(status_of("backup-and-fault"))
    done = vigia("status", "--json", "--control", str(control), "a-rather-long-name")
    assert [one["name"] for one in json.loads(done.stdout)["instances"]] == ["a-rather-long-name"]
    done = vigia("status", "--control", str(control), "insid")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == 'vigia: there is no instance "insid"; there are: inside, a-rather-long-name\n'


def test_dead_engine(control, daemon):
    daemon(status_of("engine-dead"))
    done = vigia("status", "--control", str(control))
    assert done.returncode == 1
    assert "MASTER " not in done.stdout.replace("MASTER  WHY", "")


def test_refusal_and_nonsense(control, daemon):
    server = daemon({"ok": False, "error": "only root"})
    done = vigia("status", "--control", str(control))
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "vigia: vigiad refuses: only root\n")
    server.answer = b"hello\n"
    done = vigia("status", "--control", str(control))
    assert (done.returncode, done.stdout) == (1, "")
    assert "is no vigiad" in done.stderr


def test_long_answer(control, daemon):
    answer = status_of("master")
    answer["status"]["instances"] *= 500
    daemon(answer)
    done = vigia("status", "--json", "--control", str(control))
    assert json.loads(done.stdout) == answer["status"]


def test_reload(control, daemon):
    server = daemon({"ok": True})
    done = vigia("reload", "--control", str(control))
    assert (done.returncode, done.stdout, done.stderr) == (0, "reloaded\n", "")
    assert [json.loads(line) for line in server.asked] == [{"command": "reload"}]
    server.answer = json.dumps({"ok": False, "error": "a.conf:1:1: error: no\n"}).encode() + b"\n"
    done = vigia("reload", "--control", str(control))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "nothing was changed:\na.conf:1:1: error: no\n"


def test_wrong_arguments():
    for arguments in (("status", "--colour"), ("reload", "now"), ("reload", "--json"), ("stats",), ()):
        assert vigia(*arguments).returncode == 2
    assert 'did you mean "status"' in vigia("stats").stderr


def test_help():
    for command in ("status", "reload"):
        done = vigia("help", command)
        assert done.returncode == 0
        assert done.stdout.startswith(f"usage: vigia {command}")
    assert "status" in vigia("help").stdout
