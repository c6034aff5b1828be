"""The records of an envelope are judged one by one (PROTOCOL §4.2, R18 and R19).

Rules:

* an envelope holds records of one family; control in a business envelope would create receipts
  of receipts, so that such an envelope is refused as a whole;
* authority is judged by the agreement in force when the envelope was created;
* contents are examined together, which costs less, and judged each for itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from corridor.errors import Reason, Refused
from corridor.exchange.parts import Examination, Examiner, Trust
from corridor.exchange.values import Family
from corridor.transit.parties import Endpoint
from corridor.wire.batches import (
    ATTACHMENT,
    Entry,
    decode_entry,
    is_business_family,
    is_of_later_version,
)
from corridor.wire.control import Control, decode_control


class JudgedRecord(NamedTuple):
    """A record with the reason for which it is refused, if it is."""

    record_id: bytes
    record_type: int
    raw: bytes
    reason: Reason | None = None
    faults: tuple[str, ...] = ()
    terms: tuple[tuple[str, str], ...] = ()
    parked: bool = False
    """Not refused: a later version knows its type, or its file is not here yet."""


@dataclass(frozen=True, slots=True)
class Content:
    """What an envelope was found to hold."""

    family: Family
    reason: Reason | None = None
    """Why the whole of it is refused."""
    records: tuple[JudgedRecord, ...] = ()
    control: tuple[Control, ...] = ()
    malformed: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Route:
    """From whom to whom, when, and under which agreements."""

    trust: Trust
    sender: Endpoint
    recipient: Endpoint
    created_ms: int

    def allows(self, record_type: int) -> bool:
        """Whether the agreement then in force covers the type (R18)."""
        return self.trust.authorises(self.sender, self.recipient, record_type, self.created_ms)


def judge_content(raw_records: Sequence[bytes], route: Route, examine: Examiner) -> Content:
    """Judge every record of an opened envelope."""
    entries = [_entry(raw) for raw in raw_records]
    types = {entry.record_type for entry in entries if isinstance(entry, Entry)}
    business = {record_type for record_type in types if is_business_family(record_type)}
    if types and not business:
        return _control(raw_records, entries)
    if business != types:
        return Content(Family.DATA, Reason.RECORD_TYPE)
    allowed = {record_type for record_type in types if route.allows(record_type)}
    later = {record_type for record_type in allowed if is_of_later_version(record_type)}
    sound = [e for e in entries if isinstance(e, Entry) and e.record_type in allowed - later]
    found = iter(examine(sound, route.sender.country) if sound else ())
    records: list[JudgedRecord] = []
    for raw, entry in zip(raw_records, entries, strict=True):
        if isinstance(entry, Refused):
            records.append(JudgedRecord(b"", 0, raw, entry.reason))
        elif entry.record_type not in allowed:
            reason = Reason.NOT_AUTHORISED
            records.append(JudgedRecord(entry.record_id, entry.record_type, raw, reason))
        elif entry.record_type in later:
            reason = Reason.RECORD_TYPE
            one_later = JudgedRecord(entry.record_id, entry.record_type, raw, reason, parked=True)
            records.append(one_later)
        else:
            records.append(_examined(entry, raw, next(found), route))
    return Content(Family.DATA, records=tuple(records))


def _examined(entry: Entry, raw: bytes, found: Examination, route: Route) -> JudgedRecord:
    head = (entry.record_id, entry.record_type, raw)
    if found.faults:
        return JudgedRecord(*head, found.reason, found.faults)
    if not found.has_file:
        return JudgedRecord(*head, terms=found.terms)
    if not route.allows(ATTACHMENT):
        return JudgedRecord(*head, Reason.NOT_AUTHORISED)
    # It waits for its chunks (§13.2), and is found once it is whole.
    return JudgedRecord(*head, Reason.ATTACHMENT_INCOMPLETE, parked=True)


def _entry(raw: bytes) -> Entry | Refused:
    try:
        return decode_entry(raw)
    except Refused as refused:
        return refused


def _control(raw_records: Sequence[bytes], entries: Sequence[Entry | Refused]) -> Content:
    """Read control records; the readable ones are kept as evidence and acted on."""
    records: list[JudgedRecord] = []
    control: list[Control] = []
    malformed: list[Reason] = []
    for raw, entry in zip(raw_records, entries, strict=True):
        try:
            if isinstance(entry, Refused):
                raise entry
            control.append(decode_control(entry.record_type, entry.body))
        except Refused as refused:
            malformed.append(refused.reason)
        else:
            records.append(JudgedRecord(entry.record_id, entry.record_type, raw))
    return Content(Family.CONTROL, None, tuple(records), tuple(control), tuple(malformed))
