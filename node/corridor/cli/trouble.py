"""How a command that failed ends: what happened, whose turn it is, what to do, and a status.

Rules:

* a person reads it on standard error; a machine, with `--json`, one object on standard output:
  `{"error": {"code", "message", "blame", "cure", "faults"}}`, with "reason" where something was
  refused;
* the status is the same either way;
* only a mistake of Corridor's own shows a traceback, on standard error.
"""

import errno
import json
import os
import sys
import traceback
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import click

from corridor.daemon.cures import cure_of
from corridor.errors import Blame, CorridorError, ExitStatus, NotInstalled, Refused

_CURES: Final = {
    errno.ENOENT: "check the path",
    errno.EISDIR: "name a file, not a folder",
    errno.ENOTDIR: "name a folder, not a file",
    errno.EACCES: "let this user read and write there, or run the command as the node's user",
    errno.EPERM: "run the command as the node's user",
    errno.ENOSPC: "free disk space",
    errno.EROFS: "name a place that can be written",
}
_EXTRAS: Final = {"lxml": "standards", "fastapi": "http", "uvicorn": "http"}
"""Packages that only a part of Corridor needs, and the extra that brings them."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """An error as it is told."""

    code: str
    message: str
    blame: Blame
    cure: str
    status: int
    faults: tuple[str, ...] = ()
    reason: str | None = None


def tell(error: BaseException, *, as_json: bool) -> int:
    """Tell an error to whoever called the command; returns the exit status."""
    if isinstance(error, BrokenPipeError):
        # Whoever read has gone; flushing at exit would complain a second time.
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitStatus.FAILED
    trouble = _trouble(error)
    if trouble.blame is Blame.OURS and not isinstance(error, CorridorError):
        traceback.print_exception(error)
    if as_json:
        click.echo(json.dumps({"error": _fields(trouble)}, indent=2, ensure_ascii=False))
    elif isinstance(error, click.UsageError):
        error.show()
    else:
        click.echo(_text(trouble), err=True)
    return trouble.status


def _fields(trouble: Trouble) -> dict[str, object]:
    fields: dict[str, object] = {
        "code": trouble.code,
        "message": trouble.message,
        "blame": trouble.blame.value,
        "cure": trouble.cure or None,
        "faults": list(trouble.faults),
    }
    return fields if trouble.reason is None else {**fields, "reason": trouble.reason}


def _text(trouble: Trouble) -> str:
    if trouble.code == "interrupted":
        return "interrupted"
    lines = [f"corridor: {trouble.message}", *(f"  {fault}" for fault in trouble.faults)]
    return "\n".join([*lines, f"  what to do: {trouble.cure}"] if trouble.cure else lines)


def _trouble(error: BaseException) -> Trouble:
    if isinstance(error, CorridorError):
        return _ours(error)
    if isinstance(error, click.exceptions.Abort | KeyboardInterrupt):
        return Trouble("interrupted", "interrupted", Blame.OPERATOR, "", ExitStatus.INTERRUPTED)
    if isinstance(error, click.ClickException):
        return _click(error)
    if isinstance(error, ModuleNotFoundError) and error.name in _EXTRAS:
        what = f"{error.name}, which reads and writes XML, is not installed"
        cure = f"pip install 'corridor-node[{_EXTRAS[error.name]}]'"
        return _ours(NotInstalled(what, cure=cure))
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        message = f"{where}{error.strerror or error}"
        cure = _CURES.get(error.errno or 0, "")
        return Trouble("system", message, Blame.OPERATOR, cure, ExitStatus.FAILED)
    return Trouble(
        "internal",
        f"a mistake of Corridor itself: {type(error).__name__}",
        Blame.OURS,
        "report it with the command and the lines above; what was kept before is not touched",
        ExitStatus.FAILED,
    )


def _ours(error: CorridorError) -> Trouble:
    reason, cure = None, error.cure
    if isinstance(error, Refused):
        reason = error.reason.label
        cure = cure or cure_of(reason)
    return Trouble(
        error.code, error.message, error.blame, cure, error.exit_status, error.faults, reason
    )


def _click(error: click.ClickException) -> Trouble:
    path = "corridor"
    if isinstance(error, click.UsageError) and error.ctx is not None:
        path = error.ctx.command_path
    return Trouble(
        "usage", error.format_message(), Blame.OPERATOR, f"{path} --help", error.exit_code
    )
