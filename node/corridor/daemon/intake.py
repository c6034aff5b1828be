"""Judges what a national system offers, before any of it is kept.

Rules:

* each record is judged by itself; one that is refused does not touch the others;
* a refusal names its reason, and where the content is at fault every rule and path, never a value;
* the rules of the schema are asked of all records together: that costs a tenth;
* a record is kept as its recipient may see it; what was left out is told to who submitted it.
"""

import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

from corridor.daemon.offers import Answer, Offered
from corridor.errors import Reason, Refused
from corridor.exchange.lanes import LanePlan
from corridor.exchange.values import Lane, Submission
from corridor.transit.identifiers import uuid7
from corridor.transit.movement import Role
from corridor.transit.parties import CountryCode, Endpoint
from corridor.trust.ending import has_left, why_ended
from corridor.trust.view import TrustView
from corridor.wire import limits
from corridor.wire.authority import false_claim
from corridor.wire.batches import SCHEMA_ID, Entry, encode_entry
from corridor.wire.projection import project
from corridor.wire.records import (
    Terms,
    check_records,
    decode_record,
    encode_record,
    index_terms,
    record_type_of,
)
from corridor.wire.v1.records_pb2 import TransitRecord

_ID_RANDOM_BYTES: Final = 10
_DEFAULT_LANES: Final = LanePlan()


Holds = Callable[[str, int], bool]
_EXCHANGE: Final = 20
_LAST_ROLE: Final = max(Role)


def _unknown_movement(_mrn: str, _role: int) -> bool:
    return True


class Examined(NamedTuple):
    """A record that may be kept, and what was left out of it for its recipient."""

    submission: Submission
    left_out: tuple[str, ...] = ()


class _Parsed(NamedTuple):
    peer: Endpoint
    record_id: bytes
    kind: int
    lane: Lane
    record: TransitRecord
    offered: Offered
    left_out: tuple[str, ...]


def examine(  # noqa: PLR0913 - what is offered, and everything by which it is judged
    offered: Sequence[Offered],
    me: Endpoint,
    trust: TrustView,
    now_ms: int,
    *,
    has_room: bool,
    holds: Holds = _unknown_movement,
    lanes: LanePlan = _DEFAULT_LANES,
) -> list[Examined | Answer]:
    """Return for each offered record what to keep, or why it is refused, in order.

    `holds` says of an MRN and a role whether we may hold it, as far as the itinerary is known.
    """
    if not has_room:
        return [_no_room(one, now_ms) for one in offered]
    desk = _Desk(me, trust, now_ms, lanes)
    parsed = [desk.parse(one) for one in offered]
    sound = [one for one in parsed if isinstance(one, _Parsed)]
    faults = iter(
        check_records([one.record for one in sound], [one.offered.record for one in sound])
    )
    country = me.country
    return [
        one if isinstance(one, Answer) else _examined(one, country, next(faults), holds)
        for one in parsed
    ]


def _examined(
    parsed: _Parsed, country: str, faults: tuple[str, ...], holds: Holds
) -> Examined | Answer:
    if faults:
        return Answer("refused", parsed.record_id, Reason.RECORD_INVALID, faults)
    claim = false_claim(parsed.record, parsed.kind, country)
    if claim is not None:
        return Answer("refused", parsed.record_id, claim.reason, (claim.detail,))
    offered = parsed.offered
    entry = encode_entry(Entry(parsed.record_id, parsed.kind, SCHEMA_ID, None, offered.record))
    terms = index_terms(parsed.record)
    if not _held(parsed, terms, holds):
        detail = "role.not_held header.sender_role"
        return Answer("refused", parsed.record_id, Reason.ROLE_NOT_HELD, (detail,))
    kept = Submission(parsed.peer, parsed.record_id, parsed.kind, parsed.lane, entry, terms)
    return Examined(kept, parsed.left_out)


def _held(parsed: _Parsed, terms: Terms, holds: Holds) -> bool:
    """Whether we may hold the role that is claimed; anybody may ask and answer."""
    role = parsed.record.header.sender_role
    if not 0 < role <= _LAST_ROLE or parsed.kind == _EXCHANGE:
        return True
    return all(holds(value, role) for kind, value in terms if kind == "mrn")


def utc_text(unix_ms: int) -> str:
    """Return a time as people read it in a refusal."""
    return f"{datetime.fromtimestamp(unix_ms / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _no_room(offered: Offered, now_ms: int) -> Answer:
    why = "free disk space is below the configured floor"
    return Answer("refused", _id_of(offered, now_ms), Reason.STORE_FULL, (why,))


def _id_of(offered: Offered, now_ms: int) -> bytes:
    return offered.record_id or uuid7(now_ms, os.urandom(_ID_RANDOM_BYTES))


class _Desk:
    """Parses what is offered at one moment; finds each recipient once."""

    def __init__(self, me: Endpoint, trust: TrustView, now_ms: int, lanes: LanePlan) -> None:
        self._me = me
        self._trust = trust
        self._now_ms = now_ms
        self._lanes = lanes
        self._partners = trust.partners(me, now_ms)
        self._allowed: dict[tuple[Endpoint, int], bool] = {}
        self._known: dict[str, Endpoint] = {
            name: partner for partner in self._partners for name in (partner, partner.country)
        }

    def parse(self, offered: Offered) -> _Parsed | Answer:
        """Return the record with its recipient, or why it is refused."""
        record_id = _id_of(offered, self._now_ms)
        try:
            return self._parse(offered, record_id)
        except Refused as refused:
            faults = (refused.detail,) if refused.detail else ()
            return Answer("refused", record_id, refused.reason, faults)

    def _parse(self, offered: Offered, record_id: bytes) -> _Parsed:
        if len(record_id) != limits.RECORD_ID_BYTES:
            raise Refused(Reason.RECORD_MALFORMED, f"a record id of {limits.RECORD_ID_BYTES} bytes")
        if len(offered.record) > limits.MAX_RECORD_BYTES - limits.ENTRY_OVERHEAD_BYTES:
            raise Refused(Reason.RECORD_TOO_LARGE, f"{len(offered.record)} bytes")
        peer = self._known.get(offered.recipient) or refuse_recipient(
            offered.recipient, self._trust, self._partners
        )
        record = decode_record(offered.record)
        kind = record_type_of(record)
        allowed = self._allowed.get((peer, kind))
        if allowed is None:
            allowed = self._trust.authorises(self._me, peer, kind, self._now_ms)
            self._allowed[peer, kind] = allowed
        if not allowed:
            raise self._not_allowed(peer, kind)
        lane = self._lanes.choose(kind, offered.lane, offered.lanes)
        left_out = project(record, kind, peer[:2])
        if left_out:
            offered = offered._replace(record=encode_record(record))
        return _Parsed(peer, record_id, kind, lane, record, offered, left_out)

    def _not_allowed(self, peer: Endpoint, kind: int) -> Refused:
        ended = why_ended(self._trust, self._me, peer, kind, self._now_ms)
        if ended is None:
            detail = f"no agreement lets us send type {kind} to {peer}"
            return Refused(Reason.NOT_AUTHORISED, detail)
        detail = f"agreement {ended[0]!r} with {peer} ended at {utc_text(ended[1])}"
        return Refused(Reason.AGREEMENT_ENDED, detail)


def refuse_recipient(text: str, trust: TrustView, partners: Sequence[Endpoint]) -> Endpoint:
    """Refuse a recipient that is no partner, and name those that are.

    Raises:
        Refused: UNKNOWN_RECIPIENT, or AGREEMENT_ENDED where it has left; always one of them.
    """
    try:
        named = Endpoint.parse(text) if "." in text else CountryCode.parse(text)
    except ValueError as error:
        raise Refused(Reason.UNKNOWN_RECIPIENT, str(error)) from None
    for member in trust.members():
        if named in (member.endpoint, member.endpoint.country) and has_left(trust, member.endpoint):
            raise Refused(Reason.AGREEMENT_ENDED, f"{member.endpoint} has left the network")
    known = ", ".join(partners) or "none"
    raise Refused(
        Reason.UNKNOWN_RECIPIENT, f"no agreement in force with {named}; partners are: {known}"
    )
