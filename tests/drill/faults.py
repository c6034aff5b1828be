"""The fault of every alert that wakes somebody, made for real.

Rules:

* a fault is what happens in a country, not a number that is set: a cable, a disk, a clock, a lie;
* each names how it is mended; what cannot be mended comes last;
* `lasting` faults need more than six minutes where times are a country's own.
"""

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from chaos.cases import poison
from chaos.cases.hands import certificate, write
from chaos.disks import shrink, widen
from chaos.network import AZ, GE, TR
from corridor.exchange.addresses import NODE_USER, federation_queue
from corridor.lab.broker_layout import authority
from corridor.transit.parties import CountryCode
from corridor.wire.v1 import local_pb2 as local
from drill.stage import OLD_DIRECTORY, OLD_KEY, Stage
from testkit.envelopes import build, changed

_HOUR_S: Final = 3600
_DAY_S: Final = 86_400
_FEW: Final = 20
_ENOUGH: Final = 260
"""Envelopes in the window of the alert, which judges nothing by fewer than 200."""
_PAUSE_S: Final = 0.12
_SMALL: Final = "policies/corridor/lab-small"
_GEORGIA: Final = "GE.RS"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault and the alert that it has to raise."""

    alert: str
    country: CountryCode
    what: str
    """What is done, for the manual."""
    begin: Callable[[Stage], None]
    lasting: bool = False
    mended: bool = True
    """Whether the alert ends once the fault is mended; otherwise its window keeps it."""


def _node_killed(stage: Stage) -> None:
    stage.net.kill_node(GE)
    stage.undo.append(lambda: stage.net.start_node(GE, 120))


def _link_cut(stage: Stage) -> None:
    stage.net.link(TR, GE).cut()
    stage.undo.append(stage.net.link(TR, GE).heal)
    stage.scene().submit(6, TR)


def _broker_away(stage: Stage) -> None:
    stage.net.own(TR).cut()
    stage.undo.append(stage.net.own(TR).heal)


def _memory(stage: Stage) -> None:
    stage.net.admin(TR).alarm("memory")
    stage.undo.append(lambda: stage.net.admin(TR).end_alarm("memory"))
    stage.scene().send(_FEW, TR)  # a broker blocks who publishes, and nobody else


def _broker_disk(stage: Stage) -> None:
    stage.net.admin(GE).alarm("disk")
    stage.undo.append(lambda: stage.net.admin(GE).end_alarm("disk"))


def _store_disk(stage: Stage) -> None:
    if not stage.net.small_disks:
        raise NotImplementedError("this user may not mount a small disk")
    folder = stage.net.nodes[GE].plan.store.parent
    shrink(folder, 0)
    stage.undo.append(lambda: widen(folder))


def _inbox_full(stage: Stage) -> None:
    """Stop Azerbaijan's national system; its node takes so few that they are soon there."""
    stage.net.kill_node(AZ)
    os.environ["CORRIDOR__STORE__INBOX_MOST_RECORDS"] = str(_FEW)
    try:
        stage.net.start_node(AZ)
    finally:
        del os.environ["CORRIDOR__STORE__INBOX_MOST_RECORDS"]
    stage.net.recorders[AZ].stop()
    stage.undo.append(stage.net.recorders[AZ].start)
    stage.scene().submit(3 * _FEW, TR, AZ)


def _clock(stage: Stage) -> None:
    clock = stage.net.node(GE).clock
    clock.put(3 * _HOUR_S)
    stage.undo.append(lambda: clock.put(0))


def _queue_refuses(stage: Stage) -> None:
    """Let the queue to Georgia refuse now and then, once much has gone through it.

    A queue that refuses for good shuts the way after a few envelopes, which is another alert.
    """
    admin, queue = stage.net.admin(TR), federation_queue(TR, GE)
    _one_by_one(stage, _ENOUGH)
    stage.net.link(TR, GE).cut()  # an upstream that is taken away, the node puts back
    stage.undo.append(stage.net.link(TR, GE).heal)
    limit = {
        "pattern": f"^{queue}$", "apply-to": "queues", "priority": 90,
        "definition": {"max-length-bytes": 2_000, "overflow": "reject-publish"},
    }  # fmt: skip
    ended = threading.Event()

    def refuse() -> None:
        scene = stage.scene()
        while not ended.is_set():
            admin.ask("PUT", _SMALL, limit)
            _one_by_one(stage, 6)
            admin.ask("DELETE", _SMALL)
            stage.wait(lambda: scene.metric(TR, "corridor_link_open", peer=_GEORGIA) == 1, 90)
            _one_by_one(stage, 2)

    thread = threading.Thread(target=refuse, daemon=True)
    thread.start()
    stage.undo.append(lambda: (ended.set(), thread.join(120)))


def _one_by_one(stage: Stage, number: int) -> None:
    """Submit records of Türkiye for Georgia, each to be sealed alone."""
    records = stage.scene().records(number, TR, GE)
    with stage.net.client(TR) as node:
        for one in records:
            offered = local.LocalSubmission(
                recipient=one.recipient, record_id=one.record_id, record=one.record
            )
            node.submit([offered])
            time.sleep(_PAUSE_S)


def _forged(stage: Stage) -> None:
    """Change one bit of the signature under an envelope of Azerbaijan for Türkiye."""
    right = build(poison.member(stage.scene())).frame
    at = 8 + int.from_bytes(right[4:8], "big") + 9
    poison.put(stage.scene(), TR, AZ, poison.flip(right, at))


def _spoilt(stage: Stage) -> None:
    """Let Azerbaijan sign an envelope that commits to another key than it is sealed with."""
    stage.net.node(AZ).stop()  # it would not know what was sent in its name
    plain = poison.member(stage.scene())
    wrong = changed(plain, f"{plain.label} key", key_commit=bytes(32))
    poison.put(stage.scene(), TR, AZ, build(wrong).frame)
    stage.undo.append(lambda: stage.net.start_node(AZ, 120))


def _old(code: CountryCode) -> Callable[[Stage], None]:
    def begin(stage: Stage) -> None:
        node = next(iter(stage.old[code].nodes.values()))
        node.start()
        stage.undo.append(node.stop)
        stage.wait(lambda: node.pid is not None, 10)
        time.sleep(1)

    return begin


def _certificate(stage: Stage) -> None:
    """Give Georgia's node a certificate that ends within half of the time for which it is paged."""
    plan = stage.net.brokers[GE].plan
    place = plan.pki / "node"
    files = [place.with_suffix(one) for one in (".pem", ".key")]
    kept = [one.read_bytes() for one in files]
    left_s = 3 * _DAY_S / stage.factor / 2
    write(place, certificate(authority(plan), NODE_USER, begins_s=left_s - 2 * _DAY_S, days=2))
    stage.undo += [lambda f=f, c=c: f.write_bytes(c) for f, c in zip(files, kept, strict=True)]


FAULTS: Final = (
    Fault("CorridorNodeDown", GE, "The node is killed.", _node_killed),
    Fault("CorridorOutboxStuck", TR, "The line to a partner is cut, and records are submitted.",
          _link_cut),
    Fault("CorridorBrokerBlocked", TR, "The broker is told that it has no memory left.", _memory),
    Fault("CorridorBrokerAlarm", GE, "The broker is told that its disk is full.", _broker_disk),
    Fault("CorridorTakesNoMore", GE, "The disk of the store is made full.", _store_disk),
    Fault("CorridorInboxFull", AZ, "The national system ends, and partners go on sending.",
          _inbox_full),
    Fault("CorridorPublishFailures", TR,
          "The queue to a partner refuses now and then what is given to it.",
          _queue_refuses, mended=False),
    Fault("CorridorBrokerDisconnectedLong", TR,
          "The line between the node and its own broker is cut.", _broker_away, lasting=True),
    Fault("CorridorDirectoryEndsNow", OLD_DIRECTORY,
          "A node of a network whose directory was not renewed.", _old(OLD_DIRECTORY),
          mended=False),
    Fault("CorridorKeyEndsNow", OLD_KEY, "A node whose encryption key was never rotated.",
          _old(OLD_KEY), mended=False),
    Fault("CorridorCertificateEndsNow", GE,
          "The node has a certificate that ends within half of the time for which it is paged.",
          _certificate),
    Fault("CorridorDelegationEndsNow", OLD_KEY,
          "A node whose key was lent to it once, when it was founded, and never again.",
          _old(OLD_KEY), mended=False),
    Fault("CorridorForgedOrForeignFrames", TR,
          "An envelope with one bit of its signature changed comes over a link.", _forged,
          mended=False),
    Fault("CorridorClockWrong", GE, "The clock of the node is put three hours ahead.", _clock,
          mended=False),
    Fault("CorridorSpoiltEnvelopes", TR,
          "A member signs an envelope that commits to another key than it is sealed with.",
          _spoilt, mended=False),
)  # fmt: skip
"""One for each alert that pages."""
