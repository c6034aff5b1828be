"""The manual's page about alerts: their table, and what was seen when their faults were made."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).parent
FIRED: Final = HERE / "fired.json"
sys.path.append(str(HERE.parents[1] / "deploy" / "prometheus"))
from alerts import ALERTS  # noqa: E402 - found there only
from write_rules import anchor  # noqa: E402

DIVIDED: Final = "60"
REAL: Final = "1"
ALERTS_TEXT = """\
# Alerts

Written by `docs/manual/generate.py` from `deploy/prometheus/alerts*.py` and
`docs/manual/fired.json`.

`page` wakes somebody, `ticket` waits for the morning. When each fires is a number of
`deploy/prometheus/thresholds.toml`, which a site may change
([deploy](../../deploy/README.md#alerts)). What follows from another alert is held back: a node
that is down says nothing more of its country. `CorridorWatchdog` fires always and has a route of
its own: where it stops arriving, alerting is broken.
"""
FIRED_TEXT = """\
## Seen to fire

The fault of every alert that pages, made on three countries of real brokers and nodes, with
Debian's Prometheus and Alertmanager: seconds from the beginning of the fault until the alert
fires. It counts only where it arrived at the receiver that it concerns, held back by nothing, and
did not fire before. `make drill` divides every time of the rules by {divided};
`make drill DRILL_REAL=1` leaves them, and the product's, as a country has them, and omits what
takes longer than six minutes then. Both write `build/drill/fired.json`.
"""


def alerts_page(table: Callable[[list[str], list[list[str]]], str]) -> str:
    """Return the page; `table` lays out rows."""
    parts = [ALERTS_TEXT]
    for severity in ("page", "ticket", "none"):
        parts.append(f"## {severity.capitalize()}\n")
        rows = [
            [f"`{one.name}`", _said(one.summary), one.team,
             f"[{one.heading}](../../deploy/RUNBOOK.md#{anchor(one.heading)})"]
            for one in ALERTS if one.severity == severity
        ]  # fmt: skip
        parts.append(table(["alert", "what it says", "whom", "RUNBOOK"], rows))
    seen: dict[str, Any] = json.loads(FIRED.read_text())
    divided, real = seen[DIVIDED], seen.get(REAL, {})
    parts.append(FIRED_TEXT.format(divided=DIVIDED))
    rows = [
        [f"`{name}`", line["fault"], _seconds(line), _seconds(real.get(name))]
        for name, line in divided.items()
    ]
    parts.append(table(["alert", "fault", f"times / {DIVIDED}", "real times"], rows))
    return "\n".join(parts)


def _seconds(line: dict[str, Any] | None) -> str:
    if line is None:
        return "not made"
    return f"{line['seconds']} s" if line["fired"] else "did not fire"


def _said(summary: str) -> str:
    """Return a summary with the names of labels in place of their values."""
    text = summary.replace("{{ $labels.", "*").replace("{{ $value", "*value").replace(" }}", "*")
    for form in (" | humanizeDuration", " | humanizePercentage", " | humanize1024", " | humanize"):
        text = text.replace(form, "")
    return text
