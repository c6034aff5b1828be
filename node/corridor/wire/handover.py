"""The control record that tells how far records have come beyond the node that stored them.

Rules (PROTOCOL §6.8):

* it speaks of whole envelopes, by their positions in the stream of whoever reads it;
* what it may ask its reader to look up is bounded.
"""

from dataclasses import dataclass
from typing import Final

from corridor.errors import Reason, Refused
from corridor.wire import limits
from corridor.wire.v1 import control_pb2 as pb

TELLS: Final = 1
SILENT: Final = 2


@dataclass(frozen=True, slots=True)
class HandoverRange:
    """Envelopes of one epoch whose accepted records have all come equally far."""

    epoch: int
    first: int
    last: int
    handed_ms: int
    acknowledged_ms: int = 0
    """0 where the national system has not acknowledged them."""


@dataclass(frozen=True, slots=True)
class Handover:
    """How far records of the partner have come beyond the node that stored them."""

    telling: int
    """`TELLS` or `SILENT`."""
    ranges: tuple[HandoverRange, ...] = ()


def handover_to_pb(handover: Handover) -> pb.Handover:
    """Return it as the schema writes it."""
    return pb.Handover(
        telling=handover.telling,
        ranges=[
            pb.HandoverRange(
                epoch=one.epoch,
                first=one.first,
                last=one.last,
                handed_ms=one.handed_ms,
                acknowledged_ms=one.acknowledged_ms,
            )
            for one in handover.ranges
        ],
    )


def handover_from_pb(message: pb.Handover) -> Handover:
    """Return it as a value.

    Raises:
        Refused: CONTROL_MALFORMED for a number out of its range, or too many of them.
    """
    if fault := _fault(message):
        raise Refused(Reason.CONTROL_MALFORMED, fault)
    return Handover(
        message.telling,
        tuple(
            HandoverRange(m.epoch, m.first, m.last, m.handed_ms, m.acknowledged_ms)
            for m in message.ranges
        ),
    )


def _fault(message: pb.Handover) -> str:
    ranges = message.ranges
    told = sum(m.last - m.first + 1 for m in ranges)
    sound = {
        "telling": message.telling in {TELLS, SILENT},
        "ranges": len(ranges) <= limits.MAX_HANDOVER_RANGES,
        "range": all(1 <= m.first <= m.last <= limits.MAX_SEQUENCE for m in ranges),
        "handed": all(1 <= m.handed_ms <= limits.MAX_TIME_MS for m in ranges),
        "acknowledged": all(m.acknowledged_ms <= limits.MAX_TIME_MS for m in ranges),
        "envelopes told of": told <= limits.MAX_HANDOVER_ENVELOPES,
    }
    return next((what for what, holds in sound.items() if not holds), "")
