"""What every engine of the store decides alike; pure.

Rules:

* ACCEPTED and REFUSED are final, PARKED and DEFERRED are not;
* an envelope of ours needs a receipt until one comes that is not DEFERRED: what is parked is kept
  by the peer, what is deferred may have been dropped there;
* control records, canaries among them, are kept as evidence and never handed to the national
  system; so is what was refused or is there already.
"""

import hashlib
from collections.abc import Mapping
from typing import Final, NamedTuple

from corridor.errors import Reason, Refused
from corridor.exchange.values import EnvelopeVerdict, LeafEntry, ReceivedRecord, Verdict
from corridor.seal.frame import parse_frame
from corridor.wire.batches import is_control

SEALED_KEPT_MS: Final = 30 * 24 * 3600 * 1000
"""How long an envelope's bytes are kept after its receipt (plan §2, amendments)."""

SCANNED_AT_ONCE: Final = 2_000
"""Records looked at in one step of a pass of erasure: a step takes milliseconds."""

ERASED_AT_ONCE: Final = 200
"""Records erased in one step of such a pass: each is read once more, a third of a millisecond, for
what its movement needs. A step a second goes through 700,000 an hour."""

PRUNED_AT_ONCE: Final = 1_000
"""Envelopes erased in one call of `prune`: keeps the transaction in milliseconds."""

QUARANTINE_ITEMS: Final = 250
"""Frames that wait in quarantine for each link and reason: more than a person looks at one by one.
Further ones are only counted; the oldest stay, since they show how it began."""

QUARANTINE_BYTES: Final = 16 << 20
"""Of all of these together: a partner that goes mad takes at most 16 MiB for each reason, and
nothing from another partner or another kind of fault (decision 0039)."""


class Judged(NamedTuple):
    """What a verdict on an envelope means for one of its records."""

    verdict: Verdict
    reason: Reason | None
    faults: tuple[str, ...]


def is_final(verdict: Verdict | None) -> bool:
    """Whether nothing changes the verdict any more."""
    return verdict is Verdict.ACCEPTED or verdict is Verdict.REFUSED


def judged_otherwise(verdict: EnvelopeVerdict) -> Mapping[int, Judged]:
    """Return the records, by index, for which the envelope's own verdict does not hold."""
    return {one.index: Judged(one.verdict, one.reason, one.faults) for one in verdict.exceptions}


def has_outcome(record_type: int) -> bool:
    """Whether the national system is told what became of our records of the type."""
    return not is_control(record_type)


def enters_inbox(record: ReceivedRecord) -> bool:
    """Whether a record of a peer is for the national system, now or when it is judged again."""
    if record.known or record.verdict is Verdict.REFUSED:
        return False
    return not is_control(record.record_type)


def leaf_bytes(leaf: LeafEntry) -> bytes:
    """Return `u8 type | u64 time_ms | id[32] | aux[32]` (PROTOCOL §8).

    Raises:
        ValueError: An id or aux that is not 32 bytes.
    """
    if len(leaf.id) != 32 or len(leaf.aux) != 32:  # noqa: PLR2004 - a SHA-256 each
        raise ValueError("a leaf's id and aux are 32 bytes each")
    return leaf.kind.to_bytes(1) + leaf.at_ms.to_bytes(8) + leaf.id + leaf.aux


def digest(entry: bytes) -> bytes:
    """Return the SHA-256 under which an entry is known for ever."""
    return hashlib.sha256(entry).digest()


def has_quarantine_room(items: int, size: int, more: int) -> bool:
    """Whether a frame of `more` bytes may wait beside `items` of `size` bytes of its kind."""
    return items < QUARANTINE_ITEMS and size + more <= QUARANTINE_BYTES


def envelope_id_of(frame: bytes) -> bytes | None:
    """Return the id of an envelope's bytes; None where they are no envelope."""
    try:
        return parse_frame(frame).envelope_id
    except Refused:
        return None


def header_and_signature(frame: bytes) -> tuple[bytes, bytes] | None:
    """Return the signed part of an envelope's bytes; None where they are no envelope."""
    try:
        parsed = parse_frame(frame)
    except Refused:
        return None
    return parsed.header_bytes, parsed.signature
