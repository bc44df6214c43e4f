# SPDX-License-Identifier: GPL-2.0-or-later
"""smtp_alert: mail of changes of state, word for word keepalived's, and a server that is away holds up nobody."""
import email
import email.header
import email.policy
import os
import time

import pytest

import keepalived
from gateways import instance_text
from keepalived import Keepalived
from mail_server import MailServer
from net import wait_for

GLOBAL = """
global_defs {
    router_id %(router)s
    notification_email {
        root@example.org
        "Gateways, all <gw@example.org>"
    }
    notification_email_from "Gateway <gateway@example.org>"
    smtp_server %(server)s
    smtp_connect_timeout 5
    %(more)s
}
"""
GROUP = "vrrp_sync_group G {\n group {\n  Veth0_%d\n }\n}\n"


def text(vrid=61, router="gw", server="127.0.0.1 2525", more="smtp_alert", group=False, instance=""):
    return (GLOBAL % {"router": router, "server": server, "more": more} + (GROUP % vrid if group else "")
            + instance_text(vrid, 100, addresses=("192.168.1.%d" % vrid,), version=2, advert_int=1, more=instance))


@pytest.fixture
def servers(network):
    """Of a gateway."""
    made = []

    def make(gateway, *where):
        server = MailServer(gateway.namespace, *where)
        made.append(server)
        return server
    yield make
    for server in made:
        server.close()


def sender_of(gateway):
    """The process that talks to the server."""
    front = gateway.pid("front")
    with open("/proc/%d/task/%d/children" % (front, front)) as file:
        for child in file.read().split():
            with open("/proc/%s/comm" % child) as name:
                if name.read() == "vigiad-mail\n":
                    return int(child)
    raise AssertionError("nobody talks to the server")


def mail_of(gateway):
    return (gateway.status() or {}).get("mail") or {}


def sent(server, subject):
    return [mail for mail in server.mails if mail.subject() == subject]


def wait_for_subject(gateway, server, subject):
    wait_for(lambda: sent(server, subject),
             lambda: "%s\n%s\n%s" % (subject, server.subjects(), gateway.read_log()), timeout=60)


def comparable(mail):
    """What must be the same whoever sent it."""
    lines = mail.text.split("\r\n")
    return (mail.recipients[0], [line for line in lines if not line.startswith(("Date:", "X-Mailer:", "To:"))])


@keepalived.needed
def test_it_says_what_keepalived_says(network, servers):
    theirs_at, ours_at = network.gw2, network.gw1
    ours_at.configure(text(group=True))
    theirs_at.configure(text(group=True).replace("virtual_router_id 61", "virtual_router_id 62")
                        .replace("192.168.1.61", "192.168.1.62"))
    ours, theirs = servers(ours_at), servers(theirs_at)
    peer = Keepalived(theirs_at)
    network.things.insert(0, peer)
    ours_at.start()
    peer.start()
    for gateway, server in ((ours_at, ours), (theirs_at, theirs)):
        for state in ("BACKUP", "MASTER", "FAULT"):
            if state == "FAULT":
                gateway.namespace.run("ip link set eth0 down")
            for what in ("Instance Veth0_61", "Group G"):
                wait_for(lambda: sent(server, "[gw] VRRP %s - Entering %s state" % (what, state)),
                         lambda: "%s of %s\n%s\n%s" % (state, what, server.subjects(), ours_at.read_log()), timeout=60)
    for their_mail in theirs.mails:
        own = sent(ours, their_mail.subject())
        assert own and comparable(own[0]) == comparable(their_mail)
        assert own[0].helo == their_mail.helo
    parsed = email.message_from_string(ours.mails[0].text, policy=email.policy.default)
    assert not parsed.defects
    assert [one.addr_spec for one in parsed["To"].addresses] == ["root@example.org", "gw@example.org"]
    assert parsed["To"].addresses[1].display_name == "Gateways, all"
    assert abs(parsed["Date"].datetime.timestamp() - time.time()) < 3600
    assert ours.mails[0].recipients == ["<root@example.org>", "<gw@example.org>"]
    assert ours.mails[0].sender.split()[0] == "<gateway@example.org>"


def test_only_what_asks_for_mail_gets_it(network, servers):
    server = servers(network.gw1)
    network.gw1.configure(text(more="smtp_alert\n no_email_faults", group=True, instance="smtp_alert off"))
    network.gw1.start()
    wait_for_subject(network.gw1, server, "[gw] VRRP Group G - Entering MASTER state")
    network.gw1.namespace.run("ip link set eth0 down")
    network.gw1.wait_for_state("FAULT")
    network.gw1.namespace.run("ip link set eth0 up")
    wait_for(lambda: len(sent(server, "[gw] VRRP Group G - Entering MASTER state")) == 2, "the group to come back")
    assert not [subject for subject in server.subjects() if "Instance" in subject or "FAULT" in subject]


def test_a_server_that_is_away_holds_nobody_up(network, servers):
    """It takes the connection, and then says nothing: the worst of all."""
    server = servers(network.gw1)
    server.silent = True
    network.gw1.configure(text())
    network.gw1.start()
    wait_for(lambda: server.connections, "the connection\n" + network.gw1.read_log())
    network.gw1.wait_for_state("MASTER")
    assert mail_of(network.gw1)["queued"] >= 1
    sender = sender_of(network.gw1)
    with open("/proc/%d/status" % sender) as file:
        assert {line.split()[1] for line in file if line.startswith(("CapPrm", "CapEff"))} == {"0" * 16}
    started = time.monotonic()
    for _ in range(20):
        assert network.gw1.status()
    assert time.monotonic() - started < 20  # one that waited for the server would take a minute for each
    started = time.monotonic()
    assert network.gw1.stop() == 0
    assert time.monotonic() - started < 20
    assert "not sent before the end" in network.gw1.read_log()
    assert not os.path.exists("/proc/%d" % sender)


def test_it_goes_on_trying(network, servers):
    server = servers(network.gw1)
    server.answers["MAIL"] = "451 later"
    network.gw1.configure(text())
    network.gw1.start()
    wait_for(lambda: "451" in (mail_of(network.gw1).get("last_error") or ""),
             lambda: "the refusal\n" + network.gw1.read_log())
    network.gw1.wait_for_state("MASTER")
    assert not server.mails
    server.answers.clear()
    wait_for_subject(network.gw1, server, "[gw] VRRP Instance Veth0_61 - Entering MASTER state")
    wait_for(lambda: mail_of(network.gw1).get("queued") == 0 and mail_of(network.gw1)["last_error"] is None,
             "nothing to be left, and no error")
    status = mail_of(network.gw1)
    assert status["sent"] == len(server.mails) and status["failed"] == 0


def test_what_waits_outlives_the_front_and_goes_to_the_server_of_a_reload(network, servers):
    """Which is one of IPv6."""
    first, second = servers(network.gw1), servers(network.gw1, 2526, "::1")
    first.answers["MAIL"] = "451 later"
    network.gw1.configure(text())
    network.gw1.start()
    network.gw1.wait_for_state("MASTER")
    wait_for(lambda: "451" in (mail_of(network.gw1).get("last_error") or ""),
             lambda: "the refusal\n" + network.gw1.read_log())
    for _ in range(2):
        waiting = mail_of(network.gw1)["queued"]
        assert waiting >= 1
        old = network.gw1.kill("front")
        wait_for(lambda: mail_of(network.gw1) and network.gw1.pid("front") != old, "the next front")
        assert mail_of(network.gw1)["queued"] == waiting
    network.gw1.configure(text(server="::1 2526"))
    assert network.gw1.vigia("reload").returncode == 0
    wait_for_subject(network.gw1, second, "[gw] VRRP Instance Veth0_61 - Entering MASTER state")
    wait_for(lambda: mail_of(network.gw1)["queued"] == 0, "nothing to be left")
    assert not first.mails
    # One that is taken away takes with it what waits for it.
    second.answers["MAIL"] = "451 later"
    network.gw1.namespace.run("ip link set eth0 down")
    wait_for(lambda: mail_of(network.gw1)["queued"], "mail to wait")
    network.gw1.configure(text(server="::1 2526").replace("smtp_server", "#"))
    assert network.gw1.vigia("reload").returncode == 0
    wait_for(lambda: network.gw1.status()["mail"] is None, "no mail to be wanted")


def test_what_is_refused_for_good_is_given_up(network, servers):
    server = servers(network.gw1)
    server.answers["MAIL"] = "550 we do not want you"
    network.gw1.configure(text())
    network.gw1.start()
    wait_for(lambda: mail_of(network.gw1).get("failed"), lambda: "the refusal\n" + network.gw1.read_log())
    assert "was refused" in network.gw1.read_log()
    server.answers.clear()
    network.gw1.namespace.run("ip link set eth0 down")
    wait_for_subject(network.gw1, server, "[gw] VRRP Instance Veth0_61 - Entering FAULT state")


def test_what_happens_together_goes_over_one_connection(network, servers):
    server = servers(network.gw1)
    more = "".join(instance_text(vrid, 100, addresses=("192.168.1.%d" % vrid,), version=2, advert_int=1)
                   for vrid in range(70, 90))
    network.gw1.configure(text() + more)
    network.gw1.start()
    for vrid in range(70, 90):
        wait_for_subject(network.gw1, server, "[gw] VRRP Instance Veth0_%d - Entering MASTER state" % vrid)
    assert server.connections < len(server.mails) / 2


def test_names_end_no_header(network, servers):
    """What is not ASCII is encoded; a line end cannot even be configured."""
    server = servers(network.gw1)
    network.gw1.configure(text(router="gw-Zürich-☎"))
    network.gw1.start()
    wait_for(lambda: server.mails, lambda: "a mail\n" + network.gw1.read_log())
    raw = server.mails[0].text
    assert raw.isascii() and all(len(line) <= 78 for line in raw.split("\r\n"))
    decoded = str(email.header.make_header(email.header.decode_header(server.mails[0].subject())))
    assert decoded.startswith("[gw-Zürich-☎] VRRP Instance Veth0_61 - Entering ")
    wrong = network.gw1.path("-wrong.conf")
    for name in ("gw\rBcc: all@example.org", "gw\x01"):
        with open(wrong, "w", newline="") as file:
            file.write(text(router='"%s"' % name))
        done = network.gw1.namespace.run("%s/vigiad -t -f %s" % (os.environ["VIGIA_BUILD_DIR"], wrong), check=False)
        assert "control character" in done, done
