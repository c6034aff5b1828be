"""`corridor support-bundle`: one archive with what support needs, and no secret in it."""

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from corridor.cli.options import config_option, emit, json_option, write_new
from corridor.errors import ConfigurationError, InputTrouble

if TYPE_CHECKING:
    from collections.abc import Callable

    from corridor.cli.doctor_parts import Patient
    from corridor.gateway.local_client import LocalClient

_METRICS_MOST = 8 * 2**20


@click.command("support-bundle")
@config_option
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The archive; by default corridor-support-ENDPOINT-TIME.tar.gz here.",
)
@click.option("--log", type=click.Path(path_type=Path, exists=True, dir_okay=False),
              help="The node's log, JSON lines: its end goes in; else the journal's.")  # fmt: skip
@json_option
def command(config_path: Path, out: Path | None, log: Path | None, as_json: bool) -> None:
    """Gather versions, configuration, status, checks, metrics and the log's end in one archive.

    Keys, passwords, tokens, records and the data of movements are not in it.
    """
    from corridor.cli.doctor import examined
    from corridor.cli.doctor_parts import Patient
    from corridor.daemon import support
    from corridor.gateway.local_client import LocalClient

    patient = Patient(config_path, None, None)

    def files() -> dict[str, Any]:
        return support.folder(patient.config, config_path.resolve().parent)

    sources: dict[str, support.Source] = {
        "about.json": support.about,
        "configuration.json": lambda: support.configuration(config_path),
        "files.json": files,
        "doctor.json": lambda: examined(patient),
        "status.json": lambda: _asked(patient, LocalClient.status),
        "capacity.json": lambda: _asked(patient, LocalClient.capacity),
        "trust.json": lambda: _trust(patient),
        "metrics.txt": lambda: _metrics(patient),
    }
    if out is not None and not out.parent.is_dir():
        raise InputTrouble(f"{out.parent}: there is no such folder", cure="name one that is there")
    sources["log.jsonl"] = lambda: support.log_end(log) if log else support.journal_end()
    found = support.gather(sources)
    name = f"corridor-support-{_whose(patient)}-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}"
    path = out or Path(f"{name}.tar.gz")
    write_new(path, support.packed(found, name), 0o600)
    sizes = {one: len(content) for one, content in found.items()}
    lines = [f"{path}: {len(sizes)} files"]
    lines += [f"  {one:20} {size:>9} bytes" for one, size in sizes.items()]
    if why := _not_readable(found["log.jsonl"]):
        lines.append(f"The node's log is not in it: {why}. Give its file with --log.")
    lines.append("Look through it before you hand it on: it names hosts, paths and partners.")
    text = "\n".join(lines)
    emit({"path": path, "files": sizes}, text, as_json=as_json)


def _not_readable(content: bytes) -> str:
    """Return why a file of the bundle holds nothing; "" where it does."""
    try:
        told = json.loads(content)
    except ValueError:
        return ""  # lines, not one object
    return str(told.get("not_readable", "")) if isinstance(told, dict) else ""


def _whose(patient: "Patient") -> str:
    try:
        return str(patient.config.endpoint)
    except ConfigurationError:
        return "unknown"


def _asked(patient: "Patient", ask: "Callable[[LocalClient], Any]") -> Any:  # noqa: ANN401 - JSON
    from corridor.gateway.local_client import LocalClient

    with LocalClient(patient.config.gateway.socket, timeout_s=10) as node:
        return ask(node)


def _trust(patient: "Patient") -> dict[str, Any]:
    view = patient.view
    partners = {one: member.broker.host for one, member in patient.partners}
    return {
        "network": view.network_id.hex(), "directory_version": view.dir_version,
        "directory_expires_ms": view.expires_ms, "partners": partners,
    }  # fmt: skip


def _metrics(patient: "Patient") -> str:
    from urllib.request import urlopen

    if patient.status is None:
        return "the node does not run\n"
    with urlopen(f"http://{patient.status['metrics']}/metrics", timeout=10) as answer:
        return str(answer.read(_METRICS_MOST).decode("utf-8", "replace"))
