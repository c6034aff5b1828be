"""What is refused of an NCTS message whatever the configuration says: nobody could work with it.

Rules:

* an element has the format and the number that the schema gives it (`element_formats`), and what
  the schema demands is there; a message is of the type that it says;
* a movement is named once: by its MRN, or before it has one by its LRN (C0467), and an amendment
  names it;
* what a trader sends goes to the authority of the country whose office it names: another one has no
  such office and no such movement; an authority may pass it on to any other.

A message that says it is of Phase 5 and has the layout of Phase 6 is read as Phase 6, and told so.
"""

from collections.abc import Iterator
from functools import cache
from typing import Final

from corridor.standards.findings import Finding
from corridor.standards.ncts.element_formats import format_of, most_of
from corridor.standards.ncts.releases import Release, release_of
from corridor.standards.shape import Shape, misshapen, shape
from corridor.standards.tree import Node

NAMED_ONCE: Final = "C0467"
RECIPIENT: Final = "recipient"
TYPE: Final = "message_type"
PHASE: Final = "phase"
_OPERATION: Final = "TransitOperation"
_AUTHORITY: Final = "NTA."
_OFFICE: Final = {
    "CC007C": "CustomsOfficeOfDestinationActual",
    "CC013C": "CustomsOfficeOfDeparture",
    "CC014C": "CustomsOfficeOfDeparture",
    "CC015C": "CustomsOfficeOfDeparture",
    "CC044C": "CustomsOfficeOfDestinationActual",
    "CC054C": "CustomsOfficeOfDeparture",
    "CC170C": "CustomsOfficeOfDeparture",
}
"""What traders send, and the office that acts on it."""


def always(root: Node, name: str, release: Release) -> Iterator[Finding]:
    """Yield what is refused of a message, and that it is read as another release than it says.

    Args:
        root: The document under the names of the tables.
        name: Its message.
        release: As which it is read.
    """
    yield from misshapen(root, name, _shape(release, name), release.standard)
    yield from _of_another_type(root, name)
    yield from _named_once(root, name)
    yield from _recipient(root, name)
    phase = root.attributes.get("PhaseID", "")
    if release_of(phase) is not release:
        words = f"it has the layout of {release.standard}, and is read as such"
        yield Finding(f"{name}/@PhaseID", PHASE, words)


@cache
def _shape(release: Release, name: str) -> Shape:
    return shape(release.messages[name].parts, name, format_of, most_of)


def _of_another_type(root: Node, name: str) -> Iterator[Finding]:
    said = (_text(root, "messageType") or name).strip()
    if said != name:
        words = f"it says that it is {said[:35]}"
        yield Finding(f"{name}/messageType", TYPE, words, refuses=True)


def _named_once(root: Node, name: str) -> Iterator[Finding]:
    lrn, mrn = (_text(root, _OPERATION, element) for element in ("LRN", "MRN"))
    place = f"{name}/{_OPERATION}/MRN"
    if lrn is not None and mrn is not None and name in _BY_EITHER:
        yield Finding(place, NAMED_ONCE, "it is named by its MRN and by its LRN", refuses=True)
    elif lrn is None and mrn is None and name == "CC013C":
        words = "an amendment that names no movement amends nothing"
        yield Finding(place, NAMED_ONCE, words, refuses=True)


_BY_EITHER: Final = frozenset({"CC013C", "CC014C"})
"""What traders send of a movement that may have an MRN already."""


def _recipient(root: Node, name: str) -> Iterator[Finding]:
    sender, recipient = (
        _text(root, element) or "" for element in ("messageSender", "messageRecipient")
    )
    office = _text(root, _OFFICE.get(name, ""), "referenceNumber") or ""
    country = recipient.removeprefix(_AUTHORITY)[:2]
    by_trader = not sender.startswith(_AUTHORITY) and recipient.startswith(_AUTHORITY)
    if by_trader and office and country and office[:2] != country:
        words = f"it goes to the authority of {country}, and names an office of {office[:2]}"
        yield Finding(f"{name}/messageRecipient", RECIPIENT, words, refuses=True)


def _text(node: Node, *steps: str) -> str | None:
    """Return the text of the first element on a way of names, None where there is none."""
    for step in steps:
        found = next((child for child in node.children if child.name == step), None)
        if found is None:
            return None
        node = found
    return node.text
