"""Tables that differ from a common one in a few elements: the difference is data."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from corridor.standards.mapping import Group, Leaf, Parts


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs, by the paths of elements: "CC007C/TransitOperation/incidentFlag".

    Attributes:
        demanded: Elements that are mandatory here.
        excused: Elements that are not mandatory here.
        gone: Elements that are not there.
        added: Rows after the rest of a group.
        instead: Groups that are other ones here.
    """

    demanded: AbstractSet[str] = frozenset()
    excused: AbstractSet[str] = frozenset()
    gone: AbstractSet[str] = frozenset()
    added: Mapping[str, Parts] = field(default_factory=dict)
    instead: Mapping[str, Group] = field(default_factory=dict)


def amended(parts: Parts, path: str, changes: Changes) -> Parts:
    """Return a table with changes; `path` is the element whose rows `parts` are."""
    rows: list[Group | Leaf] = []
    for part in parts:
        place = f"{path}/{part.element}"
        if place in changes.gone:
            continue
        if place in changes.instead:
            rows.append(changes.instead[place])
            continue
        mandatory = (part.mandatory or place in changes.demanded) and place not in changes.excused
        if isinstance(part, Leaf):
            rows.append(replace(part, mandatory=mandatory))
        else:
            inner = amended(part.parts, place, changes)
            rows.append(replace(part, mandatory=mandatory, parts=inner))
    return (*rows, *changes.added.get(path, ()))
