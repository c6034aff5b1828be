"""Checks of `corridor doctor` on the ports of the node and the way to the national system."""

import os
import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from corridor.cli.doctor_parts import Patient, Result, ends, fail, ok, skip, warn
from corridor.errors import CorridorError, KeyTrouble

if TYPE_CHECKING:
    from pathlib import Path

    from corridor.daemon.config import NodeConfig

_WAIT_S: Final = 5.0
_TRAYS: Final = ("out", "in")


def ports(patient: Patient) -> list[Result]:
    """Where the node does not run, nobody else has its ports; where it runs, they answer."""
    config = patient.config
    asked = [("metrics", config.metrics.address, config.metrics.port)]
    if config.http.enabled:
        asked.append(("http", config.http.address, config.http.port))
    runs = patient.status is not None
    if patient.hangs:
        return [skip("the node has them, and does not answer", "see the check `node`")]
    return [_port(*one, runs=runs) for one in asked]


def national(patient: Patient) -> list[Result]:
    """The national system can reach the node, and the node can reach it."""
    config = patient.config
    found = [*_http(patient), *_spool(config), *_webhook(config)]
    status = patient.status
    if not found:
        found.append(skip("no HTTP, spool or webhook: the national system uses the socket"))
    if status is not None and (waiting := status["inbox_waiting"]):
        cure = "look at the national system; what it does not acknowledge stays, up to the limit"
        most = config.store.inbox_most_records
        told = f"{waiting} records wait for the national system"
        found.append(warn(told, cure) if waiting > most // 10 else ok(told))
    return found


def _port(name: str, address: str, port: int, *, runs: bool) -> Result:
    place = f"{name}.port {port} at {address}"
    if not port:
        return ok(f"{name}.port 0: a free one is taken")
    if runs:
        reason = _dial(address, port)
        if reason is None:
            return ok(f"{place} answers")
        return fail(f"{place}: {reason}", "restart the node; its log says what it was refused")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            cure = f"`ss -ltnp 'sport = :{port}'` names who has it; end it, or change {name}.port"
            return fail(f"{place} cannot be had: {error.strerror}", cure)
    return ok(f"{place} is free")


def _dial(address: str, port: int) -> str | None:
    """Return why nothing answers, or None."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)  # noqa: S104 - looked for
    try:
        socket.create_connection((host, port), _WAIT_S).close()
    except OSError as error:
        return error.strerror or str(error)
    return None


def _http(patient: Patient) -> Iterator[Result]:
    from corridor.gateway.http.clients import load_clients
    from corridor.seal.x509_look import look

    section = patient.config.http
    if not section.enabled:
        return
    try:
        count = len(load_clients(section.tokens_file).all)
    except CorridorError as error:
        yield fail("; ".join([error.message, *error.faults]), error.cure)
    else:
        add = "`corridor http token add` for each program of the national system"
        yield ok(f"{count} clients may use HTTP") if count else warn("nobody may use HTTP", add)
    if section.cert_file is not None:
        cure = "have the CA of the national network issue it again, and restart the node"
        try:
            until_ms = look(section.cert_file.read_bytes()).until_ms
        except (OSError, KeyTrouble) as error:
            yield fail(f"{section.cert_file}: {error}", cure)
        else:
            yield ends(f"{section.cert_file.name} for HTTP", until_ms, patient.now_ms, cure)


def _spool(config: "NodeConfig") -> Iterator[Result]:
    folder = config.spool.directory
    if folder is None:
        return
    if not folder.is_dir():
        yield fail(f"the spool folder {folder} is not there", "mount it, or mend spool.directory")
        return
    for place in (folder, *(folder / name for name in _TRAYS)):
        if place.is_dir() and not os.access(place, os.R_OK | os.W_OK | os.X_OK):
            yield fail(f"{place} is not to be written by this user", _owner(place))
            return
    yield ok(f"the spool folder {folder} can be read and written")


def _owner(place: "Path") -> str:
    return f"`ls -ld {place}`: the node's user needs rwx there; run doctor as that user"


def _webhook(config: "NodeConfig") -> Iterator[Result]:
    section = config.webhook
    if section.url is None or section.secret_file is None:
        return
    from corridor.gateway.webhook.signing import read_secrets

    try:
        read_secrets(section.secret_file)
    except CorridorError as error:
        yield fail(error.message, error.cure or "write it again, mode 0600")
    parts = urlsplit(section.url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    place = f"the webhook at {parts.hostname}:{port}"
    reason = _dial(parts.hostname or "", port)
    if reason is None:
        yield ok(f"{place} answers")
    else:
        cure = "start the national system; records wait and are posted later"
        yield fail(f"{place}: {reason}", cure)
