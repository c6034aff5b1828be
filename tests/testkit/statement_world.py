"""The network of statements.json: its bodies, members and their right statements."""

from dataclasses import replace

from testkit.envelopes import Signer, fresh, h
from testkit.trust import (
    Agreement,
    Body,
    Bundle,
    Delegation,
    Directory,
    Encryption,
    Lent,
    Member,
    Public,
    Root,
    Statement,
    frame,
    of,
    signed,
)
from testkit.world import DAY_MS, MINUTE_MS, NOW_MS, opener

ISSUED_MS = NOW_MS - 10 * DAY_MS
LATER_MS = NOW_MS - 5 * DAY_MS
"""When the statements were issued that follow the first ones."""


def key(name: str) -> Signer:
    """Return a signing key by name."""
    return Signer(fresh(f"trust/{name}"))


def public(*names: str) -> tuple[Public, ...]:
    """Return public signing keys by name."""
    return tuple(of(key(name)) for name in names)


UN, EU, CIS = key("un"), (key("eu-1"), key("eu-2")), key("cis")
ALL_BODIES = (UN, *EU, CIS)
TWO_BODIES = (UN, CIS)
"""The least that a directory needs."""

BODIES = (
    Body("UN", 1, public("un")),
    Body("EU", 2, public("eu-1", "eu-2"), 2),
    Body("CIS", 2, public("cis")),
)
ROOT = Root(
    issued_ms=NOW_MS - 30 * DAY_MS,
    expires_ms=NOW_MS + 600 * DAY_MS,
    bodies=BODIES,
    root_change=((0, 3),),
    directory=((0, 2), (1, 1)),
)
GENESIS = h(ROOT.payload)
NETWORK = GENESIS[:16]
ROOT_2 = replace(
    ROOT,
    version=2,
    prev=GENESIS,
    issued_ms=LATER_MS,
    bodies=(*BODIES[:2], Body("EAC", 2, public("eac"))),
)
ROOT_2_SIGNERS = (*ALL_BODIES, key("eac"))


def identity(member: str) -> tuple[Signer, ...]:
    """Return the three identity keys of a member, of which two must sign."""
    return tuple(key(f"{member}/identity-{number}") for number in (1, 2, 3))


def officers(member: str) -> tuple[Signer, ...]:
    """Return two of a member's identity keys."""
    return identity(member)[:2]


def member(name: str, **parts: object) -> Member:
    """Return a member with its endpoint of the same name."""
    keys = tuple(of(one) for one in identity(name))
    whole: dict[str, object] = {"member_id": name, "keys": keys, "endpoint": name, **parts}
    return Member(**whole)  # type: ignore[arg-type]


def agreement(sender: str, recipient: str, **parts: object) -> Agreement:
    """Return an agreement on every business record type."""
    whole: dict[str, object] = {
        "agreement_id": f"{sender}-{recipient}",
        "network_id": NETWORK,
        "sender": sender,
        "recipient": recipient,
        "record_types": tuple(range(1, 21)),
        "valid_from_ms": ISSUED_MS,
        "valid_to_ms": NOW_MS + 300 * DAY_MS,
        **parts,
    }
    return Agreement(**whole)  # type: ignore[arg-type]


def by_both(one: Agreement) -> bytes:
    """Return an agreement as both its members signed it."""
    return signed(one, *officers(one.sender), *officers(one.recipient))


GE_TR, TR_GE = agreement("GE.RS", "TR.GTB"), agreement("TR.GTB", "GE.RS")
DIRECTORY = Directory(
    network_id=NETWORK,
    issued_ms=ISSUED_MS,
    expires_ms=ISSUED_MS + 45 * DAY_MS,
    members=(member("GE.RS"), member("TR.GTB"), member("AZ.SCC")),
    agreements=(by_both(GE_TR), by_both(TR_GE)),
)


def lent(name: str, usage: int, endpoint: str, **parts: object) -> Lent:
    """Return a delegated key of a name, good from the issue of its delegation on."""
    whole: dict[str, object] = {
        "key": of(key(name)),
        "usage": usage,
        "endpoint": endpoint,
        "not_before_ms": ISSUED_MS,
        "not_after_ms": ISSUED_MS + 90 * DAY_MS,
        **parts,
    }
    return Lent(**whole)  # type: ignore[arg-type]


def delegation(name: str, **parts: object) -> Delegation:
    """Return a member's first delegation: one key of each usage."""
    keys = tuple(
        lent(f"{name}/{use}", usage, name)
        for usage, use in ((1, "sign"), (2, "key-manager"), (3, "log"))
    )
    whole: dict[str, object] = {
        "network_id": NETWORK,
        "member_id": name,
        "issued_ms": ISSUED_MS,
        "keys": keys,
        **parts,
    }
    return Delegation(**whole)  # type: ignore[arg-type]


def encryption(name: str, suite: int, **parts: object) -> Encryption:
    """Return an encryption key of a name, sealed for from the issue of its bundle on."""
    whole: dict[str, object] = {
        "key": of(opener(name, suite)),
        "suite": suite,
        "encrypt_from_ms": ISSUED_MS,
        "encrypt_until_ms": ISSUED_MS + 90 * DAY_MS,
        "accept_until_ms": ISSUED_MS + 120 * DAY_MS,
        **parts,
    }
    return Encryption(**whole)  # type: ignore[arg-type]


def bundle(endpoint: str, **parts: object) -> Bundle:
    """Return an endpoint's first bundle: a key of each suite."""
    whole: dict[str, object] = {
        "network_id": NETWORK,
        "endpoint": endpoint,
        "issued_ms": ISSUED_MS + MINUTE_MS,
        "keys": tuple(encryption(f"trust-{endpoint}", suite) for suite in (1, 2)),
        **parts,
    }
    return Bundle(**whole)  # type: ignore[arg-type]


def vouchers(endpoint: str) -> tuple[Signer, ...]:
    """Return the two delegated keys that sign a bundle."""
    return key(f"{endpoint}/sign"), key(f"{endpoint}/key-manager")


def next_to(statement: Statement, **parts: object) -> Statement:
    """Return the statement that follows, issued later, with other parts where given."""
    number = "serial" if isinstance(statement, Delegation | Bundle) else "version"
    whole: dict[str, object] = {
        number: getattr(statement, number) + 1,
        "prev": h(statement.payload),
        "issued_ms": LATER_MS,
        **parts,
    }
    return replace(statement, **whole)  # type: ignore[type-var]


def right(statement: Statement) -> bytes:
    """Return the frame of a statement signed by those who may."""
    if isinstance(statement, Root):
        return frame(statement, *(ALL_BODIES if statement.version == 1 else ROOT_2_SIGNERS))
    if isinstance(statement, Directory):
        return frame(statement, *TWO_BODIES)
    if isinstance(statement, Delegation):
        return frame(statement, *officers(statement.member_id))
    if isinstance(statement, Bundle):
        return frame(statement, *vouchers(statement.endpoint))
    return frame(statement, *officers(statement.sender), *officers(statement.recipient))


DIRECTORY_2 = next_to(DIRECTORY, expires_ms=LATER_MS + 45 * DAY_MS)
GE_DELEGATION, GE_BUNDLE = delegation("GE.RS"), bundle("GE.RS")
GE_DELEGATION_2, GE_BUNDLE_2 = next_to(GE_DELEGATION), next_to(GE_BUNDLE)

HELD = {
    "root-1": right(ROOT),
    "root-2": right(ROOT_2),
    "directory-1": right(DIRECTORY),
    "directory-2": right(DIRECTORY_2),
    "delegation-ge-1": right(GE_DELEGATION),
    "delegation-ge-2": right(GE_DELEGATION_2),
    "delegation-tr-1": right(delegation("TR.GTB")),
    "bundle-ge-1": right(GE_BUNDLE),
    "bundle-ge-2": right(GE_BUNDLE_2),
    "bundle-tr-1": right(bundle("TR.GTB")),
}
"""Statements that cases build on, by name."""

EVERYTHING = ("root-1", "directory-1", "delegation-ge-1", "delegation-tr-1", "bundle-ge-1")
