"""Links are broken by hand: the node finds each, mends what it may, and nothing is lost.

Georgia's node looks and sends canaries twice a second here; the others do as they always do.
"""

import json
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from builders_lab import GE, TR, Lab, until
from corridor.exchange.addresses import OPERATOR_USER, federation_queue
from corridor.lab.broker_layout import password
from corridor.lab.nodes import wait_nodes
from corridor.transport.management import Login, call

pytestmark = [pytest.mark.broker, pytest.mark.timeout(300)]

QUICK = "[watch]\nlook_every_s = 0.5\ncanary_every_s = 0.5\ncanary_late_s = 3\n"


@pytest.fixture(scope="module", autouse=True)
def _quick(lab: Lab) -> Iterator[None]:
    node, config = lab.network.nodes[GE], lab.config(GE)
    before = config.read_text()
    config.write_text(before.replace("[watch]\n", QUICK))
    _again(lab)
    yield
    config.write_text(before)
    assert node.stop()
    node.start()
    wait_nodes([node], 60)


def _again(lab: Lab) -> None:
    node = lab.network.nodes[GE]
    assert node.stop()
    node.start()
    wait_nodes([node], 60)
    assert until(lambda: _runs(lab, "TR") and not _found(lab), 60), _found(lab)


def _runs(lab: Lab, partner: str) -> bool:
    links = lab.network.links(GE)
    return any(one.upstream == partner and one.status == "running" for one in links)


def _found(lab: Lab) -> list[str]:
    with lab.client(GE) as node:
        return [one["trouble"] for one in node.status()["watch"]["findings"]]


def _logged(path: Path, event: str, **fields: str) -> Callable[[], bool]:
    """Whether something is logged from now on."""
    begun = path.stat().st_size

    def seen() -> bool:
        text = path.read_text()[begun:]
        lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
        return any(
            one.get("event") == event and all(one.get(k) == v for k, v in fields.items())
            for one in lines
        )

    return seen


@pytest.mark.parametrize(
    ("taken", "repair"),
    [
        (("clear_parameter", "-p", "corridor", "federation-upstream", "TR"), "put_parameter"),
        (("clear_policy", "-p", "corridor", "fed-TR"), "put_policy"),
        (("clear_policy", "-p", "corridor", "inbox"), "put_policy"),
    ],
    ids=["upstream", "policy", "policy of the broker"],
)
def test_what_is_taken_from_the_broker_by_hand_is_put_back(
    lab: Lab, taken: tuple[str, ...], repair: str
) -> None:
    mended = _logged(lab.network.nodes[GE].plan.log, "link.repaired", state=repair)
    lab.network.brokers[GE].ctl(*taken)
    assert until(mended, 30)
    assert until(lambda: _runs(lab, "TR") and not _found(lab), 30), _found(lab)
    assert lab.proof(lab.play(lab.plan(71, 1, ("TR", "GE"))).accepted).holds


def test_a_link_that_says_it_runs_and_brings_nothing_is_found_by_canary(lab: Lab) -> None:
    mended = _logged(lab.network.nodes[GE].plan.log, "link.repaired", state="restart",
                     cause="silent")  # fmt: skip
    queue = federation_queue(TR, GE)
    for name in (f"{queue} A", f"{queue} B"):
        exchange = f'rabbit_misc:r(<<"corridor">>,exchange,<<"{name}">>)'
        lab.network.brokers[TR].ctl("eval", f'rabbit_exchange:delete({exchange},false,<<"test">>).')
    assert _runs(lab, "TR")
    played = lab.play(lab.plan(72, 1, ("TR", "GE")))
    assert until(mended, 40)
    assert lab.proof(played.accepted).holds
    assert until(lambda: not _found(lab), 30), _found(lab)


def test_links_are_stopped_under_an_alarm_and_started_after_it_by_a_node_that_died(
    lab: Lab,
) -> None:
    broker, node = lab.network.brokers[GE], lab.network.nodes[GE]
    broker.ctl("set_disk_free_limit", "900GB")
    try:
        assert until(lambda: not lab.network.links(GE), 30)
        assert {"alarm", "stopped"} <= set(_found(lab))
        with lab.client(GE) as client:
            assert any("short of disk" in one for one in client.status()["attention"])
        played = lab.play(lab.plan(73, 1, ("TR", "GE")))
        node.kill()
    finally:
        broker.ctl("set_disk_free_limit", "200MB")
    assert not lab.network.links(GE)
    node.start()
    wait_nodes([node], 60)
    assert until(lambda: _runs(lab, "TR") and _runs(lab, "AZ") and not _found(lab), 40)
    assert lab.proof(played.accepted).holds


def test_a_link_that_comes_and_goes_is_named(lab: Lab) -> None:
    plan = lab.network.brokers[GE].plan
    login = Login(OPERATOR_USER, password(plan, OPERATOR_USER))
    named = _logged(lab.network.nodes[GE].plan.log, "link.troubled", state="flapping")

    def shake() -> bool:
        _, body = call(plan.management_url, login, "GET", "/api/federation-links/corridor")
        for link in json.loads(body):
            if link["upstream"] == "TR" and link["status"] == "running":
                where = f"/api/federation-links/vhost/corridor/{link['id']}/{link['node']}/restart"
                call(plan.management_url, login, "DELETE", where)
                time.sleep(1.2)  # its times are whole seconds
        return named()

    assert until(shake, 60)


def test_metrics_tell_of_links_canaries_and_repairs(lab: Lab) -> None:
    def samples() -> dict[str, str]:
        port = lab.network.nodes[GE].plan.metrics_port
        connection = HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        connection.close()
        return dict(line.rsplit(" ", 1) for line in text.splitlines() if line[0] != "#")

    def came_back(peer: str) -> bool:
        last = f'corridor_canary_last_round_trip_seconds{{peer="{peer}"}}'
        return float(samples()[last]) > 0

    for peer in ("TR.GTB", "AZ.SCC"):
        assert until(lambda one=peer: came_back(one), 30)  # type: ignore[misc]
        assert float(samples()[f'corridor_federation_link_up{{peer="{peer}"}}']) == 1
    assert float(samples()["corridor_canary_round_trip_seconds_count"]) >= 2
    assert float(samples()["corridor_links_watched"]) == 1
