"""Exact search for records by MRN, LRN, carnet, container, seal and plate.

Rules:

* only keyed hashes are kept: whoever has the file without the storage key cannot test a guess;
* a hash falls anywhere in an index, and one index over all of them would make every record dirty
  several pages of its own. So hashes are first appended, packed, as they come; `gather` later
  sorts many of them into a run, which is written from one end to the other;
* a search scans what is packed and asks each run, newest first.
"""

from collections.abc import Sequence
from itertools import chain, repeat
from typing import Final

from corridor.store.sqlite_session import Session

OUTBOX: Final = 0
INBOX: Final = 1
GATHERED_AT_ONCE: Final = 32_768  # terms sorted into a run: a tenth of a second
GATHER_FROM_ROWS: Final = 4_096  # a search scans fewer in milliseconds
_TERM_BYTES: Final = 8  # of the 16: among 10^9 terms, one search in 10^10 finds a stranger
_ITEM_BYTES: Final = _TERM_BYTES + 4

_PACK: Final = "INSERT INTO packed_terms (side, base, count, items) VALUES (?, ?, ?, ?)"
_PACKED: Final = "SELECT side, base, items FROM packed_terms"
_OLDEST: Final = "SELECT row, side, base, count, items FROM packed_terms ORDER BY row LIMIT ?"
_PACKED_SO_FAR: Final = "SELECT count(*), coalesce(sum(count), 0) FROM packed_terms"
_PACKED_UP_TO: Final = "SELECT row, base, items FROM packed_terms WHERE side = ? AND base <= ?"
_PACK_ANEW: Final = "UPDATE packed_terms SET count = ?, items = ? WHERE row = ?"
_LAST_RUN: Final = "SELECT coalesce(max(run), 0) FROM terms"
_PUT: Final = "INSERT OR IGNORE INTO terms (run, term, side, row) VALUES (?, ?, ?, ?)"
_IN_RUN: Final = "SELECT side, row FROM terms WHERE run = ? AND term = ?"
_ID: Final = (
    "SELECT record_id FROM outbox WHERE row = ? AND size > 0",
    "SELECT record_id FROM inbox WHERE cursor = ? AND size > 0",
)


def put_terms(
    session: Session, side: int, base: int, terms: Sequence[Sequence[tuple[str, str]]]
) -> None:
    """Let the rows `base`, `base + 1`, … be found by their terms (kind, value)."""
    hashed = session.key.term_hashes([term for of_row in terms for term in of_row])
    offsets = chain.from_iterable(
        repeat(offset.to_bytes(4), len(of_row)) for offset, of_row in enumerate(terms)
    )
    items = [term[:_TERM_BYTES] + offset for term, offset in zip(hashed, offsets, strict=True)]
    if items:
        session.execute(_PACK, (side, base, len(items), b"".join(items)))


def gather(session: Session) -> bool:
    """Sort the oldest packed hashes into a run; returns whether there is more to gather."""
    packed_rows, packed_terms = session.row(_PACKED_SO_FAR, ()) or (0, 0)
    if packed_rows < GATHER_FROM_ROWS and packed_terms < GATHERED_AT_ONCE:
        return False
    rows, count = [], 0
    for row in session.rows(_OLDEST, (GATHER_FROM_ROWS,)):
        rows.append(row)
        count += row[3]
        if count >= GATHERED_AT_ONCE:
            break
    run = session.execute(_LAST_RUN).get + 1
    found = [
        (run, items[at : at + _TERM_BYTES], side, base + _offset(items, at))
        for _, side, base, _, items in rows
        for at in range(0, len(items), _ITEM_BYTES)
    ]
    session.executemany(_PUT, sorted(found))
    session.execute("DELETE FROM packed_terms WHERE row <= ?", (rows[-1][0],))
    return True


def forget_packed(session: Session, side: int, rows: frozenset[int]) -> None:
    """Take the hashes of some rows out of what is packed; runs are left to `forget_terms`."""
    for number, base, items in session.rows(_PACKED_UP_TO, (side, max(rows))):
        left = b"".join(
            items[at : at + _ITEM_BYTES]
            for at in range(0, len(items), _ITEM_BYTES)
            if base + _offset(items, at) not in rows
        )
        if len(left) < len(items):
            count = len(left) // _ITEM_BYTES
            session.execute(_PACK_ANEW, (count, left, number))


def rows_with(session: Session, kind: str, value: str) -> tuple[set[int], set[int]]:
    """Return every row of the outbox and of the inbox that carries exactly this term."""
    term = session.key.term_hash(kind, value)[:_TERM_BYTES]
    found: tuple[set[int], set[int]] = (set(), set())
    for side, base, items in session.execute(_PACKED):
        found[side].update(base + offset for offset in _scan(items, term))
    for run in range(1, session.execute(_LAST_RUN).get + 1):
        for side, row in session.rows(_IN_RUN, (run, term)):
            found[side].add(row)
    return found


def last_run(session: Session) -> int:
    """Return the number of the newest sorted run; they are numbered from 1."""
    run: int = session.execute(_LAST_RUN).get
    return run


def find(session: Session, kind: str, value: str, limit: int) -> list[bytes]:
    """Return ids of at most `limit` records that carry exactly this term, newest id first."""
    term = session.key.term_hash(kind, value)[:_TERM_BYTES]
    found: tuple[set[int], set[int]] = (set(), set())
    for side, base, items in session.execute(_PACKED):
        found[side].update(base + offset for offset in _scan(items, term))
    run = session.execute(_LAST_RUN).get
    while run and min(map(len, found)) < limit:
        for side, row in session.rows(_IN_RUN, (run, term)):
            found[side].add(row)
        run -= 1
    ids: set[bytes] = {
        found_id
        for side, rows in enumerate(found)
        for row in sorted(rows, reverse=True)[:limit]
        if (found_id := session.execute(_ID[side], (row,)).get)
    }
    return sorted(ids, reverse=True)[:limit]


def _scan(items: bytes, term: bytes) -> list[int]:
    """Return the offsets of the rows that carry a term."""
    offsets = []
    at = items.find(term)
    while at >= 0:
        if at % _ITEM_BYTES == 0:
            offsets.append(_offset(items, at))
        at = items.find(term, at + 1)
    return offsets


def _offset(items: bytes, at: int) -> int:
    return int.from_bytes(items[at + _TERM_BYTES : at + _ITEM_BYTES])
