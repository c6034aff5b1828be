"""A real Prometheus looks at the lab: every panel has data, every rule is sound, alerts arrive."""

import json
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator

import pytest

from builders_lab import GE, Lab, until
from corridor.lab.nodes import wait_nodes
from corridor.lab.watching import PROGRAMS, RULES, Watchers
from testkit.watching import DEPLOY, as_asked, panels

pytestmark = [pytest.mark.broker, pytest.mark.timeout(300)]
DIVIDE = 60


def tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"no {name} on this machine; `make test` fetches it")
    return found


@pytest.fixture(scope="module")
def watch(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watchers]:
    """Prometheus and Alertmanager, with every time of the rules shortened."""
    for program in PROGRAMS:
        tool(program)
    folder = tmp_path_factory.mktemp("watch")
    subprocess.run(
        ["python3", DEPLOY / "prometheus" / "write_rules.py", "--to", folder,
         "--divide", str(DIVIDE)],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    with Watchers(lab.network, folder / "run", folder / RULES, scrape_s=1) as watchers:
        yield watchers


def test_every_panel_shows_something_of_a_lab_with_traffic(lab: Lab, watch: Watchers) -> None:
    assert until(lambda: len(watch.ask("up == 1")) == 6, 30)
    played = lab.play(lab.plan(51, 6))
    assert lab.proof(played.accepted).holds
    wanted = {
        (board.title, panel.title, query.expression)
        for board in panels().DASHBOARDS
        for panel in board.panels
        for query in panel.queries
        if not panel.may_be_empty
    }

    def answered() -> bool:
        wanted.difference_update({one for one in wanted if watch.ask(as_asked(one[2]))})
        return not wanted

    assert until(answered, 30), wanted
    for board in panels().DASHBOARDS:  # what may be empty is at least understood
        for panel in board.panels:
            for query in panel.queries:
                watch.ask(as_asked(query.expression))


def test_prometheus_keeps_which_envelope_took_how_long(lab: Lab, watch: Watchers) -> None:
    played = lab.play(lab.plan(52, 2))
    assert lab.proof(played.accepted).holds
    asked = "query=corridor_end_to_end_latency_seconds_bucket"
    span = f"start={time.time() - 300:.0f}&end={time.time() + 60:.0f}"
    url = f"{watch.at.prometheus}/api/v1/query_exemplars?{asked}&{span}"

    def kept() -> bool:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - loopback
            found = json.load(answer)["data"]
        return any(
            len(one["labels"]["envelope"]) == 64 for row in found for one in row["exemplars"]
        )

    assert until(kept, 30)


def test_promtool_finds_no_fault_with_the_page_of_a_real_node(lab: Lab) -> None:
    for node in lab.network.nodes.values():
        with urllib.request.urlopen(node.plan.metrics_url, timeout=10) as answer:  # noqa: S310
            page = answer.read()
        run = subprocess.run(
            [tool("promtool"), "check", "metrics"], input=page, capture_output=True, check=False,
            timeout=60,
        )  # fmt: skip
        assert (run.returncode, run.stdout, run.stderr) == (0, b"", b"")


def test_a_node_that_is_killed_is_paged_and_its_other_alerts_are_held_back(
    lab: Lab, watch: Watchers
) -> None:
    def fires(name: str, country: str) -> bool:
        return any(
            one["alertname"] == name and one.get("country") == country for one in watch.firing()
        )

    node = lab.network.nodes[GE]
    node.kill()
    try:
        assert until(lambda: fires("CorridorNodeDown", "GE"), 30)
        assert not fires("CorridorNodeDown", "TR")
        url = f"{watch.at.alertmanager}/api/v2/alerts?receiver=duty"

        def arrived() -> bool:
            with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - loopback
                alerts = json.load(answer)
            return any(one["labels"]["alertname"] == "CorridorNodeDown" for one in alerts)

        assert until(arrived, 30)
    finally:
        node.start()
        wait_nodes([node], 60)
    assert until(lambda: not fires("CorridorNodeDown", "GE"), 30)
