# SPDX-License-Identifier: GPL-2.0-or-later
"""The check of the scenarios must fail for each mistake it knows: here each is made once."""
import pathlib
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import scenarios  # noqa: E402  (beside this file)

ROWS = " ".join(prefix + ("1" if prefix.startswith(("FSM", "PEER")) else "-01")
                for _, some in scenarios.conformance.SECTIONS for prefix in some)
WHOLE = "# covers: %s\n# pain: %s\ntitle everything\n" % (ROWS, " ".join(scenarios.PAINS))


class Tree:
    def __init__(self, top):
        self.top = top
        self.page = "Before.\n" + scenarios.BEGIN + "old\n" + scenarios.END + "After.\n"
        self.files = {"001-all.scenario": WHOLE, "002-more.scenario": "title more\n"}

    def run(self, mode):
        (self.top / "doc").mkdir(exist_ok=True)
        (self.top / scenarios.FOLDER).mkdir(parents=True, exist_ok=True)
        if mode == "--update":
            (self.top / scenarios.PAGE).write_text(self.page)
        for name, text in self.files.items():
            (self.top / scenarios.FOLDER / name).write_text(text)
        done = subprocess.run([sys.executable, HERE / "scenarios.py", mode, self.top], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.returncode, done.stdout


@pytest.fixture
def some(tmp_path):
    return Tree(tmp_path)


def test_right_ones(some):
    assert some.run("--update")[0] == 0
    assert some.run("--check")[0] == 0
    page = (some.top / scenarios.PAGE).read_text()
    assert page.startswith("Before.\n") and page.endswith("After.\n") and "old" not in page
    assert "\n2 scenarios." in page and "| R4 |" in page and "not simulated" in page


def test_an_old_page(some):
    some.run("--update")
    some.files["003-new.scenario"] = "# pain: R1\ntitle new\n"
    code, text = some.run("--check")
    assert code == 1 and "not current" in text


@pytest.mark.parametrize("name, text, words", [
    ("001-all.scenario", WHOLE.replace("R15", "R1"), "no scenario is about R15"),
    ("001-all.scenario", WHOLE.replace("FSM-B1", "FSM-A1"), "no scenario is about FSM-B"),
    ("002-more.scenario", "# pain: R99\ntitle more\n", "R99: there are R1"),
    ("002-more.scenario", "# pain: R4\ntitle more\n", "R4: there are R1"),
    ("002-more.scenario", "# pain:\ntitle more\n", "a tag of nothing"),
    ("002-more.scenario", "# nothing\n", "has no title"),
    ("001-other.scenario", "title other\n", "its number is that of"),
    ("3-Other.scenario", "title other\n", "three digits"),
])
def test_mistakes(some, name, text, words):
    some.files[name] = text
    code, said = some.run("--update")
    assert code == 1 and words in said


def test_no_place_on_the_page(some):
    some.page = "Nothing.\n"
    code, text = some.run("--update")
    assert code == 1 and "are missing" in text
