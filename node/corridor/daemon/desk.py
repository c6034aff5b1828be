"""What an officer can ask of one record, and decide about it.

Rules:

* what is told is decided in `exchange.ledger` from what the store holds; nothing is guessed;
* a decision and its reason are recorded in one transaction with its effect, or not at all;
* nobody seals while a record is withdrawn: either an envelope holds it, or it never will;
* a person's words go into the store, sealed, and never into a log.
"""

import os
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from corridor.daemon.logs import event_logger
from corridor.daemon.words import words_of
from corridor.errors import ActRefused, Refused
from corridor.exchange.cues import Cue, ResendAsked, Way
from corridor.exchange.ledger import (
    Resend,
    Standing,
    Steps,
    how_resent,
    standing_of,
    why_not_withdrawn,
)
from corridor.exchange.values import Lane, Submission
from corridor.store.port import Store, Transaction
from corridor.store.values import Act, ActKind, Arrival, LedgerLine
from corridor.transit.calendar import written
from corridor.transit.identifiers import uuid7
from corridor.transit.parties import Endpoint
from corridor.trust.view import TrustView
from corridor.wire.batches import Entry, decode_entry, encode_entry
from corridor.wire.records import Terms, index_terms, record_of


@dataclass(frozen=True, slots=True)
class Told:
    """One line of the ledger with where it stands."""

    line: LedgerLine
    partner: str
    """The partner as people call it."""
    standing: Standing
    acts: Sequence[Act]


@dataclass(frozen=True, slots=True)
class Timeline:
    """One record: how far ours has come with each partner, and theirs here."""

    record_id: bytes
    sent: Sequence[Told]
    received: Sequence[Arrival]


@dataclass(frozen=True, slots=True)
class Decided:
    """What came of a decision."""

    peer: Endpoint
    kind: ActKind
    record_id: bytes
    """The record that is on its way now; the one withdrawn."""


@dataclass(frozen=True, slots=True)
class Sending:
    """What the desk needs of the sending side; the defaults are of one that is not there."""

    lock: AbstractContextManager[object] = field(default_factory=threading.Lock)
    """Held while records are sealed."""
    tell: Callable[[Sequence[Cue]], None] = lambda _: None
    way: Callable[[Endpoint], Way] = lambda _: Way.OPEN
    connected: Callable[[], bool] = lambda: True


class Desk:
    """Answers for single records; safe to call from several threads."""

    def __init__(
        self,
        store: Store,
        trust: Callable[[], TrustView],
        now_ms: Callable[[], int],
        sending: Sending,
        terms_of_long: Callable[[bytes], Terms] | None = None,
    ) -> None:
        """Look into `store`; act through `sending`.

        `terms_of_long` says what a long record of ours is found by, given its entry; without it
        that is what travels of it.
        """
        self._terms_of_long = terms_of_long
        self._store = store
        self._trust = trust
        self._now_ms = now_ms
        self._sending = sending

    def timeline(self, record_id: bytes) -> Timeline:
        """Return how far the records under an id have come."""
        told = [self._told(line) for line in self._store.ledger(record_id)]
        timeline = Timeline(record_id, told, self._store.arrivals(record_id))
        self._store.make_durable()
        return timeline

    def withdraw(self, record_id: bytes, recipient: str, why: str) -> list[Decided]:
        """Withdraw a record, from one partner or, where `recipient` is empty, from all.

        Raises:
            ActRefused: It is unknown, or somebody may hold it; nothing was withdrawn.
        """
        why = words_of(why)
        with self._sending.lock:
            lines = self._lines(record_id, recipient)
            for line in lines:
                partner = self._name(line.peer)
                if fault := why_not_withdrawn(steps_of(line), partner, clock):
                    raise ActRefused(f"not withdrawn from {partner}: {fault}")
            now_ms = self._now_ms()
            act = Act(ActKind.WITHDRAWN, now_ms, why)
            with self._store.transaction() as change:
                for line in lines:
                    self._withdraw(change, line, act)
        return [_note(line, ActKind.WITHDRAWN, record_id) for line in lines]

    def _withdraw(self, change: Transaction, line: LedgerLine, act: Act) -> None:
        if not change.withdraw(line.peer, line.record_id, act.at_ms):
            raise ActRefused(f"not withdrawn from {self._name(line.peer)}: it is being sealed")
        change.keep_act(line.peer, line.record_id, act)

    def resend(self, record_id: bytes, recipient: str, why: str) -> list[Decided]:
        """Send a record again, to one partner or, where `recipient` is empty, to all.

        Raises:
            ActRefused: It is unknown, or that would not help; nothing was sent again.
        """
        why = words_of(why)
        lines = self._lines(record_id, recipient)
        ways = [self._how(line) for line in lines]
        now_ms = self._now_ms()
        decided: list[Decided] = []
        cues: list[Cue] = []
        with self._store.transaction() as change:
            for line, how in zip(lines, ways, strict=True):
                if how is Resend.ANEW:
                    new_id = self._anew(change, line, why, now_ms)
                    decided.append(_note(line, ActKind.RESENT, new_id))
                else:
                    position = change.position_of(line.peer, record_id)
                    if position is not None:
                        cues.append(ResendAsked(line.peer, (position,)))
                    change.keep_act(line.peer, record_id, Act(ActKind.REPEATED, now_ms, why))
                    decided.append(_note(line, ActKind.REPEATED, record_id))
        self._sending.tell(cues)
        return decided

    def _how(self, line: LedgerLine) -> Resend:
        partner = self._name(line.peer)
        how, fault = how_resent(steps_of(line), partner, clock, line.again)
        if how is None:
            raise ActRefused(f"not sent again to {partner}: {fault}")
        return how

    def send_anew(self, line: LedgerLine, why: str) -> bytes:
        """Send what was refused or given up in a new record; returns its id.

        Raises:
            ActRefused: That was done already, or its content was erased.
        """
        with self._store.transaction() as change:
            new_id = self._anew(change, line, why, self._now_ms())
        _note(line, ActKind.RESENT, new_id)
        return new_id

    def _anew(self, change: Transaction, line: LedgerLine, why: str, now_ms: int) -> bytes:
        """Accept the same content as a new record that supersedes the refused one."""
        kept = change.outgoing(line.peer, line.record_id)
        before = [act.again for act in change.acts(line.peer, line.record_id) if act.again]
        if kept is None or before:  # somebody was quicker
            raise ActRefused(f"it was sent again as {before[0].hex() if before else '-'}")
        if not kept.entry:
            raise ActRefused("its content was erased; submit it again")
        entry = decode_entry(kept.entry)
        new_id = uuid7(now_ms, os.urandom(10))
        anew = Entry(new_id, entry.record_type, entry.schema_id, line.record_id, entry.body)
        terms = self._terms(anew)
        lane = Lane(kept.lane)
        change.accept(
            Submission(line.peer, new_id, entry.record_type, lane, encode_entry(anew), terms),
            now_ms,
        )
        change.keep_act(line.peer, line.record_id, Act(ActKind.RESENT, now_ms, why, new_id))
        return new_id

    def _terms(self, anew: Entry) -> Terms:
        try:
            record = record_of(anew)
        except Refused:  # a canary has no terms
            return ()
        if self._terms_of_long is not None and record.header.HasField("whole"):
            return self._terms_of_long(encode_entry(anew))
        return index_terms(record)

    def _lines(self, record_id: bytes, recipient: str) -> list[LedgerLine]:
        lines = list(self._store.ledger(record_id))
        if not lines:
            raise ActRefused(f"no record {record_id.hex()} was submitted to this node")
        chosen = [one for one in lines if not recipient or one.peer.is_called(recipient)]
        if not chosen:
            partners = ", ".join(one.peer for one in lines)
            raise ActRefused(f"the record is not for {recipient}; it is for: {partners}")
        return chosen

    def _told(self, line: LedgerLine) -> Told:
        partner = self._name(line.peer)
        standing = standing_of(
            steps_of(line),
            partner,
            clock,
            way=self._sending.way(line.peer),
            connected=self._sending.connected(),
        )
        with self._store.reading() as view:
            acts = view.acts(line.peer, line.record_id)
        return Told(line, partner, standing, acts)

    def _name(self, peer: Endpoint) -> str:
        member = self._trust().member(peer)
        return member.administration if member else peer


def steps_of(line: LedgerLine) -> Steps:
    """Return what the ledger knows of the way."""
    return Steps(
        line.accepted_ms,
        line.sealed_ms,
        line.confirmed_ms,
        line.published_ms,
        line.receipted_ms,
        line.verdict,
        line.reason,
        line.handed_ms,
        line.acknowledged_ms,
        line.telling,
    )


def clock(unix_ms: int) -> str:
    """Write a time for an officer; in UTC, since partners live by other clocks."""
    return written(unix_ms, "%Y-%m-%d %H:%M:%S UTC")


def _note(line: LedgerLine, kind: ActKind, record_id: bytes) -> Decided:
    log = event_logger()
    if kind is ActKind.WITHDRAWN:
        log.warning("record.withdrawn", record_id=line.record_id, peer=line.peer)
    elif kind is ActKind.RESENT:
        log.warning("record.resent", record_id=line.record_id, peer=line.peer)
    else:
        log.warning("record.repeated", record_id=line.record_id, peer=line.peer)
    return Decided(line.peer, kind, record_id)
