"""A node with its HTTP gateway for the tests of a file that asks for it.

It ends with the file: its threads draw random pauses, which property tests take for their own.
"""

import shutil
from collections.abc import Iterator

import pytest

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
