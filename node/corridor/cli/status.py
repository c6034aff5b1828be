"""`corridor status`: how the node is, on one screen."""

import sys
import time
from pathlib import Path
from typing import Any, Final

import click

from corridor.cli.leave_screens import agreements_screen, capacity_screen
from corridor.cli.options import age, config_option, emit, json_option, table, when
from corridor.errors import ExitStatus


@click.command("status")
@config_option
@click.option("--watch", is_flag=True, help="Show it again every two seconds until Ctrl-C.")
@click.option("--capacity", "show_capacity", is_flag=True,
              help="Show the disk it needs, also for a week without a partner.")  # fmt: skip
@json_option
def command(config_path: Path, watch: bool, show_capacity: bool, as_json: bool) -> None:
    """Show how the node is: broker, partners, what waits and since when, what ends soon.

    Exit status 0 when nothing needs a person, 1 otherwise.
    """
    from corridor.daemon.config import load_config
    from corridor.gateway.local_client import LocalClient

    config = load_config(config_path)
    if show_capacity:
        with LocalClient(config.gateway.socket) as node:
            found = node.capacity()
        emit(found, capacity_screen(found), as_json=as_json)
        return
    while True:
        with LocalClient(config.gateway.socket) as node:
            status = node.status()
        if watch and not as_json:
            click.clear()
        emit(status, _screen(status), as_json=as_json)
        if not watch:
            break
        time.sleep(2)
    if status["attention"]:
        sys.exit(ExitStatus.FAILED)


def _screen(status: dict[str, Any]) -> str:
    now_ms = status["now_ms"]
    broker = status["broker"]
    link = "connected" if broker["sender"] and broker["receiver"] else "NOT CONNECTED"
    if broker["blocked"]:
        link = "connected, but it takes nothing (disk or memory alarm there)"
    directory = status["directory"]
    lines = [
        f"{status['endpoint']}  ({status['environment']}, corridor {status['version']})",
        f"  broker      {link}",
        f"  directory   version {directory['version']}, ends {when(directory['expires_ms'])}",
        f"  own key     partners seal to it until {when(status['encryption_key_until_ms'])}",
        f"  store       {status['store']['path']}, {status['store']['free_mib']} MiB free",
        f"  metrics     http://{status['metrics']}/metrics",
        "",
        table(
            [_peer_row(peer, now_ms) for peer in status["peers"]],
            ("partner", "waiting", "unreceipted", "oldest", "in flight", "last heard", "way"),
        )
        or "no partner yet: an agreement in the directory makes one",
    ]
    if status["refused"]:
        lines += ["", "refused since the node started", _refusals(status["refused"])]
    if status.get("agreements"):
        lines += ["", agreements_screen(status["agreements"])]
    lines += ["", *(f"! {line}" for line in status["attention"])] if status["attention"] else []
    return "\n".join(lines)


def _peer_row(peer: dict[str, Any], now_ms: int) -> tuple[str, ...]:
    return (
        peer["endpoint"],
        str(peer["waiting"]),
        str(peer["unreceipted"]),
        age(now_ms, peer["oldest_ms"]),
        f"{peer['in_flight']} of {peer['window']}",
        age(now_ms, peer["last_heard_ms"]),
        _way(peer, now_ms),
    )


_WAYS: Final = {
    "open": "open",
    "no_route": "shut: no link of the partner's broker fetches; call the partner",
    "backpressure": "blocked: the own broker takes no more for it",
    "no_key": "blocked",
}


def _way(peer: dict[str, Any], now_ms: int) -> str:
    text = _WAYS.get(peer["way"]) or str(peer["way"])
    if peer["way"] == "open":
        return text
    if peer["way_reason"]:
        text += f": {peer['way_reason']}"
    return f"{text} (since {age(now_ms, peer['way_since_ms'])})"


def _refusals(refused: list[dict[str, Any]]) -> str:
    rows = [(one["peer"], one["by"], one["reason"], str(one["count"])) for one in refused]
    return table(rows, ("partner", "refused by", "reason", "count"))
