"""A manifest without its file would wait at its recipient for ever: no way in takes one."""

from collections.abc import Callable
from pathlib import Path

from builders_attach import HEADER
from builders_cli import corridor
from builders_gateway import Beside, record_bytes
from corridor.daemon.offers import Offered
from corridor.errors import Reason
from corridor.wire.attachments import Manifest, encode_manifest, read_header
from corridor.wire.rule_words import in_words

MANIFEST = encode_manifest(
    Manifest(bytes(16), "a.pdf", "application/pdf", 5, bytes(32), bytes(32), bytes(32), None, ""),
    read_header(HEADER),
)


def test_a_manifest_alone_is_refused_and_what_stands_beside_it_is_kept(
    node_folder: Callable[..., Path], tmp_path: Path
) -> None:
    with Beside(node_folder("GE")) as node:
        alone, other = node.node.service.submit(
            [Offered("TR", MANIFEST), Offered("TR", record_bytes(1))]
        )
        assert (alone.status, alone.reason) == ("refused", Reason.RECORD_INVALID)
        assert "corridor attach send" in in_words(alone.faults[0])
        assert other.status == "accepted"
        (with_file,) = node.node.service.would_submit([Offered("TR", MANIFEST, with_file=True)])
        assert with_file.faults != alone.faults
        file = tmp_path / "manifest.pb"
        file.write_bytes(MANIFEST)
        said = corridor("send", file, "--to", "TR", "--config", tmp_path / "GE" / "node.toml")
        assert said.status == 1
        assert "corridor attach send" in said.out + said.err
        assert node.rows()["outbox"] == 1
