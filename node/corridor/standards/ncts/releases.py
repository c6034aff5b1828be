"""The releases of the NCTS schema: each is the tables of Phase 5 and what it changed in them.

Rules:

* a release is told by the `PhaseID` of a message; where it is absent or unknown the message is
  read as Phase 5, and what Phase 5 does not know travels in the residual;
* what a release changed is data: paths of elements, which it demands, excuses, dropped or added.

Sources: schema 51.8.6 (Phase 5) and 60.4.16 (Phase 6).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Final

from corridor.standards.ncts.amend import Changes, amended
from corridor.standards.ncts.message import STANDARD, Message, mrn
from corridor.standards.ncts.messages import messages


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
        gone=frozenset(("CC007C/TransitOperation/incidentFlag",)),
        added={
            "CC170C/TransitOperation": (mrn(mandatory=False),),
            "CC928C/TransitOperation": (mrn(mandatory=False),),
        },
    ),
)


@cache
def releases() -> tuple[Release, ...]:
    """Return the releases that are read and written; the first is the rule."""
    return (P5, P6)


def release_of(phase: str) -> Release:
    """Return the release that a `PhaseID` names."""
    return next((one for one in releases() if phase.strip().startswith(one.phase)), P5)


def release_named(standard: str) -> Release:
    """Return the release by its name in records; Phase 5 for a record made elsewhere."""
    return next((one for one in releases() if one.standard == standard), P5)


@cache
def _messages_of(release: Release) -> Mapping[str, Message]:
    return {
        message.name: replace(message, parts=amended(message.parts, message.name, release.changes))
        for message in messages()
    }
