"""`corridor join`: join a network whose fingerprint was compared over another channel."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from corridor.cli.ceremony import (
    FOLDER,
    member_words,
    network_option,
    passphrase_option,
    plain_hex,
    require_same,
    with_next,
)
from corridor.cli.init import AGREEING
from corridor.cli.options import config_option, emit, json_option
from corridor.daemon.clock import unix_ms

if TYPE_CHECKING:
    from corridor.daemon.joining import Step
    from corridor.daemon.network_folder import Network
    from corridor.transit.parties import Endpoint
    from corridor.trust.view import TrustView


@click.command("join")
@config_option
@network_option
@click.option("--fingerprint", "heard", help="The fingerprint of the network's first root, as the "
              "registry told it to you over another channel. Asked for if not given.")  # fmt: skip
@click.option("--identity", "identity_at", type=FOLDER,
              help="The folder of the identity keys, for one signature.")  # fmt: skip
@passphrase_option
@json_option
def command(
    config_path: Path,
    network_at: Path,
    heard: str | None,
    identity_at: Path | None,
    passphrase_file: Path | None,
    as_json: bool,
) -> None:
    """Join a network: pin its first root, take its statements, lend the node its keys.

    The registry hands out the network's folder, by any way. What makes it the right one is the
    fingerprint, which you are told over another channel: by telephone, on paper, face to face.
    Repeat it whenever the registry has signed a newer directory; what is done stays done.

    \b
    corridor join --config ge/node.toml --network network --identity ge-identity
    """  # noqa: D301 - click's own mark for lines that stay as they are
    from corridor.daemon import joining
    from corridor.daemon.config import load_config
    from corridor.daemon.network_folder import read_network

    now_ms = unix_ms()
    network = read_network(network_at)
    _compare(network, config_path, heard)
    joining.require_current(config_path, network, now_ms)
    steps = [joining.pin_network(config_path, network.genesis_hash)]
    config = load_config(config_path)
    view, believed = joining.believe(config, network, now_ms)
    identity = joining.require_listed(config, view)
    steps.append(believed)
    if identity_at is not None:
        signers = joining.identity_signers(
            identity_at, passphrase_file or config.keys.passphrase_file, identity
        )
        view, lent = joining.delegate(config, view, signers, now_ms)
        steps.append(lent)
    joined = joining.is_delegated(config, view)
    if joined:
        steps.append(joining.announce(config, view, now_ms))
    after = _next_steps(config_path, joined=joined, identity=identity_at is not None)
    _tell(view, config.endpoint, steps, after, as_json=as_json)


def _tell(
    view: "TrustView", me: "Endpoint", steps: "list[Step]", after: list[str], *, as_json: bool
) -> None:
    from corridor.daemon.registry_words import describe_member

    others = [describe_member(one) for one in view.members() if one.endpoint != me]
    data = {
        "endpoint": me,
        "network": view.root.network_name,
        "directory": view.dir_version,
        "steps": [{"what": step.what, "new": step.new} for step in steps],
        "members": others,
        "next": after,
    }
    lines = [f"{me} in the network {view.root.network_name!r}"]
    lines += [f"  {step.what}" + ("" if step.new else " already") for step in steps]
    if others:
        lines.append("other members; compare their fingerprints with themselves before you agree")
        lines += [f"  {line}" for member in others for line in member_words(member)]
    emit(data, with_next(lines, after), as_json=as_json)


def _compare(network: "Network", config_path: Path, heard: str | None) -> None:
    """Have the first root's fingerprint compared, unless the node has it pinned already."""
    from corridor.daemon.joining import is_pinned

    if heard is None:
        if is_pinned(config_path, network.genesis_hash):
            return
        if not sys.stdin.isatty():
            raise click.UsageError("missing: --fingerprint, as the registry told it to you")
        heard = click.prompt("Fingerprint of the network, as the registry told it to you", err=True)
    require_same(plain_hex(heard), network.genesis_hash, "the network")


def _next_steps(config_path: Path, *, joined: bool, identity: bool) -> list[str]:
    config = f"--config {config_path}"
    if not joined:
        step = f"corridor join {config} --network FOLDER --fingerprint HEX --identity FOLDER"
        return [f"{step}   where the identity keys are: the node may not sign yet"]
    return [
        *(["take the identity keys away from this machine again"] if identity else []),
        f"corridor agreement propose CC {config} --identity FOLDER --out FOLDER   {AGREEING}",
        f"corridor broker request CC {config}   asks each partner for a certificate",
        f"corridor doctor {config}   says what is missing",
    ]
