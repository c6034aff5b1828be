"""A small valid network for tests: three registry bodies, three members, everything signed.

    world = make_world()
    view = world.view()
    view.signer(GE, world.nodes[GE].signing.key_id, NOW_MS)

Keys come from seeds derived from names, so that two worlds of the same arguments are the same.
"""

import functools
import hashlib
from dataclasses import dataclass, field

from corridor.seal.keys import DecryptionKey, SigningKey
from corridor.transit.parties import Endpoint
from corridor.trust import ceremony
from corridor.trust.agreement import Agreement
from corridor.trust.bundle import plan_rotation
from corridor.trust.delegation import KeyUsage
from corridor.trust.directory import BrokerAddress, Member
from corridor.trust.root import BodyClass, Clause, Root
from corridor.trust.view import TrustView, build_view

DAY_MS = 86_400_000
NOW_MS = 1_795_000_000_000
"""The moment at which the world's statements were issued (autumn 2026)."""

GE = Endpoint("GE.RS")
TR = Endpoint("TR.GTB")
AZ = Endpoint("AZ.SCC")
ENDPOINTS = (GE, TR, AZ)
ALL_TYPES = tuple(range(1, 21))


@functools.cache
def signing_key(name: str) -> SigningKey:
    """The signing key of a name."""
    return SigningKey.from_seed(_seed("sign", name))


@functools.cache
def decryption_key(name: str, suite: int) -> DecryptionKey:
    """The decryption key of a name and suite."""
    return DecryptionKey.from_secret(suite, _seed(f"open{suite}", name))


@dataclass(frozen=True, slots=True)
class Node:
    """The private side of one member: what its node and its officers hold."""

    endpoint: Endpoint
    identity: tuple[SigningKey, ...]
    """Three keys, of which two must sign."""
    signing: SigningKey
    key_manager: SigningKey
    opening: tuple[DecryptionKey, ...]

    @property
    def decryption_keys(self) -> dict[bytes, DecryptionKey]:
        """Decryption keys by id, as an Identity holds them."""
        return {key.key_id: key for key in self.opening}

    @property
    def officers(self) -> tuple[SigningKey, ...]:
        """Two identity keys: the threshold."""
        return self.identity[:2]


@dataclass(frozen=True, slots=True)
class World:
    """A network with all its secrets."""

    now_ms: int
    bodies: dict[str, SigningKey]
    """UN, EU and CIS; a directory needs any two with the UN, a root change all three."""
    nodes: dict[Endpoint, Node]
    root: bytes
    directory: bytes
    delegations: dict[Endpoint, bytes]
    bundles: dict[Endpoint, bytes]
    agreements: tuple[bytes, ...]
    members: tuple[Member, ...]
    genesis_hash: bytes = field(default=b"")

    @property
    def network_id(self) -> bytes:
        """First 16 bytes of the first root's hash."""
        return self.genesis_hash[:16]

    @property
    def registry(self) -> tuple[SigningKey, ...]:
        """The keys of all three bodies."""
        return tuple(self.bodies.values())

    def statements(self) -> tuple[bytes, ...]:
        """Every statement in the order in which a node can take it."""
        return (
            self.root,
            self.directory,
            *self.delegations.values(),
            *self.bundles.values(),
        )

    def view(self) -> TrustView:
        """What a node believes that has all statements."""
        return build_view(self.genesis_hash, self.statements(), self.now_ms)


def make_root(now_ms: int = NOW_MS, *, lab: bool = True) -> Root:
    """The first root, unsigned."""
    return ceremony.first_root(
        network_name="corridor-test",
        lab=lab,
        bodies=(
            ceremony.body("UN", BodyClass.UN, [signing_key("body/UN")]),
            ceremony.body("EU", BodyClass.REGIONAL, [signing_key("body/EU")]),
            ceremony.body("CIS", BodyClass.REGIONAL, [signing_key("body/CIS")]),
        ),
        root_change=(Clause(None, 3), Clause(BodyClass.UN, 1)),
        directory=(Clause(None, 2), Clause(BodyClass.UN, 1)),
        issued_ms=now_ms,
    )


def make_node(endpoint: Endpoint, suites: tuple[int, ...] = (2, 1)) -> Node:
    """The keys of one member."""
    return Node(
        endpoint,
        tuple(signing_key(f"{endpoint}/identity/{number}") for number in range(3)),
        signing_key(f"{endpoint}/sign"),
        signing_key(f"{endpoint}/key-manager"),
        tuple(decryption_key(endpoint, suite) for suite in suites),
    )


def make_member(node: Node) -> Member:
    """Its entry in the directory; the CA certificate is a stand-in."""
    certificate = b"certificate of " + node.endpoint.encode()
    host = f"broker.{node.endpoint.country.lower()}.test"
    fingerprint = hashlib.sha256(certificate).digest()
    broker = BrokerAddress(host, 5671, "127.0.0.1", fingerprint, certificate)
    name = f"Customs of {node.endpoint.country}"
    return ceremony.member(node.endpoint, name, node.identity, 2, broker)


def make_agreement(
    sender: Node,
    recipient: Node,
    network_id: bytes,
    types: tuple[int, ...] = ALL_TYPES,
    valid_ms: tuple[int, int] = (NOW_MS, NOW_MS + 3650 * DAY_MS),
) -> bytes:
    """An agreement signed by two officers of each side."""
    agreement = Agreement(
        agreement_id=f"{sender.endpoint}>{recipient.endpoint}",
        network_id=network_id,
        sender=sender.endpoint.member,
        recipient=recipient.endpoint.member,
        record_types=types,
        purpose="transit",
        legal_reference="",
        valid_from_ms=valid_ms[0],
        valid_to_ms=valid_ms[1],
    )
    return ceremony.make_agreement(agreement, (*sender.officers, *recipient.officers))


def make_delegation(node: Node, network_id: bytes, now_ms: int = NOW_MS) -> bytes:
    """The first delegation of a member: one key to sign, one to manage keys."""
    keys = [
        ceremony.lend(node.signing, KeyUsage.SIGN, node.endpoint, now_ms),
        ceremony.lend(node.key_manager, KeyUsage.KEY_MANAGER, node.endpoint, now_ms),
    ]
    return ceremony.make_delegation(
        network_id, node.endpoint.member, keys, node.officers, issued_ms=now_ms
    )


def make_bundle(node: Node, network_id: bytes, now_ms: int = NOW_MS) -> bytes:
    """The first bundle of an endpoint: one key per suite it has."""
    plan = plan_rotation(None, now_ms, tuple(key.suite for key in node.opening))
    return ceremony.make_bundle(
        network_id,
        node.endpoint,
        plan,
        node.opening,
        (node.key_manager, node.signing),
        issued_ms=now_ms,
    )


def make_world(  # noqa: PLR0913 - each test varies one of them
    endpoints: tuple[Endpoint, ...] = ENDPOINTS,
    *,
    now_ms: int = NOW_MS,
    lab: bool = True,
    min_suite: int = 1,
    types: tuple[int, ...] = ALL_TYPES,
    suites: tuple[int, ...] = (2, 1),
) -> World:
    """A network whose members all have agreements with each other, both ways."""
    bodies = {name: signing_key(f"body/{name}") for name in ("UN", "EU", "CIS")}
    root = ceremony.make_root(make_root(now_ms, lab=lab), bodies.values())
    genesis = ceremony.genesis_hash(root)
    network_id = genesis[:16]
    nodes = {endpoint: make_node(endpoint, suites) for endpoint in endpoints}
    members = tuple(make_member(node) for node in nodes.values())
    valid_ms = (now_ms, now_ms + 3650 * DAY_MS)
    agreements = tuple(
        make_agreement(sender, recipient, network_id, types, valid_ms)
        for sender in nodes.values()
        for recipient in nodes.values()
        if sender is not recipient
    )
    directory = ceremony.first_directory(network_id, members, agreements, now_ms, min_suite)
    return World(
        now_ms=now_ms,
        bodies=bodies,
        nodes=nodes,
        root=root,
        directory=ceremony.make_directory(directory, bodies.values()),
        delegations={e: make_delegation(n, network_id, now_ms) for e, n in nodes.items()},
        bundles={e: make_bundle(n, network_id, now_ms) for e, n in nodes.items()},
        agreements=agreements,
        members=members,
        genesis_hash=genesis,
    )


def _seed(purpose: str, name: str) -> bytes:
    return hashlib.sha256(f"{purpose}:{name}".encode()).digest()


def accept(view: TrustView, *statements: bytes, now_ms: int = NOW_MS) -> TrustView:
    """The view after more statements, each of which it must take."""
    for signed in statements:
        view = view.with_statement(signed, now_ms)
    return view
