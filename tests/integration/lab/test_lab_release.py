"""A node of the kept release and one of today exchange; then the older one is upgraded."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import corridor
from builders_lab import GE, TR, Lab, until
from builders_release import RELEASES
from corridor.lab.guard import Guarded
from corridor.lab.network import Network
from corridor.lab.nodes import NodeProcess, wait_nodes
from corridor.lab.scenario import load_scenario
from corridor.lab.tap import Tap

pytestmark = [pytest.mark.broker, pytest.mark.timeout(300)]

TREE = Path(__file__).resolve().parents[3]
RELEASE = "0.1.0"
OLD_AND_NEW = "\n[exchange]\nurgent_repeat_after_s = 3\nrepeat_after_s = 4\n"
"""What a node of either version understands."""


def git(*arguments: str) -> bytes:
    run = subprocess.run(
        ["git", *arguments], cwd=TREE, capture_output=True, check=False, timeout=60
    )
    if run.returncode:
        pytest.skip("not a git checkout, or one without its history")
    return run.stdout


@pytest.fixture(scope="module")
def old_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package as it was when the release was kept, with its own generated code."""
    kept = RELEASES / RELEASE / "store.db"
    commit = git("log", "-1", "--format=%H", "--", str(kept)).decode().strip()
    tree = tmp_path_factory.mktemp("release")
    archive = git("archive", commit, "node", "proto")
    unpack = ["tar", "--extract", "--directory", str(tree)]
    subprocess.run(unpack, input=archive, check=True, timeout=60)
    if (tree / "node" / "corridor" / "wire" / "handover.py").exists():
        pytest.skip(f"the history does not hold {RELEASE} as it was")
    generate = [sys.executable, "proto/generate.py"]
    subprocess.run(generate, cwd=tree, check=True, capture_output=True, timeout=120)
    return tree


class OldNode(NodeProcess):
    """A node of the release, in today's environment but for the package itself."""

    def __init__(self, node: NodeProcess, tree: Path) -> None:
        super().__init__(node.plan)
        self._tree = tree

    def start(self) -> None:
        command = [sys.executable, "-m", "corridor", "run", "--config", str(self.plan.config)]
        env = {**os.environ, "PYTHONPATH": str(self._tree / "node")}
        env.pop("COVERAGE_PROCESS_START", None)  # what is measured is today's package
        self._process = Guarded(command, env=env, log=self.plan.log)


def forget_news(config: Path) -> None:
    """Take out of a configuration what the release does not know."""
    lines = [one for one in config.read_text().splitlines() if not one.startswith("heartbeat_s")]
    start = lines.index("[watch]")
    end = next((n for n in range(start + 1, len(lines)) if lines[n].startswith("[")), len(lines))
    config.write_text("\n".join([*lines[:start], *lines[end:]]) + "\n")


@pytest.fixture(scope="module")
def mixed(old_tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Türkiye runs today's node, Georgia that of the release."""
    folder = tmp_path_factory.mktemp("mixed") / "network"
    scenario = replace(load_scenario(str(TREE / "tests" / "bench" / "tr-ge.toml")), files=False)
    with Network(scenario, folder) as network:
        network.lay_out()
        for node in network.nodes.values():
            with node.plan.config.open("a") as config:
                config.write(OLD_AND_NEW)
        forget_news(network.nodes[GE].plan.config)
        network.nodes[GE] = OldNode(network.nodes[GE], old_tree)
        network.start_brokers()
        network.start_nodes()
        yield Lab(network, Tap(network.brokers[GE]))


def versions(lab: Lab) -> dict[str, str]:
    found = {}
    for code in (TR, GE):
        with lab.client(code) as node:
            found[code] = node.status()["version"]
    return found


def knows_days(lab: Lab) -> bool:
    with lab.client(TR) as node:
        days = node.days("GE")["days"]
    return any(one["state"] == "agreed" for one in days)


def test_the_release_and_today_exchange_and_the_older_one_is_upgraded(mixed: Lab) -> None:
    with mixed.client(GE) as node:
        assert "reconcile" not in node.status()  # it is the older one indeed
    first = mixed.play(mixed.plan(51, 5))
    proof = mixed.proof(first.accepted)
    assert proof.holds, proof
    with mixed.client(TR) as node:
        node.count_days("GE")
        assert not any(one["state"] == "different" for one in node.days("GE")["days"])
        assert all(one["told_ms"] is None for one in node.days("GE")["days"])  # it is not told

    old = mixed.network.nodes[GE]
    assert old.stop()
    mixed.network.nodes[GE] = NodeProcess(old.plan)
    mixed.network.nodes[GE].start()
    wait_nodes([mixed.network.nodes[GE]], 90)

    assert versions(mixed)[GE] == corridor.__version__
    last = mixed.play(mixed.plan(52, 5))
    proof = mixed.proof([*first.accepted, *last.accepted])
    assert proof.holds, proof
    assert old.plan.store.with_name("store.db.schema-1.backup").exists()
    with mixed.client(TR) as node:
        node.count_days("GE")
    assert until(lambda: knows_days(mixed), 30)
