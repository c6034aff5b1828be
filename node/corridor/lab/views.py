"""What each country holds of a movement at the end, and whether it is what was written.

Rules:

* a country holds what it told and was receipted for, and what its partners told it; nothing else
  is looked at: no file of the lab, only what its own node answers;
* a text is unharmed if it is, byte for byte, the text that was written, and in composed form (NFC);
* how a movement stands is what the country's own node says it is, never what the script says.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from corridor.lab.screens import Screen
from corridor.transit.movement import OperationState, State
from corridor.transit.screen import clock, screen_of
from corridor.transit.timers import Overdue
from corridor.wire.messages import Message
from corridor.wire.records import decode_record
from corridor.wire.v1 import records_pb2 as records

ON_THE_WAY: Final = "on the way"


@dataclass(frozen=True, slots=True)
class View:
    """A movement as one country sees it."""

    country: str
    told: frozenset[bytes]
    """Ids of the records it told, for which every recipient has signed."""
    heard: Mapping[bytes, bytes]
    """What it was told: the records by their ids."""
    ends: str
    code: str
    """Of the refusal, where it was refused or rejected."""
    limit: str
    overdue: str = ""
    """Since when its arrival is overdue, as the picture says it."""
    troubles: tuple[str, ...] = ()
    """Records that its node parked, or took to be late, out of place or not entitled."""
    picture: str = ""
    """The movement as `corridor movement show` prints it."""

    @property
    def ids(self) -> frozenset[bytes]:
        """Everything it holds."""
        return self.told | self.heard.keys()


def read_view(
    node: Screen, country: str, mrn: str, written: Mapping[bytes, bytes], lrn: str = ""
) -> View:
    """Ask a country's node for everything that carries an MRN.

    Args:
        node: The node.
        country: Whose it is.
        mrn: Which movement.
        written: Records by id as they were submitted: a node does not give back what it sent.
        lrn: The declarant's reference, by which it is known before it has an MRN.
    """
    told: set[bytes] = set()
    heard: dict[bytes, bytes] = {}
    by_lrn = node.held("lrn", lrn) if lrn else ()
    for found in (*node.held("mrn", mrn), *by_lrn):
        heard.update((found.record_id, one) for one in found.heard)
        if found.told:
            told.add(found.record_id)
    known = {key: written[key] for key in told if key in written} | heard
    code = refusal_code(decode_record(one) for one in known.values())
    seen = node.movement(mrn)
    troubles = [f"parked: {one['what']} waits for {one['waits_for']}" for one in seen["parked"]]
    troubles += [f"{one['flag']}: {one['what']}, {one['why']}" for one in seen["flagged"]]
    picture = screen_of(seen)
    limit = (seen["limit"] or "").partition("T")[0]
    ends = ends_of(seen)
    marks = [one["since"] for one in seen["overdue"] if one["what"] == Overdue.ARRIVAL]
    overdue = clock(marks[0]) if marks else ""
    return View(
        country, frozenset(told), heard, ends, code, limit, overdue, tuple(troubles), picture
    )


def ends_of(seen: Mapping[str, Any]) -> str:
    """Return how a movement stands by what a node says of it."""
    state = seen["state"]
    if state in _ENDS:
        return _ENDS[state]
    if any(one["state"] == OperationState.REFUSED for one in seen["operations"]):
        return "refused"
    if any(one["what"] == Overdue.ARRIVAL for one in seen["overdue"]):
        return "overdue"
    return ON_THE_WAY


_ENDS: Final = {
    State.DISCHARGED: "discharged",
    State.REFUSED: "refused",
    State.REJECTED: "rejected",
}


def refusal_code(held: Iterable[records.TransitRecord]) -> str:
    """Return the code with which a movement was refused or rejected; nothing where it was not."""
    for record in held:
        body = record.WhichOneof("body")
        if body == "release_refused":
            return record.release_refused.reason.code.value
        if body == "exchange" and record.exchange.HasField("acknowledgement"):
            return record.exchange.acknowledgement.reason.code.value
    return ""


# --- texts ------------------------------------------------------------------------------------


def texts_of(message: Message) -> Iterator[str]:
    """Return every text of a record, in the order of its fields."""
    for field, value in message.ListFields():
        values = value if field.is_repeated else (value,)
        if field.message_type is not None:
            for one in values:
                yield from texts_of(one)
        elif field.type == field.TYPE_STRING:
            yield from values


def harmed(written: bytes, held: bytes) -> tuple[str, ...]:
    """Return the texts of a record that are not held as they were written."""
    before = list(texts_of(decode_record(written)))
    after = list(texts_of(decode_record(held)))
    if len(before) != len(after):
        return (f"{len(before)} texts were written, {len(after)} are held",)
    return tuple(
        one
        for one, other in zip(before, after, strict=True)
        if one.encode() != other.encode() or not unicodedata.is_normalized("NFC", other)
    )


def scripts_of(record: bytes) -> Counter[str]:
    """Count the texts of a record by the script of their first letter beyond ASCII."""
    return Counter(map(_script, texts_of(decode_record(record))))


def _script(text: str) -> str:
    letter = next((one for one in text if one.isalpha() and not one.isascii()), "")
    return unicodedata.name(letter).split()[0].capitalize() if letter else "Latin"
