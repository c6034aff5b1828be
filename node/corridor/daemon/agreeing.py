"""Agreements between two members: drafted by one, signed by both, for the registry to list.

Rules:

* an agreement goes one way; two that trade in both directions sign two, in one folder;
* each side signs with its identity threshold, after it compared the other's fingerprint with the
  other itself: the registry cannot make an agreement, nor can it slip a member in between;
* the same proposal again is the same file; a file that says something else is not replaced.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corridor.daemon.config import NodeConfig
from corridor.daemon.network_folder import SUFFIX, read_statement, statement_files, write_statement
from corridor.daemon.registry_words import describe_agreement
from corridor.errors import ConfigurationError, InputTrouble, Reason, Refused
from corridor.seal.keys import SigningKey
from corridor.transit.parties import CountryCode
from corridor.trust import ceremony
from corridor.trust.agreement import Agreement, IdentityKeys, read_agreement, verify_agreement
from corridor.trust.checks import network_id
from corridor.trust.directory import Member
from corridor.trust.statements import Signed
from corridor.trust.view import TrustView


@dataclass(frozen=True, slots=True)
class Terms:
    """What two members agree on; the same for both directions."""

    record_types: tuple[int, ...]
    purpose: str
    legal_reference: str
    valid_from_ms: int
    valid_to_ms: int
    label: str
    """Ends the ids of the agreements, so that a later one has another."""


def partner_member(config: NodeConfig, view: TrustView, country: CountryCode) -> Member:
    """Return the member of a country.

    Raises:
        ConfigurationError: The directory lists none, or it is our own.
    """
    for member in view.members():
        if member.endpoint.country == country and member.endpoint != config.endpoint:
            return member
    raise ConfigurationError(
        f"directory {view.dir_version} lists no other member of {country}",
        cure="`corridor join` takes a newer directory; it names the members",
    )


def propose(
    view: TrustView, me: Member, partner: Member, terms: Terms, signers: Sequence[SigningKey]
) -> dict[str, bytes]:
    """Return both directions by file name, signed by us.

    Raises:
        Refused: The partner could not read them: STATEMENT_MALFORMED.
    """
    made = {}
    for sender, recipient in ((me, partner), (partner, me)):
        pair = f"{sender.member_id}-{recipient.member_id}"
        agreement = Agreement(
            agreement_id=f"{pair}-{terms.label}",
            network_id=view.network_id,
            sender=sender.member_id,
            recipient=recipient.member_id,
            record_types=terms.record_types,
            purpose=terms.purpose,
            legal_reference=terms.legal_reference,
            valid_from_ms=terms.valid_from_ms,
            valid_to_ms=terms.valid_to_ms,
        )
        raw = ceremony.make_agreement(agreement, signers)
        read_agreement(Signed.parse(raw).payload)
        made[f"{agreement.agreement_id}{SUFFIX}"] = raw
    return made


def keep_proposal(folder: Path, made: dict[str, bytes]) -> list[str]:
    """Write the files of a proposal; returns their paths.

    Raises:
        ConfigurationError: A file of that name says something else.
    """
    for name, raw in made.items():
        write_statement(folder / name, raw)
    return [str(folder / name) for name in made]


@dataclass(frozen=True, slots=True)
class Look:
    """An agreement's file: what it says, and which of its parties signed."""

    file: Path
    raw: bytes
    agreement: Agreement
    signed_by: tuple[str, ...]
    missing: tuple[str, ...]

    def describe(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "file": str(self.file),
            **describe_agreement(self.agreement),
            "signed_by": list(self.signed_by),
            "missing": list(self.missing),
        }


def look(view: TrustView, places: Sequence[Path]) -> list[Look]:
    """Return what agreements in files, or in folders of files, say; signatures are verified.

    Raises:
        Refused: NETWORK, STATEMENT_MALFORMED, STATEMENT_SIGNATURE; UNKNOWN_RECIPIENT where a
            party is no member.
        InputTrouble: A file cannot be read.
    """
    identities = {member.member_id: member.identity for member in view.members()}
    return [_look(file, view.network_id, identities) for file in statement_files(places)]


def _look(file: Path, network: bytes, identities: dict[str, IdentityKeys]) -> Look:
    raw = read_statement(file)
    signed = Signed.parse(raw)
    agreement = read_agreement(signed.payload)
    network_id(agreement.network_id, network)
    parties = (agreement.sender, agreement.recipient)
    for name in parties:
        if name not in identities:
            raise Refused(Reason.UNKNOWN_RECIPIENT, f"{name} is no member of this network")
    keys = {key.key_id: key for name in parties for key in identities[name].keys}
    signers = signed.signers(keys)
    done = tuple(name for name in parties if identities[name].approved(signers))
    missing = tuple(name for name in parties if name not in done)
    if not missing:
        verify_agreement(signed, network, identities)
    return Look(file, raw, agreement, done, missing)


def sign_agreement(found: Look, me: Member, signers: Sequence[SigningKey]) -> bytes:
    """Return an agreement with our signatures added; those that are there stay.

    Raises:
        InputTrouble: We are no party to it.
    """
    if me.member_id not in (found.agreement.sender, found.agreement.recipient):
        raise InputTrouble(
            f"{found.file}: an agreement between {found.agreement.sender} and "
            f"{found.agreement.recipient}; {me.member_id} is no party to it",
            cure="sign your own agreements only",
        )
    raw = found.raw
    there = {entry.key_id for entry in Signed.parse(raw).signatures}
    for key in signers:
        if key.key_id not in there:
            raw = ceremony.add_signature(raw, key)
    return raw


def other_party(found: Look, me: Member) -> str:
    """Return the id of the member with whom it is."""
    agreement = found.agreement
    return agreement.recipient if agreement.sender == me.member_id else agreement.sender


def listed_agreements(view: TrustView, member_id: str, now_ms: int) -> list[dict[str, Any]]:
    """Return the agreements of a member that the directory lists, with their state now."""
    directory = view.directory
    if directory is None:
        return []
    found = []
    for entry in directory.agreements:
        agreement = entry.agreement
        if member_id not in (agreement.sender, agreement.recipient):
            continue
        end_ms = directory.end_ms(entry)
        state = "in force"
        if now_ms < agreement.valid_from_ms:
            state = "not yet"
        elif now_ms >= end_ms:
            state = "ended"
        found.append({**describe_agreement(agreement), "to_ms": end_ms, "state": state})
    return found
