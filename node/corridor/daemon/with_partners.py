"""What the status tells beyond the own node: days, recoveries, records of later versions."""

from collections.abc import Sequence
from typing import Any

from corridor.daemon.days import lines_of_cases
from corridor.daemon.parked import lines_of_parked
from corridor.daemon.recovered import recovery_lines, waiting_lines
from corridor.store.port import Store
from corridor.transit.parties import Endpoint


def told_with_partners(store: Store, partners: Sequence[Endpoint]) -> dict[str, Any]:
    """Return the keys `recovery` and `reconcile` of `corridor status --json`."""
    with store.reading() as view:
        return {
            "recovery": recovery_lines(view, partners),
            "reconcile": {"cases": len(lines_of_cases(view))},
        }


def attention_with_partners(store: Store, partners: Sequence[Endpoint]) -> list[str]:
    """Return what of it needs a person."""
    with store.reading() as view:
        return [*lines_of_cases(view), *waiting_lines(view, partners), *lines_of_parked(view)]
