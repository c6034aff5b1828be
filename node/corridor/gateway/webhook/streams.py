"""How far a stream of posts is, and when it is tried again: kept in the store.

Rules:

* a stream is posted in order; the next event waits for the answer to the one before it;
* the pause after a failure doubles up to its longest, with a draw so that many nodes that lost one
  address do not come back at once; a restart changes neither pause nor place.
"""

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Final, Literal, TypeAlias

from corridor.daemon.service import NodeService
from corridor.exchange.repair import jittered_ms
from corridor.gateway.deliveries import delivery, outcome
from corridor.store.values import InboxRecord, Outcome

StreamName: TypeAlias = Literal["inbox", "outcomes"]
_KINDS: Final = {"inbox": "record.received", "outcomes": "record.final"}


@dataclass(frozen=True, slots=True)
class Place:
    """How far a stream is."""

    cursor: int
    failures: int = 0
    since_ms: int = 0
    """When the first of these failures was."""
    next_ms: int = 0
    """Not tried before."""

    def failed(self, now_ms: int, first_ms: int, longest_ms: int, draw: float) -> "Place":
        """Return the place after one more failure."""
        pause_ms = jittered_ms(self.failures, first_ms, longest_ms, draw)
        return Place(
            self.cursor, self.failures + 1, self.since_ms or now_ms, now_ms + round(pause_ms)
        )


@dataclass(frozen=True, slots=True)
class Event:
    """Something to be posted."""

    cursor: int
    post_id: str
    """The same whenever it is posted again."""
    known_ms: int
    told: InboxRecord | Outcome

    @property
    def body(self) -> bytes:
        """What is posted; made when it is, for records may be large and many."""
        if isinstance(self.told, InboxRecord):
            return _body("inbox", delivery(self.told))
        return _body("outcomes", outcome(self.told))


class Stream:
    """One of the two streams."""

    def __init__(self, name: StreamName, service: NodeService) -> None:
        """Read `name` from `service`."""
        self.name: StreamName = name
        self._service = service
        self.place = self._kept()

    @property
    def acknowledges(self) -> bool:
        """Whether what is delivered is acknowledged for the national system."""
        return self.name == "inbox" and self._service.acknowledged_by == "webhook"

    def next(self, limit: int) -> list[Event]:
        """Return what is to be posted next, in order."""
        if self.name == "inbox":
            return [
                Event(one.cursor, f"{one.record_id.hex()}-{one.peer}", one.received_ms, one)
                for one in self._service.take(self.place.cursor, limit, 0)
            ]
        return [
            Event(one.cursor, f"{one.record_id.hex()}-{one.peer}-final", one.receipted_ms, one)
            for one in self._service.outcomes(self.place.cursor, limit, 0)
        ]

    def keep(self, place: Place) -> None:
        """Note how far it is, durably; what was delivered is acknowledged."""
        if self.name == "inbox" and place.cursor > self.place.cursor:
            self._service.handed(place.cursor)
        self._service.note(f"webhook.{self.name}", json.dumps(asdict(place)).encode())
        if self.acknowledges and place.cursor > self.place.cursor:
            self._service.acknowledge(place.cursor, "webhook")
        self.place = place

    def _kept(self) -> Place:
        noted = self._service.note_of(f"webhook.{self.name}")
        if noted is not None:
            with suppress(ValueError, TypeError):
                return Place(**json.loads(noted))
        return Place(self._service.acknowledged() if self.name == "inbox" else 0)


def _body(name: StreamName, data: dict[str, object]) -> bytes:
    return json.dumps({"type": _KINDS[name], "data": data}, ensure_ascii=False).encode()
