"""A node is broken in ten ways: the doctor's first failing line is the cause, and its cure works.

One lab for all: each way is mended by its own cure before the next one.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from broken_lab import BrokenLab, broken_lab, first_failing, until
from ten_ways import WAYS, Way, mended, table

from corridor.cli import doctor_links

pytestmark = [pytest.mark.broker, pytest.mark.timeout(300)]
PAGE = Path(__file__).resolve().parents[3] / "docs" / "manual" / "doctor.md"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrokenLab]:
    with broken_lab(tmp_path_factory.mktemp("broken")) as made:
        yield made


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_links, "STALE_S", 1.0)


def green(lab: BrokenLab, timeout_s: float = 90) -> None:
    """Wait until the doctor finds nothing; what it found last is shown where it does not."""
    last: list[object] = []

    def well() -> bool:
        last[:] = [one for one in lab.doctor()["checks"] if one["status"] == "fail"]
        return not last

    assert until(well, timeout_s), json.dumps(last, indent=1)


def test_a_node_that_is_well_has_no_failing_line(lab: BrokenLab) -> None:
    green(lab)


@pytest.mark.parametrize("way", WAYS, ids=[way.name for way in WAYS])
def test_the_first_failing_line_names_the_cause_and_its_cure_works(
    lab: BrokenLab, way: Way
) -> None:
    if way.small_disk and not lab.small_disk:
        pytest.skip("this user may not mount a small disk")
    breaking = way.breaks(lab)
    next(breaking)
    seen: list[dict[str, object]] = []

    def named() -> bool:
        first = first_failing(lab.doctor())
        if first is not None:
            seen.append(first)
        return first is not None and way.named(first["what"], first["cure"])

    try:
        assert until(named, 30), seen
        # nothing else was named before the cause: a wrong first line sends people elsewhere
        assert {one["check"] for one in seen} == {way.check}, seen
    finally:
        with pytest.raises(StopIteration):
            next(breaking)
    mended(lab)
    green(lab)


def test_the_manual_shows_these_ways() -> None:
    assert table() in PAGE.read_text(encoding="utf-8"), "see ten_ways.py: it prints the table"
