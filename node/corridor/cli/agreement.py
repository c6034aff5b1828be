"""`corridor agreement`: what two administrations let each other send.

Rules:

* the partner's fingerprint is compared with the partner itself before anything is signed: a
  second check, in which the registry has no hand;
* a file that a partner handed over is shown in words before it is signed.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from corridor.cli.ceremony import (
    FOLDER,
    PLACE,
    agreement_words,
    confirm,
    passphrase_option,
    require_same,
    with_next,
    yes_option,
)
from corridor.cli.leave import agreement as command
from corridor.cli.link_certificates import Country
from corridor.cli.options import config_option, emit, json_option
from corridor.daemon.clock import unix_ms
from corridor.errors import Reason, Refused

if TYPE_CHECKING:
    from corridor.daemon.agreeing import Look, Terms
    from corridor.daemon.config import NodeConfig
    from corridor.seal.keys import SigningKey
    from corridor.transit.parties import CountryCode
    from corridor.trust.directory import Member
    from corridor.trust.view import TrustView

_IDENTITY = click.option("--identity", "identity_at", type=FOLDER, required=True,
                         help="The folder of the administration's identity keys.")  # fmt: skip
_HEARD = click.option("--partner-fingerprint", "heard",
                      help="The partner's identity fingerprint, as the partner told it to you. "
                           "Without it you are asked.")  # fmt: skip
_DATE = click.DateTime(["%Y-%m-%d"])
_YEAR = timedelta(days=365)


@command.command("propose")
@click.argument("country", type=Country())
@config_option
@_IDENTITY
@passphrase_option
@click.option("--types", default="all", show_default=True,
              help="Record types: all, or numbers such as 1,2,5.")  # fmt: skip
@click.option("--purpose", default="transit", show_default=True, help="What for.")
@click.option("--legal-reference", default="", help="The law or treaty it stands on.")
@click.option("--from", "starts", type=_DATE, help="First day (UTC); now if not given.")
@click.option("--to", "ends", type=_DATE, help="First day it is over; in a year if not given.")
@click.option("--label", help="Ends its ids; the day it starts if not given.")
@_HEARD
@click.option("--out", type=FOLDER, required=True, help="The folder for the two files.")
@yes_option
@json_option
def propose(
    country: "CountryCode",
    config_path: Path,
    identity_at: Path,
    passphrase_file: Path | None,
    types: str,
    purpose: str,
    legal_reference: str,
    starts: datetime | None,
    ends: datetime | None,
    label: str | None,
    heard: str | None,
    out: Path,
    yes: bool,
    as_json: bool,
) -> None:
    """Draft an agreement with COUNTRY, both directions, and sign it for us.

    \b
    corridor agreement propose TR --config ge/node.toml --identity ge-identity --out ge-tr
    """  # noqa: D301 - click's own mark for lines that stay as they are
    from corridor.daemon import agreeing

    desk = _open(config_path)
    partner = agreeing.partner_member(desk.config, desk.view, country)
    _require_partner(partner, heard, yes=yes)
    terms = _terms(desk.now_ms, types, purpose, legal_reference, starts, ends, label)
    signers = _signers(desk, identity_at, passphrase_file)
    made = agreeing.propose(desk.view, desk.me, partner, terms, signers)
    files = _kept(out, made, yes=yes)
    steps = [f"give {out} to {partner.member_id}: corridor agreement sign {out}"]
    data = {"files": files, "partner": partner.member_id, "next": steps}
    emit(data, with_next([f"wrote {name}, signed by {desk.me.member_id}" for name in files], steps),
         as_json=as_json)  # fmt: skip


@command.command("sign")
@click.argument("files", type=PLACE, nargs=-1, required=True)
@config_option
@_IDENTITY
@passphrase_option
@_HEARD
@yes_option
@json_option
def sign(
    files: tuple[Path, ...],
    config_path: Path,
    identity_at: Path,
    passphrase_file: Path | None,
    heard: str | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Sign agreements (FILES or folders) that a partner proposed, after showing them in words."""
    from corridor.daemon import agreeing
    from corridor.daemon.network_folder import write_statement

    desk = _open(config_path)
    found = agreeing.look(desk.view, files)
    for one in found:
        agreeing.sign_agreement(one, desk.me, ())  # refuses what is not ours, before anybody signs
        _require_partner(_member(desk, agreeing.other_party(one, desk.me)), heard, yes=yes)
    signers = _signers(desk, identity_at, passphrase_file)
    confirm("\n".join(_words(one) for one in found), yes=yes)
    for one in found:
        write_statement(one.file, agreeing.sign_agreement(one, desk.me, signers))
    done = agreeing.look(desk.view, files)
    complete = not any(one.missing for one in done)
    steps = ["give them to the registry: corridor registry include-agreement FILES"]
    if not complete:
        steps = ["give them to the other member: corridor agreement sign FILES"]
    emit({"agreements": [one.describe() for one in done], "complete": complete, "next": steps},
         with_next([_state(one) for one in done], steps), as_json=as_json)  # fmt: skip


@command.command("show")
@click.argument("files", type=PLACE, nargs=-1, required=True)
@config_option
@json_option
def show(files: tuple[Path, ...], config_path: Path, as_json: bool) -> None:
    """Show what agreements (FILES or folders) say and who signed them; nothing is signed."""
    from corridor.daemon import agreeing

    found = agreeing.look(_open(config_path).view, files)
    text = "\n".join(f"{_words(one)}\n  {_state(one)}" for one in found)
    emit([one.describe() for one in found], text, as_json=as_json)


class _Desk(NamedTuple):
    config: "NodeConfig"
    view: "TrustView"
    me: "Member"
    now_ms: int


def _open(config_path: Path) -> _Desk:
    from corridor.daemon.config import load_config
    from corridor.daemon.joining import require_listed
    from corridor.daemon.trust_keeper import open_trust

    now_ms = unix_ms()
    config = load_config(config_path)
    view = open_trust(config).load(now_ms)
    require_listed(config, view)
    me = view.member(config.endpoint)
    assert me is not None  # noqa: S101 - it is listed
    return _Desk(config, view, me, now_ms)


def _member(desk: _Desk, member_id: str) -> "Member":
    for member in desk.view.members():
        if member.member_id == member_id:
            return member
    raise Refused(Reason.UNKNOWN_RECIPIENT, f"{member_id} is no member of this network")


def _require_partner(partner: "Member", heard: str | None, *, yes: bool) -> None:
    from corridor.daemon.rotation import grouped

    print_ = partner.identity.fingerprint()
    if heard is not None:
        require_same(heard, print_, partner.member_id)
    elif yes:
        raise click.UsageError(
            "--yes signs with nobody whose fingerprint was not compared: --partner-fingerprint"
        )
    else:
        click.echo(f"{partner.member_id} has the identity fingerprint {grouped(print_)}; "
                   "compare it with that administration itself", err=True)  # fmt: skip


def _signers(desk: _Desk, place: Path, passphrase: Path | None) -> "tuple[SigningKey, ...]":
    from corridor.daemon.joining import identity_signers

    return identity_signers(place, passphrase or desk.config.keys.passphrase_file, desk.me.identity)


def _terms(
    now_ms: int,
    types: str,
    purpose: str,
    legal_reference: str,
    starts: datetime | None,
    ends: datetime | None,
    label: str | None,
) -> "Terms":
    from corridor.daemon.agreeing import Terms

    now = datetime.fromtimestamp(now_ms / 1000, UTC)
    start = starts.replace(tzinfo=UTC) if starts else now.replace(hour=0, minute=0, second=0,
                                                                  microsecond=0)  # fmt: skip
    end = ends.replace(tzinfo=UTC) if ends else start + _YEAR
    return Terms(_types(types), purpose, legal_reference, int(start.timestamp() * 1000),
                 int(end.timestamp() * 1000), label or f"{start:%Y%m%d}")  # fmt: skip


def _types(text: str) -> tuple[int, ...]:
    from corridor.trust.agreement import BUSINESS_TYPES
    from corridor.wire.batches import ATTACHMENT

    if text.strip().lower() == "all":
        return (*BUSINESS_TYPES, ATTACHMENT)
    try:
        found = tuple(sorted({int(part) for part in text.split(",")}))
    except ValueError:
        found = ()
    if not found or any(kind not in {*BUSINESS_TYPES, ATTACHMENT} for kind in found):
        raise click.BadParameter("all, or numbers of 1 to 21: 1,2,21", param_hint="--types")
    return found


def _kept(out: Path, made: dict[str, bytes], *, yes: bool) -> list[str]:
    from corridor.daemon.agreeing import keep_proposal
    from corridor.daemon.registry_words import describe_agreement
    from corridor.trust.agreement import read_agreement
    from corridor.trust.statements import Signed

    said = [describe_agreement(read_agreement(Signed.parse(raw).payload)) for raw in made.values()]
    confirm("\n".join(agreement_words(one) for one in said), yes=yes)
    return keep_proposal(out, made)


def _words(one: "Look") -> str:
    return agreement_words(one.describe())


def _state(one: "Look") -> str:
    missing = f"; {' and '.join(one.missing)} must still sign" if one.missing else ": complete"
    return f"{one.file}: signed by {' and '.join(one.signed_by) or 'no member'}{missing}"
