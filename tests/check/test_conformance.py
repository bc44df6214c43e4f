# SPDX-License-Identifier: GPL-2.0-or-later
"""The check of the conformance matrix must fail for each mistake it knows: here each is made once."""
import pathlib
import subprocess
import sys

import pytest

SCRIPT = pathlib.Path(__file__).resolve().parent / "conformance.py"
HEAD = "id\tlevel\twhere\trequirement\tstatus\tby\tremark\n"
ROWS = [
    "RX-01\tM\t7.1\tTTL 255\tmet\t\t",
    "RX-02\tM\t7.1\tversion\tmet\tRX-01\t",
    "RX-03\tM\t7.1\ttype\tmet\t\tonly in part",
    "TX-01\tM\t7.2\tfields\tdeviation\t\tfor a reason",
    "FSM-B1\tMN\t6.4.2\tno ARP\tlater\t\tIPv6",
]
C_TEST = """
/* Why. */
/* covers: RX-01
 * TX-01 */
static void ttl(void **state)
{
}
static const struct CMUnitTest tests[] = {cmocka_unit_test(ttl)};
"""
PY_TEST = "# covers: RX-03\n@mark\ndef test_type():\n    pass\n"


class Matrix:
    def __init__(self, top):
        self.top = top
        self.rows = list(ROWS)
        self.files = {"tests/unit/wire/test_a.c": C_TEST, "tests/lab/test_b.py": PY_TEST}

    def run(self, mode):
        for path, text in {"doc/conformance.tsv": HEAD + "\n".join(self.rows) + "\n", **self.files}.items():
            (self.top / path).parent.mkdir(parents=True, exist_ok=True)
            (self.top / path).write_text(text)
        done = subprocess.run([sys.executable, SCRIPT, mode, self.top], text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        return done.returncode, done.stdout

    def fails(self, words):
        """Also when the page is as new as it can be."""
        assert self.run("--update")[0] == 1
        code, text = self.run("--check")
        assert code == 1 and words in text and "not current" not in text
        return True


@pytest.fixture
def matrix(tmp_path):
    return Matrix(tmp_path)


def test_a_right_one(matrix):
    assert matrix.run("--update")[0] == 0
    assert matrix.run("--check")[0] == 0
    page = (matrix.top / "doc/conformance.md").read_text()
    assert "| RX-01 | M | 7.1 | TTL 255 | met | `unit/wire/test_a.c:ttl` |  |" in page
    assert "| RX-02 | M | 7.1 | version | met | as RX-01 |  |" in page
    assert "| RX-03 | M | 7.1 | type | met | `lab/test_b.py:test_type` | only in part |" in page
    assert "5 rows: 3 met, 1 deviation, 1 later, 0 not ours." in page


def test_an_old_page(matrix):
    matrix.run("--update")
    matrix.rows[0] = matrix.rows[0].replace("255", "256")
    code, text = matrix.run("--check")
    assert code == 1 and "not current" in text
    matrix.rows[0] = ROWS[0]
    matrix.files["tests/lab/test_b.py"] = PY_TEST.replace("test_type", "test_other")
    assert matrix.run("--check")[0] == 1


def test_no_page(matrix):
    assert matrix.run("--check")[0] == 1


def test_met_without_a_test(matrix):
    matrix.files["tests/lab/test_b.py"] = PY_TEST.replace("RX-03", "RX-01")
    assert matrix.fails("RX-03: met, but no test covers it")


@pytest.mark.parametrize("tag", ["RX-04", "RX-3", "RX-03 RX-99", "FOO-1"])
def test_a_tag_of_no_row(matrix, tag):
    matrix.files["tests/lab/test_b.py"] = PY_TEST + "# covers: %s\ndef test_c():\n    pass\n" % tag
    assert matrix.fails("is no row")


@pytest.mark.parametrize("path, text", [
    ("src/core/a.c", "/* FSM-B14 */\n"),
    ("src/core/a.h", "/* see RX-04, RX-01 */\n"),
    ("tests/property/oracle.c", "/* AMB-06 */\n"),
    ("doc/notes.md", "By TX-02.\n"),
])
def test_an_id_that_is_no_row(matrix, path, text):
    matrix.files[path] = text
    assert matrix.fails("is no row")


@pytest.mark.parametrize("path, text", [
    ("tests/unit/a.c", "/* covers: RX-01 */\nstatic void helper(int a)\n{\n}\n"),
    ("tests/unit/a.c", "static void a(void)\n{\n}\n/* covers: RX-01 */\n"),
    ("tests/property/a.c", "/* covers: RX-01 */\nstatic void check(void)\n{\n}\n"),
    ("tests/lab/a.py", "# covers: RX-01\ndef helper():\n    pass\n"),
])
def test_a_tag_at_no_test(matrix, path, text):
    matrix.files[path] = text
    assert matrix.fails("stands at no test")


def test_a_property_is_a_check_that_is_called(matrix):
    matrix.files["tests/property/a.c"] = "/* covers: RX-01 */\nstatic void check(void)\n{\n}\nvoid b(void) { check(); }\n"
    assert matrix.run("--update")[0] == 0


def test_a_scenario_shows_a_row_as_a_whole(matrix):
    matrix.files["tests/scenarios/001-a.scenario"] = "# covers: RX-01\ntitle a\n"
    assert matrix.run("--update")[0] == 0
    assert "scenarios/001-a.scenario" in (matrix.top / "doc/conformance.md").read_text()


def test_an_empty_tag(matrix):
    matrix.files["tests/lab/test_b.py"] = PY_TEST + "# covers:\ndef test_c():\n    pass\n"
    assert matrix.fails("a tag without rows")


@pytest.mark.parametrize("status", ["deviation", "later", "not ours"])
def test_no_reason(matrix, status):
    matrix.rows[4] = "FSM-B1\tMN\t6.4.2\tno ARP\t%s\t\t" % status
    assert matrix.fails("no reason is given")


@pytest.mark.parametrize("row, words", [
    ("RX-03\tM\t7.1\ttype\tmet\tTX-01\t", "not met with tests of its own"),
    ("RX-03\tM\t7.1\ttype\tmet\tRX-02\t", "not met with tests of its own"),
    ("RX-03\tM\t7.1\ttype\tmet\tRX-77\t", "which is no row"),
    ("RX-03\tM\t7.1\ttype\tdone\t\t", "status 'done'"),
    ("RX-03\tM\t7.1\t\tmet\t\t", "needs a requirement"),
    ("RX-03\tM\t7.1\ta|b\tmet\t\t", "no '|' anywhere"),
    ("RX-03\tM\t7.1\ttype\tmet\t", "6 columns"),
    ("RX-01\tM\t7.1\ttype\tmet\t\t", "stands on line 2 too"),
    ("ZZ-03\tM\t7.1\ttype\tlater\t\tIPv6", "no section"),
])
def test_wrong_rows(matrix, row, words):
    matrix.rows[2] = row
    assert matrix.fails(words)


def test_nothing_to_look_at(matrix):
    matrix.rows = []
    matrix.files = {}
    matrix.run("--update")
    assert matrix.run("--check")[0] == 1
