"""`corridor config`: show, check and explain the configuration."""

import json
import sys
from pathlib import Path

import click

from corridor.cli.options import config_option, emit, json_option, table
from corridor.errors import ExitStatus


@click.group("config")
def command() -> None:
    """Show, check and explain the configuration."""


@command.command("show")
@config_option
@click.option("--origin", is_flag=True, help="Say of each value where it comes from.")
@click.option("--effective", is_flag=True, help="Every value in force; this is the default.")
@json_option
def show(config_path: Path, origin: bool, effective: bool, as_json: bool) -> None:
    """Show every value in force: the file's, the environment's and the defaults.

    A configuration holds no secret: keys, passwords and tokens are files of their own.
    """
    from corridor.daemon.config_origin import origins

    del effective
    values = origins(config_path)
    sections = dict.fromkeys(one.section for one in values)
    data = {
        section: {
            one.key: {"value": one.value, "origin": one.origin} if origin else one.value
            for one in values
            if one.section == section
        }
        for section in sections
    }
    lines = []
    for section in sections:
        lines.append(f"[{section}]")
        for one in values:
            if one.section == section and one.value is not None:
                mark = f"  # {one.origin}" if origin else ""
                lines.append(f"{one.key} = {one.value!r}{mark}")
        lines.append("")
    emit(data, "\n".join(lines).rstrip(), as_json=as_json)


@command.command("diff")
@config_option
@click.argument("other", required=False, type=click.Path(path_type=Path, dir_okay=False))
@json_option
def diff(config_path: Path, other: Path | None, as_json: bool) -> None:
    """Show where the configuration differs from OTHER, or from the defaults without one.

    Exit status 0 where nothing differs, 1 where something does.
    """
    from corridor.daemon.config_origin import differences

    found = differences(config_path, other)
    there = "the defaults" if other is None else str(other)
    rows = [(one.key, _told(one.here), _told(one.there)) for one in found]
    text = table(rows, ("key", str(config_path), there)) or f"no difference from {there}"
    data = [{"key": one.key, "here": one.here, "there": one.there} for one in found]
    emit(data, text, as_json=as_json)
    if found:
        sys.exit(ExitStatus.FAILED)


def _told(value: object) -> str:
    return "-" if value is None else json.dumps(value, ensure_ascii=False)


@command.command("validate")
@config_option
@json_option
def validate(config_path: Path, as_json: bool) -> None:
    """Check the file without starting anything; all faults are reported at once."""
    from corridor.daemon.config import load_config

    config = load_config(config_path)
    missing = [
        str(path)
        for path in (config.broker.ca_file, config.broker.cert_file, config.broker.key_file)
        if not path.is_file()
    ]
    text = f"{config_path}: valid, node {config.endpoint} ({config.node.environment})"
    if missing:
        text += "\nnot there yet: " + ", ".join(missing)
    emit({"valid": True, "endpoint": config.endpoint, "missing_files": missing}, text,
         as_json=as_json)  # fmt: skip


@command.command("schema")
@json_option
def schema(as_json: bool) -> None:
    """Print the JSON Schema of the file, for editors; it is JSON with and without --json."""
    from corridor.daemon.config import config_schema

    del as_json
    emit(config_schema(), "", as_json=True)
