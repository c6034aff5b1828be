"""Writes the rules for Prometheus from alerts.py and thresholds.toml.

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

from alerts import ALERTS, Alert

HERE: Final = Path(__file__).resolve().parent
RULES: Final = "corridor-alerts.yml"
_RUNBOOK: Final = "deploy/RUNBOOK.md"
_HEAD: Final = (
    "# Written by deploy/prometheus/write_rules.py from alerts.py and thresholds.toml.\n"
    "# The job of the nodes is called corridor; each target has the label country.\n"
)


def read_thresholds(path: Path, divide: float = 1.0) -> dict[str, float]:
    """Return the thresholds; a site's file may name some, the rest is ours.

    Args:
        path: A TOML file of numbers.
        divide: Every time is divided by it: for a drill.

    Raises:
        SystemExit: The file names a threshold that there is none of, or is no number.
    """
    ours = tomllib.loads((HERE / "thresholds.toml").read_text("utf-8"))
    given = tomllib.loads(path.read_text("utf-8"))
    unknown = sorted(given.keys() - ours.keys())
    wrong = sorted(name for name, one in given.items() if not isinstance(one, int | float))
    if unknown or wrong:
        sys.exit(f"{path}: no such threshold: {unknown or '-'}; no number: {wrong or '-'}")
    merged = {**ours, **given}
    return {
        name: max(1, round(value / divide)) if name.endswith("_s") else value
        for name, value in merged.items()
    }


def rules(thresholds: Mapping[str, float]) -> str:
    """Return the file of alert rules."""
    lines = [_HEAD, "groups:", "  - name: corridor", "    rules:"]
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
