"""`corridor status`: how the node is, on one screen."""

import sys
import time
from pathlib import Path
from typing import Any, Final

import click

from corridor.cli.leave_screens import agreements_screen, capacity_screen
from corridor.cli.options import age, config_option, emit, json_option, table, when
from corridor.cli.watch_screen import canaries_screen
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
    from corridor.gateway.local_client import READ_S, LocalClient

    config = load_config(config_path)
    if show_capacity:
        with LocalClient(config.gateway.socket) as node:
            found = node.capacity()
        emit(found, capacity_screen(found), as_json=as_json)
        return
    while True:
        with LocalClient(config.gateway.socket, READ_S) as node:
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
        *_ends(status),
        f"  store       {status['store']['path']}, {status['store']['free_mib']} MiB free",
        f"  backup      {_backup(status)}",
        f"  metrics     http://{status['metrics']}/metrics",
        f"  quarantine  {_quarantine(status['quarantine'], now_ms)}",
        *pressure(status.get("back_pressure", []), now_ms),
        "",
        table(
            [_peer_row(peer, now_ms) for peer in status["peers"]],
            ("partner", "waiting", "unreceipted", "oldest", "in flight", "last heard", "way"),
        )
        or "no partner yet: an agreement in the directory makes one",
    ]
    if status.get("recovery"):
        lines += ["", "since the restore", *(f"  {one['sentence']}" for one in status["recovery"])]
    if canaries := canaries_screen(status):
        lines += ["", canaries]
    if status["refused"]:
        lines += ["", "refused since the node started", _refusals(status["refused"])]
    if status.get("agreements"):
        lines += ["", agreements_screen(status["agreements"])]
    lines += ["", *(f"! {line}" for line in status["attention"])] if status["attention"] else []
    return "\n".join(lines)


def _backup(status: dict[str, Any]) -> str:
    if not status.get("backs_up", True):
        told = "no backup is configured"
        needed = status["environment"] == "production"
        return (
            f"warning: {told}; `corridor backup key`, then [backup] in node.toml"
            if needed
            else told
        )
    last_ms = status.get("last_backup_ms")
    return f"the last {when(last_ms)}" if last_ms else "none was made yet"


def _ends(status: dict[str, Any]) -> list[str]:
    """Return until when the node may sign, and which certificate ends first."""
    lines = []
    if "delegation_until_ms" in status:
        lines.append(f"  delegation  the node may sign until {when(status['delegation_until_ms'])}")
    known = [one for one in status.get("certificates", ()) if one["until_ms"] is not None]
    if known:
        first = min(known, key=lambda one: one["until_ms"])
        name, until_ms = Path(first["path"]).name, first["until_ms"]
        lines.append(f"  certs       the first to end is {name}, {when(until_ms)}")
    return lines


def _quarantine(found: dict[str, Any], now_ms: int) -> str:
    if not found["waiting"]:
        return "nothing waits for a person"
    more = f", {found['not_kept']} found no room" if found["not_kept"] else ""
    return f"{found['waiting']} frames wait, the oldest {age(now_ms, found['oldest_ms'])}{more}"


def _peer_row(peer: dict[str, Any], now_ms: int) -> tuple[str, ...]:
    return (
        peer["endpoint"],
        str(peer["waiting"]),
        str(peer["unreceipted"]),
        age(now_ms, peer["oldest_ms"]),
        f"{peer['in_flight']} of {peer['window']}",
        age(now_ms, peer["last_heard_ms"]),
        way(peer, now_ms),
    )


_WAYS: Final = {
    "open": "open",
    "no_broker": "own broker not connected",
    "blocked": "own broker takes nothing",
    "no_route": "shut: no link of the partner's broker fetches; call the partner",
    "no_exchange": "shut: the own broker has no exchange for it; `corridor broker check`",
    "backpressure": "blocked: the own broker takes no more for it",
    "unconfirmed": "stalled: the own broker confirms nothing for it",
    "silent": "silent: nothing comes back; call the partner",
    "no_key": "blocked",
    "paused": "paused by an operator; `corridor peer show`",
}


def way(peer: dict[str, Any], now_ms: int) -> str:
    """Return how the way to a partner stands, since when, and when something is tried."""
    state = peer.get("state", peer["way"])
    text = _WAYS.get(state) or str(state)
    if state == "open":
        return text
    if peer["way_reason"] and state == "no_key":
        text += f": {peer['way_reason']}"
    since_ms = peer.get("state_since_ms", peer["way_since_ms"])
    next_ms = peer.get("next_try_ms")
    tried = f", next try in {until(now_ms, next_ms)}" if next_ms else ""
    return f"{text} (since {age(now_ms, since_ms)}{tried})"


def until(now_ms: int, at_ms: int) -> str:
    """Return how long it is until a time: "40 s", "12 min"."""
    return age(max(at_ms, now_ms), now_ms)


def pressure(rows: list[dict[str, Any]], now_ms: int) -> list[str]:
    """Return of whom nothing more is taken, why, and since when."""
    return [
        f"  takes none  from {' and '.join(row['stops'])}: {row['cause']},"
        f" since {age(now_ms, row['since_ms'])}"
        for row in rows
    ]


def _refusals(refused: list[dict[str, Any]]) -> str:
    rows = [(one["peer"], one["by"], one["reason"], str(one["count"])) for one in refused]
    return table(rows, ("partner", "refused by", "reason", "count"))
