"""What routes share: who asks, what is offered, and how the core's values look in JSON."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Annotated, Any, Final

from fastapi import Depends, Request

from corridor.daemon.desk import Told
from corridor.daemon.offers import Answer, Offered
from corridor.daemon.service import NodeService
from corridor.errors import Reason
from corridor.exchange.values import Lane
from corridor.gateway.deliveries import record_in
from corridor.gateway.http import models
from corridor.gateway.http.clients import Client
from corridor.gateway.http.problems import Fault, Problem, refusal
from corridor.gateway.http.rates import Rates
from corridor.gateway.national import National
from corridor.standards.judging import Manner
from corridor.store.values import InboxRecord, LedgerLine
from corridor.wire.batches import type_label
from corridor.wire.records import record_to_json

_MAX_WAITING: Final = 16
"""Of the threads that answer: long polls must not take them all."""
THREADS: Final = 32

RIGHTS: Final = {
    "submit": {"submitter"},
    "read": {"reader"},
    "follow": {"submitter", "reader", "operator"},
    "find": {"reader", "operator"},
    "operate": {"operator"},
}
"""What each right needs: one of these roles."""


@dataclass(slots=True)
class Desk:
    """The node as the routes see it."""

    service: NodeService
    status: Callable[[], dict[str, Any]]
    ready: Callable[[], tuple[bool, str]]
    rates: Rates
    longest_poll_s: float
    national: National | None = None
    large: threading.Lock = field(default_factory=threading.Lock)
    """Held while a large message is read: it takes some twenty times its size of memory."""
    waiting: threading.BoundedSemaphore = field(
        default_factory=lambda: threading.BoundedSemaphore(_MAX_WAITING)
    )

    @property
    def manner(self) -> Manner:
        """How the national system writes, and how strictly that is read."""
        return self.national.manner if self.national else Manner()

    @contextmanager
    def may_wait(self, wait_s: float) -> Iterator[float]:
        """Hold one of the few places of those who wait; yields how long at most.

        Raises:
            Problem: busy.
        """
        if wait_s and not self.waiting.acquire(blocking=False):
            raise Problem("busy", "Too many requests wait already.", headers={"Retry-After": "1"})
        try:
            yield min(wait_s, self.longest_poll_s)
        finally:
            if wait_s:
                self.waiting.release()


def the_desk(request: Request) -> Desk:
    """Return the desk of the application that serves a request."""
    desk: Desk = request.app.state.desk
    return desk


DeskOf = Annotated[Desk, Depends(the_desk)]


def may(right: str) -> Callable[[Request], Client]:
    """Return a dependency: the client, who has the right.

    Raises (when asked):
        Problem: forbidden.
    """

    def check(request: Request) -> Client:
        client: Client = request.state.client
        roles = RIGHTS[right]
        if not roles & set(client.roles):
            raise Problem("forbidden", f"It needs one of the roles: {', '.join(sorted(roles))}.")
        return client

    return check


def offer(client: Client, to: str, record: bytes, lane: str | None, key: str | None) -> Offered:
    """Return what a client offers.

    Raises:
        Problem: lane_not_allowed or recipient_not_allowed.
    """
    if lane is not None and lane not in client.lanes:
        raise refusal(Reason.LANE_NOT_ALLOWED, [Fault("query.lane", "role")])
    if client.partners and to[:2] not in client.partners:
        raise refusal(Reason.RECIPIENT_NOT_ALLOWED, [Fault("query.to", "role")])
    whole = None if key is None else sha256(f"{client.name}\0{key}".encode()).digest()
    return Offered(to, record, None, None if lane is None else Lane[lane.upper()], key=whole)


def kept(answer: Answer, warnings: Sequence[str] = ()) -> models.Kept:
    """Return what became of a record that came alone, with what was doubtful about its message.

    Raises:
        Problem: It is refused, or in conflict.
    """
    if answer.status in {"accepted", "duplicate"}:
        return models.Kept.model_construct(
            record_id=answer.record_id.hex(), status=answer.status,
            left_out=list(answer.left_out), warnings=list(warnings), paused=answer.paused,
            foreseen=foreseen(answer),
        )  # fmt: skip
    raise refusal(answer.reason or Reason.RECORD_INVALID, answer.faults)


def bulk_result(told: Answer | Problem, index: int) -> models.BulkResult:
    """Return what became of one record of a bulk."""
    if isinstance(told, Answer) and told.status in {"accepted", "duplicate"}:
        return models.BulkResult.model_construct(
            status=told.status, record_id=told.record_id.hex(), code=None, reason=None, faults=[],
            left_out=list(told.left_out), paused=told.paused, foreseen=foreseen(told),
        )  # fmt: skip
    problem = told if isinstance(told, Problem) else _problem(told)
    ahead = foreseen(told) if isinstance(told, Answer) else []
    is_conflict = problem.code == "conflict"
    return models.BulkResult.model_construct(
        status="conflict" if is_conflict else "refused",
        record_id=told.record_id.hex() if isinstance(told, Answer) and is_conflict else None,
        code=problem.code,
        reason=problem.reason.label if problem.reason else None,
        faults=[fault_model(_below(one, index)) for one in problem.faults],
        foreseen=ahead,
    )


def foreseen(answer: Answer) -> list[models.CountryModel]:
    """Return what countries on the way will do with a record."""
    return [models.CountryModel.model_construct(**one.plain) for one in answer.foreseen]


def _problem(answer: Answer) -> Problem:
    return refusal(answer.reason or Reason.RECORD_INVALID, answer.faults)


def _below(fault: Fault, index: int) -> Fault:
    here = f"records[{index}]"
    path = fault.path.removeprefix("query.")
    if path.startswith(here):
        return fault
    inner = path if path in {"lane", "to"} or not path else f"record.{path}"
    return fault._replace(path=f"{here}.{inner}".rstrip("."))


def fault_model(fault: Fault) -> models.FaultModel:
    """Return a fault as JSON has it."""
    return models.FaultModel.model_construct(**fault._asdict())


def line(one: LedgerLine) -> models.Line:
    """Return a line of the ledger."""
    return models.Line.model_construct(**_steps(one))


def way(told: Told) -> models.Way:
    """Return a line of the ledger with every step, and whose turn it is."""
    one, standing = told.line, told.standing
    return models.Way.model_construct(
        **_steps(one),
        confirmed_ms=one.confirmed_ms,
        handed_ms=one.handed_ms,
        acknowledged_ms=one.acknowledged_ms,
        missing=standing.missing.value if standing.missing else None,
        turn=standing.turn.value,
        since_ms=standing.since_ms,
        sentence=standing.sentence,
    )


def _steps(one: LedgerLine) -> dict[str, Any]:
    return {
        "recipient": str(one.peer),
        "record_type": type_label(one.record_type),
        "lane": one.lane.name.lower(),
        "accepted_ms": one.accepted_ms,
        "sealed_ms": one.sealed_ms,
        "receipted_ms": one.receipted_ms,
        "verdict": one.verdict.name.lower() if one.verdict else None,
        "reason": one.reason.label if one.reason else None,
        "faults": list(one.faults),
    }


def delivery(one: InboxRecord) -> models.Delivery:
    """Return a record of a partner."""
    record = record_in(one)
    return models.Delivery.model_construct(
        cursor=one.cursor,
        sender=str(one.peer),
        record_id=one.record_id.hex(),
        record_type=type_label(one.record_type),
        received_ms=one.received_ms,
        possible_repeat=one.possible_repeat,
        record=json.loads(record_to_json(record, None)),
    )


def ledger(
    record_id: bytes, sent: Sequence[LedgerLine], received: Sequence[InboxRecord]
) -> models.Ledger:
    """Return all that is known of a record."""
    return models.Ledger.model_construct(
        record_id=record_id.hex(),
        sent=[line(one) for one in sent],
        received=[delivery(one) for one in received],
    )
