"""The manual's page that lays the tables of ASYCUDA and of NCTS side by side."""

import tomllib
from importlib import resources

from corridor.standards.asycuda.codec import codec
from corridor.standards.dialect import dialect_of
from corridor.standards.ncts.releases import P5
from corridor.standards.rows import Pair, Row, pairs

PAGE = """\
# ASYCUDA beside NCTS

Written by `docs/manual/generate.py` from the tables in `corridor/standards/asycuda` and
`corridor/standards/ncts`, with the dialect that the lab's Georgia uses
(`corridor/lab/dialects/ge.toml`): a box that stands in `holds` there is marked ‡.

A line is a place in the record. What has an element on both sides goes from one standard into the
other; what has one only is kept in the record, and said to the officer where the message cannot
say it. An element in **bold** is demanded by its standard, wherever its group is there: where the
record does not say it, there is no message, and the account names it. Numbers in a list are filled
in by position, and the mass of the only house is that of the whole.

How your system is connected: [ASYCUDA](connect-asycuda.md), [NCTS](connect-ncts.md). Every
element with the field that holds it: [asycuda.md](asycuda.md), [ncts.md](ncts.md).
"""
PAIRS = (
    ("SAD", "CC015C", "A declaration"),
    ("T1-REGISTERED", "CC028C", "Customs accept it"),
    ("SAD-RELEASED", "CD001C", "A release, told to the office of destination"),
    ("T1-BORDER-ENTRY", "CD118C", "A border is crossed"),
    ("T1-BORDER-EXIT", "CD168C", "A security area is left"),
    ("T1-INCIDENT", "CD180C", "An incident on the way"),
    ("T1-ARRIVED", "CD006C", "The arrival"),
    ("T1-VALIDATED", "CD018C", "The control at destination"),
    ("T1-DISCHARGED", "CC045C", "The discharge"),
)
_FACTS = "header.particulars"


def mapping_page() -> str:
    """Return the whole page."""
    text = resources.files("corridor.lab").joinpath("dialects/ge.toml").read_text(encoding="utf-8")
    dialect = dialect_of(tomllib.loads(text))
    held = {path for path, _ in dialect.holds}
    ours, theirs = codec(dialect).messages, P5.messages
    parts = [PAGE]
    for form, message, words in PAIRS:
        found = list(pairs(ours[form], theirs[message]))
        both = [one for one in found if one.first and one.second]
        parts.append(f"## {words}: {form} and {message}\n")
        parts.append(_table(form, message, both, held))
        parts.append(_alone(f"Only {message}", [one.second for one in found if not one.first]))
        parts.append(_alone(f"Only {form}", [one.first for one in found if not one.second]))
    return "\n".join(part for part in parts if part)


def _table(form: str, message: str, both: list[Pair], held: set[str]) -> str:
    lines = [[form, message, "place in the record"], ["---"] * 3]
    lines += [
        [*(_shown(row, held) for row in (one.first, one.second) if row), f"`{one.held}`"]
        for one in both
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _shown(row: Row, held: set[str]) -> str:
    _, _, path = row.element.partition("/")
    mark = " ‡" if f"ASYCUDA/{path}" in held else ""
    return f"**`{path}`**{mark}" if row.mandatory else f"`{path}`{mark}"


def _alone(words: str, rows: list[Row | None]) -> str:
    """Name what one side says alone; facts, which transit does not need, by their number."""
    named = [row for row in rows if row and not row.held.startswith(_FACTS)]
    facts = sum(1 for row in rows if row and row.held.startswith(_FACTS))
    shown = [_shown(row, set()) for row in named]
    if facts:
        shown.append(f"and {facts} boxes of value, duties, procedure and payment")
    return f"{words}: {', '.join(shown)}.\n" if shown else ""
