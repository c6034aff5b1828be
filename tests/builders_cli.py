"""The command line, called as a person calls it, in this process."""

import io
import json
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import Any

import pytest

from corridor.cli.main import main


@dataclass(frozen=True, slots=True)
class Said:
    """What a command printed, and the status it ended with."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - any JSON value
        return json.loads(self.out)


def corridor(*arguments: object) -> Said:
    """Run `corridor ARGUMENTS`; standard input is no terminal."""
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as ended:
        main([str(one) for one in arguments])
    out.flush()
    buffer = out.buffer
    assert isinstance(buffer, io.BytesIO)
    code = ended.value.code
    return Said(code if isinstance(code, int) else 0, buffer.getvalue().decode(), err.getvalue())


class Terminal(io.StringIO):
    """A person who types these lines."""

    def isatty(self) -> bool:
        return True


def typing(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return what lets the next command read lines from a terminal."""

    def type_(*lines: str) -> None:
        monkeypatch.setattr(sys, "stdin", Terminal("".join(f"{line}\n" for line in lines)))

    return type_
