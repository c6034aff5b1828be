"""What a transaction knows of movements under way: a table that can be made again from records."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from corridor.transit.facts import Fact

Name = tuple[str, str]
"""What a movement is known by: (mrn, carnet or lrn, value)."""


class TrackedMovement(NamedTuple):
    """A movement as it is listed."""

    name: Name
    state: str
    ended: bool
    changed_ms: int
    """When its last record happened."""
    deadlines: tuple[tuple[str, int], ...]
    """(what, Unix milliseconds), earliest first; those of the past are overdue."""
    refused: str = ""
    """Country that refused it entry and has not taken it in since; "" for none."""


class MovementCounts(NamedTuple):
    """How many movements are under way, where they stand, and how many are overdue, by what."""

    open: int
    overdue: Mapping[str, int]
    states: Mapping[str, int]
    """How many are under way in each state that has any."""


class SentEntry(NamedTuple):
    """A record of ours, in the order in which they were accepted."""

    row: int
    record_type: int
    entry: bytes


class ToRefold(NamedTuple):
    """A movement of which a record was erased."""

    row: int
    name: Name


class MovementRows(Protocol):
    """The part of a transaction that keeps movements under way."""

    def put_movement(self, movement: TrackedMovement, other_names: Sequence[Name] = ()) -> None:
        """Keep a movement under its name; rows under its other names go."""

    def movements(self, limit: int, overdue_at: int | None = None) -> Sequence[TrackedMovement]:
        """Return movements that have not ended, those changed last first.

        Args:
            limit: At most so many.
            overdue_at: Only those with a deadline up to then.
        """

    def count_movements(self, now_ms: int) -> MovementCounts:
        """Count movements that have not ended, and their deadlines that have passed."""

    def sent_after(self, row: int, limit: int) -> Sequence[SentEntry]:
        """Return records of ours after a row of the outbox, one for each recipient."""

    # -- what stays of erased records
    def remains(self, name: Name, limit: int) -> Sequence[Fact]:
        """Return what stays of erased records that carried a name; `sender` is empty for ours."""

    def to_refold(self, limit: int) -> Sequence[ToRefold]:
        """Return movements of which a record was erased since they were folded, oldest first."""

    def refolded(self, rows: Sequence[int]) -> None:
        """Take rows of `to_refold` off; what was added meanwhile stays."""

    def forget_movement(self, names: Sequence[Name], remains: Sequence[Fact]) -> None:
        """Forget a movement of which no record is kept: what is listed, and what stays."""
