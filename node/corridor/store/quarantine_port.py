"""What could not be trusted and what could not be delivered: the part of the store for a person.

Rules:

* a frame waits until a person releases or rejects it; nothing here believes it for that;
* what waits is bounded for each link and reason by itself, so that neither a flood from one
  partner hides another's frames nor one kind of fault another kind; the oldest stay, since they
  show how it began;
* the same bytes over the same link for the same reason are kept once and counted;
* who did what, when and why is kept in the transaction that does it.
"""

from collections.abc import Collection, Sequence
from enum import IntEnum, StrEnum
from typing import NamedTuple, Protocol

from corridor.errors import Reason
from corridor.exchange.values import Quarantined
from corridor.transit.parties import Endpoint


class ItemState(IntEnum):
    """What becomes of a frame in quarantine."""

    WAITING = 0
    """For a person."""
    RELEASED = 1
    """To be judged again."""
    SETTLED = 2
    """It was taken by the judgement, or it came another way."""
    REJECTED = 3
    """A person has given it up; its bytes are gone."""


class ItemActKind(StrEnum):
    """What was done with a frame."""

    NOTED = "noted"
    RELEASED = "released"
    JUDGED = "judged"
    REJECTED = "rejected"


class ItemAct(NamedTuple):
    """What was done with a frame, by whom and why."""

    kind: ItemActKind
    at_ms: int
    by: str
    why: str


class QuarantineItem(NamedTuple):
    """A frame in quarantine, without its bytes."""

    number: int
    link: str
    reason: Reason
    over: str
    """Country of the link it came over; "" where that is not known."""
    sha256: bytes
    size: int
    first_ms: int
    last_ms: int
    times: int
    detail: str
    envelope_id: bytes | None
    state: ItemState
    judged: str
    """What the last judgement said; "" before the first."""
    judged_ms: int | None


class QuarantineGroup(NamedTuple):
    """The frames of one link that were put aside for one reason."""

    link: str
    reason: Reason
    waiting: int
    waiting_bytes: int
    oldest_ms: int | None
    """When the oldest that waits came; None where none does."""
    seen: int
    """How often one came, repeats included."""
    not_kept: int
    """How many of these found no room any more."""
    first_ms: int
    last_ms: int


class HeldGroup(NamedTuple):
    """Frames of one link that are held and judged again by themselves."""

    link: str
    reason: Reason
    frames: int
    oldest_ms: int


class DeadGroup(NamedTuple):
    """Records of ours for one partner that were refused or given up for one reason."""

    peer: Endpoint
    reason: Reason | None
    records: int
    oldest_ms: int
    newest_ms: int


class DeadLetter(NamedTuple):
    """A record of ours that was refused or given up."""

    row: int
    """Ascending in the order of acceptance."""
    peer: Endpoint
    record_id: bytes
    record_type: int
    reason: Reason | None
    accepted_ms: int
    final_ms: int
    size: int
    """Of its entry in bytes; 0 where that was erased."""
    faults: tuple[str, ...]
    """Rule ids and field paths that the partner named."""


class QuarantineTransaction(Protocol):
    """What of this can be done inside a transaction."""

    # -- frames
    def quarantine(self, item: Quarantined) -> None:
        """Put something that cannot be trusted aside, within the bounds of `rules`.

        A frame that is settled waits again; one that was rejected is only counted.
        """

    def quarantine_groups(self) -> Sequence[QuarantineGroup]:
        """Return every kind there ever was, by link and reason."""

    def quarantine_items(  # noqa: PLR0913 - what a list is narrowed by
        self,
        *,
        link: str = "",
        reason: Reason | None = None,
        before_ms: int | None = None,
        after: int = 0,
        limit: int,
        done: bool = False,
    ) -> Sequence[QuarantineItem]:
        """Return frames after a number, ascending; with `done` those too that are done with.

        Args:
            link: Only of this link; "" for every one.
            reason: Only for this reason.
            before_ms: Only what came first before this time.
            after: Only above this number.
            limit: At most so many.
            done: Also what is settled or rejected.
        """

    def quarantine_item(self, number: int) -> QuarantineItem | None:
        """Return one frame by its number."""

    def quarantined_frame(self, number: int) -> bytes | None:
        """Return the bytes of one that waits or is to be judged."""

    def quarantine_acts(self, number: int) -> Sequence[ItemAct]:
        """Return what was done with one, oldest first."""

    def act_on_item(self, number: int, act: ItemAct) -> None:
        """Keep what was done with one; RELEASED and REJECTED change its state as well."""

    def take_released(self, limit: int) -> Sequence[tuple[int, Quarantined]]:
        """Return frames that are to be judged again, with their numbers, ascending."""

    def note_judged(self, number: int, judged: str, now_ms: int, *, taken: bool) -> None:
        """Note what a judgement said: `taken` settles it, else it waits again."""

    def settle_arrived(self, reasons: Collection[Reason]) -> int:
        """Forget what needs nobody: put aside for these reasons, and recorded or closed since.

        Those on which a person has acted are settled and stay listed. Returns how many.
        """

    def held_groups(self) -> Sequence[HeldGroup]:
        """Return what is held, by link and reason."""

    # -- records of ours
    def dead_groups(self) -> Sequence[DeadGroup]:
        """Return what was refused or given up and neither sent again nor dismissed, by kind.

        What an officer has withdrawn is not among it, nor are canaries.
        """

    def dead_letters(
        self,
        peer: Endpoint,
        reason: Reason | None,
        *,
        before_ms: int | None = None,
        after: int = 0,
        limit: int,
    ) -> Sequence[DeadLetter]:
        """Return records of one kind after a row, ascending.

        Args:
            peer: For whom they were.
            reason: Why they were refused; None for none named.
            before_ms: Only what became final before this time.
            after: Only above this row.
            limit: At most so many.
        """
