"""Which faults a seed mixes, on whom and when: a run is nothing but its seed and its number.

Rules:

* the same seed and number always give the same schedule, whatever ran before;
* of twenty runs sixteen break nodes, networks, clocks, deliveries or administration on warm
  brokers, three kill a broker and one fills or empties a disk;
* one to three faults a run, which never claim the same thing of the same country.
"""

import random
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from chaos.faults import FAULTS, Fault
from chaos.wiping import NAMED
from corridor.transit.parties import CountryCode

WARM: Final = frozenset({"node", "network", "delivery", "clock", "admin"})
GROUPS: Final = {"warm": WARM, "broker": frozenset({"broker"}), "disk": frozenset({"disk"})}
_BESIDE_A_BROKER: Final = frozenset({"node", "clock"})
"""What can still be seen to bite while a broker is away."""
_PATTERN: Final = ("warm",) * 5 + ("broker",)
_OF_TWENTY: Final = (*_PATTERN, *_PATTERN, *_PATTERN, "warm", "disk")
_COUNTS: Final = (1, 1, 1, 2, 2, 3)


@dataclass(frozen=True, slots=True)
class Strike:
    """One fault of a run."""

    fault: Fault
    victim: CountryCode
    begin_s: float
    heal_s: float


@dataclass(frozen=True, slots=True)
class Schedule:
    """One run."""

    seed: int
    number: int
    group: str
    strikes: tuple[Strike, ...]
    traffic_seed: int
    movements: int
    over_s: float

    @property
    def names(self) -> list[str]:
        """The faults with their victims, as they stand in the account."""
        return [f"{one.fault.name}@{one.victim}" for one in self.strikes]


def group_of(number: int) -> str:
    """Return to which group a run belongs."""
    return _OF_TWENTY[number % len(_OF_TWENTY)]


def draw(
    seed: int,
    number: int,
    countries: Collection[CountryCode],
    only: Collection[str] = (),
    without: Collection[str] = (),
) -> Schedule:
    """Return the run of a seed and a number; `only` and `without` name faults."""
    rng = random.Random(f"{seed}:{number}")  # noqa: S311 - a schedule is no secret
    group = group_of(number)
    able = [one for name, one in FAULTS.items() if name not in without]
    if only:
        able = first = [NAMED[name] for name in NAMED if name in only and name not in without]
    else:
        first = [one for one in able for _ in range(one.weight) if one.kind in GROUPS[group]]
    beside = WARM if group == "warm" else _BESIDE_A_BROKER
    others = [one for one in able if one.kind in beside] or able
    over_s = rng.uniform(1.2, 2.2)
    strikes: list[Strike] = []
    claimed: set[tuple[CountryCode, str]] = set()
    for place in range(rng.choice(_COUNTS)):
        fault = rng.choice(first if place == 0 else others)
        victim = rng.choice(sorted(countries))
        claims = {(victim, claim) for claim in fault.claims}
        if claims & claimed:
            continue
        claimed |= claims
        begin_s = rng.uniform(0.1, over_s * 0.6)
        strikes.append(
            Strike(fault, victim, begin_s, begin_s + rng.uniform(fault.least_s, fault.most_s))
        )
    ends_s = [one.heal_s + one.fault.slow_s for one in strikes if one.fault.kind in WARM]
    over_s = max([over_s, *ends_s])
    return Schedule(
        seed, number, group, tuple(strikes), rng.randrange(1 << 48), rng.randint(10, 18), over_s
    )
