"""Where each value of a configuration comes from, and where two differ."""

from collections.abc import Callable
from pathlib import Path

import pytest

from builders_cli import corridor
from corridor.daemon.config_origin import Origin, differences, origins

NodeFolder = Callable[..., Path]


def test_each_value_says_whether_it_is_of_the_environment_the_file_or_a_default(
    node_folder: NodeFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = node_folder(more="\n[movements]\n")
    monkeypatch.setenv("CORRIDOR__Exchange__REPEAT_AFTER_S", "77")
    found = {f"{one.section}.{one.key}": one for one in origins(config)}
    assert found["exchange.repeat_after_s"][2:] == (77.0, Origin.ENVIRONMENT)
    assert found["node.endpoint"].origin is Origin.FILE
    assert found["exchange.urgent_repeat_after_s"].origin is Origin.DEFAULT
    monkeypatch.delenv("CORRIDOR__Exchange__REPEAT_AFTER_S")
    monkeypatch.setenv("CORRIDOR__LOG", '{"level": "debug"}')
    found = {f"{one.section}.{one.key}": one for one in origins(config)}
    assert found["log.level"][2:] == ("debug", Origin.ENVIRONMENT)
    shown = corridor("config", "show", "--config", config, "--origin")
    assert "endpoint = 'GE.RS'  # file" in shown.out
    told = corridor("config", "show", "--config", config, "--origin", "--json").json
    assert told["log"]["level"] == {"value": "debug", "origin": "environment"}
    assert corridor("config", "show", "--config", config, "--json").json["log"]["level"] == "debug"


def test_two_files_that_say_the_same_in_two_folders_do_not_differ(
    node_folder: NodeFolder, tmp_path: Path
) -> None:
    config = node_folder()
    other = tmp_path / "other" / "node.toml"
    other.parent.mkdir()
    text = config.read_text().replace(str(config.parent), str(other.parent))
    other.write_text(text)
    assert differences(config, other) == []
    same = corridor("config", "diff", "--config", config, other)
    assert (same.status, same.out) == (0, f"no difference from {other}\n")
    other.write_text(text + "\n[exchange]\nrepeat_after_s = 5\n")
    (one,) = differences(config, other)
    assert one == ("exchange.repeat_after_s", 120.0, 5.0)
    said = corridor("config", "diff", "--config", config, other, "--json")
    assert said.status == 1
    assert said.json == [{"key": "exchange.repeat_after_s", "here": 120.0, "there": 5.0}]


def test_what_stands_over_the_defaults_is_shown_and_nothing_else(node_folder: NodeFolder) -> None:
    said = corridor("config", "diff", "--config", node_folder())
    assert said.status == 1
    assert "node.endpoint" in said.out
    assert "repeat_after_s" not in said.out
    broken = corridor("config", "diff", "--config", node_folder("TR"), "none.toml")
    assert broken.status == 3


def test_what_says_the_default_in_full_does_not_differ_from_it(node_folder: NodeFolder) -> None:
    """Lists are compared as they are written: a file has lists, the program may have others."""
    config = node_folder()
    before = [one.key for one in differences(config, None)]
    text = config.read_text()
    config.write_text(text + '\n[webhook]\nevents = ["inbox", "outcomes"]\n')
    assert [one.key for one in differences(config, None)] == before
    assert not [one for one in differences(config, None) if isinstance(one.there, tuple)]
    config.write_text(text + '\n[webhook]\nevents = ["inbox"]\n')
    said = corridor("config", "diff", "--config", config).out
    assert '["inbox"]' in said
    assert '["inbox", "outcomes"]' in said
