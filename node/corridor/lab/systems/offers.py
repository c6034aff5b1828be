"""What a national system of a lab submits, and what it is answered, whatever way it goes."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class Offer(NamedTuple):
    """A record to be submitted; its id is the idempotency key where it is submitted again."""

    country: str
    record_id: bytes
    record: bytes


class Answer(NamedTuple):
    """What became of a record that was submitted."""

    status: str
    """accepted, duplicate, conflict or refused."""
    reason: str = ""
    faults: tuple[str, ...] = ()


class Outcome(NamedTuple):
    """What finally became of a record: what the partner's signed receipt says."""

    cursor: int
    recipient: str
    record_id: bytes
    accepted: bool
    reason: str
    accepted_ms: int
    receipted_ms: int
    sha256: bytes
    """Of the RecordEntry; empty where the gateway does not say, as for a file put in twice."""


class Door(Protocol):
    """A node as a national system sees it through one gateway."""

    def submit(self, offers: Sequence[Offer]) -> Sequence[Answer]:
        """Submit records; returns an answer for each, in order.

        Raises:
            LocalTrouble: The node does not answer; what it has kept is kept.
        """

    def outcomes(self, after: int, wait_s: float) -> Sequence[Outcome]:
        """Return what finally became of records, after a cursor; none where nothing is new.

        Raises:
            LocalTrouble: The node does not answer.
        """
