"""`corridor registry end | leave`: the next directory ends agreements, or lists a member as LEFT.

Rules:

* a request counts for nothing until its fingerprint was compared with the member over another
  channel; the command demands it;
* the directory is drafted from the one before it and signed with the keys at hand; what is missing
  to the quorum is said, and other bodies sign the same file (`--draft`).
"""

import hashlib
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from corridor.cli.options import emit, json_option, read_file, when, write_new
from corridor.errors import InputTrouble

if TYPE_CHECKING:
    from corridor.trust.directory import Directory

_MAX_REQUEST: Final = 1 << 20
_MAX_DIRECTORY: Final = (4 << 20) + 8

_root = click.option("--root", "root_path", type=click.Path(path_type=Path, dir_okay=False),
                     required=True, help="The first root: it names the network.")  # fmt: skip
_held = click.option("--directory", "held_path", required=True,
                     type=click.Path(path_type=Path, dir_okay=False),
                     help="The directory in force (.crt1).")  # fmt: skip
_keys = click.option("--keys", "keys_path", type=click.Path(path_type=Path, file_okay=False),
                     required=True, help="Folder with this body's keys.")  # fmt: skip
_passphrase = click.option("--passphrase-file", type=click.Path(path_type=Path, dir_okay=False),
                           help="A file whose first line unlocks the keys.")  # fmt: skip
_out = click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True,
                    help="Where to write the next directory (.crt1).")  # fmt: skip
_draft = click.option("--draft", "draft_path", type=click.Path(path_type=Path, dir_okay=False),
                      help="The directory as another body signed it.")  # fmt: skip


@click.command("end")
@click.argument("request_path", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--fingerprint", required=True, help="As the member read it out.")
@_root
@_held
@_keys
@_passphrase
@_draft
@_out
@json_option
def end(
    request_path: Path, fingerprint: str, root_path: Path, held_path: Path, keys_path: Path,
    passphrase_file: Path | None, draft_path: Path | None, out: Path, as_json: bool,
) -> None:  # fmt: skip
    """Draft and sign the directory that ends what REQUEST_PATH asks for.

    A request to leave ends all agreements of the member; 30 days after, `corridor registry leave`.
    """
    from corridor.trust.directory import read_directory
    from corridor.trust.ending import end_agreements
    from corridor.trust.statements import Signed

    request = _request(request_path, fingerprint)
    network, held = _network(root_path), _statement(held_path)
    directory = read_directory(Signed.parse(held).payload, network, {})
    _refuse_foreign(request, directory)
    now_ms = _now(draft_path, network)
    end_ms = request["end_ms"] or now_ms
    new = end_agreements(held, network, request["agreements"], end_ms, now_ms)
    _sign(new, keys_path, passphrase_file, draft_path, out)
    text = [
        f"wrote {out}: directory {new.version}",
        *(f"  {name} ends {when(end_ms)}" for name in request["agreements"]),
        "next: the other bodies sign the same file (--draft), then publish it",
    ]
    done = {"file": str(out), "version": new.version, "end_ms": end_ms, **request}
    emit(done, "\n".join(text), as_json=as_json)


@click.command("leave")
@click.argument("member_id")
@click.option("--at-once", is_flag=True,
              help="Do not wait for receipts: the member is not trusted any more.")  # fmt: skip
@_root
@_held
@_keys
@_passphrase
@_draft
@_out
@json_option
def leave(
    member_id: str, at_once: bool, root_path: Path, held_path: Path, keys_path: Path,
    passphrase_file: Path | None, draft_path: Path | None, out: Path, as_json: bool,
) -> None:  # fmt: skip
    """Draft and sign the directory in which MEMBER_ID has LEFT.

    Refused until 30 days after its last agreement's end, unless at once.
    """
    from corridor.trust.ending import leave as let_leave

    network = _network(root_path)
    now_ms = _now(draft_path, network)
    new = let_leave(_statement(held_path), network, member_id, now_ms, at_once=at_once)
    _sign(new, keys_path, passphrase_file, draft_path, out)
    text = f"wrote {out}: directory {new.version}, {member_id} has left"
    emit({"file": str(out), "version": new.version, "member": member_id}, text, as_json=as_json)


def _request(path: Path, fingerprint: str) -> dict[str, Any]:
    content = read_file(path, _MAX_REQUEST)
    told = "".join(fingerprint.split()).lower()
    if hashlib.sha256(content).digest()[:16].hex() != told:
        raise InputTrouble(
            f"{path}: has another fingerprint; nothing was signed",
            cure="have the member read it out again, over a number you know",
        )
    try:
        request = json.loads(content)
        known = request["corridor_end_request"] == 1 and request["what"] in {"end", "leave"}
        names = [str(one) for one in request["agreements"]]
        end_ms = None if request["end_ms"] is None else int(request["end_ms"])
        found = {"what": request["what"], "member": str(request["member"])}
    except (ValueError, KeyError, TypeError, RecursionError):
        known = False
    if not known:
        raise InputTrouble(
            f"{path}: is no request to end anything", cure="`corridor agreement end`"
        )
    return {**found, "agreements": names, "end_ms": end_ms}


def _refuse_foreign(request: dict[str, Any], directory: "Directory") -> None:
    """Refuse to end agreements between others."""
    member = next((m for m in directory.members if m.endpoint == request["member"]), None)
    if member is None:
        raise InputTrouble(f"{request['member']}: the directory has no such endpoint")
    own = {
        one.agreement.agreement_id
        for one in directory.agreements
        if member.member_id in (one.agreement.sender, one.agreement.recipient)
    }
    if foreign := sorted(set(request["agreements"]) - own):
        raise InputTrouble(
            f"{request['member']} is no party of {', '.join(foreign)}; nothing was signed",
            cure="only a member of an agreement may end it",
        )


def _statement(path: Path) -> bytes:
    from corridor.trust.frames import decode_statement_frame

    return decode_statement_frame(read_file(path, _MAX_DIRECTORY))


def _network(root_path: Path) -> bytes:
    from corridor.trust.ceremony import genesis_hash

    return genesis_hash(_statement(root_path))[:16]


def _now(draft_path: Path | None, network: bytes) -> int:
    """Return the time of issue: that of the draft, where another body has begun."""
    from corridor.trust.directory import read_directory
    from corridor.trust.statements import Signed

    if draft_path is None:
        return time.time_ns() // 1_000_000
    return read_directory(Signed.parse(_statement(draft_path)).payload, network, {}).issued_ms


def _sign(
    new: "Directory", keys_path: Path, passphrase: Path | None, draft: Path | None, out: Path
) -> None:
    from corridor.daemon.keystore import KeyRole, KeyStore
    from corridor.trust.ceremony import add_signature, make_directory
    from corridor.trust.frames import encode_statement_frame
    from corridor.trust.statements import Signed

    store = KeyStore(keys_path, passphrase_file=passphrase)
    roles = (KeyRole.REGISTRY, KeyRole.IDENTITY)
    keys = [key for role in roles for key in store.signing_keys(role).values()]
    if not keys:
        raise InputTrouble(f"{keys_path}: holds no keys of a body", cure="name the body's folder")
    if draft is None:
        signed = make_directory(new, keys)
    else:
        signed = _statement(draft)
        if Signed.parse(signed).payload != Signed.parse(make_directory(new, keys)).payload:
            raise InputTrouble(
                f"{draft}: is another directory than the request makes; it was not signed",
                cure="ask the body that made it which request and directory it took",
            )
        held = {one.key_id for one in Signed.parse(signed).signatures}
        for key in keys:
            if key.key_id not in held:
                signed = add_signature(signed, key)
    write_new(out, encode_statement_frame(signed), 0o644)
