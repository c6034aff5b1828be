"""Counting the records of one day, so that both sides of a border count the same (PROTOCOL §6.9).

Rules:

* a record belongs to the day of the time in its id, which both sides hold alike, whichever
  envelope carried it, however often, however late;
* rows are taken ascending by record id, each id once: the digest is one of a set;
* what was refused unread, or never left its sender, is counted by neither: whoever refused could
  not tell which records they were.

Example:
    >>> day_of((1_700_000_000_000).to_bytes(6) + bytes(10))
    19675
"""

from collections import Counter
from collections.abc import Iterable
from hashlib import sha256
from typing import Final, NamedTuple

from corridor.errors import Reason
from corridor.exchange.values import Verdict
from corridor.wire import limits
from corridor.wire.tally import DayCell, DayCount, DayHead

_LAST: Final = b"\xff" * 17
"""Above every record id."""
_LABEL: Final = b"corridor/v1/day-tally\0"
_NO_DIGEST: Final = bytes(32)

UNREAD: Final = frozenset(
    {
        Reason.KEY_COMMIT,
        Reason.PAYLOAD_TAG,
        Reason.PADDING,
        Reason.BATCH,
        Reason.PAYLOAD_ROOT,
        Reason.LIFETIME,
        Reason.RECORD_TOO_LARGE,
        Reason.RECORD_MALFORMED,
        Reason.RECORD_TYPE,
    }
)
"""Refusals in which the recipient may not have learnt the records' ids."""

UNSENT: Final = frozenset({Reason.WITHDRAWN, Reason.AGREEMENT_ENDED, Reason.UNANSWERED})
"""What a sender makes final by its own word: no receipt stands behind it."""

_UNCOUNTED: Final = frozenset(int(reason) for reason in UNREAD | UNSENT)


FIRST_MS: Final = 1_577_836_800_000
"""2020-01-01: an id of before was not made from a clock. Its day is compared by nobody."""


class DayRow(NamedTuple):
    """A record of a day as a store holds it."""

    record_id: bytes
    record_type: int
    verdict: int | None
    """None where a record of ours has none yet."""
    reason: int | None
    digest: bytes
    """SHA-256 of its entry; empty where it was refused."""


def made_ms_of(record_id: bytes) -> int:
    """Return when a record id was made, as it says: Unix milliseconds."""
    return int.from_bytes(record_id[:6])


def day_of(record_id: bytes) -> int:
    """Return the day to which a record belongs, in whole days since 1970-01-01."""
    return made_ms_of(record_id) // limits.DAY_MS


def is_for_new(made_ms: int, now_ms: int) -> bool:
    """Whether the id of a new record may have a time: its day can be compared, now and for a while.

    Args:
        made_ms: The time in the id.
        now_ms: The clock of the node that is offered the record.
    """
    return -limits.MAX_NEW_ID_DAYS <= made_ms // limits.DAY_MS - now_ms // limits.DAY_MS <= 1


def is_plausible(made_ms: int, created_ms: int) -> bool:
    """Whether an id can have been made at the time it says, if its envelope was at `created_ms`."""
    return FIRST_MS <= made_ms <= created_ms + limits.DAY_MS


def ids_of(day: int) -> tuple[bytes, bytes]:
    """Return what stands before every record id of a day, and before those of the day after it."""
    first_ms = day * limits.DAY_MS
    return first_ms.to_bytes(6), (first_ms + limits.DAY_MS).to_bytes(6)


def outside_days(now_ms: int) -> tuple[tuple[bytes, bytes], ...]:
    """Return between which bounds ids stand that no day covers: times before 2020, or to come."""
    return (b"", ids_of(FIRST_MS // limits.DAY_MS)[0]), (
        ids_of(now_ms // limits.DAY_MS + 1)[1],
        _LAST,
    )


class DayTally:
    """A count that grows by rows, ascending by record id."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._kinds: Counter[tuple[int, int, int]] = Counter()
        self._open = 0
        self._hash = sha256(_LABEL)

    def add(self, rows: Iterable[DayRow]) -> None:
        """Count further rows: all that follow those of before."""
        kinds, update = self._kinds, self._hash.update
        for record_id, record_type, verdict, reason, digest in rows:
            if verdict is None:
                self._open += 1
                continue
            number = reason or 0
            if verdict == Verdict.REFUSED and number in _UNCOUNTED:
                continue
            kinds[record_type, verdict, number] += 1
            shown = _NO_DIGEST if verdict == Verdict.REFUSED else digest
            update(record_id + bytes((record_type, verdict)) + number.to_bytes(2) + shown)

    def count(self, head: DayHead) -> DayCount:
        """Return what was counted, with the newest envelope of the stream by the day's end."""
        kinds = self._kinds
        if len(kinds) > limits.MAX_TALLY_CELLS:
            kinds = Counter()
            for (record_type, verdict, _), count in self._kinds.items():
                kinds[record_type, verdict, 0] += count
        cells = tuple(DayCell(*kind, count) for kind, count in sorted(kinds.items()))
        return DayCount(cells, self._open, self._hash.digest(), head)
