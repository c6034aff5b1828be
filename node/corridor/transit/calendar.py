"""Times as people read them, also those that no calendar holds.

Rules:

* a partner may write any number where a time stands; saying it never fails, since one line of a
  list must not take the others away.
"""

from datetime import UTC, datetime
from typing import Final

FIRST_MS: Final = -62_135_596_800_000
"""The first millisecond of the year 1: calendars of programs hold nothing before it."""
LAST_MS: Final = 253_402_300_799_999
"""The last millisecond of the year 9999: four digits write no later one."""


def in_calendar(at_ms: int) -> bool:
    """Whether a time in Unix milliseconds has a date."""
    return FIRST_MS <= at_ms <= LAST_MS


def written(at_ms: int, form: str = "%Y-%m-%dT%H:%M:%SZ") -> str:
    """Return a time in UTC as `strftime` writes it; what has no date as the number it is."""
    if not in_calendar(at_ms):
        return f"beyond the calendar ({at_ms} ms)"
    return datetime.fromtimestamp(at_ms // 1000, UTC).strftime(form)
