"""What a capture holds, counted in one pass and in little memory."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from corridor.exchange.lanes import default_lane
from corridor.lab.capture import Captured, Damage, Session, read_capture
from corridor.wire.batches import ATTACHMENT, type_label

_DAMAGES_SHOWN: Final = 20


@dataclass(slots=True)
class Info:
    """A capture in figures; times in Unix milliseconds, 0 where there is no record."""

    sessions: list[Session] = field(default_factory=list)
    records: int = 0
    record_bytes: int = 0
    largest_bytes: int = 0
    first_ms: int = 0
    last_ms: int = 0
    types: Counter[str] = field(default_factory=Counter)
    lanes: Counter[str] = field(default_factory=Counter)
    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)
    files: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Of these, manifests of files."""
    damages: list[Damage] = field(default_factory=list)
    damaged: int = 0
    damaged_bytes: int = 0

    @property
    def seconds(self) -> float:
        """From the first record to the last."""
        return (self.last_ms - self.first_ms) / 1000

    @property
    def sound(self) -> bool:
        """Whether nothing is damaged but, perhaps, a tail that was being written."""
        return all(one.what == "truncated" for one in self.damages)

    def data(self) -> dict[str, Any]:
        """Return it for machines."""
        return {
            "sessions": [one._asdict() for one in self.sessions],
            "records": self.records,
            "record_bytes": self.record_bytes,
            "largest_bytes": self.largest_bytes,
            "first_ms": self.first_ms,
            "last_ms": self.last_ms,
            "seconds": self.seconds,
            "per_second": round(self.records / self.seconds, 3) if self.seconds > 0 else None,
            "types": dict(self.types.most_common()),
            "lanes": dict(self.lanes.most_common()),
            "pairs": {f"{a} → {b}": count for (a, b), count in sorted(self.pairs.items())},
            "sound": self.sound,
            "damaged_places": self.damaged,
            "damaged_bytes": self.damaged_bytes,
            "damages": [one._asdict() for one in self.damages],
        }


def read_info(path: Path) -> Info:
    """Count what a capture holds.

    Raises:
        InputTrouble: It cannot be read, or was made by a newer Corridor.
    """
    info = Info()
    for one in read_capture(path):
        if isinstance(one, Captured):
            _count(info, one)
        elif isinstance(one, Session):
            info.sessions.append(one)
        else:
            info.damaged += 1
            info.damaged_bytes += one.length
            if len(info.damages) < _DAMAGES_SHOWN:
                info.damages.append(one)
    return info


def _count(info: Info, one: Captured) -> None:
    info.records += 1
    info.record_bytes += len(one.record)
    info.largest_bytes = max(info.largest_bytes, len(one.record))
    info.first_ms = min(info.first_ms or one.received_ms, one.received_ms)
    info.last_ms = max(info.last_ms, one.received_ms)
    info.types[type_label(one.record_type)] += 1
    info.lanes[default_lane(one.record_type).name.lower()] += 1
    info.pairs[one.sender, one.recipient] += 1
    info.files[one.sender, one.recipient] += one.record_type == ATTACHMENT
