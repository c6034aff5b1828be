"""The units for systemd: sound, and as closed as a node and a broker can be."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from corridor.daemon.config_sections import KeysSection
from corridor.daemon.supervisor import _STOP_DEADLINE_S, _TURN_S

UNITS = sorted((Path(__file__).resolve().parents[3] / "deploy" / "systemd").glob("*.service"))
MOST_EXPOSED = 1.5


def settings(name: str) -> dict[str, str]:
    (path,) = [one for one in UNITS if one.name == name]
    lines = [one for one in path.read_text().splitlines() if "=" in one and one[0] != "#"]
    return dict(one.split("=", 1) for one in lines)


def analyze(*arguments: object) -> subprocess.CompletedProcess[str]:
    found = shutil.which("systemd-analyze")
    if found is None:
        pytest.skip("no systemd on this machine")
    return subprocess.run(
        [found, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize("unit", UNITS, ids=lambda one: one.name)
def test_a_unit_is_as_closed_as_it_can_be(unit: Path) -> None:
    run = analyze("security", "--offline=true", "--no-pager", unit)
    level = re.search(r"exposure level for \S+: ([0-9.]+)", run.stdout)
    assert level, run.stdout + run.stderr
    assert float(level[1]) <= MOST_EXPOSED


@pytest.mark.parametrize("unit", UNITS, ids=lambda one: one.name)
def test_systemd_understands_every_line(unit: Path) -> None:
    run = analyze("verify", "--man=no", unit)
    # what it would start is installed elsewhere
    told = [one for one in run.stderr.splitlines() if "is not executable" not in one]
    assert [one for one in told if unit.name in one] == []


def test_the_node_unit_fits_the_node() -> None:
    unit = settings("corridor-node.service")
    assert unit["Type"] == "notify"
    assert int(unit["TimeoutStopSec"]) > _STOP_DEADLINE_S
    assert int(unit["WatchdogSec"]) / 2 > 10 * _TURN_S
    # without a path: a node with a passphrase file starts though there is none
    assert unit["LoadCredential"] == "corridor-keys"
    assert "credential" in KeysSection.model_fields
    assert unit["StartLimitIntervalSec"] == "0"


def test_the_broker_unit_leaves_the_systems_broker_alone() -> None:
    text = next(one for one in UNITS if one.name == "corridor-broker.service").read_text()
    assert "RABBITMQ_NODENAME=corridor@localhost" in text
    assert "RABBITMQ_CONF_ENV_FILE=/dev/null" in text
    assert "ERL_EPMD_PORT=4379" in text
