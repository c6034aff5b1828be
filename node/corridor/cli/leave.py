"""`corridor agreement end` and `corridor leave`: what a member asks the registry for.

Rules:

* a request says what is asked and is signed by nobody: the registry compares its fingerprint with
  the member over another channel, as at joining, and only the next directory ends anything;
* either member of an agreement may ask: one that does not want to send or receive any more needs
  nobody's consent;
* a request holds public values only, and asking twice changes nothing.
"""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from corridor.cli.options import config_option, emit, json_option, table, when, write_new
from corridor.daemon.clock import unix_ms
from corridor.errors import InputTrouble

if TYPE_CHECKING:
    from corridor.trust.ending import Standing

_out = click.option("--out", type=click.Path(path_type=Path, dir_okay=False),
                    help="Where to write the request.")  # fmt: skip
_at = click.option(
    "--at",
    "at",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Day of the end, UTC; without it, as soon as a directory says so.",
)
_reason = click.option("--reason", default="", help="Why, for the registry.")


@click.group("agreement")
def agreement() -> None:
    """Propose, sign and show agreements, and ask for their end."""


@agreement.command("list")
@config_option
@json_option
def list_(config_path: Path, as_json: bool) -> None:
    """Show every agreement of this node: who sends what to whom, until when, and what is next."""
    _, found = _standings(config_path)
    rows = [
        (one.agreement_id, f"{one.sender} to {one.recipient}", str(len(one.types)),
         when(one.end_ms), when(one.control_until_ms), one.phase)
        for one in found
    ]  # fmt: skip
    text = table(rows, ("agreement", "", "types", "ends", "receipts until", "now"))
    emit([_shown(one) for one in found], text or "no agreement", as_json=as_json)


@agreement.command("end")
@click.argument("agreement_id")
@_at
@_reason
@_out
@config_option
@json_option
def end(
    agreement_id: str, at: datetime | None, reason: str, out: Path | None, config_path: Path,
    as_json: bool,
) -> None:  # fmt: skip
    """Write the request that ends an agreement, for the registry.

    Either member may ask. Data stop at its end, in that direction; receipts pass for 30 days more.
    """
    me, found = _standings(config_path)
    chosen = [one for one in found if one.agreement_id == agreement_id]
    if not chosen:
        names = ", ".join(one.agreement_id for one in found) or "none"
        raise InputTrouble(
            f"no agreement {agreement_id!r} of {me}", cure=f"`corridor agreement list`: {names}"
        )
    _request(me, "end", chosen, at, reason, out or Path(f"end-{agreement_id}.json"), as_json)


@click.command("leave")
@_at
@_reason
@_out
@config_option
@json_option
def command(
    at: datetime | None, reason: str, out: Path | None, config_path: Path, as_json: bool
) -> None:
    """Write the request to leave the network, for the registry, and say what happens when.

    All agreements end on one day. Receipts pass for 30 days more; after that the registry lists
    the member as LEFT. The store, and with it the evidence, stays here.
    """
    me, found = _standings(config_path)
    now_ms = unix_ms()
    open_now = [one for one in found if one.end_ms > now_ms]
    _request(me, "leave", open_now, at, reason, out or Path("leave-request.json"), as_json)


def _request(
    me: str, what: str, found: "list[Standing]", at: datetime | None, reason: str, out: Path,
    as_json: bool,
) -> None:  # fmt: skip
    from corridor.daemon.registry_ending import REQUEST
    from corridor.daemon.rotation import grouped

    now_ms = unix_ms()
    at_ms = None if at is None else round(at.replace(tzinfo=UTC).timestamp() * 1000)
    if at_ms is not None and at_ms <= now_ms:
        raise InputTrouble("an end lies in the future", cure="leave --at out: as soon as possible")
    over = [one.agreement_id for one in found if one.end_ms <= (at_ms or now_ms)]
    if over and what == "end":
        raise InputTrouble(f"{over[0]} has ended by then", cure="`corridor agreement list`")
    request: dict[str, Any] = {
        REQUEST: 1,
        "what": what,
        "member": me,
        "agreements": sorted(one.agreement_id for one in found),
        "end_ms": at_ms,
        "reason": " ".join(reason.split())[:256],
    }
    content = json.dumps(request, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    if not (out.is_file() and out.read_text("utf-8") == content):
        write_new(out, content.encode(), 0o644)
    fingerprint = grouped(hashlib.sha256(content.encode()).digest())
    lines = [
        f"wrote {out}",
        f"fingerprint {fingerprint}",
        *(f"  ends {one.agreement_id}: {one.sender} to {one.recipient}" for one in found),
        "next: send it to the registry and read the fingerprint out over another channel",
        f"data stop       {when(at_ms) if at_ms else 'when the directory says so'}",
        "receipts pass   30 days more, then the way is shut",
        "what waits then is refused as agreement_ended, and the national system is told",
        "afterwards      `corridor broker clean XX --really` for each partner; the evidence stays",
    ]
    done = {"file": str(out), "fingerprint": fingerprint, **request}
    emit(done, "\n".join(lines), as_json=as_json)


def _standings(config_path: Path) -> "tuple[str, tuple[Standing, ...]]":
    from corridor.daemon.config import load_config
    from corridor.daemon.trust_keeper import open_trust
    from corridor.trust.ending import standings

    config = load_config(config_path)
    now_ms = unix_ms()
    view = open_trust(config).load(now_ms)
    return config.endpoint, standings(view, config.endpoint, now_ms)


def _shown(one: "Standing") -> dict[str, Any]:
    return {
        "id": one.agreement_id,
        "sender": one.sender,
        "recipient": one.recipient,
        "types": list(one.types),
        "from_ms": one.from_ms,
        "end_ms": one.end_ms,
        "early": one.early,
        "phase": one.phase,
        "receipts_until_ms": one.control_until_ms,
    }
