"""Refuses by name what partners sent without holding the role for the movement (PROTOCOL §12.6).

Rules:

* it waits first: what lets a sender in (a diversion, a new version of the dataset) may be under way
  over another link; the movement is folded anew before anything is said;
* a refusal is a record of our own, an Acknowledgement that the sender's national system is handed;
  it may be taken back by a later one, a verdict may not (decision 0021);
* a record is refused once: its refusal has an id that follows from the record's, and what is still
  to be refused stands in the store;
* one in each turn, so that whoever floods us is answered slowly.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from corridor.daemon.logs import event_logger
from corridor.daemon.movements import MovementReader
from corridor.daemon.offers import Answer, Offered
from corridor.errors import Reason
from corridor.store.port import Store, Transaction
from corridor.transit.facts import Fact
from corridor.transit.identifiers import uuid7
from corridor.transit.result import Movement
from corridor.transit.strangers import Stranger, refusal, strangers
from corridor.wire.drafting import record_of_draft
from corridor.wire.records import encode_record

_SETTING: Final = "movements.strangers"
_MOST: Final = 1_000
"""To be refused at one time; what is beyond is shown to officers (`corridor movement show`)."""
_STALE_MS: Final = 7 * 86_400_000
"""Nobody is told of what he sent so long ago: a node that had no list, or was away."""
_AGAIN_MS: Final = 60_000

Submit = Callable[[Sequence[Offered]], Sequence[Answer]]
_Key = tuple[str, bytes]


class RefuseBy(NamedTuple):
    """How a refusal leaves."""

    me: str
    """Our country."""
    wait_ms: int
    submit: Submit


class Refusing:
    """What is to be refused; one thread at a time."""

    def __init__(self, store: Store, reader: MovementReader, way: RefuseBy | None) -> None:
        """Work on `store`; nothing is refused without a way."""
        self._store = store
        self._reader = reader
        self._way = way
        self._due: dict[_Key, int] | None = None
        self._changed = False

    def see(self, movement: Movement) -> None:
        """Note whose records of a movement that was folded are to be refused."""
        if self._way is None:
            return
        due = self._load()
        now_ms = self._reader.now_ms()
        for fact, _ in strangers(movement, self._way.me):
            if fact.key in due or len(due) >= _MOST or fact.known_ms < now_ms - _STALE_MS:
                continue
            due[fact.key] = fact.known_ms + self._way.wait_ms
            self._changed = True

    def keep(self, change: Transaction) -> None:
        """Write down what was noted, in the transaction that moves the cursors."""
        if self._changed and self._due is not None:
            told = [(sender, one.hex(), due_ms) for (sender, one), due_ms in self._due.items()]
            change.put_setting(_SETTING, json.dumps(told).encode())
            self._changed = False

    def turn(self) -> None:
        """Refuse one record whose time has come.

        Raises:
            StoreTrouble: Nothing was refused, or it was and is not crossed out: it has the same id.
        """
        due = self._load()
        now_ms = self._reader.now_ms()
        key = min(due, key=due.__getitem__, default=None)
        if self._way is None or key is None or due[key] > now_ms:
            return
        if self._refuse(self._way, key):
            del due[key]
        else:
            due[key] = now_ms + _AGAIN_MS
        self._changed = True
        with self._store.transaction(durable=False) as change:
            self.keep(change)

    def _refuse(self, way: RefuseBy, key: _Key) -> bool:
        """Refuse a record unless its sender was let in meanwhile; False to try again later."""
        sender, record_id = key
        found = self._found(way, key)
        if found is None:
            return True
        movement, one = found
        now_ms = self._reader.now_ms()
        record = record_of_draft(refusal(one), movement, me=way.me, now_ms=now_ms)
        offered = Offered(sender, encode_record(record), _refusal_id(one.fact))
        (answer,) = way.submit([offered])
        if answer.reason is Reason.STORE_FULL:
            return False
        reason = answer.reason.label if answer.reason else None
        event_logger().warning(
            "movement.stranger", record_id=record_id, country=sender, status=answer.status,
            reason=reason,
        )  # fmt: skip
        return True

    def _found(self, way: RefuseBy, key: _Key) -> tuple[Movement, Stranger] | None:
        for name in self._reader.names_of(key[1]):
            movement = self._reader.fold(self._reader.gather(*name))
            for one in strangers(movement, way.me):
                if one.fact.key == key:
                    return movement, one
        return None

    def _load(self) -> dict[_Key, int]:
        if self._due is None:
            with self._store.reading() as view:
                kept = json.loads(view.setting(_SETTING) or b"[]")
            self._due = {(sender, bytes.fromhex(one)): due_ms for sender, one, due_ms in kept}
        return self._due


def _refusal_id(fact: Fact) -> bytes:
    """Return the id of the one refusal that a record has."""
    seed = hashlib.sha256(b"refusal\0" + fact.sender.encode() + fact.record_id).digest()
    return uuid7(fact.known_ms, seed[:10])
