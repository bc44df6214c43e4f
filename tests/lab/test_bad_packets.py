# SPDX-License-Identifier: GPL-2.0-or-later
"""Every kind of bad packet sent to a vigiad as Backup and as Master: each raises one counter by one, moves no timer and changes
no state.
"""
import threading
import time

import pytest

from bad_packets import (CONFIG, CONFIG_OF_OWNER, HEADER, NAMES, PASS, V2, V3, V6, Lab, all_packets, counters, good, increments,
                         instance, of_the_message, with_header)
from net import wait_for


@pytest.fixture(name="lab")
def fixture_lab(tmp_path):
    lab = Lab(tmp_path)
    yield lab
    lab.close()


def everything_else(status):
    return {one["name"]: (one["state"], one["since"], one["counters"]["adverts_received"], one["counters"]["adverts_sent"],
                          one["priority"]["effective"], one["active_adver_interval"], one["peer"])
            for one in status["instances"]}


def timers(status):
    """Seconds left, as exactly as told; a timer that was started again has more left than before."""
    return {one["name"]: one["timers"]["master_down"] or one["timers"]["advert"] for one in status["instances"]}


def calm_status(lab):
    """At a moment when no timer is about to run out by itself."""
    def calm():
        status = lab.gw1.status()
        return status if min(timers(status).values()) > 4 else None
    return wait_for(calm, "adverts to be sent")


def send_one_by_one(lab, packets):
    for name, frame, reason, vrid in packets:
        before = calm_status(lab)
        lab.sender.send(frame)
        total = sum(counters(before).values())
        wait_for(lambda: sum(counters(lab.gw1.status()).values()) > total, "%s to be counted" % name)
        after = lab.gw1.status()
        assert increments(counters(before), counters(after)) == {(NAMES[vrid], reason): 1}, name
        assert everything_else(before) == everything_else(after), name
        passed = (after["daemon"]["now"] - before["daemon"]["now"]) / 1e9
        for key, left in timers(before).items():
            assert 0 <= left - timers(after)[key] <= passed + 5, (name, key)


# covers: RX-01 RX-02 RX-03 RX-04 RX-05 RX-06 RX-07 RX-09 RX-10 RX-11 RX-12 RX-16 RX-18 RX-19 RX-20 RX-21 RX-22 RX-24
# covers: RX-25 RX-26 RX-27 RX-28 RX-30 RX-31 IPH-06 IPH-10 V3-PKT-03 V3-PKT-06 V3-PKT-12 V3-PKT-15 V2-PKT-03 V2-PKT-05
# covers: CKS-06 CKS-07 CKS-08 CKS-09 CKS-10 INT-10 AMB-05 AMB-13 FSM-A20 ERR-8299 ERR-8300 ERR-8301
def test_each_bad_packet_is_counted_once_and_moves_nothing(lab):
    lab.start(CONFIG + CONFIG_OF_OWNER, "BACKUP")
    again = with_header(priority=100, sequence=7)
    lab.sender.send(again)
    wait_for(lambda: everything_else(lab.gw1.status())["HEADER"][2] == 1, "a right authentication header to be taken")
    replay = [("said before", again, "replay", HEADER)]
    send_one_by_one(lab, all_packets(lab) + replay)
    # The same packets without their faults: so the faults were what was refused.
    for vrid in (V2, V3, V6, PASS, HEADER):
        lab.sender.send(good(vrid, priority=0, **({"sequence": 8} if vrid == HEADER else {})))
    lab.wait_for_states("MASTER")
    again = with_header(priority=100, sequence=9)
    lab.sender.send(again)
    wait_for(lambda: everything_else(lab.gw1.status())["HEADER"][2] == 3, "a right authentication header to be taken")
    replay = [("said before", again, "replay", HEADER)]
    send_one_by_one(lab, all_packets(lab) + replay)


# covers: FSM-A20 RX-29
def test_a_flood_does_not_change_the_period_of_a_master(lab):
    lab.start(instance(V3, 3, 1) + instance(V6, 3, 1) + instance(V2, 2, 1), "MASTER")
    frames = [frame for _, frame, _, vrid in of_the_message() if vrid in (V2, V3, V6)]
    ending = threading.Event()

    def flood():
        while not ending.is_set():
            for frame in frames:
                lab.sender.send(frame)
            time.sleep(0.01)

    thread = threading.Thread(target=flood)
    thread.start()
    try:
        wait_for(lambda: sum(counters(lab.gw1.status()).values()) > 1000, "a flood")
        first = lab.gw1.status()
        sent = {one["name"]: one["counters"]["adverts_sent"] for one in first["instances"]}
        wait_for(lambda: everything_else(lab.gw1.status())["V2"][3] >= sent["V2"] + 8, "eight adverts of version 2")
        last = lab.gw1.status()
    finally:
        ending.set()
        thread.join()
    passed = (last["daemon"]["now"] - first["daemon"]["now"]) / 1e9
    for one in last["instances"]:
        interval = one["advert_interval"]
        assert one["state"] == "MASTER" and one["counters"]["became_master"] == 1
        assert abs((one["counters"]["adverts_sent"] - sent[one["name"]]) * interval - passed) < interval + 2
    # Few lines, however many packets.
    assert len(lab.gw1.read_log().splitlines()) < 200
