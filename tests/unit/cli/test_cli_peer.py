"""`corridor peer` at a node that runs here without a broker: show, pause, resume, what is said."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from builders_cli import corridor
from builders_gateway import Beside
from builders_wire import declaration

NodeFolder = Callable[..., Path]


@pytest.fixture
def config(node_folder: NodeFolder) -> Iterator[Path]:
    path = node_folder()
    with Beside(path):
        yield path


def test_a_partner_is_paused_shown_and_resumed(config: Path, tmp_path: Path) -> None:
    at = ("--config", config)
    said = corridor("peer", "pause", "TR", "--why", "their move", "--by", "anna", *at)
    assert said.status == 0, said
    assert "TR is paused; 0 records wait" in said.out
    record = tmp_path / "record.pb"
    record.write_bytes(declaration().SerializeToString())
    sent = corridor("send", record, "--to", "TR", *at)
    assert sent.status == 0, sent
    assert "kept and waits" in sent.err
    assert corridor("send", record, "--to", "AZ", *at, "--json").json["paused"] is False
    shown = corridor("peer", "show", "TR", *at)
    assert "by anna: their move" in shown.out
    assert "1, 0 without a receipt" in shown.out
    assert "corridor peer resume" in shown.out
    assert "agreement" in shown.out
    told = corridor("peer", "show", "TR.GTB", *at, "--json").json
    assert (told["state"], told["waiting"], len(told["agreements"])) == ("paused", 1, 2)
    assert told["broker"].startswith("mq.tr.test:")
    listed = corridor("peer", "list", *at)
    assert "their move" in listed.out
    assert corridor("peer", "test", "TR", *at).status != 0
    resumed = corridor("peer", "resume", "TR", *at)
    assert "sent to again" in resumed.out
    assert corridor("peer", "show", "TR", *at, "--json").json["paused"] is None


@pytest.mark.parametrize(
    "words",
    [
        ("pause", "XX", "--why", "a"),
        ("pause", "TR", "--why", " "),
        ("pause", "TR", "--why", "x" * 301),
        ("resume", "TR"),
        ("show", "XX"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(config: Path, words: tuple[str, ...]) -> None:
    said = corridor("peer", *words, "--config", config)
    assert said.status not in {0, 2}, said
    assert said.err.startswith("corridor: "), said.err
    assert corridor("peer", "list", "--config", config, "--json").json[0]["state"] != "paused"


def test_what_the_directory_says_is_left_out_where_it_cannot_be_read(config: Path) -> None:
    for path in (config.parent / "trust").glob("directory-*"):
        path.rename(path.with_suffix(".gone"))
    told = corridor("peer", "show", "AZ", "--config", config, "--json").json
    assert (told["endpoint"], told["broker"], told["agreements"]) == ("AZ.SCC", None, [])


def test_nobody_pauses_at_a_node_that_does_not_run(node_folder: NodeFolder) -> None:
    said = corridor("peer", "pause", "TR", "--why", "a", "--config", node_folder(), "--json")
    assert said.json["error"]["code"] == "local_socket"
