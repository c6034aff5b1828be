"""What stays of erased records for their movement; both engines.

Rules:

* it is written in the transaction that erases the record, together with the name of the movement
  that is to be folded anew;
* it is found by each name of the movement, by a keyed hash, and read under the storage key;
* it goes with the last record of the movement: whoever folds anew says so.
"""

import json
from collections.abc import Sequence
from typing import Final, NamedTuple

from corridor.errors import Refused
from corridor.store import bundles
from corridor.store.memory_state import InRow, OutRow, Tables
from corridor.store.movement_port import Name, ToRefold
from corridor.store.search import OUTBOX
from corridor.store.sqlite_session import Session
from corridor.transit.facts import Fact
from corridor.transit.parties import Endpoint
from corridor.transit.remains import remains_from_json, remains_of, remains_to_json
from corridor.wire.batches import decode_entry, is_business
from corridor.wire.facts import fact_of
from corridor.wire.records import decode_record

_FACT_CONTEXT: Final = b"remains.fact"
_NAME_CONTEXT: Final = b"refolds.name"
_SENT: Final = (
    "SELECT record_id, record_type, '', accepted_ms, bundle, start, size FROM outbox WHERE row = ?"
)
_RECEIVED: Final = (
    "SELECT i.record_id, i.record_type, p.endpoint, r.received_ms, i.bundle, i.start, i.size"
    " FROM inbox i CROSS JOIN partners p ON p.id = i.partner"
    " CROSS JOIN received r ON r.row = i.envelope WHERE i.cursor = ?"
)
_PUT: Final = (
    "INSERT INTO remains (key, record_id, sender, fact) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (key, record_id, sender) DO UPDATE SET fact = excluded.fact"
)
_GET: Final = (
    "SELECT record_id, sender, fact FROM remains WHERE key = ? ORDER BY record_id, sender LIMIT ?"
)
_DROP: Final = "DELETE FROM remains WHERE key = ? AND record_id = ? AND sender = ?"
_QUEUE: Final = "INSERT INTO refolds (row, name) VALUES (?, ?)"
_NEXT: Final = "SELECT coalesce(max(row), 0) + 1 FROM refolds"
_QUEUED: Final = "SELECT row, name FROM refolds ORDER BY row LIMIT ?"
_DONE: Final = "DELETE FROM refolds WHERE row = ?"


class _Kept(NamedTuple):
    record_id: bytes
    record_type: int
    sender: str
    """Country; empty: ours."""
    known_ms: int
    entry: bytes


def keep_remains(session: Session, side: int, rows: Sequence[int], now_ms: int) -> None:
    """Keep what stays of rows whose entries are about to be erased."""
    for row in rows:
        id_, kind, endpoint, known_ms, *place = session.rows(
            _SENT if side == OUTBOX else _RECEIVED, (row,)
        )[0]
        if not is_business(kind):
            continue
        sender = Endpoint(endpoint).country if endpoint else ""
        (entry,) = bundles.get(session, [(place[0], place[1], place[2])])
        fact = _stays(_Kept(id_, kind, sender, known_ms, entry), now_ms)
        if fact is not None:
            _put(session, fact)


def remains(session: Session, name: Name, limit: int) -> list[Fact]:
    """Return what stays of records that carried a name."""
    key = session.key.term_hash(*name)
    return [
        remains_from_json(session.key.open_value(sealed, _context(key, record_id, sender)).decode())
        for record_id, sender, sealed in session.rows(_GET, (key, limit))
    ]


def drop_remains(session: Session, facts: Sequence[Fact]) -> None:
    """Forget what stays of some records, under all their names."""
    keys = [
        (session.key.term_hash(*name), one.record_id, one.sender)
        for one in facts
        for name in one.ids
    ]
    session.executemany(_DROP, keys)


def to_refold(session: Session, limit: int) -> list[ToRefold]:
    """Return which movements are to be folded anew, those that wait longest first."""
    found = []
    for row, sealed in session.rows(_QUEUED, (limit,)):
        plain = session.key.open_value(sealed, _NAME_CONTEXT + row.to_bytes(8))
        kind, value = json.loads(plain)
        found.append(ToRefold(row, (kind, value)))
    return found


def refolded(session: Session, rows: Sequence[int]) -> None:
    """Take movements off the list of those that are to be folded anew."""
    session.executemany(_DONE, [(row,) for row in rows])


def keep_remains_in_memory(tables: Tables, row: OutRow | InRow, now_ms: int) -> None:
    """Keep in memory what stays of a row that is about to be erased."""
    if not is_business(row.record_type):
        return
    ours = isinstance(row, OutRow)
    known_ms = row.accepted_ms if isinstance(row, OutRow) else row.received_ms
    sender = "" if ours else row.peer.country
    fact = _stays(_Kept(row.record_id, row.record_type, sender, known_ms, row.entry), now_ms)
    if fact is not None:
        for name in fact.ids:
            tables.put("remains", (name, fact.record_id, fact.sender), fact)
        tables.put("refolds", tables.number("refolds"), best_name(fact))


def best_name(fact: Fact) -> Name:
    """Return the name by which the movement of a fact is known best: MRN, carnet, LRN."""
    order = ("mrn", "carnet", "lrn")
    return min(fact.ids, key=lambda one: order.index(one[0]))


def _put(session: Session, fact: Fact) -> None:
    text = remains_to_json(fact).encode()
    for name in fact.ids:
        key = session.key.term_hash(*name)
        sealed = session.key.seal_value(text, _context(key, fact.record_id, fact.sender))
        session.execute(_PUT, (key, fact.record_id, fact.sender, sealed))
    row: int = session.execute(_NEXT).get
    plain = json.dumps(best_name(fact)).encode()
    sealed = session.key.seal_value(plain, _NAME_CONTEXT + row.to_bytes(8))
    session.execute(_QUEUE, (row, sealed))


def _context(key: bytes, record_id: bytes, sender: str) -> bytes:
    return _FACT_CONTEXT + key + record_id + sender.encode()


def _stays(kept: _Kept, now_ms: int) -> Fact | None:
    """Return what stays of a record; None where it names no movement."""
    try:
        body = decode_entry(kept.entry).body
        fact = fact_of(
            decode_record(body), body,
            record_id=kept.record_id, sender=kept.sender, known_ms=kept.known_ms,
        )  # fmt: skip
    except Refused:  # kept by an older release under rules that have changed
        return None
    return remains_of(fact, now_ms) if fact.ids else None
