"""The spool when something fails: folders, disks, links for folders, the node behind it."""

import os
import time
from pathlib import Path

import pytest

from builders_gateway import MAKE, put, record_bytes, result, until
from corridor.errors import Reason, Refused, StoreTrouble
from corridor.gateway.spool import files


def test_a_file_that_the_node_may_not_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "private.pb"
    file.write_bytes(b"x")
    file.chmod(0o000)
    tmp_path.chmod(0o755)
    read, write = os.pipe()
    pid = os.fork()
    if not pid:  # as nobody, for root may read everything
        if os.geteuid() == 0:
            os.setresuid(65534, 65534, 65534)
        try:
            files._opened(file)
        except Refused as refused:
            os.write(write, refused.reason.label.encode())
        except BaseException as error:  # noqa: BLE001 - the parent reads what it was
            os.write(write, repr(error).encode())
        os._exit(0)
    os.close(write)
    told = os.read(read, 200).decode()
    os.waitpid(pid, 0)
    os.close(read)
    assert told == Reason.UNREADABLE.label


def test_a_missing_folder_is_told_and_taken_up_when_it_is_there_again(spool: MAKE) -> None:
    with spool() as node:
        put(node.spool / "out" / "TR", "a.pb", record_bytes(1))
        result(node.spool / "done" / "TR" / "a.pb")
        away = node.spool.with_name("away")
        node.spool.rename(away)
        until(lambda: any("is not there" in line for line in node.node.status()["attention"]))
        node.spool.mkdir()  # an empty mount point: not the folder that was used
        until(lambda: any("is it mounted" in line for line in node.node.status()["attention"]))
        assert list(node.spool.iterdir()) == []
        node.spool.rmdir()
        away.rename(node.spool)
        put(node.spool / "out" / "TR", "b.pb", record_bytes(2))
        result(node.spool / "done" / "TR" / "b.pb")
        until(lambda: not any("spool" in line for line in node.node.status()["attention"]))
        assert node.node.failure is None


def test_a_full_store_leaves_files_where_they_are_and_takes_them_later(
    spool: MAKE, monkeypatch: pytest.MonkeyPatch
) -> None:
    with spool() as node:
        until((node.spool / "out").is_dir)
        monkeypatch.setattr(node.node.service, "_has_room", lambda: False)
        put(node.spool / "out" / "TR", "a.pb", record_bytes(1))
        until((node.spool / "work" / "TR" / "a.pb").exists)
        time.sleep(0.1)
        put(node.spool / "out" / "TR", "b.pb", record_bytes(2))
        time.sleep(0.2)
        assert (node.spool / "out" / "TR" / "b.pb").exists()
        assert not list(node.spool.glob("refused/*/*"))
        monkeypatch.undo()
        assert result(node.spool / "done" / "TR" / "a.pb")["status"] == "accepted"
        assert result(node.spool / "done" / "TR" / "b.pb")["status"] == "accepted"


def test_where_results_cannot_be_written_the_file_waits_and_is_not_doubled(
    spool: MAKE, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = [True]
    real = os.fsync

    def fsync(handle: int) -> None:
        if full[0] and ".result.json" in str(Path(f"/proc/self/fd/{handle}").readlink()):
            raise OSError(28, "No space left on device")
        real(handle)

    monkeypatch.setattr(files.os, "fsync", fsync)
    with spool() as node:
        put(node.spool / "out" / "TR", "a.pb", record_bytes(1))
        until(lambda: any("No space" in line for line in node.node.status()["attention"]))
        assert not list(node.spool.glob("done/*/*.result.json"))
        assert not list(node.spool.rglob("*.part"))
        full[0] = False
        told = result(node.spool / "done" / "TR" / "a.pb")
        assert told["status"] in {"accepted", "duplicate"}
        assert node.rows()["outbox"] == 1


def test_a_folder_that_is_swapped_for_a_link_gives_nothing_of_what_lies_behind(
    tmp_path: Path,
) -> None:
    spool, keys = tmp_path / "spool", tmp_path / "keys"
    keys.mkdir()
    (keys / "signing.key").write_bytes(b"private")
    (spool / "out").mkdir(parents=True)
    (spool / "work" / "TR").mkdir(parents=True)
    (spool / "out" / "TR").symlink_to(keys)
    with pytest.raises(OSError, match=r"Not a directory|symbolic"):
        files.move(spool, spool / "out" / "TR" / "signing.key", spool / "work" / "TR" / "x")
    (spool / "out" / "AZ").mkdir()
    (spool / "out" / "AZ" / "a").write_bytes(b"a")
    (spool / "done").symlink_to(keys)
    with pytest.raises(OSError, match=r"Not a directory|symbolic"):
        files.move(spool, spool / "out" / "AZ" / "a", spool / "done" / "a")
    assert [one.name for one in keys.iterdir()] == ["signing.key"]


def test_one_file_that_cannot_be_taken_does_not_hold_up_the_others(
    spool: MAKE, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.rename

    def rename(source: str, target: str, **more: int) -> None:
        if source == "sick.pb":
            raise OSError(5, "Input/output error")
        real(source, target, **more)

    monkeypatch.setattr(files.os, "rename", rename)
    with spool() as node:
        put(node.spool / "out" / "TR", "good.pb", record_bytes(1))
        (node.spool / "out" / "TR" / "sick.pb").write_bytes(record_bytes(2))
        put(node.spool / "out" / "TR", "more.pb", record_bytes(3))
        for name in ("good.pb", "more.pb"):
            result(node.spool / "done" / "TR" / name)
        until(lambda: any("Input/output" in line for line in node.node.status()["attention"]))
        (node.spool / "out" / "TR" / "sick.pb").unlink()
        until(lambda: not any("Input/output" in line for line in node.node.status()["attention"]))


@pytest.mark.parametrize("error", [StoreTrouble("the disk does not answer"), RuntimeError("oh")])
def test_whatever_fails_behind_the_spool_is_told_and_tried_again(
    spool: MAKE, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fails(_offered: object) -> None:
        raise error

    with spool() as node:
        until((node.spool / "out").is_dir)
        monkeypatch.setattr(node.node.service, "submit", fails)
        put(node.spool / "out" / "TR", "a.pb", record_bytes(1))
        said = "does not answer" if isinstance(error, StoreTrouble) else "RuntimeError"
        until(lambda: any(said in line for line in node.node.status()["attention"]))
        monkeypatch.undo()
        assert result(node.spool / "done" / "TR" / "a.pb")["status"] == "accepted"
        until(lambda: not any("spool" in line for line in node.node.status()["attention"]))
