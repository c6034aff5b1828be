"""What a body of the registry drafts, looks through and signs; files go from body to body.

Rules:

* a draft is a statement that has too few signatures yet; everybody refuses it (`quorum`);
* whoever drafts or signs has it checked first: it must follow what is held, and be a directory
  that members could believe, were the other signatures there;
* a draft is drafted once: drafting the same again gives the file that is there.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from corridor.daemon.bodies import read_json
from corridor.daemon.network_folder import Network, read_statement, statement_files
from corridor.daemon.rotation import grouped
from corridor.errors import InputTrouble, Reason, Refused
from corridor.seal.keys import SigningKey
from corridor.seal.pae import PayloadType
from corridor.trust import ceremony
from corridor.trust.agreement import read_agreement
from corridor.trust.approval import Approval, approval
from corridor.trust.directory import Directory, Member, read_directory
from corridor.trust.possession import read_possession, require_admissible
from corridor.trust.root import Body, Clause, Root, encode_root, read_root
from corridor.trust.state import NETWORK_ID_BYTES, adopt_draft
from corridor.trust.statements import Signed
from corridor.trust.view import TrustView

_MAX_REQUEST_BYTES: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class Draft:
    """A root or directory with what it changes and how far its signing has come."""

    signed: Signed
    approval: Approval
    root: Root | None = None
    directory: Directory | None = None
    held: Directory | None = None
    """The directory it follows."""


def found_network(
    name: str,
    bodies: Sequence[Body],
    quorums: tuple[Sequence[Clause], Sequence[Clause]],
    keys: Sequence[SigningKey],
    now_ms: int,
) -> bytes:
    """Return the first root of a network, signed with `keys`.

    Args:
        name: Name of the network, for people.
        bodies: All bodies.
        quorums: What a change of the root needs, and what a directory needs.
        keys: Those of the body that drafts it.
        now_ms: Now.

    Raises:
        Refused: STATEMENT_MALFORMED or KEY_ADMISSION: nobody could believe it; or QUORUM where
            no key is a body's.
    """
    root = ceremony.first_root(
        network_name=name,
        lab=False,
        bodies=bodies,
        root_change=quorums[0],
        directory=quorums[1],
        issued_ms=now_ms,
    )
    read_root(encode_root(root))
    ours = _ours(root, keys)
    return ceremony.make_root(root, ours)


def draft_admission(
    network: Network, requests: Sequence[Path], keys: Sequence[SigningKey], now_ms: int
) -> bytes:
    """Return the next directory, with the administrations that ask to be listed.

    Raises:
        Refused: A request is not to be admitted; the message says why.
        InputTrouble: A file is no request to join.
    """
    view = network.view(now_ms)
    asked = [read_request(file, now_ms) for file in requests]
    for member in asked:
        require_admissible(view.state, member)
    listed = () if view.directory is None else view.directory.members
    return _next(network, view, keys, now_ms, members=(*listed, *asked))


def draft_inclusion(
    network: Network, places: Sequence[Path], keys: Sequence[SigningKey], now_ms: int
) -> bytes:
    """Return the next directory, with agreements that both their members signed.

    Raises:
        Refused: QUORUM where a member did not sign; STATEMENT_CHAIN for an id that was ended.
        InputTrouble: A file cannot be read, there is no directory yet, or an id is taken in it.
    """
    view = network.view(now_ms)
    agreements = [read_statement(file) for file in statement_files(places)]
    _require_new(view, agreements)
    return _next(network, view, keys, now_ms, agreements=agreements)


def draft_renewal(network: Network, keys: Sequence[SigningKey], now_ms: int) -> bytes:
    """Return the next directory: the same members and agreements, good for another 45 days."""
    return _next(network, network.view(now_ms), keys, now_ms)


def read_request(file: Path, now_ms: int) -> Member:
    """Return whom a request to join asks to be listed; its identity keys signed it.

    Raises:
        InputTrouble: It is no such request, or what it says for people is not what was signed.
        Refused: As `possession.read_possession`.
    """
    asked = read_json(file, _MAX_REQUEST_BYTES)
    try:
        if asked["corridor_join_request"] not in {1, 2}:
            raise InputTrouble(f"{file}: a request of another version", cure="update Corridor")
        raw = base64.b64decode(asked["possession"], validate=True)
    except (KeyError, TypeError, ValueError):
        raise InputTrouble(
            f"{file}: no request to join that proves the possession of its keys",
            cure="take the join-request.json that `corridor init` of this version wrote",
        ) from None
    member = read_possession(raw, now_ms).member
    faults = tuple(f"{key}: it says {told!r}, signed is {meant!r}"
                   for key, told, meant in _told(asked, member) if told != meant)  # fmt: skip
    if faults:
        raise InputTrouble(
            f"{file}: says something else than what was signed",
            faults=faults,
            cure="do not admit it; ask the administration over another channel",
        )
    return member


def look(signed: bytes, network: Network | None, now_ms: int) -> Draft:
    """Return what a draft says, checked against what is held.

    Args:
        signed: The draft.
        network: What the body holds; none for a first root.
        now_ms: Now.

    Raises:
        Refused: It could not be believed by anybody, whoever signs it.
    """
    statement = Signed.parse(signed)
    if network is None:
        if statement.payload_type is not PayloadType.DIRECTORY_ROOT:
            raise InputTrouble(
                "a directory cannot be judged without the network it belongs to",
                cure="name the folder with the root and the last directory with --network",
            )
        root = read_root(statement.payload)
        if root.version != 1:
            raise Refused(Reason.STATEMENT_CHAIN, "only a first root stands by itself")
        return Draft(statement, approval(statement, root.bodies, root.root_change), root=root)
    view = network.view(now_ms)
    _check(view, statement, now_ms)
    held = view.root
    if statement.payload_type is PayloadType.DIRECTORY_ROOT:
        root = read_root(statement.payload)
        return Draft(statement, approval(statement, held.bodies, held.root_change), root=root)
    verified = {} if view.directory is None else {e.signed: e for e in view.directory.agreements}
    directory = read_directory(statement.payload, view.network_id, verified)
    done = approval(statement, held.bodies, held.directory)
    before = view.directory
    if before is not None and directory.version == before.version:
        before = None  # it is the one that is held
    return Draft(statement, done, directory=directory, held=before)


def kept_draft(file: Path, made: bytes, network: Network | None) -> bytes:
    """Return the draft that lies in `file` already, if it differs from `made` in its time alone.

    A command that is repeated then changes nothing, and signatures made meanwhile stay.
    """
    if not file.exists():
        return made
    held = read_statement(file)
    same = _timeless(held, network) == _timeless(made, network)
    return held if same else made


def add_signatures(signed: bytes, draft: Draft, keys: Sequence[SigningKey]) -> bytes:
    """Return the draft with the signatures of a body's keys; those that are there stay.

    Raises:
        Refused: QUORUM where none of the keys is one of the bodies'.
    """
    known = {key.key_id for body in draft.approval.bodies for key in body.keys}
    ours = [key for key in keys if key.key_id in known]
    if not ours:
        raise Refused(Reason.QUORUM, "these keys belong to no body of this network")
    there = {entry.key_id for entry in draft.signed.signatures}
    for key in ours:
        if key.key_id not in there:
            signed = ceremony.add_signature(signed, key)
    return signed


def make_next(view: TrustView, new: Directory, keys: Sequence[SigningKey], now_ms: int) -> bytes:
    """Return a directory that follows what is held, signed with the keys at hand, and checked.

    Raises:
        Refused: Nobody could believe it; or QUORUM where no key is a body's.
    """
    ours = _ours(view.root, keys)
    raw = ceremony.make_directory(replace(new, root_version=view.root.version), ours)
    _check(view, Signed.parse(raw), now_ms)
    return raw


def _require_new(view: TrustView, agreements: Sequence[bytes]) -> None:
    """Refuse an agreement whose id is in the directory, and say how it gets another."""
    listed = () if view.directory is None else view.directory.agreements
    held = {one.agreement.agreement_id: one.signed.payload for one in listed}
    for signed in map(Signed.parse, agreements):
        name = read_agreement(signed.payload).agreement_id
        if held.get(name) == signed.payload:
            raise InputTrouble(
                f"the agreement {name} is in the directory already",
                cure="leave it out; its members run `corridor join` to get the directory",
            )
        if name in held:
            raise InputTrouble(
                f"the directory holds another text of the agreement {name}",
                cure="propose the new one with `--label`, and have both members sign it again",
            )


def _next(
    network: Network,
    view: TrustView,
    keys: Sequence[SigningKey],
    now_ms: int,
    **changes: Any,  # noqa: ANN401 - those of `next_directory`
) -> bytes:
    if network.directory is None and "members" in changes:
        new = ceremony.first_directory(view.network_id, changes["members"], (), now_ms)
    else:
        held = network.require_directory()
        new = ceremony.next_directory(held, view.network_id, now_ms, **changes)
    return make_next(view, new, keys, now_ms)


def _check(view: TrustView, statement: Signed, now_ms: int) -> None:
    held = {one.payload_hash for one in view.state.in_order()}
    if statement.payload_hash not in held:
        adopt_draft(view.state, statement, now_ms)


def _ours(root: Root, keys: Sequence[SigningKey]) -> list[SigningKey]:
    known = root.keys()
    ours = [key for key in keys if key.key_id in known]
    if not ours:
        raise Refused(Reason.QUORUM, "these keys belong to no body of this network")
    return ours


def _told(asked: dict[str, Any], member: Member) -> list[tuple[str, object, object]]:
    """Return (what, as told to people, as signed) for all that people read."""
    identity, broker = asked.get("identity") or {}, asked.get("broker") or {}
    address = member.broker
    return [
        ("endpoint", asked.get("endpoint"), str(member.endpoint)),
        ("administration", asked.get("administration"), member.administration),
        ("identity.threshold", identity.get("threshold"), member.identity.threshold),
        ("identity.fingerprint", identity.get("fingerprint"),
         grouped(member.identity.fingerprint())),
        ("identity.keys", [key.get("key_id") for key in identity.get("keys", ())],
         [key.key_id.hex() for key in member.identity.keys]),
        ("broker.host", broker.get("host"), address.host),
        ("broker.port", broker.get("port"), address.port),
        ("broker.connect_to", broker.get("connect_to"), address.connect_to),
        ("broker.ca_sha256", broker.get("ca_sha256"), address.server_ca_sha256.hex()),
    ]  # fmt: skip


def _timeless(signed: bytes, network: Network | None) -> Root | Directory | None:
    statement = Signed.parse(signed)
    if statement.payload_type is PayloadType.DIRECTORY_ROOT:
        return replace(read_root(statement.payload), issued_ms=0, expires_ms=0)
    if network is None or statement.payload_type is not PayloadType.DIRECTORY:
        return None
    directory = read_directory(statement.payload, network.genesis_hash[:NETWORK_ID_BYTES], {})
    return replace(directory, issued_ms=0, expires_ms=0)
