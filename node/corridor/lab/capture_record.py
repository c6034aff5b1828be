"""Records what nodes hand to their national systems into a capture.

Rules:

* nothing is taken from anybody: records are read again by cursor and never acknowledged, so that
  the national system gets every one of them as if nobody recorded;
* production is refused, whatever is asked for: a capture holds records in plain;
* records of several nodes stand in the order in which they were stored, as far as clocks agree;
* a recording that goes on in the same file begins behind the last record in it.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Any, Final

from corridor.errors import ConfigurationError, ProductionRefused
from corridor.gateway.local_client import LocalClient
from corridor.lab.capture import Captured, CaptureWriter, Session
from corridor.lab.redact import Redaction
from corridor.wire.batches import SCHEMA_ID
from corridor.wire.v1 import local_pb2 as local

_BATCH: Final = 256
_LOOK_AGAIN_S: Final = 0.1
_ALLOWED: Final = frozenset({"test", "lab"})

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Until:
    """When a recording ends of itself; all None: when it is told to."""

    records: int | None = None
    seconds: float | None = None
    idle_s: float | None = None


@dataclass(slots=True)
class Recorded:
    """What was recorded."""

    records: int = 0
    by_recipient: dict[str, int] = field(default_factory=dict)
    resumed: bool = False


def refuse_production(status: Mapping[str, Any]) -> None:
    """Refuse a node whose environment is not one for tests.

    Raises:
        ProductionRefused: It is not.
    """
    if status.get("environment") not in _ALLOWED:
        raise ProductionRefused(
            f"{status.get('endpoint')} is a node of environment {status.get('environment')!r}: "
            "traffic is recorded and played in test and lab networks only",
            cure="name a node of a test network, or a lab: `corridor lab up --detach`",
        )


class Recorder:
    """Records from nodes into a file until told to end."""

    def __init__(
        self,
        sockets: Mapping[str, Path],
        path: Path,
        *,
        redaction: Redaction | None,
        only_new: bool,
        now_ms: Callable[[], int],
    ) -> None:
        """Prepare a recording.

        Args:
            sockets: The nodes' local sockets by endpoint.
            path: The capture.
            redaction: Replaces what names traders and goods; None keeps records as they are.
            only_new: Begin with what arrives from now on, unless the file goes on.
            now_ms: The clock.
        """
        self._sockets = sockets
        self._path = path
        self._redaction = redaction
        self._only_new = only_new
        self._now_ms = now_ms
        self.recorded = Recorded()

    def run(self, until: Until, progress: Progress = lambda _count: None) -> Recorded:
        """Record until a limit is reached or KeyboardInterrupt, which ends it in good order.

        Raises:
            ProductionRefused: A node is of production.
            InputTrouble: The file cannot be written.
        """
        with ExitStack() as stack:
            nodes = {
                endpoint: stack.enter_context(LocalClient(path))
                for endpoint, path in self._sockets.items()
            }
            session = self._session(nodes)
            writer = stack.enter_context(CaptureWriter(self._path))
            writer.begin(session)
            cursors = {one: self._first(writer, one, node) for one, node in nodes.items()}
            with suppress(KeyboardInterrupt):
                self._record(nodes, writer, cursors, until, progress)
        return self.recorded

    def _session(self, nodes: Mapping[str, LocalClient]) -> Session:
        states = [node.status() for node in nodes.values()]
        for state in states:
            refuse_production(state)
        networks = {str(state["network"]) for state in states}
        if len(networks) > 1:
            raise ConfigurationError(
                "the nodes are not of one network", cure="record each network into its own file"
            )
        return Session(
            networks.pop(),
            str(states[0]["environment"]),
            SCHEMA_ID,
            self._now_ms(),
            tuple(sorted(str(state["endpoint"]) for state in states)),
            self._redaction is not None,
        )

    def _first(self, writer: CaptureWriter, endpoint: str, node: LocalClient) -> int:
        known = writer.before.cursors.get(endpoint)
        if known is not None:
            self.recorded.resumed = True
            return known
        cursor = 0
        while self._only_new and (passed := node.take(cursor, limit=_BATCH)):
            cursor = passed[-1].cursor
        return cursor

    def _record(
        self,
        nodes: Mapping[str, LocalClient],
        writer: CaptureWriter,
        cursors: dict[str, int],
        until: Until,
        progress: Progress,
    ) -> None:
        begun = idle_since = time.monotonic()
        while not self._full(until):
            found = self._next(nodes, cursors)[: self._room(until)]
            if found:
                writer.write([self._captured(one, endpoint) for endpoint, one in found])
                for endpoint, one in found:
                    cursors[endpoint] = one.cursor
                    known = self.recorded.by_recipient.get(endpoint, 0)
                    self.recorded.by_recipient[endpoint] = known + 1
                self.recorded.records += len(found)
                progress(len(found))
            now = time.monotonic()
            idle_since = now if found else idle_since
            if until.seconds is not None and now - begun >= until.seconds:
                return
            if until.idle_s is not None and now - idle_since >= until.idle_s:
                return
            if not found:
                time.sleep(_LOOK_AGAIN_S)

    def _next(
        self, nodes: Mapping[str, LocalClient], cursors: Mapping[str, int]
    ) -> list[tuple[str, local.LocalDelivery]]:
        """Return what comes next, of all nodes in the order in which it was stored.

        A node that gave a full batch has more: nothing later than its last one is taken yet.
        """
        batches = {one: node.take(cursors[one], limit=_BATCH) for one, node in nodes.items()}
        timed = {
            # A clock that was put back must not turn the order of one node's records.
            endpoint: list(accumulate((one.received_ms for one in batch), max))
            for endpoint, batch in batches.items()
        }
        horizon = min((at[-1] for at in timed.values() if len(at) == _BATCH), default=None)
        found = [
            (at_ms, endpoint, one)
            for endpoint, batch in batches.items()
            for at_ms, one in zip(timed[endpoint], batch, strict=True)
            if horizon is None or at_ms <= horizon
        ]
        found.sort(key=lambda line: line[0])
        return [(endpoint, one) for _, endpoint, one in found]

    def _full(self, until: Until) -> bool:
        return until.records is not None and self.recorded.records >= until.records

    def _room(self, until: Until) -> int | None:
        return None if until.records is None else until.records - self.recorded.records

    def _captured(self, one: local.LocalDelivery, endpoint: str) -> Captured:
        body = self._redaction.record(one.record) if self._redaction else one.record
        return Captured(
            one.cursor,
            one.received_ms,
            one.record_id,
            one.record_type,
            one.sender,
            endpoint,
            body,
        )
