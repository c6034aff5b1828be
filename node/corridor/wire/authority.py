"""What a record claims of its sender, compared with whose record it is (PROTOCOL §12.5).

Rules:

* only what the record itself shows is judged here: it is the same whenever the record arrives;
  whether the sender holds the role for this very movement is for the fold;
* who claims no role, or one that is not known here, claims nothing;
* an office whose country nobody can tell claims nothing either;
* this runs for every record, on both sides: what is asked of protobuf is asked once.
"""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from corridor.errors import Reason
from corridor.transit.movement import TRADERS, Kind, Role
from corridor.transit.table import ROWS
from corridor.wire.facts import country_of
from corridor.wire.v1 import types_pb2 as types
from corridor.wire.v1.records_pb2 import TransitRecord

_K = Kind

KINDS_OF: Final[Mapping[int, tuple[Kind, ...]]] = MappingProxyType(
    {
        1: (_K.DECLARED, _K.PRELODGED, _K.AMENDED),
        2: (_K.PRESENTED, _K.RELEASE_ASKED, _K.CANCEL_ASKED),
        3: (_K.ACCEPTED, _K.AMENDMENT_ACCEPTED, _K.RECEIVED),
        4: (_K.CANCELLED, _K.CANCEL_DENIED),
        5: (_K.GUARANTEE_TOLD,),
        6: (_K.GUARANTEE_ASKED, _K.GUARANTEE_FREED),
        7: (_K.GUARANTEE_VALID, _K.GUARANTEE_INVALID),
        8: (_K.CONTROL_DECIDED,),
        9: (_K.RELEASED,),
        10: (_K.REFUSED,),
        11: (_K.STARTED,),
        12: (_K.PASSED,),
        13: (_K.INCIDENT,),
        14: (_K.ARRIVAL_NOTIFIED, _K.ARRIVAL_ADVISED, _K.ARRIVAL_FORWARDED),
        15: (_K.UNLOADING_PERMITTED, _K.UNLOADED),
        16: (
            _K.CONTROLLED_AT_DEPARTURE,
            _K.CONTROLLED_AT_DESTINATION,
            _K.DISCREPANCIES_TOLD,
            _K.CONTROL_TOLD,
        ),
        17: (_K.TERMINATED, _K.ENDED),
        18: (_K.DISCHARGED, _K.DISCREPANCIES_SOLVED),
        19: (
            _K.ENQUIRY_ASKED,
            _K.ENQUIRY_ANSWERED,
            _K.ENQUIRY_OTHER,
            _K.ENQUIRY_CANCELLED,
            _K.RECOVERY_STARTED,
            _K.RECOVERY_OTHER,
            _K.RECOVERY_COLLECTED,
        ),
        20: (
            _K.QUERY,
            _K.DATASET_ANSWERED,
            _K.QUERY_ANSWERED,
            _K.REJECTED,
            _K.ACKNOWLEDGED,
            _K.SERVICE_NOTICE,
        ),
    }
)
"""What a record of each type (RecordType) may say."""

ROLES_OF: Final[Mapping[int, frozenset[Role]]] = MappingProxyType(
    {
        number: frozenset(role for kind in kinds for row in ROWS[kind] for role in row.roles)
        for number, kinds in KINDS_OF.items()
    }
)
"""In which roles a record of each type may be written: from the table of transitions."""

_ALLOWED: Final = {number: frozenset({0, *map(int, roles)}) for number, roles in ROLES_OF.items()}
_KNOWN: Final = max(Role)
_NO_OFFICE: Final = frozenset(map(int, TRADERS))
_ACTUAL: Final[dict[int, tuple[int, int, Callable[[TransitRecord], Iterable[Any]]]]] = {
    # type: the role, the office it claims, where that stands
    12: (Role.TRANSIT, types.OFFICE_ROLE_TRANSIT_ACTUAL, lambda r: r.border_passage.offices[:]),
    13: (Role.INCIDENT, types.OFFICE_ROLE_INCIDENT, lambda r: r.incident_notice.offices[:]),
    14: (
        Role.DESTINATION,
        types.OFFICE_ROLE_DESTINATION_ACTUAL,
        lambda r: r.arrival_notice.offices[:],
    ),
    17: (
        Role.DESTINATION,
        types.OFFICE_ROLE_DESTINATION_ACTUAL,
        lambda r: r.operation_terminated.offices[:],
    ),
}


class Claim(NamedTuple):
    """A claim that does not hold."""

    reason: Reason
    detail: str
    """Rule and path; no value."""


def roles_of(record_type: int) -> tuple[int, ...]:
    """Return the roles in which a record of a type is written; none where any may send it."""
    return tuple(sorted(role for role in _ALLOWED.get(record_type, ()) if role > 0))


def false_claim(record: TransitRecord, record_type: int, country: str) -> Claim | None:
    """Return the first claim of the record that its sender may not make, if there is one.

    Args:
        record: It; its rules have been checked.
        record_type: Its RecordType.
        country: Country of the endpoint that sends it.
    """
    header = record.header
    role = header.sender_role
    allowed = _ALLOWED.get(record_type)  # a file may be sent in any role
    if allowed is not None and role not in allowed and role <= _KNOWN:
        return Claim(Reason.ROLE_NOT_ALLOWED, "role.not_allowed header.sender_role")
    if role in _NO_OFFICE:
        return None
    reference = header.sender_office.reference
    if reference and reference[:2] != country and _foreign(header.sender_office, country):
        return Claim(Reason.OFFICE_NOT_OWN, "office.not_own header.sender_office")
    actual = _ACTUAL.get(record_type)
    if actual is not None and actual[0] == role:
        for office in actual[2](record):
            if office.role == actual[1] and _foreign(office, country):
                return Claim(Reason.OFFICE_NOT_OWN, "office.not_own offices")
    return None


def _foreign(office: types.CustomsOffice, country: str) -> bool:
    return country_of(office) not in {"", country}
