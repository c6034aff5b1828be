"""`corridor broker`: write the own broker's configuration, or compare a running one with it."""

import secrets
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from corridor.cli.broker_clean import clean
from corridor.cli.broker_renew import renew
from corridor.cli.firewall import firewall
from corridor.cli.link_certificates import issue, request
from corridor.cli.options import config_option, emit, json_option, read_file, table, write_new
from corridor.daemon.clock import unix_ms
from corridor.errors import ExitStatus, InputTrouble

if TYPE_CHECKING:
    from corridor.daemon.config import NodeConfig
    from corridor.transport.check import Difference
    from corridor.transport.management import Login

_MAX_PASSWORD_BYTES = 4096

_VERSION = click.option(
    "--rabbitmq",
    "version",
    default="3.10.8",
    show_default=True,
    help="Version of the own broker: files differ.",
)


@click.group("broker")
def command() -> None:
    """Write the own broker's configuration, or compare a running broker with it."""


command.add_command(request)
command.add_command(issue)
command.add_command(renew)
command.add_command(firewall)
command.add_command(clean)


@command.command("render")
@config_option
@click.option("--out", type=click.Path(path_type=Path, file_okay=False),
              help="Where to write, if not to links.files_folder.")  # fmt: skip
@_VERSION
@json_option
def render(config_path: Path, out: Path | None, version: str, as_json: bool) -> None:
    """Write the own broker's files from the node's configuration and the directory."""
    from corridor.daemon.config import load_config
    from corridor.daemon.links import broker_files
    from corridor.daemon.trust_keeper import open_trust

    config = load_config(config_path)
    now_ms = unix_ms()
    view = open_trust(config).load(now_ms)
    rendered = broker_files(config, view, now_ms, _numbers(version))
    folder = out or config.links.files_folder
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in rendered.files.items():
        _write(folder / name, text.encode())
        written.append(str(folder / name))
    for path, certificate in rendered.certificates.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, certificate)
        written.append(str(path))
    lines = [f"wrote {name}" for name in written]
    lines += [f"left out {reason}" for reason in rendered.left_out]
    lines.append("next: start or restart the broker, then `corridor broker check`")
    emit({"written": written, "left_out": rendered.left_out}, "\n".join(lines), as_json=as_json)


@command.command("check")
@config_option
@click.option("--user", default="corridor-operator", show_default=True,
              help="A login that may see everything.")  # fmt: skip
@click.option("--password-file", type=click.Path(path_type=Path, dir_okay=False), required=True,
              help="A file whose first line is its password.")  # fmt: skip
@click.option("--rabbitmq", "version", help="Its version, if it is not to be asked.")
@json_option
def check(
    config_path: Path, user: str, password_file: Path, version: str | None, as_json: bool
) -> None:
    """Compare the running broker with what it should hold; name each difference and its cure.

    Messages in queues that must stay empty are named as well. Exit status 0 where there is
    nothing to name, 1 otherwise.
    """
    from corridor.daemon.config import load_config
    from corridor.transport.management import Login

    config = load_config(config_path)
    found = differences(config, Login(user, read_password(password_file)), version)
    rows = [(one.object, one.expected, one.found, one.cure) for one in found]
    text = table(rows, ("object", "expected", "found", "cure"))
    emit([asdict(one) for one in found], text or "the broker holds exactly what it should",
         as_json=as_json)  # fmt: skip
    if found:
        sys.exit(ExitStatus.FAILED)


def differences(config: "NodeConfig", login: "Login", version: str | None) -> "list[Difference]":
    """Return everything in which the running broker is not what was rendered."""
    from corridor.daemon.links import expected_definitions
    from corridor.daemon.trust_keeper import open_trust
    from corridor.exchange.addresses import VIRTUAL_HOST, cluster_name
    from corridor.transport.check import compare
    from corridor.transport.management import read_broker, read_version

    now_ms = unix_ms()
    view = open_trust(config).load(now_ms)
    url = f"http://127.0.0.1:{config.links.management_port}"
    numbers = _numbers(version) if version else read_version(url, login)
    expected = expected_definitions(config, view, now_ms, numbers)
    observed = read_broker(url, login)
    country = cluster_name(config.endpoint.country)
    there = any(row["name"] == VIRTUAL_HOST for row in observed["vhosts"])
    return [*compare(expected, observed, country), *(_stray(url, login) if there else ())]


def _stray(url: str, login: "Login") -> "list[Difference]":
    """Name queues that must stay empty and are not; a queue that is missing is told already."""
    from corridor.transport.check import Difference
    from corridor.transport.management import read_alarm_depths

    cure = "read the node's log and the RUNBOOK before anything is removed"
    return [
        Difference(f"queue {queue}", "empty", f"{count} messages", cure)
        for queue, count in read_alarm_depths(url, login).items()
        if count
    ]


@command.command("password")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--config", "config_path", type=click.Path(path_type=Path, dir_okay=False),
              help="Write the hash into this configuration too.")  # fmt: skip
@click.option("--for", "whose", type=click.Choice(["operator", "watch"]), default="operator",
              show_default=True, help="A person's, or that of the node's watch.")  # fmt: skip
@json_option
def password(file: Path, config_path: Path | None, whose: str, as_json: bool) -> None:
    """Write a new password to FILE, which must not exist, and print RabbitMQ's hash of it.

    With --for watch the configuration also learns where FILE is: the node reads it there.

    \b
    corridor broker password operator.password               links.operator_password_hash
    corridor broker password watch.password --for watch      links.watch_password_hash
    """  # noqa: D301 - click's own mark for lines that stay as they are
    from corridor.daemon.config_edit import read_value, write_value
    from corridor.transport.render import password_hash

    if config_path is not None:
        read_value(config_path, "links", f"{whose}_password_hash")
    text = secrets.token_urlsafe(24)
    write_new(file, f"{text}\n".encode(), 0o600)
    hashed = password_hash(text, secrets.token_bytes(4))
    said = hashed
    if config_path is not None:
        write_value(config_path, "links", f"{whose}_password_hash", hashed)
        if whose == "watch":
            write_value(config_path, "watch", "password_file", str(file.resolve()))
        said = f"wrote {file}, and its hash into {config_path}\nnext: `corridor broker render`"
    emit({"file": str(file), "hash": hashed}, said, as_json=as_json)


def _numbers(version: str) -> tuple[int, int, int]:
    try:
        major, minor, patch = (int(part) for part in version.split("."))
    except ValueError:
        raise click.BadParameter("three numbers: 3.10.8", param_hint="--rabbitmq") from None
    return major, minor, patch


def read_password(path: Path) -> str:
    """Return the password in a file: its first line."""
    try:
        lines = read_file(path, _MAX_PASSWORD_BYTES).decode("utf-8").splitlines()
    except UnicodeDecodeError:
        lines = []
    if not lines or not lines[0].strip():
        raise InputTrouble(
            f"{path}: its first line is no password",
            cure="write the operator's password there, as text",
        )
    return lines[0]


def _write(path: Path, content: bytes) -> None:
    """Replace a file as a whole; the broker's files name users and hold hashes."""
    part = path.with_name(f".{path.name}.part")
    part.touch(mode=0o640)
    part.write_bytes(content)
    part.replace(path)
