"""The messages between offices that carry the whole dataset, or a part of it.

The office of departure tells the other offices of a release (CD001C, CD012C, CD050C, CD160C) and
answers their questions (CD003C, CD038C, CD115C, CD165C); the office of destination tells what it
found (CD018C).
"""

from dataclasses import replace
from typing import Final

from corridor.standards.amend import Changes, amended
from corridor.standards.forms import CODE, DATE, FLAG, NUMBER, TEXT
from corridor.standards.mapping import Group, Leaf, Parts
from corridor.standards.ncts import parts
from corridor.standards.ncts.consignment import FOUND, RELEASED, Demands, consignment
from corridor.standards.ncts.message import CARNET, IDS, Message, header, mrn, operation
from corridor.standards.ncts.offices import office, offices
from corridor.wire.v1 import records_pb2 as records

_DEPARTURE: Final = records.ROLE_OFFICE_OF_DEPARTURE
_TRANSIT_DECLARED: Final = "CustomsOfficeOfTransitDeclared"
_EXIT_DECLARED: Final = "CustomsOfficeOfExitForTransitDeclared"


_ITEM: Final = "Consignment/HouseConsignment/ConsignmentItem"
_MEANS: Final = ("typeOfIdentification", "identificationNumber", "nationality")


def _between_offices(name: str) -> Changes:
    """Say what offices demand of each other and not of traders, and what they do not.

    Parties stand with name and address, because another country cannot look up their number;
    means of transport need not be known yet.
    """
    parties = (
        "HolderOfTheTransitProcedure",
        "Consignment/Consignor",
        "Consignment/Consignee",
        "Consignment/HouseConsignment/Consignor",
        "Consignment/HouseConsignment/Consignee",
        f"{_ITEM}/Consignee",
    )
    means = ("Consignment/DepartureTransportMeans", "Consignment/ActiveBorderTransportMeans")
    office = "Consignment/ActiveBorderTransportMeans/customsOfficeAtBorderReferenceNumber"
    excused = [f"{one}/{leaf}" for one in means for leaf in _MEANS]
    excused += [f"{_ITEM}/Commodity/GoodsMeasure/grossMass", office]
    demanded = [f"{party}/{leaf}" for party in parties for leaf in ("name", "Address")]
    if name == "CD038C":
        excused += ["Consignment/Incident/Endorsement/authority"]
        excused += ["Consignment/Incident/Endorsement/place"]
    if name == "CD012C":
        demanded.append("HolderOfTheTransitProcedure/TIRHolderIdentificationNumber")
    return Changes(
        demanded={f"{name}/{path}" for path in demanded},
        excused={f"{name}/{path}" for path in excused},
    )


def _terms(at: str, itinerary: str, *, told: bool, carnet: bool, secured: bool) -> tuple[Leaf, ...]:
    """Return the leaves of an operation; `told` demands them."""
    secure = (
        Leaf("security", f"{at}.security", CODE, mandatory=told),
        Leaf("reducedDatasetIndicator", f"{at}.reduced_dataset", FLAG, mandatory=told),
        Leaf("specificCircumstanceIndicator", f"{at}.specific_circumstance", CODE),
    )
    return (
        mrn(),
        Leaf("declarationType", f"{at}.declaration_type", CODE, mandatory=told),
        *((Leaf("TIRCarnetNumber", IDS, CARNET, mandatory=not secured),) if carnet else ()),
        Leaf("declarationAcceptanceDate", f"{at}.accepted_on", DATE, mandatory=told),
        Leaf("releaseDate", f"{at}.released_on", DATE, mandatory=told),
        *(secure if secured else ()),
        Leaf("bindingItinerary", f"{itinerary}.binding", FLAG, mandatory=told),
    )


def _result(field: str, *, mandatory: bool) -> Group:
    return Group(
        "ControlResult",
        field,
        (
            Leaf("code", "code", CODE, mandatory=True),
            Leaf("date", "date", DATE, mandatory=True),
            Leaf("stateOfSeals", "seals_in_order", FLAG),
            Leaf("text", "text", TEXT),
        ),
        mandatory=mandatory,
    )


def _risk(dataset: str) -> Group:
    result = Group(
        "RiskAnalysisResult",
        "results",
        (
            parts.SEQUENCE,
            Leaf("code", "code", CODE),
            Leaf("riskAreaCode", "area", CODE),
            Leaf("text", "text", TEXT),
        ),
        mandatory=True,
        many=True,
    )
    finding = Group(
        "RiskAnalysis",
        "findings",
        (parts.SEQUENCE, Leaf("declarationGoodsItemNumber", "item", NUMBER), result),
        many=True,
    )
    return Group(
        "RiskAnalysisIdentification",
        f"{dataset}.risk_analysis",
        (Leaf("code", "code", CODE, mandatory=True), finding),
    )


def _way(itinerary: str, element: str, *, mandatory: bool) -> Group:
    row = office(itinerary, f"{element}*")
    leaves = (*row.parts, Leaf("arrivalDateAndTimeEstimated", "expected_at", DATE))
    return replace(row, parts=leaves, mandatory=mandatory)


def _released(  # noqa: PLR0913 - in what the messages differ
    name: str,
    purpose: "records.ReleasePurpose.ValueType",
    *,
    carnet: bool = False,
    secured: bool = True,
    transit: bool = False,
    leaves: bool = False,
) -> Message:
    dataset = "movement_released.dataset"
    way = f"{dataset}.itinerary"
    declared = (
        _way(way, _TRANSIT_DECLARED, mandatory=transit),
        _way(way, _EXIT_DECLARED, mandatory=leaves),
    )
    rows: Parts = (
        *header(),
        operation(*_terms(f"{dataset}.operation", way, told=True, carnet=carnet, secured=secured)),
        *offices(way, "CustomsOfficeOfDeparture", "CustomsOfficeOfDestinationDeclared"),
        *(declared if secured else ()),
        parts.holder(f"{dataset}.parties"),
        _result(f"{dataset}.control_result", mandatory=True),
        *((_risk(dataset),) if secured else ()),
        consignment(f"{dataset}.consignment", RELEASED),
    )
    rows = amended(rows, name, _between_offices(name))
    return Message(name, "movement_released", _DEPARTURE, (purpose,), rows, "purpose")


def _answer(  # noqa: PLR0913 - in what the messages differ
    name: str,
    kind: "records.QueryKind.ValueType",
    asker: Parts,
    *,
    carnet: bool = False,
    after: str = _EXIT_DECLARED,
    stated: bool = False,
) -> Message:
    body = "exchange.query_response"
    dataset = f"{body}.dataset"
    way = f"{dataset}.itinerary"
    ordered: list[Group | Leaf] = [
        *offices(way, "CustomsOfficeOfDeparture?", "CustomsOfficeOfDestinationDeclared?")
    ]
    for element in ("", _TRANSIT_DECLARED, _EXIT_DECLARED):
        ordered += [_way(way, element, mandatory=False)] if element else []
        ordered += asker if element == after else ()
    status = (Leaf("status", f"{body}.status", CODE),) if stated else ()
    rows: Parts = (
        *header(),
        operation(
            *_terms(f"{dataset}.operation", way, told=False, carnet=carnet, secured=True),
            Leaf("requestRejectionReasonCode", f"{body}.rejected", CODE),
            *status,
        ),
        *ordered,
        parts.holder(f"{dataset}.parties", optional=True),
        _result(f"{dataset}.control_result", mandatory=False),
        _risk(dataset),
        consignment(f"{dataset}.consignment", _ANSWERED),
    )
    rows = amended(rows, name, _between_offices(name))
    return Message(name, body, _DEPARTURE, (kind,), rows)


_ANSWERED: Final = Demands(
    houses=True,
    mass=True,
    house_mass=True,
    containerised=True,
    sealed=True,
    means=True,
    house_means=True,
    items=True,
    goods=True,
    item_mass=True,
)


def _found() -> Message:
    body, terms = "control_result", "control_result.operation"
    rows: Parts = (
        *header(),
        operation(
            mrn(),
            Leaf("TIRCarnetNumber", IDS, CARNET),
            Leaf("bindingItinerary", f"{terms}.binding", FLAG, mandatory=True),
            Leaf("otherThingsToReport", f"{body}.result.other_things", TEXT),
        ),
        *offices(body, "CustomsOfficeOfDeparture", "CustomsOfficeOfDestinationActual"),
        _result(f"{body}.result", mandatory=True),
        consignment(f"{body}.consignment", FOUND),
    )
    kind = records.CONTROL_RESULT_KIND_DESTINATION
    excused = {
        "CD018C/Consignment/TransportEquipment/Seal/identifier",
        f"CD018C/{_ITEM}/Commodity/DangerousGoods/UNNumber",
    }
    rows = amended(rows, "CD018C", Changes(excused=excused))
    return Message("CD018C", body, records.ROLE_OFFICE_OF_DESTINATION, (kind,), rows)


def _status() -> Message:
    body = "exchange.query_response"
    rows: Parts = (
        *header(),
        operation(mrn(), Leaf("status", f"{body}.status", CODE, mandatory=True)),
        *offices(
            body,
            "CustomsOfficeOfDeparture?",
            "CustomsOfficeOfDestination?",
            "CustomsOfficeOfTransit?",
            "CustomsOfficeOfExitForTransit?",
        ),
    )
    return Message("CD095C", body, records.ROLE_CUSTOMS, (records.QUERY_KIND_STATUS,), rows)


def dataset_messages() -> tuple[Message, ...]:
    """Return the messages between offices that carry a dataset, and the answer about a state."""
    body = "exchange.query_response"
    entered = office(body, "CustomsOfficeOfTransitActual")
    not_valid = Leaf("guaranteeNotValidForCountry", "guarantee_not_valid", FLAG, mandatory=True)
    entered = replace(entered, parts=(*entered.parts, not_valid))
    left = offices(body, "CustomsOfficeOfExitForTransitActual")
    return (
        _released("CD001C", records.RELEASE_PURPOSE_ARRIVAL, carnet=True),
        _answer(
            "CD003C", records.QUERY_KIND_ARRIVAL_RECORD,
            offices(body, "CustomsOfficeOfDestinationActual"), carnet=True, after="",
        ),
        _released("CD012C", records.RELEASE_PURPOSE_INFORMATION, carnet=True, secured=False),
        _found(),
        _answer(
            "CD038C", records.QUERY_KIND_MOVEMENT, offices(body, "CustomsOfficeOfRequest"),
            carnet=True, stated=True,
        ),
        _released("CD050C", records.RELEASE_PURPOSE_TRANSIT, transit=True),
        _status(),
        _answer(
            "CD115C", records.QUERY_KIND_TRANSIT_RECORD, (entered,), after=_TRANSIT_DECLARED
        ),
        _released("CD160C", records.RELEASE_PURPOSE_EXIT, transit=True, leaves=True),
        _answer("CD165C", records.QUERY_KIND_EXIT_RECORD, left),
    )  # fmt: skip
