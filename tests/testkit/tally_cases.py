"""The cases of records.json: Tally (PROTOCOL §6.9)."""

from testkit.control import TALLY, head
from testkit.envelopes import fresh
from testkit.proto import field_bytes, record, some_bytes, some_number
from testkit.records import Letter, RecordCase, Row, read, unread

DAY = 20_400
ID = fresh("an envelope", 32)
DIGEST = fresh("records of a day", 32)


def cell(record_type: int = 1, verdict: int = 1, reason: int = 0, count: int = 3) -> bytes:
    """Return a DayCell."""
    kind = some_number(1, record_type) + some_number(2, verdict) + some_number(3, reason)
    return kind + some_number(4, count)


def counted(
    *cells: bytes, left: int = 0, records: bytes = DIGEST, newest: bytes | None = b""
) -> bytes:
    """Return a DayCount; `newest` None leaves the head out."""
    counts = b"".join(field_bytes(1, one) for one in cells) + some_number(2, left)
    heads = b"" if newest is None else field_bytes(4, newest)
    return counts + some_bytes(3, records) + heads


def tally(
    sent: bytes | None, received: bytes | None, day: int = DAY, answers: bytes = b""
) -> bytes:
    """Return a Tally; a direction that is None is left out."""
    sides = b"".join(
        field_bytes(number, one) for number, one in ((2, sent), (3, received)) if one is not None
    )
    return some_number(1, day) + sides + some_bytes(4, answers)


def tally_cases() -> list[RecordCase]:
    """Return them, the right ones first."""
    good = counted(cell(), cell(1, 2, 303), left=2, newest=head(1, 2, ID))
    none = counted()
    right = [
        ("none", "it tells of no day", b""),
        ("day", "it tells of a day", tally(good, none)),
        ("answer", "it answers", tally(good, none, answers=DIGEST)),
        ("512", "512 kinds", tally(counted(*(cell(1, 2, n) for n in range(1, 513))), none)),
    ]
    wrong = [
        ("day-0", "of day 0", tally(good, none, 0)),
        ("answers-0", "of no day, and it answers", some_bytes(4, DIGEST)),
        ("one-way", "one direction only", tally(good, None)),
        ("other-way", "the other direction only", tally(None, none)),
        ("answers-31", "it answers 31 bytes", tally(good, none, answers=DIGEST[:31])),
        ("day-far", "of a day behind 2^48 ms", tally(good, none, 3_257_813)),
        ("open", "what was received has no verdict", tally(good, counted(left=1))),
        ("open-2-63", "2^63 without a verdict", tally(counted(left=2**63), none)),
        ("digest-31", "a digest of 31 bytes", tally(counted(records=DIGEST[:31]), none)),
        ("no-head", "without a head", tally(counted(newest=None), none)),
        ("head-id", "a head without an id", tally(counted(newest=head(1, 2, b"")), none)),
        ("twice", "a kind twice", tally(counted(cell(), cell()), none)),
        ("order", "kinds out of order", tally(counted(cell(2), cell(1)), none)),
        ("type-0", "of type 0", tally(counted(cell(0)), none)),
        ("type-64", "of a control type", tally(counted(cell(64)), none)),
        ("verdict-0", "without a verdict", tally(counted(cell(1, 0)), none)),
        ("verdict-5", "a verdict that nobody knows", tally(counted(cell(1, 5)), none)),
        ("reason-10000", "reason 10,000", tally(counted(cell(1, 2, 10_000)), none)),
        ("count-0", "none of a kind", tally(counted(cell(count=0)), none)),
        ("513", "513 kinds", tally(counted(*(cell(1, 2, n) for n in range(1, 514))), none)),
    ]
    return [
        *(_case(name, title, read(record(710, body, TALLY))) for name, title, body in right),
        *(_case(name, title, unread(record(710, body, TALLY))) for name, title, body in wrong),
    ]


def _case(name: str, title: str, row: Row) -> RecordCase:
    return RecordCase(f"tally-{name}", title, "6.9", (Letter((row,)),))
