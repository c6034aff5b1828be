"""Writes the rules for Prometheus from alerts*.py and thresholds.toml.

python deploy/prometheus/write_rules.py                    the files beside this one
python deploy/prometheus/write_rules.py --check            are they up to date?
python deploy/prometheus/write_rules.py --thresholds site.toml --to DIR [--divide 60]
"""

import argparse
import json
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from alerts import ALERTS, RECORDS, Alert

HERE: Final = Path(__file__).resolve().parent
RULES: Final = "corridor-alerts.yml"
BUCKETS_S: Final = (2, 15, 60, 300, 900, 14_400)
"""Whole bounds of `corridor_end_to_end_latency_seconds`, as the node counts: a test compares."""
_MOST: Final = 1e15
"""More seconds than Prometheus counts, more bytes than a disk has."""
_RUNBOOK: Final = "deploy/RUNBOOK.md"
_HEAD: Final = (
    "# Written by deploy/prometheus/write_rules.py from alerts*.py and thresholds.toml.\n"
    "# The job of the nodes is called corridor; each target has the label country.\n"
)


def read_thresholds(path: Path, divide: float = 1.0) -> dict[str, float]:
    """Return the thresholds; a site's file may name some, the rest is ours.

    Args:
        path: A TOML file of numbers.
        divide: Every time is divided by it: for a drill.

    Raises:
        SystemExit: The file cannot be read, or a threshold in it is none; one line says which.
    """
    ours = tomllib.loads((HERE / "thresholds.toml").read_text("utf-8"))
    try:
        given = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        sys.exit(f"{path}: {' '.join(str(error).split())}")
    if faults := [
        f"{name} {why}" for name, one in given.items() if (why := _wrong(ours, name, one))
    ]:
        sys.exit(f"{path}: {'; '.join(sorted(faults))}")
    merged = {**ours, **given}
    return {
        name: max(1, round(value / divide)) if _divided(name) else value
        for name, value in merged.items()
    }


def _wrong(ours: Mapping[str, float], name: str, value: object) -> str:
    """Return what is wrong with a threshold; nothing where it can be one."""
    if name not in ours:
        return "is no threshold"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"is no number: {value!r}"
    wrong = {
        f"must lie between 0 and {_MOST:g}, and is {value}": not 0
        <= value
        <= _MOST,  # nan does not
        "must be above 0": value == 0 and name.endswith(("_s", "_share")),
        f"is a share of 1, and {value} is more": name.endswith("_share") and value > 1,
        f"must be one of {', '.join(map(str, BUCKETS_S))}: nothing else is counted": (
            name == "latency_target_s" and value not in BUCKETS_S
        ),
        f"must be whole seconds, and is {value}": name.endswith("_s") and value % 1 != 0,
    }
    return next((why for why, holds in wrong.items() if holds), "")


def _divided(name: str) -> bool:
    return name.endswith("_s") and name != "latency_target_s"  # that one is a bucket's name


def rules(thresholds: Mapping[str, float]) -> str:
    """Return the file of alert rules."""
    lines = [_HEAD, "groups:", "  - name: corridor-records", "    rules:"]
    for one in RECORDS:
        lines.append(f"      - record: {one.name}")
        lines.append(f"        expr: {json.dumps(one.expression.format(**thresholds))}")
    lines += ["  - name: corridor", "    rules:"]
    for alert in ALERTS:
        lines += _rule(alert, thresholds)
    return "\n".join(lines) + "\n"


def _rule(alert: Alert, thresholds: Mapping[str, float]) -> Sequence[str]:
    lines = [
        f"      - alert: {alert.name}",
        f"        expr: {json.dumps(alert.expression.format(**thresholds))}",
    ]
    if alert.hold:
        lines.append(f"        for: {thresholds[alert.hold]:g}s")
    return [
        *lines,
        f"        labels: {{severity: {alert.severity}, team: {json.dumps(alert.team)}}}",
        "        annotations:",
        f"          summary: {json.dumps(alert.summary)}",
        f"          runbook: {json.dumps(f'{_RUNBOOK}#{anchor(alert.heading)}')}",
    ]


def anchor(heading: str) -> str:
    """Return the anchor of a heading, as Markdown renderers make it."""
    kept = "".join(one for one in heading.lower() if one.isalnum() or one in " -_")
    return kept.replace(" ", "-")


def main(arguments: Sequence[str]) -> int:
    """Write or check; 1 where a file is not up to date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--thresholds", type=Path, default=HERE / "thresholds.toml")
    parser.add_argument("--to", type=Path, default=HERE)
    parser.add_argument("--divide", type=float, default=1.0)
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args(arguments)
    target = given.to / RULES
    text = rules(read_thresholds(given.thresholds, given.divide))
    if given.check:
        if target.read_text("utf-8") == text:
            return 0
        print(f"{target} is not up to date: run python deploy/prometheus/write_rules.py")
        return 1
    given.to.mkdir(parents=True, exist_ok=True)
    target.write_text(text, "utf-8")
    print(target)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
