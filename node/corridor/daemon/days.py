"""Days with partners as people read them, and the order to count one now (PROTOCOL §6.9).

Rules:

* what is shown is what was told and signed: the numbers of both sides beside each other, with the
  ids of the envelopes that prove them;
* counting is asked for here and done by the `Reconciler`.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any, Final

from corridor.daemon.reconciler import date_of, tally_in
from corridor.errors import ActRefused, Reason
from corridor.exchange.reconciling import days_until, is_of_reach, is_told, newest_over
from corridor.exchange.tallies import outside_days
from corridor.exchange.values import Verdict
from corridor.store.port import Store, Transaction
from corridor.store.reconciling_port import Case, Reconciliation
from corridor.transit.parties import Endpoint
from corridor.wire import limits
from corridor.wire.batches import type_label
from corridor.wire.tally import DayCount

_EPOCH: Final = date(1970, 1, 1)
_MOST: Final = 1_000
_WAITS: Final = {
    "older_node": "the partner's node is too old to tell of days",
    "their_tally": "the partner has not told of this day yet",
    "their_answer": "the partner has not answered our numbers yet",
    "our_telling": "our numbers are on their way to the partner",
    "verdicts": "records of the day have no final verdict yet",
    "envelopes": "envelopes of the day are on their way",
}


class Days:
    """Days with partners; safe to call from several threads."""

    def __init__(
        self,
        store: Store,
        partners: Callable[[], Sequence[Endpoint]],
        now_ms: Callable[[], int],
    ) -> None:
        """Read `store`; `partners` are those with whom there is an agreement now."""
        self._store = store
        self._partners = partners
        self._now_ms = now_ms

    def all(self, peer: str = "", day: int = 0, limit: int = 0) -> dict[str, Any]:
        """Return days, newest first, and the cases that are open.

        Raises:
            ActRefused: No such partner.
        """
        named = self._named(peer) if peer else None
        asked = tuple(self._known()) if named is None else (named,)
        with self._store.reading() as view:
            if day:  # however many newer ones there are
                found = [one for who in asked if (one := view.reconciliation(who, day))]
            else:
                found = list(view.reconciliations(named, min(limit or _MOST, _MOST)))
            cases = view.cases(_MOST, open_only=True)
            outside = {who: self._of_no_day(view, who) for who in {one.peer for one in found}}
            days = [_line(view, one, outside[one.peer]) for one in found]
        return {"days": days, "cases": [_case(one) for one in cases if named in {None, one.peer}]}

    def show(self, peer: str, day: int) -> dict[str, Any]:
        """Return what both sides hold of a day.

        Raises:
            ActRefused: Nothing is kept of it.
        """
        named = self._named(peer)
        with self._store.reading() as view:
            one = view.reconciliation(named, day)
            if one is None:
                raise ActRefused(
                    f"nothing is kept of {date_of(day)} with {named}",
                    cure=f"corridor reconcile now --peer {named} --day {date_of(day)}",
                )
            cases = [_case(case) for case in view.cases_of(named, day)]
            outside = self._of_no_day(view, named)
            return {**_line(view, one, outside), **_sides(one), "cases": cases}

    def count(self, peer: str, day: int = 0) -> dict[str, Any]:
        """Have days counted and told now; without a day the last seven.

        Raises:
            ActRefused: No such partner, or the day is not over, or too long past.
        """
        named, now_ms = self._named(peer), self._now_ms()
        days = (day,) if day else days_until(newest_over(now_ms))
        for one in days:
            if not is_told(one, now_ms):
                raise ActRefused(f"{date_of(one)} is not over (UTC)", cure="ask on the day after")
            if not is_of_reach(one, now_ms):
                raise ActRefused(
                    f"{date_of(one)} is more than {limits.MAX_TALLY_DAYS} days ago",
                    cure="compare receipts: corridor evidence export",
                )
        with self._store.transaction() as change:
            change.mark_due(named, days)
        return {"endpoint": named, "days": [date_of(one) for one in days]}

    def _of_no_day(self, view: Transaction, peer: Endpoint) -> int:
        """Count records, either way, whose ids have a time that no day covers; not past `_MOST`."""
        spans = outside_days(self._now_ms())
        sides = (view.day_sent, view.day_received)
        return sum(len(read(peer, *span, _MOST)) for read in sides for span in spans)

    def _known(self) -> Iterable[Endpoint]:
        """Return who is a partner now, or was one."""
        return dict.fromkeys((*self._partners(), *self._store.peers()))

    def _named(self, peer: str) -> Endpoint:
        """Return the partner that an endpoint or a country code names."""
        found = [one for one in self._known() if one.is_called(peer)]
        if not found:
            raise ActRefused(f"{peer[:64]!r} is no partner of this node", cure="corridor status")
        return found[0]


def lines_of_cases(view: Transaction) -> list[str]:
    """Return what needs a person, one line for each open case."""
    return [
        f"{date_of(one.day)} differs from what {one.peer} holds: "
        f"`corridor reconcile show --peer {one.peer} --day {date_of(one.day)}`"
        for one in view.cases(_MOST, open_only=True)
    ]


def day_named(text: str) -> int:
    """Return the day that a date names (2026-11-25), in whole days since 1970-01-01.

    Raises:
        ValueError: It is no date.
    """
    return (date.fromisoformat(text) - _EPOCH).days


def _line(view: Transaction, one: Reconciliation, outside: int) -> dict[str, Any]:
    waits = one.waits_for
    if one.state == "waiting" and not view.knows_tally(one.peer):
        waits = "older_node"
    told = tally_in(one.told) or tally_in(one.pending)
    sentence = _WAITS.get(waits, "") if one.state == "waiting" else ""
    sent, received = (told.sent, told.received) if told else (None, None)
    return {
        "endpoint": one.peer,
        "day": date_of(one.day),
        "state": one.state,
        "waits_for": waits if one.state == "waiting" else "",
        "sentence": "; ".join(filter(None, (sentence, _outside_in_words(outside)))),
        "of_no_day": outside,
        "sent": _total(sent),
        "received": _total(received),
        "told_ms": one.told_ms or None,
        "heard_ms": one.heard_ms or None,
        "judged_ms": one.judged_ms or None,
    }


def _outside_in_words(count: int) -> str:
    """Say of how many records of a partner no day speaks."""
    if not count:
        return ""
    many = f"{count} or more" if count >= _MOST else str(count)
    return f"not compared on any day: {many} records whose ids have no usable time"


def _total(count: DayCount | None) -> int | None:
    return None if count is None else sum(one.count for one in count.cells) + count.open


def _sides(one: Reconciliation) -> dict[str, Any]:
    ours, theirs = tally_in(one.told) or tally_in(one.pending), tally_in(one.theirs)
    return {
        "ours": _tally(ours.sent, ours.received, one.told_envelope) if ours else None,
        "theirs": _tally(theirs.received, theirs.sent, one.their_envelope) if theirs else None,
    }


def _tally(sent: DayCount | None, received: DayCount | None, envelope_id: bytes) -> dict[str, Any]:
    """Return a side; `sent` is from us to the partner on both sides."""
    return {
        "sent": _count(sent),
        "received": _count(received),
        "envelope_id": envelope_id.hex() or None,
    }


def _count(count: DayCount | None) -> dict[str, Any] | None:
    if count is None:
        return None
    head = count.head
    return {
        "cells": [
            {**_kind(one.record_type, one.verdict, one.reason), "count": one.count}
            for one in count.cells
        ],
        "open": count.open,
        "records": count.records.hex(),
        "head": {
            "epoch": head.epoch, "sequence": head.sequence, "envelope_id": head.envelope_id.hex()
        } if head.sequence else None,
    }  # fmt: skip


def _kind(record_type: int, verdict: int, reason: int) -> dict[str, str]:
    return {
        "type": type_label(record_type) if record_type else "",
        "verdict": Verdict(verdict).name.lower() if verdict else "",
        "reason": _reason(reason),
    }


def _reason(number: int) -> str:
    if not number:
        return ""
    try:
        return Reason(number).label
    except ValueError:  # of a newer node
        return str(number)


def _case(one: Case) -> dict[str, Any]:
    return {
        "number": one.number,
        "endpoint": one.peer,
        "day": date_of(one.day),
        "opened_ms": one.opened_ms,
        "closed_ms": one.closed_ms,
        "differences": _differences(json.loads(one.differences)),
    }


def _differences(found: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "direction": one["direction"],
            "what": one["what"],
            **_kind(one["record_type"], one["verdict"], one["reason"]),
            "ours": one["ours"],
            "theirs": one["theirs"],
        }
        for one in found
    ]
