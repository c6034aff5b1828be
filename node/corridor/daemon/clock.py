"""The node's one clock, and the way in which a laboratory makes it wrong.

Rules:

* every time that the node writes or judges by comes from `unix_ms`; waiting and pauses go by the
  steady clock, which nobody sets;
* `CORRIDOR_LAB_CLOCK_OFFSET_S` holds only where the configuration says `environment = "lab"`: a
  number of seconds, or the path of a file that holds one and may change while the node runs.
"""

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from corridor.errors import ConfigurationError

LAB_OFFSET: Final = "CORRIDOR_LAB_CLOCK_OFFSET_S"
_LOOK_AGAIN_S: Final = 0.1


class _Clock:
    """The machine's clock, plus what a laboratory adds to it."""

    def __init__(self) -> None:
        self.offset_ms = 0
        self.file: Path | None = None
        self.look_at = 0.0

    def look(self) -> None:
        """Read the file again; one that is being written leaves the offset as it was."""
        self.look_at = time.monotonic() + _LOOK_AGAIN_S
        if self.file is not None:
            try:
                self.offset_ms = _milliseconds(self.file.read_text("ascii"))
            except (OSError, ValueError):
                return


_CLOCK: Final = _Clock()


def unix_ms() -> int:
    """Return the clock's Unix time in milliseconds."""
    if _CLOCK.file is not None and time.monotonic() >= _CLOCK.look_at:
        _CLOCK.look()
    return time.time_ns() // 1_000_000 + _CLOCK.offset_ms


def set_lab_clock(environment: str, variables: Mapping[str, str] = os.environ) -> int:
    """Take a laboratory's offset, before anything asks for the time; returns it, milliseconds.

    Raises:
        ConfigurationError: It is neither a number nor a file that holds one.
    """
    _CLOCK.offset_ms, _CLOCK.file = 0, None
    given = variables.get(LAB_OFFSET, "")
    if environment != "lab" or not given:
        return 0
    try:
        _CLOCK.offset_ms = _milliseconds(given)
    except ValueError:
        path = Path(given)
        try:
            _CLOCK.offset_ms = _milliseconds(path.read_text("ascii"))
        except (OSError, ValueError) as error:
            raise ConfigurationError(
                f"{LAB_OFFSET}: {given!r} is neither seconds nor a file that holds them: {error}",
                cure="give a number, e.g. -600 for a clock that is ten minutes slow",
            ) from None
        _CLOCK.file = path
    return _CLOCK.offset_ms


def _milliseconds(text: str) -> int:
    seconds = float(text)
    if not abs(seconds) < _MOST_S:  # also what is no number at all
        raise ValueError("out of range")
    return round(seconds * 1000)


_MOST_S: Final = 40_000_000.0
"""More than a year; a clock before 1970 would be another test."""
