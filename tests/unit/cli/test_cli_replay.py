"""`corridor replay` refuses production, and what it cannot read, by name."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from corridor.cli.replay import command
from corridor.cli.replay_capture import parse_map, parse_shift
from corridor.errors import InputTrouble, ProductionRefused
from corridor.lab.capture import MARKER, Captured, CaptureWriter, Session
from corridor.lab.capture_info import read_info
from corridor.lab.capture_play import Choice, Replay
from corridor.lab.capture_record import refuse_production
from corridor.lab.rewrite import Rewriting

DAY_MS = 86_400_000


def capture(path: Path, environment: str) -> Path:
    session = Session("ab" * 16, environment, "corridor.wire.v1", DAY_MS, ("GE.RS",), False)
    with CaptureWriter(path) as writer:
        writer.begin(session)
        writer.write([Captured(1, DAY_MS, bytes(16), 9, "TR.GTB", "GE.RS", b"")])
    return path


@pytest.mark.parametrize("environment", ["production", "", None, "Production"])
def test_a_node_that_is_not_for_tests_is_refused(environment: str | None) -> None:
    with pytest.raises(ProductionRefused, match="test and lab networks only") as refused:
        refuse_production({"endpoint": "GE.RS", "environment": environment})
    assert refused.value.cure
    for allowed in ("test", "lab"):
        refuse_production({"endpoint": "GE.RS", "environment": allowed})


def test_a_capture_of_production_is_not_played(tmp_path: Path) -> None:
    path = capture(tmp_path / "stolen.tcap", "production")
    replay = Replay(path, {}, Rewriting(b"k" * 32, 0), Choice())
    with pytest.raises(ProductionRefused):
        replay.check(read_info(path))


def test_a_capture_that_does_not_say_where_it_is_from_is_not_played(tmp_path: Path) -> None:
    path = capture(tmp_path / "headless.tcap", "lab")
    path.write_bytes(path.read_bytes()[path.read_bytes().rindex(MARKER) :])
    replay = Replay(path, {}, Rewriting(b"k" * 32, 0), Choice())
    with pytest.raises(ProductionRefused, match="does not say where"):
        replay.check(read_info(path))


def test_info_of_a_damaged_capture_ends_with_seven(tmp_path: Path) -> None:
    path = capture(tmp_path / "day.tcap", "lab")
    content = bytearray(path.read_bytes())
    content[30] ^= 1
    path.write_bytes(content)
    shown = CliRunner().invoke(command, ["info", str(path)])
    assert shown.exit_code == 7
    assert "corrupt: " in shown.output
    assert "DAMAGED in 1 places" in shown.output


def test_info_of_a_torn_capture_says_so_and_ends_well(tmp_path: Path) -> None:
    path = capture(tmp_path / "day.tcap", "lab")
    path.write_bytes(path.read_bytes()[:-3])
    shown = CliRunner().invoke(command, ["info", str(path)])
    assert shown.exit_code == 0
    assert "was being written" in shown.output


def test_options_for_captures_are_refused_for_a_plan(tmp_path: Path) -> None:
    plan = tmp_path / "plan.jsonl"
    plan.write_text("{}\n")
    shown = CliRunner().invoke(command, ["play", str(plan), "--speed", "2"])
    assert shown.exit_code != 0
    assert isinstance(shown.exception, InputTrouble)
    assert "is a plan" in str(shown.exception)


def test_shifts_are_whole_days() -> None:
    assert parse_shift("now", 3 * DAY_MS + 5, 10 * DAY_MS + 1) == 7
    assert parse_shift("now", 0, 10 * DAY_MS) == 0
    assert parse_shift("keep", DAY_MS, 9 * DAY_MS) == 0
    assert parse_shift("+3d", 0, 0) == 3
    assert parse_shift("-30d", 0, 0) == -30
    for text in ("", "3d", "+d", "+3h", "+-3d", "+99999d", "+٣d"):
        with pytest.raises(InputTrouble, match="is no shift"):
            parse_shift(text, 0, 0)


def test_maps_are_pairs_of_countries() -> None:
    assert parse_map("GE=TR, MA=DZ,") == {"GE": "TR", "MA": "DZ"}
    assert parse_map("") == {}
    with pytest.raises(InputTrouble, match="no pair"):
        parse_map("GE")
