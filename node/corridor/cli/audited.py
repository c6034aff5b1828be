"""Which commands are noted in the audit trail, and how.

Rules:

* every command that has a node's configuration is an act or a look, and a test holds the two lists
  against the commands there are;
* an act that cannot be noted is not done; only `run` begins all the same, and says so in its log;
* the trail lies beside the store, which the node's user can write;
* no option of a command is a secret (secrets are files), so that all may be noted.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import Any, Final

import click

ACTS: Final = frozenset({
    "join", "run", "leave", "movement enquire",
    "records erase", "records hold", "records release-hold", "records resend", "records withdraw",
    "quarantine note", "quarantine export", "quarantine release", "quarantine reject",
    "peer pause", "peer resume", "dlq redrive", "dlq dismiss", "evidence export",
    "support-bundle", "keys adopt", "keys rotate",
    "http token add", "http token revoke",
    "broker clean", "broker password", "broker renew", "broker render", "broker request",
    "agreement end", "agreement propose", "agreement sign",
    "backup create", "backup restore", "codelists import", "audit renew",
    "standards publish",
})  # fmt: skip
"""What changes a node, or takes data out of it."""

_NOTES_ITSELF: Final = frozenset({"audit renew"})
"""Begins the trail with what it did: the one before may take no line any more."""

LOOKS: Final = frozenset({
    "inbox", "find", "send", "attach send", "attach list", "attach get",
    "movement list", "movement show", "records holds",
    "records timeline", "evidence verify", "status", "check", "doctor", "peer test", "config diff",
    "config show", "config validate", "keys fingerprint", "keys list", "http token list",
    "broker check", "broker firewall", "peer list", "peer show", "agreement list", "agreement show",
    "backup verify", "replay play", "replay record", "audit list", "audit verify",
    "reconcile list", "reconcile show", "reconcile now",
    "quarantine list", "quarantine show", "dlq peek", "standards preflight",
})  # fmt: skip
"""What looks, or is traffic: the ledger and the evidence tell of every record."""


_INSTRUMENTED: Final[set[click.Command]] = set()


def noting(path: str, callback: Callable[..., Any]) -> Callable[..., Any]:
    """Return the callback of an act, noted in the trail beside the configuration."""

    @wraps(callback)
    def noted(*positional: Any, **given: Any) -> Any:  # noqa: ANN401 - any command
        from corridor.daemon.audit_trail import begin
        from corridor.errors import AuditTrouble

        folder = _folder(given.get("config_path"))
        if folder is None:
            return callback(*positional, **given)  # it says itself what is wrong
        about = {name: value for name, value in given.items() if _said(name, value)}
        try:
            number = begin(folder, path, who(), about)
        except AuditTrouble as error:
            if path != "run":
                raise
            click.echo(f"corridor: {error.message}: this start is not noted", err=True)
            return callback(*positional, **given)
        return _ended(folder, number, lambda: callback(*positional, **given))

    return noted


def instrument(command: click.Command, path: str) -> click.Command:
    """Have the acts among a command and its sub-commands noted; once."""
    if isinstance(command, click.Group):
        for name, one in command.commands.items():
            instrument(one, f"{path} {name}")
    elif (
        path in ACTS - _NOTES_ITSELF
        and command not in _INSTRUMENTED
        and command.callback is not None
    ):
        _INSTRUMENTED.add(command)
        command.callback = noting(path, command.callback)
    return command


def _ended(folder: Path, number: int, act: Callable[[], Any]) -> Any:  # noqa: ANN401 - any command
    from corridor.daemon.audit_trail import end
    from corridor.errors import CorridorError

    outcome = "ok"
    try:
        return act()
    except SystemExit as ended:
        outcome = "ok" if not ended.code else f"status {ended.code:d}"
        raise
    except CorridorError as error:
        outcome = error.code
        raise
    except BaseException as error:
        outcome = type(error).__name__
        raise
    finally:
        with suppress(CorridorError):  # what was begun is noted
            end(folder, number, outcome)


def _folder(config: object) -> Path | None:
    """Return where the node keeps its state; None where its configuration does not tell."""
    from corridor.daemon.config import state_folder
    from corridor.errors import ConfigurationError

    try:
        found = state_folder(config) if isinstance(config, Path) else None
    except ConfigurationError:
        return None
    return found if found is not None and found.is_dir() else None


def _said(name: str, value: object) -> bool:
    return name not in {"config_path", "as_json"} and value not in {None, False, ()}


def who() -> str:
    """Return the user of this command, and by whose sudo."""
    import pwd

    def name(user: int) -> str:
        try:
            return pwd.getpwuid(user).pw_name
        except KeyError:
            return str(user)

    user = name(os.getuid())
    caller = os.environ.get("SUDO_USER")
    return f"{user}, by sudo of {caller}" if caller else user
