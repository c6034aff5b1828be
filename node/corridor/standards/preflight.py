"""Before a message leaves: which country on its way will refuse it, and why.

Rules:

* a country is asked about by what it has published (`Acceptance`), never guessed: one that has
  published nothing has not said;
* a message is judged as the country does: by its rules, and by its code lists where the same codes
  are at hand; a list that is not at hand is named, and nothing is concluded from it;
* a country that reads another standard is sent nothing that it cannot read: what that standard
  demands and the record lacks is its reason to refuse;
* nothing is written or read again for a country that refuses nothing it can read.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, NamedTuple, Protocol

from corridor.errors import Reason, Refused
from corridor.standards.acceptance import Acceptance, countries_of
from corridor.standards.codelist import CodeList, Unknown
from corridor.standards.convert import Envelope, misfits, written_as
from corridor.standards.findings import Finding, refuse
from corridor.standards.judging import Judging, Rules
from corridor.standards.mapper import Options
from corridor.standards.ncts.judge import RULE_SET
from corridor.standards.standard import (
    Standard,
    recognise,
    standard_as_it_came,
    standard_named,
    standards,
)
from corridor.wire.batches import type_label
from corridor.wire.v1.records_pb2 import TransitRecord

_RULES: Final = "rules"
_MAX_TRIED: Final = 4
"""Standards in which a record is written for one country: no partner slows our sending down."""
_DELIVERY: Final = Envelope("sender", "recipient", "0" * 32, "2000-01-01T00:00:00")
"""What the recipient's node fills in when it hands a message over; nothing of it is shown."""


class Versions(Protocol):
    """Code lists at hand by publication."""

    def published(self, number: str, version: str, content_sha256: bytes, /) -> CodeList | None:
        """Return the list of a number and day if it has these codes, None where it is not here."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a country will do with a message.

    Attributes:
        country: Which.
        said: Whether it has published what it accepts.
        refusals: Why it will refuse; empty where it will not.
        not_at_hand: What it may refuse by and is not here: code lists ("CL231 2026-11-20"), its
            rules where others are evaluated here, standards that this node does not speak.
    """

    country: str
    said: bool = False
    refusals: tuple[Finding, ...] = ()
    not_at_hand: tuple[str, ...] = ()


class Bench:
    """A country that has published what it accepts, ready to be asked: its lists are read once."""

    def __init__(self, said: Acceptance, here: Versions) -> None:
        """Read the code lists by which it may refuse, as far as they are at hand."""
        self.said = said
        self._found: dict[str, CodeList] = {}
        missing = []
        for number, one in said.lists.items():
            if said.rules is not Rules.REFUSE and one.unknown is not Unknown.REFUSE:
                continue
            codes = here.published(number, one.version, one.content_sha256)
            if codes is None:
                missing.append(f"{number} {one.version}")
            else:
                self._found[number] = replace(codes, unknown=one.unknown)
        if said.rules is Rules.REFUSE and said.rule_set not in {"", RULE_SET}:
            missing.append(f"{_RULES} {said.rule_set}")
        self.not_at_hand = tuple(missing)

    def named(self, number: str, _day: str, /) -> CodeList | None:
        """Return its list of a number, whatever the day: it will judge by that one."""
        return self._found.get(number)

    @property
    def judging(self) -> Judging:
        """By what it judges."""
        return Judging(self, self.said.rules)


def forecast(
    document: bytes, options: Options, published: Mapping[str, Acceptance], here: Versions
) -> tuple[Forecast, ...]:
    """Say what each country on the way will do with a message.

    Args:
        document: The message.
        options: How it is read.
        published: What countries accept, by country.
        here: Code lists at hand.

    Raises:
        Refused: The message cannot be read, or the own node would not take it either.
    """
    known = recognise(document, options)
    mapped = known.standard.decode(document, options)
    refuse(mapped.findings)
    shown = _Shown(mapped.record, options, _Source(known.standard, known.message, document))
    countries = countries_of(mapped.record)
    benches = {one: Bench(published[one], here) for one in countries if one in published}
    return _foresee(shown, benches, countries, 0)


def foresee(
    record: TransitRecord,
    record_type: int,
    benches: Mapping[str, Bench],
    options: Options,
    countries: Iterable[str],
) -> tuple[Forecast, ...]:
    """Say what each of some countries will do with a record of any source.

    Args:
        record: The record; it is not changed.
        record_type: Its type.
        benches: The countries that have published what they accept.
        options: How messages of this node's standards are read.
        countries: Which are asked.
    """
    return _foresee(_Shown(record, options), benches, countries, record_type)


def _foresee(
    shown: "_Shown", benches: Mapping[str, Bench], countries: Iterable[str], record_type: int
) -> tuple[Forecast, ...]:
    told: list[Forecast] = []
    for country in countries:
        bench = benches.get(country)
        if bench is None:
            told.append(Forecast(country))
            continue
        found, unknown = shown.to(bench)
        why = (*_unknown_type(bench.said, record_type), *found)
        told.append(Forecast(country, True, why, (*bench.not_at_hand, *unknown)))
    return tuple(told)


class _Source(NamedTuple):
    """The message that a record was read from."""

    standard: Standard
    message: str
    document: bytes


class _Shown:
    """A record, shown to several countries: written in its own standard once."""

    def __init__(
        self, record: TransitRecord, options: Options, source: _Source | None = None
    ) -> None:
        self._record = record
        self._options = options
        self._source = source

    def to(self, bench: Bench) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
        """Return why a country will refuse the message, and what of that is not known here."""
        said, own = bench.said, self._own
        try:
            if own is None or own.name not in said.standards:
                return self._elsewhere(said)
            if said.standards[own.name] and not said.reads(own.name, self._written[0]):
                return self._elsewhere(said)
            return (self._judged(own, bench) if said.is_strict else ()), ()
        except Refused as refused:
            return (self._finding(refused.detail, refused.reason),), ()

    @cached_property
    def _own(self) -> Standard | None:
        """The standard that the record came in; None where that is not known here."""
        if self._source is not None:
            return self._source.standard
        name = self._record.header.source.standard
        return next((one for one in standards(self._options.dialect) if one.name == name), None)

    @cached_property
    def _written(self) -> tuple[str, bytes]:
        """The message that it is in its own standard, and its document."""
        if self._source is not None:
            return self._source.message, self._source.document
        written = standard_as_it_came(
            self._record.header.source.standard, self._options.dialect
        ).encode(self._record, True)
        return written.message, written.document

    def _judged(self, own: Standard, bench: Bench) -> tuple[Finding, ...]:
        options = self._options
        judged = Options(options.limits, dialect=options.dialect, judging=bench.judging)
        found = own.decode(self._written[1], judged).findings
        return tuple(one for one in found if one.refuses)

    def _elsewhere(self, said: Acceptance) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
        """Return why no standard of a country can say it; unknown ones prove nothing."""
        found: list[Finding] = []
        unknown: list[str] = []
        for count, name in enumerate(said.standards):
            try:
                to = standard_named(name if count < _MAX_TRIED else "")
            except Refused:
                unknown.append(f"standard {name}")
                continue
            why = self._cannot_be(said, to)
            if not why:
                return (), ()
            found.append(self._finding(f"reads no {self._called}; as {name}: {why}"))
        return ((), tuple(unknown)) if unknown else (tuple(found), ())

    def _cannot_be(self, said: Acceptance, to: Standard) -> str:
        """Return why a country cannot read the record as a message of a standard; "" if it can."""
        try:
            written = written_as(self._record, to, _DELIVERY)
            if written.missing:
                return f"{', '.join(dict.fromkeys(written.missing))} is missing"
            wrong = misfits(to.again(written))
        except Refused as refused:
            return refused.detail
        if wrong:
            return f"it does not take {', '.join(dict.fromkeys(one.path for one in wrong))}"
        reads = said.reads(to.name, written.message)
        return "" if reads else f"reads no {written.message} either"

    @property
    def _called(self) -> str:
        """The message as people name it."""
        source = self._record.header.source
        if self._source is not None:
            return f"{self._source.standard.name} {self._source.message}"
        named = " ".join(filter(None, (source.standard, source.message)))
        return named or f"record of type {self._record.WhichOneof('body')}"

    def _finding(self, words: str, reason: Reason = Reason.SOURCE_UNSUPPORTED) -> Finding:
        path = self._source.message if self._source else self._record.header.source.message
        return Finding(path or "record", "standard", words, refuses=True, reason=reason)


def _unknown_type(said: Acceptance, record_type: int) -> tuple[Finding, ...]:
    if not record_type or not said.record_types or record_type in said.record_types:
        return ()
    words = f"its node hands on no record of type {type_label(record_type)}"
    return (Finding("", "record_type", words, refuses=True, reason=Reason.RECORD_TYPE),)
