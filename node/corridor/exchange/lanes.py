"""Which lane a record takes when its sender does not say.

Rules:

* URGENT is what a lorry at a barrier, or an officer beside it, waits for;
* BULK is what nobody waits for today;
* everything else is ROUTINE; an unknown type is ROUTINE too.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

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
        _T.RECORD_TYPE_CANARY: Lane.ROUTINE,  # measures what most records see
    }
)


def default_lane(record_type: int) -> Lane:
    """Return the lane of a record of this type (RecordType)."""
    return DEFAULT_LANES.get(record_type, Lane.ROUTINE)
