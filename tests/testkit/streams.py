"""streams.json: envelopes one after the other, and where each stands (PROTOCOL §7)."""

from dataclasses import dataclass
from typing import Any

from testkit import envelopes as kit
from testkit.envelopes import Built, Spec, build
from testkit.proto import record
from testkit.world import NOW_MS, spec, us

EPOCH = 1_764_000_000
NONE = bytes(32)
WINDOW = 16_384
IN_LEAF, FORK_LEAF = 2, 3
Document = dict[str, Any]


@dataclass(frozen=True)
class Sent:
    """An envelope by name."""

    name: str
    spec: Spec
    built: Built

    @property
    def id(self) -> bytes:
        """Its envelope id."""
        return self.built.envelope_id


@dataclass(frozen=True)
class Arrival:
    """An envelope that arrives, or None where what is held is judged again."""

    sent: Sent | None
    outcome: str
    """kept, known, dropped, quarantined, held, deferred or unopened."""
    reason: str = ""
    place: str = ""
    """next, ahead or late, of what is kept."""
    verdict: str = ""
    """accepted or refused, of what is kept and receipted."""
    complete_to: int = 0
    gaps: tuple[tuple[int, int], ...] = ()
    now_ms: int = NOW_MS
    contradicts: bytes = NONE
    """Of a fork: the id that stands there."""


@dataclass(frozen=True)
class StreamCase:
    """What arrives, and what comes of each."""

    name: str
    title: str
    section: str
    steps: tuple[Arrival, ...]


class Writer:
    """Makes the envelopes of one suite under names."""

    def __init__(self, suite: int) -> None:
        """Begin with none."""
        self.suite = suite
        self.end = "" if suite == 1 else "-suite2"

    def data(self, name: str, seq: int, prev: bytes = NONE, **parts: object) -> Sent:
        """Return an envelope with one record of its own."""
        text = f"record of {name}".encode()
        whole = {
            "records": (record(int.from_bytes(kit.h(text)[:4], "big"), text),),
            "epoch": EPOCH,
            **parts,
        }
        return self.sent(name, seq, prev, **whole)

    def sent(self, name: str, seq: int, prev: bytes, **parts: object) -> Sent:
        """Return an envelope from GE.RS to us at a position."""
        whole = {"to": (us(self.suite),), **parts}
        made = spec(f"stream/{name}", self.suite, seq=seq, prev=prev, **whole)
        return Sent(name + self.end, made, build(made))


def kept(sent: Sent, place: str, complete_to: int, *gaps: tuple[int, int]) -> Arrival:
    """Return an arrival that is kept and accepted."""
    return Arrival(sent, "kept", "", place, "accepted", complete_to, gaps)


def control(sent: Sent, place: str, complete_to: int, *gaps: tuple[int, int]) -> Arrival:
    """Return an arrival that is kept and owes no receipt."""
    return Arrival(sent, "kept", "", place, "", complete_to, gaps)


def fork(sent: Sent, complete_to: int, *gaps: tuple[int, int], by: bytes = NONE) -> Arrival:
    """Return an arrival that contradicts."""
    return Arrival(sent, "quarantined", "fork", complete_to=complete_to, gaps=gaps, contradicts=by)


def streams(cases: list[StreamCase]) -> Document:
    """Return streams.json."""
    sent = {step.sent.name: step.sent for case in cases for step in case.steps if step.sent}
    return {
        "about": "envelopes to the receiver of world.json, one after the other (PROTOCOL 7)",
        "now_ms": NOW_MS,
        "envelopes": {name: _envelope(one) for name, one in sent.items()},
        "cases": [_case(case) for case in cases],
    }


def _envelope(sent: Sent) -> Document:
    return {
        "link": sent.spec.sender[:2].decode(),
        "sender": sent.spec.sender.decode(),
        "epoch": sent.spec.epoch,
        "sequence": sent.spec.seq,
        "previous": sent.spec.prev.hex(),
        "envelope_id": sent.id.hex(),
        "frame": sent.built.frame.hex(),
    }


def _case(case: StreamCase) -> Document:
    held = next((step.sent for step in case.steps if step.outcome == "deferred"), None)
    leaves = [leaf for step in case.steps for leaf in _leaf(step, held)]
    hashes = [kit.h(b"\0corridor/v1/log-leaf\0" + leaf) for leaf in leaves]
    root = kit.merkle(hashes) if hashes else NONE
    return {
        "name": case.name,
        "title": case.title,
        "section": case.section,
        "steps": [_step(step) for step in case.steps],
        "log_size": len(leaves),
        "log_root": root.hex(),
    }


def _step(step: Arrival) -> Document:
    document: Document = {"envelope": step.sent.name if step.sent else None}
    if step.now_ms != NOW_MS:
        document["now_ms"] = step.now_ms
    expect: Document = {"outcome": step.outcome}
    for name in ("reason", "place", "verdict"):
        if getattr(step, name):
            expect[name] = getattr(step, name)
    expect["complete_to"] = step.complete_to
    expect["gaps"] = [list(gap) for gap in step.gaps]
    return {**document, "expect": expect}


def _leaf(step: Arrival, held: Sent | None) -> list[bytes]:
    """Return the leaf that a step adds to the evidence log (PROTOCOL §8)."""
    sent = step.sent or held
    assert sent is not None
    time = step.now_ms.to_bytes(8, "big")
    if step.reason == "fork":
        return [bytes([FORK_LEAF]) + time + sent.id + step.contradicts]
    if step.outcome == "kept":
        return [bytes([IN_LEAF]) + time + sent.id + sent.built.payload_root]
    return []
