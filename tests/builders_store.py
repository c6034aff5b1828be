"""Values for tests of the store, each with a default that is boring."""
# ruff: noqa: ANN401 - `**changes` are fields of whatever is built

from dataclasses import replace
from hashlib import sha256
from typing import Any

from corridor.exchange.values import (
    ZERO_ID,
    EnvelopeVerdict,
    Family,
    Head,
    Lane,
    Position,
    ReceivedEnvelope,
    ReceivedRecord,
    SealedEnvelope,
    Submission,
    Verdict,
)
from corridor.seal.storage import StorageKey
from corridor.store.port import Store
from corridor.transit.parties import Endpoint

GE = Endpoint("GE.RS")
TR = Endpoint("TR.GTB")
AZ = Endpoint("AZ.DGK")
NO_HEAD = Head(0, 0, ZERO_ID)
KEY = StorageKey(b"storage key of the tests 32 byte")
NOW_MS = 1_800_000_000_000


def record_id(number: int) -> bytes:
    """Return a record id that sorts by `number`."""
    return number.to_bytes(16)


def envelope_id(number: int, peer: Endpoint = GE) -> bytes:
    """Return an envelope id."""
    return sha256(f"{peer} {number}".encode()).digest()


def submission(number: int, peer: Endpoint = GE, **changes: Any) -> Submission:
    """Return a record for the outbox."""
    boring = Submission(peer, record_id(number), 1, Lane.ROUTINE, b"entry %d" % number)
    return boring._replace(**changes)


def sealed(number: int, rows: tuple[int, ...] = (), **changes: Any) -> SealedEnvelope:
    """Return an envelope of ours at (1, number)."""
    peer = changes.get("peer", GE)
    boring = SealedEnvelope(
        peer=peer,
        position=Position(1, number),
        prev=envelope_id(number - 1, peer) if number > 1 else ZERO_ID,
        envelope_id=envelope_id(number, peer),
        payload_root=sha256(b"root %d" % number).digest(),
        frame=b"frame %d" % number,
        family=Family.DATA,
        lane=Lane.ROUTINE,
        created_ms=NOW_MS + number,
        rows=rows,
    )
    return replace(boring, **changes)


def verdict_on(envelope: SealedEnvelope, verdict: Verdict, **changes: Any) -> EnvelopeVerdict:
    """Return a peer's verdict on an envelope of ours."""
    boring = EnvelopeVerdict(
        envelope.position, envelope.envelope_id, envelope.payload_root, verdict
    )
    return replace(boring, **changes)


def incoming(index: int, number: int, **changes: Any) -> ReceivedRecord:
    """Return an accepted record of a peer."""
    boring = ReceivedRecord(
        index, record_id(number), 1, b"their entry %d" % number, Verdict.ACCEPTED
    )
    return boring._replace(**changes)


def received(number: int, *records: ReceivedRecord, **changes: Any) -> ReceivedEnvelope:
    """Return an envelope of a peer at (1, number)."""
    peer = changes.get("peer", GE)
    position = changes.get("position", Position(1, number))
    root = sha256(b"their root %d" % number).digest()
    verdict = EnvelopeVerdict(position, envelope_id(number, peer), root, Verdict.ACCEPTED)
    boring = ReceivedEnvelope(
        peer=peer,
        position=position,
        prev=envelope_id(number - 1, peer) if number > 1 else ZERO_ID,
        envelope_id=envelope_id(number, peer),
        payload_root=root,
        header=b"header %d" % number,
        signature=b"s" * 64,
        disclosure_seed=b"d" * 32,
        family=Family.DATA,
        created_ms=NOW_MS,
        received_ms=NOW_MS + number,
        verdict=verdict,
        records=records,
    )
    return replace(boring, **changes)


def accept(store: Store, *numbers: int, lane: Lane = Lane.ROUTINE) -> tuple[int, ...]:
    """Keep records in the outbox and return their rows."""
    with store.transaction() as change:
        change.accept_all([submission(one, lane=lane) for one in numbers], NOW_MS)
        waiting = {one.record_id: one.row for one in change.waiting(GE, lane, 1_000)}
    return tuple(waiting[record_id(one)] for one in numbers)


def waiting_ids(store: Store, lane: Lane = Lane.ROUTINE) -> list[bytes]:
    with store.reading() as view:
        return [one.record_id for one in view.waiting(GE, lane, 1_000)]
