"""Holds the coverage floors over the data of the last whole test run.

python tests/coverage_gate.py            the table, and exit 1 below a floor
python tests/coverage_gate.py --combine  join the processes' data files first
python tests/coverage_gate.py --lines    every line and branch that nothing reached
"""

import json
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from coverage import Coverage
from coverage.exceptions import CoverageException

TREE = Path(__file__).resolve().parents[1]
RESULTS = TREE / "build" / "test"

# Lowest share, in percent, of lines and branches together. The core decides without any I/O, so
# nothing excuses an untried branch there.
FLOORS = {
    "errors": 100.0,
    "transit": 100.0,
    "wire": 100.0,
    "seal": 100.0,
    "trust": 100.0,
    "exchange": 100.0,
    "standards": 100.0,
    "store": 90.0,
    "transport": 90.0,
    "daemon": 90.0,
    "gateway": 90.0,
    "lab": 90.0,
    "cli": 90.0,
}
OTHERS = 80.0


@dataclass(slots=True)
class Tally:
    """What was reached on one floor."""

    reached: int = 0
    total: int = 0
    gaps: list[str] = field(default_factory=list)

    @property
    def percent(self) -> float:
        """Share reached; nothing to reach is all of it."""
        return 100.0 * self.reached / self.total if self.total else 100.0


def floor_of(path: str) -> str:
    """Name of the floor a file lies on: the folder or module below `corridor`."""
    parts = Path(path).parts
    return Path(parts[parts.index("corridor") + 1]).stem


def tally(files: dict[str, dict[str, object]]) -> dict[str, Tally]:
    """Sum the files of coverage's JSON report by floor."""
    floors: dict[str, Tally] = defaultdict(Tally)
    for path, report in sorted(files.items()):
        counts = report["summary"]
        assert isinstance(counts, dict)
        floor = floors[floor_of(path)]
        floor.reached += counts["covered_lines"] + counts["covered_branches"]
        floor.total += counts["num_statements"] + counts["num_branches"]
        if counts["missing_lines"] or counts["missing_branches"]:
            lines = report["missing_lines"]
            branches = report["missing_branches"]
            floor.gaps.append(f"{path}: lines {lines} branches {branches}")
    return floors


def judge(floors: dict[str, Tally]) -> bool:
    """Print one line a floor and name the gaps of those below; whether all are held."""
    held = True
    for name in [*FLOORS, *sorted(floors.keys() - FLOORS.keys())]:
        if name not in floors:
            continue
        floor, least = floors[name], FLOORS.get(name, OTHERS)
        enough = floor.reached == floor.total if least == 100.0 else floor.percent >= least
        held &= enough
        mark = "ok  " if enough else "LOW "
        print(f"coverage: {mark}{name:10} {floor.percent:6.2f} % (floor {least:.0f} %)")
        if not enough:
            print("\n".join(f"coverage:      {gap}" for gap in floor.gaps))
    return held


def main(arguments: list[str]) -> int:
    """Judge the last whole run."""
    config = RESULTS / "coverage-rest.toml"
    if not config.exists():
        print("coverage: no whole test run yet; `make test` makes one", file=sys.stderr)
        return 1
    measured = Coverage(config_file=str(config), data_suffix=False)
    try:
        if "--combine" in arguments:
            measured.combine()
            measured.save()
        measured.load()
        if "--lines" in arguments:
            measured.report(show_missing=True, skip_covered=True)
            return 0
        report = RESULTS / "coverage.json"
        measured.json_report(outfile=str(report))
    except CoverageException as error:
        print(f"coverage: {error}", file=sys.stderr)
        return 1
    held = judge(tally(json.loads(report.read_text())["files"]))
    if not held:
        print("coverage: a floor is not held; `make coverage` shows every line", file=sys.stderr)
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
