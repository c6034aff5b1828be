"""Options and output that commands share."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

_F = TypeVar("_F", bound=Callable[..., Any])

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")


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
    """Print `data` as JSON, or `text` for people."""
    if as_json:
        click.echo(json.dumps(data, indent=2, ensure_ascii=False, default=str))
    elif text:
        click.echo(text)


def table(rows: Sequence[Sequence[str]], head: Sequence[str]) -> str:
    """Return rows in columns under a head, for a terminal."""
    if not rows:
        return ""
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in [head, *rows]
    ]
    return "\n".join(lines)


def age(now_ms: int, then_ms: int | None) -> str:
    """Return how long ago a time was, in the largest unit that fits: "3 min"."""
    if then_ms is None:
        return "-"
    seconds = max(0, (now_ms - then_ms) // 1000)
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
