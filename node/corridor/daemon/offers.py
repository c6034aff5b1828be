"""What a national system offers its node, and what the node answers."""

from typing import NamedTuple

from corridor.daemon.foreseen import CountrySays
from corridor.errors import Reason
from corridor.exchange.values import Lane


class Offered(NamedTuple):
    """A record as a national system offers it."""

    recipient: str
    """An endpoint, or the country code of a partner."""
    record: bytes
    """A serialised TransitRecord."""
    record_id: bytes | None = None
    lane: Lane | None = None
    """The lane that is claimed; None where the type of record decides."""
    lanes: frozenset[Lane] | None = None
    """The lanes that the way in may claim; None for every lane."""
    key: bytes | None = None
    """Idempotency key, 32 bytes: the same key stands for the same record for ever."""
    with_file: bool = False
    """Whether the file that a manifest tells of is here whole."""


class Answer(NamedTuple):
    """What the node did with a record that was offered."""

    status: str
    record_id: bytes = b""
    reason: Reason | None = None
    faults: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    """Paths of what the recipient is not entitled to; the record was kept without it."""
    paused: bool = False
    """Whether an operator has paused the partner: the record waits."""
    foreseen: tuple[CountrySays, ...] = ()
    """What countries on the way will do with it, as far as they have said."""
