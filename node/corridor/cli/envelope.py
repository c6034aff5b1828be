"""`corridor envelope`: what anybody on the path can see of an envelope, and what its recipient."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from corridor.cli.options import emit, json_option

if TYPE_CHECKING:
    from corridor.seal.frame import Frame

_FILE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))


@click.group("envelope")
def command() -> None:
    """Look into a sealed envelope."""


@command.command("inspect")
@_FILE
@json_option
def inspect(file: Path, as_json: bool) -> None:
    """Show what anybody on the path can see: broker, network, partner's broker."""
    from corridor.seal.describe import describe_frame

    seen = describe_frame(_frame(file))
    emit(seen, _lines(seen), as_json=as_json)


@command.command("open")
@_FILE
@click.option(
    "--keys",
    "directory",
    required=True,
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="The recipient's key folder.",
)
@click.option(
    "--passphrase-file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="A file whose first line unlocks the keys.",
)
@json_option
def open_(file: Path, directory: Path, passphrase_file: Path | None, as_json: bool) -> None:
    """Show what the recipient sees. The signature is not judged: that needs the directory."""
    from corridor.daemon.keystore import KeyStore
    from corridor.errors import KeyTrouble
    from corridor.seal.describe import describe_opened
    from corridor.seal.envelope import open_frame

    frame = _frame(file)
    keys = KeyStore(directory, passphrase_file=passphrase_file).decryption_keys()
    for recipient in frame.header.recipients:
        key = keys.get(recipient.enc_key_id)
        if key is not None:
            opened = open_frame(frame, recipient.endpoint, key)
            described = describe_opened(opened)
            for line, record in zip(described["records"], opened.records, strict=True):
                line.update(_content(record))
            emit(described, _lines(described), as_json=as_json)
            return
    sealed_for = ", ".join(one.enc_key_id.hex() for one in frame.header.recipients)
    raise KeyTrouble(f"no key in {directory} opens it; it is sealed for key {sealed_for}")


def _frame(file: Path) -> "Frame":
    from corridor.errors import Refused
    from corridor.seal.frame import parse_frame
    from corridor.wire.limits import MAX_FRAME_BYTES

    with file.open("rb") as content:
        frame = content.read(MAX_FRAME_BYTES + 1)
    try:
        return parse_frame(frame)
    except Refused as refused:
        refused.cure = "name a file that holds one whole envelope, as it lay in the broker"
        raise


def _content(record: bytes) -> dict[str, Any]:
    """Return what a business record says, as protobuf JSON; of any other its name."""
    from corridor.errors import Refused
    from corridor.wire.batches import decode_entry, is_business, type_label
    from corridor.wire.records import decode_record, record_to_json

    try:
        entry = decode_entry(record)
        named: dict[str, Any] = {"type_name": type_label(entry.record_type)}
        if is_business(entry.record_type):
            named["content"] = json.loads(record_to_json(decode_record(entry.body)))
    except Refused as refused:
        return {"refused": refused.reason.label}
    return named


def _lines(value: Any, indent: str = "") -> str:  # noqa: ANN401 - any JSON value
    """Return nested values as indented lines."""
    lines = []
    for key, inner in value.items():
        name = str(key).replace("_", " ")
        if isinstance(inner, dict):
            lines.append(f"{indent}{name}:\n{_lines(inner, indent + '  ')}")
        elif isinstance(inner, list) and inner and isinstance(inner[0], dict):
            lines.append(f"{indent}{name}:")
            for one in inner:
                first, *rest = _lines(one).split("\n")
                lines += [f"{indent}  - {first}", *(f"{indent}    {line}" for line in rest)]
        elif isinstance(inner, list):
            lines.append(f"{indent}{name}: {', '.join(map(str, inner)) or 'none'}")
        else:
            lines.append(f"{indent}{name}: {_word(inner)}")
    return "\n".join(lines)


def _word(value: Any) -> str:  # noqa: ANN401 - any JSON value
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else str(value)
