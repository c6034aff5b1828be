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
        ('between = ["TR", "GE"]', 'between = ["TR"]', "two different countries"),
        ('between = ["TR", "GE"]', 'between = ["TR", "TR"]', "two different countries"),
        ('between = ["TR", "GE"]', "between = 7", "must be a list of texts"),
        ('member = "GE.RS"', "member = 7", "`member` must be given"),
        ('title = "Two"', "", "`title` must be given"),
        ('title = "Two"', "title = ", "is not TOML"),
        ('route = ["TR", "GE"]', 'route = ["TR"]', "at least two"),
        ("[[agreement]]", "[[understanding]]", r"no \[\[agreement\]\]"),
        ("[[country]]", "[country]", "scenario"),
    ],
)
def test_a_fault_is_named(tmp_path: Path, old: str, new: str, fault: str) -> None:
    with pytest.raises(ConfigurationError, match=fault) as told:
        load_scenario(written(tmp_path, GOOD.replace(old, new)))
    assert "tr-ge-az" in told.value.cure
    for leak in ("Error", "unpack", "Traceback"):
        assert leak not in str(told.value)


def test_what_is_no_text_or_no_file_is_no_scenario(tmp_path: Path) -> None:
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationError, match="not text in UTF-8"):
        load_scenario(str(binary))
    with pytest.raises(ConfigurationError, match="is a folder"):
        load_scenario(str(tmp_path))
    (tmp_path / "empty").touch()
    with pytest.raises(ConfigurationError, match=r"no \[\[country\]\]"):
        load_scenario(str(tmp_path / "empty"))


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(ConfigurationError, match="tr-ge-az"):
        load_scenario("no-such-scenario")
