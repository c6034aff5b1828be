"""How long a movement may rest in a state before somebody should ask.

Rules:

* the defaults follow the common transit rules where those give a number; each is configurable,
  because national practice differs;
* a limit that a record states (limitDate, the limit of an enquiry) stands before any default.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS


class Overdue(StrEnum):
    """What is overdue; also the closed set of labels of the metric."""

    PRESENTATION = "presentation"
    ARRIVAL = "arrival"
    RESULT = "result"
    ENQUIRY_ANSWER = "enquiry_answer"
    RECOVERY = "recovery"


@dataclass(frozen=True, slots=True)
class Timers:
    """Limits in milliseconds; see each for its reason."""

    presentation_ms: int = 30 * DAY_MS
    """Goods of a pre-lodged declaration: the Union Customs Code gives 30 days (Article 171)."""
    arrival_grace_ms: int = DAY_MS
    """After limitDate: a day has no zone, and an advice may be written next morning."""
    result_ms: int = 6 * DAY_MS
    """From arrival to the result at destination: six days in common transit."""
    enquiry_answer_ms: int = 28 * DAY_MS
    """For an enquiry that states no limit: common transit gives 28 days."""
    recovery_ms: int = 7 * 30 * DAY_MS
    """From limitDate to recovery where nothing arrived: seven months."""
    transit_ms: int = 30 * DAY_MS
    """For a release that states no limitDate: longer than any declared transit seen in samples."""
    parked_ms: int = 2 * HOUR_MS
    """How long a record may wait for its predecessor before its sender is told: a night's outage of
    a link is repaired sooner by the query that goes out at once."""
    stranger_ms: int = HOUR_MS // 4
    """How long a record of who holds no role waits before it is refused by name: what lets its
    sender in may be under way over another link, whose repair takes 15 minutes at most."""


DEFAULT_TIMERS: Final = Timers()
