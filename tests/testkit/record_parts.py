"""What every family of cases of records.json is made of."""

from testkit.business import (
    ARRIVAL,
    entry,
    least_body,
    transit,
)
from testkit.records import (
    Letter,
    RecordCase,
    Row,
    record_id,
)

MALFORMED, INVALID = "record_malformed", "record_invalid"
LARGEST = 262_144


def good(label: str, record_type: int = ARRIVAL) -> bytes:
    """Return a right record."""
    body = transit(record_type, least_body(record_type))
    return entry(record_id(label), body, record_type)


def one_case(name: str, title: str, section: str, row: Row, **parts: object) -> RecordCase:
    """Return a case of one letter with one record."""
    return RecordCase(name, title, section, (Letter((row,), **parts),))  # type: ignore[arg-type]
