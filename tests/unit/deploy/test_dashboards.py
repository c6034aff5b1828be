"""The dashboards are those of the table, and keep the rules of good ones."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from testkit.metrics import every_metric
from testkit.watching import expressions, metrics_in, panels

FOLDER = Path(__file__).resolve().parents[3] / "deploy" / "grafana"
BOARDS = panels().DASHBOARDS


def test_files_and_page_are_those_of_the_table() -> None:
    run = subprocess.run(
        [sys.executable, str(FOLDER / "write_dashboards.py"), "--check"],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.uid)
def test_a_first_screen_is_not_crowded(board: object) -> None:
    kinds = Counter(one.kind == "stat" for one in board.panels if not one.folded)
    assert kinds[True] <= 5
    assert kinds[False] <= 5


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.uid)
def test_every_panel_has_a_meaning_a_unit_and_no_bare_counter(board: object) -> None:
    titles = [one.title for one in board.panels]
    assert len(set(titles)) == len(titles)
    for panel in board.panels:
        assert panel.meaning.endswith("."), panel.title
        assert panel.unit
        for query in panel.queries:
            for name in metrics_in(query.expression):
                counted = name.endswith(("_total", "_bucket", "_count"))
                assert not counted or f"({name}" in query.expression, query.expression
                assert not counted or "rate(" in query.expression or "increase(" in query.expression


def test_panels_do_not_lie_over_each_other() -> None:
    for board in BOARDS:
        drawn = json.loads((FOLDER / f"{board.uid}.json").read_text())
        cells: Counter[tuple[int, int]] = Counter()
        for panel in drawn["panels"]:
            place = panel["gridPos"]
            assert place["x"] + place["w"] <= 24
            cells.update(
                (x, y)
                for x in range(place["x"], place["x"] + place["w"])
                for y in range(place["y"], place["y"] + place["h"])
            )
        assert max(cells.values()) == 1
        assert not drawn["editable"]


def test_only_metrics_that_a_node_or_a_broker_has_are_asked_for() -> None:
    metrics = every_metric()
    known = {family.name for family in metrics.registry.collect()} | {"corridor_build_info"}
    for expression in expressions():
        for name in metrics_in(expression):
            if name.startswith("corridor_"):
                base = name.removesuffix("_total").removesuffix("_bucket")
                assert base in known, name
