"""The part of a transaction that knows records of types that only a later version knows.

Rules (PROTOCOL §11):

* such a record is in the inbox with the verdict PARKED and is not handed on;
* judged again it goes to the end of the inbox, or aside where it is refused.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from corridor.errors import Reason
from corridor.transit.parties import Endpoint


class ParkedRecord(NamedTuple):
    """A record of a partner that waits for a version that knows its type."""

    cursor: int
    peer: Endpoint
    record_id: bytes
    record_type: int
    entry: bytes


class ParkedKind(NamedTuple):
    """How many parked records of one type a partner has sent."""

    peer: Endpoint
    record_type: int
    records: int


class JudgedAgain(NamedTuple):
    """What a later version finds."""

    reason: Reason | None = None
    """Why it is refused; None where it is accepted."""
    faults: tuple[str, ...] = ()
    terms: tuple[tuple[str, str], ...] = ()


class Parking(Protocol):
    """The part of a transaction that knows parked records."""

    def parked(self, after: int, limit: int) -> Sequence[ParkedRecord]:
        """Return parked records after a cursor, oldest first."""

    def count_parked(self) -> Sequence[ParkedKind]:
        """Count parked records by partner and type, ascending; none of them is opened for it."""

    def is_accepted(self, peer: Endpoint, record_id: bytes) -> bool:
        """Whether a record of the peer is in the inbox with the verdict ACCEPTED."""

    def judge_parked(self, record: ParkedRecord, judged: JudgedAgain) -> None:
        """Give a parked record its final verdict."""
