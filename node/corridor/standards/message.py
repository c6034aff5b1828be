"""What a message of a standard is to its mapper."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from corridor.standards.mapping import Parts

if TYPE_CHECKING:
    from corridor.wire.v1 import records_pb2 as records


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a standard: its name, its record, its table.

    `body` is the record's body, or the body of a body (`exchange.acknowledgement`). `kinds` are
    the values of the body's field `kind_field` that belong to the message; the first is what
    reading sets. A body that has no such field has no kinds. `root` is the element at the root of
    the document, where it is not called as the message. `without` are fields of the body that the
    message has no words for: a record of another source that has one of them is another message.
    """

    name: str
    body: str
    sender_role: "records.Role.ValueType"
    kinds: tuple[int, ...]
    parts: Parts
    kind_field: str = "kind"
    root: str = ""
    without: frozenset[str] = frozenset()

    @property
    def element(self) -> str:
        """The element at the root of the document."""
        return self.root or self.name
