"""What a replay must reach is read exactly, or refused."""

import pytest

from corridor.errors import InputTrouble
from corridor.lab.thresholds import Timings, parse_thresholds

FIGURES = {"p99": 900, "p50": None, "lost": 0, "rate": 12.5, "receipted": 10}


@pytest.mark.parametrize(
    ("text", "reached"),
    [
        ("p99<2s", True),
        ("p99<900ms", False),
        ("p99<=900ms", True),
        ("p99 >= 0.9 s", True),
        ("lost=0", True),
        ("lost==0", True),
        ("lost!=0", False),
        ("rate>12", True),
        ("receipted>10", False),
        ("p50<1s", False),
    ],
)
def test_a_threshold_is_reached_or_not(text: str, reached: bool) -> None:  # noqa: FBT001 - a table
    (one,) = parse_thresholds(text)
    assert one.reached(FIGURES) is reached


def test_several_stand_in_one_text() -> None:
    assert [one.text for one in parse_thresholds("p99<2s, lost=0,")] == ["p99<2s", "lost=0"]
    assert parse_thresholds("") == ()


@pytest.mark.parametrize("text", ["p99", "p99<", "fast", "p42<1s", "lost<2s", "p99<2", "p99<2h"])
def test_what_is_no_threshold_is_refused_by_name(text: str) -> None:
    with pytest.raises(InputTrouble, match="--assert"):
        parse_thresholds(text)


def test_percentiles_are_of_whole_milliseconds() -> None:
    timings = Timings()
    assert timings.percentile(0.5) is None
    for number in range(1, 101):
        timings.add(number)
    timings.add(-5)
    assert timings.percentile(0.5) == 50
    assert timings.percentile(0.99) == 99
    assert timings.percentile(1.0) == 100
