"""What the national systems of partners accept, as this node believes it now; and what it says.

Rules (PROTOCOL §6.10):

* what is held is verified again whenever what this node believes has changed: a statement whose
  signer was revoked counts no more;
* a statement counts while it was said within the last seven days; silence is no consent;
* looking up is a look into a dictionary: the store is read only when something new was said.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from corridor.errors import Reason, Refused
from corridor.exchange.cues import AcceptsDue, Cue
from corridor.store.acceptances import OWN_ACCEPTANCE, HeldAcceptance
from corridor.store.port import Store
from corridor.transit.parties import Endpoint
from corridor.trust.acceptances import AcceptanceStatement, read_acceptance, require_from
from corridor.trust.view import TrustView
from corridor.wire import limits
from corridor.wire.acceptances import RULE_POLICY_REFUSE, RULE_POLICY_WARN
from corridor.wire.batches import type_label
from corridor.wire.codelists import REFUSE

_POLICY = {RULE_POLICY_WARN: "warn", RULE_POLICY_REFUSE: "refuse"}


class Standing(StrEnum):
    """Whether what a partner said counts."""

    COUNTS = "counts"
    STALE = "stale"
    """It was last said too long ago."""
    NOT_BELIEVED = "not_believed"
    """Its signer may sign no more."""
    NOTHING = "nothing"
    """It never said anything."""


class Said(NamedTuple):
    """What a partner said, as it stands now."""

    held: HeldAcceptance
    statement: AcceptanceStatement | None
    """None where it is not believed."""
    reason: Reason | None = None
    """Why it is not believed."""

    def standing(self, now_ms: int) -> Standing:
        """Return whether it counts at a time."""
        if self.statement is None:
            return Standing.NOT_BELIEVED
        # said far ahead: our clock was, and silence would count until it is there again
        stale = abs(now_ms - self.held.said_ms) > limits.ACCEPTS_COUNTS_MS
        return Standing.STALE if stale else Standing.COUNTS


class Acceptances:
    """What partners said, by country; safe to use from several threads."""

    def __init__(
        self,
        store: Store,
        trust: Callable[[], TrustView],
        me: Endpoint,
        now_ms: Callable[[], int],
        hear: Callable[[Sequence[Cue]], None] = lambda _: None,
    ) -> None:
        """Read `store`; `hear` tells the sending side that partners have to be told."""
        self._store = store
        self._trust = trust
        self._me = me
        self._now_ms = now_ms
        self._hear = hear
        self._lock = threading.Lock()
        self._heard = object()
        self._read_at: tuple[TrustView | None, object] = (None, None)
        self._held: Mapping[str, Said] = {}
        self._all: Sequence[Said] = ()

    def forget(self) -> None:
        """A partner said something: look into the store at the next question. Any thread."""
        self._heard = object()  # another one: threads that count up may lose a count

    def held(self) -> Mapping[str, Said]:
        """Return what every country said, by country; the same object while nothing changed.

        Of several partners of one country that counts which was issued last, of those that are
        believed (PROTOCOL §12.9).
        """
        trust, heard = self._trust(), self._heard
        seen, read = self._read_at
        if trust is not seen or heard is not read:
            with self._lock:  # what is said while it is read is read next time
                self._all = self._read(trust)
                self._held = {one.held.peer.country: one for one in sorted(self._all, key=_worth)}
                self._read_at = (trust, heard)
        return self._held

    def counting(self, now_ms: int) -> dict[str, AcceptanceStatement]:
        """Return what counts at a time, by country."""
        return {
            country: said.statement
            for country, said in self.held().items()
            if said.statement is not None and said.standing(now_ms) is Standing.COUNTS
        }

    def _read(self, trust: TrustView) -> Sequence[Said]:
        with self._store.reading() as view:
            rows = view.acceptances()
        return [_said(row, trust) for row in rows]

    # -- ours

    def own(self) -> bytes:
        """Return what we say, signed; empty where we say nothing."""
        with self._store.reading() as view:
            return view.setting(OWN_ACCEPTANCE) or b""

    def say(self, statement: bytes) -> None:
        """Have every partner told this; empty: say nothing more.

        Raises:
            StoreTrouble: It was not kept, and nobody is told.
        """
        with self._store.transaction() as change:
            change.put_setting(OWN_ACCEPTANCE, statement)
        self._hear([AcceptsDue(peer) for peer in self._partners()])

    # -- for people

    def rows(self) -> list[dict[str, Any]]:
        """Return how every partner stands, and what it said."""
        self.held()
        said, now_ms = {one.held.peer: one for one in self._all}, self._now_ms()
        peers = dict.fromkeys((*self._partners(), *said))
        return [_row(peer, said.get(peer), now_ms) for peer in peers]

    def _partners(self) -> Sequence[Endpoint]:
        return self._trust().partners(self._me, self._now_ms())


def _worth(said: Said) -> tuple[bool, int]:
    """Return by what one statement of a country stands behind another."""
    return said.statement is not None, said.held.issued_ms


def _said(row: HeldAcceptance, trust: TrustView) -> Said:
    try:
        statement = read_acceptance(row.statement, limits.MAX_ACCEPTS_BYTES)
        require_from(row.peer, statement, trust.signer)
    except Refused as refused:
        return Said(row, None, refused.reason)
    return Said(row, statement)


def _row(peer: Endpoint, said: Said | None, now_ms: int) -> dict[str, Any]:
    standing = said.standing(now_ms) if said else Standing.NOTHING
    row: dict[str, Any] = {
        "endpoint": peer,
        "state": standing.value,
        "reason": said.reason.label if said and said.reason else None,
        "issued_ms": said.held.issued_ms if said else None,
        "said_ms": said.held.said_ms if said else None,
        "taken_ms": said.held.taken_ms if said else None,
    }
    return {**row, **what_it_says(said.statement if said else None)}


def what_it_says(statement: AcceptanceStatement | None) -> dict[str, Any]:
    """Return what a statement says, as plain values; empty lists for none."""
    message = statement.message if statement else None
    if message is None:
        return {"standards": [], "rules": None, "rule_set": None, "lists": [], "record_types": []}
    return {
        "standards": [
            {"name": one.name, "messages": list(one.messages)} for one in message.standards
        ],
        "rules": _POLICY.get(message.rules, "off"),
        "rule_set": message.rule_set or None,
        "lists": [
            {
                "number": one.number,
                "version": one.version,
                "unknown": "refuse" if one.unknown == REFUSE else "warn",
            }
            for one in message.lists
        ],
        "record_types": [type_label(one) for one in message.record_types],
    }
