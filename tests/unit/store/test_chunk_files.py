"""Folders of files: what they take is known without counting, and two threads share one."""

import threading
from pathlib import Path

import pytest

from corridor.errors import Refused
from corridor.seal.chunks import sealed_bytes
from corridor.store import chunk_files
from corridor.store.chunk_files import ChunkFiles
from corridor.wire.limits import CHUNK_BYTES

SIZE = 2 * CHUNK_BYTES
TAKEN = 2 * sealed_bytes(SIZE, 0)


def put(files: ChunkFiles, number: int, record_id: bytes | None = None) -> None:
    files.partners("GE", number.to_bytes(32), SIZE).open(record_id or number.to_bytes(16))


@pytest.mark.parametrize("asked_first", [True, False])
def test_what_a_partner_takes_is_kept_up_as_files_come_and_go(
    tmp_path: Path, *, asked_first: bool
) -> None:
    files = ChunkFiles(tmp_path)
    if asked_first:
        assert files.used("GE") == 0
    for number in (1, 2, 3):
        put(files, number)
    put(files, 3)  # it goes on: it has its room
    put(files, 3, bytes(16))
    assert files.used("GE") == 3 * TAKEN
    files.partners("GE", (1).to_bytes(32), SIZE).release((1).to_bytes(16))
    assert files.used("GE") == 2 * TAKEN
    for kept in list(files.kept()):
        files.release(kept, kept.record_ids[:1])
    assert files.used("GE") == TAKEN  # one of them is the file of another record too
    for kept in list(files.kept()):
        files.release(kept, kept.record_ids)
        files.release(kept, kept.record_ids)  # twice is once
    assert files.used("GE") == ChunkFiles(tmp_path).used("GE") == 0


def test_to_ask_does_not_look_through_all_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = ChunkFiles(tmp_path)
    put(files, 1)
    assert files.used("GE") == TAKEN
    with monkeypatch.context() as patched:
        patched.setattr(chunk_files, "_taken", lambda _: pytest.fail("counted"))
        assert files.used("GE") == TAKEN
    for chunks in tmp_path.glob("in/*/*/chunks"):
        chunks.unlink()  # by an operator's hand
    files.count_anew()
    assert files.used("GE") == 0


def test_a_file_for_which_there_was_no_room_takes_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    files = ChunkFiles(tmp_path)
    assert files.used("GE") == 0
    monkeypatch.setattr("os.posix_fallocate", full)
    with pytest.raises(Refused):
        put(files, 1)
    assert files.used("GE") == 0


def test_a_folder_that_is_given_up_while_another_record_takes_it_is_there_for_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sweep and who fetches are two threads: one waits for the other."""
    files, first, second = ChunkFiles(tmp_path), bytes(16), bytes(15) + b"\1"
    put(files, 1, first)
    (kept,) = files.kept()
    real, fetches = chunk_files._records_of, threading.Thread(target=put, args=(files, 1, second))

    def between(folder: Path) -> tuple[bytes, ...]:
        known = real(folder)
        if fetches.ident is None:  # what the sweep has read is old now, were they not to wait
            fetches.start()
            fetches.join(0.3)
        return known

    monkeypatch.setattr(chunk_files, "_records_of", between)
    assert files.release(kept, [first])
    fetches.join()
    assert [one.record_ids for one in files.kept()] == [(second,)]
    assert files.used("GE") == TAKEN
