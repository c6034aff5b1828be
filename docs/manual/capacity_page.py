"""Writes the manual's page on what one small machine carries, from the result of a benchmark.

`capacity.json` is the summary of `make bench`, `lanes.json` that of `make bench-lanes`, each with
when and where it was run. Whoever measures anew puts the new summary there; the page follows.
"""

import json
from pathlib import Path
from typing import Any

RESULT = Path(__file__).parent / "capacity.json"
LANES = RESULT.with_name("lanes.json")
DAY_S = 86_400
BUSY = 100_000
"""Records a day: a country with several thousand movements a day, and all that is said of each."""

PAGE = """\
# Capacity

Written by `docs/manual/generate.py` from `capacity.json`, the result of `{command}` at commit
`{commit}` on {day}: {machine}.

Everything of both countries ran on these two cores: two brokers, two nodes, and what gave them
records. A country with a machine of its own has them for itself. Measure your own: `make bench`
takes about ten minutes, `make bench SHORT=1` two.

{table}

A record counts when its receipt was verified and stored at its sender. Of the {receipted:,} of this
run {lost} were lost and {twice} came twice. A short run, `{short}`, gave {short_rate:,} records a
second against {short_plain:,} of plain pika, and {short_rss} MiB.

## Behind a million records

{lanes}
## What that means for a day

One node carries {a_day:,.0f} million records in a day if they come evenly. Customs records do not:
plan for the busiest hour, and leave half of it for what a partner that was away has to catch up.

A busy country's {busy:,} records a day, half of them sent and half received, take
{busy_seconds:.0f} s of such a machine and {busy_mib:.0f} MiB of disk. Evidence stays for ever, the
content of records for three years unless `[retention]` says otherwise ([Retention](retention.md));
until content is erased, count {busy_year:.0f} GiB a year. `corridor status --capacity` says how
fast this node's store really grows, and when its disk is full.

## Beside the disk

{beside}

A partner that is away for a week costs the sealed records of a week, in the sender's store and,
until the limits of its queue, in the sender's broker.
"""

LANES_TEXT = """\
`{command}` at commit `{commit}` on {day} ({machine}):
{count:,} BULK records wait for one partner. While they leave, {rate:,.0f} a second, {urgent:,}
URGENT records are given one by one. From given to receipted half of these take {p50} s, 99 of 100
at most {p99} s, the slowest {slowest} s. The sending node takes {sending:.0f} MiB of memory at
most, the receiving one {receiving:.0f}. Required are 1 s for 99 of 100, and 160 MiB.
"""

BESIDE = (
    ("what", "how much", "why"),
    ("---", "---", "---"),
    ("memory of the node", "1 GiB at most, by its unit",
     ("{rss} MiB idle, below 160 while it drains a million records, at most 604 where it reads and "
     "writes declarations of 20 MB")),
    ("memory of the broker", "half of the machine's, `links.memory_watermark`",
     "above it the broker takes nothing, and nothing is lost"),
    ("disk of the broker", "4 GB free, `links.disk_free_limit`",
     "below it the broker takes nothing, and nothing is lost"),
    ("disk of the store", "256 MiB free, `store.free_space_min_mib`",
     "below it records are refused before they are accepted"),
    ("backups", "as large as the store, 14 are kept", "[Operate](operate.md); on another disk"),
)  # fmt: skip


def capacity_page() -> str:
    """Return the page."""
    told = json.loads(RESULT.read_text("utf-8"))
    found, short = told["result"], told["short"]
    rate = found["corridor_records_per_s"]
    kept = bytes_a_record(found)
    busy_bytes = BUSY * sum(kept.values()) / 2
    rss = f"{found['idle_rss_mib']:.0f}"
    beside = "\n".join(f"| {' | '.join(row)} |" for row in BESIDE).format(rss=rss)
    return PAGE.format(
        beside=beside,
        command=told["command"], commit=told["commit"], day=told["day"], machine=told["machine"],
        lanes=lanes(), table=table(found, kept), receipted=found["proof"]["receipted"],
        lost=found["proof"]["lost"], twice=found["proof"]["twice"],
        short=short["command"], short_rate=short["corridor_records_per_s"],
        short_plain=short["plain_records_per_s"], short_rss=short["idle_rss_mib"],
        a_day=rate * DAY_S / 1e6, busy=BUSY, busy_seconds=BUSY / rate, busy_mib=busy_bytes / 2**20,
        busy_year=busy_bytes * 365 / 2**30,
    )  # fmt: skip


def lanes() -> str:
    """Return what an URGENT record waits while a backlog drains."""
    told = json.loads(LANES.read_text("utf-8"))
    found = told["result"]
    memory = {code: one["max"] for code, one in found["rss_mib"].items()}
    return LANES_TEXT.format(
        command=told["command"], commit=told["commit"], day=told["day"], machine=told["machine"],
        count=found["bulk_records"], rate=found["bulk_records_per_s"],
        urgent=found["urgent_records"], p50=found["urgent_p50_s"], p99=found["urgent_p99_s"],
        slowest=found["urgent_max_s"], sending=memory["TR"], receiving=memory["GE"],
    )  # fmt: skip


def bytes_a_record(found: dict[str, Any]) -> dict[str, float]:
    """Return how much a store grew for each record: "sent" at its sender, "received" there."""
    count, sizes = found["proof"]["receipted"], found["store_bytes"]
    return {"sent": sizes["TR"] / count, "received": sizes["GE"] / count}


def table(found: dict[str, Any], kept: dict[str, float]) -> str:
    """Return the figures."""
    rows = [
        ("records a second, given to receipted", f"{found['corridor_records_per_s']:,.0f}"),
        ("the same records a second by plain pika, unsealed, over the same brokers",
         f"{found['plain_records_per_s']:,.0f}"),
        ("Corridor against that", f"{found['throughput_ratio']:.2f} x"),
        ("one record at a time, given to receipted: half within, 99 of 100 within",
         f"{found['corridor_p50_ms']:.0f} ms, {found['corridor_p99_ms']:.0f} ms"),
        ("whole CC015C with their originals, a second", f"{found['whole_cc015c_per_s']:,.0f}"),
        *standards(found),
        ("memory of an idle node", f"{found['idle_rss_mib']:.0f} MiB"),
        ("size of a record", f"{found['record_bytes']:,} bytes"),
        ("store, for each record sent", f"{kept['sent']:,.0f} bytes"),
        ("store, for each record received", f"{kept['received']:,.0f} bytes"),
    ]  # fmt: skip
    lines = ["| what | figure |", "| --- | --- |"]
    return "\n".join(lines + [f"| {what} | {figure} |" for what, figure in rows])


def standards(found: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the figures of documents that are read; a run of an older release has none."""
    read = found.get("standards")
    if read is None:
        return []
    what = f"CC015C of {read['bytes']:,} bytes"
    against = {"official": "the official schema", "made here": "a schema made of the documents"}
    rows = [
        (f"{what} decoded, checked and mapped, a second, on one core", read["per_s"]["corridor"]),
        (
            f"the same by lxml: parsed, and valid by {against[read['schema']]}",
            read["per_s"]["lxml"],
        ),
        ("the same by xsdata: parsed into typed classes, nothing checked", read["per_s"]["xsdata"]),
    ]
    return [(row, f"{per_s:,.0f}") for row, per_s in rows if per_s is not None]
