"""`corridor attach`: files that belong to movements: send, list, get."""

import hashlib
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from corridor.cli.options import config_option, emit, json_option, table
from corridor.errors import AttachmentTrouble, CorridorError, ExitStatus, InputTrouble, Refused

if TYPE_CHECKING:
    from corridor.gateway.local_client import LocalClient
    from corridor.wire.v1 import local_pb2 as local

_COLUMNS = ("direction", "peer", "name", "size", "movement", "state", "chunks_here", "chunks")


@click.group("attach")
def command() -> None:
    """Send, list and get files that belong to movements."""


@command.command("send")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--to", "recipients", multiple=True, required=True, help="Partner; may be repeated.")
@click.option("--mrn", help="The movement it belongs to, by its MRN.")
@click.option("--of", "of_record", help="The record whose paper it is: its id, hexadecimal.")
@click.option("--media-type", help="For example application/pdf; by the name where not given.")
@click.option("--name", help="What partners see as its name; the file's where not given.")
@config_option
@json_option
def send(
    file: Path,
    recipients: tuple[str, ...],
    mrn: str | None,
    of_record: str | None,
    media_type: str | None,
    name: str | None,
    config_path: Path,
    as_json: bool,
) -> None:
    """Give the node a file for partners, up to 2 GiB.

    The answer comes when all of it is stored here, sealed; partners fetch it then, and accept it
    when it is whole there: see `corridor attach list`.

    \b
    corridor attach send invoice.pdf --to AZ --mrn 26TR3401004B7KQ2J4
    """  # noqa: D301 - click's own mark for lines that stay as they are
    import mimetypes

    from corridor.cli.progress import bar
    from corridor.daemon.config import load_config
    from corridor.gateway.local_client import LocalClient
    from corridor.wire.attachments import header_of_movement
    from corridor.wire.v1 import local_pb2 as local

    config = load_config(config_path)
    guessed = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    begin = local.AttachBeginRequest(
        recipients=recipients, name=name or file.name, media_type=media_type or guessed,
        size=file.stat().st_size, header=header_of_movement(mrn),
    )  # fmt: skip
    if of_record:
        begin.of_record = _id(of_record, "--of")
    with (
        LocalClient(config.gateway.socket) as node,
        bar("bytes given", begin.size, quiet=as_json) as advance,
    ):
        begun = node.ask(local.LocalRequest(attach_begin=begin))
        attachment_id = begun.attach_standing.attachment_id
        try:
            digest = _give(node, file, attachment_id, advance)
            finish = local.AttachFinishRequest(attachment_id=attachment_id, sha256=digest)
            results = node.ask(local.LocalRequest(attach_finish=finish)).attach_finish.results
        except BaseException:  # also Ctrl-C: its room on the disk is free at once
            _give_up(config.gateway.socket, attachment_id)
            raise
    _tell_sent(recipients, results, begin, digest, as_json=as_json)


def _give(node: "LocalClient", file: Path, attachment_id: bytes, advance: Any) -> bytes:  # noqa: ANN401 - a callable
    from corridor.wire.limits import CHUNK_BYTES
    from corridor.wire.v1 import local_pb2 as local

    digest, offset = hashlib.sha256(), 0
    with file.open("rb") as source:
        while content := source.read(CHUNK_BYTES):
            digest.update(content)
            part = local.AttachPartRequest(
                attachment_id=attachment_id, offset=offset, content=content
            )
            offset = node.ask(local.LocalRequest(attach_part=part)).attach_standing.offset
            advance(len(content))
    return digest.digest()


def _give_up(socket: Path, attachment_id: bytes) -> None:
    """Have the node forget a file, over a connection of its own: the other may be half-way."""
    from corridor.gateway.local_client import LocalClient
    from corridor.wire.v1 import local_pb2 as local

    asked = local.AttachGiveUpRequest(attachment_id=attachment_id)
    with suppress(CorridorError), LocalClient(socket, 5.0) as node:
        node.ask(local.LocalRequest(attach_give_up=asked))


def _tell_sent(
    recipients: tuple[str, ...],
    results: "Any",  # noqa: ANN401 - repeated SubmitResult
    begin: "local.AttachBeginRequest",
    digest: bytes,
    *,
    as_json: bool,
) -> None:
    rows = [
        {
            "recipient": recipient,
            "status": one.status,
            "record_id": one.record_id.hex(),
            "reason": one.reason or None,
            "faults": list(one.faults),
        }
        for recipient, one in zip(recipients, results, strict=True)
    ]
    data = {"name": begin.name, "size": begin.size, "sha256": digest.hex(), "results": rows}
    lines = [
        f"{row['status']} {row['record_id']} for {row['recipient']}"
        + (f": {row['reason']}" if row["reason"] else "")
        for row in rows
    ]
    emit(data, "\n".join(lines), as_json=as_json)
    if any(row["reason"] for row in rows):
        sys.exit(ExitStatus.FAILED)


@command.command("list")
@config_option
@json_option
def list_(config_path: Path, as_json: bool) -> None:
    """Show the files that are here or on their way, and how far they have come."""
    import json

    from corridor.daemon.config import load_config
    from corridor.gateway.local_client import LocalClient
    from corridor.wire.v1 import local_pb2 as local

    config = load_config(config_path)
    with LocalClient(config.gateway.socket) as node:
        request = local.LocalRequest(attach_list=local.AttachListRequest())
        data: dict[str, Any] = json.loads(node.ask(request).attach_list.json)
    shown = [
        (row["record_id"], *(str(row[key] if row[key] is not None else "-") for key in _COLUMNS))
        for row in data["attachments"]
    ]
    head = ("record", "", "partner", "name", "bytes", "movement", "state", "here", "of")
    text = table(shown, head)
    emit(data, text or "no file is here or on its way", as_json=as_json)


@command.command("get")
@click.argument("record_id")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="Where to put it."
)
@config_option
@json_option
def get(record_id: str, out: Path, config_path: Path, as_json: bool) -> None:
    """Write a file that is here whole; stopped half-way, the same command goes on.

    RECORD_ID is that of its manifest: `corridor attach list` names it.
    """
    from corridor.cli.progress import bar
    from corridor.daemon.config import load_config
    from corridor.gateway.local_client import LocalClient

    if out.exists():
        raise InputTrouble(f"{out}: is there already", cure="move it away first")
    config = load_config(config_path)
    partial = out.with_name(out.name + ".partial")
    named = _id(record_id, "RECORD_ID")
    with LocalClient(config.gateway.socket) as node:
        first = _read(node, named, 0)
        with bar("bytes written", first.size, quiet=as_json) as advance:
            _write(node, named, first, partial, advance)
    if _digest(partial) != first.sha256:
        partial.unlink()
        raise AttachmentTrouble(
            f"{out}: what was written is not the file that was sent", cure="run the command again"
        )
    partial.replace(out)
    data = {"path": str(out), "name": first.name, "size": first.size, "sha256": first.sha256.hex()}
    emit(data, f"{out}: {first.size} bytes, as sent", as_json=as_json)


def _write(
    node: "LocalClient",
    record_id: bytes,
    first: "local.AttachReadReply",
    partial: Path,
    advance: Any,  # noqa: ANN401 - a callable
) -> None:
    from corridor.seal.chunks import chunk_count
    from corridor.wire.limits import CHUNK_BYTES

    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "wb") as target:
        have = os.fstat(target.fileno()).st_size // CHUNK_BYTES
        target.seek(have * CHUNK_BYTES)
        target.truncate()
        advance(have * CHUNK_BYTES)
        for index in range(have, chunk_count(first.size)):
            content = _read(node, record_id, index).content
            target.write(content)
            advance(len(content))
        target.flush()
        os.fsync(target.fileno())  # before it gets its name: a power cut leaves no short file there


def _digest(path: Path) -> bytes:
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").digest()


def _read(node: "LocalClient", record_id: bytes, index: int) -> "local.AttachReadReply":
    from corridor.wire.v1 import local_pb2 as local

    asked = local.AttachReadRequest(record_id=record_id, index=index)
    return node.ask(local.LocalRequest(attach_read=asked)).attach_read


def _id(text: str, where: str) -> bytes:
    from corridor.transit.identifiers import parse_record_id

    try:
        return parse_record_id(text)
    except Refused as refused:
        raise click.BadParameter(
            f"{refused.detail}, 32 hexadecimal digits", param_hint=where
        ) from None
