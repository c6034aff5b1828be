"""The part of docs/reliability.md that tells of an hour of steady traffic, and what is kept."""

import json
import shutil
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).resolve().parents[2] / "docs" / "reliability"
KEPT: Final = HERE / "soak.json"
PICTURES: Final = {
    "rss_mib": "Memory of the three nodes",
    "p99_ms": "99 of 100 records are receipted within",
    "handles": "File handles of the three nodes",
}
_MEASURES: Final = {"rss_mib": "MiB of memory", "handles": "file handles", "threads": "threads"}


def take_over(folder: Path, *, day: str, commit: str, beside: str) -> None:
    """Copy the account and the pictures of a soak.

    Args:
        folder: What `make soak` left, build/soak.
        day: On which it ran, as 2026-11-26.
        commit: Of which code.
        beside: What else the machine did meanwhile.
    """
    told = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    told |= {"day": day, "commit": commit, "beside": beside}
    KEPT.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    for name in PICTURES:
        shutil.copyfile(folder / f"{name}.svg", HERE / f"soak-{name}.svg")


def soak_part() -> str:
    """Return the part; empty where no soak is kept."""
    if not KEPT.exists():
        return ""
    told: dict[str, Any] = json.loads(KEPT.read_text(encoding="utf-8"))
    lines = [
        "## An hour of steady traffic",
        "",
        f"`make soak` on {told['day']} at commit `{told['commit']}`, {told['beside']}:",
        f"three countries, {told['records_per_s']} records a second, {told['faults']} faults in",
        f"{told['seconds'] // 60} minutes.",
        "The nodes of Türkiye and Georgia are killed and held, each broker is killed, in turn;",
        "Azerbaijan's node lives through it all and must not grow.",
        "",
        f"- {told['kept']:,} records accepted: **{told['lost']} lost,",
        f"  {told['duplicated']} doubled, {told['unreceipted']} without a receipt**.",
    ]
    for name, words in _MEASURES.items():
        one = told["growth_az"][name]
        lines.append(
            f"- {words} of the node that lived: {one['second_quarter']:g} in the second quarter of"
            f" the hour, {one['last_quarter']:g} in the last."
        )
    per = ", ".join(f"{code} {size:,}" for code, size in told["store_bytes_per_record"].items())
    lines.append(f"- bytes of store for each record: {per}; they stay until retention ends.")
    lines += ["", "A grey line is a fault.", ""]
    lines += [f"![{words}](reliability/soak-{name}.svg)\n" for name, words in PICTURES.items()]
    return "\n".join(lines)
