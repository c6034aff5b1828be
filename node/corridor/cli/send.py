"""`corridor send`: give the node a record for a partner."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from corridor.cli.foreseen import country_lines, country_row
from corridor.cli.options import config_option, emit, json_option, read_file
from corridor.errors import ExitStatus, Refused

if TYPE_CHECKING:
    from corridor.gateway.contents import Read
    from corridor.wire.v1.local_pb2 import SubmitResult

_MAX_FILE_BYTES = 20 * 1024 * 1024


@click.command("send")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@click.option("--to", "recipient", required=True, help="Partner: an endpoint or a country code.")
@click.option(
    "--lane",
    type=click.Choice(["urgent", "routine", "bulk"]),
    help="How soon it leaves; the record's type decides where this is not given.",
)
@click.option("--record-id", help="UUIDv7 in hexadecimal; the same id twice sends once.")
@click.option(
    "--attach-original",
    is_flag=True,
    help="Let the message itself travel with the record.",
)
@config_option
@json_option
def command(
    file: Path,
    recipient: str,
    lane: str | None,
    record_id: str | None,
    attach_original: bool,
    config_path: Path,
    as_json: bool,
) -> None:
    """Give the node a record for a partner.

    FILE holds one record: protobuf JSON, a serialised TransitRecord, or a message of a
    standard (XML or EDIFACT); "-" reads standard input. The answer comes when the record is
    stored; its receipt comes later: see `corridor inbox --outcomes`.
    """
    from corridor.daemon.config import load_config
    from corridor.exchange.values import Lane
    from corridor.gateway.contents import original_told, read_record
    from corridor.gateway.local_client import LocalClient
    from corridor.gateway.manner import read_manner
    from corridor.wire.v1 import local_pb2 as local

    config = load_config(config_path)
    content, manner = read_file(file, _MAX_FILE_BYTES), read_manner(config.standards)
    read = read_record(content, attach_original=attach_original, manner=manner)
    submission = local.LocalSubmission(
        recipient=recipient, record=read.record, lane=Lane[lane.upper()] + 1 if lane else 0
    )
    if record_id:
        submission.record_id = _id(record_id)
    with LocalClient(config.gateway.socket) as node:
        (result,) = node.submit([submission])
    _warn(result, recipient, read)
    told = _text(result, recipient, original_told(read, result.left_out))
    emit(_data(result, recipient, read), told, as_json=as_json)
    if result.status in {"refused", "conflict"}:
        sys.exit(ExitStatus.FAILED)


def _data(result: "SubmitResult", recipient: str, read: "Read") -> dict[str, object]:
    from corridor.gateway.contents import original_told

    return {
        "status": result.status,
        "record_id": result.record_id.hex(),
        "recipient": recipient,
        "reason": result.reason or None,
        "faults": list(result.faults),
        "left_out": list(result.left_out),
        "paused": result.paused,
        "original": original_told(read, result.left_out),
        "warnings": list(read.warnings),
        "foreseen": [country_row(one) for one in result.foreseen],
    }


def _warn(result: "SubmitResult", recipient: str, read: "Read") -> None:
    """Say what of the input is doubtful, and what does not travel."""
    from corridor.gateway.contents import LEFT_OUT, original_told

    for doubt in read.warnings:
        click.echo(f"warning: {doubt}", err=True)
    if original_told(read, result.left_out) == "too_large":
        warning = (
            f"no agreement lets files pass to {recipient}, and the original is longer than a"
            " record: the record holds its digest only"
        )
        click.echo(f"warning: {warning}", err=True)
    if result.paused:
        told = f"{recipient} is paused by an operator of this node: the record is kept and waits"
        click.echo(f"{told} (`corridor peer show`)", err=True)
    for one in result.foreseen:
        for line in country_lines(country_row(one)):
            click.echo(line, err=True)
    for path in result.left_out:
        if path == LEFT_OUT:
            continue
        click.echo(f"left out, {recipient} is not entitled to it: {path}", err=True)


def _text(result: "SubmitResult", recipient: str, original: str) -> str:
    from corridor.daemon.cures import cure_of
    from corridor.wire.rule_words import in_words

    text = " ".join(filter(None, (result.status, result.record_id.hex(), "for", recipient)))
    if original == "attached":
        text += ", the original with it"
    if not result.reason:
        return text
    cure = cure_of(result.reason)
    if result.reason == "record_too_large" and original == "attached":
        cure = "send it without --attach-original"
    faults = "".join(f"\n  {in_words(fault)}" for fault in result.faults)
    return f"{text}: {result.reason}{faults}\n  what to do: {cure}"


def _id(text: str) -> bytes:
    from corridor.transit.identifiers import parse_record_id

    try:
        return parse_record_id(text)
    except Refused as refused:
        raise click.BadParameter(
            f"{refused.detail}, 32 hexadecimal digits", param_hint="--record-id"
        ) from None
