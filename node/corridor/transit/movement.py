"""The words of a movement: roles, states, what a record says, marks that lie over a state.

Rules:

* numbers of roles are those on the wire (`corridor.wire.v1.Role`); a test holds the two together;
* a state is where the movement stands; an overlay (enquiry, recovery, incident) lies over it and
  leaves it as it is;
* `Kind` is what a record says happened, finer than its type: an arrival that a trader notifies is
  another kind than one that the office of destination advises.
"""

from enum import IntEnum, StrEnum
from typing import Final


class Role(IntEnum):
    """What a writer is to a movement."""

    UNKNOWN = 0
    HOLDER = 1
    GUARANTOR = 2
    DEPARTURE = 3
    TRANSIT = 4
    EXIT = 5
    DESTINATION = 6
    INCIDENT = 7
    GUARANTEE = 8
    ENQUIRY = 9
    RECOVERY = 10
    CUSTOMS = 11
    NETWORK = 12
    TRADER = 13


TRADERS: Final = frozenset({Role.HOLDER, Role.GUARANTOR, Role.TRADER})
"""Who is no authority: their records come through the node of a country and claim no office."""


class State(StrEnum):
    """Where a movement stands."""

    NONE = "S0"
    LODGED = "S1"
    PRELODGED = "S2"
    ACCEPTED = "S3"
    UNDER_CONTROL = "S4"
    GUARANTEE_BLOCKED = "S5"
    IN_TRANSIT = "S6"
    ARRIVED = "S7"
    UNLOADING = "S8"
    DESTINATION_CONTROL = "S9"
    DISCREPANCY = "S10"
    TERMINATED = "S11"
    DISCHARGED = "S12"
    REJECTED = "X1"
    REFUSED = "X2"
    CANCELLED = "X3"


FINAL: Final = frozenset({State.DISCHARGED, State.REJECTED, State.REFUSED, State.CANCELLED})
"""Where a movement ends; it also ends where a recovered debt is collected."""

WORDS: Final[dict[State, str]] = {
    State.NONE: "not known here yet",
    State.LODGED: "declared, not yet accepted",
    State.PRELODGED: "declared before the goods are presented",
    State.ACCEPTED: "accepted",
    State.UNDER_CONTROL: "under control at departure",
    State.GUARANTEE_BLOCKED: "waiting for a valid guarantee",
    State.IN_TRANSIT: "released, on the way",
    State.ARRIVED: "arrived at destination",
    State.UNLOADING: "being unloaded",
    State.DESTINATION_CONTROL: "under control at destination",
    State.DISCREPANCY: "arrived, with discrepancies to be solved",
    State.TERMINATED: "ended at destination, not yet discharged",
    State.DISCHARGED: "discharged",
    State.REJECTED: "declaration rejected",
    State.REFUSED: "release refused",
    State.CANCELLED: "cancelled",
}
"""Each state as an officer would say it."""


class OperationState(StrEnum):
    """Where one territory's operation stands."""

    PLANNED = "planned"
    STARTED = "started"
    TERMINATED = "terminated"
    DISCHARGED = "discharged"
    REFUSED = "refused"


class Kind(StrEnum):
    """What a record says."""

    DECLARED = "declared"
    PRELODGED = "declared before presentation"
    AMENDED = "declaration amended"
    PRESENTED = "goods presented"
    RELEASE_ASKED = "release asked for"
    CANCEL_ASKED = "cancellation asked for"
    RECEIVED = "declaration received"
    ACCEPTED = "declaration accepted"
    AMENDMENT_ACCEPTED = "amendment accepted"
    CANCELLED = "cancelled"
    CANCEL_DENIED = "cancellation denied"
    GUARANTEE_TOLD = "guarantee registered or changed"
    GUARANTEE_ASKED = "guarantee checked or reserved"
    GUARANTEE_FREED = "guarantee freed"
    GUARANTEE_VALID = "guarantee holds"
    GUARANTEE_INVALID = "guarantee does not hold"
    CONTROL_DECIDED = "control decided"
    RELEASED = "released"
    REFUSED = "release refused"
    STARTED = "operation started"
    PASSED = "border passed"
    INCIDENT = "incident on the way"
    ARRIVAL_NOTIFIED = "arrival notified by the trader"
    ARRIVAL_ADVISED = "arrival advised"
    ARRIVAL_FORWARDED = "arrival elsewhere forwarded"
    UNLOADING_PERMITTED = "unloading permitted"
    UNLOADED = "unloading reported"
    CONTROLLED_AT_DEPARTURE = "control result at departure"
    CONTROLLED_AT_DESTINATION = "control result at destination"
    DISCREPANCIES_TOLD = "discrepancies told"
    CONTROL_TOLD = "control result told to export"
    TERMINATED = "operation terminated"
    ENDED = "movement ended at destination"
    DISCREPANCIES_SOLVED = "discrepancies solved"
    DISCHARGED = "discharged"
    ENQUIRY_ASKED = "enquiry"
    ENQUIRY_ANSWERED = "enquiry answered"
    ENQUIRY_OTHER = "enquiry, more asked or told"
    ENQUIRY_CANCELLED = "enquiry cancelled"
    RECOVERY_STARTED = "recovery started"
    RECOVERY_OTHER = "recovery, competence or notice"
    RECOVERY_COLLECTED = "debt collected"
    QUERY = "query"
    DATASET_ANSWERED = "query answered with the dataset"
    QUERY_ANSWERED = "query answered"
    REJECTED = "record rejected"
    ACKNOWLEDGED = "record acknowledged"
    SERVICE_NOTICE = "service notice"
    UNKNOWN = "record of a kind not known here"
