"""The other end of the local socket, for the command line, the lab and adapters in Python."""

import json
import socket
import struct
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from corridor.errors import LocalTrouble, NodeHangs, NodeRefused
from corridor.gateway.framing import receive_message, send_message
from corridor.wire.local import parse_reply
from corridor.wire.v1 import local_pb2 as local

READ_S: Final = 10.0
"""For what a node tells from memory and small tables: one that takes longer hangs."""
_CREDENTIALS: Final = struct.Struct("3i")  # process, user, group, as struct ucred has them
_HANGS_CURE: Final = "restart its service: what it accepted is kept; the log's end may say why"


class LocalClient:
    """One connection to a node; use as a context manager; not shared between threads."""

    def __init__(self, path: Path, timeout_s: float = 60.0) -> None:
        """Connect to the node that serves `path`.

        Raises:
            LocalTrouble: No node answers there.
            NodeHangs: One listens there, and takes nobody in.
        """
        self._timeout_s = timeout_s
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout_s)
        try:
            self._socket.connect(str(path))
        except (BlockingIOError, TimeoutError):
            self._socket.close()
            raise NodeHangs(
                f"the node listens at {path} and takes nobody in: it hangs, or is overrun",
                cure=_HANGS_CURE,
            ) from None
        except OSError as error:
            self._socket.close()
            raise LocalTrouble(
                f"no node answers at {path} ({error.strerror or error})",
                cure="start it: `corridor run` with the same --config",
            ) from None

    def __enter__(self) -> Self:
        """Return the client itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connection."""
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def submit(self, submissions: Sequence[local.LocalSubmission]) -> Sequence[local.SubmitResult]:
        """Offer records; returns one result for each, in order."""
        request = local.LocalRequest(submit=local.SubmitRequest(submissions=submissions))
        return self._ask(request).submit.results

    def take(
        self, after: int, *, limit: int = 0, wait_ms: int = 0
    ) -> Sequence[local.LocalDelivery]:
        """Return records of partners after a cursor, waiting for the first one."""
        asked = local.TakeRequest(after=after, limit=limit, wait_ms=wait_ms)
        return self._ask(local.LocalRequest(take=asked)).take.deliveries

    def acknowledge(self, up_to: int) -> int:
        """Acknowledge every record up to a cursor."""
        asked = local.AcknowledgeRequest(up_to=up_to)
        return self._ask(local.LocalRequest(acknowledge=asked)).acknowledge.acknowledged

    def outcomes(
        self, after: int, *, limit: int = 0, wait_ms: int = 0
    ) -> Sequence[local.LocalOutcome]:
        """Return what became of submitted records, waiting for the first outcome."""
        asked = local.OutcomesRequest(after=after, limit=limit, wait_ms=wait_ms)
        return self._ask(local.LocalRequest(outcomes=asked)).outcomes.outcomes

    def ledger(self, record_id: bytes) -> Sequence[local.LocalLedgerLine]:
        """Return how far a record has come, one line for each recipient."""
        asked = local.LedgerRequest(record_id=record_id)
        return self._ask(local.LocalRequest(ledger=asked)).ledger.lines

    def find(self, kind: str, value: str, *, limit: int = 0) -> Sequence[local.LocalFound]:
        """Return records, sent or received, that carry a term: an MRN, a seal, ..."""
        asked = local.FindRequest(kind=kind, value=value, limit=limit)
        return self._ask(local.LocalRequest(find=asked)).find.found

    def probe(self, recipient: str) -> local.SubmitResult:
        """Have a canary sent to a partner; returns its record id, or why there is none."""
        request = local.LocalRequest(probe=local.ProbeRequest(recipient=recipient))
        return self._ask(request).probe.result

    def timeline(self, record_id: bytes) -> local.TimelineReply:
        """Return the whole way of the records under an id."""
        asked = local.TimelineRequest(record_id=record_id)
        return self._ask(local.LocalRequest(timeline=asked)).timeline

    def withdraw(
        self, record_id: bytes, why: str, *, recipient: str = ""
    ) -> Sequence[local.LocalDecided]:
        """Withdraw a record that has not left, from one partner or from all."""
        asked = local.WithdrawRequest(record_id=record_id, recipient=recipient, why=why)
        return self._ask(local.LocalRequest(withdraw=asked)).decided.decided

    def resend(
        self, record_id: bytes, why: str, *, recipient: str = ""
    ) -> Sequence[local.LocalDecided]:
        """Send a record again, to one partner or to all."""
        asked = local.ResendRequest(record_id=record_id, recipient=recipient, why=why)
        return self._ask(local.LocalRequest(resend=asked)).decided.decided

    def movement(self, reference: str) -> tuple[dict[str, Any], Sequence[local.LocalDraft]]:
        """Return where a movement stands, and the records that may be sent about it."""
        asked = local.MovementRequest(reference=reference)
        told = self._ask(local.LocalRequest(movement=asked)).movement
        view: dict[str, Any] = json.loads(told.json)
        return view, told.drafts

    def movements(self, *, overdue: bool = False, limit: int = 0) -> list[dict[str, Any]]:
        """Return the movements that have not ended, or only those that are overdue."""
        asked = local.MovementsRequest(overdue=overdue, limit=limit)
        told = self._ask(local.LocalRequest(movements=asked)).movements
        lines: list[dict[str, Any]] = json.loads(told.json)
        return lines

    def status(self) -> dict[str, Any]:
        """Return how the node is; the keys are those of `corridor status --json`."""
        request = local.LocalRequest(status=local.StatusRequest())
        status: dict[str, Any] = json.loads(self._ask(request).status.json)
        return status

    def place_hold(
        self, kind: str, value: str, reason: str, by: str, until_ms: int | None = None
    ) -> dict[str, Any]:
        """Let nothing be erased that this names."""
        asked = local.PlaceHoldRequest(
            kind=kind, value=value, reason=reason, by=by, until_ms=until_ms
        )
        return self._keeping(local.LocalRequest(place_hold=asked))

    def release_hold(self, number: int, reason: str, by: str) -> dict[str, Any]:
        """Let it be erased again."""
        asked = local.ReleaseHoldRequest(number=number, reason=reason, by=by)
        return self._keeping(local.LocalRequest(release_hold=asked))

    def holds(self) -> dict[str, Any]:
        """Return every hold there ever was."""
        return self._keeping(local.LocalRequest(holds=local.HoldsRequest()))

    def erase(self, record_id: bytes, reason: str, by: str) -> dict[str, Any]:
        """Erase the content of a record wherever nothing stands against it."""
        asked = local.EraseRequest(record_id=record_id, reason=reason, by=by)
        return self._keeping(local.LocalRequest(erase=asked))

    def capacity(self) -> dict[str, Any]:
        """Return what disk the node needs."""
        request = local.LocalRequest(capacity=local.CapacityRequest())
        found: dict[str, Any] = json.loads(self._ask(request).capacity.json)
        return found

    def days(self, peer: str = "", day: int = 0, limit: int = 0) -> dict[str, Any]:
        """Return days that were compared with partners, and the cases that are open."""
        asked = local.DaysRequest(peer=peer, day=day, limit=limit)
        return self._days(local.LocalRequest(days=asked))

    def day(self, peer: str, day: int) -> dict[str, Any]:
        """Return what both sides hold of a day, in whole days since 1970-01-01."""
        return self._days(local.LocalRequest(day=local.DayRequest(peer=peer, day=day)))

    def count_days(self, peer: str, day: int = 0) -> dict[str, Any]:
        """Have a day counted and told now; without one the last seven."""
        asked = local.CountDaysRequest(peer=peer, day=day)
        return self._days(local.LocalRequest(count_days=asked))

    def _days(self, request: local.LocalRequest) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._ask(request).days.json)
        return found

    def pause(self, peer: str, why: str, by: str) -> list[dict[str, Any]]:
        """Have nothing more sent to a partner; returns every pause there is now."""
        asked = local.PauseRequest(peer=peer, why=why, by=by)
        return self._pauses(local.LocalRequest(pause=asked))

    def resume(self, peer: str) -> list[dict[str, Any]]:
        """Have what waits for a partner sent; returns every pause there is still."""
        return self._pauses(local.LocalRequest(resume=local.ResumeRequest(peer=peer)))

    def pauses(self) -> list[dict[str, Any]]:
        """Return every pause."""
        return self._pauses(local.LocalRequest(pauses=local.PausesRequest()))

    def acceptances(self) -> list[dict[str, Any]]:
        """Return what every partner has said that its national system accepts."""
        return self._preflight(local.LocalRequest(acceptances=local.AcceptancesRequest()))

    def preflight(self, record: bytes) -> list[dict[str, Any]]:
        """Return what each country on the way would do with a serialised TransitRecord."""
        asked = local.PreflightRequest(record=record)
        return self._preflight(local.LocalRequest(preflight=asked))

    def _preflight(self, request: local.LocalRequest) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self._ask(request).preflight.json)
        return found

    def _pauses(self, request: local.LocalRequest) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self._ask(request).pauses.json)
        return found

    def _keeping(self, request: local.LocalRequest) -> dict[str, Any]:
        done: dict[str, Any] = json.loads(self._ask(request).keeping.json)
        return done

    def ask(self, request: local.LocalRequest) -> local.LocalReply:
        """Ask anything; the methods above know what.

        Raises:
            NodeRefused: The node answered that it cannot.
            NodeHangs: It runs and does not answer.
            LocalTrouble: It stopped answering.
        """
        return self._ask(request)

    def _process(self) -> int:
        """Return the process that listens at the other end."""
        found = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        return int(_CREDENTIALS.unpack(found)[0])

    def _ask(self, request: local.LocalRequest) -> local.LocalReply:
        try:
            send_message(self._socket, request.SerializeToString())
            body = receive_message(self._socket)
        except TimeoutError:
            raise NodeHangs(
                f"the node runs (pid {self._process()}) and does not answer within "
                f"{self._timeout_s:g} s",
                cure=_HANGS_CURE,
            ) from None
        except OSError as error:
            raise LocalTrouble(f"the node stopped answering: {error}") from None
        if body is None:
            raise LocalTrouble("the node closed the connection; it may be stopping")
        reply = parse_reply(body)
        if reply.HasField("error"):
            raise NodeRefused(f"{reply.error.code}: {reply.error.message}")
        return reply
