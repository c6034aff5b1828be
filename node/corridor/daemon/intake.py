"""Judges what a national system offers, before any of it is kept.

Rules:

* each record is judged by itself; one that is refused does not touch the others;
* a refusal names its reason, and where the content is at fault every rule and path, never a value;
* the rules of the schema are asked of all records together: that costs a tenth;
* a record is kept as its recipient may see it; what was left out is told to who submitted it.
"""

import os
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, Protocol

from corridor.daemon.foreseen import CountrySays, refusals
from corridor.daemon.offers import Answer, Offered
from corridor.errors import Reason, Refused
from corridor.exchange.lanes import LanePlan
from corridor.exchange.values import Lane, Submission
from corridor.transit.calendar import written
from corridor.transit.identifiers import uuid7
from corridor.transit.movement import Role
from corridor.transit.parties import CountryCode, Endpoint
from corridor.trust.ending import has_left, why_ended
from corridor.trust.view import TrustView
from corridor.wire import limits
from corridor.wire.authority import false_claim, roles_of
from corridor.wire.batches import ATTACHMENT, SCHEMA_ID, Entry, encode_entry
from corridor.wire.long_records import (
    decode_whole,
    faults_of_whole,
    is_long,
    shorten,
    without_original,
)
from corridor.wire.projection import project
from corridor.wire.records import (
    Terms,
    check_records,
    encode_record,
    index_terms,
    record_type_of,
)
from corridor.wire.v1.records_pb2 import TransitRecord

_ID_RANDOM_BYTES: Final = 10
_DEFAULT_LANES: Final = LanePlan()


Holds = Callable[[str, int], bool]


class Ahead(Protocol):
    """Looks what countries on the way will do with a record."""

    refuses: bool
    """Whether a record is refused that one of them will refuse."""

    def look(
        self, raw: bytes, record_type: int, peer: Endpoint | None, record: TransitRecord | None, /
    ) -> tuple[CountrySays, ...]:
        """Return what each of them will do; nothing for a record without a dataset."""


_EXCHANGE: Final = 20
_LAST_ROLE: Final = max(Role)
_NO_WHOLE: Final = "whole.without_its_file header.whole"
_NO_FILE: Final = "attachment.without_its_file attachment"


def _unknown_movement(_mrn: str, _role: int) -> bool:
    return True


class Whole(NamedTuple):
    """A record that is longer than a record may be (PROTOCOL §13.5)."""

    body: bytes
    """All of it, serialised."""
    short: TransitRecord
    """What of it travels as a record."""


class Examined(NamedTuple):
    """A record that may be kept, and what was left out of it for its recipient."""

    submission: Submission
    left_out: tuple[str, ...] = ()
    foreseen: tuple[CountrySays, ...] = ()
    whole: Whole | None = None
    """Of a long record, whose entry gets the manifest of its file before it is kept."""
    forbidden: tuple[str, ...] = ()
    """Why it is kept only if it was before: countries on the way will refuse it."""

    @property
    def refusal(self) -> Answer:
        """The answer where it was not kept before."""
        record_id = self.submission.record_id
        why = Reason.FORESEEN_REFUSAL
        return Answer("refused", record_id, why, self.forbidden, foreseen=self.foreseen)


class _Parsed(NamedTuple):
    peer: Endpoint
    record_id: bytes
    kind: int
    lane: Lane
    record: TransitRecord
    offered: Offered
    left_out: tuple[str, ...]
    as_offered: bytes
    """The record, with what its recipient is not entitled to."""


def examine(  # noqa: PLR0913 - what is offered, and everything by which it is judged
    offered: Sequence[Offered],
    me: Endpoint,
    trust: TrustView,
    now_ms: int,
    *,
    has_room: bool,
    holds: Holds = _unknown_movement,
    lanes: LanePlan = _DEFAULT_LANES,
    ahead: Ahead | None = None,
) -> list[Examined | Answer]:
    """Return for each offered record what to keep, or why it is refused, in order.

    `holds` says of an MRN and a role whether we may hold it, as far as the itinerary is known;
    `ahead` looks what countries on the way will do with a record.
    """
    if not has_room:
        return [_no_room(one, now_ms) for one in offered]
    desk = _Desk(me, trust, now_ms, lanes)
    parsed = [desk.parse(one) for one in offered]
    sound = [one for one in parsed if isinstance(one, _Parsed)]
    usual = [one for one in sound if not is_long(one.offered.record)]
    faults = iter(
        check_records([one.record for one in usual], [one.offered.record for one in usual])
    )
    country = me.country
    return [
        one
        if isinstance(one, Answer)
        else _examined(
            one,
            country,
            faults_of_whole(one.record) if is_long(one.offered.record) else next(faults),
            holds,
            ahead,
        )
        for one in parsed
    ]


def _examined(
    parsed: _Parsed, country: str, faults: tuple[str, ...], holds: Holds, ahead: Ahead | None
) -> Examined | Answer:
    faults = faults or _without_file(parsed)
    if faults:
        return Answer("refused", parsed.record_id, Reason.RECORD_INVALID, faults)
    claim = false_claim(parsed.record, parsed.kind, country)
    if claim is not None:
        return Answer("refused", parsed.record_id, claim.reason, (claim.detail,))
    terms = index_terms(parsed.record)
    if not _held(parsed, terms, holds):
        detail = "role.not_held header.sender_role"
        return Answer("refused", parsed.record_id, Reason.ROLE_NOT_HELD, (detail,))
    foreseen = _foreseen(parsed, ahead) if ahead else ()
    forbidden = refusals(foreseen) if ahead and ahead.refuses else ()
    body = parsed.offered.record
    try:
        whole = Whole(body, shorten(parsed.record)) if is_long(body) else None
    except Refused as refused:
        return Answer("refused", parsed.record_id, refused.reason, (refused.detail,))
    if whole is not None:
        body = encode_record(whole.short)
    entry = encode_entry(Entry(parsed.record_id, parsed.kind, SCHEMA_ID, None, body))
    kept = Submission(parsed.peer, parsed.record_id, parsed.kind, parsed.lane, entry, terms)
    return Examined(kept, parsed.left_out, foreseen, whole, forbidden)


def _foreseen(parsed: _Parsed, ahead: Ahead) -> tuple[CountrySays, ...]:
    record = None if parsed.left_out else parsed.record
    return ahead.look(parsed.as_offered, parsed.kind, parsed.peer, record)


def _without_file(parsed: _Parsed) -> tuple[str, ...]:
    """Return the fault of a manifest whose file is not here."""
    if parsed.kind == ATTACHMENT and not parsed.offered.with_file:
        return (_NO_FILE,)
    return (_NO_WHOLE,) if parsed.record.header.HasField("whole") else ()


def _held(parsed: _Parsed, terms: Terms, holds: Holds) -> bool:
    """Whether we may hold the role that is claimed, or one that would do; anybody may ask."""
    role = parsed.record.header.sender_role
    roles = (role,) if 0 < role <= _LAST_ROLE else roles_of(parsed.kind)
    if not roles or parsed.kind == _EXCHANGE:
        return True
    return all(any(holds(value, one) for one in roles) for kind, value in terms if kind == "mrn")


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
        peer = self._known.get(offered.recipient) or refuse_recipient(
            offered.recipient, self._trust, self._partners
        )
        record = decode_whole(offered.record)
        kind = record_type_of(record)
        allowed = self._allowed.get((peer, kind))
        if allowed is None:
            allowed = self._trust.authorises(self._me, peer, kind, self._now_ms)
            self._allowed[peer, kind] = allowed
        if not allowed:
            raise self._not_allowed(peer, kind)
        lane = self._lanes.choose(kind, offered.lane, offered.lanes)
        left_out, as_offered = project(record, kind, peer[:2]), offered.record
        if left_out:
            offered = offered._replace(record=encode_record(record))
        if is_long(offered.record) and not self._takes_files(peer):
            record, offered, left_out = _made_short(record, offered, left_out)
        return _Parsed(peer, record_id, kind, lane, record, offered, left_out, as_offered)

    def _takes_files(self, peer: Endpoint) -> bool:
        return self._trust.authorises(self._me, peer, ATTACHMENT, self._now_ms)

    def _not_allowed(self, peer: Endpoint, kind: int) -> Refused:
        ended = why_ended(self._trust, self._me, peer, kind, self._now_ms)
        if ended is None:
            detail = f"no agreement lets us send type {kind} to {peer}"
            return Refused(Reason.NOT_AUTHORISED, detail)
        detail = f"agreement {ended[0]!r} with {peer} ended at {written(ended[1])}"
        return Refused(Reason.AGREEMENT_ENDED, detail)


def _made_short(
    record: TransitRecord, offered: Offered, left_out: tuple[str, ...]
) -> tuple[TransitRecord, Offered, tuple[str, ...]]:
    """Leave the original out for a partner to whom no file may go.

    Raises:
        Refused: RECORD_TOO_LARGE: it is too long without it.
    """
    body = without_original(record)
    if body is None:
        raise Refused(
            Reason.RECORD_TOO_LARGE,
            f"{len(offered.record)} bytes, and no agreement lets files (type {ATTACHMENT}) pass",
        )
    left = (*left_out, "header.original.content")
    return decode_whole(body), offered._replace(record=body), left


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
