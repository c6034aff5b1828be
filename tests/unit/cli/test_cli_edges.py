"""What people type wrongly, and what machines read: statuses, JSON, no traceback."""

import io
import json
import time
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from builders_cli import Said, Terminal, corridor
from builders_wire import declaration
from corridor.cli import main as cli_main
from corridor.cli import status as cli_status
from corridor.cli.options import age, emit, table
from corridor.cli.progress import bar
from corridor.gateway.contents import read_record
from corridor.wire.records import record_to_json

NodeFolder = Callable[..., Path]
COMMANDS = (
    "init", "run", "send", "inbox", "find", "status", "config", "keys", "broker", "envelope", "lab",
    "replay", "standards",
)  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    said = corridor(command, "-h")
    assert said.status == 0
    assert "Usage: corridor" in said.out


def commands(group: click.Group, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], click.Command]]:  # fmt: skip # noqa: E501
    found = []
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            found += commands(command, (*path, name))
        else:
            found.append(((*path, name), command))
    return found


def test_every_command_speaks_json_to_machines() -> None:
    assert isinstance(cli_main.cli, click.Group)
    silent = [
        " ".join(path)
        for path, command in commands(cli_main.cli)
        if not any("--json" in option.opts for option in command.params)
    ]
    assert silent == []


def test_the_version_and_the_commands_are_shown() -> None:
    assert corridor("--version").out.startswith("corridor, version")
    shown = corridor("--help").out
    assert all(command in shown for command in COMMANDS)


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("nonsense",), 2),
        (("run", "--config", "none.toml"), 3),
        (("status", "--nonsense"), 2),
        (("lab", "status", "--at", "nowhere"), 3),
        (("lab", "demo", "--records", "0"), 2),
        (("lab", "run", "no-such-scenario"), 3),
        (("lab", "demo", "--input", "nowhere", "--map", "GB=TR"), 3),
        (("replay", "generate", "--movements", "0", "--out", "x"), 2),
        (("replay", "play", "none.jsonl"), 1),
        (("replay", "verify", "none.jsonl"), 1),
        (("envelope", "inspect", "none.crd"), 2),
        (("inbox", "--limit", "0"), 2),
        (("inbox", "--after", "-1"), 2),
        (("broker", "render", "--rabbitmq", "three", "--config", "none"), 3),
    ],
)
def test_mistakes_end_with_their_status_and_say_what_to_do(
    arguments: tuple[str, ...], status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = corridor(*arguments)
    assert said.status == status, said.err
    assert said.err
    assert "Traceback" not in said.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (KeyboardInterrupt(), 130, "interrupted"),
        (click.Abort(), 130, "interrupted"),
        (PermissionError(13, "Permission denied", "/etc/x"), 1, "/etc/x: Permission denied"),
        (OSError("plain"), 1, "plain"),
    ],
)
def test_every_end_is_told_in_a_line(
    monkeypatch: pytest.MonkeyPatch, error: BaseException, status: int, said: str
) -> None:
    def fail(**_: object) -> None:
        raise error

    monkeypatch.setattr(cli_main.cli, "main", fail)
    ended = corridor("status")
    assert ended.status == status
    assert said in ended.err


# --- config ----------------------------------------------------------------------------------


def test_the_configuration_in_force_is_shown_checked_and_explained(
    node_folder: NodeFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = node_folder()
    monkeypatch.setenv("CORRIDOR__LOG__LEVEL", "debug")
    shown = corridor("config", "show", "--config", config)
    assert "[metrics]" in shown.out
    assert "level = 'debug'" in shown.out
    values = corridor("config", "show", "--config", config, "--json").json
    assert values["node"]["endpoint"] == "GE.RS"
    checked = corridor("config", "validate", "--config", config, "--json").json
    assert checked == {"valid": True, "endpoint": "GE.RS", "missing_files": []}
    text = config.read_text().replace("node.pem", "gone.pem")
    config.write_text(text)
    assert "not there yet" in corridor("config", "validate", "--config", config).out
    assert "properties" in corridor("config", "schema").json


# --- send, inbox, status without a node ------------------------------------------------------


@pytest.mark.parametrize("command", ["status", "inbox", "send"])
def test_without_a_running_node_one_is_told_to_run_it(
    node_folder: NodeFolder, command: str, tmp_path: Path
) -> None:
    file = tmp_path / "record"
    file.write_bytes(b"x")
    more = (file, "--to", "TR") if command == "send" else ()
    said = corridor(command, *more, "--config", node_folder())
    assert said.status == 4
    assert "corridor run" in said.err


def sent(file: object, config: Path, *more: object) -> Said:
    return corridor("send", file, "--to", "TR", "--config", config, *more)


def test_what_cannot_be_sent_is_named(
    node_folder: NodeFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = node_folder()
    assert "No such file" in sent(tmp_path / "none", config).err
    empty = tmp_path / "empty"
    empty.touch()
    assert "is empty" in sent(empty, config).err
    large = tmp_path / "large"
    with large.open("wb") as out:
        out.truncate(20 * 1024 * 1024 + 1)
    assert "at most" in sent(large, config).err
    (tmp_path / "bad.xml").write_text("<x>")
    assert "source" in sent(tmp_path / "bad.xml", config).err
    (tmp_path / "bad.json").write_text('{"nonsense": 1}')
    assert "record_malformed" in sent(tmp_path / "bad.json", config).err
    (tmp_path / "record").write_bytes(b"x")
    for wrong in ("xyz", "00"):
        assert sent(tmp_path / "record", config, "--record-id", wrong).status == 2
    piped = io.TextIOWrapper(io.BytesIO(b" \n"))
    monkeypatch.setattr("sys.stdin", piped)
    assert "is empty" in sent("-", config).err


def test_a_record_may_be_protobuf_or_json_with_a_mark_of_order() -> None:
    record = declaration()
    raw = record.SerializeToString(deterministic=True)
    assert read_record(raw).record == raw
    text = record_to_json(record)
    assert read_record(text.encode()).record == raw
    assert read_record(b"\xef\xbb\xbf " + text.encode()).record == raw


NOW_MS = 1_795_000_000_000
STATUS = {
    "endpoint": "GE.RS", "environment": "lab", "version": "0.1", "now_ms": NOW_MS,
    "metrics": "127.0.0.1:1", "directory": {"version": 2, "expires_ms": None},
    "broker": {"sender": True, "receiver": False, "blocked": False, "inboxes": []},
    "encryption_key_until_ms": NOW_MS, "store": {"path": "s", "free_mib": 9}, "peers": [],
    "attention": ["the own broker is not connected"], "refused": [],
    "quarantine": {"waiting": 0, "not_kept": 0, "oldest_ms": None},
}  # fmt: skip


class Node:
    """A running node's socket, as the command sees it."""

    asked = 0

    def __init__(self, _path: Path, _timeout_s: float) -> None:
        pass

    def __enter__(self) -> "Node":  # noqa: PYI034 - one class, one use
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def status(self) -> dict[str, object]:
        Node.asked += 1
        if Node.asked > 2:
            raise KeyboardInterrupt
        broker = {"sender": True, "receiver": True, "blocked": Node.asked == 2, "inboxes": []}
        return STATUS | ({"broker": broker} if Node.asked == 2 else {})


def test_status_is_one_screen_and_watches_until_interrupted(
    node_folder: NodeFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("corridor.gateway.local_client.LocalClient", Node)
    monkeypatch.setattr(time, "sleep", lambda _s: None)
    monkeypatch.setattr(Node, "asked", 0)
    config = node_folder()
    said = corridor("status", "--config", config)
    assert said.status == 1
    assert "NOT CONNECTED" in said.out
    assert "! the own broker is not connected" in said.out
    assert "no partner yet" in said.out
    watched = corridor("status", "--config", config, "--watch")
    assert watched.status == 130
    assert "it takes nothing" in watched.out


def test_a_screen_shows_each_partner() -> None:
    peer = {
        "endpoint": "TR.GTB", "waiting": 3, "unreceipted": 2, "oldest_ms": NOW_MS - 65_000,
        "in_flight": 1, "window": 8, "last_heard_ms": None, "way": "open", "way_reason": None,
        "way_since_ms": None,
    }  # fmt: skip
    screen = cli_status._screen(STATUS | {"peers": [peer], "attention": []})
    assert "TR.GTB" in screen
    assert "1 min" in screen


# --- output ----------------------------------------------------------------------------------


def test_ages_are_in_the_largest_unit_that_fits() -> None:
    ages = [age(NOW_MS, NOW_MS - seconds * 1000) for seconds in (5, 60, 7_200, 200_000, -9)]
    assert ages == ["5 s", "1 min", "2 h", "2 d", "0 s"]
    assert age(NOW_MS, None) == "-"


def test_a_table_has_columns_and_an_empty_one_no_head(capsys: pytest.CaptureFixture[str]) -> None:
    assert table([("a", "1"), ("long", "22")], ("x", "y")) == "x     y\na     1\nlong  22"
    assert table([], ("x",)) == ""
    emit({"ü": Path("p")}, "text", as_json=True)
    assert json.loads(capsys.readouterr().out) == {"ü": "p"}
    emit({}, "", as_json=False)
    assert capsys.readouterr().out == ""


def test_progress_is_a_bar_at_a_terminal_a_line_elsewhere_and_nothing_where_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    with bar("sent", 10, quiet=True) as advance:
        advance(5)
    with bar("sent", 10, quiet=False) as advance:
        advance(4)
        clock[0] = 11
        advance(1)
    assert capsys.readouterr().err == "sent 5 of 10\n"
    monkeypatch.undo()
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    with bar("sent", 10, quiet=False) as advance:
        advance(10)
    assert "10/10" in terminal.getvalue()
