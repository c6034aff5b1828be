"""The releases of the NCTS schema: each is the tables of Phase 5 and what it changed in them.

Rules:

* a release is told by the `PhaseID` of a message; where it is absent or unknown the message is
  read as Phase 5, and what Phase 5 does not know travels in the residual;
* a message that says Phase 5, and lacks what only Phase 5 demands, is laid out as Phase 6: systems
  change their layout before they change the attribute;
* what a release changed is data: paths of elements, which it demands, excuses, dropped or added.

Sources: schema 51.8.6 (Phase 5) and 60.4.16 (Phase 6).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Final

from corridor.standards.amend import Changes, amended
from corridor.standards.ncts.exports import houses_of_exports
from corridor.standards.ncts.message import STANDARD, Message, mrn
from corridor.standards.ncts.messages import messages
from corridor.standards.tree import Node


@dataclass(frozen=True, slots=True)
class Release:
    """One release of the schema.

    Attributes:
        standard: Its name in records: "NCTS-P5".
        phase: How its `PhaseID` begins.
        changes: In what its tables differ from those of Phase 5.
    """

    standard: str
    phase: str
    changes: Changes = field(default_factory=Changes, hash=False)

    @property
    def messages(self) -> Mapping[str, Message]:
        """The messages of the release by name."""
        return _messages_of(self)


P5: Final = Release(STANDARD, "NCTS5")


_IDENTIFIED: Final = ("typeOfIdentification", "identificationNumber", "nationality")
_MEASURE: Final = "Consignment/HouseConsignment/ConsignmentItem/Commodity/GoodsMeasure"
_DECLARED: Final = (
    "Guarantee/guaranteeType",
    "Guarantee/GuaranteeReference/amountToBeCovered",
    "Guarantee/GuaranteeReference/currency",
    *(f"Consignment/DepartureTransportMeans/{leaf}" for leaf in _IDENTIFIED),
    *(f"Consignment/ActiveBorderTransportMeans/{leaf}" for leaf in _IDENTIFIED),
    "Consignment/ActiveBorderTransportMeans/customsOfficeAtBorderReferenceNumber",
    _MEASURE,
    f"{_MEASURE}/grossMass",
)
P6: Final = Release(
    "NCTS-P6",
    "NCTS6",
    Changes(
        demanded=frozenset(
            (
                *(f"{name}/{path}" for name in ("CC013C", "CC015C") for path in _DECLARED),
                *(f"{name}/{_MEASURE}" for name in ("CC025C", "CC029C", "CC043C")),
                "CC029C/Consignment/PlaceOfLoading",
            )
        ),
        excused=frozenset(
            (
                "CC044C/Consignment/TransportEquipment/Seal/identifier",
                "CC044C/Consignment/TransportEquipment/GoodsReference/declarationGoodsItemNumber",
                "CC044C/Consignment/CountryOfRoutingOfConsignment/country",
            )
        ),
        gone=frozenset(
            ("CC007C/TransitOperation/incidentFlag", "CC190C/TransitOperation/ExportOperation")
        ),
        added={
            "CC170C/TransitOperation": (mrn(mandatory=False),),
            "CC928C/TransitOperation": (mrn(mandatory=False),),
        },
        instead={"CC190C/Consignment/HouseConsignment": houses_of_exports()},
    ),
)


@cache
def releases() -> tuple[Release, ...]:
    """Return the releases that are read and written; the first is the rule."""
    return (P5, P6)


def release_of(phase: str) -> Release:
    """Return the release that a `PhaseID` names."""
    return next((one for one in releases() if phase.strip().startswith(one.phase)), P5)


def release_laid_out(root: Node) -> Release:
    """Return the release as which a document is read."""
    said = release_of(root.attributes.get("PhaseID", ""))
    if said is P5 and any(not _has(root, path) for path in _ONLY_P5.get(root.local, ())):
        return P6
    return said


_ONLY_P5: Final = {"CC007C": ("TransitOperation/incidentFlag",)}
"""What Phase 5 demands and Phase 6 does not know, by message."""


def _has(root: Node, path: str) -> bool:
    found = [root]
    for step in path.split("/"):
        found = [child for node in found for child in node.children if child.name == step]
    return bool(found)


def release_named(standard: str) -> Release:
    """Return the release by its name in records; Phase 5 for a record made elsewhere."""
    return next((one for one in releases() if one.standard == standard), P5)


@cache
def _messages_of(release: Release) -> Mapping[str, Message]:
    return {
        message.name: replace(message, parts=amended(message.parts, message.name, release.changes))
        for message in messages()
    }
