"""The control record that tells what the national system of its sender accepts.

Rules (PROTOCOL §6.10):

* its statement is bytes here: whoever takes it reads and verifies it;
* one without a statement tells only that its sender knows the record.
"""

from dataclasses import dataclass

from corridor.errors import Reason, Refused
from corridor.wire import limits
from corridor.wire.v1 import control_pb2 as pb


@dataclass(frozen=True, slots=True)
class Accepts:
    """What the national system of its sender accepts."""

    statement: bytes = b""
    """A serialised Signed, not read yet; empty where nothing is said."""


def accepts_from_pb(message: pb.Accepts) -> Accepts:
    """Return it as a value.

    Raises:
        Refused: CONTROL_MALFORMED for a statement that is too large to travel.
    """
    if len(message.statement) > limits.MAX_ACCEPTS_BYTES:
        raise Refused(Reason.CONTROL_MALFORMED, "statement")
    return Accepts(message.statement)
