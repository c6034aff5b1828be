"""Records of ours that could not be delivered: seen by kind, sent anew, or dismissed.

Rules:

* a record is sent anew at most once: that it was stands in the transaction that accepts the new
  one, so that a run that was broken off goes on where it was, and two runs share the work;
* what would be refused again at once is not sent: without an agreement, without room, erased, or
  refused for what the record itself says;
* `unanswered` says that the partner may have it: it is sent anew only where it is named;
* a person's words go into the store, sealed, and never into a log.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from corridor.daemon.desk import Desk, clock, steps_of
from corridor.daemon.logs import event_logger
from corridor.daemon.quarantine import reason_of
from corridor.daemon.words import by_whom, words_of
from corridor.errors import ActRefused, InputTrouble, Reason
from corridor.exchange.ledger import Resend, how_resent
from corridor.exchange.values import Verdict
from corridor.store.port import Store
from corridor.store.quarantine_port import DeadGroup, DeadLetter
from corridor.store.values import Act, ActKind, LedgerLine
from corridor.transit.parties import Endpoint
from corridor.trust.view import TrustView
from corridor.wire.batches import type_label

MAX_AT_ONCE: Final = 64
"""Records in one request: each is a transaction of its own."""
MAX_LISTED: Final = 1_000
NO_REASON: Final = "none"
"""How a refusal without a reason is named."""
_UNKNOWN: Final = "it is not known"


class DeadLetters:
    """Answers for records of ours that were refused or given up; safe from several threads."""

    def __init__(  # noqa: PLR0913 - its collaborators
        self,
        store: Store,
        me: Endpoint,
        trust: Callable[[], TrustView],
        desk: Desk,
        *,
        has_room: Callable[[], bool],
        wake: Callable[[], None],
        now_ms: Callable[[], int],
    ) -> None:
        """Look into `store`; send anew through `desk`, and `wake` the sender."""
        self._store = store
        self._me = me
        self._trust = trust
        self._desk = desk
        self._has_room = has_room
        self._wake = wake
        self._now_ms = now_ms

    def groups(self) -> dict[str, Any]:
        """Return what there is, by partner and reason."""
        with self._store.reading() as view:
            groups = view.dead_groups()
        return {"now_ms": self._now_ms(), "groups": [_group(one) for one in groups]}

    def letters(
        self,
        peer: str,
        reason: str,
        *,
        before_ms: int | None = None,
        after: int = 0,
        limit: int = MAX_LISTED,
    ) -> dict[str, Any]:
        """Return records of one kind, ascending by row, each with how it would be sent anew.

        Raises:
            InputTrouble: There is no such reason.
        """
        named = None if reason == NO_REASON else reason_of(reason)
        with self._store.reading() as view:
            found = view.dead_letters(
                Endpoint(peer), named, before_ms=before_ms, after=after,
                limit=min(limit, MAX_LISTED),
            )  # fmt: skip
        return {"now_ms": self._now_ms(), "letters": [self._told(one) for one in found]}

    def redrive(
        self, letters: Sequence[tuple[str, bytes]], why: str, by: str, *, unanswered: bool
    ) -> dict[str, Any]:
        """Send records anew, as (peer, record id); returns the new ids, and of others why not.

        Args:
            letters: Which.
            why: A person's reason.
            by: Who asks.
            unanswered: Whether that of which the partner may have a copy is sent as well.

        Raises:
            InputTrouble: There is no reason, or there are too many records.
        """
        words = _check(letters, why, by)
        sent: list[dict[str, Any]] = []
        left: list[dict[str, Any]] = []
        for peer, record_id in letters:
            told = {"peer": peer, "record_id": record_id.hex()}
            try:
                again = self._redrive(Endpoint(peer), record_id, words, unanswered=unanswered)
            except ActRefused as refused:
                left.append({**told, "why": refused.message})
            else:
                sent.append({**told, "again": again.hex()})
        if sent:
            self._wake()
            event_logger().warning("dead_letters.redriven", count=len(sent))
        return {"sent": sent, "left": left}

    def dismiss(self, letters: Sequence[tuple[str, bytes]], why: str, by: str) -> dict[str, Any]:
        """Say that nothing more is done about records; they stay in the store as they are.

        Only of what was refused or given up: one under way may still be refused, and then it has to
        be seen.

        Raises:
            InputTrouble: There is no reason, or there are too many records.
        """
        words = _check(letters, why, by)
        done: list[dict[str, Any]] = []
        left: list[dict[str, Any]] = []
        # a final verdict stands: what is read before the transaction holds in it
        lines = {one: self._line(Endpoint(one[0]), one[1]) for one in letters}
        with self._store.transaction() as change:
            for peer, record_id in letters:
                told = {"peer": peer, "record_id": record_id.hex()}
                acts = change.acts(Endpoint(peer), record_id)
                if fault := _why_not_dismissed(lines[peer, record_id], acts):
                    left.append({**told, "why": fault})
                    continue
                act = Act(ActKind.DISMISSED, self._now_ms(), words)
                change.keep_act(Endpoint(peer), record_id, act)
                done.append(told)
        if done:
            event_logger().warning("dead_letters.dismissed", count=len(done))
        return {"dismissed": done, "left": left}

    def _redrive(self, peer: Endpoint, record_id: bytes, why: str, *, unanswered: bool) -> bytes:
        line = self._line(peer, record_id)
        if line is None:
            raise ActRefused(_UNKNOWN)
        if fault := self._why_not(line, unanswered=unanswered):
            raise ActRefused(fault)
        if not self._has_room():
            raise ActRefused("free disk space is below the configured floor")
        return self._desk.send_anew(line, why)

    def _line(self, peer: Endpoint, record_id: bytes) -> LedgerLine | None:
        return next((one for one in self._store.ledger(record_id) if one.peer == peer), None)

    def _told(self, one: DeadLetter) -> dict[str, Any]:
        line = next(each for each in self._store.ledger(one.record_id) if each.peer == one.peer)
        fault = "its content was erased; submit it again" if not one.size else ""
        return {
            "row": one.row,
            "peer": one.peer,
            "record_id": one.record_id.hex(),
            "type": type_label(one.record_type),
            "reason": _label(one.reason),
            "accepted_ms": one.accepted_ms,
            "final_ms": one.final_ms,
            "faults": list(one.faults),
            "why_not": fault or self._why_not(line, unanswered=True),
        }

    def _why_not(self, line: LedgerLine, *, unanswered: bool) -> str:
        """Say why a record is not sent anew; "" where it can be."""
        if line.reason is Reason.UNANSWERED and line.again is None and not unanswered:
            return "the partner may have it: name `--reason unanswered` to send it all the same"
        if line.reason not in {Reason.UNANSWERED, Reason.AGREEMENT_ENDED} or line.again:
            how, fault = how_resent(steps_of(line), line.peer, clock, line.again)
            if how is not Resend.ANEW:
                return fault or "it is under way: nothing is sent in its place"
        kind, now_ms = line.record_type, self._now_ms()
        if not self._trust().authorises(self._me, line.peer, kind, now_ms):
            return f"no agreement in force lets us send {type_label(kind)} to {line.peer}"
        return ""


def _why_not_dismissed(line: LedgerLine | None, acts: Sequence[Act]) -> str:
    """Say why a record is not dismissed; "" where it can be."""
    if line is None:
        return _UNKNOWN
    if line.verdict is not Verdict.REFUSED:
        return "it was neither refused nor given up"
    if any(act.kind is ActKind.DISMISSED for act in acts):
        return "it is dismissed already"
    return ""


def _check(letters: Sequence[tuple[str, bytes]], why: str, by: str) -> str:
    if len(letters) > MAX_AT_ONCE:
        raise InputTrouble(f"at most {MAX_AT_ONCE} records at once, not {len(letters)}")
    return f"{words_of(why)} (by {by_whom(by)})"


def _group(one: DeadGroup) -> dict[str, Any]:
    return {**one._asdict(), "reason": _label(one.reason)}


def _label(reason: Reason | None) -> str:
    return NO_REASON if reason is None else reason.label
