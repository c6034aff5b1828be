"""One movement of a demo, as each country's own node tells it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from corridor.errors import NodeRefused
from corridor.gateway.local_client import LocalClient
from corridor.lab.traffic import Planned
from corridor.transit.screen import screen_of
from corridor.wire.facts import movement_ids
from corridor.wire.records import decode_record

_INCIDENT: Final = 13
_ARRIVAL: Final = 14


def telling_movement(played: Iterable[Planned]) -> str:
    """Return a name of the movement that has most to tell, "" where none has a name.

    One with an incident and an arrival goes before one with an arrival, that before others; then
    the one with most records; the earliest of several.
    """
    kinds: dict[str, set[int]] = {}
    counts: Counter[str] = Counter()
    for one in played:
        name = next((value for _, value in movement_ids(decode_record(one.record))), "")
        if name:
            kinds.setdefault(name, set()).add(one.record_type)
            counts[name] += 1
    return max(
        kinds,
        key=lambda name: (
            {_ARRIVAL, _INCIDENT} <= kinds[name],
            _ARRIVAL in kinds[name],
            counts[name],
        ),
        default="",
    )


def each_view(
    sockets: Mapping[str, Path], played: Sequence[Planned]
) -> tuple[tuple[str, str], ...]:
    """Return (endpoint, picture) of one movement for each node that knows it.

    Args:
        sockets: Local sockets by endpoint.
        played: The records that were sent.
    """
    name = telling_movement(played)
    views: list[tuple[str, str]] = []
    for endpoint, path in sockets.items() if name else ():
        with suppress(NodeRefused), LocalClient(path) as node:  # who was told nothing knows nothing
            view, _ = node.movement(name)
            views.append((endpoint, screen_of(view)))
    return tuple(views)
