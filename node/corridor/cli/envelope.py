"""`corridor envelope`: what anybody on the path can see of an envelope, and what its recipient."""

from pathlib import Path
from typing import Any

import click

from corridor.cli.options import emit, json_option

_FILE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))


@click.group("envelope")
def command() -> None:
    """Look into a sealed envelope."""


@command.command("inspect")
@_FILE
@json_option
def inspect(file: Path, as_json: bool) -> None:
    """Show what anybody on the path can see: broker, network, partner's broker."""
    from corridor.seal.describe import inspect_frame

    seen = inspect_frame(file.read_bytes())
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
    from corridor.seal.describe import describe_opened

    keys = KeyStore(directory, passphrase_file=passphrase_file).decryption_keys()
    opened = describe_opened(file.read_bytes(), keys)
    emit(opened, _lines(opened), as_json=as_json)


def _lines(value: Any, indent: str = "") -> str:  # noqa: ANN401 - any JSON value
    """Return nested values as indented lines."""
    lines = []
    for key, inner in value.items():
        if isinstance(inner, dict):
            lines.append(f"{indent}{key}:\n{_lines(inner, indent + '  ')}")
        elif isinstance(inner, list) and inner and isinstance(inner[0], dict):
            lines.append(f"{indent}{key}:")
            lines += [_lines(one, indent + "  - ") for one in inner]
        else:
            lines.append(f"{indent}{key}: {inner}")
    return "\n".join(lines)
