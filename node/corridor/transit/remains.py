"""What of a record stays for its movement when the record is erased.

Rules:

* as long as other records of the movement are kept, it must not tell less than happened: who said
  what, when, of which office, and the declared way of offices and countries stay, as numbers and
  codes of customs;
* nothing of parties, goods, means of transport, containers, seals or guarantees stays, and no text
  that a person wrote;
* who asks sees that the record was erased, and when.
"""

import json
from dataclasses import replace
from typing import Any, Final

from corridor.transit.facts import Dataset, Fact, OfficeName, Place
from corridor.transit.movement import Kind, Role

_CODED: Final = frozenset(
    {Kind.CONTROLLED_AT_DEPARTURE, Kind.CONTROLLED_AT_DESTINATION, Kind.REFUSED}
)
"""Their codes decide where the movement goes on, or why it does not; others are not needed."""
_FLAGS: Final = ("by_customs", "solved", "reservations")
_NUMBERS: Final = ("sequence", "occurred_ms", "known_ms", "operation", "limit_ms", "erased_ms")
_PLAIN: Final = ("sender", "result", "query", *_FLAGS, *_NUMBERS)


def remains_of(fact: Fact, erased_ms: int) -> Fact:
    """Return what stays of a fact whose record is erased."""
    dataset = fact.dataset
    return replace(
        fact,
        office=_bare(fact.office) if fact.office else None,
        offices=tuple(map(_bare, fact.offices)),
        dataset=dataset
        and replace(dataset, offices=tuple(map(_bare, dataset.offices)), equipment=(), means=()),
        result=fact.result if fact.kind in _CODED else "",
        text="",
        happenings=(),
        equipment=(),
        means=(),
        digest=b"",
        erased_ms=erased_ms,
    )


def remains_to_json(fact: Fact) -> str:
    """Return what `remains_of` returned, as text to be kept."""
    told: dict[str, Any] = {name: getattr(fact, name) for name in _PLAIN}
    told |= {"record_id": fact.record_id.hex(), "caused_by": fact.caused_by.hex()}
    told |= {"kind": fact.kind, "role": fact.role, "ids": fact.ids}
    told |= {"office": fact.office, "offices": fact.offices, "dataset": None}
    if fact.dataset is not None:
        one = fact.dataset
        told["dataset"] = [
            one.offices, one.countries, one.guarantee_countries, one.limit_ms, one.tir,
        ]  # fmt: skip
    return json.dumps(told)


def remains_from_json(text: str) -> Fact:
    """Return what `remains_to_json` was given."""
    told = json.loads(text)
    plain = {name: told[name] for name in _PLAIN}
    return Fact(
        record_id=bytes.fromhex(told["record_id"]),
        caused_by=bytes.fromhex(told["caused_by"]),
        kind=Kind(told["kind"]),
        role=Role(told["role"]),
        ids=tuple((kind, value) for kind, value in told["ids"]),
        office=_office(told["office"]) if told["office"] else None,
        offices=tuple(map(_office, told["offices"])),
        dataset=_dataset(*told["dataset"]) if told["dataset"] else None,
        **plain,
    )


def _bare(one: OfficeName) -> OfficeName:
    return one._replace(name="")


def _office(told: list[str]) -> OfficeName:
    place, reference, country, name = told
    return OfficeName(Place(place), reference, country, name)


def _dataset(
    offices: list[list[str]], countries: list[str], guarantors: list[str], limit_ms: int, tir: int
) -> Dataset:
    return Dataset(
        offices=tuple(map(_office, offices)),
        countries=tuple(countries),
        guarantee_countries=tuple(guarantors),
        limit_ms=limit_ms,
        tir=bool(tir),
    )
