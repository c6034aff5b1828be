"""The configuration: every fault named at once, units in keys, the environment on top."""

import json
import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.daemon.config import NodeConfig, config_schema, effective, load_config
from corridor.daemon.config_text import config_text
from corridor.errors import ConfigurationError
from corridor.transit.timers import DAY_MS, HOUR_MS, Timers

GIVEN = {
    "node": {"endpoint": "GE.RS"},
    "trust": {"genesis_sha256": "0" * 64},
    "broker": {
        "server_name": "mq.rs.ge",
        "ca_file": "pki/ca.pem",
        "cert_file": "pki/node.pem",
        "key_file": "pki/node.key",
    },
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "node.toml"
    path.write_text(config_text(GIVEN))
    return path


def fault(path: Path) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load_config(path)
    return str(caught.value)


def test_a_written_file_means_the_defaults_and_what_was_given(file: Path) -> None:
    config = load_config(file)
    assert config.endpoint == "GE.RS"
    assert config.endpoint.country == "GE"
    assert config.metrics.port == 9464
    assert config.broker.port == 5671
    assert config.node.environment == "production"


def test_every_key_of_the_file_is_explained_and_its_default_can_be_switched_on(file: Path) -> None:
    text = file.read_text()
    sections = effective(load_config(file))
    for keys in sections.values():
        for key in keys:
            assert re.search(rf"^(# )?{key} =", text, re.MULTILINE), key
    on = re.sub(r"^# (\w+ = \S)", r"\1", text, flags=re.MULTILINE)
    off = re.sub(r"^(\w+) =   \((not set|must be given)\)$", "", on, flags=re.MULTILINE)
    other = file.with_name("on.toml")
    other.write_text(off)
    assert effective(load_config(other)) == sections


def test_relative_paths_start_at_the_folder_of_the_file(file: Path) -> None:
    config = load_config(file)
    assert config.store.path == file.parent / "state" / "store.db"
    assert config.broker.ca_file == file.parent / "pki" / "ca.pem"


def test_an_absolute_path_stays(file: Path) -> None:
    file.write_text(file.read_text().replace('# path = "state/store.db"', 'path = "/var/x.db"'))
    assert load_config(file).store.path == Path("/var/x.db")


def test_all_faults_are_reported_at_once_each_with_its_path(file: Path) -> None:
    file.write_text(
        '[node]\nendpoint = "Georgia"\nenvironment = "moon"\ncolour = 1\n'
        '[broker]\nport = 70000\nserver_name = "x"\n[metrics]\nport = -1\n[extra]\n'
    )
    told = fault(file)
    for path in (
        "node.endpoint", "node.environment", "node.colour: no such key", "broker.port",
        "broker.ca_file", "broker.cert_file", "broker.key_file", "metrics.port",
        "extra: no such key", "trust",
    ):  # fmt: skip
        assert path in told, path
    assert "10 fault(s)" in told or told.count("\n") >= 9
    assert "its TLS port" in told  # what the key means


def test_a_fault_does_not_repeat_the_value(file: Path) -> None:
    file.write_text(file.read_text().replace('"' + "0" * 64 + '"', '"hunter2"'))
    assert "hunter2" not in fault(file)


def test_the_environment_stands_over_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORRIDOR__METRICS__PORT", "9999")
    monkeypatch.setenv("CORRIDOR__LOG__LEVEL", "debug")
    config = load_config(file)
    assert (config.metrics.port, config.log.level) == (9999, "debug")


def test_a_wrong_value_in_the_environment_is_a_fault_too(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CORRIDOR__METRICS__PORT", "many")
    assert "metrics.port" in fault(file)
    monkeypatch.setenv("CORRIDOR__METRICS", "{")
    assert "metrics" in fault(file)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"[node", b"= 3", b"a = " + b"[" * 5000])
def test_what_is_no_toml_is_named_with_its_file(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    assert "node.toml" in fault(file)


def test_a_missing_file_says_what_writes_one(tmp_path: Path) -> None:
    assert "corridor init" in fault(tmp_path / "none.toml")


def test_the_schema_is_json_and_describes_every_section() -> None:
    schema = json.loads(json.dumps(config_schema()))
    assert set(schema["properties"]) == set(NodeConfig.model_fields)


@given(st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=40))
def test_any_text_that_is_given_is_read_back_from_the_file(text: str) -> None:
    written = config_text({"broker": {"server_name": text}})
    assert tomllib.loads(written)["broker"]["server_name"] == text


def test_limits_of_movements_are_hours_and_those_of_the_fold_by_default(file: Path) -> None:
    assert load_config(file).movements.timers() == Timers()
    file.write_text(config_text({**GIVEN, "movements": {"parked_h": 0.5, "result_h": 240}}))
    timers = load_config(file).movements.timers()
    assert (timers.parked_ms, timers.result_ms) == (HOUR_MS // 2, 10 * DAY_MS)
