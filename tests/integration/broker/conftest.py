"""Two private brokers, Türkiye's and Georgia's, shared by all tests that need real ones.

Azerbaijan is a partner of both whose broker never comes up: a partner without a link.
"""

import logging
import time
from collections.abc import Iterator

import pytest

from corridor.lab.broker_layout import lay_out
from corridor.lab.brokers import stop_together, wait_ready
from corridor.lab.ports import PortLease
from testkit.networks import AZ, GE, TR, Brokers, MemoryNetwork, PikaNetwork

BOOT_S = 150


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give a test the time in which brokers boot on a busy machine."""
    for item in items:
        if item.get_closest_marker("broker") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(300))


@pytest.fixture(scope="session", autouse=True)
def quiet() -> None:
    """Keep pika's own account of each lost connection out of a failure's report."""
    logging.getLogger("pika").setLevel(logging.CRITICAL)


@pytest.fixture(scope="session")
def brokers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Brokers]:
    folder = tmp_path_factory.mktemp("brokers")
    partners = {TR: (GE, AZ), GE: (TR, AZ), AZ: (TR, GE)}
    with PortLease() as lease:
        made = lay_out(folder, partners, lease, time.time_ns() // 1_000_000)
        pair = Brokers(made[TR], made[GE])
        try:
            pair.tr.start()
            pair.ge.start()
            wait_ready([pair.tr, pair.ge], BOOT_S)
            pair.wait_links()
            yield pair
        finally:
            stop_together([pair.tr, pair.ge])


@pytest.fixture(params=["memory", pytest.param("pika", marks=pytest.mark.broker)])
def network(request: pytest.FixtureRequest) -> Iterator[MemoryNetwork]:
    if request.param == "memory":
        made = MemoryNetwork()
    else:
        made = PikaNetwork(request.getfixturevalue("brokers"))
    yield made
    made.close()


@pytest.fixture
def pika_network(brokers: Brokers) -> Iterator[PikaNetwork]:
    made = PikaNetwork(brokers)
    yield made
    made.close()
