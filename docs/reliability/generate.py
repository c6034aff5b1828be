"""Writes docs/reliability.md from the results that are committed beside this script.

    python docs/reliability/generate.py                    write the page
    python docs/reliability/generate.py --check            exit 1 where it differs
    python docs/reliability/generate.py --from build/chaos ... --commit ID   new results, then write
    python docs/reliability/generate.py --soak-from build/soak --beside WORDS   a new soak

`summary.json` is the suite's own account; `runs.csv` holds a line for each run, so that any of them
can be played again: `tests/chaos/run_chaos.py --seed SEED --only NUMBER`.
"""

import argparse
import csv
import io
import json
import shutil
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).resolve().parent
TREE: Final = HERE.parents[1]
sys.path[:0] = [str(TREE / "tests")]

from chaos import soak_part  # noqa: E402
from chaos.account import WRONG, Account, summary  # noqa: E402 - found there only
from chaos.table import BUILT, KEPT, PAIRS, keep, load, pairs_table, table  # noqa: E402

PAGE: Final = HERE.parent / "reliability.md"
SUMMARY: Final = HERE / "summary.json"
RUNS: Final = HERE / "runs.csv"
COLUMNS: Final = (
    "seed", "number", "group", "faults", "counts", "records", "lost", "duplicated", "stuck",
    "recovery_s",
)  # fmt: skip

HEAD: Final = """\
# Reliability

Written by `docs/reliability/generate.py` from `docs/reliability/summary.json`.

Corridor promises that nothing it accepted is lost, handed over twice, or stuck unseen, whatever
fails. `make chaos` tries that: two countries, real brokers and nodes, federation over mutual TLS,
every connection through a relay of the suite. While records flow both ways a seed draws one to
three faults, their victims and their moments. A run counts only where each of its faults was seen
to bite. After it every record that a node accepted must be stored once, handed to the national
system once and receipted; the streams whole; the evidence log must give the root it is told by.
"""

GROUPS: Final = {
    "warm": "nodes, networks, clocks, deliveries, administration",
    "broker": "a broker killed",
    "disk": "a disk full, or a broker's disk emptied",
}

WORDS: Final = {
    "broker_emptied": "a broker killed and started with an empty disk",
    "broker_killed": "a broker killed (SIGKILL) and started again",
    "clock_days": "a node's clock put days forward or back, and right again",
    "clock_minutes": "a node's clock put minutes forward or back, and right again",
    "delivered_never": "envelopes taken out between a link and an inbox",
    "delivered_reversed": "envelopes delivered late and in reverse order",
    "delivered_twice": "envelopes delivered once more, in any order",
    "disk_alarm": "a broker's disk alarm",
    "link_corrupting": "a link between brokers changes bits",
    "link_cut": "a link between brokers cut",
    "link_half_open": "a link between brokers silent, then reset",
    "link_reset": "a link between brokers reset once",
    "link_slow": "a link between brokers slow",
    "link_stalled": "a link between brokers silent, then going on",
    "memory_alarm": "a broker's memory alarm",
    "node_frozen": "a node stopped by SIGSTOP, and let go on",
    "node_killed": "a node killed (SIGKILL) and started again",
    "node_stopped": "a node ended in good order and started again",
    "own_corrupting": "a node's connection to its broker changes bits",
    "own_cut": "a node's connection to its broker cut",
    "own_half_open": "a node's connection to its broker silent, then reset",
    "own_reset": "a node's connection to its broker reset once",
    "own_slow": "a node's connection to its broker slow",
    "own_stalled": "a node's connection to its broker silent, then going on",
    "policy_removed": "the policy of a partner removed and put back",
    "queue_deleted": "the queue from which a partner takes deleted with what it held",
    "store_full": "no byte left on the disk of a node's store",
    "store_nearly_full": "the disk of a node's store below its floor",
    "system_killed": "a national system killed and started again",
    "user_removed": "a partner's login removed and put back",
}

BROKEN: Final = {
    "ack-before-commit": "a record is acknowledged to its submitter, and committed 0.4 s later",
    "forget-receipt": "one receipt in sixteen is forgotten after it was read",
    "trust-confirm": "the own broker's confirm is taken for the receipt, and the bytes forgotten",
}


def page(told: dict[str, Any]) -> str:
    """Return the page that a summary gives."""
    parts = [HEAD, _figures(told), _table(told["faults"]), _tail(told), table(load(KEPT))]
    if PAIRS.exists():
        parts.append(pairs_table(load(PAIRS)))
    if soak := soak_part.soak_part():
        parts.append(soak)
    return "\n".join(parts)


def _figures(told: dict[str, Any]) -> str:
    groups = ", ".join(f"{told['groups'].get(name, 0)} {what}" for name, what in GROUPS.items())
    return f"""\
Runs of {told["day"]}, at commit `{told["commit"]}`:

- **{told["runs"]:,} runs** with {told["faults_fired"]:,} faults that bit:
  {groups}.
- {told["records"]:,} records accepted:
  **{told["lost"]} lost, {told["duplicated"]} doubled, {told["stuck"]} stuck**.
- {told["not_counted"]} further runs are not counted, since a fault of theirs did not bite;
  what they lost, doubled or held would count.
- Times of the product (repeats, gaps, retries) are scaled by {told["scale"]}; a broker's start is
  not, and takes most of a recovery where one was killed.
"""


def _table(faults: dict[str, dict[str, Any]]) -> str:
    lines = [
        "Recovery is from the end of the last fault of a run, or from the last record it accepted,",
        "until everything was complete; a run with several faults stands in several lines.",
        "",
        "| fault | runs | lost | doubled | stuck | recovery, median | longest |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, one in sorted(faults.items()):
        lines.append(
            f"| {WORDS[name]} (`{name}`) | {one['runs']} | {one['lost']} | {one['duplicated']}"
            f" | {one['stuck']} | {one['recovery_p50_s']} s | {one['recovery_max_s']} s |"
        )
    return "\n".join(lines) + "\n"


def _tail(told: dict[str, Any]) -> str:
    failed = told["failed"]
    words = f"These runs did not hold: {', '.join(failed)}." if failed else "Every run held."
    words += (
        " How faults are drawn, and what earlier runs found:"
        "\n[decision 0036](decisions/0036-faults-are-drawn-and-must-bite.md)."
    )
    return (
        f"{words}\n\nEach run is drawn from its seed and number (`docs/reliability/runs.csv`):\n\n"
        f"    tests/chaos/run_chaos.py --seed {told['seeds'][0]} --only 0\n\n"
        f"{_mended(told)}{_breaks(told['breaks'])}"
    )


def _mended(told: dict[str, Any]) -> str:
    found = told.get("mended", [])
    if not found:
        return ""
    return (
        f"In {len(found)} of these runs ({', '.join(found)}) RabbitMQ left a queue without a leader"
        ' after it\nwas killed, and the suite did what the RUNBOOK says: see "A link does not run'
        ' although both\nbrokers do". Nothing was lost; without that step it would have waited.\n\n'
    )


def _breaks(breaks: dict[str, dict[str, int]]) -> str:
    lines = [
        "## That it can fail",
        "",
        "The suite breaks a rule of the product on purpose (`--break NAME`) and must notice.",
        "",
        "| rule | broken how | runs | lost | doubled | stuck |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
    ]
    for name, one in sorted(breaks.items()):
        lines.append(
            f"| `{name}` | {BROKEN[name]} | {one['runs']} | {one['lost']} | {one['duplicated']}"
            f" | {one['stuck']} |"
        )
    return "\n".join(lines) + "\n"


def take_over(folders: Sequence[Path], commit: str) -> None:
    """Copy the results of suites that have ended, and of those that broke a rule.

    Args:
        folders: What the suites left.
        commit: Of which code.
    """
    lines = [line for folder in folders for line in Account(folder / "runs.jsonl").lines()]
    suites = [json.loads((one / "summary.json").read_text(encoding="utf-8")) for one in folders]
    for folder in folders:
        _keep_cases(folder)
    ended = max((folder / "summary.json").stat().st_mtime for folder in folders)
    told = {
        "day": f"{datetime.fromtimestamp(ended, UTC):%Y-%m-%d}",
        "commit": commit,
        **summary(lines),
        "cases": len(load(KEPT)),
        "seeds": sorted({line["seed"] for line in lines}),
        "scale": suites[0]["scale"],
        "left_out": suites[0]["left_out"],
        "processes_left": [pid for one in suites for pid in one["processes_left"]],
        "breaks": _broken(folders),
    }
    SUMMARY.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    RUNS.write_text(_csv(lines), encoding="utf-8")


def take_over_cases(folder: Path) -> None:
    """Copy the results of numbered cases alone; the runs stay those that are kept."""
    _keep_cases(folder)
    told = json.loads(SUMMARY.read_text(encoding="utf-8")) | {"cases": len(load(KEPT))}
    SUMMARY.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def _keep_cases(folder: Path) -> None:
    keep(KEPT, load(folder / BUILT.name))
    if (folder / PAIRS.name).exists():
        shutil.copyfile(folder / PAIRS.name, PAIRS)


def _broken(folders: Sequence[Path]) -> dict[str, dict[str, int]]:
    found = {}
    for folder in (one / f"break-{name}" for one in folders for name in BROKEN):
        lines = Account(folder / "runs.jsonl").lines()
        if lines:
            counts = {name: sum(line[name] for line in lines) for name in WRONG}
            found[folder.name.removeprefix("break-")] = {"runs": len(lines), **counts}
    return found


def recount() -> dict[str, Any]:
    """Return what the committed runs come to, worked out anew; for who doubts the summary."""
    with RUNS.open(encoding="utf-8") as file:
        rows = [_row(row) for row in csv.DictReader(file)]
    return summary(rows)


def _csv(lines: Sequence[dict[str, Any]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for line in sorted(lines, key=lambda one: (one["seed"], one["number"])):
        row = {**line, "faults": " ".join(line["faults"]), "counts": int(line["counts"])}
        writer.writerow([row[name] for name in COLUMNS])
    return out.getvalue()


def _row(row: dict[str, str]) -> dict[str, Any]:
    faults = row["faults"].split()
    counts = row["counts"] == "1"
    return {
        "seed": int(row["seed"]), "number": int(row["number"]), "group": row["group"],
        "faults": faults, "fired": faults if counts else [], "counts": counts,
        "records": int(row["records"]), "lost": int(row["lost"]),
        "duplicated": int(row["duplicated"]), "stuck": int(row["stuck"]),
        "recovery_s": float(row["recovery_s"]), "seconds": 0.0, "restarts": [], "faults_found": [],
    }  # fmt: skip


def main() -> int:
    """Write or check the page."""
    parser = argparse.ArgumentParser(description="Write docs/reliability.md from the results.")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--from", dest="folders", type=Path, nargs="+", help="runs and cases")
    parser.add_argument("--cases-from", dest="cases", type=Path, help="numbered cases alone")
    parser.add_argument("--soak-from", dest="soak", type=Path, help="what `make soak` left")
    parser.add_argument("--beside", default="on a quiet machine", help="what else ran meanwhile")
    parser.add_argument("--commit", default="", help="the code that ran")
    asked = parser.parse_args()
    if asked.soak:
        day = datetime.fromtimestamp((asked.soak / "summary.json").stat().st_mtime, UTC)
        soak_part.take_over(
            asked.soak, day=f"{day:%Y-%m-%d}", commit=asked.commit, beside=asked.beside
        )
    if asked.folders:
        take_over(asked.folders, asked.commit)
    if asked.cases:
        take_over_cases(asked.cases)
    text = page(json.loads(SUMMARY.read_text(encoding="utf-8")))
    if asked.check:
        same = PAGE.exists() and PAGE.read_text(encoding="utf-8") == text
        if not same:
            sys.stderr.write(f"{PAGE} differs; run `python docs/reliability/generate.py`\n")
        return 0 if same else 1
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
