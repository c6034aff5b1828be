"""Commands in the hands of somebody who gets everything wrong: named refusals and nothing else."""

import builtins
import io
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import pytest

from builders_cli import Said, corridor
from corridor.cli import main as cli_main
from corridor.cli import trouble
from corridor.errors import ConfigurationError, Reason, Refused

NodeFolder = Callable[..., Path]
LEAKS = ("Traceback", "Error(", "KeyError", "unpack", "NoneType", "codec", "<class", "object at")


def well_told(said: Said) -> None:
    """It ended as a refusal that a person can act on."""
    assert said.status not in {0, None}
    assert said.out == ""
    assert said.err.strip()
    assert not [leak for leak in LEAKS if leak in said.err], said.err
    assert "what to do" in said.err or "Try 'corridor" in said.err, said.err


@pytest.fixture
def wrong(tmp_path: Path) -> dict[str, Path]:
    """Files that are never what is wanted."""
    made = {name: tmp_path / name for name in ("missing", "folder", "empty", "binary", "text")}
    made["folder"].mkdir()
    made["empty"].touch()
    made["binary"].write_bytes(bytes(range(128, 256)) * 9)
    made["text"].write_text("{not what you want}\n")
    made["under"] = made["text"] / "below"
    return made


WRONG = ("missing", "folder", "empty", "binary", "text", "under")
BY_CONFIG = (
    "run", "status", "inbox", "find mrn X", "config show", "config validate", "keys list",
    "keys rotate", "keys fingerprint", "broker render", "broker check --password-file x",
    "keys adopt x", "send x --to GE",
)  # fmt: skip
INIT = "init --endpoint GE.RS --administration A --broker-host b.ge --no-input --at NEW"
BY_FILE = (
    "send FILE --to TR --config CONFIG",
    "envelope inspect FILE",
    "envelope open FILE --keys KEYS",
    "replay play FILE",
    "replay verify FILE",
    "lab run FILE",
    "lab up --scenario FILE --at NEW",
    "lab demo --scenario FILE --at NEW",
    "lab demo --input FILE --map GB=TR --at NEW",
    "lab status --at FILE",
    "lab down --at FILE",
    "replay generate --out NEW/x --scenario FILE",
    "broker check --config CONFIG --password-file FILE --rabbitmq 3.10.8",
    f"{INIT} --passphrase-file FILE",
    f"{INIT} --broker-ca FILE",
)


@pytest.mark.parametrize("kind", WRONG)
@pytest.mark.parametrize("command", BY_CONFIG)
def test_a_wrong_configuration_is_named(command: str, kind: str, wrong: dict[str, Path]) -> None:
    said = corridor(*command.split(), "--config", wrong[kind])
    well_told(said)
    assert said.status in {2, 3}


@pytest.mark.parametrize("kind", WRONG)
@pytest.mark.parametrize("command", BY_FILE)
def test_a_wrong_file_is_named(
    command: str, kind: str, wrong: dict[str, Path], node_folder: NodeFolder, tmp_path: Path
) -> None:
    config = node_folder()
    names = {
        "FILE": str(wrong[kind]), "CONFIG": str(config), "KEYS": str(config.parent / "keys"),
        "NEW": str(tmp_path / "new"), "NEW/x": str(tmp_path / "x"),
    }  # fmt: skip
    said = corridor(*(names.get(word, word) for word in command.split()))
    if said.status == 4:
        # It may be a record or a password as far as this side can tell: the far side is not there.
        assert kind in {"binary", "text"}
    well_told(said)
    told = corridor(*(names.get(word, word) for word in command.split()), "--json")
    assert told.status == said.status
    assert told.json["error"]["message"]
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("kind", ["missing", "folder", "binary", "text"])
def test_of_statements_each_that_is_none_is_named(
    kind: str, wrong: dict[str, Path], node_folder: NodeFolder
) -> None:
    said = corridor("keys", "adopt", wrong[kind], "--config", node_folder())
    assert said.status in {2, 3, 5}
    assert not [leak for leak in LEAKS if leak in said.out + said.err]


@pytest.mark.parametrize(
    "command",
    [
        "inbox --outcomes --acknowledge", "inbox --after -1",
        "inbox --limit 5000", "find colour red", "find mrn",
        "find mrn X --limit 0",
        "replay play x --rate 0", "replay play x --rate nan", "replay play x --rate inf",
        "replay play x --rate -1", "replay play x --wait -1", "replay play x --wait nan",
        "replay generate --movements -3 --out x", "replay generate --seed red --out x",
        "keys rotate --pid 0", "keys rotate --pid -1", "keys rotate --pid 99999999",
        "keys adopt", "keys rotate --suite 9", "send", "send x", "send x --to GE --lane slow",
        "lab run", "lab demo --records -1", "init --broker-port 0 --no-input", "nonsense",
        "broker check", "status --nonsense", "init --no-input --endpoint XX",
    ],
)  # fmt: skip
def test_a_wrong_command_line_is_named(command: str) -> None:
    said = corridor(*command.split())
    well_told(said)
    assert said.status == 2
    told = corridor(*command.split(), "--json")
    assert told.status == 2
    error = told.json["error"]
    assert (error["code"], error["blame"]) == ("usage", "operator")
    assert error["cure"].endswith("--help")


@pytest.mark.parametrize("mapping", ["GB", "GB=", "=TR", "GB=TR=GE", "gb=tr", "GB=ZZ"])
def test_a_wrong_map_of_countries_is_named(mapping: str, tmp_path: Path) -> None:
    (tmp_path / "one.xml").write_text("<x/>")
    said = corridor("lab", "demo", "--input", tmp_path, "--map", mapping, "--at", tmp_path / "new")
    well_told(said) if "what to do" in said.err else None
    assert said.status == 3
    assert not [leak for leak in LEAKS if leak in said.err], said.err


@contextmanager
def nobody() -> Iterator[None]:
    """Have no more rights than anybody, where the tests run as root."""
    if os.geteuid():
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("command", BY_FILE)
def test_what_may_not_be_read_or_written_is_named(
    command: str, node_folder: NodeFolder, tmp_path: Path
) -> None:
    config, file = node_folder(), tmp_path / "closed"
    file.write_text("x")
    names = {
        "FILE": str(file), "CONFIG": str(config), "KEYS": str(config.parent / "keys"),
        "NEW": str(tmp_path / "new"), "NEW/x": str(tmp_path / "x"),
    }  # fmt: skip
    words = [names.get(word, word) for word in command.split()]
    corridor(*words)  # imports what it needs while it may
    file.chmod(0)
    tmp_path.chmod(0o555)
    with nobody():
        said = corridor(*words)
    tmp_path.chmod(0o700)
    well_told(said)


def test_a_lab_that_wrote_nothing_sensible_is_none(tmp_path: Path) -> None:
    for text in ("[]", "{}", '{"pid": "x"}', '{"pid": 999999999, "countries": []}'):
        (tmp_path / "lab.json").write_text(text)
        said = corridor("lab", "status", "--at", tmp_path)
        well_told(said)
        assert said.status == 3


# --- what cannot be sent ---------------------------------------------------------------------


def test_json_that_is_no_text_is_refused_by_name(node_folder: NodeFolder, tmp_path: Path) -> None:
    file = tmp_path / "latin.json"
    file.write_bytes('{"header": "ä"}'.encode("latin-1"))
    said = corridor("send", file, "--to", "TR", "--config", node_folder(), "--json")
    assert said.status == 1
    error = said.json["error"]
    assert (error["code"], error["reason"], error["blame"]) == (
        "refused", "character_set", "partner",
    )  # fmt: skip
    assert "byte 12" in error["message"]


def without(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    """Make an import of `package` fail as if it were not installed."""
    real = builtins.__import__

    def imported(name: str, *more: object, **named: object) -> object:
        if name.partition(".")[0] == package or name == "corridor.standards.xml":
            raise ModuleNotFoundError(f"No module named {package!r}", name=package)
        return real(name, *more, **named)  # type: ignore[arg-type]

    for name in (
        "corridor.standards.standard",
        "corridor.standards.mapper",
        "corridor.standards.ncts.mapper",
        "corridor.standards.xml",
        "corridor.lab.files",
    ):
        monkeypatch.delitem(__import__("sys").modules, name, raising=False)
    monkeypatch.setattr(builtins, "__import__", imported)


@pytest.mark.parametrize(
    "command", ["send FILE --to TR --config CONFIG", "lab demo --input FOLDER --map GB=TR"]
)
def test_without_the_reader_of_xml_one_is_told_how_to_install_it(
    command: str, node_folder: NodeFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, file = node_folder(), tmp_path / "x.xml"
    file.write_text("<x/>")
    names = {"FILE": str(file), "CONFIG": str(config), "FOLDER": str(tmp_path)}
    without(monkeypatch, "lxml")
    said = corridor(*(names.get(word, word) for word in command.split()))
    well_told(said)
    assert said.status == 3
    assert "pip install 'corridor-node[standards]'" in said.err


# --- the door --------------------------------------------------------------------------------


BAD = ConfigurationError("bad", cure="mend it", faults=("a: b",))


def failing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def fail(**_: object) -> None:
        raise error

    monkeypatch.setattr(cli_main.cli, "main", fail)


@pytest.mark.parametrize(
    ("error", "status", "code", "blame"),
    [
        (BAD, 3, "configuration", "operator"),
        (Refused(Reason.MAGIC, "no"), 1, "refused", "partner"),
        (KeyboardInterrupt(), 130, "interrupted", "operator"),
        (click.UsageError("wrong"), 2, "usage", "operator"),
        (PermissionError(13, "Permission denied", "/x"), 1, "system", "operator"),
        (ZeroDivisionError(), 1, "internal", "ours"),
    ],
)  # fmt: skip
def test_a_machine_reads_one_object_and_the_same_status(
    monkeypatch: pytest.MonkeyPatch, error: BaseException, status: int, code: str, blame: str
) -> None:
    failing(monkeypatch, error)
    told = corridor("status", "--json")
    assert told.status == corridor("status").status == status
    found = told.json["error"]
    assert (found["code"], found["blame"]) == (code, blame)
    assert {"code", "message", "blame", "cure", "faults"} <= found.keys()
    assert ("Traceback" in told.err) == (code == "internal")
    if code == "configuration":
        assert (found["faults"], found["cure"]) == (["a: b"], "mend it")


@pytest.mark.parametrize("reason", Reason, ids=lambda one: one.label)
def test_a_refusal_comes_with_what_is_to_be_done(
    reason: Reason, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, Refused(reason))
    well_told(corridor("status"))


def test_a_reader_that_has_gone_is_no_error_to_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, BrokenPipeError())
    said = corridor("inbox")
    assert (said.status, said.out, said.err) == (1, "", "")


def test_an_error_says_all_of_itself_in_the_log() -> None:
    error = ConfigurationError("bad", faults=("a: b", "c: d"), cure="mend it")
    assert str(error) == "bad\n  a: b\n  c: d\n  what to do: mend it"


def test_the_faults_of_a_configuration_are_listed_for_machines(node_folder: NodeFolder) -> None:
    config = node_folder()
    config.write_text(config.read_text() + "\n[paint]\ncolour = 1\n[brush]\nsize = 2\n")
    faults = corridor("status", "--config", config, "--json").json["error"]["faults"]
    assert [fault.partition(":")[0] for fault in faults] == ["paint", "brush"]


def test_logs_and_schema_take_the_word_json_too(
    node_folder: NodeFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "properties" in corridor("config", "schema", "--json").json
    forms: list[str] = []
    monkeypatch.setattr("corridor.daemon.logs.configure_logs", lambda _l, form: forms.append(form))
    monkeypatch.setattr("corridor.wire.canonical.require_fast_runtime", lambda: 1 / 0)
    config = node_folder()
    config.write_text(config.read_text() + '\n[log]\nformat = "text"\n')
    for more in ((), ("--json",)):
        assert corridor("run", "--config", config, *more).status == 1
    assert forms == ["text", "json"]


def test_a_password_is_made_once_and_checked_by_its_hash(tmp_path: Path) -> None:
    import base64  # noqa: PLC0415 - one use
    import hashlib  # noqa: PLC0415

    file = tmp_path / "operator.password"
    hashed = base64.b64decode(corridor("broker", "password", file).out)
    assert file.stat().st_mode & 0o777 == 0o600
    text = file.read_text().strip()
    assert hashed[4:] == hashlib.sha256(hashed[:4] + text.encode()).digest()
    again = corridor("broker", "password", file)
    well_told(again)
    assert file.read_text().strip() == text


def test_standard_input_may_be_anything(
    node_folder: NodeFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = node_folder()
    for content in (b"", b"{", b"<", b"\xff\xfe", b"{}", b"[]"):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
        well_told(corridor("send", "-", "--to", "TR", "--config", config))


def test_the_object_of_an_error_is_one_line_of_the_manual() -> None:
    page = (Path(__file__).parents[3] / "docs" / "manual" / "operate.md").read_text()
    told = trouble._fields(trouble._trouble(ConfigurationError("x")))
    assert [key for key in told if f'"{key}"' not in page] == []
    assert json.dumps(told)
