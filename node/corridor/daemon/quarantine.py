"""What an operator can see of the quarantine, and do about it.

Rules:

* a frame is shown by its header only, which anybody on the way could read: never a record;
* a release needs a reason, is kept with who asked for it, and gives no trust: the frame is judged
  again by the receiver (`released`), in its own thread;
* what cannot change by another judgement is not released, and the answer says what to do instead;
* a person's words go into the store, sealed, and never into a log;
* one frame of many that cannot be released or rejected does not hinder the others.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Final

from corridor.daemon.logs import event_logger
from corridor.daemon.words import by_whom, words_of
from corridor.errors import ActRefused, InputTrouble, Reason, Refused
from corridor.exchange.receive import SPOILT
from corridor.seal.describe import describe_frame
from corridor.seal.frame import parse_frame
from corridor.store.port import Store, Transaction
from corridor.store.quarantine_port import (
    ItemAct,
    ItemActKind,
    ItemState,
    QuarantineGroup,
    QuarantineItem,
)
from corridor.store.rules import QUARANTINE_BYTES, QUARANTINE_ITEMS
from corridor.trust.frames import is_statement_frame

MAX_NUMBERS: Final = 256
"""Frames in one request: as many as are judged again in one transaction."""
MAX_ACTS: Final = 200
"""On one frame: a program that asks again and again must not fill the store."""
MAX_LISTED: Final = 1_000
WHAT_STAYS: Final = frozenset({*SPOILT, Reason.FORK, Reason.SEQUENCE})
"""What no other judgement changes: its place in the stream is closed, its sender was answered."""


class Quarantine:
    """Answers for frames that could not be trusted; safe to call from several threads."""

    def __init__(self, store: Store, now_ms: Callable[[], int]) -> None:
        """Work on `store`; `judge` is put in by the node that can judge."""
        self._store = store
        self._now_ms = now_ms
        self.judge: Callable[[], None] = lambda: None
        """Have what is released judged soon."""

    def groups(self) -> dict[str, Any]:
        """Return what there is, by link and reason."""
        with self._store.reading() as view:
            groups, held = view.quarantine_groups(), view.held_groups()
        return {
            "now_ms": self._now_ms(),
            "groups": [_group(one) for one in groups],
            "held": [{**one._asdict(), "reason": one.reason.label} for one in held],
            "kept_at_most": {"frames": QUARANTINE_ITEMS, "bytes": QUARANTINE_BYTES},
        }

    def items(  # noqa: PLR0913 - what a list is narrowed by
        self,
        *,
        link: str = "",
        reason: str = "",
        before_ms: int | None = None,
        after: int = 0,
        limit: int = MAX_LISTED,
        done: bool = False,
    ) -> dict[str, Any]:
        """Return frames, ascending by number; see `QuarantineTransaction.quarantine_items`."""
        named = reason_of(reason) if reason else None
        with self._store.reading() as view:
            found = view.quarantine_items(
                link=link, reason=named, before_ms=before_ms, after=after,
                limit=min(limit, MAX_LISTED), done=done,
            )  # fmt: skip
        return {"now_ms": self._now_ms(), "items": [item_told(one) for one in found]}

    def show(self, number: int) -> dict[str, Any]:
        """Return one frame: what is known of it, its header in words, what was done with it.

        Raises:
            ActRefused: There is none of this number.
        """
        with self._store.reading() as view:
            item = _known(view, number)
            frame = view.quarantined_frame(number)
            acts = view.quarantine_acts(number)
        return {
            **item_told(item),
            "header": _header(frame) if frame is not None else None,
            "acts": [{**one._asdict(), "kind": one.kind.value} for one in acts],
        }

    def frame(self, number: int) -> bytes:
        """Return the bytes of one that waits.

        Raises:
            ActRefused: There is none of this number, or its bytes are not here any more.
        """
        with self._store.reading() as view:
            item = _known(view, number)
            frame = view.quarantined_frame(number)
        if frame is None:
            raise ActRefused(f"the bytes of frame {number} are gone: {_state(item)}")
        return frame

    def note(self, number: int, words: str, by: str) -> dict[str, Any]:
        """Keep a note with a frame.

        Raises:
            ActRefused: There is none of this number, or too much was said of it.
            InputTrouble: There are no words, or too many.
        """
        act = ItemAct(ItemActKind.NOTED, self._now_ms(), by_whom(by), words_of(words))
        with self._store.transaction() as change:
            _check_acts(change, _known(change, number).number)
            change.act_on_item(number, act)
        return {"number": number, "noted_ms": act.at_ms}

    def release(self, numbers: Sequence[int], why: str, by: str) -> dict[str, Any]:
        """Have frames judged again; returns which are to be, and of the others why not.

        Raises:
            InputTrouble: There is no reason, or there are too many frames.
        """
        done = self._act(ItemActKind.RELEASED, numbers, why, by, _why_not_released)
        if done["numbers"]:
            self.judge()
        return done

    def reject(self, numbers: Sequence[int], why: str, by: str) -> dict[str, Any]:
        """Give frames up: their bytes are gone, what is known of them stays.

        Raises:
            InputTrouble: There is no reason, or there are too many frames.
        """
        return self._act(ItemActKind.REJECTED, numbers, why, by, _why_not_rejected)

    def summary(self) -> dict[str, Any]:
        """Return how much waits, for the state of the node."""
        with self._store.reading() as view:
            groups = view.quarantine_groups()
        return {
            "waiting": sum(one.waiting for one in groups),
            "bytes": sum(one.waiting_bytes for one in groups),
            "oldest_ms": min((one.oldest_ms for one in groups if one.oldest_ms), default=None),
            "not_kept": sum(one.not_kept for one in groups),
        }

    def attention(self) -> list[str]:
        """Return what of it needs a person."""
        with self._store.reading() as view:
            groups = view.quarantine_groups()
        waiting = sum(one.waiting for one in groups)
        if not waiting:
            return []
        kinds = Counter({one.reason.label: one.waiting for one in groups if one.waiting})
        named = ", ".join(f"{kinds[name]} {name}" for name in sorted(kinds))
        return [f"{waiting} frames wait in quarantine ({named}): `corridor quarantine list`"]

    def _act(
        self,
        kind: ItemActKind,
        numbers: Sequence[int],
        why: str,
        by: str,
        refuse: Callable[[Transaction, QuarantineItem], str],
    ) -> dict[str, Any]:
        if len(numbers) > MAX_NUMBERS:
            raise InputTrouble(f"at most {MAX_NUMBERS} frames at once, not {len(numbers)}")
        act = ItemAct(kind, self._now_ms(), by_whom(by), words_of(why))
        done: list[QuarantineItem] = []
        left: list[dict[str, Any]] = []
        with self._store.transaction() as change:
            for number in dict.fromkeys(numbers):
                item = change.quarantine_item(number)
                fault = refuse(change, item) if item else "there is no such frame"
                if item and not fault:
                    change.act_on_item(number, act)
                    done.append(item)
                else:
                    left.append({"number": number, "why": fault})
        for (link, reason), count in Counter((one.link, one.reason.label) for one in done).items():
            _log(kind, link=link, reason=reason, count=count)
        return {"numbers": [one.number for one in done], "left": left}


def _log(kind: ItemActKind, *, link: str, reason: str, count: int) -> None:
    if kind is ItemActKind.RELEASED:
        event_logger().warning("quarantine.released", link=link, reason=reason, count=count)
    else:
        event_logger().warning("quarantine.rejected", link=link, reason=reason, count=count)


def reason_of(label: str) -> Reason:
    """Return the reason of a name.

    Raises:
        InputTrouble: There is none of this name.
    """
    try:
        return Reason[label.upper()]
    except KeyError:
        raise InputTrouble(
            f"no such reason: {label[:64]!r}", cure="`corridor quarantine list` shows them"
        ) from None


def item_told(item: QuarantineItem) -> dict[str, Any]:
    """Return a frame without its bytes as JSON tells it."""
    return {
        **item._asdict(),
        "reason": item.reason.label,
        "sha256": item.sha256.hex(),
        "envelope_id": item.envelope_id.hex() if item.envelope_id else None,
        "state": item.state.name.lower(),
    }


def _group(one: QuarantineGroup) -> dict[str, Any]:
    return {**one._asdict(), "reason": one.reason.label}


def _header(frame: bytes) -> dict[str, Any]:
    if is_statement_frame(frame):
        return {"form": "trust statement"}
    try:
        return {"form": "envelope", **describe_frame(parse_frame(frame))}
    except Refused as refused:
        return {"form": "unknown", "refused": refused.reason.label}


def _known(view: Transaction, number: int) -> QuarantineItem:
    item = view.quarantine_item(number)
    if item is None:
        raise ActRefused(
            f"no frame {number} is in quarantine", cure="`corridor quarantine list --items`"
        )
    return item


def _check_acts(view: Transaction, number: int) -> None:
    if len(view.quarantine_acts(number)) >= MAX_ACTS:
        raise ActRefused(f"{MAX_ACTS} entries are kept with frame {number}; there is no room")


def _state(item: QuarantineItem) -> str:
    said = f" ({item.judged})" if item.judged else ""
    return f"it is {item.state.name.lower()}{said}"


def _why_not_released(view: Transaction, item: QuarantineItem) -> str:
    if item.state is not ItemState.WAITING:
        return _state(item)
    if item.reason in WHAT_STAYS:
        return f"{item.reason.label} is final: its sender was answered; export it, then reject it"
    if not item.over:
        return "over which link it came is not known; its sender repeats what has no receipt"
    frame = view.quarantined_frame(item.number)
    if frame is not None and is_statement_frame(frame):
        return "it is a trust statement: export it with --raw, then `corridor keys adopt`"
    if len(view.quarantine_acts(item.number)) >= MAX_ACTS:
        return f"{MAX_ACTS} entries are kept with it; there is no room"
    return ""


def _why_not_rejected(_view: Transaction, item: QuarantineItem) -> str:
    return _state(item) if item.state in {ItemState.SETTLED, ItemState.REJECTED} else ""
