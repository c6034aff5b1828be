"""What an officer may say of records that are kept, and the pass that erases what is due.

Rules:

* who, when and why are kept with every hold and every erasure;
* an erasure on order is refused by name where anything stands against it, and changes nothing then;
* the pass is made in steps of milliseconds, one at a time from the node's own loop; a node that is
  killed goes on where it was.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from corridor.daemon.words import MAX_WORDS, words_of
from corridor.errors import InputTrouble, RecordKept
from corridor.store.keeping import BY_ID, Erased, Kept, LegalHold, Obstacle
from corridor.store.port import Store
from corridor.wire import limits
from corridor.wire.batches import type_label
from corridor.wire.records import TERM_KINDS, normal_term

_MAX_HOLDS: Final = 10_000
"""In force at once: each is looked at in each step of a pass."""
_MOST_COUNTED: Final = 1_000
"""Records of a hold that are counted: a movement has some twenty."""
_CURES: Final = {
    Obstacle.UNKNOWN: "compare the id; `corridor find` names records by what they carry",
    Obstacle.ERASED: "nothing is left to erase",
    Obstacle.NOT_FINAL: "wait for the partner's verdict: `corridor status`",
    Obstacle.NOT_ACKNOWLEDGED: "let the national system acknowledge it first",
    Obstacle.NOT_RECEIPTED: "wait until its receipt has left",
    Obstacle.ON_HOLD: "`corridor records release-hold NUMBER`, if you may",
}


class Keeping:
    """Holds and erasure; safe to call from several threads."""

    def __init__(self, store: Store, now_ms: Callable[[], int]) -> None:
        """Work on `store`."""
        self._store = store
        self._now_ms = now_ms

    def place(
        self, kind: str, value: str, reason: str, by: str, until_ms: int | None
    ) -> dict[str, Any]:
        """Place a hold, unless the same is in force.

        Returns:
            Its number; `existing`: it was in force before; `holds_now`: how many records it keeps,
            with `holds_more` at least so many; `others`: numbers of more holds in force on that.

        Raises:
            RecordKept: It names nothing that can be held, or does not say why and who.
        """
        named, now_ms = _named(kind, value), self._now_ms()
        reason, by = _words("a reason", reason), _words("who places it", by)
        if until_ms is not None and until_ms <= now_ms:
            raise RecordKept("a hold ends in the future", cure="leave --until out, or name a date")
        with self._store.transaction() as change:
            in_force = [one for one in change.holds() if one.in_force(now_ms)]
            same = [one for one in in_force if (one.kind, one.value) == (kind, named)]
            words = (reason, by, until_ms)
            equal = (one for one in same if (one.reason, one.placed_by, one.until_ms) == words)
            existing = next(equal, None)
            if existing is None and len(in_force) >= _MAX_HOLDS:
                raise RecordKept(
                    f"{_MAX_HOLDS} holds are in force", cure="release those that are over"
                )
            number = (
                existing.number
                if existing
                else change.place_hold(kind, named, reason, by, now_ms, until_ms)
            )
        count = self._carrying(kind, named)
        return {
            "number": number,
            "kind": kind,
            "value": named,
            "until_ms": until_ms,
            "existing": existing is not None,
            "holds_now": count,
            "holds_more": count >= _MOST_COUNTED,
            "others": [one.number for one in same if one.number != number],
        }

    def _carrying(self, kind: str, named: str) -> int:
        """Return how many records a hold names, `_MOST_COUNTED` where there are more."""
        if kind != BY_ID:
            return len(self._store.find(kind, named, _MOST_COUNTED))
        with self._store.reading() as view:
            copies = view.copies(bytes.fromhex(named), self._now_ms())
        return int(any(one.obstacle is not Obstacle.ERASED for one in copies))

    def release(self, number: int, reason: str, by: str) -> dict[str, Any]:
        """Release a hold.

        Raises:
            RecordKept: There is none of this number in force.
        """
        reason, by = _words("a reason", reason), _words("who releases it", by)
        with self._store.transaction() as change:
            done = change.release_hold(number, by, reason, self._now_ms())
        if not done:
            raise RecordKept(
                f"no hold {number} is in force", cure="`corridor records holds` lists them"
            )
        return {"number": number, "released_ms": self._now_ms()}

    def holds(self) -> dict[str, Any]:
        """Return every hold there ever was."""
        with self._store.reading() as view:
            found = view.holds()
        return {"holds": [_hold(one, self._now_ms()) for one in found]}

    def erase(self, record_id: bytes, reason: str, by: str) -> dict[str, Any]:
        """Erase every copy of a record.

        Raises:
            RecordKept: Something stands against it for one of the copies; nothing was erased.
        """
        if len(record_id) != limits.RECORD_ID_BYTES:
            raise RecordKept(f"a record id has {limits.RECORD_ID_BYTES} bytes")
        reason, by = _words("a reason", reason), _words("who orders it", by)
        with self._store.transaction() as change:
            now_ms = self._now_ms()
            copies = change.copies(record_id, now_ms)
            _refuse(record_id, copies)
            change.erase(record_id, by, reason, now_ms)
            left = change.erasures(record_id)
        return {"erased": [_left(one) for one in left], "log_scrubbed": self._store.scrub()}


class Retention:
    """The pass that erases what has been kept long enough."""

    def __init__(self, store: Store, keep_ms: Mapping[int, int]) -> None:
        """Keep each type as long as `keep_ms` says."""
        self._store = store
        self._keep_ms = keep_ms
        self._erased = 0
        self._under_way = False

    def begin(self) -> None:
        """Begin a pass with the next step."""
        self._under_way = True

    def step(self, now_ms: int) -> int | None:
        """Do a step; returns how many records the pass has erased when it is through."""
        if not self._under_way:
            return None
        step = self._store.erase_due(now_ms, self._keep_ms)
        self._erased += step.erased
        if step.more:
            return None
        erased, self._erased, self._under_way = self._erased, 0, False
        if erased:
            self._store.scrub()
        return erased


def _refuse(record_id: bytes, copies: Sequence[Kept]) -> None:
    found = [(one, one.obstacle) for one in copies if one.obstacle]
    against = [(one, why) for one, why in found if why is not Obstacle.ERASED]
    if len(found) == len(copies) and not against:
        obstacle = Obstacle.ERASED if copies else Obstacle.UNKNOWN
        raise RecordKept(f"{record_id.hex()}: {obstacle}", cure=_CURES[obstacle])
    if against:
        _, first = against[0]
        raise RecordKept(
            f"{record_id.hex()} is not erased: {first}",
            faults=tuple(_against(one) for one, _ in against),
            cure=_CURES[first],
        )


def _against(one: Kept) -> str:
    hold = f" {one.hold.number}: {one.hold.reason}" if one.hold else ""
    return f"{one.side} {one.peer}: {one.obstacle}{hold}"


def _named(kind: str, value: str) -> str:
    """Return what a hold names, in the form in which it is compared."""
    if kind in TERM_KINDS:
        return _words(f"which {kind}", normal_term(value))
    if kind != BY_ID:
        kinds = ", ".join((BY_ID, *TERM_KINDS))
        raise RecordKept(f"a hold names one of: {kinds}, not {kind!r}")
    try:
        record_id = bytes.fromhex(value.replace("-", ""))
    except ValueError:
        record_id = b""
    if len(record_id) != limits.RECORD_ID_BYTES:
        raise RecordKept(f"not the id of a record: {value[:64]!r}", cure="32 hexadecimal digits")
    return record_id.hex()


def _words(what: str, text: str) -> str:
    try:
        return words_of(text)
    except InputTrouble:
        raise RecordKept(
            f"{what} is missing, or is longer than {MAX_WORDS} characters",
            cure="it is kept with the evidence: say it in one sentence",
        ) from None


def _hold(one: LegalHold, now_ms: int) -> dict[str, Any]:
    return {**one._asdict(), "in_force": one.in_force(now_ms)}


def _left(one: Erased) -> dict[str, Any]:
    return {
        "side": one.side,
        "partner": one.peer,
        "record_id": one.record_id.hex(),
        "type": type_label(one.record_type),
        "sha256": one.sha256.hex(),
        "erased_ms": one.at_ms,
        "by_order": one.by_order,
        "by": one.by,
        "reason": one.reason,
    }
