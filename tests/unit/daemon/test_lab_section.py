"""What only a laboratory may have: times scaled together, and refused everywhere else."""

from dataclasses import fields
from pathlib import Path

import pytest

from corridor.daemon.config import load_config
from corridor.daemon.config_lab import LabSection
from corridor.daemon.config_text import config_text
from corridor.errors import ConfigurationError
from corridor.exchange.policy import ExchangePolicy

GIVEN = {
    "trust": {"genesis_sha256": "0" * 64},
    "broker": {
        "server_name": "mq.rs.ge",
        "ca_file": "pki/ca.pem",
        "cert_file": "pki/node.pem",
        "key_file": "pki/node.key",
    },
}
LEFT = {"lifetime_ms", "held_ms", "window_slack_ms", "bulk_slack_ms", "bulk_envelope_ms"}
"""Partners see the first; the others bound what is kept and what brokers queue."""


def written(tmp_path: Path, environment: str, **lab: float) -> Path:
    node = {"endpoint": "GE.RS", "environment": environment}
    path = tmp_path / "node.toml"
    path.write_text(config_text({"node": node, **GIVEN, **({"lab": lab} if lab else {})}))
    return path


@pytest.mark.parametrize("environment", ["production", "test"])
def test_outside_a_laboratory_the_section_is_refused_by_name(
    tmp_path: Path, environment: str
) -> None:
    with pytest.raises(ConfigurationError, match=r"lab: only a node with node\.environment"):
        load_config(written(tmp_path, environment, time_scale=0.5))
    assert load_config(written(tmp_path, environment)).lab.time_scale == 1


def test_in_a_laboratory_it_scales(tmp_path: Path) -> None:
    config = load_config(written(tmp_path, "lab", time_scale=0.1))
    assert config.lab.scaled(ExchangePolicy()).tail_urgent_ms == 1_000


@pytest.mark.parametrize("scale", [0, -1, 1.5])
def test_a_scale_that_would_stop_or_stretch_time_is_refused(tmp_path: Path, scale: float) -> None:
    with pytest.raises(ConfigurationError, match=r"lab\.time_scale"):
        load_config(written(tmp_path, "lab", time_scale=scale))


def test_every_time_is_scaled_or_stays_for_a_reason() -> None:
    before, after = ExchangePolicy(), LabSection(time_scale=0.1).scaled(ExchangePolicy())
    times = {one.name for one in fields(ExchangePolicy) if one.name.endswith("_ms")}
    same = {name for name in times if getattr(before, name) == getattr(after, name)}
    assert same == LEFT
    scaled = times - LEFT
    assert all(getattr(after, name) * 10 == getattr(before, name) for name in scaled)
    others = {one.name for one in fields(ExchangePolicy)} - times
    assert all(getattr(before, name) == getattr(after, name) for name in others)
    assert LabSection(time_scale=1e-9).scaled(before).gap_ms == 1
