"""Erasure on SQLite: bytes are taken out, not only forgotten.

Rules:

* a bundle holds records that came together; it is written anew without those that are erased, or
  removed with its last one. The records of a bundle stand in neighbouring rows;
* under `secure_delete` freed pages and cells are overwritten with zeros; the log is cut to nothing
  afterwards (`scrub`), since it holds the pages as they were;
* an erased row has size 0 and keeps its bundle's number, so that its neighbours are still found;
* the salts of an envelope come from one seed, and with it a guess at an erased record could be
  tried: leaf and salt of each record are written down, without the erased one's salt, and the
  seed goes.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

from corridor.seal.merkle import leaf_salts, record_leaves
from corridor.store import bundles
from corridor.store.remains import keep_remains
from corridor.store.sealed import erase_bytes
from corridor.store.search import INBOX, OUTBOX, forget_packed
from corridor.store.sqlite_session import Session

TABLES: Final = (("outbox", "row"), ("inbox", "cursor"))
"""Table and row number of each side."""
_SEED_CONTEXT: Final = b"received.seed"
_ASIDE_CONTEXT: Final = b"aside.entry"
_LEAVES_CONTEXT: Final = b"disclosures"
_WORDS_CONTEXT: Final = b"erasures.words"
_LEAF: Final = 64
_NO_SALT: Final = bytes(32)

_PLACES: Final = tuple(
    f"SELECT bundle, start, size FROM {table} WHERE {row} = ?"  # noqa: S608 - TABLES
    for table, row in TABLES
)
_BELOW: Final = tuple(
    f"SELECT {row}, bundle, start, size FROM {table} WHERE {row} < ? ORDER BY {row} DESC"  # noqa: S608 - TABLES
    for table, row in TABLES
)
_ABOVE: Final = tuple(
    f"SELECT {row}, bundle, start, size FROM {table} WHERE {row} >= ? ORDER BY {row}"  # noqa: S608 - TABLES
    for table, row in TABLES
)
_MOVE: Final = tuple(
    f"UPDATE {table} SET start = ?, size = ? WHERE {row} = ?"  # noqa: S608 - TABLES
    for table, row in TABLES
)
_NOTE: Final = "INSERT INTO erasures (side, row, at_ms, by_order, words) VALUES (?, ?, ?, ?, ?)"
_ENVELOPE: Final = "SELECT envelope, place FROM inbox WHERE cursor = ?"
_DISCLOSED: Final = "SELECT sealed FROM disclosures WHERE envelope = ?"
_DISCLOSE: Final = (
    "INSERT INTO disclosures (envelope, sealed) VALUES (?, ?)"
    " ON CONFLICT (envelope) DO UPDATE SET sealed = excluded.sealed"
)
_SEED: Final = "SELECT seed FROM received WHERE row = ?"
_IN_ENVELOPE: Final = "SELECT place, bundle, start, size FROM inbox WHERE envelope = ?"
_ASIDE_OF: Final = "SELECT place, entry FROM aside WHERE envelope = ?"
_SENT_IN: Final = (
    "SELECT DISTINCT s.row FROM carray(?) asked CROSS JOIN outbox o ON o.row = asked.value"
    " CROSS JOIN sealed s ON s.row = o.sealed WHERE s.settled_ms IS NOT NULL AND s.erased = 0"
)


def erase_rows(  # noqa: PLR0913, PLR0917 - what is written down of it
    session: Session,
    side: int,
    rows: Sequence[int],
    now_ms: int,
    by: str,
    reason: str,
    *,
    by_order: bool,
) -> int:
    """Erase the content of rows of one side; those that are erased already are left alone."""
    rows = [
        row for row in sorted(rows) if (found := session.row(_PLACES[side], (row,))) and found[2]
    ]
    if not rows:
        return 0
    if side == INBOX:
        _disclose_without(session, rows)
    for bundle, erased in _by_bundle(session, side, rows).items():
        keep_remains(session, side, sorted(erased), now_ms)
        cut_out(session, side, bundle, erased)
    words = json.dumps({"by": by, "reason": reason}).encode()
    for row in rows:
        context = _WORDS_CONTEXT + bytes([side]) + row.to_bytes(8)
        sealed = session.key.seal_value(words, context)
        session.execute(_NOTE, (side, row, now_ms, int(by_order), sealed))
    forget_packed(session, side, frozenset(rows))
    return len(rows)


def words_of(session: Session, side: int, row: int, sealed: bytes) -> dict[str, str]:
    """Return who erased a row, and why."""
    context = _WORDS_CONTEXT + bytes([side]) + row.to_bytes(8)
    words: dict[str, str] = json.loads(session.key.open_value(sealed, context))
    return words


def erase_frames(session: Session, outbox_rows: Sequence[int]) -> None:
    """Erase the sealed bytes of settled envelopes that hold some rows; their headers stay."""
    erase_bytes(session, [row[0] for row in session.rows_of_numbers(_SENT_IN, outbox_rows)])


def disclosed(session: Session, envelope: int) -> list[tuple[bytes, bytes]] | None:
    """Return leaf and salt of each record of an envelope; None where they cannot be had.

    The salt of an erased record is 32 zero bytes.
    """
    found = session.row(_DISCLOSED, (envelope,))
    if found:
        plain = session.key.open_value(found[0], _LEAVES_CONTEXT + envelope.to_bytes(8))
        return [
            (plain[at : at + 32], plain[at + 32 : at + _LEAF]) for at in range(0, len(plain), _LEAF)
        ]
    sealed = session.row(_SEED, (envelope,))
    entries = entries_in(session, envelope)
    if sealed is None or not sealed[0] or entries is None:
        return None
    seed = session.key.open_value(sealed[0], _SEED_CONTEXT + envelope.to_bytes(8))
    salts = leaf_salts(seed, len(entries))
    return list(zip(record_leaves(salts, entries), salts, strict=True))


def entries_in(session: Session, envelope: int) -> list[bytes] | None:
    """Return the entries of an envelope of a partner in order; None where one is not there."""
    found: dict[int, bytes] = {}
    rows = session.rows(_IN_ENVELOPE, (envelope,))
    if any(not row[3] for row in rows):
        return None
    for row, entry in zip(rows, bundles.get(session, (row[1:] for row in rows)), strict=True):
        found[row[0]] = entry
    for place, sealed in session.rows(_ASIDE_OF, (envelope,)):
        if sealed is None:
            return None
        context = _ASIDE_CONTEXT + envelope.to_bytes(8) + place.to_bytes(2)
        found[place] = session.key.open_value(sealed, context)
    if sorted(found) != list(range(len(found))):
        return None
    return [found[place] for place in range(len(found))]


def forget_terms(session: Session, run: int) -> None:
    """Take the hashes of erased rows out of one sorted run."""
    for side in (OUTBOX, INBOX):
        session.execute(
            "DELETE FROM terms WHERE run = ? AND side = ? AND row IN"
            " (SELECT row FROM erasures WHERE indexed = 2 AND side = ?)",
            (run, side, side),
        )


def _by_bundle(session: Session, side: int, rows: Iterable[int]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    for row in rows:
        bundle: int = session.rows(_PLACES[side], (row,))[0][0]
        found.setdefault(bundle, set()).add(row)
    return found


def _neighbours(session: Session, side: int, bundle: int, row: int) -> list[tuple[Any, ...]]:
    """Return the rows whose entries stand in a bundle, in their order."""
    rows: list[tuple[Any, ...]] = []
    for statement in (_BELOW[side], _ABOVE[side]):
        cursor = session.execute(statement, (row,))
        for found in cursor:
            if found[1] != bundle:
                break
            rows.append(found)
    return sorted(rows)


def cut_out(session: Session, side: int, bundle: int, erased: set[int]) -> None:
    """Write a bundle without some of its entries, and let the others know where they stand.

    Rows whose entries stand in one bundle are neighbours: a row that moves takes a new one.
    """
    rows = _neighbours(session, side, bundle, min(erased))
    stay = [row for row in rows if row[3] and row[0] not in erased]
    moves = [(0, 0, row) for row in sorted(erased)]
    start = 0
    for row in stay:
        moves.append((start, row[3], row[0]))
        start += row[3]
    if stay:
        bundles.replace(session, bundle, bundles.get(session, (row[1:] for row in stay)))
    else:
        bundles.remove(session, bundle)
    session.executemany(_MOVE[side], moves)


def _disclose_without(session: Session, cursors: Sequence[int]) -> None:
    """Write down what proves the records of the envelopes, without the salts of some."""
    places: dict[int, list[int]] = {}
    for cursor in cursors:
        envelope, place = session.rows(_ENVELOPE, (cursor,))[0]
        places.setdefault(envelope, []).append(place)
    for envelope, gone in places.items():
        disclose_without(session, envelope, gone)


def disclose_without(session: Session, envelope: int, gone: Sequence[int]) -> None:
    """Write down what proves the records of an envelope, without the salts at some places."""
    kept = disclosed(session, envelope)
    if kept is not None:
        plain = b"".join(
            leaf + (_NO_SALT if place in gone else salt) for place, (leaf, salt) in enumerate(kept)
        )
        context = _LEAVES_CONTEXT + envelope.to_bytes(8)
        session.execute(_DISCLOSE, (envelope, session.key.seal_value(plain, context)))
    session.execute("UPDATE received SET seed = NULL WHERE row = ?", (envelope,))
