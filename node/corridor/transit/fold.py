"""The state of a movement as a fold over its records.

Rules:

* the same set of records gives the same movement, whatever the order in which they came and however
  often: they are ordered first (`ordering`) and applied to a fixpoint;
* a record that only lacks a predecessor is parked and applied when that is there; one that comes
  after the end, or that would have had to come earlier, or whose sender holds no such role, is kept
  and flagged; nothing is dropped;
* the clock is an argument: it decides what is overdue and never where the movement stands, but for
  goods of a pre-lodged declaration that were presented too late, which the records' own times tell.

Example:
    >>> fold([], me="GE", now_ms=0).state
    <State.NONE: 'S0'>
"""

from collections.abc import Iterable, Sequence

from corridor.transit.advice import advise
from corridor.transit.facts import Fact
from corridor.transit.itinerary import stops_of
from corridor.transit.movement import FINAL, State
from corridor.transit.ordering import canonical
from corridor.transit.progress import Answer, Progress
from corridor.transit.result import Applied, Flag, Flagged, Live, Movement, Parked
from corridor.transit.roles import Holders, country_of_departure
from corridor.transit.table import REACHABLE, ROWS, Guard, Row
from corridor.transit.timers import DEFAULT_TIMERS, Timers
from corridor.transit.waiting import waits_for


def fold(
    facts: Iterable[Fact], *, me: str, now_ms: int, timers: Timers = DEFAULT_TIMERS
) -> Movement:
    """Return where a movement stands.

    Args:
        facts: What its records say, in any order; the same one may come twice.
        me: Country for which drafts are made.
        now_ms: The time, for what is overdue.
        timers: How long is too long.
    """
    ordered = canonical(facts)
    departure = country_of_departure(ordered)
    holders = Holders(departure, {departure} - {""})
    progress = Progress(timers, holders)
    applied, left = _to_fixpoint(progress, ordered)
    parked, flagged = _judge(progress, left)
    movement = _result(progress, ordered, applied, parked, flagged)
    return advise(movement, progress, me=me, now_ms=now_ms)


def _to_fixpoint(progress: Progress, ordered: Sequence[Fact]) -> tuple[list[Applied], list[Fact]]:
    """Apply what can be applied, again and again until nothing more can be."""
    applied: list[Applied] = []
    left = list(ordered)
    while True:
        waiting: list[Fact] = []
        for fact in left:
            row = _fitting(progress, fact)
            if row is None:
                waiting.append(fact)
                continue
            progress.state = row.to or progress.state
            progress.apply(row.effect, fact)
            applied.append(Applied(fact, row.number, progress.state))
        if len(waiting) == len(left):
            return applied, left
        left = waiting


def _fitting(progress: Progress, fact: Fact) -> Row | None:
    for row in ROWS[fact.kind]:
        if (
            progress.state in row.start
            and _may(progress, fact, row)
            and progress.allows(row.guard, fact) is Answer.YES
        ):
            return row
    return None


def _may(progress: Progress, fact: Fact, row: Row) -> bool:
    """Whether the sender may do what the row says."""
    return (not fact.role or fact.role in row.roles) and progress.holders.entitled(fact, row.roles)


def _judge(progress: Progress, left: Iterable[Fact]) -> tuple[list[Parked], list[Flagged]]:
    """Tell of each record that was not applied whether it waits, or why it never will."""
    parked: list[Parked] = []
    flagged: list[Flagged] = []
    for fact in left:
        rows = [row for row in ROWS[fact.kind] if _may(progress, fact, row)]
        if not rows:
            flagged.append(Flagged(fact, Flag.NOT_ENTITLED, _no_role(fact)))
        elif waiting := next((row for row in rows if _can_wait(progress, fact, row)), None):
            parked.append(Parked(fact, waits_for(progress, fact, waiting)))
        elif progress.state in FINAL:
            flagged.append(Flagged(fact, Flag.LATE, f"it came after the end ({progress.state})"))
        else:
            flagged.append(Flagged(fact, Flag.OUT_OF_PLACE, _out_of_place(progress, fact)))
    return parked, flagged


def _can_wait(progress: Progress, fact: Fact, row: Row) -> bool:
    if progress.state in row.start:
        return progress.allows(row.guard, fact) is Answer.NOT_YET
    return bool(row.start & REACHABLE[progress.state])


def _no_role(fact: Fact) -> str:
    what = f"the role {fact.role.name.lower()}" if fact.role else "a role that may send this"
    return f"{fact.sender} does not hold {what} for this movement"


def _out_of_place(progress: Progress, fact: Fact) -> str:
    guards = {row.guard for row in ROWS[fact.kind] if progress.state in row.start} - {Guard.NONE}
    if guards:
        return f"not so: {', '.join(sorted(guards))}"
    return f"too late in state {progress.state}"


def _result(
    progress: Progress,
    ordered: Sequence[Fact],
    applied: list[Applied],
    parked: list[Parked],
    flagged: list[Flagged],
) -> Movement:
    ids = dict.fromkeys(one for line in applied for one in line.fact.ids)
    ids |= dict.fromkeys(one for fact in ordered for one in fact.ids)
    dataset, actual = progress.dataset, progress.destination
    declared = [one for one in dataset.offices if one.place == "destination"]
    return Movement(
        state=progress.state,
        ended=progress.ended,
        enquiry=progress.enquiry,
        recovery=progress.recovery,
        incident=progress.incident,
        diverted=bool(
            actual and declared and actual.reference not in {one.reference for one in declared}
        ),
        discrepancy=progress.discrepancy or progress.state is State.DISCREPANCY,
        ids=tuple(sorted(ids, key=_id_order)),
        departure=progress.holders.departure,
        holders=progress.holders,
        dataset_version=progress.versions,
        limit_ms=dataset.limit_ms,
        stops=stops_of(progress),
        operations=tuple(progress.operations[key] for key in sorted(progress.operations)),
        declared=Live(dataset.equipment, dataset.means),
        live=progress.live,
        applied=tuple(applied),
        parked=tuple(parked),
        flagged=tuple(flagged),
        refused=progress.refused if progress.state is State.IN_TRANSIT else None,
        erased=sum(bool(one.erased_ms) for one in ordered),
        erased_ms=max((one.erased_ms for one in ordered), default=0),
    )


def _id_order(one: tuple[str, str]) -> tuple[int, str, str]:
    order = {"mrn": 0, "carnet": 1, "lrn": 2}
    return order.get(one[0], len(order)), *one
