"""A node's clock is wrong by minutes and by days while it runs: named, and nothing lost.

Last of the lab: for an hour afterwards the node says that its clock was ahead once.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from builders_lab import GE, Lab, until
from corridor.daemon.clock import LAB_OFFSET
from corridor.lab.nodes import wait_nodes

pytestmark = [pytest.mark.broker, pytest.mark.timeout(300)]

DAY_S = 86_400


@pytest.fixture
def offset(lab: Lab, tmp_path: Path) -> Iterator[Path]:
    """The file that says how wrong the clock of Georgia's node is."""
    node, said = lab.network.nodes[GE], tmp_path / "offset"
    said.write_text("0")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(LAB_OFFSET, str(said))
        assert node.stop()
        node.start()
        wait_nodes([node], 60)
        yield said
    assert node.stop()
    node.start()
    wait_nodes([node], 60)


def named(lab: Lab) -> set[str]:
    with lab.client(GE) as node:
        return {one["trouble"] for one in node.status()["watch"]["clock"]}


def test_a_clock_wrong_by_minutes_and_days_is_named_and_loses_and_doubles_nothing(
    lab: Lab, offset: Path
) -> None:
    node, played = lab.network.nodes[GE], []
    log = node.plan.log
    assert until(lambda: not named(lab), 30)
    ways = (("GE", "TR"), ("TR", "GE"))
    for number, off_s in enumerate((600, -600, 3 * DAY_S, -3 * DAY_S, 0)):
        begun = log.stat().st_size
        offset.write_text(str(off_s))
        assert until(lambda at=begun: "clock.jumped" in log.read_text()[at:], 20)  # type: ignore[misc]
        if off_s:  # put right, it is behind what it wrote down while it was ahead
            assert "jumped" in named(lab)
            assert ("behind_own" in named(lab)) is (off_s < 0)
        played += lab.play(lab.plan(81 + number, 1, *ways)).accepted
        if off_s == 3 * DAY_S:
            node.kill()
            node.start()
            wait_nodes([node], 60)
    assert len(played) > 10
    proof = lab.proof(played, timeout_s=120)
    assert proof.holds, proof
