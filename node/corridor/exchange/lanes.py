"""Which lane a record takes when its sender does not say, and which lanes a sender may claim.

Rules:

* URGENT is what a lorry at a barrier, or an officer beside it, waits for;
* BULK is what nobody waits for today;
* everything else is ROUTINE; an unknown type is ROUTINE too;
* an administration may decide otherwise for a type of record; a claim stands over both, where the
  way in which the record came may claim that lane.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from corridor.errors import Reason, Refused
from corridor.exchange.values import Lane
from corridor.wire.v1.envelope_pb2 import RecordType

_T: Final = RecordType

DEFAULT_LANES: Final[Mapping[int, Lane]] = MappingProxyType(
    {
        _T.RECORD_TYPE_DECLARATION: Lane.ROUTINE,  # sent hours before the goods move
        _T.RECORD_TYPE_TRADER_REQUEST: Lane.ROUTINE,
        _T.RECORD_TYPE_DECLARATION_DECISION: Lane.ROUTINE,
        # a cancelled movement must not be let out of the gate
        _T.RECORD_TYPE_CANCELLATION_DECISION: Lane.URGENT,
        _T.RECORD_TYPE_GUARANTEE_NOTICE: Lane.ROUTINE,
        # the release waits for the guarantee to be reserved and for the answer
        _T.RECORD_TYPE_GUARANTEE_USE: Lane.URGENT,
        _T.RECORD_TYPE_GUARANTEE_RESULT: Lane.URGENT,
        _T.RECORD_TYPE_CONTROL_DECISION: Lane.URGENT,  # the lorry stands until it is controlled
        # the anticipated records: without them the next office cannot open its barrier
        _T.RECORD_TYPE_MOVEMENT_RELEASED: Lane.URGENT,
        _T.RECORD_TYPE_RELEASE_REFUSED: Lane.URGENT,
        _T.RECORD_TYPE_OPERATION_STARTED: Lane.URGENT,
        _T.RECORD_TYPE_BORDER_PASSAGE: Lane.URGENT,
        _T.RECORD_TYPE_INCIDENT: Lane.URGENT,  # offices ahead must know before it arrives
        _T.RECORD_TYPE_ARRIVAL_NOTICE: Lane.URGENT,
        _T.RECORD_TYPE_UNLOADING: Lane.URGENT,  # the lorry waits at the ramp for permission
        _T.RECORD_TYPE_CONTROL_RESULT: Lane.ROUTINE,
        _T.RECORD_TYPE_OPERATION_TERMINATED: Lane.ROUTINE,
        _T.RECORD_TYPE_DISCHARGE: Lane.ROUTINE,
        _T.RECORD_TYPE_ENQUIRY_RECOVERY: Lane.BULK,  # weeks after the movement
        _T.RECORD_TYPE_EXCHANGE: Lane.ROUTINE,  # a query: an officer waits, a lorry does not
        _T.RECORD_TYPE_ATTACHMENT: Lane.ROUTINE,  # the manifest; its chunks stand behind the rest
        _T.RECORD_TYPE_CANARY: Lane.ROUTINE,  # measures what most records see
    }
)


def default_lane(record_type: int) -> Lane:
    """Return the lane of a record of this type (RecordType)."""
    return DEFAULT_LANES.get(record_type, Lane.ROUTINE)


@dataclass(frozen=True, slots=True)
class LanePlan:
    """Which lane each type of record takes: the default, and what is decided otherwise."""

    overrides: Mapping[int, Lane] = field(default_factory=dict)
    """Lane by RecordType."""

    def lane_of(self, record_type: int) -> Lane:
        """Return the lane of a record of this type (RecordType)."""
        found = self.overrides.get(record_type)
        return default_lane(record_type) if found is None else found

    def choose(
        self, record_type: int, claimed: Lane | None, allowed: Collection[Lane] | None
    ) -> Lane:
        """Return the lane of a record whose sender claims `claimed`, or None for no claim.

        Args:
            record_type: Its RecordType.
            claimed: What the sender asks for.
            allowed: What the way in may claim; None for every lane.

        Raises:
            Refused: LANE_NOT_ALLOWED: the claim is not among `allowed`.
        """
        if claimed is None:
            return self.lane_of(record_type)
        if allowed is not None and claimed not in allowed:
            may = ", ".join(lane.name.lower() for lane in sorted(allowed)) or "none"
            raise Refused(
                Reason.LANE_NOT_ALLOWED, f"{claimed.name.lower()} is claimed; allowed is: {may}"
            )
        return claimed
