"""The account of the numbered cases, and the table that a reader gets of it.

`docs/reliability/generate.py` writes it into its page, from the account that is committed there.

An account is one JSON object: by number what a case is, and in it, below "scaled" and "real", what
was seen with scaled times and with the product's own.
"""

import fcntl
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

TREE: Final = Path(__file__).resolve().parents[2]
BUILT: Final = TREE / "build" / "chaos" / "cases.json"
PAIRS: Final = TREE / "docs" / "reliability" / "matrix.json"
KEPT: Final = TREE / "docs" / "reliability" / "cases.json"

Account = Mapping[str, dict[str, Any]]


def load(path: Path) -> dict[str, dict[str, Any]]:
    """Read an account; an empty one where there is none."""
    found: dict[str, dict[str, Any]] = json.loads(path.read_text()) if path.exists() else {}
    return found


def keep(path: Path, lines: Account) -> None:
    """Put cases into an account, in the order of their numbers; other times of them stay."""
    path.parent.mkdir(parents=True, exist_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)  # several may play at once
        _put(path, lines)
    finally:
        os.close(folder)


def _put(path: Path, lines: Account) -> None:
    found = load(path)
    for number, line in lines.items():
        found[number] = {**found.get(number, {}), **line}
    ordered = dict(sorted(found.items(), key=lambda item: int(item[0])))
    path.write_text(json.dumps(ordered, indent=1, ensure_ascii=False) + "\n")


def put_pair(path: Path, pair: str, number: int, title: str, line: Mapping[str, Any]) -> None:
    """Put what was seen of a case on a pair of versions into the account of pairs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    found = load(path)
    found.setdefault(pair, {})[str(number)] = {"title": title, **line}
    path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")


def table(account: Account) -> str:
    """Return the table and what was observed, in Markdown."""
    lines = [
        "## The thirty numbered cases",
        "",
        "Each is a fault of its own with an effect that is told before it is played, and fails",
        "where it is seen otherwise: `make chaos CHAOS_CASES=1,5,16` plays some again,",
        "`CHAOS_REAL=1` with the product's own times. Seconds include brokers' starts.",
        "",
        "| # | fault | expected | verdict | records | lost | doubled | s | real times |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for number, one in account.items():
        seen = one.get("scaled") or one["real"]
        real = one.get("real")
        told = f"{real['verdict']} ({real['seconds']:.0f} s)" if real else "not yet"
        cells = (
            number, one["title"], one["expected"], seen["verdict"], seen["records"],
            seen["lost"], seen["duplicated"], f"{seen['seconds']:.0f}", told,
        )  # fmt: skip
        lines.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    lines += ["", "What was seen:", ""]
    for number, one in account.items():
        seen = one.get("scaled") or one["real"]
        lines.append(f"- **{number}.** " + _cell("; ".join(seen["observed"])) + ".")
        if one["newer"]:
            lines.append(f"  Needs RabbitMQ 4.x: {_cell(one['newer'])}.")
    return "\n".join(lines) + "\n"


def pairs_table(account: Account) -> str:
    """Return what was seen on pairs of versions, in Markdown."""
    lines = [
        "## Between versions of RabbitMQ",
        "",
        "`make chaos-matrix` plays cases where the sender's broker (Türkiye's) or the receiver's",
        "(Georgia's) is the newer one.",
        "",
        f"| # | fault | {' | '.join(account)} |",
        "|---|---|" + "---|" * len(account),
    ]
    titles = {number: one["title"] for pair in account.values() for number, one in pair.items()}
    for number in sorted(titles, key=int):
        seen = [pair.get(number, {}).get("verdict", "not yet") for pair in account.values()]
        lines.append("| " + " | ".join(map(_cell, (number, titles[number], *seen))) + " |")
    return "\n".join(lines) + "\n"


def _cell(value: object) -> str:
    """Return a value as it may stand in a cell: on one line, and with nothing that ends it."""
    return " ".join(str(value).split()).replace("|", "\\|").replace("<", "&lt;")
