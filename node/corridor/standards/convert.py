"""A record of one standard as a message of another, and an account of what does not fit.

Rules:

* nothing is made up: what the other standard demands and the record lacks is named as missing;
* what only says again what the record holds is filled in: numbers in a list by position, the mass
  of the only house from that of the whole;
* what the other standard cannot say is lost, what it says otherwise is narrowed; both are found by
  reading back what was written, and told by the element of the source;
* what does not fit the form that the other standard gives it is written all the same, and named: it
  is neither cut nor filled up.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from corridor.errors import Reason, Refused
from corridor.standards.findings import MISSING, Finding
from corridor.standards.mapper import Encoded, Mapped
from corridor.standards.standard import Standard
from corridor.wire.messages import Message
from corridor.wire.v1 import types_pb2 as types
from corridor.wire.v1.records_pb2 import TransitRecord

_MARKS: Final = ("role", "kind", "scheme")
_OWN: Final = (
    "header.source",
    "header.residual",
    "header.original",
    "header.model_version",
    "header.occurred_at",
)
_UNTOLD: Final = frozenset(  # of the record's own making, or numbers of positions
    ("sequence", "number", "declaration_number", "format", "scheme", "role", "kind", "sender_role")
)
_NUMBERED: Final = "sequence"
_NAMED: Final = frozenset({"Particular", "Fact", "NamedValue"})
_ABOUT_ITSELF: Final = "document"  # a particular: of the paper, not of the goods
_TELLING: Final = 4  # characters from which on the same text elsewhere is no chance


class Difference(NamedTuple):
    """What another standard does not say as the source did.

    Attributes:
        field: Where it stands in the record.
        element: Where it came from, "" where the record has it from elsewhere.
        value: What stands there.
    """

    field: str
    element: str
    value: str


@dataclass(frozen=True, slots=True)
class Converted:
    """A record as a message of another standard.

    `misfits` are values that the other standard has no such form for: it would refuse them.
    """

    standard: str
    written: Encoded
    lost: tuple[Difference, ...]
    narrowed: tuple[Difference, ...]
    misfits: tuple[Finding, ...] = ()


class Envelope(NamedTuple):
    """Who hands a message to whom; facts of the delivery, not of the record.

    Attributes:
        sender: Endpoint of the partner.
        recipient: Our endpoint.
        message_id: The record's id, hexadecimal.
        prepared: When the record came, in UTC: "2026-11-26T08:30:00".
    """

    sender: str
    recipient: str
    message_id: str
    prepared: str


def convert(mapped: Mapped, to: Standard) -> Converted:
    """Write a record that was read in one standard in another one.

    Raises:
        Refused: As `to.encode` and `to.again` do; SOURCE_UNSUPPORTED for a standard that is not
            written from others.
    """
    return convert_record(mapped.record, mapped.places, to)


def convert_record(
    told: TransitRecord, places: Mapping[str, str], to: Standard, envelope: Envelope | None = None
) -> Converted:
    """Write a record in a standard; see `convert`.

    Args:
        told: The record.
        places: From which element of its source each field came; nothing where nobody knows.
        to: The standard.
        envelope: Who hands the message to whom, for a standard whose messages say that.
    """
    written = written_as(told, to, envelope)
    back = to.again(written)
    lost, narrowed = _differences(told, places, back.record)
    return Converted(to.name, written, lost, narrowed, misfits(back))


def misfits(back: Mapped) -> tuple[Finding, ...]:
    """Return what a standard does not take of a message that was written in it and read again."""
    return tuple(one for one in back.findings if one.refuses and one.rule != MISSING)


def written_as(told: TransitRecord, to: Standard, envelope: Envelope | None = None) -> Encoded:
    """Write a record in a standard, without the account; see `convert_record`.

    Raises:
        Refused: As `to.encode` does; SOURCE_UNSUPPORTED for a standard that is not written from
            others.
    """
    if told.header.source.standard == to.name:
        return to.encode(told, False)
    if not to.from_others:
        raise Refused(
            Reason.SOURCE_UNSUPPORTED, f"{to.name} is not written from other standards here"
        )
    record = prepared(told)
    to.prepare(record)
    if envelope is not None and to.addressed:
        _address(record, envelope)
    record.header.source.message = to.encode(record, False).message
    return to.encode(record, False)


def _address(record: TransitRecord, envelope: Envelope) -> None:
    source = record.header.source
    source.ClearField("correlation_id")
    source.sender, source.recipient = envelope.sender, envelope.recipient
    source.message_id = envelope.message_id
    source.prepared_at.lexical = envelope.prepared
    source.prepared_at.format = types.DATE_FORMAT_LOCAL_DATE_TIME


def prepared(told: TransitRecord) -> TransitRecord:
    """Return a copy of a record without its source, with what it says only by position."""
    record = TransitRecord()
    record.CopyFrom(told)
    for field in ("standard", "version"):
        record.header.source.ClearField(field)
    record.header.ClearField("original")
    del record.header.residual[:]
    _number(record)
    for consignment in _consignments(record):
        _number_items(consignment)
    return record


def _number(message: Any) -> None:  # noqa: ANN401 (any message)
    """Number the members of each list by position, where the sender numbered none of them."""
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        items = list(value) if field.is_repeated else [value]
        if field.is_repeated and _NUMBERED in field.message_type.fields_by_name:
            _number_list(items)
        for item in items:
            _number(item)


def _number_list(items: list[Any]) -> None:
    if any(item.HasField(_NUMBERED) for item in items):
        return
    seen: Counter[int | None] = Counter()
    for item in items:
        mark = _mark(item)
        seen[mark] += 1
        item.sequence = seen[mark]


def _mark(message: Any) -> int | None:  # noqa: ANN401 (any message)
    """Return what distinguishes a member of a list by its meaning: its role, kind or scheme."""
    told = (getattr(message, name, None) for name in _MARKS)
    return next((mark for mark in told if isinstance(mark, int)), None)


def _consignments(record: TransitRecord) -> Iterator[Any]:
    body: Any = getattr(record, record.WhichOneof("body") or "header")
    if hasattr(body, "dataset") and body.dataset.HasField("consignment"):
        yield body.dataset.consignment


def _number_items(consignment: Any) -> None:  # noqa: ANN401 (a Consignment)
    houses = consignment.houses
    for house in houses:
        _by_position(house.items, "number")
    _by_position([item for house in houses for item in house.items], "declaration_number")
    alone = len(houses) == 1 and not houses[0].HasField("gross_mass")
    if alone and consignment.HasField("gross_mass"):
        houses[0].gross_mass.CopyFrom(consignment.gross_mass)


def _by_position(items: Any, field: str) -> None:  # noqa: ANN401 (GoodsItems)
    if any(item.HasField(field) for item in items):
        return
    for position, item in enumerate(items, 1):
        setattr(item, field, position)


class _Said(NamedTuple):
    path: str
    plain: str
    value: str


_Differences = tuple[Difference, ...]


def _differences(
    told: TransitRecord, places: Mapping[str, str], back: TransitRecord
) -> tuple[_Differences, _Differences]:
    again = Counter((one.plain, one.value) for one in _leaves(back, "", ""))
    there = {plain for plain, _ in again}
    said = {value for _, value in again if len(value) >= _TELLING}
    lost: list[Difference] = []
    narrowed: list[Difference] = []
    for one in _leaves(told, "", ""):
        if again[one.plain, one.value] > 0:
            again[one.plain, one.value] -= 1
            continue
        found = Difference(one.path, _element(places, one.path), one.value)
        otherwise = one.plain in there or one.value in said
        (narrowed if otherwise else lost).append(found)
    return tuple(lost), tuple(narrowed)


def _element(places: Mapping[str, str], path: str) -> str:
    """Find the element a field came from: its own, or that of the nearest message around it."""
    while path:
        if path in places:
            return places[path]
        path = path.rpartition(".")[0]
    return ""


def _leaves(message: Message, path: str, plain: str) -> Iterator[_Said]:
    """Name what a record says, without what it says of itself."""
    named = message.DESCRIPTOR.name in _NAMED
    for field, value in message.ListFields():
        name, at = field.name, f"{path}{field.name}"
        if at in _OWN or name in _UNTOLD or (named and name == "name"):
            continue
        items = list(enumerate(value)) if field.is_repeated else [(None, value)]
        for number, item in items:
            place = at if number is None else f"{at}[{number}]"
            if field.message_type is None:
                yield _Said(place, plain + name, str(item))
                continue
            label = "" if number is None else _label(item)
            if label != _ABOUT_ITSELF:
                yield from _leaves(item, f"{place}.", f"{plain}{name}({label}).")


def _label(message: Any) -> str:  # noqa: ANN401 (any message)
    """Say which of several a message is, other than by its position."""
    if message.DESCRIPTOR.name in _NAMED:
        return str(message.name)
    mark = _mark(message)
    return "" if mark is None else str(mark)
