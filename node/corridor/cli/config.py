"""`corridor config`: show, check and explain the configuration."""

from pathlib import Path

import click

from corridor.cli.options import config_option, emit, json_option


@click.group("config")
def command() -> None:
    """Show, check and explain the configuration."""


@command.command("show")
@config_option
@json_option
def show(config_path: Path, as_json: bool) -> None:
    """Show every value in force: the file's, the environment's and the defaults."""
    from corridor.daemon.config import effective, load_config

    values = effective(load_config(config_path))
    lines = []
    for section, keys in values.items():
        lines.append(f"[{section}]")
        lines += [f"{key} = {value!r}" for key, value in keys.items() if value is not None]
        lines.append("")
    emit(values, "\n".join(lines).rstrip(), as_json=as_json)


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
