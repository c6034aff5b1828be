"""`corridor peer`: how each partner stands, and a test of the whole way to one and back."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from corridor.cli.options import FiniteRange, age, config_option, emit, json_option, table
from corridor.cli.peer_pause import pause, pauses_screen, resume
from corridor.cli.peer_show import show
from corridor.errors import ExitStatus

if TYPE_CHECKING:
    from corridor.gateway.local_client import LocalClient
    from corridor.wire.v1.local_pb2 import LocalLedgerLine

_STEP_S = 0.05


@click.group("peer")
def command() -> None:
    """See how each partner stands, test the whole way to one and back, pause and resume."""


command.add_command(show)
command.add_command(pause)
command.add_command(resume)


@command.command("list")
@config_option
@json_option
def list_(config_path: Path, as_json: bool) -> None:
    """Show how each partner stands: state, since when, next try, cause and cure.

    Exit status 0 where every way is open, 1 otherwise.
    """
    from corridor.cli.status import way
    from corridor.daemon.config import load_config
    from corridor.gateway.local_client import READ_S, LocalClient

    config = load_config(config_path)
    with LocalClient(config.gateway.socket, READ_S) as node:
        status, pauses = node.status(), node.pauses()
    peers, now_ms = status["peers"], status["now_ms"]
    rows = [
        (
            peer["endpoint"],
            str(peer["waiting"] + peer["unreceipted"]),
            age(now_ms, peer["oldest_ms"]),
            f"{peer['in_flight']} of {peer['window']}",
            age(now_ms, peer["last_heard_ms"]),
            str(peer["attempts"]),
            way(peer, now_ms),
        )
        for peer in peers
    ]
    head = ("partner", "open records", "oldest", "in flight", "last heard", "tries", "way")
    lines = [table(rows, head) or "no partner yet: an agreement in the directory makes one"]
    lines += [
        f"! {peer['endpoint']}: {peer['cause']}\n  what to do: {peer['cure']}"
        for peer in peers
        if peer["cause"]
    ]
    lines += [pauses_screen(pauses)] if pauses else []
    emit(peers, "\n".join(lines), as_json=as_json)
    if any(peer["state"] != "open" for peer in peers):
        sys.exit(ExitStatus.FAILED)


@command.command("test")
@click.argument("partner")
@click.option("--wait", "wait_s", type=FiniteRange(min=0, max=3600), default=30.0,
              show_default=True, help="Seconds to wait for the receipt.")  # fmt: skip
@config_option
@json_option
def test(partner: str, wait_s: float, config_path: Path, as_json: bool) -> None:
    """Send PARTNER a canary, sealed and signed like a record, and show when its receipt came.

    It takes the way of every record: our broker, the partner's link, its node, and back; the
    national systems see nothing of it. Exit status 1 where no receipt came in time: the canary
    waits, like any record, until the way is open.
    """
    from corridor.daemon.config import load_config
    from corridor.gateway.local_client import LocalClient

    config = load_config(config_path)
    with LocalClient(config.gateway.socket) as node:
        data = send_canary(node, partner, wait_s)
    emit(data, words(data, wait_s), as_json=as_json)
    if data["state"] != "receipted":
        sys.exit(ExitStatus.FAILED)


def send_canary(node: "LocalClient", partner: str, wait_s: float) -> dict[str, Any]:
    """Send a canary and wait for its receipt; returns how far it came, times in milliseconds."""
    result = node.probe(partner)
    data: dict[str, Any] = {
        "partner": partner,
        "record_id": result.record_id.hex(),
        "state": "refused",
        "reason": result.reason or None,
        "faults": list(result.faults),
        "sealed_after_ms": None,
        "receipted_after_ms": None,
    }
    if result.status != "accepted":
        return data
    deadline = time.monotonic() + wait_s
    while True:
        (line,) = node.ledger(result.record_id)
        if line.verdict or time.monotonic() >= deadline:
            return data | progress(line)
        time.sleep(_STEP_S)


def progress(line: "LocalLedgerLine") -> dict[str, Any]:
    """Return how far a canary came, from its line in the ledger."""
    sealed = line.sealed_ms - line.accepted_ms if line.HasField("sealed_ms") else None
    back = line.receipted_ms - line.accepted_ms if line.HasField("receipted_ms") else None
    state = "waiting" if sealed is None else "under way"
    if line.verdict == "accepted":
        state = "receipted"
    elif line.verdict:
        state = line.verdict
    return {
        "partner": line.recipient,
        "state": state,
        "reason": line.reason or None,
        "sealed_after_ms": sealed,
        "receipted_after_ms": back,
    }


def words(data: dict[str, Any], wait_s: float) -> str:
    """Return it as sentences."""
    from corridor.daemon.cures import cure_of

    name = f"canary {data['record_id']} to {data['partner']}"
    if data["state"] == "receipted":
        return (
            f"{name}: there and back in {data['receipted_after_ms']} ms "
            f"(sealed after {data['sealed_after_ms']} ms); its receipt is signed by the partner"
        )
    if data["reason"]:
        faults = "".join(f"\n  {fault}" for fault in data["faults"])
        what = f"{name}: {data['state']}, {data['reason']}{faults}"
        return f"{what}\n  what to do: {cure_of(data['reason'])}"
    return (
        f"{name}: {data['state']}, no receipt within {wait_s:g} s; it is kept and goes on\n"
        "  what to do: `corridor doctor` on both sides names what is shut"
    )
