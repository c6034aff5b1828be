"""The part of a transaction that counts days and keeps what was told of them.

Rules:

* a day is counted from the records themselves, never from sums that were kept beside them;
* what a partner told stands as the bytes that came, with the envelope that holds its signature;
* a case is opened once for a day and closed once; it is never removed.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from corridor.exchange.tallies import DayRow
from corridor.exchange.values import Position
from corridor.transit.parties import Endpoint
from corridor.wire.tally import DayHead


class Reconciliation(NamedTuple):
    """A day with a partner, as it is kept."""

    peer: Endpoint
    day: int
    told: bytes = b""
    """The body of the Tally that we told last; empty where we told nothing."""
    told_envelope: bytes = b""
    told_ms: int = 0
    theirs: bytes = b""
    """The body of the Tally that the partner told last."""
    their_envelope: bytes = b""
    their_position: Position = Position(0, 0)
    heard_ms: int = 0
    pending: bytes = b""
    """The body of one that is to be told."""
    due: bool = True
    """Whether the day is to be counted."""
    state: str = "waiting"
    waits_for: str = ""
    judged_ms: int = 0


class ToldDay(NamedTuple):
    """What a peer told of a day."""

    day: int
    body: bytes
    envelope_id: bytes
    position: Position
    """Of that envelope in the peer's stream."""


class JudgedDay(NamedTuple):
    """What came of counting a day."""

    peer: Endpoint
    day: int
    seen_envelope: bytes
    """`their_envelope` when it was judged: where a later one came, the day is due again."""
    pending: bytes
    """The body of what is to be told; empty where nothing is."""
    state: str
    waits_for: str


class Case(NamedTuple):
    """A day on which the two do not agree."""

    number: int
    peer: Endpoint
    day: int
    opened_ms: int
    closed_ms: int | None
    differences: str
    """JSON."""


class ReconcilingTransaction(Protocol):
    """Days with partners."""

    # -- records and streams
    def day_sent(self, peer: Endpoint, after: bytes, until: bytes, limit: int) -> Sequence[DayRow]:
        """Return business records of ours to the peer, ascending by id.

        Args:
            peer: To whom.
            after: Only ids above it.
            until: Only ids below it.
            limit: At most about so many; none only where there are no more.
        """

    def day_received(
        self, peer: Endpoint, after: bytes, until: bytes, limit: int
    ) -> Sequence[DayRow]:
        """Return business records of the peer like `day_sent`, each id once.

        One that is in the inbox counts as that, a refused one by its newest refusal.
        """

    def sent_head(self, peer: Endpoint, before_ms: int) -> DayHead:
        """Return the newest envelope of ours that was created before a time."""

    def received_head(self, peer: Endpoint, before_ms: int) -> DayHead:
        """Return the newest envelope of the peer that was created before a time."""

    # -- who takes part
    def knows_tally(self, peer: Endpoint) -> bool:
        """Return whether the peer knows the record with which days are told."""

    def keep_knows_tally(self, peer: Endpoint, *, knows: bool) -> None:
        """Note whether the peer knows it."""

    def counted_days(self) -> Sequence[tuple[Endpoint, int]]:
        """Return the peers that know it, each with the newest day counted by itself, or 0."""

    def keep_counted(self, peer: Endpoint, day: int) -> None:
        """Note the newest day that was counted by itself."""

    # -- days
    def note_tally(self, peer: Endpoint, told: ToldDay, now_ms: int) -> None:
        """Keep what the peer told of a day; it is due to be counted.

        What stands before what is kept, in the peer's stream, has come late and is passed over.
        """

    def mark_due(self, peer: Endpoint, days: Iterable[int]) -> None:
        """Have days counted."""

    def days_due(
        self, newest: int, told_between: tuple[int, int], limit: int
    ) -> Sequence[Reconciliation]:
        """Return days that are due; those first that were looked at longest ago.

        Args:
            newest: The newest day that is over; later ones wait, and take nobody's place.
            told_between: Days told after the one time and not after the other wait as well.
            limit: How many at most.
        """

    def reconciliation(self, peer: Endpoint, day: int) -> Reconciliation | None:
        """Return a day with a peer."""

    def reconciliations(self, peer: Endpoint | None, limit: int) -> Sequence[Reconciliation]:
        """Return days with a peer, or with all, newest first."""

    def agreed_days(self) -> Mapping[Endpoint, int]:
        """Return the newest day on which we agree with each peer; without those with none."""

    def judge_day(self, judged: JudgedDay, now_ms: int) -> None:
        """Keep what came of counting a day."""

    def drop_day(self, peer: Endpoint, day: int) -> None:
        """Forget a day of which there is nothing to tell and nothing was told."""

    def tallies_pending(self, peer: Endpoint, limit: int) -> Sequence[tuple[int, bytes]]:
        """Return (day, body) of what the peer is to be told, oldest day first."""

    def tallies_told(
        self, peer: Endpoint, told: Iterable[tuple[int, bytes]], envelope_id: bytes, now_ms: int
    ) -> None:
        """Note that an envelope of ours tells the peer this."""

    def forget_days(self, before: int) -> None:
        """Forget days before one, but for those with an open case."""

    # -- cases
    def open_case(self, peer: Endpoint, day: int, differences: str, now_ms: int) -> bool:
        """Open a case of a day, or tell one that is open what it is now; True where it is new."""

    def close_cases(self, peer: Endpoint, day: int, now_ms: int) -> int:
        """Close the cases of a day; returns how many were open."""

    def cases(self, limit: int, *, open_only: bool) -> Sequence[Case]:
        """Return cases, newest first."""

    def cases_of(self, peer: Endpoint, day: int) -> Sequence[Case]:
        """Return every case of a day with a peer, newest first."""
