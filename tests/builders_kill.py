"""Kills a process of its own right before any file operation that it is told."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

_TWO_PLACES = frozenset({"os.rename", "os.link"})
_ONE_PLACE = frozenset({"os.remove", "os.mkdir", "open"})
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class _Killer:
    """An audit hook: `kill -9` of this process before the operation of that number."""

    def __init__(self, number: int, apart: str) -> None:
        self.left, self.apart = number, apart

    def __call__(self, event: str, args: tuple[object, ...]) -> None:
        if event in _TWO_PLACES or (event in _ONE_PLACE and self._counts(event, args)):
            self.left -= 1
            if not self.left:
                os.kill(os.getpid(), signal.SIGKILL)

    def _counts(self, event: str, args: tuple[object, ...]) -> bool:
        if event == "open" and not int(str(args[2])) & _WRITING:
            return False
        place = str(args[0])
        return Path(place).is_absolute() and self.apart not in place


def killed_at(number: int, act: Callable[[], object], apart: str) -> bool:
    """Do `act` in a process that is killed before its operation of that `number`, from 1.

    What is written or taken away where the path has `apart` in it is not counted. Returns whether
    it was killed; False when it came to its end before.
    """
    child = os.fork()
    if not child:
        try:
            sys.addaudithook(_Killer(number, apart))
            act()
            os._exit(0)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or not os.WEXITSTATUS(status), "it failed by itself"
    return os.WIFSIGNALED(status)
