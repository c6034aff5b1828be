"""The in-memory twin: the quarantine, and records of ours that could not be delivered."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from corridor.errors import Reason
from corridor.exchange.values import Held, Quarantined, Verdict
from corridor.store.memory_in import MemoryIncoming
from corridor.store.memory_state import OutRow
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
from corridor.store.rules import digest, envelope_id_of, has_outcome, has_quarantine_room
from corridor.store.values import ActKind
from corridor.transit.parties import Endpoint

_DONE = {ItemState.SETTLED, ItemState.REJECTED}
_SEEN_TO = {ActKind.RESENT, ActKind.DISMISSED}


class _Row(NamedTuple):
    item: QuarantineItem
    put_aside: Quarantined


class MemoryQuarantine(MemoryIncoming):
    """The part of a transaction for what a person has to look at."""

    def quarantine(self, item: Quarantined) -> None:
        """Put something that cannot be trusted aside, within bounds."""
        kind = (item.link, item.reason)
        key = (*kind, digest(item.frame))
        number: int | None = self._tables.get("quarantined", key)
        if number is not None:
            kept = self._frame_row(number).item
            self._change(number, times=kept.times + 1, last_ms=item.at_ms)
        waits = number is not None and self._frame_row(number).item.state is not ItemState.SETTLED
        waiting = [row.item.size for row in self._waiting() if _kind(row.item) == kind]
        fits = has_quarantine_room(len(waiting), sum(waiting), len(item.frame))
        if fits and number is None:
            self._keep(key, item)
        elif fits and number is not None and not waits:
            self._change(number, state=ItemState.WAITING)
        start = QuarantineGroup(*kind, 0, 0, None, 0, 0, item.at_ms, item.at_ms)
        group: QuarantineGroup = self._tables.get("quarantine_groups", kind, start)
        not_kept = group.not_kept + (not fits and not waits)
        group = group._replace(seen=group.seen + 1, not_kept=not_kept, last_ms=item.at_ms)
        self._tables.put("quarantine_groups", kind, group)

    def quarantine_groups(self) -> Sequence[QuarantineGroup]:
        """Return every kind there ever was."""
        found = []
        for kind, group in sorted(self._tables.data["quarantine_groups"].items()):
            rows = [row.item for row in self._waiting() if _kind(row.item) == kind]
            found.append(
                group._replace(
                    waiting=len(rows),
                    waiting_bytes=sum(one.size for one in rows),
                    oldest_ms=min((one.first_ms for one in rows), default=None),
                )
            )
        return found

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
        items = [row.item for _, row in sorted(self._tables.data["quarantine"].items())]
        found = [
            one
            for one in items
            if one.number > after
            and link in {"", one.link}
            and reason in {None, one.reason}
            and (before_ms is None or one.first_ms < before_ms)
            and (done or one.state not in _DONE)
        ]
        return found[:limit]

    def quarantine_item(self, number: int) -> QuarantineItem | None:
        """Return one frame by its number."""
        row: _Row | None = self._tables.get("quarantine", number)
        return row.item if row else None

    def quarantined_frame(self, number: int) -> bytes | None:
        """Return the bytes of one that waits or is to be judged."""
        row: _Row | None = self._tables.get("quarantine", number)
        return row.put_aside.frame if row and row.item.state not in _DONE else None

    def quarantine_acts(self, number: int) -> Sequence[ItemAct]:
        """Return what was done with one, oldest first."""
        return list(self._tables.get("quarantine_acts", number, ()))

    def act_on_item(self, number: int, act: ItemAct) -> None:
        """Keep what was done with one, and do it."""
        before = self._tables.get("quarantine_acts", number, ())
        self._tables.put("quarantine_acts", number, (*before, act))
        state = self._frame_row(number).item.state
        if act.kind is ItemActKind.RELEASED and state is ItemState.WAITING:
            self._change(number, state=ItemState.RELEASED)
        elif act.kind is ItemActKind.REJECTED and state not in _DONE:
            self._change(number, state=ItemState.REJECTED)

    def take_released(self, limit: int) -> Sequence[tuple[int, Quarantined]]:
        """Return frames that are to be judged again, with their numbers."""
        rows = sorted(self._tables.data["quarantine"].items())
        found = [(number, row) for number, row in rows if row.item.state is ItemState.RELEASED]
        return [(number, row.put_aside) for number, row in found[:limit]]

    def note_judged(self, number: int, judged: str, now_ms: int, *, taken: bool) -> None:
        """Note what a judgement said."""
        state = ItemState.SETTLED if taken else ItemState.WAITING
        self._change(number, judged=judged, judged_ms=now_ms, state=state)

    def settle_arrived(self, reasons: Collection[Reason]) -> int:
        """Forget what was put aside for these reasons and has come another way."""
        closed = {*self._tables.data["received_ids"], *self._tables.data["tombstones"].values()}
        arrived = [
            row
            for row in self._waiting()
            if row.item.state is ItemState.WAITING
            and row.item.reason in reasons
            and row.item.envelope_id in closed
        ]
        for row in arrived:
            number = row.item.number
            if self.quarantine_acts(number):
                self._change(number, state=ItemState.SETTLED, judged="it came another way")
            else:
                self._tables.drop("quarantine", number)
                key = (row.item.link, row.item.reason, row.item.sha256)
                self._tables.drop("quarantined", key)
        return len(arrived)

    def held_groups(self) -> Sequence[HeldGroup]:
        """Return what is held, by link and reason."""
        times: defaultdict[tuple[str, Reason], list[int]] = defaultdict(list)
        rows: list[Held] = list(self._tables.data["held"].values())
        for one in rows:
            times[one.link, one.reason].append(one.at_ms)
        return [HeldGroup(*kind, len(at), min(at)) for kind, at in sorted(times.items())]

    # -- records of ours
    def dead_groups(self) -> Sequence[DeadGroup]:
        """Return what was refused or given up and nobody has seen to, by kind."""
        times: defaultdict[tuple[Endpoint, Reason | None], list[int]] = defaultdict(list)
        for _, row in self._dead():
            times[row.peer, row.reason].append(row.receipted_ms or 0)
        kinds = sorted(times, key=lambda kind: (kind[0], kind[1] or 0))
        return [
            DeadGroup(*kind, len(times[kind]), min(times[kind]), max(times[kind])) for kind in kinds
        ]

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
        found = [
            DeadLetter(
                number, row.peer, row.record_id, row.record_type, row.reason, row.accepted_ms,
                row.receipted_ms or 0, len(row.entry), row.faults,
            )
            for number, row in self._dead()
            if number > after
            and (row.peer, row.reason) == (peer, reason)
            and (before_ms is None or (row.receipted_ms or 0) < before_ms)
        ]  # fmt: skip
        return found[:limit]

    def count_quarantine(self) -> int:
        """Return how many frames wait or are to be judged."""
        return len(self._waiting())

    # -- private
    def _keep(self, key: tuple[str, Reason, bytes], item: Quarantined) -> None:
        number = self._tables.number("quarantine")
        came_over = item.over or (item.link if len(item.link) == 2 else "")  # noqa: PLR2004 - a country
        kept = QuarantineItem(
            number, item.link, item.reason, came_over, key[2], len(item.frame), item.at_ms,
            item.at_ms, 1, item.detail, envelope_id_of(item.frame), ItemState.WAITING, "", None,
        )  # fmt: skip
        self._tables.put("quarantine", number, _Row(kept, item))
        self._tables.put("quarantined", key, number)

    def _frame_row(self, number: int) -> _Row:
        row: _Row = self._tables.get("quarantine", number)
        return row

    def _change(self, number: int, **changes: Any) -> None:  # noqa: ANN401 - fields of an item
        row = self._frame_row(number)
        changed = row._replace(item=row.item._replace(**changes))
        self._tables.put("quarantine", number, changed)

    def _waiting(self) -> list[_Row]:
        rows: list[_Row] = list(self._tables.data["quarantine"].values())
        return [row for row in rows if row.item.state not in _DONE]

    def _dead(self) -> list[tuple[int, OutRow]]:
        return [
            (number, row)
            for number, row in sorted(self._tables.data["outbox"].items())
            if row.verdict is Verdict.REFUSED
            and row.reason is not Reason.WITHDRAWN
            and has_outcome(row.record_type)
            and not {act.kind for act in self.acts(row.peer, row.record_id)} & _SEEN_TO
        ]


def _kind(item: QuarantineItem) -> tuple[str, Reason]:
    return item.link, item.reason
