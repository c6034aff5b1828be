"""Many things one after the other: at a rate, with progress, to be broken off between two of them.

Rules:

* Ctrl-C lets what was asked for end, and then stops; a second one stops at once;
* what was done stays done and is told; a later run goes on where this one ended.
"""

import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from types import FrameType
from typing import Any, Final, TypeVar

import click

from corridor.cli.options import emit
from corridor.errors import ExitStatus

_T = TypeVar("_T")
FASTEST: Final = 10_000
"""A second: more than any node takes; for what only looks."""


class Pace:
    """At most so many a second, until somebody asks to stop."""

    def __init__(self, rate: float) -> None:
        """Let `rate` pass a second."""
        self.rate = rate
        self.stopped = False
        self.cut_short = False
        """Whether something was left because of it."""
        self._free_at = time.monotonic()

    def at_once(self, most: int) -> int:
        """Return how many to take together: those of a second, `most` at most."""
        return max(1, min(most, int(self.rate)))

    def wait(self, count: int) -> bool:
        """Wait until `count` may pass; False where somebody asked to stop."""
        while not self.stopped and (left := self._free_at - time.monotonic()) > 0:
            time.sleep(min(left, 0.1))
        self._free_at = max(self._free_at, time.monotonic()) + count / self.rate
        return not self.stopped

    def turns(self, things: Iterable[_T], most: int) -> Iterator[list[_T]]:
        """Yield some at a time, `most` at most, until all have passed or somebody asked to stop."""
        rest, step = iter(things), self.at_once(most)
        while some := list(islice(rest, step)):
            if not self.wait(len(some)):
                self.cut_short = True
                return
            yield some

    def until(self, done: Callable[[], bool], seconds: float) -> None:
        """Wait until something is done, but not longer than so many seconds."""
        ends = time.monotonic() + seconds
        while not done() and not self.stopped and time.monotonic() < ends:
            time.sleep(0.05)


@contextmanager
def pace(rate: float) -> Iterator[Pace]:
    """Pace what happens inside; Ctrl-C ends it between two steps."""
    paced = Pace(rate)

    def stop(_number: int, _frame: FrameType | None) -> None:
        if paced.stopped:
            raise KeyboardInterrupt
        paced.stopped = True
        click.echo("stopping; what was done stays done", err=True)

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield paced
    finally:
        signal.signal(signal.SIGINT, before)


def finish(
    paced: Pace, data: dict[str, Any], lines: Sequence[str], *, left: bool, as_json: bool
) -> None:
    """Tell what was done; end with status 130 where it was cut short, 6 where some were left."""
    told = [*lines]
    if paced.cut_short:
        told.append("stopped; the same command goes on where this one ended")
    emit({**data, "stopped": paced.cut_short}, "\n".join(told), as_json=as_json)
    if paced.cut_short:
        sys.exit(ExitStatus.INTERRUPTED)
    if left:
        sys.exit(ExitStatus.QUARANTINED)
