"""A partner's record as a message of this country's standard, and an account for the officer.

Rules:

* nothing is made up: where the standard demands what the record does not say, or has no such form
  for what it says, there is no message, and the account names each element; the record itself is
  delivered all the same;
* what the message cannot say, or says otherwise, stands in the account in the words of customs;
* a message that came in this standard is given back as it came, and needs no account.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from corridor.errors import Refused
from corridor.standards.convert import Converted, Difference, convert_record
from corridor.standards.convert import Envelope as Envelope  # noqa: PLC0414 (an export on purpose)
from corridor.standards.explain import in_words
from corridor.standards.findings import MISSING as MISSING  # noqa: PLC0414 (an export on purpose)
from corridor.standards.standard import Standard
from corridor.wire.v1.records_pb2 import TransitRecord

MISFIT: Final = "format"
"""Why there is no message: the standard has no such form for what the record says."""
FAILED: Final = "internal"
"""Why there is no message: writing it failed."""
_OF_THE_EXCHANGE: Final = frozenset(
    ("header.caused_by", "header.sender_sequence", "header.recorded_ms")
)
"""What nodes tell each other about order; no officer's matter."""
_INSTANT: Final = ".unix_ms"  # beside the date as it was written
_MAX_WORDS: Final = 300
"""Characters of a value in the account for people."""


class Unsaid(NamedTuple):
    """What a message does not say as the record does.

    Attributes:
        field: Where it stands in the record.
        words: The same in the words of customs.
        value: What stands there.
    """

    field: str
    words: str
    value: str


class Misfit(NamedTuple):
    """A value that the standard does not take.

    Attributes:
        element: Where it would stand in the message.
        words: What the standard has there.
    """

    element: str
    words: str


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a record in a standard.

    Attributes:
        standard: The standard that was asked for.
        message: Its message, "" where it has none for this record.
        reason: Why there is no message: MISSING, MISFIT, or the label of a reason; "" where there
            is one.
        detail: The same in words.
        missing: Elements that the standard demands and the record does not hold.
        lost: What the message cannot say.
        narrowed: What it says with other characters, or at another place.
        misfits: What the record says and the standard does not take.
    """

    standard: str
    message: str
    reason: str = ""
    detail: str = ""
    missing: tuple[str, ...] = ()
    lost: tuple[Unsaid, ...] = ()
    narrowed: tuple[Unsaid, ...] = ()
    misfits: tuple[Misfit, ...] = ()

    @property
    def silent(self) -> bool:
        """Whether there is nothing to tell: the message says what the record says."""
        return not (self.reason or self.lost or self.narrowed)

    def as_json(self) -> dict[str, Any]:
        """Return the account for machines."""
        return {
            "standard": self.standard,
            "message": self.message or None,
            "delivered": not self.reason,
            "reason": self.reason or None,
            "detail": self.detail or None,
            "missing": list(self.missing),
            "misfits": [one._asdict() for one in self.misfits],
            "lost": [one._asdict() for one in self.lost],
            "narrowed": [one._asdict() for one in self.narrowed],
        }

    def as_text(self) -> str:
        """Return the account for people."""
        return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        name = f"{self.message} of {self.standard}" if self.message else self.standard
        if self.reason:
            yield f"There is no {name} for this record: {self.detail} ({self.reason})."
            yield "The record is delivered in Corridor's own form; nothing of it is lost."
        else:
            yield (
                f"The record was written as {name}; {len(self.lost)} of its values cannot be said"
                f" in it, {len(self.narrowed)} are said otherwise."
            )
        if self.missing:
            yield f"{self.standard} demands, and the record does not say:"
            yield from (f"  {one}" for one in self.missing)
        if self.misfits:
            yield f"{self.standard} does not take what the record says in:"
            yield from (f"  {one.element}: {one.words}" for one in self.misfits)
        if self.lost:
            yield "The record says, and the message cannot:"
            yield from (f"  {one.words}: {_short(one.value)}" for one in self.lost)
        if self.narrowed:
            yield "The message says otherwise, or at another place:"
            yield from (f"  {one.words}: {_short(one.value)}" for one in self.narrowed)


@dataclass(frozen=True, slots=True)
class Delivered:
    """A record as a message; `document` is None where there is none, and the report says why."""

    document: bytes | None
    media_type: str
    report: Report


def deliver(record: TransitRecord, to: Standard, envelope: Envelope) -> Delivered:
    """Write a record in a standard; refuses nothing itself, it tells.

    Args:
        record: As the partner sent it.
        to: The standard of this country's system.
        envelope: Who hands it to whom.
    """
    try:
        if record.header.source.standard == to.name:
            return _as_it_came(record, to)
        made = convert_record(record, {}, to, envelope)
    except Refused as refused:
        why = refused.detail or refused.reason.label
        return Delivered(None, "", Report(to.name, "", refused.reason.label, why))
    missing = tuple(dict.fromkeys(made.written.missing))
    report = _report(record, made, missing)
    document = None if report.reason else made.written.document
    return Delivered(document, made.written.media_type, report)


def failed(standard: str) -> Delivered:
    """Return what is told where a mistake of Corridor itself kept a message from being written."""
    detail = "a mistake of Corridor itself; the operator's log names it"
    return Delivered(None, "", Report(standard, "", FAILED, detail))


def not_whole(standard: str) -> Delivered:
    """Return what is told where the file with all of the record is not beside the store."""
    detail = (
        "the record is longer than a record may be, and the file with all of it is not beside the"
        " store; the operator puts `attachments` of a copy back, or the sender sends it anew"
    )
    return Delivered(None, "", Report(standard, "", FAILED, detail))


def _as_it_came(record: TransitRecord, to: Standard) -> Delivered:
    original = record.header.original
    written = to.encode(record, True)
    if original.content and original.media_type == written.media_type:
        report = Report(to.name, written.message)
        return Delivered(original.content, written.media_type, report)
    missing = tuple(dict.fromkeys(written.missing))
    if missing:
        report = Report(to.name, written.message, MISSING, _demands(to.name, missing), missing)
        return Delivered(None, written.media_type, report)
    return Delivered(written.document, written.media_type, Report(to.name, written.message))


def _report(record: TransitRecord, made: Converted, missing: tuple[str, ...]) -> Report:
    def told(differences: tuple[Difference, ...]) -> tuple[Unsaid, ...]:
        return tuple(
            Unsaid(one.field, in_words(record, one.field), one.value)
            for one in differences
            if one.field not in _OF_THE_EXCHANGE and not one.field.endswith(_INSTANT)
        )

    misfits = tuple(Misfit(one.path, one.words) for one in made.misfits)
    reason, detail = "", ""
    if missing:
        reason, detail = MISSING, _demands(made.standard, missing)
    elif misfits:
        reason = MISFIT
        detail = f"{made.standard} does not take {len(misfits)} value(s) that the record has"
    return Report(
        made.standard,
        made.written.message,
        reason,
        detail,
        missing,
        told(made.lost),
        told(made.narrowed),
        misfits,
    )


def _demands(standard: str, missing: tuple[str, ...]) -> str:
    return f"{standard} demands {len(missing)} element(s) that the record does not say"


def _short(value: str) -> str:
    line = " ".join(value.split())
    return line if len(line) <= _MAX_WORDS else f"{line[:_MAX_WORDS]}…"
