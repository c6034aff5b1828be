"""The messages that the office of destination writes to the trader at destination."""

from typing import Final

from corridor.standards.forms import CODE, FLAG, NUMBER
from corridor.standards.mapping import Group, Leaf, Parts
from corridor.standards.ncts import parts
from corridor.standards.ncts.consignment import HANDED_OVER, TO_UNLOAD, consignment
from corridor.standards.ncts.message import (
    FAULTS,
    REJECTED,
    REJECTION,
    Message,
    date,
    header,
    mrn,
    operation,
)
from corridor.wire.v1 import records_pb2 as records
from corridor.wire.v1 import types_pb2 as types

_DESTINATION: Final = records.ROLE_OFFICE_OF_DESTINATION


def _destination(body: str) -> Group:
    return parts.office(
        "CustomsOfficeOfDestinationActual",
        f"{body}.offices",
        types.OFFICE_ROLE_DESTINATION_ACTUAL,
    )


def _goods_released() -> Parts:
    body = "operation_terminated"
    return (
        *header(),
        operation(
            mrn(),
            date("releaseDate", f"{body}.terminated_at"),
            Leaf("releaseIndicator", f"{body}.release", CODE, mandatory=True),
        ),
        _destination(body),
        parts.trader_at_destination(f"{body}.parties"),
        consignment(f"{body}.consignment", HANDED_OVER),
    )


def _unloading_permitted() -> Parts:
    terms = "unloading.operation"
    return (
        *header(),
        operation(
            mrn(),
            Leaf("declarationType", f"{terms}.declaration_type", CODE),
            date("declarationAcceptanceDate", f"{terms}.accepted_on", mandatory=False),
            Leaf("security", f"{terms}.security", CODE, mandatory=True),
            Leaf("reducedDatasetIndicator", f"{terms}.reduced_dataset", FLAG, mandatory=True),
        ),
        _destination("unloading"),
        parts.holder("unloading.parties", known=False),
        parts.trader_at_destination("unloading.parties"),
        Group(
            "CTLControl",
            "",
            (Leaf("continueUnloading", "unloading.continue_unloading", NUMBER, mandatory=True),),
        ),
        consignment("unloading.consignment", TO_UNLOAD),
    )


def _rejected_at_destination() -> Parts:
    return (
        *header(),
        operation(mrn(), *REJECTED),
        _destination(REJECTION),
        parts.trader_at_destination(f"{REJECTION}.parties"),
        FAULTS,
    )


def destination_messages() -> tuple[Message, ...]:
    """Return the messages of customs at destination to traders."""
    permitted = records.UNLOADING_KIND_PERMISSION
    rejected = records.ACKNOWLEDGEMENT_KIND_BUSINESS_REJECTED
    return (
        Message("CC025C", "operation_terminated", _DESTINATION, (), _goods_released()),
        Message("CC043C", "unloading", _DESTINATION, (permitted,), _unloading_permitted()),
        Message("CC057C", REJECTION, _DESTINATION, (rejected,), _rejected_at_destination()),
    )
