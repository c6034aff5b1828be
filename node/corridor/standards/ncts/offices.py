"""The messages that offices and authorities of customs write to each other, without a dataset."""

from typing import Final

from corridor.standards.forms import CODE, DECIMAL, NUMBER, TEXT
from corridor.standards.mapping import Group, Leaf, Parts
from corridor.standards.ncts import parts
from corridor.standards.ncts.incidents import incidents
from corridor.standards.ncts.message import GRN, Message, date, header, mrn, operation
from corridor.wire.v1 import records_pb2 as records
from corridor.wire.v1 import types_pb2 as types

_DEPARTURE: Final = records.ROLE_OFFICE_OF_DEPARTURE
_DESTINATION: Final = records.ROLE_OFFICE_OF_DESTINATION
_TRANSIT: Final = records.ROLE_OFFICE_OF_TRANSIT
_EXIT: Final = records.ROLE_OFFICE_OF_EXIT
_GUARANTEE: Final = records.ROLE_OFFICE_OF_GUARANTEE

_ROLES: Final = {
    "CustomsOfficeOfDeparture": types.OFFICE_ROLE_DEPARTURE,
    "CustomsOfficeOfDestination": types.OFFICE_ROLE_DESTINATION_DECLARED,
    "CustomsOfficeOfTransit": types.OFFICE_ROLE_TRANSIT_DECLARED,
    "CustomsOfficeOfExitForTransit": types.OFFICE_ROLE_EXIT_DECLARED,
    "CustomsOfficeOfDestinationDeclared": types.OFFICE_ROLE_DESTINATION_DECLARED,
    "CustomsOfficeOfDestinationActual": types.OFFICE_ROLE_DESTINATION_ACTUAL,
    "CustomsOfficeOfTransitDeclared": types.OFFICE_ROLE_TRANSIT_DECLARED,
    "CustomsOfficeOfTransitActual": types.OFFICE_ROLE_TRANSIT_ACTUAL,
    "CustomsOfficeOfExitForTransitDeclared": types.OFFICE_ROLE_EXIT_DECLARED,
    "CustomsOfficeOfExitForTransitActual": types.OFFICE_ROLE_EXIT_ACTUAL,
    "CustomsOfficeOfIncidentRegistration": types.OFFICE_ROLE_INCIDENT,
    "CustomsOfficeOfRequest": types.OFFICE_ROLE_REQUESTING,
    "CustomsOfficeOfEnquiryAtDeparture": types.OFFICE_ROLE_ENQUIRY,
    "CustomsOfficeOfRecoveryAtDeparture": types.OFFICE_ROLE_RECOVERY,
    "CustomsOfficeOfRecovery": types.OFFICE_ROLE_RECOVERY_HELPING,
    "CustomsOfficeOfRecoveryRequesting": types.OFFICE_ROLE_REQUESTING,
    "CustomsOfficeOfRecoveryRequested": types.OFFICE_ROLE_REQUESTED,
    "CompetentCustomsOfficeAtDeparture": types.OFFICE_ROLE_ENQUIRY,
    "CompetentCustomsOfficeAtDestination": types.OFFICE_ROLE_ENQUIRY_AT_DESTINATION,
}


def offices(body: str, *elements: str) -> Parts:
    """Return the rows of offices: `?` may be absent, `*` are several, `+` name a contact."""
    return tuple(office(body, element) for element in elements)


def office(body: str, element: str) -> Group:
    """Return the row of an office, as `offices` does."""
    name = element.rstrip("?*+")
    many = element.endswith("*")
    contact = (parts.CONTACT,) if element.endswith("+") else ()
    leaf = Leaf("referenceNumber", "reference", TEXT, mandatory=True)
    return Group(
        name,
        f"{body}.offices",
        (parts.SEQUENCE, leaf) if many else (leaf, *contact),
        mandatory=element.rstrip("+") == name,
        many=many,
        marks={"role": _ROLES[name]},
    )


def holder_known(body: str) -> Group:
    """Return the row of a holder who has a number, as whoever has a guarantee does."""
    return Group(
        "HolderOfTheTransitProcedure",
        f"{body}.parties",
        (Leaf("identificationNumber", "ids", parts.EORI, mandatory=True),),
        mandatory=True,
        marks={"role": types.PARTY_ROLE_HOLDER},
    )


def message(
    name: str,
    role: "records.Role.ValueType",
    body: str,
    kinds: tuple[int, ...],
    *rows: Parts,
    without: str = "",
) -> Message:
    """Return a message made of the header and `rows`; `without` are fields it cannot say."""
    table = (*header(), *(row for part in rows for row in part))
    return Message(name, body, role, kinds, table, without=frozenset(without.split()))


LIMITATION: Final = Group(
    "ValidityLimitation",
    "limitations",
    (parts.SEQUENCE, Leaf("guaranteeNotValidIn", "country", TEXT, mandatory=True)),
    many=True,
)
_COMMODITIES: Final = Group(
    "Consignment",
    "guarantee_use.consignment",
    (
        Group(
            "HouseConsignment",
            "houses",
            (
                parts.SEQUENCE,
                Group(
                    "ConsignmentItem",
                    "items",
                    (
                        Leaf("sequenceNumber", "number", NUMBER, mandatory=True),
                        Group(
                            "Commodity",
                            "commodity",
                            (
                                Leaf("cusCode", "cus_code", TEXT),
                                Group(
                                    "CommodityCode",
                                    "",
                                    (
                                        Leaf(
                                            "harmonizedSystemSubHeadingCode",
                                            "hs6",
                                            TEXT,
                                            mandatory=True,
                                        ),
                                        Leaf("combinedNomenclatureCode", "cn2", TEXT),
                                    ),
                                    mandatory=True,
                                ),
                            ),
                            mandatory=True,
                        ),
                    ),
                    mandatory=True,
                    many=True,
                ),
            ),
            mandatory=True,
            many=True,
        ),
    ),
)
_INVALID: Final = Group(
    "InvalidGuaranteeReason",
    "invalid",
    (parts.SEQUENCE, Leaf("code", "code", CODE, mandatory=True)),
    many=True,
)


def reference_office(*, mandatory: bool) -> Group:
    """Return the row of the office of guarantee of one reference."""
    return Group(
        "CustomsOfficeOfGuarantee",
        "office",
        (Leaf("referenceNumber", "reference", TEXT, mandatory=True),),
        mandatory=mandatory,
        sets={"role": types.OFFICE_ROLE_GUARANTEE},
    )


def _guarantees(body: str, *rows: Group | Leaf) -> Parts:
    """Return the rows of guarantees whose references carry `rows`."""
    reference = (parts.SEQUENCE, Leaf("GRN", "id", GRN, mandatory=True), *rows)
    return (
        Group(
            "Guarantee",
            f"{body}.guarantees",
            (
                parts.SEQUENCE,
                Leaf("guaranteeType", "type", CODE, mandatory=True),
                Group("GuaranteeReference", "references", reference, mandatory=True, many=True),
            ),
            mandatory=True,
            many=True,
        ),
    )


_WAY: Final = (
    "CustomsOfficeOfDestinationDeclared",
    "CustomsOfficeOfTransitDeclared*",
    "CustomsOfficeOfExitForTransitDeclared*",
)


def _guarantee_messages() -> tuple[Message, ...]:
    use, result = "guarantee_use", "guarantee_result"
    concerned = (
        Leaf("accessCode", "access_code", TEXT, mandatory=True),
        Leaf("amountConcerned", "amount", DECIMAL, mandatory=True),
        Leaf("currency", "currency", TEXT, mandatory=True),
    )
    asked = (
        (operation(mrn(), date("declarationAcceptanceDate", f"{use}.accepted_on")),),
        offices(use, "CustomsOfficeOfDeparture", "CustomsOfficeOfDestinationDeclared?"),
        (
            holder_known(use),
            Group(
                "CountryInvolved",
                f"{use}.countries",
                (parts.SEQUENCE, Leaf("country", "country", TEXT, mandatory=True)),
                mandatory=True,
                many=True,
            ),
        ),
        _guarantees(use, *concerned),
        (_COMMODITIES,),
    )
    answered = (
        (operation(mrn()),),
        offices(result, "CustomsOfficeOfDeparture"),
        (holder_known(result),),
        _guarantees(result, reference_office(mandatory=False), LIMITATION, _INVALID),
    )
    freed = _guarantees(use, reference_office(mandatory=True))
    departure = offices(use, "CustomsOfficeOfDeparture")
    cancelled = operation(
        mrn(),
        date("releaseDate", f"{use}.released_on", mandatory=False),
        date("usageCancellationDate", f"{use}.at", mandatory=False),
    )
    arrived = operation(mrn(), date("arrivalDateAndTimeActual", f"{use}.at"))
    check, reserve = records.GUARANTEE_USE_KIND_CHECK, records.GUARANTEE_USE_KIND_RESERVE
    cancel, credit = records.GUARANTEE_USE_KIND_CANCEL, records.GUARANTEE_USE_KIND_CREDIT
    return (
        message("CD200C", _DEPARTURE, use, (check,), *asked),
        message("CD201C", _GUARANTEE, result, (check,), *answered),
        message("CD203C", _DEPARTURE, use, (reserve,), *asked),
        message("CD204C", _DEPARTURE, use, (cancel,), (cancelled,), departure, freed),
        message("CD205C", _GUARANTEE, result, (reserve,), *answered),
        message("CD209C", _DEPARTURE, use, (credit,), (arrived,), departure, freed),
    )


def _movement_messages() -> tuple[Message, ...]:
    arrival, passage, query = "arrival_notice", "border_passage", "exchange.query"
    incident, cancelled, done = "incident_notice", "cancellation_decision", "discharge"
    when = date("incidentNotificationDateAndTime", f"{incident}.notified_at")
    consignment = Group(
        "Consignment", "", (incidents(f"{incident}.incidents", mandatory=True),), mandatory=True
    )
    passed = (operation(mrn(), date("passageDate", f"{passage}.passed_on")),)
    alone = (operation(mrn()),)
    decided = Group(
        "Invalidation",
        f"{cancelled}.invalidation",
        (date("decisionDateAndTime", "decided_at"),),
        mandatory=True,
    )
    solved = operation(
        mrn(),
        Leaf("discrepanciesResolved", f"{done}.resolution", CODE, mandatory=True),
        date("writeOffDate", f"{done}.discharged_on", mandatory=False),
    )
    departure = "CustomsOfficeOfDeparture"
    actual = "CustomsOfficeOfDestinationActual"
    transit, left = "CustomsOfficeOfTransitActual", "CustomsOfficeOfExitForTransitActual"
    registered = "CustomsOfficeOfIncidentRegistration"
    forwarded = (
        departure,
        _WAY[0],
        actual,
        _WAY[1],
        f"{transit}*",
        _WAY[2],
        f"{left}*",
    )
    arrived = date("arrivalDateAndTimeActual", f"{arrival}.arrived_at")
    perhaps = date("arrivalDateAndTimeActual", f"{arrival}.arrived_at", mandatory=False)
    return (
        message(
            "CD002C", _DESTINATION, query, (records.QUERY_KIND_ARRIVAL_RECORD,),
            alone, offices(query, actual),
        ),
        message(
            "CD006C", _DESTINATION, arrival, (records.ARRIVAL_NOTICE_KIND_ADVICE,),
            (operation(mrn(), arrived),), offices(arrival, departure, actual),
        ),
        message(
            "CD010C", _DEPARTURE, cancelled, (),
            alone, (decided,), offices(cancelled, departure, *_WAY),
        ),
        message(
            "CD024C", _DEPARTURE, arrival, (records.ARRIVAL_NOTICE_KIND_FORWARDED,),
            (operation(mrn(), perhaps),), offices(arrival, *forwarded),
        ),
        message(
            "CD027C", records.ROLE_CUSTOMS, query, (records.QUERY_KIND_MOVEMENT,),
            alone, offices(query, "CustomsOfficeOfRequest"),
        ),
        message("CD049C", _DEPARTURE, done, (), (solved,), offices(done, departure, actual)),
        message(
            "CD114C", _TRANSIT, query, (records.QUERY_KIND_TRANSIT_RECORD,),
            alone, offices(query, transit),
        ),
        message(
            "CD118C", _TRANSIT, passage, (records.BORDER_PASSAGE_KIND_CROSSED,),
            passed, offices(passage, departure, transit),
        ),
        message(
            "CD164C", _EXIT, query, (records.QUERY_KIND_EXIT_RECORD,),
            alone, offices(query, left),
        ),
        message(
            "CD168C", _EXIT, passage, (records.BORDER_PASSAGE_KIND_LEFT_SECURITY_AREA,),
            passed, offices(passage, departure, left),
        ),
        message(
            "CD180C", records.ROLE_OFFICE_OF_INCIDENT, incident, (),
            (operation(mrn(), when),), offices(incident, departure, registered), (consignment,),
        ),
        message(
            "CD181C", records.ROLE_CUSTOMS, incident, (),
            (operation(mrn(), when),), offices(incident, departure, *_WAY, registered),
            (consignment,),
        ),
    )  # fmt: skip


def office_messages() -> tuple[Message, ...]:
    """Return the messages between offices that carry no dataset."""
    return (*_movement_messages(), *_guarantee_messages())
