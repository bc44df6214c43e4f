# SPDX-License-Identifier: GPL-2.0-or-later
"""`vigia metrics`: the text is OpenMetrics, says what the daemon said, and every family is in doc/metrics.md."""
import json
import pathlib
import re

import pytest

from played import vigia

SOURCE = pathlib.Path(__file__).parents[3]
DOCUMENT = SOURCE / "doc" / "metrics.md"

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
# Of the specification, section "ABNF": what a value of a label may be, and a number.
QUOTED = r'"(?:[^"\\\n]|\\["\\n])*"'
LABEL = r"[a-zA-Z_][a-zA-Z0-9_]*=" + QUOTED
NUMBER = r"[+-]?(?:\d+(?:\.\d*)?(?:e[+-]?\d+)?|Inf)"
SAMPLE = re.compile(r"^(%s)(?:\{((?:%s)(?:,%s)*)\})? (%s)$" % (NAME, LABEL, LABEL, NUMBER))
ENDINGS = {"gauge": [""], "counter": ["_total"], "histogram": ["_bucket", "_count", "_sum"]}


def unescaped(text):
    return re.sub(r"\\(.)", lambda found: {"n": "\n"}.get(found.group(1), found.group(1)), text)


class Family:
    def __init__(self, name):
        self.name, self.type, self.unit, self.help = name, None, None, None
        self.samples = {}  # (name, labels) -> value

    def take(self, name, labels, value):
        assert name[len(self.name):] in ENDINGS[self.type], name
        key = (name, tuple(sorted(labels.items())))
        assert key not in self.samples, "twice: %r" % (key,)
        self.samples[key] = value

    def check(self):
        assert self.type and self.help and self.samples, self.name
        assert not self.unit or self.name.endswith("_" + self.unit)
        assert self.type != "counter" or min(self.samples.values()) >= 0
        if self.type == "histogram":
            buckets = [(dict(labels)["le"], value) for (name, labels), value in self.samples.items() if name.endswith("_bucket")]
            assert buckets[-1][0] == "+Inf" and buckets[-1][1] == self.samples[(self.name + "_count", ())]
            bounds, counts = [float(bound) for bound, _ in buckets], [value for _, value in buckets]
            assert bounds == sorted(set(bounds)) and counts == sorted(counts)


def parse(text):
    """The families, by name; whatever the specification does not allow fails."""
    lines = text.split("\n")
    assert lines[-2:] == ["# EOF", ""]
    families, present = {}, None
    for line in lines[:-2]:
        comment = re.match(r"^# (TYPE|UNIT|HELP) (%s) (.+)$" % NAME, line)
        if comment:
            kind, name, rest = comment.groups()
            if present is None or present.name != name:
                assert name not in families, "in two places: " + name
                assert kind == "TYPE"
                present = families[name] = Family(name)
            assert getattr(present, kind.lower()) is None and not present.samples, line
            assert kind != "TYPE" or rest in ENDINGS
            assert kind != "HELP" or re.match(r'^(?:[^\\"\n]|\\[\\n"])*$', rest)
            setattr(present, kind.lower(), rest)
            continue
        sample = SAMPLE.match(line)
        assert sample, "no sample: " + line
        labels = [part.split("=", 1) for part in re.findall(LABEL, sample.group(2) or "")]
        assert len(dict(labels)) == len(labels)
        present.take(sample.group(1), {name: unescaped(value[1:-1]) for name, value in labels}, float(sample.group(3)))
    for family in families.values():
        family.check()
    return families


def value(families, name, **labels):
    family = next(families[name[:len(name) - cut]] for cut in (0, 6) if name[:len(name) - cut] in families)
    return family.samples[(name, tuple(sorted(labels.items())))]


def instance(name, state="MASTER", **more):
    return {"name": name, "interface": "eth0", "family": "ipv4", "vrid": 51, "version": 3, "sync_group": None, "state": state,
            "since": 4 * 10**9, "priority": {"configured": 100, "effective": 90},
            "counters": {"adverts_sent": 10, "adverts_received": 1, "priority_zero_sent": 2, "priority_zero_received": 3,
                         "became_master": 4, "announcements_sent": 5, "send_errors": 6, "restored": 7, "transitions": 8},
            "drops": {"ttl": 3}, **more}


def everything():
    """A status in which nothing is missing."""
    counters = {"runs": 12, "successes": 11, "failures": 1, "timeouts": 2, "start_failures": 3}
    return {
        "daemon": {"version": "0.1.0", "router_id": "gw1", "pid": 1, "engine_pid": 2, "started": 10**9, "now": 10**10,
                   "config": "x", "config_loaded": 2 * 10**9, "last_reload_error": None, "engine": "running", "engine_restarts": 1,
                   "engine_death": None, "runner": "running", "runner_restarts": 0,
                   "log_lines_lost": 7},
        "instances": [instance("VI_1"), instance("VI_2", "BACKUP", sync_group="G")],
        "sync_groups": [{"name": "G", "state": "BACKUP", "since": 10**9, "members": ["VI_2"], "because": "VI_2", "text": ""}],
        "static": [{"item": "address 10.5.0.1/24 dev eth0", "held": True, "error": None, "restored": 2}],
        "interfaces": [{"name": "eth0", "index": 2, "up": True, "carrier": False, "counts_as_up": True}],
        "drops": {"vrid": 4, "ttl": 0},
        "bfd": [{"name": "UP", "state": "Up", "since": 10**9, "sent": 1, "received": 2, "send_errors": 3, "ups": 4, "downs": 5,
                 "drops": {"hops": 1}}],
        "bfd_drops": {"session": 1},
        "rules": {"restored": 3, "error": None},
        "after_death": {"silent": True, "error": None, "lifetime": 60},
        "lateness": {"last": 0.00005, "longest": 1.5, "longest_at": 10**9, "sum": 2.25,
                     "histogram": [{"at_most": 0.0001, "turns": 5}, {"at_most": 1, "turns": 7}, {"at_most": None, "turns": 8}],
                     "stall_limit": 0.1, "stalls": 3, "last_stall": {"at": 10**9, "late": 1.5}},
        "overruns": {"packets": 7, "packets_at": 10**9, "netlink": 1, "netlink_at": 10**9,
                     "bfd": 5, "bfd_at": 10**9, "neighbours": 2, "neighbours_at": 10**9},
        "scripts": [{"name": "chk", "state": "down", "since": 10**9, "counters": counters}],
        "processes": [{"name": "nginx", "state": "up", "since": 10**9, "running": 2}],
        "files": [{"name": "load", "path": "/run/load", "value": -20, "since": 10**9, "problem": None}],
        "links": [],
        "notifications": [{"name": "VI_1", "kind": "instance", "runs": 3, "failures": 1, "skipped": 2}],
        "fifos": [{"path": "/run/states", "open": True, "lines": 12, "dropped": 1}],
        "mail": {"queued": 1, "sent": 2, "failed": 3, "lost": 4, "replaced": 5, "last_error": None},
    }


@pytest.fixture
def metrics(control, daemon):
    """The text that `vigia metrics` makes of a status."""
    def ask(status):
        server = daemon({"ok": True, "status": status})
        done = vigia("metrics", "--control", str(control))
        assert done.returncode == 0, done.stderr
        assert [json.loads(line) for line in server.asked] == [{"command": "status", "brief": True}]
        control.unlink()
        return done.stdout
    return ask


def test_what_the_daemon_says(metrics):
    families = parse(metrics(everything()))
    assert value(families, "vigia_up") == 1
    assert value(families, "vigia_engine_up") == 1
    assert value(families, "vigia_uptime_seconds") == 9
    assert value(families, "vigia_instance_state", vrrp_instance="VI_1") == 2
    assert value(families, "vigia_instance_state", vrrp_instance="VI_2") == 1
    assert value(families, "vigia_instance_state_age_seconds", vrrp_instance="VI_1") == 6
    assert value(families, "vigia_instance_info", vrrp_instance="VI_2", interface="eth0", family="ipv4", vrid="51", version="3",
                 sync_group="G") == 1
    assert value(families, "vigia_instance_priority", vrrp_instance="VI_1") == 90
    assert value(families, "vigia_instance_transitions_total", vrrp_instance="VI_1") == 8
    assert value(families, "vigia_instance_dropped_packets_total", vrrp_instance="VI_1", reason="ttl") == 3
    assert value(families, "vigia_dropped_packets_total", reason="ttl") == 0
    assert value(families, "vigia_bfd_session_state", session="UP") == 3
    assert value(families, "vigia_script_state", script="chk") == 0
    assert value(families, "vigia_interface_carrier", interface="eth0") == 0
    assert value(families, "vigia_file_value", file="load") == -20
    assert value(families, "vigia_packets_lost_total") == 7
    assert value(families, "vigia_netlink_overruns_total") == 1
    assert value(families, "vigia_bfd_packets_lost_total") == 5
    assert value(families, "vigia_neighbour_answers_lost_total") == 2
    lateness = families["vigia_engine_lateness_seconds"].samples
    assert lateness[("vigia_engine_lateness_seconds_bucket", (("le", "1.0"),))] == 7
    assert lateness[("vigia_engine_lateness_seconds_sum", ())] == 2.25


def test_counters_are_exact(metrics):
    status = everything()
    status["instances"][0]["counters"]["adverts_sent"] = 2**53 + 1
    text = metrics(status)
    assert 'vigia_instance_adverts_sent_total{vrrp_instance="VI_1"} %d\n' % (2**53 + 1) in text


def test_states_are_never_labels(metrics):
    states = ("MASTER", "BACKUP", "FAULT", "INIT", "DRAINED", "UNKNOWN")
    for number, state in enumerate(("UNKNOWN", "INIT", "BACKUP", "MASTER", "FAULT", "DRAINED"), start=-1):
        status = everything()
        status["instances"] = [instance("one", state)]
        families = parse(metrics(status))
        assert value(families, "vigia_instance_state", vrrp_instance="one") == number
        assert not any(text in states for family in families.values() for _, labels in family.samples for _, text in labels)


def test_names_of_any_kind(metrics):
    names = ['quote"d', "back\\slash", "two\nlines", "\\n is not a newline", "größer", "}{=,", ""]
    status = everything()
    status["instances"] = [instance(name) for name in names]
    families = parse(metrics(status))
    assert [dict(labels)["vrrp_instance"] for _, labels in families["vigia_instance_state"].samples] == names


def test_every_family_is_documented(metrics):
    made = []
    for name, family in parse(metrics(everything())).items():
        labels = {label for _, labels in family.samples for label, _ in labels} - {"le"}
        assert "instance" not in labels  # which Prometheus keeps for itself
        made.append((name, family.type, labels, unescaped(family.help)))
    rows = re.findall(r"^\| `(%s)` \| (\w+) \| (.*) \| (.*) \|$" % NAME, DOCUMENT.read_text(), re.M)
    assert [(name, kind, set(filter(None, labels.split(", "))), text) for name, kind, labels, text in rows] == made


def test_an_engine_that_is_dead(metrics):
    status = everything()
    status["daemon"].update(engine="dead", runner="none")
    for name in ("sync_groups", "static", "interfaces", "bfd", "scripts", "processes", "files", "notifications", "fifos"):
        status[name] = []
    for name in ("drops", "bfd_drops", "after_death", "lateness", "overruns"):
        status[name] = {}
    status["mail"] = None
    unknown = instance("VI_1", "UNKNOWN", since=None)
    for name in ("counters", "drops", "priority"):
        del unknown[name]
    status["instances"] = [unknown]
    families = parse(metrics(status))
    assert value(families, "vigia_engine_up") == 0
    assert value(families, "vigia_instance_state", vrrp_instance="VI_1") == -1
    assert "vigia_instance_adverts_sent" not in families and "vigia_runner_up" not in families


def test_nobody_there(control):
    done = vigia("metrics", "--control", str(control))
    assert done.returncode == 3
    families = parse(done.stdout)
    assert list(families) == ["vigia_up"] and value(families, "vigia_up") == 0


def test_a_file_is_replaced_as_a_whole(control, daemon, tmp_path):
    folder = tmp_path / "textfile"
    folder.mkdir()
    path = folder / "vigia.prom"
    path.write_text("old")
    with open(path) as old:
        daemon({"ok": True, "status": everything()})
        done = vigia("metrics", "--control", str(control), "--output", str(path))
        assert done.returncode == 0 and done.stdout == "" and old.read() == "old"
    assert value(parse(path.read_text()), "vigia_up") == 1
    assert path.stat().st_mode & 0o777 == 0o644
    done = vigia("metrics", "--control", str(tmp_path / "nobody"), "--output", str(path))
    assert done.returncode == 3
    assert value(parse(path.read_text()), "vigia_up") == 0
    assert [each.name for each in folder.iterdir()] == ["vigia.prom"]
    done = vigia("metrics", "--control", str(control), "--output", str(folder / "missing" / "x"))
    assert done.returncode == 1 and "cannot be written" in done.stderr


def test_a_refusal(control, daemon):
    daemon({"ok": False, "error": "not you"})
    done = vigia("metrics", "--control", str(control))
    assert done.returncode == 1 and done.stdout == "" and "not you" in done.stderr


def test_another_reader_understands_it(metrics):
    reader = pytest.importorskip("prometheus_client.openmetrics.parser")
    status = everything()
    status["instances"].append(instance('a"b\\c\nd'))
    text = metrics(status)
    ours = {(name, labels): number for family in parse(text).values() for (name, labels), number in family.samples.items()}
    theirs = {(sample.name, tuple(sorted(sample.labels.items()))): sample.value
              for family in reader.text_string_to_metric_families(text) for sample in family.samples}
    assert theirs == ours
