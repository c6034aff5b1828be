"""A movement as an officer reads it in a terminal, from the data of `view`.

Rules:

* a tick is what a record tells, a cross where entry was refused, an empty circle what is expected,
  a dot what happened, as later ticks show, and was not told here;
* what a partner wrote stays within its line, and commands no terminal (`plain`);
* what needs somebody to act comes last, where the eye rests: overdue, parked, flagged, drafts.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from corridor.transit.plain import plain_all
from corridor.transit.result import ENTRY_REFUSED

_View = Mapping[str, Any]
_SHOWN: Final = 8
_PLACES: Final = {
    "departure": "departure",
    "transit": "transit",
    "exit": "exit",
    "destination": "destination",
}
_OVERDUE: Final = {
    "presentation": "the goods have not been presented since",
    "arrival": "arrival overdue since",
    "result": "result of the control at destination overdue since",
    "enquiry_answer": "answer to the enquiry overdue since",
    "recovery": "recovery should have started on",
}
_KIND_NAMES: Final = {"mrn": "MRN", "lrn": "LRN", "carnet": "carnet"}


def screen_of(view: _View) -> str:
    """Return the picture, without a line end behind it."""
    return "\n".join(_lines(plain_all(view)))


def _lines(view: _View) -> Iterator[str]:
    yield "   ".join(f"{_KIND_NAMES[one['kind']]} {one['value']}" for one in view["ids"])
    yield f"  {_headline(view)}{_overlays(view)}   (as {view['seen_by']} sees it)"
    if view["erased"]["records"]:
        yield f"  {_erased(view['erased'])}"
    yield ""
    last = max((n for n, one in enumerate(view["itinerary"]) if one["done"]), default=-1)
    for number, stop in enumerate(view["itinerary"]):
        yield _stop(stop, "·" if number < last else "○")
    if not view["itinerary"]:
        yield "  the way is not known here: no release has arrived"
    yield from _operations(view)
    yield from _load(view)
    yield from _attention(view)


def _headline(view: _View) -> str:
    refused = view["refused"]
    if not refused:
        return str(view["words"])
    code = f"{refused['code']}, " if refused["code"] else ""
    return f"refused entry by {refused['country']} ({code}{clock(refused['at'])})"


def _erased(told: _View) -> str:
    """Say that the movement is told in part, and of what."""
    count = told["records"]
    many = (
        "1 record of it was erased"
        if count == 1
        else f"{count} records of it were erased, the last"
    )
    return f"{many} on {told['last'][:10]}: who did what, when and at which office stays"


def _overlays(view: _View) -> str:
    words = []
    if view["incident"]:
        words.append("incident on the way")
    if view["diverted"]:
        words.append("diverted")
    if view["discrepancy"]:
        words.append("discrepancies")
    if view["enquiry"]:
        words.append(f"enquiry {view['enquiry']}")
    if view["recovery"]:
        words.append(f"recovery {view['recovery']}")
    return "".join(f"; {word}" for word in words)


def _stop(stop: _View, otherwise: str) -> str:
    office = stop["office"]
    mark = "✓" if stop["done"] else otherwise
    mark = "✗" if stop["done"] == ENTRY_REFUSED else mark
    name = f"{office['reference']} {office['name']}".strip()
    line = f"  {mark} {office['country']:2}  {_PLACES.get(office['place'], 'passage'):11}  {name}"
    if stop["done"]:
        line += f"   {stop['done']} {clock(stop['at'])}"
    if stop["actual"] and stop["actual"]["reference"] != office["reference"]:
        line += f", at {stop['actual']['reference']} {stop['actual']['name']}".rstrip()
    return line


def _operations(view: _View) -> Iterator[str]:
    if len(view["operations"]) > 1:
        states = ", ".join(f"{one['country']} {one['state']}" for one in view["operations"])
        yield f"  operations: {states}"


def _load(view: _View) -> Iterator[str]:
    now, declared = _pieces(view["live"]), _pieces(view["declared"])
    if now:
        yield f"  load now: {now}"
    if declared and declared != now:
        yield f"  declared: {declared}"


def _pieces(live: _View) -> str:
    pieces = [
        f"{one['container'] or 'goods'} (seals {', '.join(one['seals']) or 'none'})"
        for one in live["equipment"]
    ]
    means = [f"{one['identification']} {one['nationality']}".rstrip() for one in live["means"]]
    return "; ".join(dict.fromkeys([*means, *pieces]))


def _attention(view: _View) -> Iterator[str]:
    for one in view["overdue"]:
        yield f"  ! {_OVERDUE[one['what']]} {clock(one['since'])}"
    if view["next_deadline"]:
        what = view["next_deadline"]["what"].replace("_", " ")
        yield f"  next deadline: {what}, {clock(view['next_deadline']['since'])}"
    for one in view["parked"][:_SHOWN]:
        yield f"  … {_record(one)} waits for {one['waits_for']}"
    for one in view["flagged"][:_SHOWN]:
        yield f"  ! {_record(one)}: {one['flag'].replace('_', ' ')}: {one['why']}"
    hidden = max(0, len(view["parked"]) - _SHOWN) + max(0, len(view["flagged"]) - _SHOWN)
    if hidden:
        yield f"  and {hidden} more: --json shows all"
    if view["more_than"]:
        yield f"  ! only the first {view['more_than']} records are shown"
    for one in view["drafts"]:
        about = f" ({one['query']})" if one["query"] else ""
        yield f"  → {one['kind']} to {one['recipient']}{about} is drafted: {one['text']}"


def _record(one: _View) -> str:
    return f"{one['what']} by {one['sender']} ({clock(one['at'])})"


def history_of(view: _View) -> str:
    """Return what happened, one record a line, oldest first."""
    return "\n".join(
        f"  {clock(one['at'])}  {one['sender']}  {one['what']}"
        + (f": {one['detail']}" if one["detail"] else "")
        + (f"   (erased {one['erased'][:10]})" if one["erased"] else "")
        for one in plain_all(view["history"])
    )


def clock(moment: str | None) -> str:
    """Return a time of the view as people read it: "2026-11-09 00:00", UTC."""
    return moment[:16].replace("T", " ") if moment else "at an unknown time"
