"""The local socket: a national system on the same machine submits, takes and asks.

Rules:

* the socket's file has mode 0600: who may open it may do everything it offers;
* each connection is served by a thread of its own, one request at a time, in order;
* a request that cannot be parsed ends its connection; nothing else changes;
* a mistake of ours is answered as `internal`, logged by its type and place, and ends nothing;
* a client may be silent between two requests as long as it likes, but not within one.
"""

import json
import os
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from corridor.daemon.logs import event_logger, place_of
from corridor.daemon.offers import Answer, Offered
from corridor.daemon.service import NodeService
from corridor.errors import ConfigurationError, CorridorError, LocalTrouble, Refused
from corridor.exchange.values import Lane, Verdict
from corridor.gateway.deliveries import body_in
from corridor.gateway.framing import receive_message, send_message
from corridor.gateway.ledger_lines import decided_reply, ledger_line, timeline_reply, told_line
from corridor.gateway.local_attachments import attachment_answers
from corridor.gateway.local_days import days_answers
from corridor.gateway.local_keeping import keeping_answers
from corridor.gateway.local_pauses import pause_answers
from corridor.gateway.local_preflight import country, preflight_answers
from corridor.gateway.local_quarantine import dead_letter_answers, quarantine_answers
from corridor.store.values import InboxRecord
from corridor.wire.local import parse_request
from corridor.wire.records import TERM_KINDS
from corridor.wire.v1 import local_pb2 as local

_DEFAULT_LIMIT: Final = 256
_MAX_CURSOR: Final = 2**63 - 1
"""The largest number a store knows; a cursor in a request may be twice as large."""
_MAX_LIMIT: Final = 4096
_MAX_CONNECTIONS: Final = 64
_PATIENCE_S: Final = 30.0
"""How long a client may take to send the rest of a request, or to take its answer."""
_STOP_S: Final = 3.0
_INTERNAL: Final = (
    "a mistake of Corridor itself; the node's log says where: `local_request.failed`\n"
    "  what to do: ask again, and send `corridor support-bundle` to those who maintain it"
)
_NO_MORE_TOLD: Final = Answer("")[2:]


class LocalServer:
    """Serves a `NodeService` on a Unix socket from `start` to `stop`."""

    def __init__(
        self,
        path: Path,
        service: NodeService,
        status: Callable[[], dict[str, Any]],
        lanes: frozenset[Lane] | None = None,
    ) -> None:
        """Bind the socket at `path`; one left by a node that died is replaced.

        `lanes` are those that its clients may claim; None for every lane.

        Raises:
            ConfigurationError: The path cannot be bound, or a node is serving it.
        """
        self._path = path
        self._service = service
        self._status = status
        self._lanes = lanes
        self._connections: dict[socket.socket, threading.Thread] = {}
        self._lock = threading.Lock()
        self._listener = _bind(path)
        self._thread = threading.Thread(target=self._accept, name="local-socket", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering, close every connection and remove the socket."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._service.end()
        with self._lock:
            open_now = dict(self._connections)
        for connection in open_now:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        deadline = time.monotonic() + _STOP_S
        for thread in (self._thread, *open_now.values()):
            if thread.ident is not None:
                thread.join(max(0.0, deadline - time.monotonic()))
        self._path.unlink(missing_ok=True)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(
                target=self._serve, args=(connection,), name="local-client", daemon=True
            )
            with self._lock:
                has_room = len(self._connections) < _MAX_CONNECTIONS
                if has_room:
                    self._connections[connection] = thread
            if has_room:
                thread.start()
            else:
                _turn_away(connection)

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection:
                while _has_begun(connection):
                    body = receive_message(connection)
                    if body is None:
                        return
                    reply = self._answer(parse_request(body))
                    send_message(connection, reply.SerializeToString())
                    if reply.take.deliveries:
                        self._service.handed(reply.take.deliveries[-1].cursor)
        except (OSError, LocalTrouble, Refused) as error:
            event_logger().warning("local_request.dropped", cause=type(error).__name__)
        finally:
            with self._lock:
                self._connections.pop(connection, None)

    def _answer(self, request: local.LocalRequest) -> local.LocalReply:
        kind = request.WhichOneof("request")
        answers: dict[str | None, Callable[[local.LocalRequest], local.LocalReply]] = {
            "submit": self._submit,
            "take": self._take,
            "acknowledge": self._acknowledge,
            "outcomes": self._outcomes,
            "ledger": self._ledger,
            "find": self._find,
            "probe": self._probe,
            "timeline": self._timeline,
            "withdraw": self._decide,
            "resend": self._decide,
            "movement": self._movement,
            "movements": self._movements,
            "status": self._say_status,
            "capacity": self._say_capacity,
            **keeping_answers(self._service.keeping),
            **days_answers(self._service.days),
            **attachment_answers(lambda: self._service.attachments, _submit_result),
            **pause_answers(self._service.pauses),
            **preflight_answers(lambda: self._service.foresight),
            **quarantine_answers(self._service.quarantine),
            **dead_letter_answers(self._service.dead_letters),
        }
        try:
            answer = answers.get(kind)
            if answer is None:
                return _error("request_unknown", "this node does not know that request")
            return answer(request)
        except CorridorError as error:
            return _error(error.code, str(error))
        except Exception as error:  # noqa: BLE001 - told and logged; other requests go on
            event_logger().error(
                "local_request.failed", method=kind or "", cause=type(error).__name__,
                stage=place_of(error.__traceback__),
            )  # fmt: skip
            return _error("internal", _INTERNAL)

    def _submit(self, request: local.LocalRequest) -> local.LocalReply:
        offered = [
            Offered(
                one.recipient,
                one.record,
                one.record_id if one.HasField("record_id") else None,
                Lane(one.lane - 1) if 1 <= one.lane <= len(Lane) else None,
                self._lanes,
            )
            for one in request.submit.submissions
        ]
        reply = local.LocalReply(submit=local.SubmitReply())
        reply.submit.results.extend(map(_submit_result, self._service.submit(offered)))
        return reply

    def _take(self, request: local.LocalRequest) -> local.LocalReply:
        asked = request.take
        reply = local.LocalReply(take=local.TakeReply())
        for one in self._service.take(
            _cursor(asked.after), _limit(asked.limit), asked.wait_ms / 1000
        ):
            reply.take.deliveries.append(_delivery(one))
        return reply

    def _acknowledge(self, request: local.LocalRequest) -> local.LocalReply:
        count = self._service.acknowledge(_cursor(request.acknowledge.up_to), "socket")
        return local.LocalReply(acknowledge=local.AcknowledgeReply(acknowledged=count))

    def _outcomes(self, request: local.LocalRequest) -> local.LocalReply:
        asked = request.outcomes
        reply = local.LocalReply(outcomes=local.OutcomesReply())
        for one in self._service.outcomes(
            _cursor(asked.after), _limit(asked.limit), asked.wait_ms / 1000
        ):
            reply.outcomes.outcomes.add(
                cursor=one.cursor,
                recipient=one.peer,
                record_id=one.record_id,
                accepted=one.verdict is Verdict.ACCEPTED,
                reason=one.reason.label if one.reason else "",
                accepted_ms=one.accepted_ms,
                receipted_ms=one.receipted_ms,
                sha256=one.sha256,
            )
        return reply

    def _ledger(self, request: local.LocalRequest) -> local.LocalReply:
        reply = local.LocalReply(ledger=local.LedgerReply())
        for one in self._service.timeline(request.ledger.record_id).sent:
            reply.ledger.lines.append(told_line(one))
        return reply

    def _timeline(self, request: local.LocalRequest) -> local.LocalReply:
        timeline = self._service.timeline(request.timeline.record_id)
        return local.LocalReply(timeline=timeline_reply(timeline))

    def _decide(self, request: local.LocalRequest) -> local.LocalReply:
        if request.HasField("withdraw"):
            asked, decide = request.withdraw, self._service.withdraw
        else:
            asked, decide = request.resend, self._service.resend  # type: ignore[assignment]
        decided = decide(asked.record_id, asked.recipient, asked.why)
        return local.LocalReply(decided=decided_reply(decided))

    def _find(self, request: local.LocalRequest) -> local.LocalReply:
        asked = request.find
        if asked.kind not in TERM_KINDS:
            return _error("term_unknown", f"a record is found by: {', '.join(TERM_KINDS)}")
        reply = local.LocalReply(find=local.FindReply())
        for one in self._service.find(asked.kind, asked.value, _limit(asked.limit)):
            reply.find.found.add(
                record_id=one.record_id,
                sent=[ledger_line(line) for line in one.sent],
                received=[_delivery(delivery) for delivery in one.received],
            )
        return reply

    def _probe(self, request: local.LocalRequest) -> local.LocalReply:
        answer = self._service.probe(request.probe.recipient)
        return local.LocalReply(probe=local.ProbeReply(result=_submit_result(answer)))

    def _movement(self, request: local.LocalRequest) -> local.LocalReply:
        view, drafts = self._service.movements.show(request.movement.reference)
        reply = local.LocalReply(movement=local.MovementReply(json=json.dumps(view)))
        for one in drafts:
            reply.movement.drafts.add(
                kind=one.draft.kind.value, recipient=one.draft.recipient, record=one.record
            )
        return reply

    def _movements(self, request: local.LocalRequest) -> local.LocalReply:
        asked = request.movements
        lines = self._service.movements.under_way(_limit(asked.limit), overdue=asked.overdue)
        return local.LocalReply(movements=local.MovementsReply(json=json.dumps(lines)))

    def _say_capacity(self, _request: local.LocalRequest) -> local.LocalReply:
        told = json.dumps(self._service.capacity())
        return local.LocalReply(capacity=local.CapacityReply(json=told))

    def _say_status(self, _request: local.LocalRequest) -> local.LocalReply:
        return local.LocalReply(status=local.StatusReply(json=json.dumps(self._status())))


def _submit_result(answer: Answer) -> local.SubmitResult:
    if answer[2:] == _NO_MORE_TOLD:  # nearly every record: a third of the cost
        return local.SubmitResult(status=answer.status, record_id=answer.record_id)
    return local.SubmitResult(
        status=answer.status,
        record_id=answer.record_id,
        reason=answer.reason.label if answer.reason else "",
        faults=answer.faults,
        left_out=answer.left_out,
        paused=answer.paused,
        foreseen=map(country, answer.foreseen),
    )


def _delivery(one: InboxRecord) -> local.LocalDelivery:
    return local.LocalDelivery(
        cursor=one.cursor,
        sender=one.peer,
        record_id=one.record_id,
        record_type=one.record_type,
        record=body_in(one),
        received_ms=one.received_ms,
        possible_repeat=one.possible_repeat,
    )


def _has_begun(connection: socket.socket) -> bool:
    """Wait for the next request to begin; False where the client has closed."""
    connection.settimeout(None)
    begun = bool(connection.recv(1, socket.MSG_PEEK))
    connection.settimeout(_PATIENCE_S)
    return begun


def _turn_away(connection: socket.socket) -> None:
    event_logger().warning("local_client.refused", count=_MAX_CONNECTIONS)
    connection.settimeout(0.1)
    reply = _error("busy", f"{_MAX_CONNECTIONS} programs are connected; a node takes no more")
    with suppress(OSError), connection:
        send_message(connection, reply.SerializeToString())


def _limit(asked: int) -> int:
    return min(asked or _DEFAULT_LIMIT, _MAX_LIMIT)


def _cursor(asked: int) -> int:
    return min(asked, _MAX_CURSOR)


def _error(code: str, message: str) -> local.LocalReply:
    return local.LocalReply(error=local.LocalError(code=code, message=message))


def _bind(path: Path) -> socket.socket:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if path.is_socket():
            _refuse_if_served(path)
            path.unlink()
        old_mask = os.umask(0o177)
        try:
            listener.bind(str(path))
        finally:
            os.umask(old_mask)
        listener.listen(_MAX_CONNECTIONS)
    except OSError as error:
        listener.close()
        raise ConfigurationError(
            f"gateway.socket {path} cannot be bound: {error.strerror or error}",
            cure="name a place that this user may write to, in at most 107 bytes",
        ) from None
    except ConfigurationError:
        listener.close()
        raise
    return listener


def _refuse_if_served(path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        try:
            probe.connect(str(path))
        except OSError:
            return
    raise ConfigurationError(
        f"gateway.socket {path} is served by a node that is running",
        cure="end that one first; an endpoint has one active node",
    )
