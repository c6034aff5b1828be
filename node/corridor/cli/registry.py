"""`corridor registry`: the ceremonies of the bodies that vouch for the network.

Rules:

* each body works on a machine of its own, offline; files go from one to the next;
* whatever is signed was shown in words before (`corridor.cli.ceremony`);
* only `publish` writes into the network's folder, and only what enough bodies signed.
"""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from corridor.cli.ceremony import (
    FILE,
    FOLDER,
    PLACE,
    READABLE,
    confirm,
    draft_words,
    network_option,
    passphrase_option,
    require_same,
    with_next,
    yes_option,
)
from corridor.cli.options import emit, json_option
from corridor.cli.registry_drafts import KEYS, OUT, sign_steps, write_draft
from corridor.cli.registry_end import end, leave
from corridor.daemon.clock import unix_ms
from corridor.errors import ExitStatus

if TYPE_CHECKING:
    from corridor.daemon.network_folder import Network

_HELD = click.option("--network", "network_at", type=FOLDER,
                     help="The network's folder of statements; none for a first root.")  # fmt: skip


@click.group("registry")
def command() -> None:
    """Found a network, admit members, list and end agreements: for the bodies of the registry."""


for _each in (end, leave):
    command.add_command(_each)


@command.command("body-key")
@click.option("--id", "body_id", required=True, help="The body's id: UN.")
@click.option("--class", "body_class", type=click.Choice(["un", "regional", "other"]),
              required=True, help="What kind of body it is.")  # fmt: skip
@click.option("--at", type=FOLDER, required=True, help="The folder for its keys, kept offline.")
@click.option("--out", type=FILE, required=True, help="The card for the other bodies, public.")
@click.option("--keys", type=click.IntRange(1, 16), default=1, show_default=True,
              help="How many keys.")  # fmt: skip
@click.option("--threshold", type=click.IntRange(1, 16), default=1, show_default=True,
              help="How many of them must sign for the body to count.")  # fmt: skip
@passphrase_option
@json_option
def body_key(
    body_id: str,
    body_class: str,
    at: Path,
    out: Path,
    keys: int,
    threshold: int,
    passphrase_file: Path | None,
    as_json: bool,
) -> None:
    """Make the keys of a body, and the card that the other bodies need.

    \b
    corridor registry body-key --id UN --class un --at un-keys --out un.json
    """  # noqa: D301 - click's own mark for lines that stay as they are
    from corridor.daemon.bodies import make_body_keys
    from corridor.trust.root import BodyClass

    card = make_body_keys(
        body_id, BodyClass[body_class.upper()], at,
        keys=keys, threshold=threshold, passphrase_file=passphrase_file,
    )  # fmt: skip
    out.write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    done = [f"keys of {body_id} are in {at}, its card is {out}"]
    done += [f"  fingerprint {key['fingerprint']}" for key in card["keys"]]
    steps = [
        f"give {out} to the body that drafts the root; read the fingerprints out to it",
        "corridor registry found UN.json OTHER.json ...   on one machine",
    ]
    emit({**card, "keys_at": str(at), "card": str(out), "next": steps}, with_next(done, steps),
         as_json=as_json)  # fmt: skip


@command.command("found")
@click.argument("cards", type=READABLE, nargs=-1, required=True)
@click.option("--name", required=True, help="Name of the network, for people.")
@click.option("--root-change", default="any >= 3, UN >= 1", show_default=True,
              help="What a later change of the root needs.")  # fmt: skip
@click.option("--directory", "directory_needs", default="any >= 2, UN >= 1", show_default=True,
              help="What a directory needs.")  # fmt: skip
@KEYS
@passphrase_option
@OUT
@yes_option
@json_option
def found(
    cards: tuple[Path, ...],
    name: str,
    root_change: str,
    directory_needs: str,
    keys_at: Path,
    passphrase_file: Path | None,
    out: Path,
    yes: bool,
    as_json: bool,
) -> None:
    """Draft the first root of a network from the bodies' CARDS, and sign it.

    Its fingerprint is what every member compares over another channel, once and for ever.

    \b
    corridor registry found un.json east.json west.json --name transit \\
      --keys un-keys --out root.crt1
    """  # noqa: D301 - click's own mark for lines that stay as they are
    from corridor.daemon.bodies import read_card, read_clauses, signing_keys
    from corridor.daemon.registry import found_network

    raw = found_network(
        name,
        [read_card(card) for card in cards],
        (read_clauses(root_change), read_clauses(directory_needs)),
        signing_keys(keys_at, passphrase_file),
        unix_ms(),
    )
    steps = [
        f"give {out} to each other body: corridor registry sign {out}",
        f"corridor registry publish {out} --network FOLDER   when enough have signed",
        "publish the fingerprint where members find it without these files: on paper, by telephone",
    ]
    write_draft(raw, None, out, steps, yes=yes, as_json=as_json)


@command.command("admit")
@click.argument("requests", type=READABLE, nargs=-1, required=True)
@network_option
@KEYS
@passphrase_option
@OUT
@click.option("--expect-fingerprint", "heard", multiple=True,
              help="An administration's identity fingerprint as it was heard over another channel; "
                   "one for each request. Without it you are asked.")  # fmt: skip
@yes_option
@json_option
def admit(
    requests: tuple[Path, ...],
    network_at: Path,
    keys_at: Path,
    passphrase_file: Path | None,
    out: Path,
    heard: tuple[str, ...],
    yes: bool,
    as_json: bool,
) -> None:
    """Draft the next directory, with the administrations of these REQUESTS, and sign it.

    Each request is signed by all identity keys in it. Whether they are the administration's, only
    a person can tell: compare the identity fingerprint over another channel.
    """
    from corridor.daemon.bodies import signing_keys
    from corridor.daemon.network_folder import read_network
    from corridor.daemon.registry import draft_admission, read_request

    now_ms = unix_ms()
    members = [read_request(file, now_ms) for file in requests]
    if yes and len(heard) != len(members):
        raise click.UsageError(
            "--yes admits nobody whose fingerprint was not compared: give --expect-fingerprint "
            f"for each of the {len(members)} requests"
        )
    for told, member in zip(heard, members, strict=False):
        require_same(told, member.identity.fingerprint(), str(member.endpoint))
    network = read_network(network_at)
    raw = draft_admission(network, requests, signing_keys(keys_at, passphrase_file), now_ms)
    write_draft(raw, network, out, sign_steps(out), yes=yes, as_json=as_json)


@command.command("include-agreement")
@click.argument("files", type=PLACE, nargs=-1, required=True)
@network_option
@KEYS
@passphrase_option
@OUT
@yes_option
@json_option
def include_agreement(
    files: tuple[Path, ...],
    network_at: Path,
    keys_at: Path,
    passphrase_file: Path | None,
    out: Path,
    yes: bool,
    as_json: bool,
) -> None:
    """Draft the next directory, with agreements (FILES or folders) that both members signed."""
    from corridor.daemon.bodies import signing_keys
    from corridor.daemon.network_folder import read_network
    from corridor.daemon.registry import draft_inclusion

    network = read_network(network_at)
    raw = draft_inclusion(network, files, signing_keys(keys_at, passphrase_file), unix_ms())
    write_draft(raw, network, out, sign_steps(out), yes=yes, as_json=as_json)


@command.command("renew")
@network_option
@KEYS
@passphrase_option
@OUT
@yes_option
@json_option
def renew(
    network_at: Path,
    keys_at: Path,
    passphrase_file: Path | None,
    out: Path,
    yes: bool,
    as_json: bool,
) -> None:
    """Draft the next directory: the same members and agreements, good for another 45 days."""
    from corridor.daemon.bodies import signing_keys
    from corridor.daemon.network_folder import read_network
    from corridor.daemon.registry import draft_renewal

    network = read_network(network_at)
    raw = draft_renewal(network, signing_keys(keys_at, passphrase_file), unix_ms())
    write_draft(raw, network, out, sign_steps(out), yes=yes, as_json=as_json)


@command.command("sign")
@click.argument("file", type=READABLE)
@_HELD
@KEYS
@passphrase_option
@click.option("--expect-fingerprint", "heard", help="The draft's fingerprint as you heard it.")
@yes_option
@json_option
def sign(
    file: Path,
    network_at: Path | None,
    keys_at: Path,
    passphrase_file: Path | None,
    heard: str | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Add this body's signature to a draft (FILE), after showing what it says."""
    from corridor.daemon.bodies import signing_keys
    from corridor.daemon.network_folder import read_statement, write_statement
    from corridor.daemon.registry import add_signatures, look
    from corridor.daemon.registry_words import describe_draft

    network = _network(network_at)
    raw, now_ms = read_statement(file), unix_ms()
    draft = look(raw, network, now_ms)
    if heard is not None:
        require_same(heard, draft.signed.payload_hash, str(file))
    keys = signing_keys(keys_at, passphrase_file)
    signed = add_signatures(raw, draft, keys)
    confirm(draft_words(describe_draft(draft)), yes=yes)
    write_statement(file, signed)
    done = look(signed, network, now_ms)
    said = describe_draft(done)
    steps = [
        f"corridor registry publish {file} --network FOLDER"
        if done.approval.complete
        else f"give {file} to the next body: corridor registry sign {file}"
    ]
    emit({**said, "file": str(file), "next": steps},
         with_next([f"{file}: {done.approval.words()}"], steps), as_json=as_json)  # fmt: skip


@command.command("publish")
@click.argument("files", type=READABLE, nargs=-1, required=True)
@network_option
@json_option
def publish(files: tuple[Path, ...], network_at: Path, as_json: bool) -> None:
    """Put what enough bodies signed into the network's folder, which members are handed.

    FILES may be several copies of one draft, each signed by other bodies. What too few signed is
    refused (`quorum`), and nothing is written.
    """
    from corridor.daemon.network_folder import publish as put
    from corridor.daemon.network_folder import read_network
    from corridor.daemon.rotation import grouped

    names = put(network_at, files, unix_ms())
    genesis = read_network(network_at).genesis_hash
    steps = [
        f"hand {network_at} to every member: corridor join --network {network_at.name}",
        "tell the fingerprint over another channel, never with the files",
    ]
    done = [*(f"published {name}" for name in names),
            f"fingerprint of the network {grouped(genesis)}"]  # fmt: skip
    data = {"published": names, "network": str(network_at), "genesis_sha256": genesis.hex(),
            "fingerprint": grouped(genesis), "next": steps}  # fmt: skip
    emit(data, with_next(done, steps), as_json=as_json)


@command.command("show")
@click.argument("file", type=READABLE)
@_HELD
@json_option
def show(file: Path, network_at: Path | None, as_json: bool) -> None:
    """Show what a draft or statement (FILE) says, in words; nothing is signed."""
    said = _said(file, network_at)
    emit(said, draft_words(said), as_json=as_json)


@command.command("status")
@click.argument("file", type=READABLE)
@_HELD
@json_option
def status(file: Path, network_at: Path | None, as_json: bool) -> None:
    """Show which bodies signed a draft (FILE) and which are missing; status 1 until enough did."""
    said = _said(file, network_at)
    emit(said, f"{file}: {said['signatures']}", as_json=as_json)
    if not said["complete"]:
        sys.exit(ExitStatus.FAILED)


def _said(file: Path, network_at: Path | None) -> dict[str, Any]:
    from corridor.daemon.network_folder import read_statement
    from corridor.daemon.registry import look
    from corridor.daemon.registry_words import describe_draft

    return describe_draft(look(read_statement(file), _network(network_at), unix_ms()))


def _network(network_at: Path | None) -> "Network | None":
    from corridor.daemon.network_folder import read_network

    return None if network_at is None else read_network(network_at)
