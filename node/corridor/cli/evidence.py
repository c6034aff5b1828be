"""`corridor evidence`: verify all of it, export a record's, check an export offline."""

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from corridor.cli.options import config_option, emit, json_option, read_file, table, write_new
from corridor.daemon.clock import unix_ms
from corridor.errors import ExitStatus, InputTrouble

if TYPE_CHECKING:
    from corridor.store.sqlite import SqliteStore
    from corridor.trust.view import TrustView

_LINES: Final = (
    ("leaves", "leaves", " give the log's root"),
    ("root", "root", ""),
    ("sent", "sent", " envelopes"),
    ("received", "received", " envelopes"),
    ("signatures", "signatures", " verify"),
    ("", "signer_not_listed", " by keys that no statement lists any more"),
    ("records", "records", " as they were signed"),
    ("erased", "erased", " records; their leaves stay"),
    ("", "erased_sent", " of them sent by us"),
    ("", "not_provable", " envelopes without what proves single records"),
    ("partners", "partner_roots", " roots of partners' logs compared"),
)
_MAX_EXPORT: Final = 16 << 20


@click.group("evidence")
def command() -> None:
    """Verify the evidence, export a record's, check an export."""


@command.command("verify")
@config_option
@json_option
def verify(config_path: Path, as_json: bool) -> None:
    """Verify the evidence log and everything it names, while the node runs or not.

    Leaves to root, headers and signatures, the records in each envelope, and what partners said
    of their own logs. What was erased is counted. Exit status 1 where something does not hold.
    """
    from corridor.daemon.evidence import verify as verify_all

    store, view = _open(config_path)
    with store, store.auditing() as audit:
        found = verify_all(audit, view)
    lines = [f"{label:11} {found[key]}{what}" for label, key, what in _LINES]
    lines += [f"! {fault}" for fault in found["faults"]]
    lines.append("the evidence holds" if not found["faults"] else "THE EVIDENCE DOES NOT HOLD")
    emit(found, "\n".join(lines), as_json=as_json)
    if found["faults"]:
        sys.exit(ExitStatus.FAILED)


@command.command("export")
@click.argument("record_id")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True,
              help="A new file; it holds the record in plain.")  # fmt: skip
@config_option
@json_option
def export(record_id: str, out: Path, config_path: Path, as_json: bool) -> None:
    """Write what proves a record to somebody who has neither store nor keys.

    Who sent it, that it stood in the signed envelope, that the log holds the envelope, and the
    partner's receipt. An erased record is proved without its content.
    """
    from corridor.daemon.evidence import export as export_record

    try:
        wanted = bytes.fromhex(record_id.replace("-", ""))
    except ValueError:
        raise InputTrouble(
            f"not the id of a record: {record_id[:64]!r}", cure="32 hexadecimal digits"
        ) from None
    store, view = _open(config_path)
    with store, store.auditing() as audit:
        found = export_record(audit, view, wanted)
    if not found:
        raise InputTrouble(
            f"no envelope holds record {record_id}", cure="compare the id: `corridor find`"
        )
    content = json.dumps({"corridor_exports": 1, "copies": found}, indent=1) + "\n"
    write_new(out, content.encode(), 0o600)
    text = "\n".join(
        f"{one['direction']} {one['partner']} {one['type']}"
        + (", erased" if one["record"] is None else "")
        for one in found
    )
    emit({"file": str(out), "copies": len(found)}, f"wrote {out}\n{text}", as_json=as_json)


@command.command("check")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--genesis", required=True,
              help="Fingerprint of the network (its first root), from elsewhere.")  # fmt: skip
@json_option
def check(file: Path, genesis: str, as_json: bool) -> None:
    """Check an export, without a node: each step is shown, open or false.

    Exit status 6 where a step is false: the file was changed, or is another network's.
    """
    from corridor.cli.ceremony import plain_hex
    from corridor.daemon import evidence_check

    genesis = plain_hex(genesis)
    if not re.fullmatch(r"[0-9a-f]{64}", genesis):
        raise InputTrouble("--genesis is 64 hexadecimal digits", cure="the registry publishes it")
    now_ms = unix_ms()
    copies = _copies(read_file(file, _MAX_EXPORT))
    shown: list[dict[str, Any]] = []
    for number, one in enumerate(copies, 1):
        steps = evidence_check.check(one, bytes.fromhex(genesis), now_ms)
        shown += [{"copy": number, **step._asdict()} for step in steps]
    rows = [(str(one["copy"]), one["result"], one["what"], one["why"]) for one in shown]
    emit(shown, table(rows, ("copy", "", "what", "why")), as_json=as_json)
    if any(one["result"] == evidence_check.FALSE for one in shown):
        sys.exit(ExitStatus.QUARANTINED)


def _copies(content: bytes) -> list[dict[str, Any]]:
    try:
        found = json.loads(content)
        copies = found["copies"] if found["corridor_exports"] == 1 else None
    except (ValueError, KeyError, TypeError, RecursionError):
        copies = None
    if not isinstance(copies, list) or not all(isinstance(one, dict) for one in copies):
        raise InputTrouble("it is no export of evidence", cure="`corridor evidence export`")
    return copies


def _open(config_path: Path) -> "tuple[SqliteStore, TrustView]":
    from corridor.daemon.config import load_config
    from corridor.daemon.trust_keeper import open_keys, open_trust
    from corridor.seal.storage import StorageKey
    from corridor.store.sqlite import SqliteStore

    config = load_config(config_path)
    view = open_trust(config).load(unix_ms())
    key = StorageKey(open_keys(config.keys).storage_key())
    return SqliteStore.open(config.store.path, key, read_only=True), view
