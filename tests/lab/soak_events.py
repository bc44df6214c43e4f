# SPDX-License-Identifier: GPL-2.0-or-later
"""What happens in the soak. An event takes the world and the source of chance; it changes the settings along with what it does, and
says in a few words what that was. All that is drawn is drawn from `random`, so that a seed draws the same again.

gw1 is the elder: its processes live through everything, and tell whether memory and descriptors stay. gw2's guard lives, too.
"""
import contextlib
import functools
import os
import signal
import socket
import subprocess
import time

from gateways import BUILD
from net import wait_for
from soak_invariants import Violation
from soak_model import EXTRAS, KINDS, ORDERED, members
from upgrades import TOO_SLOW

REQUESTS = (b"", b"{\"command\":", b"{\"command\":\"status\"}\n", b"{\"command\":\"status\"}\n" * 20, b"\x00\xff" * 50 + b"\n",
            b"x" * 70000, b"{\"command\":\"reload\"}\n")
PAUSES = (0, 0.01, 0.03, 0.1, 0.3)


def pause(random):
    time.sleep(random.choice(PAUSES))


def any_of(world, random):
    return random.choice(world.members)


def any_alive(world, random):
    return random.choice([member for member in world.members if member.settings.alive])


def mortal(world, random, with_guard=False):
    """One whose processes may be killed; what records is left alone, for a trace does not outlive its front."""
    able = [member for member in world.members[2 if with_guard else 1:] if not member.trace]
    return random.choice(able) if able else None


def living(member):
    if not member.settings.alive:
        member.begin()
    return member


def reload_change(world, random):
    member = any_alive(world, random)
    what = member.settings.change(random)
    member.write()
    reload_until_taken(member)
    return "%s reloads with another %s" % (member.name, what)


def reload_many(world, random):
    """By signal, one behind the other, without waiting for any."""
    member = any_alive(world, random)
    ordered = member.settings.drained | member.settings.taken_over
    count = random.randint(2, 8)
    for _ in range(count):
        what = member.settings.change(random)
        member.write()
        os.kill(member.process.pid, signal.SIGHUP)
        pause(random)
    reload_until_taken(member)
    # Who was away for one of them, has forgotten what he was told, if that one was read at all.
    for name in sorted((ordered - member.settings.drained - member.settings.taken_over) & member.settings.present):
        resume(member, name=name)
    return "%s gets %d SIGHUPs, the last with another %s" % (member.name, count, what)


def until_taken(member, what, ask):
    """When the engine has just died, or a reload is under way, it is refused and says so."""
    answers = []

    def taken():
        answers.append(ask())
        return answers[-1] and answers[-1].get("ok", True)
    wait_for(taken, lambda: "%s of %s: %s\n%s" % (what, member.name, answers[-1], member.tail()), step=0.1)


def reload_until_taken(member):
    until_taken(member, "reload", member.reload)


def resume(member, **name):
    until_taken(member, "resume", functools.partial(member.ask, command="resume", **name))


def reload_invalid(world, random):
    """Changes nothing."""
    member = any_alive(world, random)
    good = member.settings.text()
    at = random.randrange(len(good.splitlines()))
    lines = good.splitlines()
    lines.insert(at, random.choice(("}", "nonsense {", "vrrp_instance X {\n priority 300\n}", "\x00\xff{", "virtual_router_id 0")))
    with open(member.config, "w", encoding="latin-1") as file:
        file.write("\n".join(lines))
    answer = member.ask(command="reload")
    member.configure(good)
    if not answer or answer.get("ok"):
        raise Violation("%s took an invalid file: %s\n%s" % (member.name, answer, "\n".join(lines)))
    return "%s is given an invalid file" % member.name


def reload_unchanged(world, random):
    member = any_alive(world, random)
    for _ in range(random.randint(1, 5)):
        answer = member.reload()
        if not answer or not answer.get("ok"):
            raise Violation("%s refused a reload: %s\n%s" % (member.name, answer, member.tail()))
    return "%s reloads the same" % member.name


def links(random):
    return random.choice((["eth0"], ["eth1"], ["eth0", "eth1"]))


def set_link(world, member, interface, where, there):
    (member.settings.unplugged.discard if there else member.settings.unplugged.add)((interface, where))
    if where == "own":
        member.namespace.run("ip link set %s %s" % (interface, "up" if there else "down"))
    else:
        world.switch.run("ip link set %s %s" % (world.port(member, interface), "up" if there else "down"))


def link_flaps(world, random):
    member, interfaces, where = any_of(world, random), links(random), random.choice(("own", "switch"))
    for _ in range(random.randint(1, 4)):
        for there in (False, True):
            for interface in interfaces:
                set_link(world, member, interface, where, there)
            pause(random)
    return "%s: %s down and up, at its %s end" % (member.name, "+".join(interfaces), where)


def link_stays_down(world, random):
    """Until the next rest, or the next time that this is drawn for it."""
    member, interface, where = any_of(world, random), random.choice(("eth0", "eth1")), random.choice(("own", "switch"))
    down = interface not in member.settings.links_down
    for place in ([where] if down else ["own", "switch"]):
        set_link(world, member, interface, place, not down)
    return "%s: %s %s" % (member.name, interface, "goes down at its %s end and stays so" % where if down else "comes back")


def link_silent(world, random):
    """The cable passes nothing for a while, and has carrier all the same."""
    member, interface = any_of(world, random), random.choice(("eth0", "eth1"))
    port = world.port(member, interface)
    world.switch.run("ip link set %s nomaster" % port)
    pause(random)
    pause(random)
    world.switch.run("ip link set %s master %s" % (port, "switch0" if interface == "eth0" else "switch1"))
    return "%s: %s passes nothing for a while" % (member.name, interface)


def link_anew(world, random):
    member, interface = any_of(world, random), random.choice(("eth0", "eth1"))
    member.namespace.run("ip link del %s" % interface)
    pause(random)
    world.connect(member, interface)
    member.settings.unplugged -= {(interface, "own"), (interface, "switch")}
    return "%s: %s is deleted and made anew" % (member.name, interface)


def kill_one(world, random):
    member, which = mortal(world, random), random.choice(("engine", "engine", "front", "runner"))
    long = random.choice(PAUSES)
    if member and member.settings.alive and member.may_kill(which):
        member.kill_one(which)
        time.sleep(long)
        return "%s: the %s is killed" % (member.name, which)
    return "nobody is killed"


def kill_guard(world, random):
    member = mortal(world, random, with_guard=True)
    if not member:
        return "nobody's guard is killed"
    living(member).kill_guard()
    pause(random)
    member.begin()
    return "%s: the guard is killed" % member.name


def kill_all(world, random):
    member = mortal(world, random, with_guard=True)
    if not member:
        return "nobody is killed"
    living(member).crash()
    pause(random)
    if random.random() < 0.7:
        member.begin()
        return "%s: all processes are killed, and started again" % member.name
    return "%s: all processes are killed" % member.name


def stop_and_start(world, random):
    member = world.members[2]
    living(member).end()
    told = "%s is stopped and started again" % member.name
    if member.trace:
        told += ", and its trace repeats: " + replay(member.trace)
    pause(random)
    member.begin(record=random.random() < 0.4)
    return told + (", recording" if member.trace else "")


def replay(trace):
    done = subprocess.run([os.path.join(BUILD, "vigia"), "replay", trace], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise Violation("the trace %s does not repeat: %s" % (trace, done.stdout[-2000:]))
    return done.stdout.strip().splitlines()[-1]


def freeze(world, random):
    """For half an advert interval to fifty."""
    member, which = any_of(world, random), random.choice(("engine", "engine", "engine", "front", "runner"))
    pid = member.pid(which) if living(member) else None
    long = random.choice((0.01, 0.05, 0.1, 0.4, 1.0))
    with contextlib.suppress(TypeError, ProcessLookupError):
        os.kill(pid, signal.SIGSTOP)
        time.sleep(long)
        os.kill(pid, signal.SIGCONT)
    return "%s: the %s stands still for %.2f s" % (member.name, which, long)


def storm(world, random):
    """Hundreds of scripts that hang or fail, notify scripts that hang; then, often, none."""
    member = any_of(world, random)
    many = member.settings.storm == (0, 0)
    member.settings.storm = (random.randint(20, 150), random.randint(20, 150)) if many else (0, 0)
    member.settings.notify_seconds = 5 if many else 0.01
    member.write()
    reload_until_taken(living(member))
    if many:
        time.sleep(0.5)
    return "%s: %d scripts hang, %d fail" % (member.name, *member.settings.storm)


def tracked(world, random):
    member = any_of(world, random)
    if random.random() < 0.5:
        member.settings.load = random.randint(-20, 20)
    else:
        member.settings.check = not member.settings.check
    member.set_tracked()
    return "%s: the file says %d, the script %s" % (member.name, member.settings.load, member.settings.check)


def order(world, random):
    member, name = any_of(world, random), random.choice(ORDERED)
    what = random.choice(("drain", "drain", "resume", "takeover"))
    if not member.settings.alive or not set(members(name)) <= member.settings.present:
        return "%s has no %s to %s" % (member.name, name, what)
    request = {"command": what, "name": name}
    if what == "drain" and random.random() < 0.3:
        request["force"] = True
    answer = member.ask(**request)
    outcomes = [one["outcome"] for one in (answer or {}).get("instances", [])]
    for one in (answer or {}).get("instances", []):
        follow_order(member.settings, what, one)
    return "%s: %s %s%s: %s" % (member.name, what, name, " with force" if "force" in request else "",
                                 ", ".join(outcomes) or answer)


def follow_order(settings, what, one):
    """What has been ordered is done, if the answer says so: whether somebody else was there is not for us to know."""
    name = one["name"]
    if what == "drain" and one["ok"]:
        settings.drained.add(name)
        settings.taken_over.discard(name)
    elif what == "resume":
        settings.drained.discard(name)
        settings.taken_over.discard(name)
    elif what == "takeover" and one["outcome"] in ("master", "already", "contested", "lost"):
        settings.taken_over.add(name)


def upgrade(world, random):
    member = mortal(world, random)
    if not member or not member.settings.alive:
        return "nobody is upgraded"
    fronts = member.pid("front"), member.pid("runner")
    answer = member.ask(timeout=90, command="upgrade")
    if answer and TOO_SLOW in answer.get("error", ""):
        return "%s is not upgraded, for this machine is too busy for it" % member.name
    if not answer or not answer.get("ok"):
        raise Violation("%s was not upgraded: %s\n%s" % (member.name, answer, member.tail()))
    wait_for(lambda: member.pid("front") not in (None, fronts[0]) and member.status(),
             lambda: "a new front\n" + member.tail())
    return "%s is upgraded" % member.name


def clients_vanish(world, random):
    member, count = any_alive(world, random), random.randint(1, 40)
    send_and_close(member, [random.choice(REQUESTS) for _ in range(count)])
    return "%s: %d clients vanish" % (member.name, count)


def send_and_close(member, requests):
    clients = []
    for request in requests:
        with contextlib.suppress(OSError):
            client = socket.socket(socket.AF_UNIX)
            client.settimeout(2)
            clients.append(client)
            client.connect(member.control)
            client.sendall(request)
    time.sleep(0.05)
    for client in clients:
        client.close()


def taken_away(world, random):
    """By hand, from below the daemon."""
    member = any_of(world, random)
    kind = KINDS[random.choice([name for name in KINDS if name in member.settings.present])]
    commands = ["ip addr del %s/%d dev %s" % (address, 128 if ":" in address else 32, kind.device) for address in kind.addresses]
    commands += ["ip route del 10.99.51.0/24", "ip rule del preference 851"]
    if kind.device.startswith("vrrp"):
        commands += ["ip link del %s" % kind.device, "ip link set %s down" % kind.device]
    command = random.choice(commands)
    member.namespace.run(command, check=False)
    return "%s: %s" % (member.name, command)


def far_changes(world, random):
    """The neighbour of the BFD sessions ends, or is there again."""
    if world.far_lives:
        world.far.kill_all()
        world.far_lives = False
        return "the far side's daemon is killed"
    world.start_far()
    return "the far side's daemon is started"


# How often each is drawn, beside the others. Those that are harmless change the state of no virtual router.
HARMLESS = {reload_invalid: 3, reload_unchanged: 2, clients_vanish: 3, upgrade: 3}
OTHERS = {reload_change: 10, reload_many: 4, link_flaps: 6, link_stays_down: 4, link_silent: 3, link_anew: 4, kill_one: 6,
          kill_guard: 2, kill_all: 4, stop_and_start: 4, freeze: 6, storm: 4, tracked: 6, order: 8, taken_away: 6, far_changes: 1}


def draw(random):
    """One that is harmless by itself, or one to three others at once."""
    harmless, others = sum(HARMLESS.values()), sum(OTHERS.values())
    if random.random() < harmless / (harmless + others):
        return random.choices(list(HARMLESS), list(HARMLESS.values())), True
    return random.choices(list(OTHERS), list(OTHERS.values()), k=random.choice((1, 1, 2, 3))), False


def warm_up(world):
    """As much at once as ever will be: what the C library has taken for it, it keeps."""
    for member in world.members:
        member.settings.storm = (150, 150)
        member.settings.present |= set(EXTRAS)
        member.settings.routes, member.settings.rules = set(range(60, 90)), set(range(860, 890))
        member.write()
        for _ in range(3):
            reload_until_taken(member)
        member.settings.present ^= {"MAC"}  # a thread deletes devices, from the first one on
        reload_until_taken(member)
        send_and_close(member, REQUESTS * 4)
    time.sleep(1)


def rest(world):
    """Everything as at the beginning, and everybody alive."""
    if not world.far_lives:
        world.start_far()
    for member in world.members:
        for interface in ("eth0", "eth1"):
            for where in ("own", "switch"):
                set_link(world, member, interface, where, True)
        member.settings.rest()
        member.write()
        reload_until_taken(living(member))
        resume(member)
        member.settings.drained, member.settings.taken_over = set(), set()
