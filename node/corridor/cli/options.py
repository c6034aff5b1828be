"""Options, input and output that commands share."""

import json
import math
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from corridor.errors import InputTrouble
from corridor.transit.calendar import written
from corridor.transit.plain import plain, plain_lines

_F = TypeVar("_F", bound=Callable[..., Any])

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
scenario_option = click.option(
    "--scenario", default="tr-ge-az", show_default=True, help="A name, or a scenario's file."
)
movements_option = click.option(
    "--movements",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    help="How many whole movements.",
)
seed_option = click.option(
    "--seed", default=1, show_default=True, help="The same seed makes the same records."
)


def config_option(function: _F) -> _F:
    """Add `--config`: the node's configuration file."""
    return click.option(
        "--config",
        "config_path",
        type=click.Path(path_type=Path, dir_okay=False),
        default=Path("node.toml"),
        show_default=True,
        envvar="CORRIDOR_CONFIG",
        show_envvar=True,
        help="The node's configuration.",
    )(function)


def emit(data: Any, text: str, *, as_json: bool) -> None:  # noqa: ANN401 - any JSON value
    """Print `data` as JSON, or `text` for people, in which nothing commands the terminal."""
    if as_json:
        click.echo(json.dumps(data, indent=2, ensure_ascii=False, default=str))
    elif text:
        click.echo(plain_lines(text))


def table(rows: Sequence[Sequence[str]], head: Sequence[str]) -> str:
    """Return rows in columns under a head, for a terminal."""
    if not rows:
        return ""
    rows = [[plain(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in [head, *rows]
    ]
    return "\n".join(lines)


class FiniteRange(click.FloatRange):
    """A number in a range; "nan" lies in every range and is none."""

    def convert(
        self,
        value: Any,  # noqa: ANN401 - what click hands on
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> float:
        """Return the number."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a number.", param, ctx)
        return number


def read_file(path: Path, most: int) -> bytes:
    """Return what a file given on the command line holds; "-" is standard input.

    Raises:
        InputTrouble: It is empty, or longer than `most` bytes.
        OSError: It cannot be read.
    """
    source = sys.stdin.buffer if str(path) == "-" else path.open("rb")
    with source:
        content = source.read(most + 1)
    if len(content) > most:
        raise InputTrouble(
            f"{path}: is too long; at most {most} bytes are read", cure="is it the right file?"
        )
    if not content.strip():
        raise InputTrouble(f"{path}: is empty", cure="is it the right file?")
    return content


def write_new(path: Path, content: bytes, mode: int) -> None:
    """Write a file that must not be there yet.

    Raises:
        InputTrouble: It is there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        raise InputTrouble(
            f"{path}: is there already", cure="move it away first, if it is to be replaced"
        ) from None
    with os.fdopen(descriptor, "wb") as out:
        out.write(content)


def when(unix_ms: int | None) -> str:
    """Return a time as people and machines read it: "2026-11-25T20:48:15Z"; "-" for none."""
    if unix_ms is None:
        return "-"
    return written(unix_ms)


def age(now_ms: int, then_ms: int | None) -> str:
    """Return how long ago a time was, in the largest unit that fits: "3 min"."""
    if then_ms is None:
        return "-"
    seconds = max(0, (now_ms - then_ms) // 1000)
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
