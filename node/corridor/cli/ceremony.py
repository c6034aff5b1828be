"""What the commands of ceremonies share: options, fingerprints that people compare, and yes.

Rules:

* a fingerprint is typed as it was heard: in groups, in capitals, with colons or blanks;
* nothing is signed before it was shown in words and a person said yes, or `--yes` did;
* standard output is what was done and what comes next; the question goes to standard error.
"""

import re
import sys
from pathlib import Path
from typing import Any

import click

from corridor.cli.options import when
from corridor.errors import InputTrouble

_SHORTEST = 64

FOLDER = click.Path(path_type=Path, file_okay=False)
FILE = click.Path(path_type=Path, dir_okay=False)
READABLE = click.Path(path_type=Path, dir_okay=False, exists=True)
PLACE = click.Path(path_type=Path, exists=True)

network_option = click.option(
    "--network", "network_at", type=FOLDER, required=True,
    help="The folder of the network's public statements.",
)  # fmt: skip
yes_option = click.option("--yes", is_flag=True, help="Do not ask: it was looked at already.")
passphrase_option = click.option(
    "--passphrase-file", type=READABLE, help="A private file whose first line unlocks the keys."
)


def plain_hex(text: str) -> str:
    """Return a fingerprint as people copy it in plain small digits."""
    return re.sub(r"[\s:.-]", "", text).lower()


def require_same(heard: str, found: bytes, what: str) -> None:
    """Refuse a fingerprint that is not the one that was heard over another channel.

    Raises:
        InputTrouble: They differ, or it is no whole fingerprint.
    """
    digits = plain_hex(heard)
    if not re.fullmatch(rf"[0-9a-f]{{{_SHORTEST}}}", digits):
        raise InputTrouble(
            f"{what}: a fingerprint has {_SHORTEST} hexadecimal digits, not {len(digits)}",
            cure="have it read out again, whole, over a channel you trust",
        )
    if digits != found.hex():
        raise InputTrouble(
            f"{what}: the fingerprint is another than the one you were told; nothing was done",
            cure="do not go on: ask, over a channel you trust, who sent these files",
        )


def confirm(words: str, *, yes: bool) -> None:
    """Show what is about to be signed, and go on only when a person says so.

    Raises:
        click.Abort: The answer was not yes.
        click.UsageError: Nobody can be asked.
    """
    click.echo(words, err=True)
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError("nobody can be asked here: look at it, then give --yes")
    if click.prompt("Sign this? Type yes", err=True).strip().lower() != "yes":
        raise click.Abort


def draft_words(said: dict[str, Any]) -> str:
    """Return what a root or directory says, for a person."""
    lines = [said["statement"],
             f"  from {when(said['issued_ms'])} until {when(said['expires_ms'])}"]  # fmt: skip
    for body in said.get("bodies", ()):
        lines.append(f"  body {body['id']} ({body['class']}), {body['threshold']} of these keys:")
        lines += [f"    {key}" for key in body["keys"]]
    if "bodies" in said:
        lines.append(f"  a change of the root needs {said['root_change_needs']}")
        lines.append(f"  a directory needs {said['directory_needs']}")
    for title in ("new_members", "changed_members"):
        lines += [line for one in said.get(title, ()) for line in _member_words(title, one)]
    lines += [f"  new agreement {agreement_words(one)}" for one in said.get("new_agreements", ())]
    lines += [f"  agreement {one['id']} ends at {when(one['end_ms'])}"
              for one in said.get("ended_agreements", ())]  # fmt: skip
    lines += [f"  revoked key {key}" for key in said.get("newly_revoked", ())]
    return "\n".join([*lines, f"  {said['signatures']}", f"  fingerprint {said['fingerprint']}"])


def agreement_words(said: dict[str, Any]) -> str:
    """Return what an agreement says, in a line."""
    kinds = said["record_types"]
    what = "all record types" if len(kinds) == 21 else f"record types {_numbers(kinds)}"  # noqa: PLR2004 - 1 to 21
    law = f", by {said['legal_reference']}" if said["legal_reference"] else ""
    span = f"{when(said['from_ms'])} to {when(said['to_ms'])}"
    return (
        f"{said['id']}: {said['sender']} may send to {said['recipient']} {what}, "
        f"for {said['purpose'] or 'no stated purpose'}{law}, {span}"
    )


def member_words(one: dict[str, Any]) -> list[str]:
    """Return a member with its fingerprints, a line each."""
    by = f", reached at {one['connect_to']}" if one["connect_to"] else ""
    keys = f"{one['identity_threshold']} of {one['identity_keys']} keys"
    return [
        f"{one['endpoint']}, {one['administration']}, {one['status']}",
        f"  broker    {one['broker']}{by}",
        f"  identity  {one['identity']}  ({keys})",
        f"  broker CA {one['broker_ca']}",
    ]


def _member_words(title: str, one: dict[str, Any]) -> list[str]:
    first, *rest = member_words(one)
    head = "new member" if title == "new_members" else "changed member"
    return [f"  {head} {first}", *(f"  {line}" for line in rest)]


def _numbers(kinds: list[int]) -> str:
    return ", ".join(str(kind) for kind in kinds)


def with_next(done: list[str], steps: list[str]) -> str:
    """Return what was done and what comes next."""
    lines = [*done, "next"] if steps else done
    return "\n".join([*lines, *(f"  {number}. {step}" for number, step in enumerate(steps, 1))])
