"""`corridor standards`: try the messages of a national system before a node has to."""

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from corridor.cli.options import emit, json_option
from corridor.errors import ExitStatus, InputTrouble

if TYPE_CHECKING:
    from corridor.standards.check import Checked
    from corridor.standards.schema import Schemas
    from corridor.standards.standard import Standard

_SUFFIXES = frozenset({".xml"})
_SHOWN = 8

schema_option = click.option(
    "--schema-dir",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    envvar="CORRIDOR_SCHEMA_DIR",
    show_envvar=True,
    help="Folder with the official schemas (cc015c.xsd and so on); files are validated too.",
)


@click.group("standards")
def command() -> None:
    """Try messages of national systems: what they are, what is kept of them, what is refused."""


@command.command("check")
@click.argument(
    "paths",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path, exists=True),
    metavar="PATH...",
)
@click.option("--to", "target", help="Write each in this standard as well, for example NCTS-P6.")
@schema_option
@json_option
def check(
    paths: tuple[Path, ...], target: str | None, schema_dir: Path | None, as_json: bool
) -> None:
    """Try each file, and each file below a folder.

    For each file: the standard and message that it is, whether a node would accept it and if not
    why, how many of its leaves the record maps, narrows, keeps in the residual or drops, and
    whether it comes back the same. Nothing is sent, and no node is needed. The exit status is 0
    only if all are accepted.
    """
    from corridor.cli.progress import bar
    from corridor.standards.standard import standard_named

    to = standard_named(target) if target else None
    files = list(_files(paths))
    if not files:
        raise InputTrouble("no XML file there", cure="name files, or folders that hold some")
    schemas = _schemas(schema_dir)
    seen: list[dict[str, Any]] = []
    accepted = 0
    with bar("checked", len(files), quiet=as_json) as advance:
        for path in files:
            entry = _entry(path, _try(path, schemas, to), to)
            accepted += entry["accepted"]
            if as_json:
                seen.append(entry)
            else:
                click.echo(_text(entry))
            advance(1)
    emit({"files": seen}, f"{accepted} of {len(files)} accepted", as_json=as_json)
    if accepted < len(files):
        sys.exit(ExitStatus.FAILED)


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    """List the files that were named, and below a folder those of a standard, in a fixed order."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        for folder, below, names in os.walk(path):
            below.sort()
            for name in sorted(names):
                if Path(name).suffix.lower() in _SUFFIXES:
                    yield Path(folder, name)


def _schemas(folder: Path | None) -> "Schemas | None":
    from corridor.standards.schema import Schemas

    if folder is None:
        return None
    root = folder.resolve()

    def read(name: str) -> bytes | None:
        path = (root / name).resolve()
        return path.read_bytes() if path.is_relative_to(root) and path.is_file() else None

    return Schemas(read)


def _try(path: Path, schemas: "Schemas | None", to: "Standard | None") -> "Checked":
    from corridor.standards.check import Checked, Refusal, check
    from corridor.standards.ncts.mapper import Options

    options = Options()
    most = options.limits.max_bytes
    try:
        with path.open("rb") as source:
            document = source.read(most + 1)
    except OSError as fault:
        return Checked(refusals=(Refusal("", "unreadable", fault.strerror or str(fault)),))
    return check(document, options, schemas, to)


def _entry(path: Path, found: "Checked", to: "Standard | None") -> dict[str, Any]:
    from corridor.standards.accounting import Fate

    entry: dict[str, Any] = {
        "path": str(path),
        "standard": found.standard,
        "message": found.message,
        "accepted": found.accepted,
        "refusals": [
            {"path": one.path, "reason": one.reason, "words": one.words} for one in found.refusals
        ],
        **{fate.value: found.count(fate) for fate in Fate},
        "round_trip": found.round_trip,
        "schema": found.validated,
    }
    if to is not None:
        made = found.conversion
        entry["to"] = {
            "standard": to.name,
            "message": made.message if made else None,
            "missing": list(made.missing) if made else [],
        }
    return entry


def _text(entry: dict[str, Any]) -> str:
    what = f"{entry['standard']} {entry['message']}" if entry["standard"] else "not recognised"
    lines = [f"{'ok     ' if entry['accepted'] else 'REFUSED'}  {entry['path']}  {what}"]
    if entry["round_trip"] is not None:
        leaves = ", ".join(f"{entry[fate]} {fate}" for fate in ("mapped", "narrowed", "residual"))
        dropped = f", {entry['dropped']} DROPPED" if entry["dropped"] else ""
        trip = entry["round_trip"]
        back = "comes back equal" if trip == "equal" else f"comes back different at {trip}"
        lines.append(f"           {leaves}{dropped}; {back}")
    refusals = entry["refusals"]
    for one in refusals[:_SHOWN]:
        place = f"{one['path']}: " if one["path"] else ""
        lines.append(f"           {place}{one['reason']}: {one['words']}")
    if len(refusals) > _SHOWN:
        lines.append(f"           and {len(refusals) - _SHOWN} more; --json lists all")
    return "\n".join(lines)
