"""`corridor peer pause` and `resume`: send nothing to one partner, and go on with the others."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from corridor.cli.options import config_option, emit, json_option, table, when
from corridor.cli.quarantine_options import by_option, who, why_option


@click.command("pause")
@click.argument("partner")
@why_option
@by_option
@config_option
@json_option
def pause(partner: str, why: str, by: str | None, config_path: Path, as_json: bool) -> None:
    """Send nothing more to PARTNER until `corridor peer resume`.

    Records for it are accepted and wait in the store, and whoever submits is told so; what was
    sealed goes on its way. What PARTNER sends is taken and receipted as ever. It outlives a
    restart. --why is kept and shown to operators: name no movement and nobody's goods in it.
    """
    from corridor.daemon.config import load_config
    from corridor.gateway.local_client import LocalClient

    with LocalClient(load_config(config_path).gateway.socket) as node:
        rows = node.pause(partner, why, who(by))
        status = node.status()
    names = {partner, *(one["endpoint"] for one in rows if one["endpoint"].startswith(partner))}
    waiting = sum(one["waiting"] for one in status["peers"] if one["endpoint"] in names)
    said = f"{partner} is paused; {waiting} records wait for it, and more will"
    emit(rows, f"{said}\nnext: `corridor peer resume {partner}` sends them", as_json=as_json)


@click.command("resume")
@click.argument("partner")
@config_option
@json_option
def resume(partner: str, config_path: Path, as_json: bool) -> None:
    """Send to PARTNER again, what waits first."""
    from corridor.daemon.config import load_config
    from corridor.gateway.local_client import LocalClient

    with LocalClient(load_config(config_path).gateway.socket) as node:
        rows = node.resume(partner)
    emit(rows, f"{partner} is sent to again\nnext: `corridor peer list`", as_json=as_json)


def pauses_screen(rows: Sequence[dict[str, Any]]) -> str:
    """Return every pause, with who began it and why."""
    return table(
        [(one["endpoint"], when(one["since_ms"]), one["by"], one["why"]) for one in rows],
        ("paused", "since", "by", "why"),
    )
