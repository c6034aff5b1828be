"""`corridor send`: give the node a record for a partner."""

import sys
from pathlib import Path

import click

from corridor.cli.options import config_option, emit, json_option
from corridor.errors import ExitStatus

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
@config_option
@json_option
def command(
    file: Path,
    recipient: str,
    lane: str | None,
    record_id: str | None,
    config_path: Path,
    as_json: bool,
) -> None:
    """Give the node a record for a partner.

    FILE holds one record: protobuf JSON, a serialised TransitRecord, or an NCTS message in XML;
    "-" reads standard input. The answer comes when the record is stored; its receipt comes later:
    see `corridor inbox --outcomes`.
    """
    from corridor.daemon.config import load_config
    from corridor.exchange.values import Lane
    from corridor.gateway.local_client import LocalClient
    from corridor.wire.v1 import local_pb2 as local

    config = load_config(config_path)
    submission = local.LocalSubmission(
        recipient=recipient,
        record=record_bytes(_read(file)),
        lane=Lane[lane.upper()] + 1 if lane else 0,
    )
    if record_id:
        submission.record_id = _hex_id(record_id)
    with LocalClient(config.gateway.socket) as node:
        (result,) = node.submit([submission])
    data = {
        "status": result.status,
        "record_id": result.record_id.hex(),
        "recipient": recipient,
        "reason": result.reason or None,
        "faults": list(result.faults),
    }
    text = f"{result.status} {result.record_id.hex()} for {recipient}"
    if result.reason:
        text += "".join(f"\n  {result.reason}: {fault}" for fault in result.faults or ["-"])
    emit(data, text, as_json=as_json)
    if result.status in {"refused", "conflict"}:
        sys.exit(ExitStatus.FAILED)


def record_bytes(content: bytes) -> bytes:
    """Return the serialised TransitRecord in `content`: XML, protobuf JSON or protobuf."""
    from corridor.wire.records import encode_record, record_from_json

    start = content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start == b"<":
        from corridor.standards.ncts.mapper import Options, decode

        return encode_record(decode(content, Options()).record)
    if start == b"{":
        return encode_record(record_from_json(content.decode("utf-8-sig")))
    return content


def _read(file: Path) -> bytes:
    try:
        source = sys.stdin.buffer if str(file) == "-" else file.open("rb")
        with source:
            content = source.read(_MAX_FILE_BYTES + 1)
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror}") from None
    if len(content) > _MAX_FILE_BYTES:
        raise click.ClickException(f"{file}: a record of at most {_MAX_FILE_BYTES} bytes")
    if not content.strip():
        raise click.ClickException(f"{file}: is empty")
    return content


def _hex_id(text: str) -> bytes:
    try:
        record_id = bytes.fromhex(text.replace("-", ""))
    except ValueError:
        record_id = b""
    if len(record_id) != 16:  # noqa: PLR2004 - a UUID
        raise click.BadParameter("a UUID in hexadecimal, 32 digits", param_hint="--record-id")
    return record_id
