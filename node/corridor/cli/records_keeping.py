"""`corridor records hold | release-hold | holds | erase`: what an officer says of kept records."""

import getpass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from corridor.cli.find import doubt_of
from corridor.cli.options import config_option, emit, json_option, table, when
from corridor.errors import InputTrouble
from corridor.store.keeping import BY_ID
from corridor.wire.records import TERM_KINDS

_reason = click.option("--reason", required=True, help="Why, in one sentence; it is kept.")
_by = click.option("--by", default=None, help="Who asks; without it, the user of this terminal.")


@click.command("hold")
@click.argument("ref")
@click.option("--kind", type=click.Choice([BY_ID, *TERM_KINDS]),
              help="What REF is; without it, a record's id or an MRN.")  # fmt: skip
@_reason
@_by
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Last day of the hold, UTC.")
@config_option
@json_option
def hold(
    ref: str, kind: str | None, reason: str, by: str | None, until: datetime | None,
    config_path: Path, as_json: bool,
) -> None:  # fmt: skip
    """Erase nothing that REF names: a record by its id, or all that carry an identifier.

    Records that arrive later and carry it are held as well.

    \b
    corridor records hold 26TR3401004B7KQ2J4 --reason "court of Tbilisi, 2/417-26"
    corridor records hold 06TR777 --kind plate --reason "inquiry 12" --until 2027-06-30
    """  # noqa: D301 - click's own mark for lines that stay as they are
    until_ms = None
    if until is not None:
        until_ms = round(until.replace(tzinfo=UTC).timestamp() * 1000) + 86_400_000
    found = kind or (BY_ID if _is_id(ref) else "mrn")
    done = _node(config_path, "place_hold", found, ref, reason, _who(by), until_ms)
    if doubt := doubt_of(found, ref):
        click.echo(f"note: {doubt}", err=True)
    emit(done, _placed(done), as_json=as_json)


@click.command("release-hold")
@click.argument("number", type=click.IntRange(min=1))
@_reason
@_by
@config_option
@json_option
def release_hold(
    number: int, reason: str, by: str | None, config_path: Path, as_json: bool
) -> None:
    """Let be erased again what hold NUMBER kept; the hold stays listed as released."""
    done = _node(config_path, "release_hold", number, reason, _who(by))
    emit(done, f"hold {number} is released", as_json=as_json)


@click.command("holds")
@click.option("--all", "all_", is_flag=True, help="Those too that are over or released.")
@config_option
@json_option
def holds(all_: bool, config_path: Path, as_json: bool) -> None:
    """Show what is held, by whom and why."""
    found = _node(config_path, "holds")["holds"]
    shown = [one for one in found if all_ or one["in_force"]]
    rows = [
        (
            str(one["number"]), one["kind"], one["value"], one["placed_by"],
            when(one["placed_ms"]), _end(one), one["reason"],
        )
        for one in shown
    ]  # fmt: skip
    text = table(rows, ("hold", "on", "value", "by", "since", "until", "reason"))
    emit(shown, text or "nothing is held", as_json=as_json)


@click.command("erase")
@click.argument("record_id")
@_reason
@_by
@click.option("--yes", is_flag=True, help="Do not ask; RECORD_ID was compared.")
@config_option
@json_option
def erase(
    record_id: str, reason: str, by: str | None, yes: bool, config_path: Path, as_json: bool
) -> None:
    """Erase the content of a record now, for good, on both sides of this node.

    Its id, SHA-256, times, verdicts and leaves stay: the evidence still verifies, and the record
    is never taken for a new one. Refused while it is held, has no final verdict, or is not
    acknowledged by the national system. The partner's copy is the partner's to erase.
    """
    if not _is_id(record_id):
        raise InputTrouble(
            f"not the id of a record: {record_id[:64]!r}",
            cure="32 hexadecimal digits; `corridor find` shows them",
        )
    if not yes and click.prompt("type the record's id again", err=True) != record_id:
        raise InputTrouble("the ids differ; nothing was erased")
    done = _node(config_path, "erase", bytes.fromhex(record_id.replace("-", "")), reason, _who(by))
    lines = [
        f"erased: {one['side']} {one['partner']} {one['type']}, sha256 {one['sha256']}"
        for one in done["erased"]
    ]
    if not done["log_scrubbed"]:
        lines.append("note: somebody reads the store; its log is cleaned within the hour")
    lines.append("copies and backups of the store are not reached by this")
    emit(done, "\n".join(lines), as_json=as_json)


def _placed(done: dict[str, Any]) -> str:
    what = f"hold {done['number']} on {done['kind']} {done['value']}"
    what += f" until {when(done['until_ms'])}" if done["until_ms"] else " until it is released"
    if done["existing"]:
        what += ": it was in force already, no second one is made"
    count = f"{done['holds_now']}{' or more' if done['holds_more'] else ''}"
    lines = [what, f"it keeps {count} record{'' if count == '1' else 's'} now"]
    if not done["holds_now"]:
        named = "id" if done["kind"] == BY_ID else done["kind"]
        lines[1] = f"it keeps 0 records now: is the {named} right?"
    if done["others"]:
        numbers = ", ".join(map(str, done["others"]))
        lines.append(f"on the same, for other reasons, in force: hold {numbers}")
    return "\n".join(lines)


def _end(one: dict[str, Any]) -> str:
    if one["released_ms"]:
        return f"released {when(one['released_ms'])} by {one['released_by']}"
    return when(one["until_ms"]) if one["until_ms"] else "it is released"


def _is_id(text: str) -> bool:
    try:
        return len(bytes.fromhex(text.replace("-", ""))) == 16  # noqa: PLR2004 - an UUID
    except ValueError:
        return False


def _who(by: str | None) -> str:
    return by or getpass.getuser()


def _node(config_path: Path, request: str, *arguments: object) -> dict[str, Any]:
    from corridor.daemon.config import load_config
    from corridor.gateway.local_client import LocalClient

    config = load_config(config_path)
    with LocalClient(config.gateway.socket) as node:
        done: dict[str, Any] = getattr(node, request)(*arguments)
    return done
