"""Plays the numbered fault cases on real brokers and nodes, and writes down what was seen.

    python tests/chaos/run_cases.py [all | quick | 1,5,16-18]

Without an argument the environment's CHAOS_CASES is taken, and "all" where that is not set.
CHAOS_REAL=1 leaves the product its own times, CHAOS_JOBS=2 plays them on two networks beside each
other: most of a case is waiting for brokers. What was played before stays in the account,
build/chaos/cases.json, until it is played again. Exit status: 0 if no case differs, 1 otherwise.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

TREE = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TREE / "node"), str(TREE / "tests")]

from chaos.cases.case import Case  # noqa: E402 - after the path
from chaos.cases.playing import Stage, asked_for, play_all, say, shares  # noqa: E402
from chaos.network import SCALE  # noqa: E402
from chaos.table import BUILT, KEPT, keep, load  # noqa: E402

_PATIENCE_S = 120
"""How long a player may take to bring its network down once it was told to end."""


def main(arguments: list[str]) -> int:
    """Play what was asked for."""
    cases = asked_for(arguments[0] if arguments else os.environ.get("CHAOS_CASES") or "all")
    real = os.environ.get("CHAOS_REAL") == "1"
    say(f"{len(cases)} cases, {'real times' if real else f'times scaled by {SCALE}'}")
    begun = time.monotonic()
    jobs = int(os.environ.get("CHAOS_JOBS") or 1)
    if jobs > 1 and len(cases) > 1:
        status = beside_each_other(cases, jobs, times="real" if real else "scaled")
        say(f"{len(cases)} cases, {jobs} beside each other ({time.monotonic() - begun:.0f} s)")
        return status
    with Stage(real=real, say=say) as stage:
        differing = play_all(
            stage, cases, lambda one, line: keep(BUILT, {str(one.number): told(one, line)})
        )
    say(f"{len(cases)} cases, {differing} differ ({time.monotonic() - begun:.0f} s)")
    return 1 if differing else 0


def beside_each_other(cases: Sequence[Case], jobs: int, *, times: str) -> int:
    """Let each share of the cases be played by a process of its own; 1 if a case differs."""
    took = {
        int(number): line.get(times, {}).get("seconds", 0.0) for number, line in load(KEPT).items()
    }
    command = [sys.executable, str(Path(__file__).resolve())]
    players = [
        subprocess.Popen(
            [*command, ",".join(map(str, share))], env={**os.environ, "CHAOS_JOBS": "1"}
        )
        for share in shares(cases, jobs, took)
    ]
    try:
        statuses = [player.wait() for player in players]
        return int(any(statuses))
    finally:
        for player in players:
            if player.poll() is None:
                player.send_signal(signal.SIGINT)
        for player in players:
            player.wait(_PATIENCE_S)


def told(one: Case, line: dict[str, Any]) -> dict[str, Any]:
    """Return what the account has of a case."""
    what = {"title": one.title, "expected": one.expected, "newer": one.newer}
    return {**what, line.pop("times"): line}


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
