"""`corridor broker`: write the own broker's configuration, or compare a running one with it."""

import sys
import time
from pathlib import Path

import click

from corridor.cli.options import config_option, emit, json_option, table
from corridor.errors import ConfigurationError, ExitStatus

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
    now_ms = time.time_ns() // 1_000_000
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
@_VERSION
@json_option
def check(config_path: Path, user: str, password_file: Path, version: str, as_json: bool) -> None:
    """Compare the running broker with what it should hold; name each difference and its cure.

    Exit status 0 where there is none, 1 otherwise.
    """
    from corridor.daemon.config import load_config
    from corridor.daemon.links import expected_definitions
    from corridor.daemon.trust_keeper import open_trust
    from corridor.exchange.addresses import cluster_name
    from corridor.transport.check import compare
    from corridor.transport.management import Login, read_broker

    config = load_config(config_path)
    now_ms = time.time_ns() // 1_000_000
    view = open_trust(config).load(now_ms)
    expected = expected_definitions(config, view, now_ms, _numbers(version))
    url = f"http://127.0.0.1:{config.links.management_port}"
    observed = read_broker(url, Login(user, _password(password_file)))
    found = compare(expected, observed, cluster_name(config.endpoint.country))
    data = [
        {"object": one.object, "expected": one.expected, "found": one.found, "cure": one.cure}
        for one in found
    ]
    rows = [(one.object, one.expected, one.found, one.cure) for one in found]
    text = table(rows, ("object", "expected", "found", "cure"))
    emit(data, text or "the broker holds exactly what it should", as_json=as_json)
    if found:
        sys.exit(ExitStatus.FAILED)


def _numbers(version: str) -> tuple[int, int, int]:
    try:
        major, minor, patch = (int(part) for part in version.split("."))
    except ValueError:
        raise click.BadParameter("three numbers: 3.10.8", param_hint="--rabbitmq") from None
    return major, minor, patch


def _password(path: Path) -> str:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from None
    if not lines:
        raise ConfigurationError(f"{path}: is empty")
    return lines[0]


def _write(path: Path, content: bytes) -> None:
    """Replace a file as a whole; the broker's files name users and hold hashes."""
    part = path.with_name(f".{path.name}.part")
    part.touch(mode=0o640)
    part.write_bytes(content)
    part.replace(path)
