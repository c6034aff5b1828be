"""What a dialect holds beyond the common form: boxes of its own, and lines of an address by name.

Rules:

* a country says which box holds what; nothing is guessed from the look of a value;
* a box that the common form has is taken for what the dialect says, one that it has not is added
  at the end of its group;
* a name with other lines than the dialect says keeps them as lines.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from corridor.errors import ConfigurationError
from corridor.standards.asycuda.forms import NAME_AND_ADDRESS
from corridor.standards.asycuda.rows import CODE_OF_TRADER, figure, words
from corridor.standards.dialect import Dialect
from corridor.standards.forms import DATE, FLAG
from corridor.standards.loose import ASYCUDA_DATE, CODE, one_item, one_of, text
from corridor.standards.mapping import Form, Group, Leaf, Parts
from corridor.transit.identifiers import Mrn
from corridor.wire.v1 import goods_pb2 as goods
from corridor.wire.v1 import types_pb2 as types

_COUNTRY: Final = 2  # letters of a country's code
_EORI: Final = "EORI"
TRADER_BY_EORI: Final = one_of(
    types.ID_SCHEME_EORI, types.ID_SCHEME_TIN, types.ID_SCHEME_TIR_HOLDER
)
"""The code of a trader in a country whose traders go by EORI, or by a number given like one."""


def _read_mrn(message: Any, name: str, told: str) -> str:  # noqa: ANN401 (any message)
    if not Mrn.form.fullmatch(told):
        return ""
    ids = getattr(message, name)
    ids.add(scheme=types.ID_SCHEME_MRN, value=told)
    return f"[{len(ids) - 1}].value"


def _write_mrn(message: Any, name: str) -> str | None:  # noqa: ANN401 (any message)
    ids = getattr(message, name)
    return next((one.value for one in ids if one.scheme == types.ID_SCHEME_MRN), None)


MRN: Final = Form("MRN", _read_mrn, _write_mrn)
"""The movement reference number; what has another form is none."""


def _write_moment(header: Any, name: str) -> str | None:  # noqa: ANN401 (a Header)
    told = getattr(header, name)
    # Where nothing says when it happened, it is when the form was made: no box said that.
    return None if told == header.source.prepared_at else DATE.write(header, name)


MOMENT: Final = Form("moment", DATE.read, _write_moment)
"""When it happened, as ISO 8601 writes it."""

_AT_DEPARTURE: Final = one_item("means at departure", "role", goods.MEANS_ROLE_DEPARTURE)
_AT_THE_BORDER: Final = one_item("means at the border", "role", goods.MEANS_ROLE_BORDER)
_FIELDS: Final[Mapping[str, tuple[str, Form]]] = {
    "mrn": ("header.movement.ids", MRN),
    "happened_at": ("header.occurred_at", MOMENT),
    "security": ("{}.operation.security", CODE),
    "reduced_dataset": ("{}.operation.reduced_dataset", FLAG),
    "binding_itinerary": ("{}.itinerary.binding", FLAG),
    "additional_declaration_type": ("{}.operation.additional_declaration_type", CODE),
    "accepted_on": ("{}.operation.accepted_on", ASYCUDA_DATE),
    "released_on": ("{}.operation.released_on", ASYCUDA_DATE),
    "controlled_on": ("{}.control_result.date", ASYCUDA_DATE),
    "control_text": ("{}.control_result.text", text(512)),
    "language": ("{}.operation.language", text(2)),
    "guarantee_type": ("{}.guarantees[0].type", CODE),
    "guarantee_currency": ("{}.guarantees[0].references[0].currency", text(3)),
    "means_type": ("{}.consignment.means", _AT_DEPARTURE("identification_type", CODE)),
    "border_means_type": ("{}.consignment.means", _AT_THE_BORDER("identification_type", CODE)),
    "border_office": (
        "{}.consignment.means",
        _AT_THE_BORDER("border_office", text(17)),
    ),
}
_FIGURES: Final = frozenset({FLAG, ASYCUDA_DATE, MOMENT})


def national(parts: Parts, dataset: str, dialect: Dialect) -> Parts:
    """Return the table of the form with what the dialect holds.

    Args:
        parts: The common table.
        dataset: The field of the record that holds the dataset.
        dialect: Of the country.

    Raises:
        ConfigurationError: A box stands in a group that is not there, or that is one of several.
    """
    for path, word in dialect.holds:
        field, form = _FIELDS[word]
        row = figure if form in _FIGURES else words
        leaf = row(path.rpartition("/")[2], field.format(dataset), form)
        parts = _put(parts, path.split("/")[1:], leaf, path)
    forms = {}
    if dialect.address:
        forms[NAME_AND_ADDRESS] = _by_lines(dialect.address)
    if dialect.traders == _EORI:
        forms[CODE_OF_TRADER] = TRADER_BY_EORI
    return tuple(_reformed(part, forms) for part in parts)


def _put(parts: Parts, steps: list[str], leaf: Leaf, path: str) -> Parts:
    step, *rest = steps
    if not rest:
        kept = [part for part in parts if part.element != step or isinstance(part, Group)]
        place = next((n for n, part in enumerate(parts) if part.element == step), len(parts))
        if len(kept) == len(parts) and place < len(parts):
            raise _wrong(path, "is a group, not a box")
        return (*kept[:place], leaf, *kept[place:])
    for number, part in enumerate(parts):
        if part.element == step and isinstance(part, Group):
            if part.field:
                raise _wrong(path, f"stands in {step}, which may be there more than once")
            inner = replace(part, parts=_put(part.parts, rest, leaf, path))
            return (*parts[:number], inner, *parts[number + 1 :])
    raise _wrong(path, f"stands in {step}, which the form does not have")


def _wrong(path: str, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"dialect: holds: {path} {why}", cure="name a box of a group that the form has once"
    )


def _reformed(part: Group | Leaf, forms: Mapping[Form, Form]) -> Group | Leaf:
    if isinstance(part, Group):
        return replace(part, parts=tuple(_reformed(one, forms) for one in part.parts))
    return replace(part, form=forms[part.form]) if part.form in forms else part


def _by_lines(names: tuple[str, ...]) -> Form:
    """Hold a name, and below it the lines of an address, each in its field."""

    def read(party: Any, name: str, told: str) -> str:  # noqa: ANN401 (a Party)
        first, *lines = told.split("\n")
        fits = [len(line) <= _longest(field) for field, line in zip(names, lines, strict=False)]
        country = dict(zip(names, lines, strict=False)).get("country", "XX")
        known = len(country) == _COUNTRY and country.isascii() and country.isupper()
        if not first or not lines or len(lines) != len(names) or not all(fits) or not known:
            return NAME_AND_ADDRESS.read(party, name, told)
        setattr(party, name, first)
        for field, line in zip(names, lines, strict=True):
            if line:
                setattr(party.address, field, line)
        return ""

    def write(party: Any, name: str) -> str | None:  # noqa: ANN401 (a Party)
        if not party.HasField(name) or party.address.lines or not party.HasField("address"):
            return NAME_AND_ADDRESS.write(party, name)
        return "\n".join((getattr(party, name), *_lines(party.address, names)))

    return Form(f"name, then {', '.join(names)}", read, write)


def _lines(address: Any, names: tuple[str, ...]) -> Iterator[str]:  # noqa: ANN401 (an Address)
    return (getattr(address, field) for field in names)


def _longest(field: str) -> int:
    return {"postcode": 17, "street_and_number": 300}.get(field, 150)
