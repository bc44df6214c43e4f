# SPDX-License-Identifier: GPL-2.0-or-later
"""A disk that stands still when it is told to: whoever writes to it waits, and cannot even be killed."""
import contextlib
import fcntl
import os
import subprocess
import sys

FIFREEZE, FITHAW = 0xC0045877, 0xC0045878


class Disk:
    """A small ext4, mounted at `folder` for those alone whom `before` starts. It is thawed when this program ends, however it does."""

    def __init__(self, directory):
        self.folder = os.path.join(directory, "disk")
        os.mkdir(self.folder)
        self.keeper = subprocess.Popen(["unshare", "--mount", sys.executable, __file__, self.folder], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, text=True, start_new_session=True)
        self.there = self.answer() == "mounted"  # not where the kernel has no loop devices
        self.before = ["nsenter", "--mount=/proc/%d/ns/mnt" % self.keeper.pid]

    def answer(self):
        return self.keeper.stdout.readline().strip()

    def tell(self, word):
        self.keeper.stdin.write(word + "\n")
        self.keeper.stdin.flush()
        assert self.answer() == word

    def freeze(self):
        self.tell("freeze")

    def thaw(self):
        self.tell("thaw")

    def path(self, name):
        """As those see it who stand on it."""
        return os.path.join(self.folder, name)

    def read(self, name):
        with open("/proc/%d/root%s" % (self.keeper.pid, self.path(name))) as file:
            return file.read()

    def close(self):
        self.keeper.stdin.close()
        self.keeper.wait()


def keep(folder):
    image = folder + ".img"
    with open(image, "wb") as file:
        file.truncate(8 << 20)
    for command in (["mkfs.ext4", "-q", image], ["mount", "-o", "loop", image, folder]):
        if subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode:
            print("impossible", flush=True)
            return
    print("mounted", flush=True)
    mounted = os.open(folder, os.O_RDONLY)
    for line in sys.stdin:
        fcntl.ioctl(mounted, {"freeze": FIFREEZE, "thaw": FITHAW}[line.strip()], 0)
        print(line.strip(), flush=True)
    with contextlib.suppress(OSError):  # it is not frozen
        fcntl.ioctl(mounted, FITHAW, 0)


if __name__ == "__main__":
    keep(sys.argv[1])
