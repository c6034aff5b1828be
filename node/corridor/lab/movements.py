"""Plans made by the generator: whole movements along the route of a scenario."""

from collections.abc import Iterator
from typing import Final

from corridor.lab.demo import Traffic
from corridor.lab.scenario import Scenario
from corridor.lab.traffic import Planned
from corridor.standards.generate import movements as generator
from corridor.standards.generate.journey import GeneratedRecord
from corridor.standards.generate.plaintext import identifiers_of
from corridor.wire.records import encode_record, record_type_of

START_MS: Final = 1_793_491_200_000
"""2026-11-01: when the first movement of a plan is released, so that a seed is all it takes."""
_RECORDS_EACH: Final = 20
"""About as many as a movement through three countries has, copies counted."""


def plan_movements(scenario: Scenario, seed: int, movements: int) -> Iterator[Planned]:
    """Return the records of whole movements, one for each recipient, in order of time."""
    endpoints = {country.code: country.endpoint for country in scenario.countries}
    for one in _generated(scenario, seed, movements):
        record = encode_record(one.record)
        kind = record_type_of(one.record)
        for recipient in one.recipients:
            yield Planned(
                endpoints[scenario.country(one.sender).code],
                endpoints[scenario.country(recipient).code],
                one.record_id,
                kind,
                record,
            )


def demo_traffic(scenario: Scenario, seed: int, least: int) -> Traffic:
    """Return whole movements with at least `least` records, and what nobody may read of them."""
    movements = 0
    plan: list[Planned] = []
    while len(plan) < least:
        movements += max(1, (least - len(plan)) // _RECORDS_EACH)
        plan = list(plan_movements(scenario, seed, movements))
    secrets: set[str] = set()
    for one in _generated(scenario, seed, movements):
        secrets.update(identifiers_of(one.record))
    return Traffic(plan, frozenset(secrets))


def _generated(scenario: Scenario, seed: int, movements: int) -> Iterator[GeneratedRecord]:
    told = generator.generate_movements(
        seed,
        movements,
        generator.Scenario(
            (tuple(scenario.route),), START_MS, national_words=bool(scenario.script.stories)
        ),
    )
    return generator.in_time_order(told)
