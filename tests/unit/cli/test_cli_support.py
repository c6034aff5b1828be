"""The support bundle says much and no secret; the completion completes."""

import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from builders_cli import corridor
from corridor.cli.completion import SHELLS, VARIABLE, script
from corridor.daemon import support

NodeFolder = Callable[..., Path]
PLANTED = "XYZZY-nothing-of-this-may-leave"


def unpacked(path: Path) -> dict[str, str]:
    with tarfile.open(path) as archive:
        found = {}
        for one in archive.getmembers():
            file = archive.extractfile(one)
            assert file is not None
            found[one.name.partition("/")[2]] = file.read().decode()
        return found


def test_a_planted_secret_is_never_in_the_bundle(
    node_folder: NodeFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"https://national.example/hook?token={PLANTED}"
    hook = tmp_path / "hook"
    hook.write_text(f"whsec_{PLANTED}")
    config = node_folder(more=f'\n[webhook]\nurl = "{url}"\nsecret_file = "{hook}"\n')
    folder = config.parent
    for path in folder.rglob("*"):
        if path.is_file() and path.name != "node.toml" and "trust" not in path.parts:
            with path.open("ab") as file:
                file.write(PLANTED.encode())
    monkeypatch.setenv("SOME_PASSWORD", PLANTED)
    log = tmp_path / "node.log"
    events = [
        {"event": "node.started", "endpoint": "GE.RS", "password": PLANTED, "body": [PLANTED]},
        PLANTED,
    ]
    text = "\n".join([json.dumps(one) for one in events] + [f"Traceback {PLANTED}"])
    log.write_text(text)
    out = tmp_path / "bundle.tar.gz"
    said = corridor("support-bundle", "--config", config, "--out", out, "--log", log, "--json")
    assert said.status == 0, said
    files = unpacked(out)
    for name, content in files.items():
        assert PLANTED not in content, name
    assert PLANTED not in said.out
    assert set(files) == {
        "README.txt", "about.json", "configuration.json", "files.json", "doctor.json",
        "status.json", "capacity.json", "trust.json", "metrics.txt", "log.jsonl",
    }  # fmt: skip
    assert json.loads(files["configuration.json"])["webhook"]["url"]["value"] == (
        "https://national.example/hook?…"
    )
    assert '"event": "node.started"' in files["log.jsonl"]
    assert files["log.jsonl"].endswith('{"lines_left_out": 2}\n')
    assert "no node answers" in json.loads(files["status.json"])["not_readable"]
    assert json.loads(files["trust.json"])["partners"]
    assert {one["check"] for one in json.loads(files["doctor.json"])} >= {"keys", "store"}
    assert out.stat().st_mode & 0o777 == 0o600


def test_a_node_whose_configuration_is_broken_has_a_bundle_all_the_same(tmp_path: Path) -> None:
    broken = tmp_path / "node.toml"
    broken.write_text("[node\n")
    out = tmp_path / "bundle.tar.gz"
    said = corridor("support-bundle", "--config", broken, "--out", out)
    assert said.status == 0, said
    assert "is not TOML" in unpacked(out)["configuration.json"]
    again = corridor("support-bundle", "--config", broken, "--out", out)
    assert again.status != 0
    assert "is there already" in again.err


def with_journal(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Put a program in the place of journalctl, which few machines of tests have."""
    folder.mkdir()
    program = folder / "journalctl"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def test_without_a_log_the_journals_end_goes_in_through_the_allow_list(
    node_folder: NodeFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = json.dumps({"event": "node.started", "endpoint": "GE.RS", "password": PLANTED})
    with_journal(tmp_path / "bin", monkeypatch, f"echo '{event}'; echo \"$@\" {PLANTED}")
    out = tmp_path / "bundle.tar.gz"
    said = corridor("support-bundle", "--config", node_folder(), "--out", out)
    assert said.status == 0, said
    assert "is not in it" not in said.out
    log = unpacked(out)["log.jsonl"]
    assert '"event": "node.started"' in log
    assert PLANTED not in log
    assert log.endswith('{"lines_left_out": 1}\n')


@pytest.mark.parametrize("script", ["exit 1", "exit 0", "exec sleep 9"])
def test_a_journal_that_gives_nothing_is_told_in_the_bundle_and_on_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    monkeypatch.setattr(support, "_JOURNAL_S", 1)
    with_journal(tmp_path / "bin", monkeypatch, script)
    out = tmp_path / "bundle.tar.gz"
    said = corridor("support-bundle", "--config", tmp_path / "none.toml", "--out", out)
    assert said.status == 0, said
    assert "log is not in it" in said.out
    assert "--log" in said.out
    assert "journal" in json.loads(unpacked(out)["log.jsonl"])["not_readable"]
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "no journal" in support.gather({"log": support.journal_end})["log"].decode()


def test_a_folder_that_is_not_there_is_refused_and_not_made(
    node_folder: NodeFolder, tmp_path: Path
) -> None:
    out = tmp_path / "mistyped" / "bundle.tar.gz"
    said = corridor("support-bundle", "--config", node_folder(), "--out", out, "--json")
    assert said.json["error"]["code"] == "input"
    assert not out.parent.exists()


def test_only_the_end_of_a_log_goes_in(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("w") as file:
        for number in range(60_000):
            file.write(json.dumps({"event": "record.kept", "count": number, "cause": "x" * 60}))
            file.write("\n")
    kept = support.log_end(log)
    assert len(kept) < 5 * 2**20
    assert '"count": 59999' in kept
    assert '"count": 1,' not in kept


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_of_each_shell_asks_corridor(shell: str) -> None:
    said = corridor("completion", shell)
    assert said.out == script(shell).rstrip("\n") + "\n"
    assert f"{VARIABLE}={shell}_complete" in said.out


def test_what_bash_asks_is_answered() -> None:
    answered = subprocess.run(
        [sys.executable, "-m", "corridor"],
        env={**os.environ, VARIABLE: "bash_complete", "COMP_WORDS": "corridor config s",
             "COMP_CWORD": "2", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True, text=True, check=True, timeout=30,
    )  # fmt: skip
    assert answered.stdout.split() == ["plain,schema", "plain,show"]


def test_an_archive_names_its_files_in_one_folder() -> None:
    packed = support.packed({"a.json": b"{}"}, "corridor-support")
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        assert archive.getnames() == ["corridor-support/a.json"]
