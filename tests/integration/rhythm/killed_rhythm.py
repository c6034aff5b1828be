"""Kills the two nodes of `nodes` at their beats, in a child, and looks at what came of it.

Run by test_rhythm_kill.py: `python killed_rhythm.py WAY FOLDER SEED`. Prints one JSON object: how
many beats a life has and of which kinds, where kills hit, and every fault that was found.
"""

import contextlib
import json
import os
import random
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from unittest.mock import patch

import power
import structlog
from faults import faults_in, forgotten_by
from files import Beat
from nodes import PEER, run, store_path

from corridor.store import durable
from corridor.transit.parties import Endpoint

NEVER = 0
OF_EACH = int(os.environ.get("POWER_OF_EACH") or "5")
"""At how many beats of each kind power is lost; 999 takes all."""


class Found:
    """What a series of kills has come to."""

    def __init__(self) -> None:
        self.kinds: Counter[str] = Counter()
        self.hit: Counter[str] = Counter()
        self.faults: list[str] = []

    def recall(self, folder: Path, dark: Sequence[Endpoint], how: str) -> None:
        """Note what stores have forgotten between two lives."""
        self.faults += [f"{how}: {fault}" for me in dark for fault in forgotten_by(folder, me)]

    def look(self, folder: Path, how: str) -> None:
        """Note what is wrong after both have come through, and where they had been killed."""
        died = folder / "died"
        self.hit.update(died.read_text().splitlines() if died.exists() else ())
        self.faults += [f"{how}: {fault}" for fault in faults_in(folder)]


def beats_until(kill_at: int, died: Path) -> Beat:
    """Return a beat that ends this process at its `kill_at`th call and notes where that was."""
    count = 0

    def beat(where: str) -> None:
        nonlocal count
        count += 1
        if count == kill_at:
            with died.open("a", encoding="ascii") as file:
                file.write(f"{where}\n")
            os.kill(os.getpid(), signal.SIGKILL)

    return beat


def in_child(act: Callable[[], None], *, kill_after_s: float | None = None) -> bool:
    """Run something in a child process; returns whether it was killed."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            act()
            status = 0
        except BaseException:  # noqa: BLE001 - it ends here
            traceback.print_exc()
        os._exit(status)
    if kill_after_s is not None:
        time.sleep(kill_after_s)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        raise SystemExit("a child failed")
    return os.WIFSIGNALED(status)


def life(folder: Path, kill_at: int, number: int, *, at_once: bool, made: bool = False) -> bool:
    """Let both nodes live in a child until a beat, or to their end; returns whether killed.

    Where they are `made` before, the disk has their empty stores.
    """
    if made:
        for me in PEER:
            power.born(store_path(folder, me))
    beat = beats_until(kill_at, folder / "died")
    return in_child(lambda: run(folder, beat, life=number, at_once=at_once))


def kinds_of(folder: Path, *, at_once: bool) -> list[str]:
    """Return the kinds of all beats of an undisturbed life, in order."""
    kinds: list[str] = []
    with fresh(folder) as undisturbed:
        run(undisturbed, kinds.append, life=0, at_once=at_once)
        if found := faults_in(undisturbed):
            raise SystemExit(f"undisturbed: {found}")
    return kinds


@contextlib.contextmanager
def fresh(folder: Path) -> Iterator[Path]:
    """Lend a folder of its own."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        yield Path(name)


def killed_once(folder: Path, found: Found, _draw: random.Random) -> None:
    """Kill at each beat of a whole life, each time in a fresh folder; restart; look."""
    kinds = kinds_of(folder, at_once=True)
    found.kinds.update(kinds)
    for kill_at in range(1, len(kinds) + 1):
        with fresh(folder) as place:
            if not life(place, kill_at, 0, at_once=True):
                found.faults.append(f"no kill at beat {kill_at}")
            found.recall(place, tuple(PEER), f"at beat {kill_at}")
            life(place, NEVER, 1, at_once=kill_at % 2 == 0)
            found.look(place, f"killed at beat {kill_at}, {kinds[kill_at - 1]}")


def killed_again(folder: Path, found: Found, draw: random.Random) -> None:
    """Kill ever later in the same folder until one life comes through; then at any time."""
    with fresh(folder) as place:
        kill_at, number = 1, 0
        while life(place, kill_at, number, at_once=number % 2 == 0):
            kill_at += draw.randrange(1, 5)
            number += 1
        found.look(place, "killed again and again")
    for number in range(20):
        with fresh(folder) as place:
            end_s = draw.uniform(0.0, 0.06)
            in_child(lambda: run(place, _no_beat, life=0), kill_after_s=end_s)
            life(place, NEVER, 1, at_once=False)
            found.look(place, f"killed at time {number}")


def without_power(folder: Path, found: Found, draw: random.Random) -> None:
    """Lose power at a sample of beats with every kind in it; restart; look."""
    kinds = kinds_of(folder, at_once=True)
    found.kinds.update(kinds)
    with patch.object(durable.os, "fdatasync", power.flush):
        for kill_at in sample(kinds, OF_EACH, draw):
            with fresh(folder) as place:
                dark = powerless(place, kill_at, found, draw)
                found.look(place, f"{dark} without power at beat {kill_at}, {kinds[kill_at - 1]}")
        unflushed = [number for number, kind in enumerate(kinds, 1) if kind == "before a flush"]
        for killed_at in unflushed:
            with fresh(folder) as place:
                # what a killed life leaves in the log, the next one reads, though no disk has it
                life(place, killed_at, 0, at_once=True, made=True)
                dark = powerless(place, draw.randrange(1, 16), found, draw)
                found.look(place, f"killed at beat {killed_at}, then {dark} without power")


def powerless(place: Path, kill_at: int, found: Found, draw: random.Random) -> tuple[Endpoint, ...]:
    """Kill at a beat and take power from one node or both; restart; returns from which."""
    at_once = draw.random() < 0.5
    life(place, kill_at, 1, at_once=at_once, made=True)
    dark = draw.choice([tuple(PEER), *((me,) for me in PEER)])
    for me in dark:
        power.lost(store_path(place, me), draw.choice((0.0, draw.random())))
    found.recall(place, dark, f"without power at beat {kill_at}")
    life(place, NEVER, 2, at_once=at_once)
    return dark


def sample(kinds: Sequence[str], of_each: int, draw: random.Random) -> list[int]:
    """Return numbers of beats, up to `of_each` of every kind."""
    by_kind: dict[str, list[int]] = {}
    for number, kind in enumerate(kinds, 1):
        by_kind.setdefault(kind, []).append(number)
    return sorted(
        number for one in by_kind.values() for number in draw.sample(one, min(of_each, len(one)))
    )


def _no_beat(_where: str) -> None:
    """Go on."""


WAYS = {"once": killed_once, "again": killed_again, "power": without_power}


def main(way: str, folder: Path, seed: int) -> None:
    """Kill in one way and print what was found."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    found = Found()
    WAYS[way](folder, found, random.Random(seed))  # noqa: S311 - a schedule, not a secret
    print(json.dumps({"kinds": found.kinds, "hit": found.hit, "faults": found.faults}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
