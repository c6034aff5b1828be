"""What countries on the way will do with a record, as a terminal shows it."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from corridor.cli.options import when

if TYPE_CHECKING:
    from corridor.wire.v1.local_pb2 import LocalCountry

_MOST_LISTS = 6


def country_row(one: "LocalCountry") -> dict[str, Any]:
    """Return what a country will do as JSON has it."""
    from corridor.daemon.foreseen import CountrySays, Foreseen

    answer, said_ms = Foreseen(one.answer), one.said_ms or None
    told = CountrySays(one.country, answer, tuple(one.why), said_ms, tuple(one.not_looked_at))
    return told.plain


def country_lines(row: Mapping[str, Any]) -> list[str]:
    """Return what a country will do, in lines for a person."""
    country, said_ms = row["country"], row["said_ms"]
    said = f", as it said on {when(said_ms)}" if said_ms else ""
    if row["answer"] == "refuses":
        lines = [f"{country}: WILL REFUSE{said}", *(f"    {why}" for why in row["why"])]
    elif row["answer"] == "unknown":
        return [f"{country}: not known: {'; '.join(row['why'])}"]
    else:
        lines = [f"{country}: accepts{said}"]
    if row["not_looked_at"]:
        lines.append(f"    not judged by {_few(row['not_looked_at'])}: not here")
    return lines


def _few(names: Iterable[str]) -> str:
    found = list(names)
    more = len(found) - _MOST_LISTS
    return ", ".join(found[:_MOST_LISTS]) + (f" and {more} more" if more > 0 else "")
