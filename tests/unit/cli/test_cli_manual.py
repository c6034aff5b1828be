"""The manual names all checks of the doctor and all metrics of a node, as they are called."""

import re
from pathlib import Path

from corridor.cli.doctor import _CHECKS
from testkit.metrics import every_metric

MANUAL = Path(__file__).resolve().parents[3] / "docs" / "manual"


def rows(page: str) -> list[list[str]]:
    """The rows of a page's tables."""
    lines = (MANUAL / page).read_text().splitlines()
    return [line.strip("| ").split(" | ") for line in lines if line.startswith("| ")]


def test_the_page_of_the_doctor_has_every_check_in_its_order() -> None:
    named = [re.fullmatch(r"`(\w+)`", row[0]) for row in rows("doctor.md")]
    assert [one[1] for one in named if one is not None] == list(_CHECKS)


def test_the_page_of_hardening_names_checks_that_there_are() -> None:
    told = [row[1] for row in rows("hardening.md") if len(row) > 1]
    named = {
        name
        for cell in told
        for part in cell.split(";")
        if part.strip().startswith("doctor:")
        for name in re.findall(r"`(\w+)`", part)
    }
    assert len(named) > 5
    assert named <= set(_CHECKS)


def test_every_metric_of_a_node_stands_in_the_table() -> None:
    table = " ".join(str(row) for row in rows("operate.md") if row[0].startswith("`corridor_"))
    named = set(re.findall(r"`(corridor_\w+)`", table))
    there = {
        family.name + {"counter": "_total", "info": "_info"}.get(family.type, "")
        for family in every_metric().registry.collect()
        if family.name.startswith("corridor_")
    }
    assert sorted(there - named) == []
    assert sorted(named - there) == []
