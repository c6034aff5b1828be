"""`corridor registry end | leave`: draft the directory that ends agreements, or a membership."""

import hashlib
from pathlib import Path
from typing import Final

import click

from corridor.cli.ceremony import (
    READABLE,
    network_option,
    passphrase_option,
    require_same,
    yes_option,
)
from corridor.cli.options import json_option, read_file
from corridor.cli.registry_drafts import KEYS, OUT, sign_steps, write_draft
from corridor.daemon.clock import unix_ms

_MOST_REQUEST_BYTES: Final = 1 << 20


@click.command("end")
@click.argument("file", type=READABLE)
@click.option("--fingerprint", "heard", required=True, help="As the member read it out to you.")
@network_option
@KEYS
@passphrase_option
@OUT
@yes_option
@json_option
def end(
    file: Path,
    heard: str,
    network_at: Path,
    keys_at: Path,
    passphrase_file: Path | None,
    out: Path,
    yes: bool,
    as_json: bool,
) -> None:
    """Draft the next directory, which ends the agreements that a member's request (FILE) names.

    A request to leave ends all agreements of the member; 30 days after, `corridor registry leave`.
    """
    from corridor.daemon.bodies import signing_keys
    from corridor.daemon.network_folder import read_network
    from corridor.daemon.registry_ending import draft_ends, read_end_request

    content = read_file(file, _MOST_REQUEST_BYTES)
    require_same(heard, hashlib.sha256(content).digest(), str(file))
    asked, network = read_end_request(file, content), read_network(network_at)
    raw = draft_ends(network, asked, signing_keys(keys_at, passphrase_file), unix_ms())
    write_draft(raw, network, out, sign_steps(out), yes=yes, as_json=as_json)


@click.command("leave")
@click.argument("member_id", metavar="MEMBER")
@click.option("--at-once", is_flag=True,
              help="Do not wait for receipts: the member is not trusted any more.")  # fmt: skip
@network_option
@KEYS
@passphrase_option
@OUT
@yes_option
@json_option
def leave(
    member_id: str,
    at_once: bool,
    network_at: Path,
    keys_at: Path,
    passphrase_file: Path | None,
    out: Path,
    yes: bool,
    as_json: bool,
) -> None:
    """Draft the next directory, in which MEMBER has left.

    Refused until 30 days after its last agreement's end, unless at once.
    """
    from corridor.daemon.bodies import signing_keys
    from corridor.daemon.network_folder import read_network
    from corridor.daemon.registry_ending import draft_leaving

    network, keys = read_network(network_at), signing_keys(keys_at, passphrase_file)
    raw = draft_leaving(network, member_id, keys, unix_ms(), at_once=at_once)
    write_draft(raw, network, out, sign_steps(out), yes=yes, as_json=as_json)
