"""A lab that is laid out and not started: every file of three nodes, and no broker."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from corridor.lab.network import Network

NodeFolder = Callable[..., Path]


@pytest.fixture(scope="session")
def still(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Network]":
    """The network `tr-ge-az`, written and not running; nobody changes its files."""
    from corridor.lab.network import Network  # noqa: PLC0415 - most tests need no lab
    from corridor.lab.scenario import load_scenario  # noqa: PLC0415

    with Network(
        load_scenario("tr-ge-az").through("socket"), tmp_path_factory.mktemp("still") / "lab"
    ) as network:
        network.lay_out()
        yield network


@pytest.fixture
def node_folder(still: "Network", tmp_path: Path) -> NodeFolder:
    """Make a copy of a node's folder; returns its configuration."""

    def make(code: str = "GE", more: str = "") -> Path:
        folder = tmp_path / code
        plan = next(one.plan for one in still.nodes.values() if one.plan.country.code == code)
        shutil.copytree(plan.directory, folder)
        config = folder / "node.toml"
        text = config.read_text()
        text = text.replace(str(plan.socket), str(folder / "s"))
        text = text.replace(f"[metrics]\nport = {plan.metrics_port}", "[metrics]\nport = 0")
        config.write_text(text + more)
        return config

    return make
