"""Scenarios are read whole or refused by name."""

from pathlib import Path

import pytest

from corridor.errors import ConfigurationError
from corridor.lab.scenario import known_scenarios, load_scenario

GOOD = """
name = "two"
title = "Two"
route = ["TR", "GE"]
[[country]]
code = "TR"
member = "TR.GTB"
administration = "Ministry"
[[country]]
code = "GE"
member = "GE.RS"
administration = "Service"
[[agreement]]
between = ["TR", "GE"]
"""


def written(tmp_path: Path, text: str) -> str:
    path = tmp_path / "scenario.toml"
    path.write_text(text)
    return str(path)


def test_the_scenario_that_comes_with_corridor_goes_by_its_name() -> None:
    assert "tr-ge-az" in known_scenarios()
    scenario = load_scenario("tr-ge-az")
    assert scenario.route == ("TR", "GE", "AZ")
    assert [one.code for one in scenario.partners(scenario.route[1])] == ["TR", "AZ"]
    assert scenario.country("GE").endpoint == "GE.RS"
    with pytest.raises(ConfigurationError, match="AM is not in scenario tr-ge-az"):
        scenario.country("AM")


def test_a_file_is_a_scenario_too(tmp_path: Path) -> None:
    scenario = load_scenario(written(tmp_path, GOOD))
    assert [one.code for one in scenario.countries] == ["TR", "GE"]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('code = "GE"', 'code = "TR"', "twice"),
        ('member = "GE.RS"', 'member = "AM.RS"', "is not of country GE"),
        ('route = ["TR", "GE"]', 'route = ["TR", "KZ"]', "KZ is named"),
        ('between = ["TR", "GE"]', 'between = ["TR"]', "scenario"),
        ('member = "GE.RS"', "member = 7", "scenario"),
        ('title = "Two"', "", "title"),
        ('title = "Two"', "title = ", "scenario"),
    ],
)
def test_a_fault_is_named(tmp_path: Path, old: str, new: str, fault: str) -> None:
    with pytest.raises(ConfigurationError, match=fault):
        load_scenario(written(tmp_path, GOOD.replace(old, new)))


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(ConfigurationError, match="tr-ge-az"):
        load_scenario("no-such-scenario")
