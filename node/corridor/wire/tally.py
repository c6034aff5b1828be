"""The control record that tells what a store holds of the records of one day.

Rules (PROTOCOL §6.9):

* cells ascend and stand once each, so that equal stores write equal bytes;
* what it may make its reader remember is bounded;
* a Tally of day 0 tells only that its sender knows the record.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from corridor.errors import Reason, Refused
from corridor.wire import limits
from corridor.wire.batches import FIRST_BUSINESS, LAST_RESERVED
from corridor.wire.v1 import control_pb2 as pb

_BUSINESS_TYPES: Final = range(FIRST_BUSINESS, LAST_RESERVED + 1)
_VERDICTS: Final = range(1, 5)
_LAST_DAY: Final = limits.MAX_TIME_MS // limits.DAY_MS


@dataclass(frozen=True, slots=True, order=True)
class DayCell:
    """How many records of a day have one type and one verdict."""

    record_type: int
    verdict: int
    reason: int
    """0 where accepted."""
    count: int


@dataclass(frozen=True, slots=True)
class DayHead:
    """The newest envelope of a stream that was created before a day ended.

    Sequence 0 and an empty id where there is none.
    """

    epoch: int = 0
    sequence: int = 0
    envelope_id: bytes = b""


@dataclass(frozen=True, slots=True)
class DayCount:
    """The records of one day in one direction."""

    cells: tuple[DayCell, ...]
    open: int
    """Of those sent: how many have no verdict yet."""
    records: bytes
    """Digest of all that `cells` count, 32 bytes."""
    head: DayHead = DayHead()


@dataclass(frozen=True, slots=True)
class Tally:
    """What its sender holds of the records of one day, in both directions."""

    day: int
    """Whole days since 1970-01-01, UTC; 0 tells only that its sender knows this record."""
    sent: DayCount | None = None
    received: DayCount | None = None
    answers: bytes = b""
    """`numbers_of` what the reader had last told of the day; empty where it had told nothing."""


def numbers_of(tally: Tally) -> bytes:
    """Return the SHA-256 of a tally without its field `answers`: what an answer names."""
    bare = Tally(tally.day, tally.sent, tally.received)
    return sha256(tally_to_pb(bare).SerializeToString(deterministic=True)).digest()


def tally_to_pb(tally: Tally) -> pb.Tally:
    """Return it as the schema writes it."""
    return pb.Tally(
        day=tally.day,
        sent=_count_pb(tally.sent),
        received=_count_pb(tally.received),
        answers=tally.answers,
    )


def _count_pb(count: DayCount | None) -> pb.DayCount | None:
    if count is None:
        return None
    head = count.head
    return pb.DayCount(
        cells=[
            pb.DayCell(
                record_type=one.record_type,
                verdict=pb.Verdict.ValueType(one.verdict),
                reason=one.reason,
                count=one.count,
            )
            for one in count.cells
        ],
        open=count.open,
        records=count.records,
        head=pb.StreamHead(epoch=head.epoch, sequence=head.sequence, envelope_id=head.envelope_id),
    )


def tally_from_pb(message: pb.Tally) -> Tally:
    """Return it as a value.

    Raises:
        Refused: CONTROL_MALFORMED for a number out of its range, too many of them or out of order,
            a wrong length, or a day of which not both directions are told.
    """
    if message.day == 0:
        _check(not message.ByteSize(), "day")
        return Tally(0)
    _check(message.day <= _LAST_DAY, "day")
    _check(message.HasField("sent") and message.HasField("received"), "directions")
    _check(len(message.answers) in {0, limits.HASH_BYTES}, "answers")
    sent, received = _count(message.sent), _count(message.received)
    _check(received.open == 0, "open")
    return Tally(message.day, sent, received, message.answers)


def _count(message: pb.DayCount) -> DayCount:
    _check(len(message.cells) <= limits.MAX_TALLY_CELLS, "cells")
    _check(message.open <= limits.MAX_SEQUENCE, "open")
    _check(len(message.records) == limits.HASH_BYTES, "records")
    _check(message.HasField("head"), "head")
    head = message.head
    _check(head.sequence <= limits.MAX_SEQUENCE, "sequence")
    _check(len(head.envelope_id) == (limits.HASH_BYTES if head.sequence else 0), "head id")
    cells = tuple(DayCell(m.record_type, m.verdict, m.reason, m.count) for m in message.cells)
    _check(all(_sound(one) for one in cells), "cell")
    kinds = [(one.record_type, one.verdict, one.reason) for one in cells]
    _check(kinds == sorted(set(kinds)), "order of cells")
    return DayCount(
        cells,
        message.open,
        message.records,
        DayHead(head.epoch, head.sequence, head.envelope_id),
    )


def _sound(cell: DayCell) -> bool:
    return (
        cell.record_type in _BUSINESS_TYPES
        and cell.verdict in _VERDICTS
        and cell.reason <= limits.MAX_REASON
        and 1 <= cell.count <= limits.MAX_SEQUENCE
    )


def _check(holds: bool, what: str) -> None:  # noqa: FBT001 - reads as the sentence it checks
    if not holds:
        raise Refused(Reason.CONTROL_MALFORMED, what)
