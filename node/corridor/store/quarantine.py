"""The quarantine, and records of ours that could not be delivered, on SQLite.

Rules:

* whether there is room is asked before a frame is sealed for the file: a flood costs little;
* numbers are given out once, also when the row of the newest is gone;
* how many wait is counted from the rows themselves, which an index holds.
"""

import json
from collections.abc import Collection, Sequence
from typing import Any, Final

from corridor.errors import Reason
from corridor.exchange.values import Quarantined
from corridor.store.quarantine_port import (
    DeadGroup,
    DeadLetter,
    HeldGroup,
    ItemAct,
    ItemActKind,
    ItemState,
    QuarantineGroup,
    QuarantineItem,
)
from corridor.store.rules import digest, envelope_id_of, has_quarantine_room
from corridor.store.sqlite_session import Session
from corridor.transit.parties import Endpoint

_NUMBER: Final = "quarantine.number"
_FRAME: Final = b"quarantine.frame"
_WORDS: Final = b"quarantine.words"
_SEEN: Final = (
    "INSERT INTO quarantine_groups (link, reason, seen, not_kept, first_ms, last_ms)"
    " VALUES (?1, ?2, 1, ?4, ?3, ?3) ON CONFLICT (link, reason) DO UPDATE SET seen = seen + 1,"
    " not_kept = not_kept + excluded.not_kept, last_ms = excluded.last_ms"
)
_KNOWN: Final = (
    "SELECT row, state FROM quarantine WHERE link = ? AND reason = ? AND frame_digest = ?"
)
_AGAIN: Final = "UPDATE quarantine SET times = times + 1, last_ms = ?2 WHERE row = ?1"
_OPEN_AGAIN: Final = "UPDATE quarantine SET state = 0 WHERE row = ?"
_ROOM: Final = (
    "SELECT count(*), coalesce(sum(size), 0) FROM quarantine"
    " WHERE link = ? AND reason = ? AND state < 2"
)
_KEEP: Final = (
    "INSERT INTO quarantine (row, link, reason, frame_digest, size, at_ms, last_ms, times,"
    " detail, over, envelope_id, state, judged)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, 1, ?7, ?8, ?9, 0, '')"
)
_KEEP_FRAME: Final = "INSERT INTO quarantine_frames (row, frame) VALUES (?, ?)"
_DROP_FRAME: Final = "DELETE FROM quarantine_frames WHERE row = ?"
_LAST: Final = "SELECT coalesce(max(row), 0) FROM quarantine"
_GROUPS: Final = (
    "SELECT g.link, g.reason, count(q.row), coalesce(sum(q.size), 0), min(q.at_ms), g.seen,"
    " g.not_kept, g.first_ms, g.last_ms FROM quarantine_groups g LEFT JOIN quarantine q"
    " ON q.link = g.link AND q.reason = g.reason AND q.state < 2"
    " GROUP BY g.link, g.reason ORDER BY g.link, g.reason"
)
_COLUMNS: Final = (
    "SELECT row, link, reason, over, frame_digest, size, at_ms, last_ms, times, detail,"
    " envelope_id, state, judged, judged_ms FROM quarantine"
)
_ITEMS: Final = (
    f"{_COLUMNS} WHERE row > ?1 AND (?2 = '' OR link = ?2) AND (?3 IS NULL OR reason = ?3)"
    " AND (?4 IS NULL OR at_ms < ?4) AND (?5 OR state < 2) ORDER BY row LIMIT ?6"
)
_ITEM: Final = f"{_COLUMNS} WHERE row = ?"
_BYTES: Final = "SELECT frame FROM quarantine_frames WHERE row = ?"
_ACT: Final = "INSERT INTO quarantine_acts (item, act, at_ms, words) VALUES (?, ?, ?, ?)"
_ACTS: Final = "SELECT act, at_ms, words FROM quarantine_acts WHERE item = ? ORDER BY row"
_RELEASE: Final = "UPDATE quarantine SET state = 1 WHERE row = ? AND state = 0"
_REJECT: Final = "UPDATE quarantine SET state = 3 WHERE row = ? AND state < 2"
_RELEASED: Final = (
    "SELECT row, link, reason, frame, at_ms, detail, over FROM quarantine"
    " JOIN quarantine_frames USING (row)"
    " WHERE state < 2 AND state = 1 ORDER BY row LIMIT ?"  # so that the index is of use
)
_JUDGED: Final = (
    "UPDATE quarantine SET judged = ?2, judged_ms = ?3, state = CASE WHEN ?4 THEN 2 ELSE 0 END"
    " WHERE row = ?1"
)
_ARRIVED: Final = (
    " WHERE reason IN carray(?1) AND state = 0 AND envelope_id IS NOT NULL AND (EXISTS"
    " (SELECT 1 FROM received r WHERE r.envelope_id = quarantine.envelope_id) OR EXISTS"
    " (SELECT 1 FROM tombstones t WHERE t.envelope_id = quarantine.envelope_id))"
)
_ACTED_ON: Final = " EXISTS (SELECT 1 FROM quarantine_acts a WHERE a.item = quarantine.row)"
_SETTLE_ARRIVED: Final = (
    "UPDATE quarantine SET state = 2, judged = 'it came another way'"  # noqa: S608
    f"{_ARRIVED} AND{_ACTED_ON} RETURNING row"
)
_FORGET_ARRIVED: Final = f"DELETE FROM quarantine{_ARRIVED} AND NOT{_ACTED_ON} RETURNING row"  # noqa: S608 - constants
_HELD: Final = "SELECT link, reason, count(*), min(at_ms) FROM held GROUP BY 1, 2 ORDER BY 1, 2"

_IS_DEAD: Final = (
    " FROM outbox o CROSS JOIN partners p ON p.id = o.partner"
    " WHERE o.verdict = 2 AND o.reason IS NOT 420 AND o.record_type < 64 AND NOT EXISTS"
    " (SELECT 1 FROM acts a WHERE a.record_id = o.record_id AND a.partner = o.partner"
    " AND a.act IN ('resent', 'dismissed'))"
)
_DEAD_GROUPS: Final = (
    "SELECT p.endpoint, o.reason, count(*), min(o.receipted_ms), max(o.receipted_ms)"
    f"{_IS_DEAD} GROUP BY 1, 2 ORDER BY 1, 2"
)
_DEAD: Final = (
    "SELECT o.row, p.endpoint, o.record_id, o.record_type, o.reason, o.accepted_ms,"
    f" o.receipted_ms, o.size, o.faults{_IS_DEAD} AND o.partner = ?1 AND o.reason IS ?2"
    " AND o.row > ?3 AND (?4 IS NULL OR o.receipted_ms < ?4) ORDER BY o.row LIMIT ?5"
)


class SqliteQuarantine:
    """The part of a transaction for what a person has to look at."""

    _session: Session

    def quarantine(self, item: Quarantined) -> None:
        """Put something that cannot be trusted aside, within bounds."""
        session = self._session
        kind = (item.link, int(item.reason))
        known = session.row(_KNOWN, (*kind, digest(item.frame)))
        if known is not None:
            session.execute(_AGAIN, (known[0], item.at_ms))
        waits = known is not None and known[1] != ItemState.SETTLED
        room = session.row(_ROOM, kind) or (0, 0)
        kept = waits or has_quarantine_room(room[0], room[1], len(item.frame))
        if kept and known is None:
            self._keep(item)
        elif kept and known is not None and not waits:
            session.execute(_OPEN_AGAIN, known[:1])
            session.execute(_KEEP_FRAME, (known[0], self._sealed(known[0], item.frame)))
        session.execute(_SEEN, (*kind, item.at_ms, int(not kept)))

    def quarantine_groups(self) -> Sequence[QuarantineGroup]:
        """Return every kind there ever was."""
        rows = self._session.rows(_GROUPS, ())
        return [QuarantineGroup(row[0], Reason(row[1]), *row[2:]) for row in rows]

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
        """Return frames after a number, ascending."""
        number = None if reason is None else int(reason)
        asked = (after, link, number, before_ms, int(done), limit)
        return [_item(row) for row in self._session.rows(_ITEMS, asked)]

    def quarantine_item(self, number: int) -> QuarantineItem | None:
        """Return one frame by its number."""
        row = self._session.row(_ITEM, (number,))
        return _item(row) if row else None

    def quarantined_frame(self, number: int) -> bytes | None:
        """Return the bytes of one that waits or is to be judged."""
        row = self._session.row(_BYTES, (number,))
        return self._opened(number, row[0]) if row else None

    def quarantine_acts(self, number: int) -> Sequence[ItemAct]:
        """Return what was done with one, oldest first."""
        found = []
        for kind, at_ms, sealed in self._session.rows(_ACTS, (number,)):
            words = json.loads(self._session.key.open_value(sealed, _WORDS + number.to_bytes(8)))
            found.append(ItemAct(ItemActKind(kind), at_ms, words["by"], words["why"]))
        return found

    def act_on_item(self, number: int, act: ItemAct) -> None:
        """Keep what was done with one, and do it."""
        words = json.dumps({"by": act.by, "why": act.why}).encode()
        sealed = self._session.key.seal_value(words, _WORDS + number.to_bytes(8))
        self._session.execute(_ACT, (number, act.kind.value, act.at_ms, sealed))
        if act.kind is ItemActKind.RELEASED:
            self._session.execute(_RELEASE, (number,))
        elif act.kind is ItemActKind.REJECTED:
            self._session.execute(_REJECT, (number,))
            self._session.execute(_DROP_FRAME, (number,))

    def take_released(self, limit: int) -> Sequence[tuple[int, Quarantined]]:
        """Return frames that are to be judged again, with their numbers."""
        return [
            (
                row,
                Quarantined(link, Reason(reason), self._opened(row, frame), at_ms, detail, over),
            )
            for row, link, reason, frame, at_ms, detail, over in self._session.rows(
                _RELEASED, (limit,)
            )
        ]

    def note_judged(self, number: int, judged: str, now_ms: int, *, taken: bool) -> None:
        """Note what a judgement said."""
        self._session.execute(_JUDGED, (number, judged, now_ms, int(taken)))
        if taken:
            self._session.execute(_DROP_FRAME, (number,))

    def settle_arrived(self, reasons: Collection[Reason]) -> int:
        """Forget what was put aside for these reasons and has come another way."""
        numbers = [int(one) for one in reasons]
        gone = [
            *self._session.rows_of_numbers(_SETTLE_ARRIVED, numbers),
            *self._session.rows_of_numbers(_FORGET_ARRIVED, numbers),
        ]
        self._session.executemany(_DROP_FRAME, gone)
        return len(gone)

    def held_groups(self) -> Sequence[HeldGroup]:
        """Return what is held, by link and reason."""
        rows = self._session.rows(_HELD, ())
        return [HeldGroup(link, Reason(reason), *rest) for link, reason, *rest in rows]

    # -- records of ours
    def dead_groups(self) -> Sequence[DeadGroup]:
        """Return what was refused or given up and nobody has seen to, by kind."""
        rows = self._session.rows(_DEAD_GROUPS, ())
        return [DeadGroup(Endpoint(row[0]), _reason(row[1]), *row[2:]) for row in rows]

    def dead_letters(
        self,
        peer: Endpoint,
        reason: Reason | None,
        *,
        before_ms: int | None = None,
        after: int = 0,
        limit: int,
    ) -> Sequence[DeadLetter]:
        """Return records of one kind after a row, ascending."""
        number = None if reason is None else int(reason)
        asked = (self._session.partner(peer), number, after, before_ms, limit)
        return [
            DeadLetter(
                row, Endpoint(endpoint), record_id, kind, _reason(why), accepted_ms, final_ms,
                size, tuple(json.loads(faults or "[]")),
            )
            for row, endpoint, record_id, kind, why, accepted_ms, final_ms, size, faults
            in self._session.rows(_DEAD, asked)
        ]  # fmt: skip

    # -- private
    def _keep(self, item: Quarantined) -> None:
        session = self._session
        last = session.setting(_NUMBER)
        number: int = 1 + (int.from_bytes(last) if last else session.execute(_LAST).get)
        session.put_setting(_NUMBER, number.to_bytes(8))
        row = (
            number, item.link, int(item.reason), digest(item.frame), len(item.frame), item.at_ms,
            item.detail, item.over, envelope_id_of(item.frame),
        )  # fmt: skip
        session.execute(_KEEP, row)
        session.execute(_KEEP_FRAME, (number, self._sealed(number, item.frame)))

    def _sealed(self, number: int, frame: bytes) -> bytes:
        return self._session.key.seal_value(frame, _FRAME + number.to_bytes(8))

    def _opened(self, number: int, sealed: bytes) -> bytes:
        return self._session.key.open_value(sealed, _FRAME + number.to_bytes(8))


def _item(row: Sequence[Any]) -> QuarantineItem:
    number, link, reason, over, *rest, state, judged, judged_ms = row
    came_over = over or (link if len(link) == 2 else "")  # noqa: PLR2004 - a country's code
    return QuarantineItem._make(
        (number, link, Reason(reason), came_over, *rest, ItemState(state), judged, judged_ms)
    )


def _reason(number: int | None) -> Reason | None:
    return None if number is None else Reason(number)
