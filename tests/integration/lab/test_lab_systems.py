"""National systems that know files, posts or HTTP only exchange whole movements."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from builders_lab import AZ, GE, TR, Lab, until
from corridor.lab.network import Network
from corridor.lab.scenario import load_scenario
from corridor.lab.systems.spool import outcome_of
from corridor.lab.tap import Tap

pytestmark = [pytest.mark.broker, pytest.mark.timeout(300)]

THREE = """
name = "systems"
title = "Files, posts and questions"
route = ["TR", "GE", "AZ"]
[[country]]
code = "TR"
member = "TR.GTB"
administration = "It knows files only"
national_system = "spool"
[[country]]
code = "GE"
member = "GE.RS"
administration = "It is told by posts"
national_system = "webhook"
[[country]]
code = "AZ"
member = "AZ.SCC"
administration = "It asks over HTTP"
national_system = "http"
[[agreement]]
between = ["TR", "GE"]
[[agreement]]
between = ["GE", "AZ"]
[[agreement]]
between = ["TR", "AZ"]
"""


@pytest.fixture(scope="module")
def systems(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("systems")
    (folder / "three.toml").write_text(THREE)
    with Network(load_scenario(str(folder / "three.toml")), folder / "network") as network:
        network.up()
        yield Lab(network, Tap(network.brokers[AZ]))


def test_files_posts_and_questions_exchange_whole_movements(systems: Lab) -> None:
    played = systems.play(systems.plan(71, 3))
    assert not played.refused
    assert {one.sender for one in played.accepted} == {"TR.GTB", "GE.RS", "AZ.SCC"}
    proof = systems.proof(played.accepted)
    assert proof.holds, proof
    assert proof.handed == proof.receipted == len(played.accepted) > 20
    spool = systems.network.nodes[TR].plan.spool
    ours = [one for one in played.accepted if one.sender == "TR.GTB"]

    def told() -> bool:
        said = [outcome_of(spool, one.recipient[:2], one.record_id) for one in ours]
        return all(one is not None and one["verdict"] == "accepted" for one in said)

    assert until(told, 20)
    assert until(lambda: not list(spool.glob("in/*/*")), 10)


def test_a_spool_node_and_a_webhook_node_killed_amid_traffic_lose_nothing(systems: Lab) -> None:
    network = systems.network
    begun = systems.play(systems.plan(72, 2))
    for code in (TR, GE):
        network.nodes[code].kill()
    for code in (TR, GE):
        network.nodes[code].start()
    assert until(lambda: all(network.nodes[code].ready() for code in (TR, GE)), 40)
    more = systems.play(systems.plan(73, 1))
    proof = systems.proof([*begun.accepted, *more.accepted], 90)
    assert proof.holds, proof
    done = Path(network.nodes[TR].plan.spool / "done")

    def answered(ending: str) -> int:
        return len(list(done.glob(f"*/*.{ending}.json")))

    # A node killed between a result and the outcome goes on with it at its next start.
    assert until(lambda: answered("result") == answered("outcome") > 0, 20)
