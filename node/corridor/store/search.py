"""Exact search for records by MRN, LRN, carnet, container, seal and plate.

Rules:

* only keyed hashes are kept: whoever has the file without the storage key cannot test a guess;
* hashes stand in runs of 2,048 rows. A hash falls anywhere in its index, and an index over the
  whole store would make each record dirty several pages of its own; inside one run, the few pages
  stay in memory until the run is full. A search asks each run, newest first.
"""

from collections.abc import Iterable
from typing import Final

from corridor.store.sqlite_session import Session

OUTBOX: Final = 0
INBOX: Final = 1
RUN_BITS: Final = 11

_PUT: Final = "INSERT OR IGNORE INTO terms (side, run, term, row) VALUES (?, ?, ?, ?)"
_LAST: Final = "SELECT max(run) FROM terms WHERE side = ?"
_IN_RUN: Final = (
    "SELECT row FROM terms WHERE side = ? AND run = ? AND term = ? ORDER BY row DESC LIMIT ?"
)
_ID: Final = (
    "SELECT record_id FROM outbox WHERE row = ?",
    "SELECT record_id FROM inbox WHERE cursor = ?",
)


def put_terms(
    session: Session, side: int, rows: Iterable[tuple[int, Iterable[tuple[str, str]]]]
) -> None:
    """Let rows be found by their terms (kind, value)."""
    hashed = session.key.term_hash
    found = [
        (side, row >> RUN_BITS, hashed(kind, value), row)
        for row, terms in rows
        for kind, value in terms
    ]
    if found:
        session.executemany(_PUT, found)


def find(session: Session, kind: str, value: str, limit: int) -> list[bytes]:
    """Return ids of at most `limit` records that carry exactly this term, newest id first."""
    term = session.key.term_hash(kind, value)
    found = {one for side in (OUTBOX, INBOX) for one in _find(session, side, term, limit)}
    return sorted(found, reverse=True)[:limit]


def _find(session: Session, side: int, term: bytes, limit: int) -> list[bytes]:
    ids: list[bytes] = []
    last = session.execute(_LAST, (side,)).get
    run = -1 if last is None else last
    while run >= 0 and len(ids) < limit:
        rows = session.rows(_IN_RUN, (side, run, term, limit - len(ids)))
        ids += [session.execute(_ID[side], row).get for row in rows]
        run -= 1
    return ids
