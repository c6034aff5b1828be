"""The node against records.json: what becomes of each record, and what is handed on."""

from dataclasses import dataclass
from typing import Any

import pytest

from builders_vectors import WorldTrust, identity_of, load
from corridor.daemon.receiver import Inbound
from corridor.exchange.cues import ControlRefused, Event
from corridor.exchange.values import EnvelopeVerdict, Verdict
from corridor.store.memory import MemoryStore
from corridor.transit.parties import Endpoint
from corridor.wire.batches import FIRST_CONTROL
from testkit.control_cases import control_cases
from testkit.record_cases import record_cases
from testkit.records import frames_of, with_twins

DOCUMENT = load("records.json")
WORLD = load("world.json")
IDENTITY = identity_of(WORLD)
CASES = [pytest.param(case, id=case["name"]) for case in DOCUMENT["cases"]]


@dataclass(frozen=True)
class AgreedTrust(WorldTrust):
    """The receiver of world.json under the agreements of records.json."""

    def authorises(
        self, sender: Endpoint, recipient: Endpoint, record_type: int, created_ms: int
    ) -> bool:
        if record_type >= FIRST_CONTROL:
            return self.control_allowed(sender, recipient, created_ms)
        return any(
            record_type in row["record_types"]
            and row["valid_from_ms"] <= created_ms < row["valid_to_ms"]
            for row in DOCUMENT["agreements"]
            if (row["sender"], row["recipient"]) == (sender, recipient)
        )


class Node:
    """The receiver with its store in memory, and the schema's own rules."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.events: list[Event] = []
        trust = AgreedTrust(WORLD, 1)
        self.inbound = Inbound(self.store, lambda: IDENTITY, lambda: trust, observe=self)

    def tell(self, event: Event) -> None:
        self.events.append(event)

    def take(self, sender: str, frame: bytes) -> EnvelopeVerdict | None:
        """Return the verdict that is owed for an envelope; None of control."""
        self.events.clear()
        peer = Endpoint(sender)
        with self.store.reading() as view:
            before = {one.envelope_id for one in view.owed(peer, 100)}
        self.inbound.handle([(sender[:2], frame)], DOCUMENT["now_ms"])
        with self.store.reading() as view:
            owed = view.owed(peer, 100)
        return next((one for one in owed if one.envelope_id not in before), None)

    def handed_on(self) -> list[bytes]:
        """Return the entries that the national system is given, in order."""
        with self.store.reading() as view:
            return [record.entry for record in view.inbox(0, 1000)]


@pytest.mark.parametrize("case", CASES)
def test_each_record_is_judged_for_itself(case: dict[str, Any]) -> None:
    node = Node()
    expected: list[bytes] = []
    for envelope, frame in zip(case["envelopes"], _frames(case), strict=True):
        verdict = node.take(envelope["sender"], frame)
        rows = envelope["records"]
        if verdict is None:
            unread = [one.reason.label for one in node.events if isinstance(one, ControlRefused)]
            assert unread == [row["reason"] for row in rows if row["verdict"] == "unread"]
        elif "reason" in envelope:
            assert (verdict.verdict, verdict.reason) == (Verdict.REFUSED, verdict.reason)
            assert verdict.reason is not None
            assert verdict.reason.label == envelope["reason"]
        else:
            assert _told(verdict, len(rows)) == [_wanted(row) for row in rows]
        expected += [_entry(row) for row in rows if row["handed_on"]]
    assert node.handed_on() == expected


def _entry(row: dict[str, Any]) -> bytes:
    return bytes.fromhex(row["entry"]) + bytes(row.get("zeros", 0))


def _wanted(row: dict[str, Any]) -> tuple[str, str | None, tuple[str, ...]]:
    return row["verdict"], row.get("reason"), tuple(row.get("faults", ()))


def _told(verdict: EnvelopeVerdict, count: int) -> list[tuple[str, str | None, tuple[str, ...]]]:
    """Return verdict, reason and faults of each record; labels are no faults."""
    told: list[tuple[str, str | None, tuple[str, ...]]] = [("accepted", None, ())] * count
    for one in verdict.exceptions:
        assert one.reason is not None
        faults = () if one.faults == (one.reason.label,) else one.faults
        told[one.index] = (one.verdict.name.lower(), one.reason.label, faults)
    return told


def _frames(case: dict[str, Any]) -> list[bytes]:
    if all("frame" in envelope for envelope in case["envelopes"]):
        return [bytes.fromhex(envelope["frame"]) for envelope in case["envelopes"]]
    cases = with_twins([*record_cases(), *control_cases()])
    made = next(one for one in cases if one.name == case["name"])
    return frames_of(made)


def test_every_reason_of_r18_and_r19_has_a_vector_of_each_suite() -> None:
    wanted = {
        "not_authorised",
        "record_too_large",
        "record_malformed",
        "record_type",
        "record_invalid",
        "record_id_conflict",
        "control_malformed",
    }
    for suite2 in (False, True):
        seen = {
            row.get("reason")
            for case in DOCUMENT["cases"]
            for envelope in case["envelopes"]
            for row in envelope["records"]
            if case["name"].endswith("-suite2") is suite2
        }
        assert wanted <= seen
