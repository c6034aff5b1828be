"""Brokers and stores that are full, stuck or told to take nothing."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

from chaos.cases.case import AZ, GE, TR, Scene, case
from chaos.cases.hands import Hands
from chaos.disks import shrink, widen
from corridor.exchange.addresses import federation_queue
from corridor.transit.parties import CountryCode

_MIB = 1 << 20


@case(
    10,
    "Disk alarm and memory alarm at the sender's broker",
    "connection.blocked; the node waits without losing its connection or repeating, and goes on "
    "consuming; when the alarm ends, what waited leaves",
    quick=True,
)
def alarm_at_sender(scene: Scene) -> None:
    for kind in ("disk", "memory"):
        with _alarm(scene, TR, kind):
            out = scene.send(30, TR)
            blocked = scene.wait(lambda: scene.metric(TR, "corridor_broker_blocked") == 1, 15)
            scene.bites(blocked, f"{kind}: the broker did not block its node")
            into = scene.submit(20, GE)
            # their receipts cannot leave, so that the partner's window soon ends
            consumed = scene.handed(into[:1], 30)
            if not consumed and scene.events(TR, "link.repaired", state="stop"):
                scene.bites(False, f"{kind}: the node stopped its links before anything came")
            else:
                scene.expect(consumed, f"{kind}: nothing was consumed during the alarm")
            held = scene.s(4, 90)  # longer than the time after which a confirm is missed
            scene.rest(held)
            scene.expect(out.wait(20), f"{kind}: the node took no records during the alarm")
            lost = scene.events(TR, "broker.lost")
            scene.expect(not lost, f"{kind}: the node lost its broker: {lost[:1]}")
            taken = sum(scene.oracle.handed(one) > 0 for one in into)
        done = scene.complete([*out.accepted, *into])
        scene.expect(done, f"{kind}: not complete after the alarm")
        scene.note(f"{kind}: blocked for {held:.0f} s and more, {taken} records consumed meanwhile")


@contextmanager
def _alarm(scene: Scene, code: CountryCode, kind: str) -> Iterator[None]:
    scene.admin(code).alarm(kind)
    try:
        yield
    finally:
        scene.admin(code).end_alarm(kind)


@case(
    11,
    "Alarm at the receiver's broker",
    "the link pushes on into a full broker (RabbitMQ #16670), so the receiver's node stops its "
    "links, and starts them again when the alarm has ended",
    quick=True,
)
def alarm_at_receiver(scene: Scene) -> None:
    with _alarm(scene, GE, "disk"):
        scene.wait(lambda: scene.metric(GE, "corridor_broker_blocked") == 1, 10)
        records = scene.submit(30, TR)
        stopped = scene.wait(lambda: not scene.runs(GE), scene.s(12, 120))
        pushed = scene.handed(records[:1], 1)
        scene.bites(stopped or pushed, "neither pushed nor stopped")
        scene.note("links stopped by the node" if stopped else "the link pushed on")
        scene.expect(stopped, "the node did not stop its links during the alarm")
    back = scene.wait(lambda: scene.runs(GE), scene.s(40, 300))
    scene.expect(back, "the links did not come back after the alarm")
    scene.expect(scene.complete(records), "not complete after the alarm")


@case(
    12,
    "The queue of one partner reaches its length limit",
    "the sender's broker refuses what is for that partner, the node waits; other partners' records "
    "go on",
    quick=True,
)
def queue_full(scene: Scene) -> None:
    admin, queue = scene.admin(TR), federation_queue(TR, GE)
    with _no_link(scene):
        admin.ask("PUT", "policies/corridor/lab-small", _small(queue))
        full = scene.submit(150, TR)
        told = scene.wait(lambda: scene.events(TR, "way.changed", state="backpressure"), 30)
        scene.bites(told, "the queue was never full")
        other = scene.submit(20, TR, to=AZ)
        scene.expect(scene.complete(other), "another partner's records waited too")
        scene.expect(scene.metric(TR, "corridor_link_open", peer="AZ.SCC") == 1, "AZ: way closed")
        nacked = scene.metric(TR, "corridor_publish_failures_total", peer="GE.RS", reason="nacked")
        scene.note(f"GE: {nacked:.0f} times told as BACKPRESSURE; AZ: 20 records done meanwhile")
        admin.ask("DELETE", "policies/corridor/lab-small")
    scene.expect(scene.complete(full), "not complete after the limit was raised")


@contextmanager
def _no_link(scene: Scene) -> Iterator[None]:
    """Take Georgia's link to Türkiye away, as its operator may."""
    scene.admin(GE).ask("DELETE", "parameters/federation-upstream/corridor/TR")
    try:
        yield
    finally:
        scene.admin(GE).restore()


def _small(queue: str) -> dict[str, object]:
    definition = {"max-length-bytes": 6_000, "overflow": "reject-publish"}
    return {
        "pattern": f"^{queue}$",
        "apply-to": "queues",
        "priority": 90,
        "definition": definition,
    }


@case(
    13,
    "An inbox that refuses what it is given (negative test)",
    "the link takes the same message again and again without end, which is why no inbox has a "
    "limit; when the limit is gone, all of it arrives",
    newer="on 4.0 to 4.2 the default delivery limit drops the message after 20 rounds",
)
def inbox_refuses(scene: Scene) -> None:
    admin, queue = scene.admin(GE), federation_queue(TR, GE)
    limit = {"max-length": 1, "overflow": "reject-publish"}
    policy = {"pattern": "^inbox\\.TR$", "apply-to": "queues", "priority": 90, "definition": limit}
    scene.net.node(GE).stop()
    admin.ask("PUT", "policies/corridor/lab-limit", policy)
    records = scene.submit(40, TR)
    again = lambda: _redelivered(scene, TR, queue)  # noqa: E731
    hot = scene.wait(lambda: again() > 100, 30)
    scene.bites(hot, "no hot loop")
    first, begun = again(), time.monotonic()
    scene.wait(lambda: again() > first, 12)
    rate = (again() - first) / (time.monotonic() - begun)
    scene.note(f"about {rate:.0f} redeliveries a second at the sender's broker")
    admin.ask("DELETE", "policies/corridor/lab-limit")
    scene.net.start_node(GE)
    if not scene.complete(records, scene.s(15, 60)):
        link = scene.link(GE)
        path = f"federation-links/vhost/corridor/{link['id']}/{link['node']}/restart"
        admin.ask("DELETE", path)
        scene.note("messages stayed stuck until the link was restarted")
    scene.expect(scene.complete(records), "not complete after the limit was gone")


def _redelivered(scene: Scene, code: CountryCode, queue: str) -> int:
    for one in scene.admin(code).ask("GET", "queues/corridor"):
        if one["name"] == queue:
            return int(one.get("message_stats", {}).get("redeliver", 0))
    return 0


@case(
    15,
    "Oversized message: 20 MiB",
    "no broker of the network takes it; where a partner's broker is set otherwise and does, its "
    "link stands still until the message is removed, and everything else arrives then",
    newer="a 3.10.8 upstream before a 4.x reader, whose own limit is 16 MiB",
)
def oversized(scene: Scene) -> None:
    queue = federation_queue(TR, GE)
    with Hands(scene.net.brokers[TR].plan) as hands:
        refused = hands.refusal(lambda: hands.publish("to.GE", bytes(20 * _MIB)))
    scene.bites(refused, "the broker took 20 MiB")
    scene.note(f"20 MiB at the sender's own broker: {refused}")
    records = scene.submit(10, TR)
    scene.expect(scene.complete(records), "not complete after the refusal")
    # a partner that runs with another limit than the network's
    scene.admin(TR).broker.ctl("eval", "application:set_env(rabbit,max_message_size,134217728).")
    try:
        with Hands(scene.net.brokers[TR].plan) as hands:
            kept = hands.refusal(lambda: hands.publish("to.GE", bytes(20 * _MIB)))
        if kept:  # 4.x reads its limit at its start alone
            scene.note("its limit stays as it was at its start: no such message meets the link")
            return
        down = scene.wait(lambda: not scene.runs(GE), 30)
        scene.expect(down, "the link took 20 MiB over a limit of 16")
        reason = str(scene.link(GE).get("status"))
        scene.note(f"with a limit of 128 MiB at the sender only: the link is {reason}")
        stuck = scene.submit(10, TR)
        scene.expect(not scene.complete(stuck, 3), "records passed a link that is down")
        scene.admin(TR).delete_queue(queue)
    finally:
        scene.admin(TR).broker.ctl("eval", "application:set_env(rabbit,max_message_size,16777216).")
    scene.expect(scene.complete(stuck), "not complete after the message was removed")


@case(
    25,
    "The receiver's store does not answer; the receiver's disk is full",
    "nothing is acknowledged before it is kept: it comes again when the store takes it",
    quick=True,
)
def store_down(scene: Scene) -> None:
    with _locked_store(scene):
        waiting = scene.submit(20, TR)
        scene.bites(not scene.handed(waiting, scene.s(7, 60)), "the store took records")
        failed = scene.events(GE, "store.failed")
        scene.note(f"store locked: {len(failed)} times told, nothing acknowledged")
    scene.expect(scene.complete(waiting), "not complete after the store was free")
    scene.expect(scene.wait(lambda: scene.net.node(GE).ready(), 20), "the node did not go on")
    _full_disk(scene)


def _full_disk(scene: Scene) -> None:
    if not scene.net.small_disks:
        scene.note("disk full: not possible here, this user may not mount a small disk")
        return
    folder = scene.net.nodes[GE].plan.store.parent
    shrink(folder, 0)
    try:
        waiting = scene.submit(60, TR)
        told = scene.wait(lambda: any("free" in one for one in scene.status(GE)["attention"]), 30)
        scene.bites(told or scene.events(GE, "store.failed"), "the node does not see a full disk")
        refused = scene.client_reason(GE)
        scene.expect(
            refused in {"store_full", "node_refused"},
            f"a record was answered with {refused or 'yes'}",
        )
    finally:
        widen(folder)
    scene.expect(scene.complete(waiting), "not complete after the disk had room")
    scene.note(
        f"disk full: {len(scene.events(GE, 'store.failed'))} times told; own records {refused}"
    )


@contextmanager
def _locked_store(scene: Scene) -> Iterator[None]:
    """Hold the write lock of Georgia's store, as a program that hangs would."""
    path = scene.net.nodes[GE].plan.store
    with closing(sqlite3.connect(path, timeout=20, isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            db.execute("ROLLBACK")


@case(
    30,
    "consumer_timeout of the broker while the store's thread is stuck",
    "the broker closes the channel; the node reads again, and nothing is kept twice",
)
def consumer_timeout(scene: Scene) -> None:
    limit_s = round(scene.s(4, 60))
    broker = scene.net.brokers[GE]
    usual = "application:set_env(rabbit,{},{})."
    broker.ctl("eval", usual.format("consumer_timeout", limit_s * 1000))
    broker.ctl("eval", usual.format("channel_tick_interval", 1000))
    try:
        scene.net.own(GE).reset()  # a channel takes its limit when it is opened
        scene.need(scene.wait(lambda: scene.net.node(GE).ready(), 30), "no connection again")
        with _locked_store(scene):
            records = scene.submit(10, TR)
            closed = scene.wait(
                lambda: "delivery acknowledgement" in scene.broker_log(GE), limit_s + 30
            )
            scene.bites(closed, "the broker did not close the channel")
        scene.expect(scene.complete(records), "not complete after the store was free")
        lost = scene.events(GE, "broker.lost")
        scene.note(f"channel closed after {limit_s} s; the node: {(lost or [{}])[-1].get('cause')}")
    finally:
        broker.ctl("eval", usual.format("consumer_timeout", 1_800_000))
        broker.ctl("eval", usual.format("channel_tick_interval", 60_000))
        scene.net.own(GE).reset()
