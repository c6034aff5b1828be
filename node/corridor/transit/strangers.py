"""Whose records are refused by name, because their sender does not hold the role (PROTOCOL §12.6).

Rules:

* the fold decides; a record that it flags `not_entitled` is refused once, by a record of its own;
* an answer is never refused: two nodes that see a movement differently would refuse each other's
  refusals for ever;
* who was refused already, by whomever of us, is not refused again.
"""

from collections.abc import Iterator
from itertools import chain
from typing import Final, NamedTuple

from corridor.transit.facts import Fact
from corridor.transit.movement import Kind
from corridor.transit.result import Draft, DraftKind, Flag, Movement

NOT_ENTITLED: Final = "12"
"""Code of the refusal."""
REASON: Final = "role_not_held"
"""How the refusal begins: the reason by which an own node refuses the same."""

_ANSWERS: Final = frozenset(
    {Kind.QUERY, Kind.QUERY_ANSWERED, Kind.DATASET_ANSWERED, Kind.ACKNOWLEDGED, Kind.REJECTED}
)


class Stranger(NamedTuple):
    """A record to be refused."""

    fact: Fact
    why: str


def strangers(movement: Movement, me: str) -> tuple[Stranger, ...]:
    """Return the records of others that are to be refused and are not yet, in their order.

    Args:
        movement: As the fold tells it.
        me: Country that refuses.
    """
    refused = set(_refused(movement, me))
    return tuple(
        Stranger(fact, why)
        for fact, flag, why in movement.flagged
        if flag is Flag.NOT_ENTITLED
        and fact.sender != me
        and fact.kind not in _ANSWERS
        and fact.record_id not in refused
    )


def refusal(one: Stranger) -> Draft:
    """Return the refusal of a record, which names the reason."""
    fact = one.fact
    text = f"{REASON}: {one.why}."
    return Draft(DraftKind.REFUSAL, fact.sender, text, code=NOT_ENTITLED, caused_by=fact.record_id)


def _refused(movement: Movement, me: str) -> Iterator[bytes]:
    known = chain(
        (one.fact for one in movement.applied),
        (one.fact for one in movement.parked),
        (one.fact for one in movement.flagged),
    )
    for fact in known:
        if fact.sender == me and fact.kind is Kind.REJECTED and fact.caused_by:
            yield fact.caused_by
