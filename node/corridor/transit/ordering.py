"""One order of a movement's records, whatever the order in which they came.

Rules:

* a record that came twice counts once; of two records under one id the one with the smaller digest
  counts, at every node the same;
* a record stands behind those of its sender with smaller numbers, and behind what caused it;
* where these leave a choice, the earlier time goes first, then sender, number and id;
* a ring (which no honest sender makes) is cut at the record that would go first otherwise.
"""

from collections.abc import Iterable
from heapq import heapify, heappop, heappush
from itertools import pairwise
from typing import TypeAlias

from corridor.transit.facts import Fact

_Key: TypeAlias = tuple[str, bytes]
_Rank: TypeAlias = tuple[int, str, int, bytes]


def canonical(facts: Iterable[Fact]) -> list[Fact]:
    """Return each fact once, in the order in which they are applied."""
    unique = _each_once(facts)
    after, missing = _predecessors(unique)
    ready = [(_rank(one), key) for key, one in unique.items() if not missing[key]]
    heapify(ready)
    left = dict.fromkeys(sorted(unique, key=lambda key: _rank(unique[key])))
    ordered: list[Fact] = []
    while left:
        key = heappop(ready)[1] if ready else next(iter(left))
        if key not in left:
            continue
        del left[key]
        ordered.append(unique[key])
        for follower in after[key]:
            missing[follower] -= 1
            if missing[follower] == 0:
                heappush(ready, (_rank(unique[follower]), follower))
    return ordered


def _each_once(facts: Iterable[Fact]) -> dict[_Key, Fact]:
    unique: dict[_Key, Fact] = {}
    for one in facts:
        known = unique.get(one.key)
        if known is None or (one.digest, one.known_ms) < (known.digest, known.known_ms):
            unique[one.key] = one
    return unique


def _predecessors(unique: dict[_Key, Fact]) -> tuple[dict[_Key, list[_Key]], dict[_Key, int]]:
    """Return who comes directly after each, and how many come directly before each."""
    after: dict[_Key, list[_Key]] = {key: [] for key in unique}
    missing = dict.fromkeys(unique, 0)
    by_id: dict[bytes, list[_Key]] = {}
    by_sender: dict[str, list[Fact]] = {}
    for key, one in unique.items():
        by_id.setdefault(one.record_id, []).append(key)
        if one.sequence:
            by_sender.setdefault(one.sender, []).append(one)
    pairs = {(cause, key) for key, one in unique.items() for cause in by_id.get(one.caused_by, ())}
    for counted in by_sender.values():
        counted.sort(key=lambda one: (one.sequence, _rank(one)))
        pairs |= {(one.key, two.key) for one, two in pairwise(counted)}
    for before, behind in pairs:
        after[before].append(behind)
        missing[behind] += 1
    return after, missing


def _rank(one: Fact) -> _Rank:
    return one.occurred_ms, one.sender, one.sequence, one.record_id
