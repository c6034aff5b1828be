"""`corridor find`: exact search in what was sent and received."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from corridor.cli.options import config_option, emit, json_option, table, when
from corridor.wire.records import TERM_KINDS

if TYPE_CHECKING:
    from corridor.wire.v1.local_pb2 import LocalFound


@click.command("find")
@click.argument("kind", type=click.Choice(TERM_KINDS))
@click.argument("value")
@click.option(
    "--limit", type=click.IntRange(1, 4096), default=50, show_default=True, help="At most so many."
)
@click.option("--full", is_flag=True, help="Show received records whole, as protobuf JSON.")
@config_option
@json_option
def command(
    kind: str, value: str, limit: int, full: bool, config_path: Path, as_json: bool
) -> None:
    """Find the records, sent or received, that carry an identifier, newest first.

    The whole identifier is compared; blanks and small letters make no difference.

    \b
    corridor find mrn 26TR3401004B7KQ2J4
    corridor find plate "34 ABC 123" --full
    """  # noqa: D301 - click's own mark for lines that stay as they are
    from corridor.daemon.config import load_config
    from corridor.gateway.local_client import LocalClient

    config = load_config(config_path)
    with LocalClient(config.gateway.socket) as node:
        found = node.find(kind, value, limit=limit)
    lines = [line for one in found for line in _lines(one, full=full)]
    rows = [tuple(str(line[key] or "-") for key in _COLUMNS) for line in lines]
    text = table(rows, ("", "partner", "type", "record", "since", "state"))
    for line in lines:
        if "record" in line:
            whole = json.dumps(line["record"], indent=2, ensure_ascii=False)
            text += f"\n\n{line['record_id']}\n{whole}"
    if doubt := doubt_of(kind, value):
        click.echo(f"note: {doubt}", err=True)
    emit(lines, text or f"no record carries this {kind}", as_json=as_json)


_COLUMNS = ("direction", "partner", "type", "record_id", "since", "state")


def _lines(one: "LocalFound", *, full: bool) -> list[dict[str, Any]]:
    from corridor.wire.batches import type_label
    from corridor.wire.long_records import decode_whole
    from corridor.wire.records import record_to_json

    lines: list[dict[str, Any]] = []
    for sent in one.sent:
        state = sent.verdict or ("under way" if sent.sealed_ms else "waiting")
        lines.append(
            {
                "direction": "sent",
                "partner": sent.recipient,
                "type": type_label(sent.record_type),
                "record_id": one.record_id.hex(),
                "since": when(sent.accepted_ms),
                "state": f"{state}: {sent.reason}" if sent.reason else state,
                "receipted": when(sent.receipted_ms) if sent.receipted_ms else None,
            }
        )
    for received in one.received:
        line = {
            "direction": "received",
            "partner": received.sender,
            "type": type_label(received.record_type),
            "record_id": one.record_id.hex(),
            "since": when(received.received_ms),
            "state": "possible repeat" if received.possible_repeat else "stored",
            "cursor": received.cursor,
        }
        if full:
            line["record"] = json.loads(record_to_json(decode_whole(received.record)))
        lines.append(line)
    return lines


def doubt_of(kind: str, value: str) -> str:
    """Say what makes an identifier look mistyped; records with such identifiers exist."""
    from corridor.transit.identifiers import ContainerNumber, Lrn, Mrn, TirCarnet
    from corridor.wire.records import normal_term

    text = normal_term(value)
    try:
        if kind == "lrn":
            Lrn.parse(value.strip())
        elif kind == "carnet":
            TirCarnet.parse(text)
        elif kind in {"mrn", "container"}:
            form: type[Mrn | ContainerNumber] = Mrn if kind == "mrn" else ContainerNumber
            if not form.parse(text).check_digit_holds:
                return f"the check digit of this {kind} does not hold: a typing error?"
    except ValueError as error:
        return f"{error}: a typing error?"
    return ""
