"""Judges what a national system offers, before any of it is kept.

Rules:

* each record is judged by itself; one that is refused does not touch the others;
* a refusal names its reason, and where the content is at fault every rule and path, never a value;
* the rules of the schema are asked of all records together: that costs a tenth.
"""

import os
from collections.abc import Sequence
from typing import Final, NamedTuple

from corridor.daemon.offers import Answer, Offered
from corridor.errors import Reason, Refused
from corridor.exchange.lanes import default_lane
from corridor.exchange.values import Submission
from corridor.transit.identifiers import uuid7
from corridor.transit.parties import CountryCode, Endpoint
from corridor.trust.view import TrustView
from corridor.wire import limits
from corridor.wire.batches import SCHEMA_ID, Entry, encode_entry
from corridor.wire.records import check_records, decode_record, index_terms, record_type_of
from corridor.wire.v1.records_pb2 import TransitRecord

_ID_RANDOM_BYTES: Final = 10


class _Parsed(NamedTuple):
    peer: Endpoint
    record_id: bytes
    kind: int
    record: TransitRecord
    offered: Offered


def examine(
    offered: Sequence[Offered], me: Endpoint, trust: TrustView, now_ms: int, *, has_room: bool
) -> list[Submission | Answer]:
    """Return for each offered record what to keep, or why it is refused, in order."""
    if not has_room:
        return [_no_room(one, now_ms) for one in offered]
    desk = _Desk(me, trust, now_ms)
    parsed = [desk.parse(one) for one in offered]
    sound = [one for one in parsed if isinstance(one, _Parsed)]
    faults = iter(
        check_records([one.record for one in sound], [one.offered.record for one in sound])
    )
    return [one if isinstance(one, Answer) else _examined(one, next(faults)) for one in parsed]


def _examined(parsed: _Parsed, faults: tuple[str, ...]) -> Submission | Answer:
    if faults:
        return Answer("refused", parsed.record_id, Reason.RECORD_INVALID, faults)
    offered = parsed.offered
    entry = encode_entry(Entry(parsed.record_id, parsed.kind, SCHEMA_ID, None, offered.record))
    lane = default_lane(parsed.kind) if offered.lane is None else offered.lane
    terms = index_terms(parsed.record)
    return Submission(parsed.peer, parsed.record_id, parsed.kind, lane, entry, terms)


def _no_room(offered: Offered, now_ms: int) -> Answer:
    why = "free disk space is below the configured floor"
    return Answer("refused", _id_of(offered, now_ms), Reason.STORE_FULL, (why,))


def _id_of(offered: Offered, now_ms: int) -> bytes:
    return offered.record_id or uuid7(now_ms, os.urandom(_ID_RANDOM_BYTES))


class _Desk:
    """Parses what is offered at one moment; finds each recipient once."""

    def __init__(self, me: Endpoint, trust: TrustView, now_ms: int) -> None:
        self._me = me
        self._trust = trust
        self._now_ms = now_ms
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
            offered.recipient, self._partners
        )
        record = decode_record(offered.record)
        kind = record_type_of(record)
        allowed = self._allowed.get((peer, kind))
        if allowed is None:
            allowed = self._trust.authorises(self._me, peer, kind, self._now_ms)
            self._allowed[peer, kind] = allowed
        if not allowed:
            raise Refused(Reason.NOT_AUTHORISED, f"no agreement lets us send type {kind} to {peer}")
        return _Parsed(peer, record_id, kind, record, offered)


def refuse_recipient(text: str, partners: Sequence[Endpoint]) -> Endpoint:
    """Refuse a recipient that is no partner, and name those that are.

    Raises:
        Refused: UNKNOWN_RECIPIENT, always.
    """
    try:
        named = Endpoint.parse(text) if "." in text else CountryCode.parse(text)
    except ValueError as error:
        raise Refused(Reason.UNKNOWN_RECIPIENT, str(error)) from None
    known = ", ".join(partners) or "none"
    raise Refused(
        Reason.UNKNOWN_RECIPIENT, f"no agreement in force with {named}; partners are: {known}"
    )
