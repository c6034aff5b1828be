"""Identifiers with a check digit, looked at once where a message comes in.

Rules:

* the form of an MRN or a GRN is a rule of the record; a wrong check digit, a container number that
  is none, a ship without its number are doubts: invented containers are everywhere, and one MRN in
  nine of published samples does not check;
* identifiers are looked at where the record holds them, whatever standard they came in.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from corridor.standards.findings import Finding
from corridor.transit.identifiers import ContainerNumber, Grn, ImoNumber, Mrn
from corridor.wire.messages import Message
from corridor.wire.v1 import goods_pb2 as goods
from corridor.wire.v1 import types_pb2 as types
from corridor.wire.walking import walk

_SHIP: Final = "10"
"""Kind of identification of a means of transport: an IMO number (the same in EU and UN lists)."""
CHECK_DIGIT: Final = "check_digit"
FORM: Final = "form"


class _Doubt(NamedTuple):
    field: str
    rule: str
    words: str


def doubts(record: Message, places: Mapping[str, str]) -> Iterator[Finding]:
    """Yield what is doubtful about the identifiers of a record.

    Args:
        record: The record.
        places: The element of each field, by its path in the record; a field that is not among
            them is named by its own path.
    """
    for path, message in walk(record, _NAMES):
        doubt = _LOOKS[message.DESCRIPTOR.full_name](message)
        if doubt is not None:
            field = f"{path}.{doubt.field}"
            yield Finding(places.get(field) or places.get(path) or field, doubt.rule, doubt.words)


def _identifier(message: types.Identifier) -> _Doubt | None:
    kind = _CHECKED.get(message.scheme)
    if kind is None or not kind.form.fullmatch(message.value):
        return None  # of another form it is refused by the rules of the record
    if kind(message.value).check_digit_holds:
        return None
    return _Doubt("value", CHECK_DIGIT, f"{kind.name} whose check digit is wrong")


def _equipment(message: goods.TransportEquipment) -> _Doubt | None:
    if not message.container:
        return None
    if not ContainerNumber.form.fullmatch(message.container):
        return _Doubt("container", FORM, "not of the form of a container number (ISO 6346)")
    if ContainerNumber(message.container).check_digit_holds:
        return None
    return _Doubt("container", CHECK_DIGIT, "a container number whose check digit is wrong")


def _means(message: goods.TransportMeans) -> _Doubt | None:
    if message.identification_type.value != _SHIP or not message.identification:
        return None
    if not ImoNumber.form.fullmatch(message.identification):
        return _Doubt("identification", FORM, "not of the form of an IMO number, seven digits")
    if ImoNumber(message.identification).check_digit_holds:
        return None
    return _Doubt("identification", CHECK_DIGIT, "an IMO number whose check digit is wrong")


_CHECKED: Final[Mapping[int, type[Mrn] | type[Grn]]] = {
    types.ID_SCHEME_MRN: Mrn,
    types.ID_SCHEME_GRN: Grn,
}
_LOOKS: Final[Mapping[str, Callable[[Any], _Doubt | None]]] = {
    types.Identifier.DESCRIPTOR.full_name: _identifier,
    goods.TransportEquipment.DESCRIPTOR.full_name: _equipment,
    goods.TransportMeans.DESCRIPTOR.full_name: _means,
}
_NAMES: Final = frozenset(_LOOKS)
