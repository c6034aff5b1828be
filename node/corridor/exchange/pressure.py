"""When a node takes nothing more, of whom, and until when: back-pressure.

Rules:

* what was accepted is kept; what could not be kept is refused before it is accepted;
* from the national system nothing is taken below the floor of free disk. Partners' envelopes and
  receipts are taken on: they close what is open; at a quarter of the floor they wait as well, with
  our broker, and their senders keep them until our receipt;
* a national system that takes nothing stops the inlet too, before what waits for it fills the disk;
* a cause ends later than it begins, so that nothing flutters at a bound.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Cause(StrEnum):
    """Why a node takes nothing more."""

    DISK_LOW = "disk_low"
    DISK_RESERVE = "disk_reserve"
    STORE_FULL = "store_full"
    INBOX_FULL = "inbox_full"


INTAKE_STOPS: Final = frozenset({Cause.DISK_LOW, Cause.DISK_RESERVE, Cause.STORE_FULL})
"""With any of these, records of the national system are refused before they are accepted."""

INLET_STOPS: Final = frozenset({Cause.DISK_RESERVE, Cause.INBOX_FULL})
"""With any of these, nothing is taken from our broker."""


@dataclass(frozen=True, slots=True)
class Load:
    """What a node has to carry, and what it has left."""

    free_mib: int
    """Of the disk of the store."""
    floor_mib: int
    waiting: int
    """Records of partners that the national system has not acknowledged."""
    waiting_most: int
    failed: bool = False
    """The store has lately said that its disk takes nothing."""


def pressed(before: frozenset[Cause], load: Load) -> frozenset[Cause]:
    """Return why nothing more is taken now, given why it was not before."""
    held = {
        Cause.DISK_LOW: load.free_mib < _bound(before, Cause.DISK_LOW, load.floor_mib),
        Cause.DISK_RESERVE: load.free_mib < _bound(before, Cause.DISK_RESERVE, load.floor_mib),
        Cause.STORE_FULL: load.failed,
        Cause.INBOX_FULL: load.waiting >= _most(before, load.waiting_most),
    }
    return frozenset(cause for cause, is_so in held.items() if is_so)


def _bound(before: frozenset[Cause], cause: Cause, floor_mib: int) -> float:
    """Return below how much free space a cause holds; one that holds needs more to end."""
    if cause is Cause.DISK_LOW:
        return floor_mib * (9 / 8 if cause in before else 1)
    return floor_mib * (1 / 2 if cause in before else 1 / 4)


def _most(before: frozenset[Cause], most: int) -> float:
    return most * 0.9 if Cause.INBOX_FULL in before else most


WHAT: Final[Mapping[Cause, str]] = {
    Cause.DISK_LOW: "free disk space is below the configured floor: records of the national system"
    " are refused, partners' are taken",
    Cause.DISK_RESERVE: "the reserve of the disk is reached: nothing is taken, neither from the"
    " national system nor from partners; their nodes keep what they sent",
    Cause.STORE_FULL: "the disk of the store takes nothing: nothing is accepted, what was accepted"
    " is kept",
    Cause.INBOX_FULL: "the national system has not acknowledged for too long: nothing more is taken"
    " from partners, their nodes keep what they sent",
}

CURES: Final[Mapping[Cause, str]] = {
    Cause.DISK_LOW: "free disk space",
    Cause.DISK_RESERVE: "free disk space",
    Cause.STORE_FULL: "free disk space, or look at the disk and its quota",
    Cause.INBOX_FULL: "have the national system take and acknowledge its records",
}
