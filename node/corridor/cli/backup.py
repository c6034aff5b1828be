"""`corridor backup`: copies of a node that only the backup key opens, and the way back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from corridor.cli.options import config_option, emit, json_option, when
from corridor.cli.progress import bar
from corridor.daemon.clock import unix_ms
from corridor.errors import ConfigurationError

if TYPE_CHECKING:
    from corridor.daemon.restore import Checked, Source

_FILE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
_KEYS = click.option("--key-folder", type=click.Path(path_type=Path, file_okay=False),
                     help="The folder that `backup key` made, from where it is kept.")  # fmt: skip
_PASSPHRASE = click.option("--passphrase-file", type=click.Path(path_type=Path, dir_okay=False),
                           help="A private file whose first line unlocks that key.")  # fmt: skip
_GENESIS = click.option("--genesis", help="SHA-256 of the network's first root; needed where no "
                        "node.toml of this node is left.")  # fmt: skip
_MIB = 1 << 20


@click.group("backup")
def command() -> None:
    """Copy a node while it runs, sealed and signed; check a copy; put a node back."""


@command.command("key")
@click.option("--at", type=click.Path(path_type=Path, file_okay=False), required=True,
              help="The folder to make; it is kept offline.")  # fmt: skip
@_PASSPHRASE
@json_option
def key(at: Path, passphrase_file: Path | None, as_json: bool) -> None:
    """Make the backup key. The node needs only its public half, backup.pub."""
    from corridor.daemon.backup import make_backup_key

    made, public = make_backup_key(at, passphrase_file)
    emit(
        {"key_id": made.key_id.hex(), "public_key_file": str(public)},
        f"backup key {made.key_id.hex()}\n"
        f"next: copy {public} to the node, name it in node.toml as\n"
        '  [backup]\n  public_key_file = "backup.pub"\n'
        f"and move {at} to where the identity keys are: without it no backup opens",
        as_json=as_json,
    )


@command.command("create")
@config_option
@json_option
def create(config_path: Path, as_json: bool) -> None:
    """Write a backup of the node; it may run."""
    from corridor.daemon.backup import create as create_backup
    from corridor.daemon.config import load_config

    config = load_config(config_path)
    size = config.store.path.stat().st_size if config.store.path.exists() else 0
    with bar("KiB copied", size >> 10, quiet=as_json) as advance:
        made = create_backup(config, config_path, unix_ms(), lambda count: advance(count >> 10))
    data: dict[str, Any] = {**asdict(made), "digest": made.digest.hex()}
    lines = [f"{made.path}: {made.size / _MIB:.1f} MiB, sealed and signed"]
    lines += [f"  removed {one.name}" for one in made.removed]
    if (config.store.path.parent / "attachments").is_dir():
        lines.append("  files are not in it, only their manifests: copy the folder attachments too")
    lines.append(f"next: take it to another machine; `corridor backup verify {made.path.name}`")
    emit(data, "\n".join(lines), as_json=as_json)


@command.command("verify")
@_FILE
@config_option
@_KEYS
@_PASSPHRASE
@_GENESIS
@json_option
def verify(
    file: Path,
    config_path: Path,
    key_folder: Path | None,
    passphrase_file: Path | None,
    genesis: str | None,
    as_json: bool,
) -> None:
    """Tell whether a backup is whole and signed; with --key-folder, whether it would do.

    With the backup key everything is opened and tried beside node.toml, to the last page of the
    store, and taken away again.
    """
    from corridor.daemon.restore import skim
    from corridor.daemon.restore import verify as verify_backup

    if key_folder is None:
        checked = skim(file)
    else:
        source = _source(file, key_folder, passphrase_file, genesis)
        with _progress(file, quiet=as_json) as told:
            checked = verify_backup(source, config_path, told)
    text = _describe(checked)
    if key_folder is None:
        text += "\nnext: give --key-folder to try what is in it; only then is it known to restore"
    emit(_data(checked), text, as_json=as_json)


@command.command("restore")
@_FILE
@config_option
@_KEYS
@_PASSPHRASE
@_GENESIS
@click.option("--dry-run", is_flag=True, help="Try everything, change nothing.")
@json_option
def restore(
    file: Path,
    config_path: Path,
    key_folder: Path | None,
    passphrase_file: Path | None,
    genesis: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Put a node back from FILE, at the place of --config. The node must not run.

    What is there already is moved aside into a folder before-restore-*, never deleted. Partners
    are asked for what they sent since; records of that time come as possible repeats. Where it is
    broken off, no node starts there until it was run again.
    """
    from corridor.daemon.restore import restore as restore_backup
    from corridor.daemon.restore import verify as verify_backup

    if key_folder is None:
        raise ConfigurationError(
            "a backup opens with its key only", cure="give --key-folder, from where it is kept"
        )
    source = _source(file, key_folder, passphrase_file, genesis)
    with _progress(file, quiet=as_json) as told:
        if dry_run:
            checked = verify_backup(source, config_path, told)
            emit(_data(checked), f"{_describe(checked)}\nnothing was changed", as_json=as_json)
            return
        done = restore_backup(source, config_path, unix_ms(), told)
    lines = [_describe(done.checked), f"restored to {done.config}"]
    if done.aside:
        lines.append(f"what was there before lies in {done.aside}")
    if done.earlier:
        told_of = ", ".join(map(str, done.earlier))
        lines.append(f"an earlier try was broken off; what was there before it lies in {told_of}")
    lines += [
        f"next: corridor run --config {config_path}",
        "partners return what they hold; `corridor status` says when that is complete",
        "never start the node that this one replaces",
    ]
    data = {**_data(done.checked), "config": str(done.config)}
    data["aside"] = str(done.aside) if done.aside else None
    data["earlier"] = [str(one) for one in done.earlier]
    emit(data, "\n".join(lines), as_json=as_json)


def _source(
    file: Path, folder: Path, passphrase_file: Path | None, genesis: str | None
) -> "Source":
    from corridor.cli.ceremony import plain_hex
    from corridor.daemon.restore import Source, backup_key

    told = None if genesis is None else plain_hex(genesis)
    return Source(file, backup_key(folder, passphrase_file, file), told)


@contextmanager
def _progress(file: Path, *, quiet: bool) -> Iterator[Callable[[int], None]]:
    """Show how much of a backup was opened."""
    with bar("KiB opened", file.stat().st_size >> 10, quiet=quiet) as advance:
        yield lambda count: advance(count >> 10)


def _describe(checked: "Checked") -> str:
    head = checked.head
    lines = [
        f"backup of {head.endpoint}, made {when(head.created_ms)} by Corridor {head.release}",
        f"  {checked.content / _MIB:.1f} MiB of content; signed by {head.signer_id.hex()}",
    ]
    if checked.rows:
        names = ("outbox", "inbox", "unreceipted", "leaves")
        lines.append("  store: " + ", ".join(f"{checked.rows[one]} {one}" for one in names))
    if _is_old(checked):
        lines += [
            "  it is older than 30 days: partners no longer keep the bytes of all that came since,",
            "  and seal anew what they still hold. After a restore `corridor status` says how many",
            "  positions they closed without content: ask the partner's people for these",
        ]
    return "\n".join(lines)


def _is_old(checked: "Checked") -> bool:
    """Whether partners may have erased what they sealed after it (PROTOCOL §7.1)."""
    from corridor.store.rules import SEALED_KEPT_MS

    return unix_ms() - checked.head.created_ms > SEALED_KEPT_MS


def _data(checked: "Checked") -> dict[str, Any]:
    return {
        "head": asdict(checked.head),
        "content": checked.content,
        "opened": bool(checked.rows),
        "rows": checked.rows,
        "older_than_partners_keep": _is_old(checked),
    }
