"""A capture through a node: records are submitted anew, manifests of files are passed over."""

import json
from collections.abc import Callable
from pathlib import Path

from click.testing import CliRunner

from builders_attach import HEADER
from builders_gateway import Beside, record_bytes
from corridor.cli.replay import command
from corridor.lab.capture import Captured, CaptureWriter, Session
from corridor.lab.capture_info import read_info
from corridor.lab.capture_play import Choice, Pace, Replay
from corridor.lab.rewrite import Rewriting
from corridor.wire.attachments import Manifest, encode_manifest, read_header
from corridor.wire.batches import ATTACHMENT

DAY_MS = 86_400_000
MANIFEST = encode_manifest(
    Manifest(bytes(16), "a.pdf", "application/pdf", 5, bytes(32), bytes(32), bytes(32), None, ""),
    read_header(HEADER),
)


def capture(path: Path, *records: tuple[str, str, int, bytes]) -> Path:
    with CaptureWriter(path) as writer:
        writer.begin(Session("ab" * 16, "lab", "corridor.wire.v1", DAY_MS, ("TR.GTB",), False))
        writer.write([
            Captured(number, DAY_MS + number, number.to_bytes(16), kind, sender, recipient, body)
            for number, (sender, recipient, kind, body) in enumerate(records, 1)
        ])  # fmt: skip
    return path


def test_a_manifest_is_passed_over_and_counted_and_never_waits_at_its_recipient(
    node_folder: Callable[..., Path], tmp_path: Path
) -> None:
    path = capture(
        tmp_path / "day.tcap",
        ("GE.RS", "TR.GTB", 1, record_bytes(1)),
        ("GE.RS", "TR.GTB", ATTACHMENT, MANIFEST),
        ("GE.RS", "TR.GTB", 1, record_bytes(2)),
        ("KZ.KGD", "TR.GTB", ATTACHMENT, MANIFEST),  # of a country that has no node here
    )
    with Beside(node_folder("GE")) as node:
        sockets = {"GE.RS": node.config.gateway.socket}
        replay = Replay(path, sockets, Rewriting(b"k" * 32, 0), Choice())
        assert replay.check(read_info(path)) == 2
        result = replay.play(Pace(), 0)
        assert (result.records, result.accepted, result.files) == (2, 2, 2)
        assert result.refused.total() == 0
        assert node.rows()["outbox"] == 2
        more = ("--config", str(tmp_path / "GE" / "node.toml"), "--wait", "0")
        shown = CliRunner().invoke(command, ["play", str(path), *more])
        assert shown.exit_code == 7, shown.output  # nobody receipts here
        assert "2 files were passed over" in shown.output
        told = CliRunner().invoke(command, ["play", str(path), *more, "--json"])
        assert json.loads(told.output)["files_passed_over"] == 2


def test_a_capture_of_manifests_alone_has_nothing_to_play(
    node_folder: Callable[..., Path], tmp_path: Path
) -> None:
    path = capture(tmp_path / "day.tcap", ("GE.RS", "TR.GTB", ATTACHMENT, MANIFEST))
    with Beside(node_folder("GE")) as node:
        sockets = {"GE.RS": node.config.gateway.socket}
        replay = Replay(path, sockets, Rewriting(b"k" * 32, 0), Choice())
        assert replay.check(read_info(path)) == 0
