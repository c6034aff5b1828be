"""What a replay must reach: `p99<2s,lost=0`; and the figures it is held against.

Rules:

* a figure that cannot be told (a percentile of nothing) reaches no threshold;
* times are counted in whole milliseconds, so that a long replay needs little memory.
"""

import operator
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from corridor.errors import InputTrouble

_FORM: Final = re.compile(r"([a-z0-9_]+)\s*(<=|>=|==|!=|<|>|=)\s*([0-9]+(?:\.[0-9]+)?)\s*(ms|s)?")
_COMPARE: Final[Mapping[str, Callable[[float, float], bool]]] = MappingProxyType(
    {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
     "=": operator.eq, "==": operator.eq, "!=": operator.ne}
)  # fmt: skip
TIMES: Final = frozenset({"p50", "p90", "p99", "max"})
COUNTS: Final = frozenset(
    {"records", "accepted", "receipted", "refused", "lost", "duplicates", "rate"}
)


@dataclass(frozen=True, slots=True)
class Threshold:
    """One of them; `value` of a time is in milliseconds."""

    figure: str
    compare: str
    value: float
    text: str

    def reached(self, figures: Mapping[str, float | None]) -> bool:
        """Tell whether the figures reach it."""
        found = figures.get(self.figure)
        return found is not None and _COMPARE[self.compare](found, self.value)


def parse_thresholds(text: str) -> tuple[Threshold, ...]:
    """Return the thresholds of a text such as "p99<2s, lost=0".

    Raises:
        InputTrouble: It is none, or names no figure.
    """
    return tuple(_one(part.strip()) for part in text.split(",") if part.strip())


def _one(part: str) -> Threshold:
    match = _FORM.fullmatch(part)
    name, compare, number, unit = match.groups() if match else ("", "", "0", None)
    if name not in TIMES | COUNTS or (name in COUNTS and unit):
        raise InputTrouble(
            f"--assert: {part!r} is no threshold",
            cure="write like p99<2s,lost=0; figures: " + ", ".join(sorted(TIMES | COUNTS)),
        )
    if name in TIMES and unit is None:
        raise InputTrouble(f"--assert: {part!r} says no unit", cure=f"write {part}ms or {part}s")
    return Threshold(name, compare, float(number) * (1000 if unit == "s" else 1), part)


@dataclass(slots=True)
class Timings:
    """How long things took, by whole milliseconds."""

    counts: Counter[int] = field(default_factory=Counter)

    def add(self, milliseconds: int) -> None:
        """Count one."""
        self.counts[max(0, milliseconds)] += 1

    def percentile(self, share: float) -> int | None:
        """Return the least time within which a share of all lie; None where there are none."""
        total = self.counts.total()
        passed = 0
        for milliseconds in sorted(self.counts):
            passed += self.counts[milliseconds]
            if passed >= share * total:
                return milliseconds
        return None
