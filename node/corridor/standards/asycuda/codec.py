"""How a SAD is recognised, read and written, in the common form or in a dialect.

Rules:

* the root `ASYCUDA` makes a document a SAD; which dialect it is in it does not say, so the node
  that reads it does;
* a SAD has no network-wide number: its record gets the number office/year/serial/number, once it is
  registered, and the declarant's reference as LRN; where a dialect says so, the MRN;
* a SAD is a declaration; where a dialect names the box that says so, it is a release;
* what happens on the way is a note (`notes`).
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any, Final

from corridor.standards.amend import Changes, amended
from corridor.standards.asycuda.national import national
from corridor.standards.asycuda.notes import ROOT as NOTE
from corridor.standards.asycuda.notes import notes, status_of
from corridor.standards.asycuda.rows import NULL
from corridor.standards.asycuda.sad import sad
from corridor.standards.dialect import Dialect
from corridor.standards.mapper import Codec, Options
from corridor.standards.mapping import Group, Leaf, Parts
from corridor.standards.message import Message
from corridor.standards.tree import Node
from corridor.standards.xml import render
from corridor.wire.v1 import records_pb2 as records
from corridor.wire.v1 import types_pb2 as types
from corridor.wire.v1.records_pb2 import TransitRecord

STANDARD: Final = "ASYCUDA-SAD"
ROOT: Final = "ASYCUDA"
_MAX_ID: Final = 70  # Identifier.value of the schema
_PURPOSES: Final = (
    records.RELEASE_PURPOSE_ARRIVAL,  # a form that is read is told to the office of destination
    records.RELEASE_PURPOSE_TRANSIT,
    records.RELEASE_PURPOSE_EXIT,
    records.RELEASE_PURPOSE_HOLDER,
    records.RELEASE_PURPOSE_INFORMATION,
    records.RELEASE_PURPOSE_UNSPECIFIED,
)


@cache
def codec(dialect: Dialect | None) -> Codec:
    """Return how the common form, or a dialect of it, is read and written."""
    name = STANDARD if dialect is None else f"{STANDARD}-{dialect.name}"

    def finish(record: TransitRecord, message: Message, options: Options) -> None:
        del options
        record.header.source.message = message.name
        if dialect is not None:
            record.header.source.version = dialect.version
        if message.root == ROOT:
            dataset = getattr(record, message.body).dataset
            dataset.SetInParent()
            for position, piece in enumerate(dataset.consignment.equipment, 1):
                piece.sequence = position  # what happens on the way is told by this number
        _number(record)

    def message_of(root: Node) -> str | None:
        if root.name == NOTE:
            return status_of(root)
        return _form_of(root, dialect) if root.name == ROOT else None

    return Codec(name, _messages(dialect), message_of, lambda root: render(root, {}), finish=finish)


def _form_of(root: Node, dialect: Dialect | None) -> str:
    """Say whether a form is as it was declared, or as customs released it."""
    here: Node | None = root
    for step in dialect.released.split("/")[1:] if dialect and dialect.released else ():
        here = (
            next((child for child in here.children if child.name == step), None) if here else None
        )
    told = here is not None and here is not root and bool(here.text)
    return "SAD-RELEASED" if told else "SAD"


def _messages(dialect: Dialect | None) -> Mapping[str, Message]:
    """Return the form as it is declared, and as customs released it, and the notes."""
    kinds = (
        records.DECLARATION_KIND_ORIGINAL,
        records.DECLARATION_KIND_PRELODGED,
        records.DECLARATION_KIND_AMENDMENT,
    )
    declared = Message(
        "SAD", "declaration", records.ROLE_HOLDER, kinds, sad("declaration.dataset"), root=ROOT
    )
    released = Message(
        "SAD-RELEASED",
        "movement_released",
        records.ROLE_OFFICE_OF_DEPARTURE,
        _PURPOSES,
        sad("movement_released.dataset"),
        "purpose",
        root=ROOT,
    )
    return {one.name: _in(one, dialect) for one in (declared, released)} | notes()


def _in(message: Message, dialect: Dialect | None) -> Message:
    if dialect is None:
        return message
    changes = Changes(_with_groups(dialect.demanded), dialect.excused, dialect.absent)
    held = national(message.parts, f"{message.body}.dataset", dialect)
    parts = amended(held, ROOT, changes)
    return replace(message, parts=_emptied(parts, ROOT, dialect))


def _with_groups(paths: frozenset[str]) -> frozenset[str]:
    """Demand the groups around what is demanded; one that repeats may still be absent."""
    steps = [path.split("/") for path in paths]
    groups = {"/".join(one[:end]) for one in steps for end in range(2, len(one) + 1)}
    return frozenset(groups - {f"{ROOT}/Item", f"{ROOT}/Container"} | paths)


def _emptied(parts: Parts, path: str, dialect: Dialect) -> Parts:
    """Write boxes without a value as the dialect does."""
    rows: list[Group | Leaf] = []
    for part in parts:
        place = f"{path}/{part.element}"
        if isinstance(part, Group):
            rows.append(replace(part, parts=_emptied(part.parts, place, dialect)))
        elif place in dialect.blank or place in dialect.null:
            rows.append(replace(part, empty=NULL if place in dialect.null else ""))
        else:
            rows.append(part)
    return tuple(rows)


def _number(record: TransitRecord) -> None:
    """Name the movement by office, year, serial and number, where it is registered."""
    told = {
        fact.name: fact.value
        for item in record.header.particulars
        if item.name == "registration"
        for fact in item.facts
    }
    offices = _offices(record)
    departure = types.OFFICE_ROLE_DEPARTURE
    office = next((one.reference for one in offices if one.role == departure), "")
    if not office or not told.get("number"):
        return
    parts = (office, told.get("year", ""), told.get("serial", ""), told["number"])
    value = "/".join(parts)
    if len(value) <= _MAX_ID:
        record.header.movement.ids.add(scheme=types.ID_SCHEME_ASYCUDA_SAD, value=value)


def _offices(record: TransitRecord) -> Any:  # noqa: ANN401 (CustomsOffices)
    body = getattr(record, record.WhichOneof("body") or "")
    return body.dataset.itinerary.offices if hasattr(body, "dataset") else body.offices
