"""What a store keeps, for how long, and how it forgets: the part of the interface for officers.

Rules:

* of an erased record stay its identity, SHA-256, times and verdict: it is never taken for new;
* nothing is erased that is not final, acknowledged and receipted, or that a hold names;
* a hold names a record by its id, or every record that carries a term, those too that come later;
* what is given up becomes final under a name, and the national system is told as of any outcome.
"""

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import Final, NamedTuple, Protocol

from corridor.errors import Reason
from corridor.transit.parties import Endpoint

BY_ID: Final = "record"
"""The kind of a hold that names one record, by its id in hexadecimal digits."""


class Side(StrEnum):
    """Who wrote a record."""

    SENT = "sent"
    RECEIVED = "received"


class LegalHold(NamedTuple):
    """What must not be erased, for whom, and until when."""

    number: int
    kind: str
    """`BY_ID`, or a kind of term: "mrn", "container", ..."""
    value: str
    reason: str
    placed_by: str
    placed_ms: int
    until_ms: int | None
    released_ms: int | None
    released_by: str = ""
    release_reason: str = ""

    def in_force(self, now_ms: int) -> bool:
        """Whether it still holds."""
        return self.released_ms is None and (self.until_ms is None or now_ms < self.until_ms)


class Erased(NamedTuple):
    """What is left of a record whose content was erased."""

    side: Side
    peer: Endpoint
    record_id: bytes
    record_type: int
    sha256: bytes
    at_ms: int
    by_order: bool
    """False: its retention was over."""
    by: str
    reason: str


class Obstacle(StrEnum):
    """Why a record may not be erased."""

    UNKNOWN = "unknown"
    ERASED = "erased already"
    NOT_FINAL = "its partner has not given a final verdict"
    NOT_ACKNOWLEDGED = "the national system has not acknowledged it"
    NOT_RECEIPTED = "no receipt for it has been sent"
    ON_HOLD = "on hold"


class Kept(NamedTuple):
    """One copy of a record in the store, and what stands against erasing it."""

    side: Side
    peer: Endpoint
    record_type: int
    obstacle: Obstacle | None
    hold: LegalHold | None = None


class EraseStep(NamedTuple):
    """What one step of `Store.erase_due` did."""

    erased: int
    more: bool
    """The pass over the store is not at its end."""


class Keeping(Protocol):
    """What of this can be done inside a transaction."""

    def place_hold(  # noqa: PLR0913, PLR0917 - what a hold says
        self, kind: str, value: str, reason: str, by: str, now_ms: int, until_ms: int | None
    ) -> int:
        """Keep a hold; returns its number. `value` is as terms are normalised."""

    def release_hold(self, number: int, by: str, reason: str, now_ms: int) -> bool:
        """Release a hold; False where there is none of this number that is not released."""

    def holds(self) -> Sequence[LegalHold]:
        """Return every hold there ever was, ascending by number."""

    def copies(self, record_id: bytes, now_ms: int) -> Sequence[Kept]:
        """Return every copy of a record, sent or received, ascending by side and partner."""

    def erase(self, record_id: bytes, by: str, reason: str, now_ms: int) -> int:
        """Erase every copy of a record against which nothing stands; returns how many.

        Its content, what can be found of it, the salt that proves it, and, of a record that was
        sent, the sealed bytes it left in, are gone with the transaction.
        """

    def erasures(self, record_id: bytes) -> Sequence[Erased]:
        """Return what is left of the copies of a record that were erased."""

    # -- what will not be sent any more
    def waiting_types(self, peer: Endpoint) -> Collection[int]:
        """Return the types of the records that wait for a peer."""

    def give_up_waiting(
        self, peer: Endpoint, types: Collection[int], reason: Reason, now_ms: int, limit: int
    ) -> int:
        """Make waiting records of these types final, REFUSED for `reason`; returns how many."""

    def give_up_unreceipted(self, peer: Endpoint, reason: Reason, now_ms: int, limit: int) -> int:
        """Make what no receipt came for final, REFUSED for `reason`; returns how many envelopes."""


class Erasing(Protocol):
    """What of this a store does in steps of its own."""

    def erase_due(self, now_ms: int, keep_ms: Mapping[int, int]) -> EraseStep:
        """Erase what has been kept long enough; a bounded step of a pass over the store.

        Args:
            now_ms: Now.
            keep_ms: How long a record of each business type is kept after its receipt.
        """

    def scrub(self) -> bool:
        """Take what was erased out of the log as well; False where a reader is in the way."""
