# SPDX-License-Identifier: GPL-2.0-or-later
"""Each check must fail when its rule is broken: here each rule is broken once."""
import os
import pathlib
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
COMPILER = os.environ.get("CC", "cc").split()
C_LICENCE = "/* SPDX-License-Identifier: GPL-2.0-or-later */\n"


def check(name, *arguments):
    return subprocess.run([sys.executable, HERE / name, *arguments], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)


def write(top, path, text):
    (top / path).parent.mkdir(parents=True, exist_ok=True)
    (top / path).write_text(text)


def library(folder, name, source):
    """A static library of one object, compiled as the tree is: position independent."""
    (folder / (name + ".c")).write_text(source)
    subprocess.run([*COMPILER, "-O1", "-fPIC", "-c", name + ".c", "-o", name + ".o"], cwd=folder, check=True)
    subprocess.run(["ar", "rcs", "lib%s.a" % name, name + ".o"], cwd=folder, check=True)
    return folder / ("lib%s.a" % name)


@pytest.mark.parametrize("path, header", [
    ("src/base/a.c", "wire/vrrp.h"),
    ("src/wire/a.c", "core/vr.h"),
    ("src/core/a.h", "conf/conf.h"),
    ("src/core/a.c", "engine/port.h"),
    ("src/conf/a.c", "core/vr.h"),
    ("src/engine/a.c", "linux/event_loop.h"),
    ("src/linux/a.c", "conf/conf.h"),
    ("src/linux/a.c", "engine/trace.h"),
    ("src/front/a.c", "linux/packet_rx.h"),
    ("src/front/a.c", "core/vr.h"),
    ("src/daemon/a.c", "ctl/command.h"),
    ("src/ctl/a.c", "linux/channel.h"),
    ("lab/a.c", "engine/engine.h"),
    ("lab/a.c", "conf/conf.h"),
    ("src/base/a.c", "nowhere/a.h"),
    ("src/base/a.c", "beside.h"),
    ("src/base/a.c", "../wire/vrrp.h"),
    ("src/newroom/a.c", "base/addr.h"),
])
def test_include_against_an_arrow(tmp_path, path, header):
    write(tmp_path, path, C_LICENCE + '#include "%s"\n' % header)
    done = check("includes.py", tmp_path)
    assert done.returncode == 1
    assert path.split("/")[-1] in done.stdout


def test_include_along_the_arrows(tmp_path):
    write(tmp_path, "src/conf/beside.h", C_LICENCE)
    write(tmp_path, "src/conf/a.c", '#include "base/addr.h"\n#include "core/config.h"\n#include "conf/conf.h"\n'
          '#include "beside.h"\n#include <wire/stdio.h>\n')
    assert check("includes.py", tmp_path).returncode == 0


def test_no_test_module_imports_another(tmp_path):
    write(tmp_path, "src/base/a.c", C_LICENCE)
    write(tmp_path, "tests/lab/test_a.py", "import shared\nfrom test_b import helper\n")
    done = check("includes.py", tmp_path)
    assert done.returncode == 1 and "tests/lab/test_a.py:2: imports the test module test_b" in done.stdout


def test_empty_tree_is_no_success(tmp_path):
    for name in ("includes.py", "sizes.py", "spdx.py"):
        assert check(name, tmp_path).returncode == 1


def test_file_too_long(tmp_path):
    write(tmp_path, "src/base/a.c", "\n" * 800)
    assert check("sizes.py", tmp_path).returncode == 0
    write(tmp_path, "src/base/a.c", "\n" * 801)
    done = check("sizes.py", tmp_path)
    assert done.returncode == 1 and "src/base/a.c: 801 lines" in done.stdout


@pytest.mark.parametrize("path, good", [
    ("src/base/a.c", C_LICENCE),
    ("tests/a.py", "# SPDX-License-Identifier: GPL-2.0-or-later\n"),
    ("tools/a", "#!/bin/sh\n# SPDX-License-Identifier: GPL-2.0-or-later\n"),
    ("lab/meson.build", "# SPDX-License-Identifier: GPL-2.0-or-later\n"),
])
def test_licence(tmp_path, path, good):
    write(tmp_path, path, good)
    assert check("spdx.py", tmp_path).returncode == 0
    for bad in (good.replace("GPL-2.0-or-later", "MIT"), good.replace("SPDX", "\nSPDX"),
                "#!/bin/sh\n" if good.startswith("#!") else ""):
        write(tmp_path, path, bad)
        done = check("spdx.py", tmp_path)
        assert done.returncode == 1 and path in done.stdout


PURE = "#include <string.h>\nint pure(const char *a);\n" \
       "static const char *const table[] = {\"a\", \"b\"};\nconst char *name(int i) { return table[i]; }\n" \
       "int pure(const char *a) { static const int one = 1; return (int)strlen(a) + one; }\n"


def test_pure_library(tmp_path):
    assert check("symbols.py", library(tmp_path, "pure", PURE)).returncode == 0


@pytest.mark.parametrize("source, word", [
    ("#include <stdlib.h>\nvoid *f(void) { return malloc(8); }\n", "malloc"),
    ("#include <time.h>\ntime_t f(void) { return time(NULL); }\n", "time"),
    ("#include <stdio.h>\nvoid f(void) { puts(\"\"); }\n", "puts"),
    ("#include <stdlib.h>\nchar *f(void) { return getenv(\"A\"); }\n", "getenv"),
    ("#include <errno.h>\nint f(void) { return errno; }\n", "__errno_location"),
    ("int later(void);\nint f(void) { return later(); }\n", "later"),
    ("int counter = 1;\nint f(void) { return counter; }\n", "counter"),
    ("int f(void) { static int calls; return ++calls; }\n", "calls"),
    ("int f(void) { static int calls = 5; return ++calls; }\n", "calls"),
    ("int f(void) { static _Thread_local int calls; return ++calls; }\n", "calls"),
    ("const char *names[] = {\"a\"};\nconst char *f(int i) { return names[i]; }\n", "names"),
])
def test_impure_library(tmp_path, source, word):
    done = check("symbols.py", library(tmp_path, "impure", source))
    assert done.returncode == 1 and word in done.stdout


def test_lower_room_uses_higher_one(tmp_path):
    lower = library(tmp_path, "lower", "int higher(void);\nint lower(void) { return higher(); }\n")
    higher = library(tmp_path, "higher", "int higher(void) { return 1; }\n")
    assert check("symbols.py", higher, lower).returncode == 0
    assert check("symbols.py", lower, higher).returncode == 1


@pytest.mark.parametrize("source, word", [
    ("int main(void) { return 0; }\n", None),
    ("static int conf_load(int x) { return x; }\nint (*volatile read)(int) = conf_load;\nint main(void) { return read(0); }\n", "conf_load"),
    ("int vrrp_decode(int x);\nint vrrp_decode(int x) { return x; }\nint main(void) { return 0; }\n", "vrrp_decode"),
    ("#include <stdio.h>\nint main(void) { int i = 0; return scanf(\"%d\", &i); }\n", "scanf"),
    ("#include <jansson.h>\nint main(void) { return json_loads(\"1\", 0, NULL) == NULL; }\n", "libjansson"),
])
def test_guard(tmp_path, source, word):
    path = tmp_path / "guard"
    (tmp_path / "guard.c").write_text(source)
    subprocess.run([*COMPILER, "-o", path, tmp_path / "guard.c", *(["-ljansson"] if "jansson" in source else [])], check=True)
    done = check("guard.py", path)
    assert done.returncode == (word is not None) and (word or "") in done.stdout, done


def test_only_the_digests_use_nettle(tmp_path):
    source = "int nettle_hmac_md5_update(int x);\nint f(int x) { return nettle_hmac_md5_update(x); }\n"
    assert check("symbols.py", library(tmp_path, "wire", source)).returncode == 0
    assert check("symbols.py", library(tmp_path, "core", source)).returncode == 1
