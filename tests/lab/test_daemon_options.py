# SPDX-License-Identifier: GPL-2.0-or-later
"""Options and keywords about where and how the daemon runs: namespaces, names, logs, priorities, what stays at the end."""
import os
import re
import resource
import select
import signal
import socket
import struct
import subprocess
import tempfile
import time

import pytest

from gateways import BUILD, VIRTUAL
from mail_server import MailServer
from net import PATIENCE, Capture, process_state, wait_for


@pytest.fixture(name="named")
def fixture_named(lone):
    """The gateway's namespace under a name that only this test has."""
    name = "vigia-test-%d" % os.getpid()
    path = "/run/netns/" + name
    os.makedirs("/run/netns", exist_ok=True)
    with open(path, "w"):
        pass
    subprocess.run(["mount", "--bind", "/proc/%d/ns/net" % lone.namespace.holder.pid, path], check=True)
    yield name
    subprocess.run(["umount", path], check=True)
    os.unlink(path)


def start_outside(lone, *more):
    """In the namespace that the tests run in."""
    with open(lone.log, "a") as log:
        lone.process = subprocess.Popen([*lone.arguments("-n", "-l", "-D", *more)], stdout=log, stderr=log)
    wait_for(lone.has_address, "the virtual address\n" + lone.read_log())


def kernel_tells():
    """Whether the kernel tells of processes where the tests run: it answers who asks for that."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, 11) as told:
        told.bind((0, 1))
        try:
            told.send(struct.pack("=IHHIIIIIIHHI", 40, 3, 0, 0, 0, 1, 1, 0, 0, 4, 0, 1))
        except OSError:
            return False
        return bool(select.select([told], [], [], 1)[0])


def namespace_of(pid):
    return os.readlink("/proc/%d/ns/net" % pid)


@pytest.mark.parametrize("by_option", [False, True])
def test_the_whole_daemon_runs_in_a_network_namespace(lone, named, by_option):
    """Mail goes out there; and of processes it hears by the one socket that knows of them, which is not there."""
    more = ("global_defs {\n notification_email {\n  root@example.org\n }\n smtp_server 127.0.0.1 2525\n smtp_alert\n}\n"
            "vrrp_track_process work {\n process vigia-nothing\n}\n" + ("" if by_option else "net_namespace %s\n" % named))
    lone.plain(more, "track_process {\n work weight 1\n}")
    server = MailServer(lone.namespace)
    start_outside(lone, *(("--namespace", named) if by_option else ()))
    inside = namespace_of(lone.namespace.holder.pid)
    for which in ("guard", "engine", "front"):
        assert namespace_of(lone.pid(which)) == inside, which
    wait_for(lambda: lone.state() == "MASTER", "an answer")
    by = "events" if kernel_tells() else "scan"
    wait_for(lambda: [one["by"] for one in lone.status()["processes"]] == [by], lambda: by + "\n" + lone.read_log())
    lone.kill("front")
    wait_for(lambda: lone.state() == "MASTER", "an answer of the new front")
    assert namespace_of(lone.pid("front")) == inside
    wait_for(lambda: [subject for subject in server.subjects() if "Entering MASTER" in subject], "mail\n" + lone.read_log())
    server.close()
    old = lone.kill("runner")
    wait_for(lambda: lone.pid("runner") not in (None, old), "the next runner")
    wait_for(lambda: [one["by"] for one in lone.status()["processes"]] == [by], lambda: by + " again\n" + lone.read_log())
    assert lone.stop() == 0
    assert not lone.has_address()


def test_a_namespace_that_is_not_there(lone):
    lone.plain("net_namespace vigia-nobody-made-this\n")
    done = subprocess.run(lone.arguments("-n"), stderr=subprocess.PIPE, text=True, timeout=PATIENCE)
    assert done.returncode == 1
    assert "/run/netns/vigia-nobody-made-this: No such file or directory; 'ip netns add' makes one" in done.stderr
    assert not os.path.exists(lone.control)


def test_a_reload_cannot_move_it(lone):
    lone.start_and_wait()
    for keyword in ("net_namespace elsewhere", "instance other"):
        lone.plain(keyword + "\n")
        done = lone.vigia("reload")
        assert done.returncode != 0 and keyword.split()[0] in done.stderr and "restart" in done.stderr, done
    assert lone.has_address()


def test_what_is_left_behind_and_found_again(lone):
    lone.start_and_wait("-V")
    assert lone.stop() == 0
    assert lone.has_address()
    lone.configure(open(lone.config).read().replace(VIRTUAL, "192.168.1.222"))
    lone.start("-V")
    wait_for(lambda: lone.namespace.has_address("192.168.1.222") and not lone.has_address(),
             "what the daemon before left to go\n" + lone.read_log())


@pytest.mark.parametrize("which", ["engine", "front"])
def test_a_part_that_dies_ends_all(lone, which):
    lone.start_and_wait("-R")
    wait_for(lambda: lone.state() == "MASTER", "an answer")
    lone.kill(which)
    assert lone.process.wait(timeout=PATIENCE) == 1
    assert not lone.has_address()


def test_the_log_file(lone):
    path = lone.path(".filelog")
    lone.start_and_wait("-g" + path, "--flush-log-file", "-a")

    def says(words, name=path):
        def look():
            with open(name) as file:
                return words in file.read()
        wait_for(look, "%s in the log" % words)
    says("BACKUP -> MASTER")
    says("address %s/32 on interface eth0 is new" % VIRTUAL)
    os.rename(path, path + ".1")
    lone.kill("guard", signal.SIGHUP)
    wait_for(lambda: os.path.exists(path), "a new log file")
    says("reloaded", path)
    lone.namespace.run("ip addr add 10.9.9.9/24 dev eth1 && ip addr del 10.9.9.9/24 dev eth1")
    says("address 10.9.9.9/24 on interface eth1 is gone", path)


def test_a_log_file_that_cannot_be_written(lone):
    lone.start_and_wait("-g/nowhere/at/all")
    wait_for(lambda: "/nowhere/at/all: No such file or directory" in lone.read_log(), "a word about it")


OWN_NICE = os.getpriority(os.PRIO_PROCESS, 0)  # that a daemon has when it starts


def scheduling(pid):
    with open("/proc/%d/stat" % pid) as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return {"nice": int(fields[16]), "rt_priority": int(fields[37]), "policy": int(fields[38])}


def names_of(pid):
    """As ps shows them, without and with arguments."""
    with open("/proc/%d/comm" % pid) as comm, open("/proc/%d/cmdline" % pid) as cmdline:
        return comm.read().strip(), cmdline.read().rstrip("\0")


def test_how_the_engine_is_scheduled(lone):
    lone.plain("global_defs {\n vrrp_priority -3\n vrrp_cpu_affinity 0\n process_name guardian\n"
               " vrrp_process_name machine\n}\n")
    lone.start_and_wait()
    engine = lone.pid("engine")
    wait_for(lambda: scheduling(engine)["nice"] == -3 and os.sched_getaffinity(engine) == {0}, "the settings")
    for which, name in (("engine", "machine"), ("guard", "guardian")):
        wait_for(lambda: names_of(lone.pid(which)) == (name, name), "the name of the " + which)
    assert scheduling(engine)["rt_priority"] == 0
    # A reload changes the process that runs. With nothing asked for, what is usual.
    lone.plain()
    assert lone.vigia("reload").returncode == 0
    wait_for(lambda: scheduling(engine)["rt_priority"] == 2 and scheduling(engine)["nice"] == OWN_NICE, "what is usual")
    assert "8000000" in re.search(r"Max realtime timeout.*", open("/proc/%d/limits" % engine).read()).group()
    lone.plain("global_defs {\n vrrp_rt_priority 7\n vrrp_rlimit_rttime 5000000\n process_names\n}\n")
    assert lone.vigia("reload").returncode == 0
    wait_for(lambda: scheduling(engine) == {"nice": OWN_NICE, "rt_priority": 7, "policy": 2 | 0x40000000}
             or scheduling(engine) == {"nice": OWN_NICE, "rt_priority": 7, "policy": 2}, "the new settings")
    wait_for(lambda: os.sched_getaffinity(engine) == os.sched_getaffinity(0), "all processors again")
    assert "5000000" in re.search(r"Max realtime timeout.*", open("/proc/%d/limits" % engine).read()).group()
    assert lone.pid("engine") == engine and lone.has_address()
    for which, name in (("engine", "keepalived_vrrp"), ("guard", "keepalived")):
        wait_for(lambda: names_of(lone.pid(which)) == (name, name), "the new name of the " + which)


BFD = "bfd_instance B {\n neighbor_ip 192.168.1.99\n}\n"


def test_what_is_asked_for_bfd_the_engine_gets(lone):
    asked = "global_defs {\n bfd_rt_priority 7\n bfd_rlimit_rttime 5000000\n bfd_cpu_affinity 0\n bfd_priority -3\n}\n"
    lone.plain(asked)
    lone.start_and_wait()
    engine = lone.pid("engine")
    # Without a session nothing of it counts.
    assert scheduling(engine)["nice"] == OWN_NICE and scheduling(engine)["rt_priority"] == 2
    lone.plain(asked + BFD, "track_bfd {\n B weight -10\n }")
    assert lone.vigia("reload").returncode == 0
    wait_for(lambda: scheduling(engine)["nice"] == -3 and scheduling(engine)["rt_priority"] == 7
             and os.sched_getaffinity(engine) == {0}, "the settings")
    assert "5000000" in re.search(r"Max realtime timeout.*", open("/proc/%d/limits" % engine).read()).group()


@pytest.mark.parametrize("weight, state, priority", [("weight -10", "MASTER", 90), ("", "FAULT", None)])
def test_without_bfd_its_sessions_count_as_down(lone, weight, state, priority):
    lone.plain(BFD, "track_bfd {\n B %s\n }" % weight)
    lone.start("-B")
    lone.wait_for_state(state)
    assert priority in (None, lone.instance()["priority"]["effective"])
    assert lone.status()["bfd"] == []
    assert not lone.namespace.run("ss -Huln sport = :3784")
    said = "--no_bfd: the BFD session 'B' does not run"
    assert lone.read_log().count(said) == 1
    assert lone.vigia("reload").returncode == 0
    assert lone.read_log().count(said) == 2 and lone.state() == state
    tested = subprocess.run([*lone.arguments("-t", "-B")], stderr=subprocess.PIPE, text=True)
    assert tested.returncode == 0 and said in tested.stderr


def reports_groups(lone):
    return lone.namespace.run("cat /proc/sys/net/ipv4/igmp_link_local_mcast_reports").strip()


def igmp(capture):
    return [frame for _, frame in capture.all()
            if frame[12:14] == b"\x08\x00" and frame[23] == 2 and bytes([224, 0, 0, 18]) in frame[14:]]


def test_igmp_of_local_groups_is_off_while_it_is_wanted(lone):
    quiet = "global_defs {\n disable_local_igmp\n}\n"
    note = lone.path(".pid.igmp")
    capture = Capture(lone.other, "eth0")
    lone.plain(quiet)
    lone.start_and_wait()
    assert reports_groups(lone) == "0" and not igmp(capture)
    lone.kill("engine")
    wait_for(lambda: lone.status() and lone.status()["daemon"]["engine_restarts"] == 1 and lone.has_address(), "another engine")
    assert reports_groups(lone) == "0"
    # A reload takes it back, and asks for it again.
    for more, expected in (("", "1"), (quiet, "0")):
        lone.plain(more)
        assert lone.vigia("reload").returncode == 0
        wait_for(lambda wanted=expected: reports_groups(lone) == wanted, "it to be %s" % expected)
        assert os.path.exists(note) == (expected == "0")
    # All die at once: the next one puts back what was there.
    lone.kill_all()
    assert reports_groups(lone) == "0"
    lone.plain(quiet)
    lone.start_and_wait()
    assert reports_groups(lone) == "0"
    lone.kill_all()
    lone.plain()
    lone.start_and_wait()
    assert reports_groups(lone) == "1" and not os.path.exists(note)
    wait_for(lambda: igmp(capture), "a report, now that they are wanted")
    capture.close()
    assert lone.stop() == 0
    lone.plain(quiet)
    lone.start_and_wait()
    assert reports_groups(lone) == "0"
    assert lone.stop() == 0
    assert reports_groups(lone) == "1" and not os.path.exists(note)


def test_igmp_that_was_off_stays_off(lone):
    lone.namespace.run("echo 0 > /proc/sys/net/ipv4/igmp_link_local_mcast_reports")
    # Of a machine that has been started anew since.
    with open(lone.path(".pid.igmp"), "w") as file:
        file.write("1 1 00000000-0000-0000-0000-000000000000\n")
    lone.plain("global_defs {\n disable_local_igmp\n}\n")
    lone.start_and_wait()
    assert lone.stop() == 0
    assert reports_groups(lone) == "0"


def test_the_configuration_lies_in_a_folder(lone, tmp_path):
    folder = str(tmp_path / "configurations")
    os.mkdir(folder)
    lone.plain("global_defs {\n tmp_config_directory %s\n}\n" % folder)

    def holders(pid):
        names = [os.readlink("/proc/%d/fd/%s" % (pid, fd)) for fd in os.listdir("/proc/%d/fd" % pid)]
        return [name for name in names if name.startswith(folder)], [name for name in names if "vigia-config" in name]
    lone.start_and_wait()
    in_folder, in_memory = holders(lone.pid("guard"))
    assert len(in_folder) == 1 and not in_memory and os.listdir(folder) == []
    lone.kill("engine")
    wait_for(lambda: lone.status() and lone.status()["daemon"]["engine_restarts"] == 1 and lone.has_address(), "another engine")
    # Where it cannot be, it is in memory.
    lone.plain("global_defs {\n tmp_config_directory /nowhere/at/all\n}\n")
    assert lone.vigia("reload").returncode == 0
    wait_for(lambda: holders(lone.pid("guard"))[1], "the configuration in memory")
    assert holders(lone.pid("guard"))[0] == []
    assert "tmp_config_directory: /nowhere/at/all takes no file: No such file or directory" in lone.read_log()


def test_what_was_in_force_around_reloads_is_saved(lone, tmp_path):
    folder = tmp_path / "saved"
    saving = "global_defs {\n config_save_dir %s\n}\n" % folder
    secret = "authentication {\n auth_type PASS\n auth_pass secret\n }\n version 2\n advert_int 1"
    lone.plain(saving)
    lone.start_and_wait()
    guard, engine = lone.pid("guard"), lone.pid("engine")
    lone.plain(saving, "priority 77\n " + secret)
    assert lone.vigia("reload").returncode == 0
    after = folder / ("keepalived_vrrp.%d.1.post" % engine)
    wait_for(after.exists, lambda: "what was after the reload: %s" % os.listdir(folder))

    def configuration(number):
        return (folder / ("keepalived.conf.%d.%d" % (guard, number))).read_text()

    def priority(text):
        return re.search(r"Priority = (\d+)", text).group(1)
    assert "vrrp_instance VI_1" in configuration(0) and "priority 100" in configuration(0)
    assert "priority 77" in configuration(1) and "secret" not in configuration(1)
    assert priority((folder / ("keepalived_vrrp.%d.1.pre" % engine)).read_text()) == "100"
    assert priority(after.read_text()) == "77"
    assert {oct(path.stat().st_mode & 0o777) for path in folder.iterdir()} == {"0o600"}
    # A file that is refused leaves what was before it, and the next one counts on.
    lone.plain(saving, "priority x")
    assert lone.vigia("reload").returncode != 0
    lone.kill("front")
    wait_for(lambda: lone.status(), "another front")
    lone.plain(saving, "priority 78")
    assert lone.vigia("reload").returncode == 0
    wait_for((folder / ("keepalived_vrrp.%d.2.post" % engine)).exists, lambda: "another one: %s" % os.listdir(folder))
    assert "priority 78" in configuration(2)


def test_a_late_engine_raises_itself(lone):
    """Stopped for a moment, it finds itself late."""
    lone.plain("global_defs {\n max_auto_priority 2\n min_auto_priority_delay 1000\n vrrp_rlimit_rttime 5000000\n}\n")
    lone.start_and_wait()
    engine = lone.pid("engine")
    for _ in range(10):
        os.kill(engine, signal.SIGSTOP)
        wait_for(lambda: process_state(engine) == "T", "it to stand still")
        time.sleep(0.3)  # however long it is, the engine is later than the millisecond that is allowed
        os.kill(engine, signal.SIGCONT)
        if scheduling(engine)["rt_priority"] == 2:
            break
    wait_for(lambda: scheduling(engine)["rt_priority"] == 2, "the highest that it may have")
    wait_for(lambda: "it has the real-time priority 1 now" in lone.read_log(), "a word about it")
    # A reload about something else leaves that alone, and what somebody did by hand.
    os.setpriority(os.PRIO_PROCESS, engine, 3)
    os.sched_setaffinity(engine, {0})
    settings = "global_defs {\n max_auto_priority %d\n min_auto_priority_delay %d\n vrrp_rlimit_rttime 5000000\n %s\n}\n"
    for more in ((2, 1000, "vrrp_garp_interval 0.1"), (3, 10**7, "vrrp_garp_interval 0.1")):
        lone.plain(settings % more)
        assert lone.vigia("reload").returncode == 0
        wait_for(lambda: lone.state() == "MASTER", "an answer")
        assert scheduling(engine)["rt_priority"] >= 2 and scheduling(engine)["nice"] == 3
        assert os.sched_getaffinity(engine) == {0}
    # One that forbids it takes it back.
    lone.plain(settings % (1, 10**7, "vrrp_priority 2"))
    assert lone.vigia("reload").returncode == 0
    wait_for(lambda: scheduling(engine)["rt_priority"] == 0 and scheduling(engine)["nice"] == 2, "what it had at first")


def test_two_named_daemons_have_places_of_their_own(lone):
    """Without --control, where a name in the configuration puts them."""
    name = "vigia-test-%d" % os.getpid()
    lone.plain("instance %s\n" % name)
    lone.process = lone.namespace.popen([os.path.join(BUILD, "vigiad"), "-n", "-l", "-f", lone.config],
                                        stdout=open(lone.log, "a"), stderr=subprocess.STDOUT)
    lone.control = "/run/vigia/vigiad-%s.sock" % name
    wait_for(lambda: lone.state() == "MASTER", "an answer at " + lone.control)
    assert lone.stop() == 0
    assert not [file for file in os.listdir("/run/vigia") if name in file]


def test_which_lines_are_read(lone):
    """-i names the machine, -e makes an include that finds nothing an error: at the start, in a test, and at each reload."""
    name = lone.path(".there")
    with open(name, "w") as file:
        file.write("")
    text = "@one include %s\n@two include /nowhere\n" % name
    lone.plain(text, "@one priority 71\n @two priority 72\n @^two preempt_delay 3")
    lone.start_and_wait("-i", "one", "-e")
    assert lone.instance()["priority"]["configured"] == 71
    lone.plain(text, "@one priority 73\n @two priority 72\n")
    assert lone.vigia("reload").returncode == 0
    wait_for(lambda: lone.instance()["priority"]["configured"] == 73, "the priority of the machine 'one' again")
    since = lone.instance()["since"]
    os.unlink(name)
    done = lone.vigia("reload")
    assert done.returncode != 0 and name in done.stderr
    assert lone.instance()["since"] == since
    for more, expected in ((["-i", "one"], 0), (["-i", "one", "-e"], 6), (["-i", "two", "-e"], 6), (["-i", "three", "-e"], 0)):
        done = subprocess.run(lone.arguments("-t", *more), stderr=subprocess.PIPE, text=True)
        assert done.returncode == expected, (more, done)
        assert expected == 0 or (name if "one" in more else "/nowhere") in done.stderr


def test_options_about_files_and_signals(lone):
    """-p -r -u -m -d --ignore-sigint; those that ask for what is so anyway; and signals that other tests do not send."""
    own, engines = lone.path(".own"), lone.path(".engine")
    statistics = lone.path(".stats")
    lone.plain("global_defs {\n stats_dump_file %s\n}\n" % statistics, "priority 74")
    lone.start_and_wait("-p", own, "-r", engines, "-u", "077", "-m", "-d", "--ignore-sigint", "-P", "--all", "-X", "-S", "local3")
    guard, engine = [int(open(path).read()) for path in (own, engines)]
    assert guard == lone.process.pid and not os.path.exists(lone.path(".pid"))
    children = [int(child) for child in open("/proc/%d/task/%d/children" % (guard, guard)).read().split()]
    assert engine in children and len(children) >= 2
    for pid in (guard, *children):
        assert re.search(r"Max core file size +unlimited +unlimited", open("/proc/%d/limits" % pid).read()), pid
    wait_for(lambda: "priority 74" in lone.read_log(), "the configuration in the log")
    for pid, number in ((guard, signal.SIGINT), (guard, signal.SIGPIPE), (engine, signal.SIGPIPE), (engine, signal.SIGXCPU)):
        os.kill(pid, number)
    wait_for(lambda: "no real-time priority" in lone.read_log(), "a word about SIGXCPU")
    assert scheduling(engine)["rt_priority"] == 0
    wait_for(lambda: scheduling(engine)["rt_priority"] == 2, "what is usual once more")
    os.kill(guard, signal.SIGUSR2)
    wait_for(lambda: os.path.exists(statistics) and os.path.getsize(statistics), "the statistics")
    assert os.stat(statistics).st_mode & 0o777 == 0o600
    assert lone.state() == "MASTER" and lone.stop() == 0
    assert not os.path.exists(own) and not os.path.exists(engines)
    lone.start_and_wait()
    lone.kill("guard", signal.SIGINT)
    assert lone.process.wait(timeout=PATIENCE) == 0
    assert not lone.has_address()


def run_and_weigh(arguments):
    """Exit status, what was printed, and the most memory that it had, in MB."""
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(arguments, stdout=output, stderr=output)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        return process.returncode, output.read(), usage.ru_maxrss / 1024


def little_memory():
    """In MB. What a process had before it became another program, as a copy of this one, counts for the kernel, too."""
    return max(90, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 + 5)


def test_files_that_are_made_to_hurt(lone):
    """100 MB, NUL bytes, includes of itself: an error in a moment and in little memory, and the running daemon goes on."""
    lone.start_and_wait()
    front, since = lone.pid("front"), lone.instance()["since"]
    with open(lone.config) as file:
        good = file.read()
    for more, size, words in (("", 100 << 20, "larger than 64 MiB"), ("\0\n" * 10**5, 0, "there is a NUL byte in the line"),
                              ("x" * 10**7, 0, "the line has 10000000 bytes"), ("include %s\n" % lone.config, 0, "of these lines")):
        with open(lone.config, "w") as file:
            file.write(good + more)
        if size:
            os.truncate(lone.config, size)
        for arguments in (lone.arguments("-t"), [os.path.join(BUILD, "vigia"), "check", "--no-host", lone.config],
                          [os.path.join(BUILD, "vigia"), "reload", "--control", lone.control]):
            status, printed, megabytes = run_and_weigh(arguments)
            assert status != 0 and words in printed, (arguments, status, printed[-500:])
            assert "ASAN_OPTIONS" in os.environ or megabytes < little_memory(), (arguments, megabytes)
    with open("/proc/%d/status" % front) as file:
        peak = next(int(line.split()[1]) for line in file if line.startswith("VmHWM")) / 1024
    assert "ASAN_OPTIONS" in os.environ or peak < 90
    assert lone.pid("front") == front and lone.instance()["since"] == since
    lone.plain()
    assert lone.vigia("reload").returncode == 0
