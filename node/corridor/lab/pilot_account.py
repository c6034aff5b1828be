"""What a pilot tells people at its end: each movement step by step, and how each side sees it.

Rules:

* texts stand in the script in which they were written; one that is written from the right is set
  apart (Unicode's isolates), so that a terminal does not turn the columns around it;
* columns are as wide as a terminal draws them, not as many characters as they have.
"""

import unicodedata
from datetime import UTC, datetime
from typing import Final

from corridor.lab.pilots import Movement, PilotAccount
from corridor.lab.scenario import Scenario
from corridor.lab.story import Step
from corridor.lab.story_records import Told
from corridor.lab.views import View

_ISOLATE: Final = "\u2068"
_END: Final = "\u2069"

WORDS: Final = {
    "declared": "declares",
    "accepted": "accepts the declaration",
    "controlled": "controls at departure",
    "released": "releases",
    "left": "sees the goods leave",
    "entered": "starts its operation",
    "passed": "sees the goods enter",
    "incident": "registers an incident",
    "arrived": "advises arrival",
    "permitted": "permits unloading",
    "unloaded": "tells what was unloaded",
    "result": "controls at destination",
    "ended": "ends the movement",
    "discharged": "discharges",
    "refused": "REFUSES",
    "rejected": "REJECTS",
    "enquired": "enquires: nothing arrived",
    "answered": "answers the enquiry",
}


def tell_pilot(scenario: Scenario, account: PilotAccount) -> str:
    """Return the whole account."""
    parts = [f"\n{scenario.title}\n"]
    parts += [_movement(scenario, one) for one in account.movements]
    parts.append(_verdict(account))
    return "\n".join(parts)


def shown(text: str) -> str:
    """Return a text set apart from its neighbours if any of it is written from the right."""
    turned = any(unicodedata.bidirectional(one) in {"R", "AL", "AN"} for one in text)
    return f"{_ISOLATE}{text}{_END}" if turned else text


def cells(text: str) -> int:
    """Return how many cells of a terminal a text takes: marks and isolates take none."""
    return sum(
        0
        if unicodedata.category(one) in {"Mn", "Me", "Cf"}
        else 2
        if unicodedata.east_asian_width(one) in {"W", "F"}
        else 1
        for one in text
    )


def pad(text: str, width: int) -> str:
    """Return a text with blanks up to a width in cells of a terminal."""
    return text + " " * max(0, width - cells(text))


def _movement(scenario: Scenario, one: Movement) -> str:
    story = one.story
    lines = [story.title, f"  {one.mrn}  {story.procedure}  {shown(story.way_text)}"]
    offices = [scenario.script.offices[told.step.office] for told in one.steps]
    width = max(map(cells, offices))
    for told, office in zip(one.steps, offices, strict=True):
        marks = "  ".join(_mark(view, told) for view in one.views)
        what = f"{told.step.country} {WORDS[told.step.what]}"
        form = one.forms.get(told.record_id, "")
        lines.append(
            f"  {_when(told.at_ms)}  {what:<31}{pad(shown(office), width)}  {marks}"
            f"{f'  as {form}' if form else ''}"
        )
        lines += [f"  {'':14}{line}" for line in _words(told.step)]
    for view in one.views:
        lines.append(f"  as {view.country} sees it: {_seen(view)}")
        lines += [f"    {shown(line)}" for line in view.picture.splitlines()[1:] if line.strip()]
    for country, told_lines in one.unsaid.items():
        lines += [f"  officers of {country} read: {line}" for line in told_lines]
    texts = ", ".join(f"{name} {count}" for name, count in sorted(one.scripts.items()))
    lines.append(f"  texts that arrived as they were written: {texts}")
    lines += [f"  NOT SO: {fault}" for fault in one.faults]
    return "\n".join(lines) + "\n"


def _words(step: Step) -> list[str]:
    lines = [shown(f"{step.code} · {step.text}" if step.code else step.text)] if step.text else []
    if step.seals:
        lines.append(f"seals now: {', '.join(step.seals)}")
    if step.plate:
        lines.append(f"vehicle now: {step.plate}")
    return lines


def _mark(view: View, told: Told) -> str:
    if told.record_id in view.told:
        return f"{view.country} told"
    return f"{view.country} holds" if told.record_id in view.heard else f"{view.country} MISSES"


def _seen(view: View) -> str:
    held = f"{len(view.ids)} records ({len(view.told)} told, {len(view.heard)} heard)"
    ends = {"overdue": f"OVERDUE since {view.overdue}"}.get(view.ends, view.ends)
    return f"{held}; {ends}{f' ({view.code})' if view.code else ''}"


def _when(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%d %b %H:%M")


def _verdict(account: PilotAccount) -> str:
    records = sum(len(one.steps) for one in account.movements)
    texts = sum(one.scripts.total() for one in account.movements)
    where = f"  stores and logs: {account.directory}"
    if not account.holds:
        return "\n".join(["NOT AS WRITTEN", *(f"  {one}" for one in account.faults), where])
    return (
        f"All {len(account.movements)} movements end as written: {records} records told once, "
        f"receipted and held by both sides, {texts} texts unharmed; the slowest receipt took "
        f"{max(account.receipt_ms)} ms ({account.seconds:.0f} s in all)\n{where}"
    )
