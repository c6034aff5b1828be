"""Gathers what this node sent and received about a movement, and tells where it stands.

Rules:

* a movement has several names; records are gathered by each of them, until no name is new;
* a record that carries another MRN belongs to another movement, whatever other name they share;
* a container, plate or seal names a movement only while it is on one: otherwise all are listed;
* of a record that was erased stays what its movement needs (`transit.remains`), and whoever asks
  is told so; a movement of which no record is kept is not found any more;
* what is told is durable, and nothing is written: a movement is folded whenever it is asked for.
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from corridor.daemon.isolating import kind_of, tried
from corridor.daemon.logs import event_logger, place_of
from corridor.errors import InputTrouble
from corridor.store.movement_port import TrackedMovement
from corridor.store.port import Store
from corridor.store.values import InboxRecord, SentRecord
from corridor.transit.facts import Fact
from corridor.transit.fold import fold
from corridor.transit.movement import WORDS, Role, State
from corridor.transit.parties import Endpoint
from corridor.transit.result import Draft, Movement
from corridor.transit.timers import DEFAULT_TIMERS, Timers
from corridor.transit.view import moment, view_of
from corridor.wire.batches import ATTACHMENT, decode_entry
from corridor.wire.drafting import record_of_draft
from corridor.wire.facts import fact_of
from corridor.wire.records import decode_record, encode_record, normal_term

if TYPE_CHECKING:
    from corridor.transit.roles import Holders

NAMES: Final = ("mrn", "carnet", "lrn")
_LOADS: Final = ("container", "plate", "seal")
_MOST_RECORDS: Final = 1_000
"""A movement has some twenty; whoever floods one is stopped here, and the view says so."""

_HOLDERS_KEPT: Final = 20_000
"""Movements whose itinerary is at hand when a record is submitted: some 20 MiB at most."""

_Name = tuple[str, str]


class DraftRecord(NamedTuple):
    """A record that may be sent."""

    draft: Draft
    record: bytes


def _rank(name: _Name) -> int:
    return NAMES.index(name[0])


def _line(one: TrackedMovement, now_ms: int) -> dict[str, Any]:
    marks = [{"what": what, "since": moment(at_ms)} for what, at_ms in one.deadlines]
    passed = sum(at_ms <= now_ms for _, at_ms in one.deadlines)
    return {
        "kind": one.name[0],
        "value": one.name[1],
        "state": one.state,
        "words": f"refused entry by {one.refused}" if one.refused else WORDS[State(one.state)],
        "refused_by": one.refused or None,
        "changed": moment(one.changed_ms),
        "overdue": marks[:passed],
        "next_deadline": marks[passed] if len(marks) > passed else None,
    }


def _bare(one: TrackedMovement, error: Exception) -> dict[str, Any]:
    """Return a line that names a movement at whose telling the node failed."""
    event_logger().error(
        "movement.untold", cause=kind_of(error), stage=place_of(error.__traceback__)
    )
    return {
        "kind": one.name[0], "value": one.name[1], "state": one.state,
        "words": "cannot be told; `corridor movement show` may say more",
        "refused_by": None, "changed": None, "overdue": [], "next_deadline": None,
    }  # fmt: skip


@dataclass(slots=True)
class _Gathered:
    """The records of a movement, each with its names."""

    facts: dict[tuple[str, bytes], Fact] = field(default_factory=dict)
    ids: set[bytes] = field(default_factory=set)
    asked: set[_Name] = field(default_factory=set)
    full: bool = False

    @property
    def alive(self) -> bool:
        """Whether a record of it is kept."""
        return any(not one.erased_ms for one in self.facts.values())


class MovementReader:
    """Answers where a movement stands; safe to call from several threads."""

    def __init__(
        self,
        store: Store,
        me: Endpoint,
        now_ms: Callable[[], int],
        timers: Timers = DEFAULT_TIMERS,
    ) -> None:
        """Read from `store` for the country of `me`."""
        self._store = store
        self._me = me
        self.now_ms = now_ms
        self._timers = timers
        self._holders: dict[str, Holders] = {}
        self._lock = threading.Lock()

    def show(self, reference: str) -> tuple[dict[str, Any], list[DraftRecord]]:
        """Return a movement as JSON-able data, and the records an officer may send about it.

        Raises:
            InputTrouble: No record carries the reference, or several movements do.
        """
        gathered = self._named(reference)
        movement = self.fold(gathered.facts.values())
        view = view_of(movement)
        view["asked"] = reference
        view["seen_by"] = self._me.country
        view["now"] = moment(self.now_ms())
        view["more_than"] = _MOST_RECORDS if gathered.full else None
        self._store.make_durable()
        return view, self._drafts(movement)

    def under_way(self, limit: int, *, overdue: bool) -> list[dict[str, Any]]:
        """Return movements that have not ended, those changed last first; from the kept list."""
        now_ms = self.now_ms()
        with self._store.reading() as view:
            rows = view.movements(limit, now_ms if overdue else None)
        self._store.make_durable()
        return [tried(partial(_line, one, now_ms), partial(_bare, one)) for one in rows]

    def holds(self, mrn: str, role: int) -> bool:
        """Whether our country may hold a role for a movement, as far as its itinerary is known.

        What was noted at the last fold answers at once; before it says no, the movement is folded
        anew: a diversion may have been admitted a moment ago.
        """
        known = self._holders.get(mrn)
        country = self._me.country
        if known is None or known.may_hold(country, Role(role)):
            return True
        return self.fold(self.gather("mrn", mrn)).holders.may_hold(country, Role(role))

    def _note(self, movement: Movement) -> None:
        """Remember who holds what; the movement that was noted first gives way."""
        with self._lock:
            for kind, value in movement.ids[:1]:
                if kind == "mrn" and movement.holders.learnt and not movement.ended:
                    self._holders[value] = movement.holders
                else:
                    self._holders.pop(value, None)
            while len(self._holders) > _HOLDERS_KEPT:
                del self._holders[next(iter(self._holders))]

    def fold(self, facts: Iterable[Fact]) -> Movement:
        """Fold the facts of a movement as of now."""
        movement = fold(facts, me=self._me.country, now_ms=self.now_ms(), timers=self._timers)
        self._note(movement)
        return movement

    def gather(self, kind: str, value: str) -> Sequence[Fact]:
        """Return what every record says that belongs to the movement of this name.

        Nothing where none of them is kept.
        """
        gathered = self._by_name((kind, value))
        return list(gathered.facts.values()) if gathered.alive else ()

    def left_of(self, name: _Name) -> tuple[Sequence[Fact], Sequence[Fact], Sequence[_Name]]:
        """Return what is kept of a movement; or, where none of its records is, what goes with it.

        Returns:
            Its facts; what stays of its erased records (`sender` as it is kept) and its names.
            Either the facts or the other two are empty.
        """
        gathered = self._by_name(name)
        if gathered.alive:
            return list(gathered.facts.values()), (), ()
        names = {each for one in gathered.facts.values() for each in one.ids} | {name}
        with self._store.reading() as view:
            gone = [one for each in sorted(names) for one in view.remains(each, _MOST_RECORDS)]
        return (), [one for one in gone if self._own(one).key in gathered.facts], sorted(names)

    def names_of(self, record_id: bytes) -> list[tuple[str, str]]:
        """Return the best name of each movement that partners' records under an id are about."""
        names = [min(one.ids, key=_rank) for one in self._facts(record_id) if one.ids]
        return list(dict.fromkeys(names))

    def _drafts(self, movement: Movement) -> list[DraftRecord]:
        me, now_ms = self._me.country, self.now_ms()
        return [
            DraftRecord(one, encode_record(record_of_draft(one, movement, me=me, now_ms=now_ms)))
            for one in movement.drafts
        ]

    # --- gathering ----------------------------------------------------------------------------

    def _named(self, reference: str) -> _Gathered:
        value = normal_term(reference)
        movements: set[_Name] = set()
        for kind in (*NAMES, *_LOADS) if value else ():
            movements = self._carrying(kind, value)
            if movements:
                break
        else:
            raise InputTrouble(
                f"no record here carries {reference!r}",
                cure="give the whole MRN, LRN, carnet number, container, plate or seal",
            )
        if len(movements) > 1:
            listed = ", ".join(sorted(name for _, name in movements))
            raise InputTrouble(
                f"{reference} is on {len(movements)} movements: {listed}",
                cure="ask for one of them by its own number",
            )
        return self._by_name(movements.pop())

    def _carrying(self, kind: str, value: str) -> set[_Name]:
        """Return the best name of each movement whose records carry a term."""
        if kind == "mrn":
            return {(kind, value)} if self._store.find(kind, value, 1) else set()
        found: set[_Name] = set()
        for record_id in self._store.find(kind, value, _MOST_RECORDS):
            for fact in self._facts(record_id):
                best = sorted(fact.ids, key=lambda one: NAMES.index(one[0]))
                found |= set(best[:1])
        # A declaration has no MRN yet: it is the one that the others name with theirs.
        numbered = {one for one in found if one[0] == "mrn"}
        return numbered or found

    def _by_name(self, first: _Name) -> _Gathered:
        gathered = _Gathered()
        mrn = first[1] if first[0] == "mrn" else ""
        waiting = [first]
        while waiting:
            name = waiting.pop()
            if name in gathered.asked:
                continue
            gathered.asked.add(name)
            for fact in (*self._fresh(gathered, name), *self._remains(name)):
                if fact.erased_ms and fact.key in gathered.facts:  # another copy is kept
                    continue
                theirs = {value for kind, value in fact.ids if kind == "mrn"}
                mrn = mrn or min(theirs, default="")
                if theirs and mrn not in theirs:
                    continue
                gathered.facts[fact.key] = fact
                waiting += [one for one in fact.ids if one not in gathered.asked]
        return gathered

    def _fresh(self, gathered: _Gathered, name: _Name) -> list[Fact]:
        ids = self._store.find(*name, _MOST_RECORDS)
        new = [one for one in ids if one not in gathered.ids]
        room = _MOST_RECORDS - len(gathered.ids)
        gathered.full = gathered.full or len(new) > room or len(ids) == _MOST_RECORDS
        gathered.ids.update(new[:room])
        facts = [fact for one in new[:room] for fact in self._facts(one)]
        # The same id may be that of another partner's record on another movement.
        return [one for one in facts if name in one.ids]

    def _remains(self, name: _Name) -> list[Fact]:
        with self._store.reading() as view:
            return [self._own(one) for one in view.remains(name, _MOST_RECORDS)]

    def _own(self, fact: Fact) -> Fact:
        """Return what stays of a record with its sender: who we are is not kept beside it."""
        return fact if fact.sender else replace(fact, sender=self._me.country)

    def _facts(self, record_id: bytes) -> list[Fact]:
        sent = self._store.submitted(record_id)
        told = [(self._me, one.entry, one.accepted_ms) for one in sent if _counts(one)]
        theirs = self._store.deliveries(record_id)
        told += [(one.peer, one.entry, one.received_ms) for one in theirs if _counts(one)]
        return [self._fact(record_id, *one) for one in told]

    def _fact(self, record_id: bytes, sender: Endpoint, entry: bytes, known_ms: int) -> Fact:
        body = decode_entry(entry).body
        return fact_of(
            decode_record(body), body, record_id=record_id, sender=sender.country, known_ms=known_ms
        )


def _counts(one: SentRecord | InboxRecord) -> bool:
    """Whether the record says how the movement stands: a file does not, nor what was erased."""
    return one.record_type != ATTACHMENT and bool(one.entry)
