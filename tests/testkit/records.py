"""records.json: what becomes of each record of an envelope (PROTOCOL §4.2 R18 and R19, §12)."""

from dataclasses import dataclass, replace
from typing import Any

from testkit.envelopes import build, fresh
from testkit.world import DAY_MS, NOW_MS, signer, spec, us

Document = dict[str, Any]
CREATED_MS = NOW_MS - 2_000
LARGEST_FRAME = 64 * 1024
"""A frame is not written out where its records are larger: they say all of it."""


@dataclass(frozen=True)
class Agreed:
    """An agreement: who, to whom, what, from when until when."""

    sender: bytes
    recipient: bytes
    record_types: tuple[int, ...]
    valid_from_ms: int
    valid_to_ms: int


LATER_TYPE = 33
"""A type of a later version, on which two have agreed."""
AGREED = (
    Agreed(b"GE.RS", b"TR.GTB", (*range(1, 19), 20), NOW_MS - 100 * DAY_MS, NOW_MS + DAY_MS),
    Agreed(b"GE.RS", b"TR.GTB", (19,), CREATED_MS + 1, NOW_MS + DAY_MS),
    Agreed(b"GE.RS", b"TR.GTB", (21, LATER_TYPE), NOW_MS - 100 * DAY_MS, NOW_MS + DAY_MS),
    Agreed(b"AZ.SCC", b"TR.GTB", (14,), NOW_MS - 100 * DAY_MS, CREATED_MS),
    Agreed(b"TR.GTB", b"AM.SRC", tuple(range(1, 21)), NOW_MS - 100 * DAY_MS, NOW_MS + DAY_MS),
)
"""What was agreed, beside world.json, which says only that something was."""


@dataclass(frozen=True)
class Row:
    """One record and what becomes of it."""

    entry: bytes
    verdict: str = "accepted"
    """accepted, refused or parked; of control records read or unread."""
    reason: str = ""
    handed_on: bool = True
    faults: tuple[str, ...] = ()
    zeros: int = 0
    """Zero bytes that follow `entry` and are not written out."""

    @property
    def whole(self) -> bytes:
        """The record with the zeros."""
        return self.entry + bytes(self.zeros)


@dataclass(frozen=True)
class Letter:
    """One envelope by its records."""

    rows: tuple[Row, ...]
    reason: str = ""
    """Why the whole of it is refused."""
    sender: bytes = b"GE.RS"
    created_ms: int = CREATED_MS


@dataclass(frozen=True)
class RecordCase:
    """Envelopes that arrive one after the other."""

    name: str
    title: str
    section: str
    letters: tuple[Letter, ...]
    suite: int = 1

    @property
    def reasons(self) -> frozenset[str]:
        """Every reason that it shows."""
        rows = (row.reason for letter in self.letters for row in letter.rows)
        return frozenset((*rows, *(f"all: {letter.reason}" for letter in self.letters)))


def with_twins(cases: list[RecordCase]) -> list[RecordCase]:
    """Return the cases, and one of suite 2 for each reason."""
    seen: set[str] = set()
    twins = []
    for case in cases:
        if not case.reasons <= seen:
            seen |= case.reasons
            twins.append(replace(case, name=f"{case.name}-suite2", suite=2))
    return [*cases, *twins]


def record_id(label: str) -> bytes:
    """Return a UUIDv7-shaped id that depends on `label` alone."""
    rest = fresh(f"record/{label}", 10)
    head = (0x0190_0000_0000).to_bytes(6, "big") + bytes([0x70 | rest[0] & 15, rest[1]])
    return head + bytes([0x80 | rest[2] & 63]) + rest[3:]


def records(cases: list[RecordCase]) -> Document:
    """Return records.json."""
    return {
        "about": "records in envelopes to the receiver of world.json (PROTOCOL 4.2, R18 and R19)",
        "now_ms": NOW_MS,
        "agreements": [
            {
                "sender": one.sender.decode(),
                "recipient": one.recipient.decode(),
                "record_types": list(one.record_types),
                "valid_from_ms": one.valid_from_ms,
                "valid_to_ms": one.valid_to_ms,
            }
            for one in AGREED
        ],
        "cases": [_case(case) for case in cases],
    }


def _case(case: RecordCase) -> Document:
    return {
        "name": case.name,
        "title": case.title,
        "section": case.section,
        "envelopes": [
            _letter(letter, frame)
            for letter, frame in zip(case.letters, frames_of(case), strict=True)
        ],
    }


def _letter(letter: Letter, frame: bytes) -> Document:
    document: Document = {
        "link": letter.sender[:2].decode(),
        "sender": letter.sender.decode(),
        "created_ms": letter.created_ms,
    }
    if len(frame) <= LARGEST_FRAME:
        document["frame"] = frame.hex()
    if letter.reason:
        document["reason"] = letter.reason
    return {**document, "records": [_row(row) for row in letter.rows]}


def frames_of(case: RecordCase) -> list[bytes]:
    """Return the envelopes of a case; each names the one before it of the same sender."""
    heads: dict[bytes, tuple[int, bytes]] = {}
    frames = []
    for number, letter in enumerate(case.letters):
        seq, prev = heads.get(letter.sender, (0, bytes(32)))
        made = build(
            spec(
                f"records/{case.name}/{number}",
                case.suite,
                to=(us(case.suite),),
                sender=letter.sender,
                signer=signer(letter.sender[:2].decode().lower()),
                created_ms=letter.created_ms,
                records=tuple(row.whole for row in letter.rows),
                seq=seq + 1,
                prev=prev,
            )
        )
        heads[letter.sender] = seq + 1, made.envelope_id
        frames.append(made.frame)
    return frames


def _row(row: Row) -> Document:
    document: Document = {"entry": row.entry.hex()}
    if row.zeros:
        document["zeros"] = row.zeros
    document["verdict"] = row.verdict
    if row.reason:
        document["reason"] = row.reason
    if row.faults:
        document["faults"] = list(row.faults)
    document["handed_on"] = row.handed_on
    return document


def refused(entry: bytes, reason: str, *faults: str, zeros: int = 0) -> Row:
    """Return a record that is refused."""
    return Row(entry, "refused", reason, False, faults, zeros)


def parked(entry: bytes, reason: str = "record_type") -> Row:
    """Return a record that is kept until a version knows its type, or its file is here."""
    return Row(entry, "parked", reason, False)


def read(entry: bytes) -> Row:
    """Return a control record that is read."""
    return Row(entry, "read", "", False)


def unread(entry: bytes, reason: str = "control_malformed", zeros: int = 0) -> Row:
    """Return a control record that is not."""
    return Row(entry, "unread", reason, False, (), zeros)
