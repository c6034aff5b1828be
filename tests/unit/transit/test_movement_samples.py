"""Real messages, folded in every order: public samples, where this machine has them."""

import random
from collections import defaultdict
from pathlib import Path

import pytest

from corridor.errors import Refused
from corridor.standards.ncts.mapper import Options, decode
from corridor.transit.facts import Fact
from corridor.transit.fold import fold
from corridor.wire.facts import fact_of
from corridor.wire.records import encode_record

SAMPLES = Path(__file__).parents[4] / "shared/samples/ncts_p5/instances/hmrc_trader_test_v7"
NOW_MS = 1_793_491_200_000


def movements() -> list[list[Fact]]:
    """Return the facts of each movement that the samples name."""
    found: dict[tuple[str, str], list[Fact]] = defaultdict(list)
    for number, file in enumerate(sorted(SAMPLES.glob("*.xml"))):
        try:
            record = decode(file.read_bytes(), Options()).record
        except Refused:
            continue
        body = encode_record(record)
        fact = fact_of(
            record, body, record_id=number.to_bytes(16), sender="GB", known_ms=NOW_MS + number
        )
        for name in fact.ids:
            found[name].append(fact)
    return list(found.values())


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="no public samples on this machine")
def test_real_movements_are_the_same_in_every_order() -> None:
    draw = random.Random(7)  # noqa: S311 - an order to be repeated, not a secret
    told = movements()
    assert sum(map(len, told)) > 50
    for facts in told:
        whole = fold(facts, me="GB", now_ms=NOW_MS)
        for _ in range(5):
            mixed = [*facts, *facts[:2]]
            draw.shuffle(mixed)
            assert fold(mixed, me="GB", now_ms=NOW_MS) == whole
        kept = [*whole.applied, *whole.parked, *whole.flagged]
        assert {one.fact.key for one in kept} == {one.key for one in facts}
