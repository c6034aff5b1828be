"""Plans made by the generator: whole movements along the route of a scenario."""

from collections.abc import Iterator

from corridor.lab.demo import Traffic
from corridor.lab.scenario import Scenario
from corridor.lab.traffic import Planned
from corridor.standards.generate import generate_movements, identifiers_of
from corridor.wire.records import encode_record, record_type_of


def plan_movements(scenario: Scenario, seed: int, movements: int) -> Iterator[Planned]:
    """Return the records of whole movements, one for each recipient, in order of time."""
    endpoints = {country.code: country.endpoint for country in scenario.countries}
    for one in generate_movements(seed, movements, scenario.route):
        record = encode_record(one.record)
        kind = record_type_of(one.record)
        for recipient in one.recipients:
            yield Planned(endpoints[one.sender], endpoints[recipient], one.record_id, kind, record)


def demo_traffic(scenario: Scenario, seed: int, least: int) -> Traffic:
    """Return whole movements with at least `least` records, and what nobody may read of them."""
    plan: list[Planned] = []
    secrets: set[str] = set()
    movements = 0
    while len(plan) < least:
        movements += max(1, least // 20)
        plan = list(plan_movements(scenario, seed, movements))
    for one in generate_movements(seed, movements, scenario.route):
        secrets.update(identifiers_of(one.record))
    return Traffic(plan, frozenset(secrets))
