"""`corridor inbox`: show or take the records partners sent, and what became of ours."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from corridor.cli.options import config_option, emit, json_option, table, when

if TYPE_CHECKING:
    from collections.abc import Callable

    from corridor.daemon.config import NodeConfig
    from corridor.gateway.local_client import LocalClient
    from corridor.standards.deliver import Report
    from corridor.wire.v1.local_pb2 import LocalDelivery


@click.command("inbox")
@click.option(
    "--after",
    type=click.IntRange(min=0, max=2**63 - 1),
    default=0,
    show_default=True,
    help="Only records after this cursor.",
)
@click.option(
    "--limit", type=click.IntRange(1, 4096), default=50, show_default=True, help="At most so many."
)
@click.option("--acknowledge", is_flag=True, help="Tell the node that these have arrived safely.")
@click.option("--outcomes", is_flag=True, help="Show what became of the records we sent instead.")
@click.option(
    "--accounts",
    is_flag=True,
    help="Show how each reads in the standard of your system, and what that cannot say.",
)
@click.option("--full", is_flag=True, help="Show the whole records, as protobuf JSON.")
@config_option
@json_option
def command(
    after: int,
    limit: int,
    acknowledge: bool,
    outcomes: bool,
    accounts: bool,
    full: bool,
    config_path: Path,
    as_json: bool,
) -> None:
    """Show the records partners sent, oldest first."""
    from corridor.daemon.config import load_config
    from corridor.gateway.local_client import LocalClient

    if outcomes and (acknowledge or full or accounts):
        raise click.UsageError("--outcomes goes with neither of the other ways to look")
    if accounts and full:
        raise click.UsageError("--accounts and --full are two ways to look")
    config = load_config(config_path)
    account = _accounts(config) if accounts else None
    with LocalClient(config.gateway.socket) as node:
        if outcomes:
            _show_outcomes(node, after, limit, as_json=as_json)
            return
        found = [_line(one, account, full=full) for one in node.take(after, limit=limit)]
        if acknowledge and found:
            node.acknowledge(int(str(found[-1]["cursor"])))
    text = table(
        [tuple(str(one[key]) for key in _COLUMNS) for one in found],
        ("cursor", "from", "type", "record", "received"),
    )
    if full:
        text = "\n".join(f"{one['record_id']}\n{one['record']}" for one in found)
    if accounts:
        text = "\n".join(
            f"{one['cursor']}  {one['sender']}  {one['type']}  {one['record_id']}\n"
            f"{one.pop('words')}"
            for one in found
        )
    emit(found, text or "no records after this cursor", as_json=as_json)


def _accounts(config: "NodeConfig") -> "Callable[[LocalDelivery], Report]":
    """Return how to say what this country's standard makes of a record."""
    from corridor.gateway.national import make_national
    from corridor.wire.long_records import decode_whole

    national = make_national(config.node.endpoint, config.standards)

    def account(one: "LocalDelivery") -> "Report":
        record = decode_whole(one.record)
        return national.written(record, one.sender, one.record_id, one.received_ms).report

    return account


_COLUMNS = ("cursor", "sender", "type", "record_id", "received")


def _show_outcomes(node: "LocalClient", after: int, limit: int, *, as_json: bool) -> None:
    found = [
        {
            "cursor": one.cursor,
            "recipient": one.recipient,
            "record_id": one.record_id.hex(),
            "verdict": "accepted" if one.accepted else "refused",
            "reason": one.reason or None,
            "receipted": when(one.receipted_ms),
            "seconds": (one.receipted_ms - one.accepted_ms) / 1000,
        }
        for one in node.outcomes(after, limit=limit)
    ]
    rows = [tuple(str(value if value is not None else "-") for value in one.values())
            for one in found]  # fmt: skip
    text = table(rows, ("cursor", "to", "record", "verdict", "reason", "receipt", "seconds"))
    emit(found, text or "no outcomes after this cursor", as_json=as_json)


def _line(
    one: "LocalDelivery", account: "Callable[[LocalDelivery], Report] | None", *, full: bool
) -> dict[str, object]:
    from corridor.wire.batches import type_label
    from corridor.wire.long_records import decode_whole
    from corridor.wire.records import record_to_json

    line: dict[str, object] = {
        "cursor": one.cursor,
        "sender": one.sender,
        "type": type_label(one.record_type),
        "record_id": one.record_id.hex(),
        "received": when(one.received_ms),
        "possible_repeat": one.possible_repeat,
    }
    if account is not None:
        report = account(one)
        line["account"], line["words"] = report.as_json(), report.as_text()
    if full:
        line["record"] = record_to_json(decode_whole(one.record))
    return line
