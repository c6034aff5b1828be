"""`corridor audit`: what operators did to the node."""

from pathlib import Path

import click

from corridor.cli.options import config_option, emit, json_option, table
from corridor.errors import AuditTrouble


@click.group("audit")
def command() -> None:
    """Show and verify what operators did to the node."""


@command.command("list")
@config_option
@click.option("--last", type=click.IntRange(min=1), default=50, show_default=True,
              help="How many acts, newest last.")  # fmt: skip
@json_option
def show(config_path: Path, last: int, as_json: bool) -> None:
    """List acts: when, who, what, and how each ended; `begun` where it was killed half-way."""
    from corridor.daemon.audit_trail import acts
    from corridor.daemon.config import state_folder

    found = acts(state_folder(config_path))[-last:]
    rows = [
        (str(one.number), one.at, one.who, one.what, _told(one.about), one.outcome) for one in found
    ]
    head = ("number", "at", "who", "what", "about", "outcome")
    text = table(rows, head) or "nothing was done to this node yet"
    emit([one._asdict() for one in found], text, as_json=as_json)


@command.command("verify")
@config_option
@click.option(
    "--against", metavar="NUMBER:HASH", help="A head that the node's log named (audit.stands)."
)
@json_option
def verify(config_path: Path, against: str | None, as_json: bool) -> None:
    """Check every line of the trail against the one before it.

    A trail that was cut at its end, or written anew from somewhere on, is whole in itself: only a
    head kept elsewhere shows it. The node logs one at its start and each hour.
    """
    from corridor.daemon.audit_trail import lines
    from corridor.daemon.config import state_folder

    number, stated, count, last = *_head(against), 0, ""
    for line in lines(state_folder(config_path)):
        count, last = line["number"], line["hash"]
        if count == number and last != stated:
            raise AuditTrouble(
                f"line {number} is another one than was logged: the trail was written anew"
            )
    if number > count:
        raise AuditTrouble(f"the trail ends at line {count}, and line {number} was logged: cut off")
    text = f"{count} lines, whole; head {count}:{last}"
    emit({"lines": count, "head": f"{count}:{last}"}, text, as_json=as_json)


def _head(against: str | None) -> tuple[int, str]:
    if against is None:
        return 0, ""
    number, _, stated = against.partition(":")
    if not number.isdecimal() or not stated:
        raise click.UsageError("--against takes NUMBER:HASH, as the log says it")
    return int(number), stated


def _told(about: dict[str, object]) -> str:
    return " ".join(f"{name}={value}" for name, value in about.items())
