"""Captures: whole, torn, damaged, huge, locked; nothing sound is ever lost from one."""

import os
import resource
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corridor.errors import InputTrouble
from corridor.lab.capture import (
    MARKER,
    Captured,
    CaptureWriter,
    Damage,
    Session,
    is_capture,
    read_capture,
    record_block,
    session_block,
)
from corridor.lab.capture_info import read_info

SESSION = Session("ab" * 16, "lab", "corridor.wire.v1", 1_795_680_000_000, ("GE.RS",), False)


def captured(cursor: int, body: bytes = b"\x01\x02\x03") -> Captured:
    record_id = bytes.fromhex("019b4d8f2a007000800000000000") + cursor.to_bytes(2, "big")
    return Captured(
        cursor, 1_766_500_000_000 + cursor * 1000, record_id, 9, "TR.GTB", "GE.RS", body
    )


def written(path: Path, count: int = 5) -> list[Captured]:
    records = [captured(number, bytes([number]) * 40) for number in range(1, count + 1)]
    with CaptureWriter(path) as writer:
        writer.begin(SESSION)
        writer.write(records)
    return records


def records_of(path: Path) -> list[Captured]:
    return [one for one in read_capture(path) if isinstance(one, Captured)]


def damages_of(path: Path) -> list[Damage]:
    return [one for one in read_capture(path) if isinstance(one, Damage)]


def test_what_was_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "day.tcap"
    records = written(path)
    assert list(read_capture(path)) == [SESSION, *records]
    assert is_capture(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_format_is_the_one_of_the_manual() -> None:
    block = record_block(captured(7)._replace(received_ms=0x019B4D8F2A00))
    assert block[:8] == MARKER
    assert block[8:14].hex() == f"0200{len(block) - 22:08x}"
    assert block[14:-8].hex() == (
        "00000000000000070000019b4d8f2a00019b4d8f2a00700080000000000000070009"
        "0654522e4754420547452e5253010203"
    )  # fmt: skip
    assert block[-8:].hex() == "0fd770147d21260e"
    assert session_block(SESSION)[14:].startswith(b'{"format": 1, "network": "abab')


def test_the_block_in_the_manual_is_the_one_that_is_written() -> None:
    manual = Path(__file__).resolve().parents[3] / "docs" / "manual" / "replay.md"
    shown = manual.read_text().rsplit("```\n", 2)[1]
    block = record_block(captured(7)._replace(received_ms=0x019B4D8F2A00))
    assert bytes.fromhex(shown) == block


def test_an_empty_file_is_an_empty_capture(tmp_path: Path) -> None:
    path = tmp_path / "empty.tcap"
    path.touch()
    assert list(read_capture(path)) == []
    assert written(path)
    assert len(records_of(path)) == 5


def test_a_torn_tail_loses_that_block_only_and_recording_goes_on_behind_it(tmp_path: Path) -> None:
    whole = tmp_path / "whole.tcap"
    records = written(whole)
    content = whole.read_bytes()
    last = len(record_block(records[-1]))
    path = tmp_path / "torn.tcap"
    for cut in range(1, last):
        path.write_bytes(content[:-cut])
        assert records_of(path) == records[:-1]
        (damage,) = damages_of(path)
        assert damage == Damage(len(content) - last, last - cut, "truncated")
        assert read_info(path).sound
        with CaptureWriter(path) as writer:
            assert writer.before.cursors == {"GE.RS": 4}
            writer.begin(SESSION)
            writer.write(records[-1:])
        assert records_of(path) == records


def test_every_single_damaged_byte_costs_at_most_its_own_block(tmp_path: Path) -> None:
    whole = tmp_path / "whole.tcap"
    records = written(whole, 3)
    content = whole.read_bytes()
    path = tmp_path / "damaged.tcap"
    for place in range(len(content)):
        damaged = bytearray(content)
        damaged[place] ^= 0x41
        path.write_bytes(damaged)
        left = records_of(path)
        assert len(left) >= 2, place
        assert set(left) <= set(records), place
        assert sum(one.length for one in damages_of(path)) > 0, place


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400), st.integers(0, 300))
def test_whatever_stands_between_blocks_is_passed_over(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes, place: int
) -> None:
    path = tmp_path_factory.mktemp("noise") / "noise.tcap"
    first, second = record_block(captured(1)), record_block(captured(2, b"x" * 300))
    path.write_bytes(session_block(SESSION) + first + noise + second + noise[:place])
    assert captured(1) in records_of(path)
    assert captured(2, b"x" * 300) in records_of(path)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=600))
def test_hostile_bytes_are_read_to_their_end(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("hostile") / "hostile.tcap"
    path.write_bytes(MARKER + content)
    read = list(read_capture(path))
    assert all(not isinstance(one, Captured) for one in read)
    assert sum(one.length for one in read if isinstance(one, Damage)) == len(content) + 8


def test_a_block_that_checks_and_says_nonsense_is_damage(tmp_path: Path) -> None:
    from corridor.lab import capture  # noqa: PLC0415 - its inner door

    path = tmp_path / "nonsense.tcap"
    short = capture._block(capture.RECORD, b"short")
    names = capture._block(capture.RECORD, bytes(34) + b"\xff" + b"G")
    session = capture._block(capture.SESSION, b"[" * 50_000)
    other = capture._block(capture.SESSION, b'{"format": 1}')
    path.write_bytes(short + names + session + other + record_block(captured(1)))
    assert records_of(path) == [captured(1)]
    assert read_info(path).sound is False


def test_a_newer_format_is_refused_by_name(tmp_path: Path) -> None:
    from corridor.lab import capture  # noqa: PLC0415 - its inner door

    path = tmp_path / "newer.tcap"
    path.write_bytes(capture._block(capture.SESSION, b'{"format": 2}'))
    with pytest.raises(InputTrouble, match="has format 2"):
        read_info(path)


def test_two_writers_exclude_each_other(tmp_path: Path) -> None:
    path = tmp_path / "day.tcap"
    with CaptureWriter(path) as first:
        first.begin(SESSION)
        with pytest.raises(InputTrouble, match="another recorder"):
            CaptureWriter(path)
        first.write([captured(1)])
    assert records_of(path) == [captured(1)]


def test_another_networks_records_and_other_files_are_not_appended_to(tmp_path: Path) -> None:
    path = tmp_path / "day.tcap"
    written(path)
    before = path.read_bytes()
    with CaptureWriter(path) as writer, pytest.raises(InputTrouble, match="another network"):
        writer.begin(SESSION._replace(network="cd" * 16))
    assert path.read_bytes() == before
    other = tmp_path / "notes.txt"
    other.write_text("do not touch")
    with pytest.raises(InputTrouble, match="is not a capture"):
        CaptureWriter(other)
    assert other.read_text() == "do not touch"


def test_a_full_disk_ends_with_the_last_whole_block(tmp_path: Path) -> None:
    path = tmp_path / "day.tcap"
    written(path, 2)
    size = path.stat().st_size
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with CaptureWriter(path) as writer:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 30, hard))
        try:
            with pytest.raises(InputTrouble, match="last whole block"):
                writer.write([captured(3, b"y" * 500)])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert path.stat().st_size == size
        writer.write([captured(3)])
    assert [one.cursor for one in records_of(path)] == [1, 2, 3]
    assert damages_of(path) == []


def test_a_large_capture_is_read_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "large.tcap"
    block = record_block(captured(1, os.urandom(200_000)))
    with path.open("wb") as out:
        out.write(session_block(SESSION))
        for _ in range(400):
            out.write(block)
    import tracemalloc  # noqa: PLC0415 - slows whatever runs while it is on

    tracemalloc.start()
    info = read_info(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert info.records == 400
    assert info.record_bytes == 400 * 200_000
    assert peak < 3_000_000


def test_info_counts_by_type_lane_and_pair(tmp_path: Path) -> None:
    path = tmp_path / "day.tcap"
    written(path, 4)
    info = read_info(path)
    assert (info.records, info.seconds) == (4, 3.0)
    assert info.types == {"movement_released": 4}
    assert info.lanes == {"urgent": 4}
    assert info.pairs == {("TR.GTB", "GE.RS"): 4}
    assert info.data()["per_second"] == round(4 / 3, 3)
    assert info.data()["sound"] is True


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputTrouble, match="No such file"):
        read_info(tmp_path / "none.tcap")
