"""The messages about the systems themselves: when they are not there, and what they count.

They belong to no movement, CD974C and CD975C aside, which name the one on whose account is asked.
"""

from typing import Final

from corridor.standards.forms import CODE, FLAG, TEXT
from corridor.standards.loose import COUNT, fact
from corridor.standards.mapping import Group, Leaf, Parts
from corridor.standards.ncts import parts
from corridor.standards.ncts.message import Message, date, mrn, operation
from corridor.standards.ncts.offices import message, offices
from corridor.wire.v1 import records_pb2 as records

_NOTICE: Final = "exchange.service_notice"
_QUERY: Final = "exchange.query"
_CUSTOMS: Final = records.ROLE_CUSTOMS
_NETWORK: Final = records.ROLE_NETWORK
"""The common domain: the central services that link the countries."""


def _code(element: str, field: str) -> Leaf:
    return Leaf(element, field, CODE, mandatory=True)


def _fact(element: str, *, mandatory: bool) -> Leaf:
    return Leaf(element, f"{_NOTICE}.facts", fact(element), mandatory=mandatory)


def _actions(field: str) -> Group:
    fallback = Group(
        "Fallback",
        "",
        (
            Leaf("flag", "fallback", FLAG, mandatory=True),
            Leaf("text", "fallback_text", TEXT),
        ),
    )
    time = (
        parts.SEQUENCE,
        _code("type", "type"),
        _code("functionality", "functionality"),
        date("startDateAndTime", "starts_at"),
        date("endDateAndTime", "ends_at", mandatory=False),
        _code("explanation", "explanation"),
        Leaf("text", "text", TEXT),
        fallback,
    )
    times = Group("Unavailability", "unavailabilities", time, mandatory=True, many=True)
    action = (parts.SEQUENCE, _code("operation", "operation"), times)
    return Group("Action", field, action, mandatory=True, many=True)


def _one_country() -> Parts:
    first = f"{_NOTICE}.countries[0]"
    country = Leaf("country", f"{first}.country", TEXT, mandatory=True)
    return (Group("Country", "", (country, _actions(f"{first}.actions")), mandatory=True),)


def _countries() -> Parts:
    country = Leaf("country", "country", TEXT, mandatory=True)
    rows = (parts.SEQUENCE, country, _actions("actions"))
    return (Group("Country", f"{_NOTICE}.countries", rows, mandatory=True, many=True),)


def _statistics() -> Parts:
    count = (
        parts.SEQUENCE,
        Leaf("otherCountry", "country", TEXT),
        Leaf("counter", "count", COUNT, mandatory=True),
    )
    kind = (
        parts.SEQUENCE,
        _code("operation", "operation"),
        _code("statisticsType", "type"),
        Leaf("statisticsTypeSupport", "supported", FLAG, mandatory=True),
        Group("SeriesElements", "counts", count, many=True),
    )
    kinds = Group("StatisticalCharacteristics", "statistics", kind, mandatory=True, many=True)
    system = (parts.SEQUENCE, _code("systemCode", "system"), kinds)
    field = f"{_NOTICE}.statistics"
    rows = (
        Leaf("country", f"{_NOTICE}.country", TEXT, mandatory=True),
        _fact("year", mandatory=True),
        _fact("month", mandatory=True),
        Group("SystemApplicability", field, system, mandatory=True, many=True),
    )
    return (Group("SendingCountry", "", rows, mandatory=True),)


def _warnings() -> Parts:
    evaluated = (
        _code("messageType", f"{_NOTICE}.kind"),
        Leaf("country", f"{_NOTICE}.country", TEXT),
        _fact("year", mandatory=False),
        _fact("month", mandatory=False),
    )
    warning = (
        Leaf("warningPointer", "pointer", TEXT, mandatory=True),
        _code("warningCode", "code"),
        Leaf("originalAttributeValue", "original", TEXT),
    )
    field = f"{_NOTICE}.warnings"
    return (
        Group("EvaluatedMessage", "", evaluated, mandatory=True),
        Group("ConsistencyCheckWarning", field, warning, mandatory=True, many=True),
    )


def _asked() -> tuple[Message, ...]:
    there, answer = (records.QUERY_KIND_AVAILABILITY,), "exchange.query_response"
    state = Leaf("status", f"{_QUERY}.filters", fact("status"), mandatory=True)
    told = _code("status", f"{answer}.status")
    elements = (
        "CustomsOfficeOfDeparture?",
        "CustomsOfficeOfDestination?",
        "CustomsOfficeOfTransit?",
        "CustomsOfficeOfExitForTransit?",
    )
    return (
        message(
            "CD094C", _CUSTOMS, _QUERY, (records.QUERY_KIND_STATUS,),
            (operation(mrn(), state),), offices(_QUERY, *elements),
        ),
        message(
            "CD974C", _CUSTOMS, _QUERY, there, (Group("Header", "", (mrn(),), mandatory=True),)
        ),
        message("CD975C", _CUSTOMS, answer, there, (Group("Header", "", (mrn(), told)),)),
    )  # fmt: skip


def service_messages() -> tuple[Message, ...]:
    """Return the messages about systems, and the questions for a state."""
    return (
        message("CD070C", _CUSTOMS, _NOTICE, (), _one_country()),
        message("CD071C", _NETWORK, _NOTICE, (), _one_country()),
        message("CD411D", _CUSTOMS, _NOTICE, (), _statistics()),
        message("CD903D", _NETWORK, _NOTICE, (), _warnings()),
        message("CD971C", _NETWORK, _NOTICE, (), _countries()),
        *_asked(),
    )
