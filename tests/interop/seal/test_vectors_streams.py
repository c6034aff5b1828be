"""The node against streams.json: its whole receiving side with the store in memory."""

from typing import Any

import pytest

from builders_vectors import WorldTrust, identity_of, load
from corridor.daemon.receiver import Inbound
from corridor.exchange.cues import DuplicateReceived, EnvelopeReceived, Event, FrameRefused
from corridor.exchange.parts import Examination
from corridor.exchange.streams import Reception
from corridor.exchange.values import InStream, Position
from corridor.store.memory import MemoryStore
from corridor.transit.parties import Endpoint

DOCUMENT = load("streams.json")
WORLD = load("world.json")
IDENTITY = identity_of(WORLD)
CASES = [pytest.param(case, id=case["name"]) for case in DOCUMENT["cases"]]


class Node:
    """The receiver of world.json; records are opaque to it."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.events: list[Event] = []
        trust = WorldTrust(WORLD, 1)
        self.inbound = Inbound(
            self.store,
            lambda: IDENTITY,
            lambda: trust,
            examine=lambda entries, _country: [Examination() for _ in entries],
            observe=self,
        )
        self.last: dict[str, Any] = {}

    def tell(self, event: Event) -> None:
        self.events.append(event)

    def take(self, step: dict[str, Any]) -> dict[str, Any]:
        """Return what became of an envelope, as the vectors say it."""
        self.events.clear()
        now_ms = step.get("now_ms", DOCUMENT["now_ms"])
        if step["envelope"] is not None:
            self.last = DOCUMENT["envelopes"][step["envelope"]]
        position = Position(self.last["epoch"], self.last["sequence"])
        closed = self._held_at(position)
        if step["envelope"] is None:
            self.inbound.review(now_ms)
        else:
            frame = bytes.fromhex(self.last["frame"])
            self.inbound.handle([(self.last["link"], frame)], now_ms)
        stream = self._stream()
        found: dict[str, Any] = self._outcome(position)
        if found["outcome"] == "kept":
            reached = stream.complete_to >= position.seq
            found["place"] = "late" if closed else "next" if reached else "ahead"
        found["complete_to"] = stream.complete_to
        found["gaps"] = [list(gap) for gap in stream.gaps()]
        return found

    def _outcome(self, position: Position) -> dict[str, Any]:
        event = next(
            one
            for one in self.events
            if isinstance(one, EnvelopeReceived | FrameRefused | DuplicateReceived)
        )
        if isinstance(event, DuplicateReceived):
            return {"outcome": "known"}
        if isinstance(event, FrameRefused):
            return {"outcome": event.disposal, "reason": event.reason.label}
        with self.store.reading() as view:
            owed = view.owed(self._peer(), 100)
        verdict = next((one for one in owed if one.position == position), None)
        if verdict is None:
            return {"outcome": "kept"}
        found = {"outcome": "kept", "verdict": verdict.verdict.name.lower()}
        return {**found, "reason": verdict.reason.label} if verdict.reason else found

    def _peer(self) -> Endpoint:
        return Endpoint(self.last["sender"])

    def _held_at(self, position: Position) -> bytes | None:
        with self.store.reading() as view:
            return view.at_position(self._peer(), position)

    def _stream(self) -> Reception:
        epoch = self.last["epoch"]
        with self.store.reading() as view:
            kept = view.in_stream(self._peer(), epoch)
        return Reception.of(kept or InStream(self._peer(), epoch))


@pytest.mark.parametrize("case", CASES)
def test_an_envelope_finds_its_place_or_is_refused_for_its_one_reason(case: dict[str, Any]) -> None:
    node = Node()
    for number, step in enumerate(case["steps"]):
        assert node.take(step) == step["expect"], f"step {number}: {step['envelope']}"
    with node.store.reading() as view:
        size, root = view.log_head()
    assert (size, root.hex()) == (case["log_size"], case["log_root"])


def test_every_reason_of_r17_has_a_vector_of_each_suite() -> None:
    seen = {
        (step["expect"].get("reason"), _suite(step["envelope"]))
        for case in DOCUMENT["cases"]
        for step in case["steps"]
        if step["envelope"]
    }
    assert {(why, suite) for why in _R17 for suite in (1, 2)} <= seen


_R17 = ("fork", "sequence", "window", "epoch", "created_in_future", "expired", "lifetime")


def _suite(name: str) -> int:
    return int.from_bytes(bytes.fromhex(DOCUMENT["envelopes"][name]["frame"][18:22]))
