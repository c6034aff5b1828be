"""`corridor attach` at a node: given, listed, got, gone on with, and refused by name."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import corridor.cli.attach as attach_command
from builders_gateway import Beside
from corridor.cli.attach import command
from corridor.errors import AttachmentTrouble, InputTrouble, NodeRefused
from corridor.wire.limits import CHUNK_BYTES


def attach(config: Path, *words: object) -> Result:
    return CliRunner().invoke(command, [*map(str, words), "--config", str(config), "--json"])


def test_a_file_is_given_listed_and_got_also_where_the_last_run_stopped(
    node_folder: Callable[..., Path], tmp_path: Path
) -> None:
    config, content = node_folder("GE"), os.urandom(2 * CHUNK_BYTES + 3)
    file, out = tmp_path / "scan.pdf", tmp_path / "out"
    partial = tmp_path / "out.partial"
    file.write_bytes(content)
    with Beside(config):
        (row,) = json.loads(attach(config, "send", file, "--to", "TR").output)["results"]
        assert row["status"] == "accepted"
        (line,) = json.loads(attach(config, "list").output)["attachments"]
        assert (line["record_id"], line["media_type"]) == (row["record_id"], "application/pdf")

        partial.write_bytes(content[: CHUNK_BYTES + 7])  # killed within the second chunk
        got = attach(config, "get", row["record_id"], "--out", out)
        assert got.exit_code == 0, got.output
        assert out.read_bytes() == content
        assert isinstance(attach(config, "get", row["record_id"], "--out", out).exception,
                          InputTrouble)  # fmt: skip

        out.unlink()
        partial.write_bytes(bytes(CHUNK_BYTES))  # of another file
        wrong = attach(config, "get", row["record_id"], "--out", out)
        assert isinstance(wrong.exception, AttachmentTrouble)
        assert not out.exists()
        assert not partial.exists()
        assert attach(config, "get", row["record_id"], "--out", out).exit_code == 0
        assert out.read_bytes() == content


def test_an_empty_file_and_one_for_nobody_are_refused_by_name(
    node_folder: Callable[..., Path], tmp_path: Path
) -> None:
    config, empty = node_folder("GE"), tmp_path / "empty"
    empty.touch()
    with Beside(config):
        refused = attach(config, "send", empty, "--to", "TR").exception
        assert isinstance(refused, NodeRefused)
        assert "0 bytes; from 1 byte" in str(refused)
        empty.write_bytes(b"x")
        refused = attach(config, "send", empty, "--to", "XX").exception
        assert isinstance(refused, NodeRefused)
        assert "unknown_recipient" in str(refused)
        assert attach(config, "send", empty, "--to", "TR", "--of", "12").exit_code == 2
        assert json.loads(attach(config, "list").output)["attachments"] == []


def test_a_file_whose_giving_ends_half_way_takes_no_room_any_more(
    node_folder: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, file = node_folder("GE"), tmp_path / "scan.pdf"
    file.write_bytes(os.urandom(2 * CHUNK_BYTES))
    real, calls = attach_command._give, []

    def stopped(node: object, path: Path, attachment_id: bytes, advance: object) -> bytes:
        calls.append(attachment_id)
        real(node, path, attachment_id, advance)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setattr(attach_command, "_give", stopped)
    with Beside(config) as node:
        assert attach(config, "send", file, "--to", "TR").exit_code != 0
        assert calls
        assert not list(node.config.store.path.parent.glob("attachments/out/*"))
