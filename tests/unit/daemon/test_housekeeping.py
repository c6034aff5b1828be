"""Housekeeping goes part by part: one that fails stops neither the others nor the node."""

import pytest
from prometheus_client import CollectorRegistry, Counter
from structlog.testing import capture_logs

from corridor.daemon.housekeeping import keep_house
from corridor.errors import KeyTrouble, StoreDamaged, StoreFull, StoreLost, StoreMisused


class House:
    """Three parts, of which the second may fail."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.failures = Counter("failures", "", ["part"], registry=self.registry)
        self.done: list[str] = []
        self.trouble: Exception | None = None

    def second(self) -> None:
        if self.trouble is not None:
            raise self.trouble
        self.done.append("second")

    def turn(self) -> list[str]:
        self.done = []
        parts = (
            ("first", lambda: self.done.append("first")), ("second", self.second),
            ("third", lambda: self.done.append("third")),
        )  # fmt: skip
        keep_house(parts, self.failures)
        return self.done

    def count(self, part: str) -> float | None:
        return self.registry.get_sample_value("failures_total", {"part": part})


@pytest.mark.parametrize("error", [ValueError("secret"), StoreFull("x"), StoreMisused("x")])
def test_a_part_that_fails_is_told_and_tried_again(error: Exception) -> None:
    house = House()
    house.trouble = error
    with capture_logs() as logs:
        assert house.turn() == ["first", "third"]
    assert house.turn() == ["first", "third"]
    assert house.count("second") == 2
    assert [one["event"] for one in logs] == ["housekeeping.failed"]
    assert "secret" not in str(logs)
    house.trouble = None
    assert house.turn() == ["first", "second", "third"]


@pytest.mark.parametrize("error", [StoreLost("x"), StoreDamaged("x"), KeyTrouble("x")])
def test_what_trying_again_does_not_help_ends_the_node(error: Exception) -> None:
    house = House()
    house.trouble = error
    with pytest.raises(type(error)):
        house.turn()
    assert house.done == ["first"]
