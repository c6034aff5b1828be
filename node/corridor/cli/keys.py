"""`corridor keys`: show and rotate the node's keys, adopt what others signed."""

import os
import signal
import sys
from pathlib import Path
from typing import Any

import click

from corridor.cli.options import config_option, emit, json_option, table, when
from corridor.daemon.clock import unix_ms
from corridor.errors import ExitStatus

_PID = click.option(
    "--pid",
    type=click.IntRange(min=2),
    callback=lambda _ctx, _param, pid: _running(pid),
    help="The running node's process: it is told to read again.",
)


def _running(pid: int | None) -> int | None:
    """Refuse a process that cannot be told, before anything is done."""
    if pid is not None:
        try:
            os.kill(pid, 0)
        except OSError as error:
            raise click.BadParameter(
                f"process {pid}: {error.strerror}; name the process of the running node"
            ) from None
    return pid


@click.group("keys")
def command() -> None:
    """Show and rotate the node's keys, and adopt signed statements."""


@command.command("list")
@config_option
@json_option
def list_(config_path: Path, as_json: bool) -> None:
    """Show which keys there are, for what, how they are protected and until when they count."""
    from corridor.daemon.config import load_config
    from corridor.daemon.rotation import describe_keys

    now_ms = unix_ms()
    found = describe_keys(load_config(config_path), now_ms)
    rows = [
        (one["role"], one["key_id"], one["protection"], when(one["until_ms"]), one["state"])
        for one in found
    ]
    emit(found, table(rows, ("role", "key id", "protected by", "until", "state")), as_json=as_json)


@command.command("rotate")
@config_option
@click.option("--suite", "suites", type=click.Choice(["1", "2"]), multiple=True,
              default=["2", "1"], show_default=True, help="Suites to make keys for.")  # fmt: skip
@_PID
@json_option
def rotate(config_path: Path, suites: tuple[str, ...], pid: int | None, as_json: bool) -> None:
    """Make new encryption keys, and a key bundle that tells partners.

    Partners seal to the new keys as soon as they have the bundle; what is under way to the old
    ones is still opened. Keys that nothing may arrive for any more are destroyed.
    """
    from corridor.daemon.config import load_config
    from corridor.daemon.rotation import rotate as rotate_keys

    now_ms = unix_ms()
    done: dict[str, Any] = rotate_keys(
        load_config(config_path), tuple(int(suite) for suite in suites), now_ms
    )
    lines = [
        f"bundle {done['serial']} of {done['endpoint']}, in force until {when(done['until_ms'])}",
        *(f"  new key {key_id}" for key_id in done["new"]),
        *(f"  destroyed {key_id}" for key_id in done["destroyed"]),
    ]
    if pid is not None:
        os.kill(pid, signal.SIGHUP)
    else:
        lines.append("next: send SIGHUP to the node, so that it tells its partners")
    emit(done, "\n".join(lines), as_json=as_json)


@command.command("adopt")
@click.argument("files", type=click.Path(path_type=Path, dir_okay=False), nargs=-1, required=True)
@config_option
@_PID
@json_option
def adopt(files: tuple[Path, ...], config_path: Path, pid: int | None, as_json: bool) -> None:
    """Take signed statements (FILES, .crt1) into what the node believes.

    Roots, directories, delegations and key bundles, in any order; each is verified from the root
    that the configuration names. Exit status 5 where one was refused.
    """
    from dataclasses import asdict

    from corridor.daemon.adoption import adopt as adopt_files
    from corridor.daemon.config import load_config

    results = adopt_files(load_config(config_path), files, unix_ms())
    rows = [(one.status, one.statement or "-", one.file, one.reason) for one in results]
    emit([asdict(one) for one in results], table(rows, ("status", "statement", "file", "reason")),
         as_json=as_json)  # fmt: skip
    if pid is not None:
        os.kill(pid, signal.SIGHUP)
    if any(one.status == "refused" for one in results):
        sys.exit(ExitStatus.TRUST)


@command.command("fingerprint")
@config_option
@json_option
def fingerprint(config_path: Path, as_json: bool) -> None:
    """Show what partners compare over another channel: the network and the delegated keys."""
    from corridor.daemon.config import load_config
    from corridor.daemon.rotation import fingerprints

    found = fingerprints(load_config(config_path), unix_ms())
    emit(found, "\n".join(f"{name}  {value}" for name, value in found.items()), as_json=as_json)
    if not found:
        sys.exit(ExitStatus.TRUST)
