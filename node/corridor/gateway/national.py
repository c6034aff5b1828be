"""Partners' records as messages of this country's own standard, as gateways hand them over.

Rules:

* which standard that is, `[standards] deliver` says; without it a message is given as it came;
* the account of what the message cannot say goes where the message goes.
"""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from corridor.daemon.config_standards import StandardsSection
from corridor.daemon.logs import event_logger
from corridor.errors import ConfigurationError, Refused
from corridor.gateway.deliveries import record_in
from corridor.gateway.manner import read_manner
from corridor.gateway.optional import part
from corridor.standards.dialect import Dialect
from corridor.standards.judging import Manner
from corridor.store.values import InboxRecord
from corridor.wire.v1.records_pb2 import TransitRecord

if TYPE_CHECKING:
    from corridor.standards.deliver import Delivered
    from corridor.standards.standard import Standard

_ASYCUDA = "ASYCUDA-SAD"
_PLAIN = Manner()


class National:
    """How this country's system writes, and in what it is told."""

    def __init__(
        self,
        me: str,
        manner: Manner = _PLAIN,
        deliver: str | None = None,
    ) -> None:
        """Write for the system of endpoint `me`; `deliver` names the standard.

        Raises:
            ConfigurationError: It names none, or one that is not written from others.
        """
        self.manner = manner
        self._me = me
        self._to = _standard(deliver, manner.dialect) if deliver else None

    @property
    def delivers(self) -> bool:
        """Whether partners' records are written in a standard of this country's own."""
        return self._to is not None

    def message(self, one: InboxRecord) -> "Delivered":
        """Write a record of a partner; refuses nothing, its report tells."""
        return self.written(record_in(one), str(one.peer), one.record_id, one.received_ms)

    def written(
        self, record: TransitRecord, sender: str, record_id: bytes, received_ms: int
    ) -> "Delivered":
        """Write a record that `sender` sent under an id and that came at a time, Unix ms."""
        came = record.header.source.standard
        to = self._to or part("standards").standard_as_it_came(came, self.manner.dialect)
        writer = part("deliver")
        if record.header.HasField("whole"):
            return cast("Delivered", writer.not_whole(to.name))
        prepared = datetime.fromtimestamp(received_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        envelope = writer.Envelope(sender, self._me, record_id.hex(), prepared)
        try:
            made: Delivered = writer.deliver(record, to, envelope)
        except Exception as error:  # noqa: BLE001 - a record of a partner must not hold up the next
            event_logger().error("message.failed", cause=type(error).__name__, stage=to.name)
            made = writer.failed(to.name)
        return made


def make_national(me: str, section: StandardsSection, *, whole: bool = False) -> National:
    """Return what a node's configuration says of its national system.

    Args:
        me: The node's endpoint.
        section: The section.
        whole: Whether every code list is read and verified now, as a node does at its start.

    Raises:
        ConfigurationError: The dialect, the standard or a code list cannot be used.
    """
    return National(me, read_manner(section, whole=whole), section.deliver)


def _standard(name: str, dialect: Dialect | None) -> "Standard":
    known = part("standards").standards(dialect)
    if name.upper() == _ASYCUDA and dialect is not None:
        name = f"{_ASYCUDA}-{dialect.name}"
    try:
        found: Standard = part("standards").standard_named(name, dialect)
    except Refused:
        found = known[0]
    if found.name.upper() != name.upper() or not found.from_others:
        names = ", ".join(one.name for one in known if one.from_others)
        raise ConfigurationError(
            f"standards.deliver: no standard {name} is written here", cure=f"one of: {names}"
        )
    return found
