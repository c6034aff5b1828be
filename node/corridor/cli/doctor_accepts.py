"""Checks of `corridor doctor` on what partners have said that they accept."""

from typing import Any

from corridor.cli.doctor_parts import Patient, Result, ok, skip, warn
from corridor.cli.options import age
from corridor.errors import NodeRefused
from corridor.wire.limits import DAY_MS

LATE_DAYS = 3
"""It is said anew each day; after seven it counts no more."""


def accepts(patient: Patient) -> list[Result]:
    """What partners said that they accept is of these days, so that senders are told beforehand."""
    from corridor.gateway.local_client import LocalClient

    if patient.status is None:
        return [skip(patient.no_status)]
    try:
        with LocalClient(patient.config.gateway.socket, timeout_s=10) as node:
            rows = node.acceptances()
    except NodeRefused as refused:
        return [skip(refused.message, "restart the node: it is of an older version")]
    return [_of(row, patient.now_ms) for row in rows] or [skip("no partner yet")]


def _of(row: dict[str, Any], now_ms: int) -> Result:
    name, said_ms = row["endpoint"], row["said_ms"]
    if row["state"] == "nothing":
        return skip(f"{name} has not said what it accepts", "it may: `standards.accepts` there")
    said = f"{name} said what it accepts {age(now_ms, said_ms)} ago"
    if row["state"] == "not_believed":
        what = f"{said}, signed by a key that counts no more ({row['reason']})"
        return warn(what, f"ask {name} to restart its node: it signs with the key in force")
    if row["state"] == "stale" or now_ms - said_ms > LATE_DAYS * DAY_MS:
        stops = ", and it counts no more" if row["state"] == "stale" else ""
        cure = (
            f"`corridor peer show {name}`: its node says it each day while it runs and reaches us"
        )
        return warn(f"{said}{stops}", cure)
    return ok(said)
