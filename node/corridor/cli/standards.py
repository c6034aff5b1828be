"""`corridor standards`: try the messages of a national system before a node has to."""

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from corridor.cli.explain import command as explain
from corridor.cli.options import emit, json_option
from corridor.cli.standards_preflight import preflight, publish
from corridor.cli.standards_rules import command as rules_command
from corridor.cli.standards_rules import judging_options
from corridor.errors import ExitStatus, InputTrouble

if TYPE_CHECKING:
    from corridor.standards.check import Checked
    from corridor.standards.convert import Difference
    from corridor.standards.mapper import Options
    from corridor.standards.schema import Schemas
    from corridor.standards.standard import Standard

_SUFFIXES = frozenset({".xml", ".edi"})
_SHOWN = 8

schema_option = click.option(
    "--schema-dir",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    envvar="CORRIDOR_SCHEMA_DIR",
    show_envvar=True,
    help="Folder with the official schemas (cc015c.xsd and so on); files are validated too.",
)

dialect_option = click.option(
    "--dialect",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="TOML file with the dialect of your ASYCUDA.",
)


@click.group("standards")
def command() -> None:
    """Try messages of national systems: what they are, what is kept of them, what is refused."""


command.add_command(explain)
command.add_command(rules_command)
command.add_command(publish)
command.add_command(preflight)


@command.command("check")
@click.argument(
    "paths",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path, exists=True),
    metavar="PATH...",
)
@click.option("--to", "target", help="Write each in this standard as well, for example NCTS-P6.")
@dialect_option
@schema_option
@judging_options
@json_option
def check(
    paths: tuple[Path, ...],
    target: str | None,
    dialect: Path | None,
    schema_dir: Path | None,
    codelists: Path | None,
    signers: tuple[str, ...],
    rules: str,
    as_json: bool,
) -> None:
    """Try each file, and each file below a folder.

    For each file: the standard and message that it is, whether a node would accept it and if not
    why, what is doubtful about it and no reason to refuse it, how many of its leaves the record
    maps, narrows, keeps in the residual or drops, and whether it comes back the same. Nothing is
    sent, and no node is needed. The exit status is 0 only if all are accepted.

    Published rules of the standard that the file breaks, and codes that are not on the lists in
    `--codelists`, are warnings, or refusals where `--rules` or the list says so.

    With `--to`, also what the other standard demands and the file does not say (the file is then
    not accepted: nothing is made up), and what the other standard cannot say.
    """
    from corridor.cli.progress import bar
    from corridor.cli.standards_rules import judging_of
    from corridor.gateway.dialects import read_dialect
    from corridor.standards.mapper import Options
    from corridor.standards.standard import standard_named

    judging = judging_of(codelists, signers, rules)
    options = Options(dialect=read_dialect(dialect), judging=judging)
    to = standard_named(target, options.dialect) if target else None
    files = list(_files(paths))
    if not files:
        raise InputTrouble(
            "no .xml or .edi file there", cure="name files, or folders that hold some"
        )
    schemas = _schemas(schema_dir)
    seen: list[dict[str, Any]] = []
    accepted = 0
    with bar("checked", len(files), quiet=as_json) as advance:
        for path in files:
            entry = _entry(path, _try(path, options, schemas, to), to)
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


def _try(
    path: Path, options: "Options", schemas: "Schemas | None", to: "Standard | None"
) -> "Checked":
    from corridor.standards.check import Checked, Refusal, check

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
        "warnings": [
            {"path": one.path, "rule": one.rule, "words": one.words} for one in found.warnings
        ],
    }
    if to is not None:
        made = found.conversion
        entry["to"] = {
            "standard": to.name,
            "message": made.message if made else None,
            "missing": list(made.missing) if made else [],
            "lost": _differences(made.lost if made else ()),
            "narrowed": _differences(made.narrowed if made else ()),
        }
    return entry


def _differences(told: "Iterable[Difference]") -> list[dict[str, str]]:
    return [{"path": one.element or one.field, "value": one.value} for one in told]


def _text(entry: dict[str, Any]) -> str:
    what = f"{entry['standard']} {entry['message']}" if entry["standard"] else "not recognised"
    lines = [f"{'ok     ' if entry['accepted'] else 'REFUSED'}  {entry['path']}  {what}"]
    if entry["round_trip"] is not None:
        leaves = ", ".join(f"{entry[fate]} {fate}" for fate in ("mapped", "narrowed", "residual"))
        dropped = f", {entry['dropped']} DROPPED" if entry["dropped"] else ""
        trip = entry["round_trip"]
        back = "comes back equal" if trip == "equal" else f"comes back different at {trip}"
        lines.append(f"           {leaves}{dropped}; {back}")
    lines += _some(
        [
            f"{one['path'] + ': ' if one['path'] else ''}{one['reason']}: {one['words']}"
            for one in entry["refusals"]
        ]
    )
    lines += _some(
        [f"warning: {one['path']}: {one['rule']}: {one['words']}" for one in entry["warnings"]]
    )
    to = entry.get("to")
    if to and to["message"]:
        lines.append(f"           as {to['standard']} {to['message']}:")
        for word, told in (("not said", to["lost"]), ("said otherwise", to["narrowed"])):
            lines += [f"             {word}: {one['path']}" for one in told[:_SHOWN]]
            if len(told) > _SHOWN:
                lines.append(f"             {word}: {len(told) - _SHOWN} more; --json lists all")
    return "\n".join(lines)


def _some(lines: list[str]) -> list[str]:
    """Give the first of some lines, and say of how many more only JSON tells."""
    more = len(lines) - _SHOWN
    shown = lines[:_SHOWN] + ([f"and {more} more; --json lists all"] if more > 0 else [])
    return [f"           {line}" for line in shown]
