"""What the watch over links, canaries and the clock has found, for `status` and `doctor`."""

from typing import TYPE_CHECKING, Any

from corridor.cli.doctor_parts import fail, ok, warn
from corridor.cli.options import age, table

if TYPE_CHECKING:
    from corridor.cli.doctor_parts import Patient, Result

_GIVE: str = (
    "`corridor broker password watch.password --for watch --config ...`, render, restart both"
)


def canaries_screen(status: dict[str, Any]) -> str:
    """Return a line for each partner: when its last canary came back, and how long it took."""
    now_ms = status["now_ms"]
    return table(
        [
            (peer, age(now_ms, row["last_ms"]), _milliseconds(row["round_trip_ms"]), _waits(row))
            for peer, row in sorted(status.get("watch", {}).get("canaries", {}).items())
        ],
        ("partner", "canary came back", "took", "under way"),
    )


def watched_links(patient: "Patient") -> "list[Result]":
    """Return what the node's watch has found of its links, as results of `doctor`."""
    watch = (patient.status or {}).get("watch")
    if watch is None:
        return []
    if not watch["sees_broker"]:
        return [warn("the node does not watch its broker's links: watch.password_file", _GIVE)]
    found = [fail(one["what"], one["cure"]) for one in watch["findings"]]
    return found or [ok("the node's watch finds nothing wrong with its links")]


def watched_clock(patient: "Patient") -> "list[Result]":
    """Return what the node's watch has found of the clock; a suspicion warns."""
    watch = (patient.status or {}).get("watch", {})
    return [
        (fail if one["certain"] else warn)(one["what"], one["cure"])
        for one in watch.get("clock", ())
    ]


def _milliseconds(value: int | None) -> str:
    return "-" if value is None else f"{value} ms"


def _waits(row: dict[str, Any]) -> str:
    if row["reason"]:
        return str(row["reason"])
    return "-" if row["waits_s"] is None else f"{row['waits_s']:.0f} s"
