"""The result of the control at departure (CC017C), found by whoever controls for the office.

It says of some documents whether they have to be controlled wholly: a fact of the document.
"""

from typing import Final

from corridor.standards.amend import Changes, amended
from corridor.standards.forms import CODE, FLAG, TEXT
from corridor.standards.loose import fact
from corridor.standards.mapping import Group, Leaf, Parts
from corridor.standards.ncts import parts
from corridor.standards.ncts.consignment import Demands, consignment
from corridor.standards.ncts.message import Message, date, header, mrn, operation
from corridor.standards.ncts.offices import office, offices
from corridor.wire.v1 import records_pb2 as records

_BODY: Final = "control_result"
_ROOT: Final = "CC017C/Consignment"
_HOUSE: Final = f"{_ROOT}/HouseConsignment"
_ITEM: Final = f"{_HOUSE}/ConsignmentItem"


def _terms() -> Group:
    at = f"{_BODY}.operation"
    return operation(
        mrn(),
        Leaf("declarationType", f"{at}.declaration_type", CODE, mandatory=True),
        Leaf("security", f"{at}.security", CODE, mandatory=True),
        Leaf("reducedDatasetIndicator", f"{at}.reduced_dataset", FLAG, mandatory=True),
        Leaf("specificCircumstanceIndicator", f"{at}.specific_circumstance", CODE),
        Leaf("bindingItinerary", f"{at}.binding", FLAG, mandatory=True),
        Leaf("releaseRequested", f"{_BODY}.release_requested", FLAG),
        date("releaseRequestDateAndTime", f"{_BODY}.requested_at", mandatory=False),
        Leaf("otherThingsToReport", f"{_BODY}.result.other_things", TEXT),
    )


def _result() -> Group:
    return Group(
        "ControlResult",
        f"{_BODY}.result",
        (
            Leaf("code", "code", CODE, mandatory=True),
            date("date", "date"),
            Leaf("controlledBy", "controlled_by", TEXT, mandatory=True),
            Leaf("remark", "remark", TEXT),
            Leaf("text", "text", TEXT),
        ),
        mandatory=True,
    )


def _on_the_way(element: str, *rows: Leaf) -> Group:
    row = office(_BODY, f"{element}*")
    return Group(element, row.field, (*row.parts, *rows), many=True, marks=row.marks)


def _changes() -> Changes:
    whole = Leaf("completeControl", "facts", fact("completeControl"), mandatory=True)
    marked = (
        f"{place}/{document}"
        for place in (_ROOT, _HOUSE, _ITEM)
        for document in ("PreviousDocument", "SupportingDocument", "AdditionalInformation")
        if (place, document) != (_HOUSE, "PreviousDocument")
    )
    at_the_border = (
        "customsOfficeAtBorderReferenceNumber",
        "typeOfIdentification",
        "identificationNumber",
        "nationality",
    )
    parties = ("CC017C/HolderOfTheTransitProcedure", f"{_ROOT}/Consignor", f"{_HOUSE}/Consignor")
    return Changes(
        demanded=frozenset(
            (
                *(f"{party}/{leaf}" for party in parties for leaf in ("name", "Address")),
                *(f"{_ROOT}/ActiveBorderTransportMeans/{leaf}" for leaf in at_the_border),
                *(f"{_ITEM}/TransportDocument/{leaf}" for leaf in ("type", "referenceNumber")),
                f"{_ROOT}/PlaceOfLoading",
            )
        ),
        excused=frozenset(
            (
                f"{_ROOT}/TransportEquipment/Seal/identifier",
                f"{_ITEM}/Commodity/DangerousGoods/UNNumber",
                f"{_ITEM}/PreviousDocument/type",
            )
        ),
        added=dict.fromkeys(marked, (whole,)),
    )


def departure_control() -> Message:
    """Return the message of a control at departure."""
    rows: Parts = (
        *header(),
        _terms(),
        *offices(_BODY, "CustomsOfficeOfDeparture", "CustomsOfficeOfDestinationDeclared"),
        _on_the_way(
            "CustomsOfficeOfTransitDeclared",
            date("arrivalDateAndTimeEstimated", "expected_at", mandatory=False),
        ),
        _on_the_way("CustomsOfficeOfExitForTransitDeclared"),
        parts.holder(f"{_BODY}.parties"),
        _result(),
        consignment(f"{_BODY}.consignment", Demands(containerised=True)),
    )
    rows = amended(rows, "CC017C", _changes())
    kind = records.CONTROL_RESULT_KIND_DEPARTURE
    return Message("CC017C", _BODY, records.ROLE_OFFICE_OF_DEPARTURE, (kind,), rows)
