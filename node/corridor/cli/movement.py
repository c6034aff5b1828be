"""`corridor movement`: where a movement stands, which are under way, what to ask."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from corridor.cli.options import config_option, emit, json_option
from corridor.errors import ExitStatus

if TYPE_CHECKING:
    from corridor.gateway.local_client import LocalClient


@click.group("movement")
def command() -> None:
    """Follow movements: what is told of them, what is expected, what is overdue.

    A movement is folded from the records this node sent and received about it; it is as complete
    as they are. Times are UTC.
    """


@command.command("show")
@click.argument("reference")
@click.option("--history", is_flag=True, help="Also list every record, oldest first.")
@config_option
@json_option
def show(reference: str, history: bool, config_path: Path, as_json: bool) -> None:
    """Show where a movement stands.

    REFERENCE is its MRN, LRN or carnet number, or a container, plate or seal that it alone carries.

    \b
    corridor movement show 26TR3401004B7KQ2J4
    corridor movement show "34 ABC 123" --history
    """  # noqa: D301 - click's own mark for lines that stay as they are
    from corridor.transit.screen import history_of, screen_of

    with _node(config_path) as node:
        view, _ = node.movement(reference)
    text = screen_of(view)
    if history:
        text += f"\n\n{history_of(view)}"
    emit(view, text, as_json=as_json)


@command.command("list")
@click.option("--overdue", is_flag=True, help="Only those that are overdue.")
@click.option("--open", "open_", is_flag=True, help="All that have not ended (the default).")
@click.option(
    "--limit", type=click.IntRange(1, 4096), default=50, show_default=True, help="At most so many."
)
@config_option
@json_option
def list_(overdue: bool, open_: bool, limit: int, config_path: Path, as_json: bool) -> None:
    """List the movements that have not ended, those changed last first.

    The list follows the records within seconds; `corridor movement show` is always exact.
    """
    from corridor.cli.options import table

    if overdue and open_:
        raise click.UsageError("--overdue and --open say different things")
    with _node(config_path) as node:
        lines = node.movements(overdue=overdue, limit=limit)
    rows = [
        (
            one["value"],
            one["words"],
            one["changed"] or "-",
            ", ".join(f"{mark['what']} since {mark['since']}" for mark in one["overdue"]) or "-",
        )
        for one in lines
    ]
    text = table(rows, ("movement", "state", "last record", "overdue"))
    emit(lines, text if rows else "no such movement is known here", as_json=as_json)


@command.command("enquire")
@click.argument("reference")
@click.option("--send", is_flag=True, help="Send what is drafted; without it, only show it.")
@config_option
@json_option
def enquire(reference: str, send: bool, config_path: Path, as_json: bool) -> int:
    """Show, or send, what is drafted about a movement: an enquiry, or a query to a partner.

    Refusals of records are shown and never sent here: the national system decides about them.
    """
    from corridor.wire.records import decode_record, record_to_json
    from corridor.wire.v1 import local_pb2 as local

    with _node(config_path) as node:
        _, drafts = node.movement(reference)
        asking = [one for one in drafts if one.kind in {"enquiry", "query"}]
        offered = [
            local.LocalSubmission(recipient=one.recipient, record=one.record) for one in asking
        ]
        results = node.submit(offered) if send and offered else []
    lines = [
        {
            "kind": one.kind,
            "recipient": one.recipient,
            "record": record_to_json(decode_record(one.record)),
            "status": results[number].status if results else "not sent",
            "record_id": results[number].record_id.hex() if results else None,
            "reason": results[number].reason or None if results else None,
        }
        for number, one in enumerate(asking)
    ]
    text = "\n\n".join(
        f"{one['kind']} to {one['recipient']}: {one['status']}"
        + (f" ({one['reason']})" if one["reason"] else "")
        + f"\n{one['record']}"
        for one in lines
    )
    emit(lines, text or "nothing is to be asked about this movement now", as_json=as_json)
    refused = any(one.status == "refused" for one in results)
    return ExitStatus.QUARANTINED if refused else ExitStatus.OK


def _node(config_path: Path) -> "LocalClient":
    from corridor.daemon.config import load_config
    from corridor.gateway.local_client import LocalClient

    return LocalClient(load_config(config_path).gateway.socket)
