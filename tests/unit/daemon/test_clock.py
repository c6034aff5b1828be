"""A laboratory may make a node's clock wrong; nobody else can."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from corridor.daemon import clock
from corridor.errors import ConfigurationError

_SLACK_MS = 5_000


@pytest.fixture(autouse=True)
def _right_again() -> Iterator[None]:
    yield
    clock.set_lab_clock("production", {})


def _off_ms() -> int:
    return clock.unix_ms() - time.time_ns() // 1_000_000


@pytest.mark.parametrize(("given", "expected_ms"), [("600", 600_000), ("-259200.5", -259_200_500)])
def test_a_laboratory_clock_is_off_by_what_was_said(given: str, expected_ms: int) -> None:
    assert clock.set_lab_clock("lab", {clock.LAB_OFFSET: given}) == expected_ms
    assert abs(_off_ms() - expected_ms) < _SLACK_MS


@pytest.mark.parametrize("environment", ["production", "test"])
def test_outside_a_laboratory_nothing_moves_the_clock(environment: str) -> None:
    assert clock.set_lab_clock(environment, {clock.LAB_OFFSET: "600"}) == 0
    assert abs(_off_ms()) < _SLACK_MS


def test_the_clock_jumps_when_its_file_says_another_offset(tmp_path: Path) -> None:
    said = tmp_path / "offset"
    said.write_text("0")
    clock.set_lab_clock("lab", {clock.LAB_OFFSET: str(said)})
    assert abs(_off_ms()) < _SLACK_MS
    said.write_text("-600")
    deadline = time.monotonic() + 5
    while abs(_off_ms() + 600_000) > _SLACK_MS and time.monotonic() < deadline:
        time.sleep(0.01)
    assert abs(_off_ms() + 600_000) < _SLACK_MS
    said.write_text("half wri")
    time.sleep(0.15)
    assert abs(_off_ms() + 600_000) < _SLACK_MS


@pytest.mark.parametrize("given", ["soon", "nan", "inf", "1e12", "/nowhere/at/all"])
def test_what_is_no_offset_is_refused(given: str) -> None:
    with pytest.raises(ConfigurationError, match=clock.LAB_OFFSET):
        clock.set_lab_clock("lab", {clock.LAB_OFFSET: given})
