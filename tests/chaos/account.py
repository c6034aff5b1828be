"""The account of the random part: one line a run, and what they come to.

Rules:

* lines are only ever added, each with one write, so that an interrupted suite goes on where it
  stopped and two workers can share a file;
* what went wrong is summed over all runs; what was tried is counted only where every fault bit.
"""

import json
import os
import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

WRONG: Final = ("lost", "duplicated", "stuck")


class Account:
    """The lines of one file."""

    def __init__(self, path: Path) -> None:
        """Use the file at `path`; it is made with the first line."""
        self.path = path

    def add(self, line: dict[str, Any]) -> None:
        """Add one line."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(file, (json.dumps(line) + "\n").encode())
        finally:
            os.close(file)

    def lines(self, seed: int | None = None) -> list[dict[str, Any]]:
        """Return the whole lines, those of one seed if asked; half a line at the end is none."""
        if not self.path.exists():
            return []
        found = []
        for text in self.path.read_bytes().splitlines(keepends=True):
            if text.endswith(b"\n"):
                line: dict[str, Any] = json.loads(text)
                if seed is None or line["seed"] == seed:
                    found.append(line)
        return found


def holds(line: dict[str, Any]) -> bool:
    """Whether nothing was wrong in a run."""
    return not any(line[name] for name in WRONG) and not line["faults_found"]


def summary(lines: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return what the lines of one or more seeds come to."""
    counted = [line for line in lines if line["counts"]]
    groups = Counter(line["group"] for line in counted)
    return {
        "runs": len(counted),
        "faults_fired": sum(len(line["fired"]) for line in counted),
        **{name: sum(line[name] for line in lines) for name in WRONG},
        "seconds": round(sum(line["seconds"] for line in lines)),
        "records": sum(line["records"] for line in lines),
        "groups": dict(sorted(groups.items())),
        "not_counted": len(lines) - len(counted),
        "failed": [_name(line) for line in lines if not holds(line)],
        "mended": [_name(line) for line in lines if line.get("mended")],
        "restarts": sum(len(line["restarts"]) for line in lines),
        "faults": dict(sorted(_faults(counted).items())),
    }


def _name(line: dict[str, Any]) -> str:
    return f"{line['seed']}:{line['number']}"


def _faults(lines: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    by_fault: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        for name in {one.partition("@")[0] for one in line["fired"]}:
            by_fault.setdefault(name, []).append(line)
    return {name: _one_fault(found) for name, found in by_fault.items()}


def _one_fault(lines: Sequence[dict[str, Any]]) -> dict[str, Any]:
    recoveries = [line["recovery_s"] for line in lines]
    return {
        "runs": len(lines),
        **{name: sum(line[name] for line in lines) for name in WRONG},
        "recovery_p50_s": round(statistics.median(recoveries), 1),
        "recovery_max_s": round(max(recoveries), 1),
    }
