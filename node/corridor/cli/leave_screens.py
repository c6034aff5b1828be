"""What `corridor status` shows of agreements that end, and of the disk that is needed."""

from typing import Any, Final

from corridor.cli.options import table, when

_MINUTES: Final = 24 * 60
_NEXT: Final = {
    "to come": "in force from its date",
    "in force": "data stop at its end",
    "ended, receipts pass": "then the way is shut; afterwards `corridor broker clean`",
    "ended, shut": "`corridor broker clean` takes its queues and users away",
}


def agreements_screen(found: list[dict[str, Any]]) -> str:
    """Return the agreements that have ended or are to end early."""
    rows = [
        (
            one["id"], f"{one['sender']} to {one['recipient']}", when(one["end_ms"]),
            when(one["receipts_until_ms"]), one["phase"], _NEXT[one["phase"]],
        )
        for one in found
    ]  # fmt: skip
    return table(rows, ("agreement", "", "ends", "receipts until", "now", "next"))


def capacity_screen(found: dict[str, Any]) -> str:
    """Return the disk that is needed, for a person."""
    reusable, sealed = mib(found["reusable_bytes"]), mib(found["sealed_bytes_per_day"])
    full = f"in {found['days_until_full']} days" if found["days_until_full"] else "-"
    if found["extrapolated"]:
        full += ", extrapolated"
    growth = mib(found["growth_bytes_per_day"])
    lines = [
        f"store       {mib(found['store_bytes'])}, of it {reusable} free for what comes next",
        f"disk        {mib(found['disk_free_bytes'])} free",
        f"growth      {growth} a day, of it {sealed} sealed bytes that go after 30 days",
        f"full        {full}",
        f"measured    {_how_long(found)}",
        "",
        table(list(map(_partner_row, found["partners"])), _HEAD),
        f"all of them down for a week: {mib(found['week_down_all_bytes'])}",
    ]
    return "\n".join(lines)


_HEAD: Final = ("partner", "records a day", "bytes each", "down for a week takes", "")


def _partner_row(one: dict[str, Any]) -> tuple[str, ...]:
    return (
        one["endpoint"],
        str(one["records_per_day"]),
        str(one["bytes_per_record"]),
        mib(one["week_down_bytes"]),
        one["basis"],
    )


def _how_long(found: dict[str, Any]) -> str:
    """Say over how long the figures were measured, or that this is too short to be called so."""
    days = found["measured_days"]
    if not found["extrapolated"]:
        return f"over the last {days} days" if days else "nothing was exchanged yet"
    minutes = round(days * _MINUTES)
    return f"too short to measure ({minutes} minutes): what is said of a day is extrapolated"


def mib(count: int) -> str:
    """Return a number of bytes in MiB, or GiB where there are many."""
    return f"{count / 2**20:.1f} MiB" if count < 10 * 2**30 else f"{count / 2**30:.1f} GiB"
