"""Nodes with a gateway, for the tests of a file that asks for one.

The one with HTTP ends with the file: its threads draw random pauses, which property tests take for
their own.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from builders_gateway import SPOOL, Beside, NodeFolder
from builders_http import Serving


@pytest.fixture(scope="module")
def serving(still: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    plan = next(p.plan for c, p in still.nodes.items() if c == "GE")  # type: ignore[attr-defined]
    folder = tmp_path_factory.mktemp("http") / "GE"
    shutil.copytree(plan.directory, folder)
    config = folder / "node.toml"
    text = config.read_text().replace(str(plan.socket), str(folder / "s"))
    config.write_text(text.replace(f"port = {plan.metrics_port}", "port = 0"))
    with Serving(config) as made:
        yield made


@pytest.fixture
def spool(node_folder: NodeFolder, tmp_path: Path) -> Callable[..., Beside]:
    """Make a node of Georgia with a spool; `more` is added to its section."""

    def make(more: str = "", **_: object) -> Beside:
        folder = tmp_path / "spool"
        folder.mkdir(exist_ok=True)
        if not (tmp_path / "GE").exists():
            node_folder("GE", SPOOL.format(folder=folder) + more)
        return Beside(tmp_path / "GE" / "node.toml")

    return make
