"""The tables of the mapper against the official schema, where it is at hand."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from corridor.standards.mapping import Group, Leaf, Parts
from corridor.standards.ncts.messages import messages
from corridor.standards.ncts.releases import P6

SAMPLES = Path(__file__).parents[4] / "shared/samples/ncts_p5"
SCHEMAS = SAMPLES / "xsd"  # official
DERIVED = SAMPLES / "xsd_derived"  # from the published message structures
PHASE_6 = SAMPLES.parent / "ncts_p6/xsd"  # official, of traders and of the export system
XS = "{http://www.w3.org/2001/XMLSchema}"

needs_schema = pytest.mark.skipif(
    not SCHEMAS.is_dir(), reason="the NCTS schema 51.8.6 is not in ../shared/samples"
)


class Schema:
    """Just enough of a schema: order, occurrence and nesting of its elements."""

    def __init__(self, name: str, folder: Path) -> None:
        self.folder = folder
        self.types: dict[str, etree._Element] = {}
        self.groups: dict[str, etree._Element] = {}
        self.roots: dict[str, etree._Element] = {}
        self._load(f"{name.lower()}.xsd", set())
        self.root = self.types[self.roots[name].attrib["type"].split(":")[-1]]

    def _load(self, file: str, seen: set[str]) -> None:
        file = os.path.normpath(file)
        if file in seen:
            return
        seen.add(file)
        for item in etree.parse(str(self.folder / file)).getroot():
            if item.tag in {f"{XS}include", f"{XS}import"} and "schemaLocation" in item.attrib:
                self._load(str(Path(file).parent / item.attrib["schemaLocation"]), seen)
            for tag, known in (
                ("complexType", self.types),
                ("group", self.groups),
                ("element", self.roots),
            ):
                if item.tag == XS + tag:
                    known[item.attrib["name"]] = item

    def elements(self, node: "etree._Element") -> Iterator["etree._Element"]:
        for child in node:
            if child.tag == f"{XS}element":
                yield child
            elif child.tag == f"{XS}group":
                yield from self.elements(self.groups[child.attrib["ref"].split(":")[-1]])
            elif child.tag in {f"{XS}sequence", f"{XS}complexContent", f"{XS}extension"}:
                yield from self.elements(child)

    def inside(self, element: "etree._Element") -> "etree._Element | None":
        kind = self.types.get(element.attrib.get("type", "").split(":")[-1])
        if kind is None or kind.find(f"{XS}simpleContent") is not None:
            return None
        return kind


# No other message has them, and the record has no place for them: they stay in the residual.
LEFT_TO_THE_RESIDUAL = {
    f"{name}/GuaranteeReference/Guarantor/{element}"
    for name in ("CD150C", "CD151C")
    for element in (
        "contactDetailsInCountryOfCompetentAuthority",
        "AgentInCountryOfCompetentAuthority",
    )
}


def differences(schema: Schema, node: "etree._Element", parts: Parts, path: str) -> Iterator[str]:
    rows = {part.element: part for part in parts}
    order = [part.element for part in parts]
    last = -1
    for element in schema.elements(node):
        name = element.attrib["name"]
        place = f"{path}/{name}"
        row = rows.get(name)
        if row is None and place in LEFT_TO_THE_RESIDUAL:
            continue
        if row is None:
            yield f"{place}: no row"
            continue
        if order.index(name) < last:
            yield f"{place}: out of order"
        last = order.index(name)
        if row.mandatory != (element.attrib.get("minOccurs", "1") != "0"):
            yield f"{place}: mandatory is {row.mandatory} in the table"
        yield from inner_differences(schema, element, row, place)


def inner_differences(
    schema: Schema, element: "etree._Element", row: Group | Leaf, place: str
) -> Iterator[str]:
    inner = schema.inside(element)
    if isinstance(row, Leaf) or inner is None:
        if isinstance(row, Group) or inner is not None:
            yield f"{place}: a group on one side, a leaf on the other"
        return
    if row.many != (element.attrib.get("maxOccurs", "1") != "1"):
        yield f"{place}: many is {row.many} in the table"
    yield from differences(schema, inner, row.parts, place)


@needs_schema
@pytest.mark.parametrize("name", [message.name for message in messages()])
def test_every_element_of_the_schema_has_its_row_in_order(name: str) -> None:
    file = f"{name.lower()}.xsd"
    schema = Schema(name, SCHEMAS if (SCHEMAS / file).is_file() else DERIVED)
    message = next(message for message in messages() if message.name == name)
    assert list(differences(schema, schema.root, message.parts, name)) == []


IN_PHASE_6 = tuple(name for name in P6.messages if (PHASE_6 / f"{name.lower()}.xsd").is_file())


@pytest.mark.skipif(not IN_PHASE_6, reason="the NCTS schema 60.4.16 is not in ../shared/samples")
@pytest.mark.parametrize("name", IN_PHASE_6)
def test_every_element_of_phase_6_has_its_row_in_order(name: str) -> None:
    schema = Schema(name, PHASE_6)
    assert list(differences(schema, schema.root, P6.messages[name].parts, name)) == []
