"""`corridor records timeline | withdraw | resend`: the way of a record, and decisions about it."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from corridor.cli.options import config_option, emit, json_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corridor.gateway.local_client import LocalClient
    from corridor.wire.v1.local_pb2 import LocalDecided


@click.command("timeline")
@click.argument("reference", metavar="REF")
@config_option
@json_option
def timeline(reference: str, config_path: Path, as_json: bool) -> None:
    """Show the way of every record that REF names, oldest first.

    REF is a record id, or an MRN, LRN, carnet, container, seal or plate. Each step is shown with
    its time; below stands whose turn it is and since when. Times are UTC. Exit status 1 where
    nothing is found.

    \b
    corridor records timeline 26TR3401004B7KQ2J4
    corridor records timeline 019AC5D2F3A47B1C8D2E3F4A5B6C7D8E
    """  # noqa: D301 - click's own mark for lines that stay as they are
    from corridor.cli.timeline import picture, ways_of
    from corridor.daemon.config import load_config
    from corridor.gateway.local_client import LocalClient

    config = load_config(config_path)
    with LocalClient(config.gateway.socket) as node:
        ids = _ids(node, reference)
        ways = sorted(
            (way for one in ids for way in ways_of(one, node.timeline(one), config.endpoint)),
            key=lambda way: (way["since"], way["record_id"]),
        )
    text = "\n\n".join(picture(way) for way in ways)
    emit(ways, text or f"no record is known by {reference}", as_json=as_json)
    if not ways:
        raise SystemExit(1)


_why_option = click.option(
    "--reason", "why", required=True, help="Why, in a sentence; kept as evidence."
)
_to_option = click.option(
    "--to", "recipient", default="", help="One partner only: an endpoint or a country code."
)


@click.command("withdraw")
@click.argument("record_id", metavar="ID")
@_to_option
@_why_option
@config_option
@json_option
def withdraw(record_id: str, recipient: str, why: str, config_path: Path, as_json: bool) -> None:
    """Withdraw a record that has not left this node.

    Safe, and done, only while no envelope holds it. The national system is told the outcome
    `withdrawn`. What a partner may hold is cancelled by a CancellationDecision, not here.
    """
    from corridor.daemon.config import load_config
    from corridor.gateway.local_client import LocalClient

    config = load_config(config_path)
    with LocalClient(config.gateway.socket) as node:
        decided = node.withdraw(_id(record_id), why, recipient=recipient)
    emit(*_told(decided), as_json=as_json)


@click.command("resend")
@click.argument("record_id", metavar="ID")
@_to_option
@_why_option
@config_option
@json_option
def resend(record_id: str, recipient: str, why: str, config_path: Path, as_json: bool) -> None:
    """Send a record again where that can help and breaks nothing.

    One whose receipt is overdue leaves again with identical bytes. One that was refused for a
    cause that may have gone (an agreement, a clock) leaves as a new record that supersedes it.
    """
    from corridor.daemon.config import load_config
    from corridor.gateway.local_client import LocalClient

    config = load_config(config_path)
    with LocalClient(config.gateway.socket) as node:
        decided = node.resend(_id(record_id), why, recipient=recipient)
    emit(*_told(decided), as_json=as_json)


_SAID = {
    "withdrawn": "withdrawn; it never leaves this node",
    "repeated": "the identical bytes leave again now",
    "resent": "sent anew under the id {record_id}",
}


def _told(decided: "Sequence[LocalDecided]") -> tuple[list[dict[str, str]], str]:
    lines = [
        {"recipient": one.recipient, "did": one.kind, "record_id": one.record_id.hex()}
        for one in decided
    ]
    said = [f"{line['recipient']}: {_SAID[line['did']].format(**line)}" for line in lines]
    return lines, "\n".join(said)


def _ids(node: "LocalClient", reference: str) -> list[bytes]:
    """Return the records that a reference names: by id, else by any identifier they carry."""
    from corridor.errors import Refused
    from corridor.transit.identifiers import parse_record_id
    from corridor.wire.records import TERM_KINDS

    try:
        return [parse_record_id(reference)]
    except Refused:
        found = (one.record_id for kind in TERM_KINDS for one in node.find(kind, reference))
        return list(dict.fromkeys(found))


def _id(text: str) -> bytes:
    from corridor.errors import Refused
    from corridor.transit.identifiers import parse_record_id

    try:
        return parse_record_id(text)
    except Refused as refused:
        raise click.BadParameter(
            f"{refused.detail}, 32 hexadecimal digits", param_hint="ID"
        ) from None
