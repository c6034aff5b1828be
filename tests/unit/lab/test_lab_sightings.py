"""The search for plaintext finds what stands there, and says when it cannot search."""

import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corridor.errors import ConfigurationError
from corridor.lab import sightings
from corridor.lab.sightings import Sighting, needles_of, search
from corridor.lab.tap import Tapped, save

NAME = "Kaukasus Spedition Ltd"


def test_a_value_is_found_amid_binary_and_named_with_its_file(tmp_path: Path) -> None:
    folder = tmp_path / "queue"
    folder.mkdir()
    (folder / "0.rdq").write_bytes(b"\0\xff\0" * 50_000 + NAME.encode() + b"\0" * 9)
    (folder / "1.rdq").write_bytes(b"nothing")
    assert search([NAME, "Anadolu Tekstil"], [tmp_path]) == (Sighting(folder / "0.rdq", NAME),)


@pytest.mark.parametrize("written", [NAME.encode().hex(), NAME.encode().hex().upper()])
def test_a_value_written_in_hexadecimal_is_found(tmp_path: Path, written: str) -> None:
    (tmp_path / "log").write_text(f"dump: {written} end")
    assert [one.value for one in search([NAME], [tmp_path])] == [NAME]


@pytest.mark.parametrize("word", ["Şirketi Müşavir", "სატრანზიტო", "line one\nthe longer line two"])
def test_values_of_every_script_and_of_several_lines_are_found(tmp_path: Path, word: str) -> None:
    (tmp_path / "store.db").write_bytes(b"\x01" + word.encode() + b"\x02")
    assert [one.value for one in search([word], [tmp_path])] == [word]


def test_short_values_are_not_searched_for() -> None:
    assert needles_of(["GE", "12345", "123456", "123456"]) == ("123456",)


def test_where_there_is_nothing_nothing_is_seen(tmp_path: Path) -> None:
    assert search([NAME], [tmp_path]) == ()
    assert search([NAME], [tmp_path / "none"]) == ()
    assert search(["GE"], [tmp_path]) == ()


@settings(max_examples=15)
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\n\r\0"), min_size=8),
                min_size=1, max_size=5))  # fmt: skip
def test_every_value_that_stands_there_is_seen(
    tmp_path_factory: pytest.TempPathFactory, values: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("hay")
    for number, value in enumerate(values):
        (folder / f"{number}").write_bytes(b"\0" + value.encode() + b"\0")
    seen = {one.value for one in search(values, [folder])}
    # A value inside a longer one that begins earlier is seen as the longer one.
    assert all(any(value in other for other in seen) for value in values)


def test_without_grep_nothing_is_claimed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "log").write_text(NAME)
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with pytest.raises(ConfigurationError, match="grep"):
        search([NAME], [tmp_path])


def test_a_search_that_failed_is_not_a_search_that_found_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "log").write_text("x")
    fails = tmp_path / "grep"
    fails.write_text('#!/bin/sh\necho "grep: log: $WHY" >&2\nexit 2\n')
    fails.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda _name: str(fails))
    with pytest.raises(ConfigurationError, match="grep failed"):
        search([NAME], [tmp_path])
    fails.write_text('#!/bin/sh\necho "grep: a: No such file or directory" >&2\nexit 2\n')
    assert search([NAME], [tmp_path]) == ()
    assert sightings.MIN_NEEDLE_BYTES == 6


def test_tapped_messages_are_saved_where_the_search_reads(tmp_path: Path) -> None:
    path = save([Tapped("from.TR", NAME.encode(), {})], tmp_path / "tapped" / "GE")
    assert [one.path for one in search([NAME], [tmp_path])] == [path]
