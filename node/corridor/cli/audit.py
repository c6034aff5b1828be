"""`corridor audit`: what operators did to the node."""

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from corridor.cli.options import config_option, emit, json_option, table
from corridor.errors import AuditTrouble, CorridorError, ExitStatus

if TYPE_CHECKING:
    from corridor.daemon.audit_trail import Act, Head

_AGAINST: Final = re.compile(r"([1-9][0-9]{0,15}):([0-9a-f]{12,64})")
_WRITTEN_ANEW: Final = "line {} is another one than was logged: the trail was written anew"


@click.group("audit")
def command() -> None:
    """Show and verify what operators did to the node."""


@command.command("list")
@config_option
@click.option("--last", type=click.IntRange(min=1), default=50, show_default=True,
              help="How many acts, newest last.")  # fmt: skip
@json_option
def show(config_path: Path, last: int, as_json: bool) -> None:
    """List acts: when, who, what, and how each ended; `begun` where it was killed half-way.

    Of a trail that is not whole all that can be read is shown, with what is wrong at its place;
    the exit status is 1 then.
    """
    from corridor.daemon.audit_trail import acts
    from corridor.daemon.config import state_folder

    every = acts(state_folder(config_path))
    found = every[-last:]
    head = ("number", "at", "who", "what", "about", "outcome")
    text = table([_row(one) for one in found], head) or "nothing was done to this node yet"
    doubts = [one.doubt for one in every if one.doubt]
    text += "".join(f"\n! {one}" for one in doubts[:20])
    if doubts:
        text += "\nwhat to do: `corridor audit verify`; RUNBOOK, The audit trail is not whole"
    emit([one._asdict() for one in found], text, as_json=as_json)
    if doubts:
        sys.exit(ExitStatus.FAILED)


def _row(one: "Act") -> tuple[str, ...]:
    number = f"! {one.number or '?'}" if one.doubt else str(one.number)
    return (number, one.at, one.who, one.what, _told(one.about), one.outcome)


@command.command("verify")
@config_option
@click.option(
    "--against", metavar="NUMBER:HASH", help="A head that the node's log named (audit.stands); 12 "
    "digits of the hash do.",
)  # fmt: skip
@json_option
def verify(config_path: Path, against: str | None, as_json: bool) -> None:
    """Check every line of the trail against the one before it, and against the head in the store.

    A trail that was cut at its end, or written anew from somewhere on, is whole in itself: only a
    head kept elsewhere shows it. The node keeps one in its store, and logs one at its start and
    each hour.
    """
    from corridor.daemon.audit_trail import lines
    from corridor.daemon.audit_watch import verified
    from corridor.daemon.config import state_folder

    folder = state_folder(config_path)
    number, stated = _stated(against)
    kept, why = _kept(config_path)
    head, _ = verified(folder, kept)
    count = head.number if head else 0
    if number > count:
        raise AuditTrouble(f"the trail ends at line {count}, and line {number} was logged: cut off")
    if number and not any(
        line["number"] == number and line["hash"].startswith(stated) for line in lines(folder)
    ):
        raise AuditTrouble(_WRITTEN_ANEW.format(number))
    text = f"{count} lines, whole; head {head or '0:'}"
    if why:
        text += f"\nnot held against the head that the node keeps in its store: {why}"
    data = {"lines": count, "head": str(head or "0:"), "kept": str(kept) if kept else None,
            "not_compared": why or None}  # fmt: skip
    emit(data, text, as_json=as_json)


@command.command("renew")
@config_option
@click.option("--why", required=True, help="What was found out about the old one.")
@json_option
def renew(config_path: Path, why: str, as_json: bool) -> None:
    """Put a trail that is not whole aside, and begin a new one that says so in its first line.

    The old one stays beside it, for whoever examines it; the node says in its log that it was
    renewed. The alert ends within a minute.
    """
    from corridor.cli.audited import who
    from corridor.daemon.audit_watch import renew as begin_anew
    from corridor.daemon.config import load_config

    aside = begin_anew(load_config(config_path), who(), why)
    text = f"a new trail begins; the old one lies in {aside}" if aside else "a new trail begins"
    emit({"aside": str(aside) if aside else None}, text, as_json=as_json)


def _stated(against: str | None) -> tuple[int, str]:
    if against is None:
        return 0, ""
    found = _AGAINST.fullmatch(against.lower())
    if found is None:
        raise click.UsageError(
            "--against takes NUMBER:HASH, as the log says it, with 12 to 64 digits of the hash"
        )
    return int(found[1]), found[2]


def _kept(config_path: Path) -> "tuple[Head | None, str]":
    """Return the head that the node keeps, or why it cannot be read."""
    from corridor.daemon.audit_watch import kept_head
    from corridor.daemon.config import load_config

    try:
        return kept_head(load_config(config_path)), ""
    except CorridorError as error:
        return None, error.message


def _told(about: dict[str, object]) -> str:
    return " ".join(f"{name}={value}" for name, value in about.items())
