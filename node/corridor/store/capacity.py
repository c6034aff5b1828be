"""What a store takes on disk, and how fast it grows, measured on what is in it.

Rules:

* only the newest records are looked at, so that asking costs no more in a large store;
* a record that waits takes its entry and a row; one that left takes the sealed bytes besides, for
  30 days.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from corridor.store.sqlite_session import Session
from corridor.transit.parties import Endpoint

SAMPLE: Final = 50_000
SPAN_MS: Final = 7 * 86_400_000
ROW_BYTES: Final = 190
"""Of a row with its identity and its place in the indexes of the outbox."""
TERMS_BYTES: Final = 110
"""Of what a record is found by: three hashes, sorted."""
_RECENT_SENT: Final = (
    "SELECT p.endpoint, count(*), total(size) FROM"
    " (SELECT partner, size, accepted_ms FROM outbox ORDER BY row DESC LIMIT ?)"
    " CROSS JOIN partners p ON p.id = partner WHERE accepted_ms > ? GROUP BY partner"
)
_RECENT_RECEIVED: Final = (
    "SELECT p.endpoint, count(*), total(size) FROM"
    " (SELECT i.partner, i.size, r.received_ms FROM inbox i CROSS JOIN received r"
    " ON r.row = i.envelope ORDER BY i.cursor DESC LIMIT ?)"
    " CROSS JOIN partners p ON p.id = partner WHERE received_ms > ? GROUP BY partner"
)
_RECENT: Final = (_RECENT_SENT, _RECENT_RECEIVED)
_SPAN_SENT: Final = (
    "SELECT min(accepted_ms), count(*) FROM"
    " (SELECT accepted_ms FROM outbox ORDER BY row DESC LIMIT ?) WHERE accepted_ms > ?"
)
_SPAN_RECEIVED: Final = (
    "SELECT min(received_ms), count(*) FROM"
    " (SELECT r.received_ms FROM inbox i CROSS JOIN received r ON r.row = i.envelope"
    " ORDER BY i.cursor DESC LIMIT ?) WHERE received_ms > ?"
)
_SPAN: Final = (_SPAN_SENT, _SPAN_RECEIVED)
_LAST: Final = (
    "SELECT coalesce(max(row), 0) FROM outbox",
    "SELECT coalesce(max(cursor), 0) FROM inbox",
)


@dataclass(frozen=True, slots=True)
class Flow:
    """What was exchanged with one partner in one direction, lately."""

    per_day: float
    entry_bytes: float
    """Of a record, on average; 0 where none was seen."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a store takes."""

    file_bytes: int
    free_bytes: int
    """Within the file: used again before it grows."""
    records: int
    """Rows of outbox and inbox."""
    span_ms: int
    """Over how long the flows were measured; 0: nothing was exchanged lately."""
    sent: Mapping[Endpoint, Flow]
    received: Mapping[Endpoint, Flow]


def measure(session: Session, now_ms: int) -> Measured:
    """Return what the store takes now, and the flows of at most the last seven days."""
    page = session.execute("PRAGMA page_size").get
    pages = session.execute("PRAGMA page_count").get
    free = session.execute("PRAGMA freelist_count").get
    since_ms = now_ms - SPAN_MS
    spans = [_span(session, side, since_ms, now_ms) for side in (0, 1)]
    flows = [
        {
            Endpoint(peer): Flow(count * 86_400_000 / spans[side], total / count)
            for peer, count, total in session.rows(_RECENT[side], (SAMPLE, since_ms))
        }
        if spans[side]
        else {}
        for side in (0, 1)
    ]
    records = sum(session.execute(statement).get for statement in _LAST)
    return Measured(page * pages, page * free, records, max(spans), *flows)


def _span(session: Session, side: int, since_ms: int, now_ms: int) -> int:
    """Return over how long the newest records came, until now; 0 where there is none."""
    first, count = session.rows(_SPAN[side], (SAMPLE, since_ms))[0]
    return max(now_ms - first, 1) if count else 0
