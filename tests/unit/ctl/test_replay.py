# SPDX-License-Identifier: GPL-2.0-or-later
"""vigia replay on traces that make_trace writes, whole and damaged."""
import json
import os
import pathlib
import random
import subprocess

import pytest

VIGIA = os.environ["VIGIA"]
MAKE_TRACE = os.environ["MAKE_TRACE"]


def make_trace(seed, events):
    done = subprocess.run([MAKE_TRACE, str(seed), str(events)], check=True, text=True, stdout=subprocess.PIPE)
    return done.stdout.splitlines()


@pytest.fixture(scope="module")
def lines():
    return make_trace(1, 300)


def replay(path, lines, end="\n"):
    path.write_text("\n".join(lines) + end)
    return subprocess.run([VIGIA, "replay", str(path)], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def first(lines, word):
    return next(number for number, line in enumerate(lines) if word in line)


@pytest.mark.parametrize("seed", range(1, 6))
def test_no_difference(tmp_path, seed):
    lines = make_trace(seed, 2000)
    done = replay(tmp_path / "trace", lines)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "%s: %d events of 2 virtual routers, no difference\n" % (
        tmp_path / "trace", sum('"actions":' in line for line in lines))


RECORDED = sorted((pathlib.Path(__file__).resolve().parents[2] / "trace").glob("*.trace"))


def test_there_are_recorded_traces():
    assert RECORDED


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.name)
def test_recorded_trace(path):
    done = subprocess.run([VIGIA, "replay", str(path)], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert (done.returncode, done.stderr) == (0, "")


def test_traces_cover_what_there_is():
    """Otherwise the test above says little."""
    text = "\n".join(make_trace(1, 2000))
    for kind in ("tick", "startup", "shutdown", "shutdown-now", "advert", "interface", "track", "config",
                 "install-result", "route", "begin", "send-advert", "install", "remove-addresses", "announce", "record"):
        assert '{"type":"%s"' % kind in text, kind


def test_difference_is_shown(tmp_path, lines):
    number = first(lines, '"priority":')
    number = next(n for n in range(number, len(lines)) if '"send-advert"' in lines[n])
    changed = lines[number].replace('"send-advert","priority":', '"send-advert","priority":9', 1)
    done = replay(tmp_path / "trace", lines[:number] + [changed] + lines[number + 1:])
    assert done.returncode == 1 and done.stdout == ""
    assert ":%d: the answer to the event of line %d differs from column" % (number + 1, number) in done.stderr
    assert "recorded: " + changed in done.stderr and "now:      " + lines[number] in done.stderr


def test_a_lost_event_makes_a_difference(tmp_path, lines):
    number = first(lines, '"type":"startup"')
    done = replay(tmp_path / "trace", lines[:number] + lines[number + 2:])
    assert done.returncode == 1 and "differs" in done.stderr


def edit(line, **members):
    """The line with members of its event changed; None takes one away."""
    whole = json.loads(line)
    for key, value in members.items():
        if value is None:
            del whole["event"][key]
        else:
            whole["event"][key] = value
    return json.dumps(whole)


@pytest.mark.parametrize("kind, members, words", [
    ("startup", {"type": "dance"}, 'there is no event of type "dance"'),
    ("startup", {"adopt": 1}, '"adopt" must be true or false'),
    ("advert", {"source": None}, '"source" must be an IP address'),
    ("advert", {"source": "1.2.3"}, '"source" must be an IP address'),
    ("advert", {"source": "::1"}, "family"),
    ("advert", {"priority": 256}, '"priority" must be a whole number from 0 to 255'),
    ("advert", {"priority": "100"}, '"priority" must be a whole number'),
    ("advert", {"interval": -1}, '"interval" must be a whole number'),
    ("advert", {"checksum_form": "none of them"}, '"checksum_form" must be'),
    ("advert", {"addresses": ["x"]}, '"addresses" must be an IP address'),
    ("advert", {"addresses": "10.0.0.1"}, '"addresses" must be a list'),
    ("advert", {"addresses": ["10.0.0.1"] * 256}, '"addresses" must be a list of at most 255'),
    ("interface", {"primary": 5}, '"primary" must be an IP address or null'),
    ("track", {"index": 2}, 'tracks 2 objects'),
    ("track", {"index": -1}, '"index" must be a whole number'),
    ("config", {"tracks": []}, 'states in "tracks"'),
    ("config", {"tracks": [1, 2]}, '"state" must be a string'),
    ("config", {"tracks": [{"state": "on"}, {"state": "up"}]}, "must be unknown, up or down"),
    ("track", {"value": 2**31}, '"value" must be a whole number'),
    ("config", {"was": "VI_9"}, "it is another router"),
    ("install-result", {"error": 5}, '"error" must be a whole number from -4095 to 0'),
])
def test_wrong_event(tmp_path, lines, kind, members, words):
    number = first(lines, '"type":"%s"' % kind)
    done = replay(tmp_path / "trace", lines[:number] + [edit(lines[number], **members)] + lines[number + 1:])
    assert done.returncode == 1 and done.stdout == ""
    assert "trace:%d: " % (number + 1) in done.stderr and words in done.stderr


@pytest.mark.parametrize("line, words", [
    ("nonsense", "not JSON at column 8"),
    ("", "not JSON"),
    ("[]", "not a JSON object"),
    ("{}", "neither a header, an event"),
    ('{"t":1,"t":2}', "not JSON"),
    ('{"trace":2,"name":null,"config":""}', "a trace of version 2, but this program reads version 1"),
    ('{"trace":1,"name":null}', '"config" must be a string'),
    ('{"trace":1,"name":null,"config":"vrrp_instance A {\\n nonsense\\n}\\n"}', "cannot be used"),
    ('{"t":1,"vr":"VI_7","event":{"type":"tick"}}', 'the virtual router "VI_7" has not begun'),
    ('{"t":1,"vr":"VI_7","event":{"type":"begin"}}', 'no virtual router "VI_7" in the configuration'),
    ('{"t":"1","vr":"VI_1","event":{"type":"tick"}}', '"t" must be a whole number'),
    ('{"t":1,"event":{"type":"tick"}}', '"vr" must be a string'),
    ('{"t":1,"vr":"VI_1","event":5}', '"event" must be an object'),
    ('{"t":1,"vr":"VI_1","actions":[],"state":"INIT","deadline":null}', "actions without an event"),
    ('{"dropped":-1}', '"dropped" must be a whole number'),
])
def test_wrong_line(tmp_path, lines, line, words):
    done = replay(tmp_path / "trace", lines[:2] + [line])
    assert done.returncode == 1 and done.stdout == ""
    assert "trace:3: " in done.stderr and words in done.stderr


def test_configuration_error_says_where(tmp_path):
    done = replay(tmp_path / "trace", ['{"trace":1,"name":null,"config":"vrrp_instance A {\\n nonsense\\n}\\n"}'])
    assert done.returncode == 1 and "configuration in the trace:2:2: " in done.stderr


def test_event_before_any_header(tmp_path):
    done = replay(tmp_path / "trace", ['{"t":1,"vr":"VI_1","event":{"type":"tick"}}'])
    assert done.returncode == 1 and "has not begun" in done.stderr


def test_missing_actions(tmp_path, lines):
    number = first(lines, '"actions":')
    done = replay(tmp_path / "trace", lines[:number] + lines[number + 1:])
    assert done.returncode == 1 and "the actions that answer the event of line %d must stand here" % number in done.stderr


def test_nothing_to_compare(tmp_path, lines):
    for some in ([], lines[:1]):
        done = replay(tmp_path / "trace", some, "\n" if some else "")
        assert done.returncode == 1 and "nothing was compared" in done.stderr


def test_gap(tmp_path, lines):
    done = replay(tmp_path / "trace", lines[:50] + ['{"dropped":12}'] + lines[90:])
    assert done.returncode == 4 and "trace:51: 12 lines were lost" in done.stderr


def test_killed_recorder(tmp_path, lines):
    """Cut anywhere in the last lines: never a difference, never a success but at the end of a pair."""
    number = first(lines, '"actions":')
    last = lines[number]
    for length in range(1, len(last)):
        done = replay(tmp_path / "trace", lines[:number] + [last[:length]], "")
        assert done.returncode == 4 and "in the middle of a line" in done.stderr
    done = replay(tmp_path / "trace", lines[:number + 1], "")
    assert done.returncode == 0
    done = replay(tmp_path / "trace", lines[:number])
    assert done.returncode == 4 and "before the actions of its last event" in done.stderr


def test_random_damage_never_crashes(tmp_path, lines):
    seed = int(os.environ.get("VIGIA_TEST_SEED", "1"))
    print("VIGIA_TEST_SEED=%d" % seed)
    generator = random.Random(seed)
    data = "\n".join(lines).encode()
    for _ in range(150):
        damaged = bytearray(data)
        for _ in range(generator.randint(1, 4)):
            at = generator.randrange(min(len(damaged), 20000))
            damaged[at:at + generator.randint(0, 3)] = generator.choice([b"", b"\0", b"\xff", b'"', b"}", b"9", b"-", b"\n"])
        (tmp_path / "trace").write_bytes(damaged)
        done = subprocess.run([VIGIA, "replay", str(tmp_path / "trace")], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert done.returncode in (0, 1, 4), done.stderr


@pytest.mark.parametrize("arguments", [(), ("a", "b"), ("--wrong", "a")])
def test_usage(arguments):
    done = subprocess.run([VIGIA, "replay", *arguments], stderr=subprocess.PIPE)
    assert done.returncode == 2 and done.stderr


def test_missing_file(tmp_path):
    done = subprocess.run([VIGIA, "replay", str(tmp_path / "none")], text=True, stderr=subprocess.PIPE)
    assert done.returncode == 1 and "No such file" in done.stderr
