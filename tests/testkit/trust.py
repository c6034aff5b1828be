"""Builds trust statements from the text of PROTOCOL §5, right ones and wrong ones.

Shares no code with the product. A statement's parts are values; its payload is written by hand,
so that `dataclasses.replace` makes a wrong one with right signatures.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from testkit.envelopes import Opener, Signer, h
from testkit.proto import field_bytes, some_bytes, some_number

KINDS = {
    "root": "application/vnd.corridor.directory-root.v1+protobuf",
    "directory": "application/vnd.corridor.directory.v1+protobuf",
    "agreement": "application/vnd.corridor.agreement.v1+protobuf",
    "delegation": "application/vnd.corridor.delegation.v1+protobuf",
    "bundle": "application/vnd.corridor.key-bundle.v1+protobuf",
}


@dataclass(frozen=True)
class Public:
    """A public key as a statement names it."""

    algorithm: int
    public: bytes

    @property
    def message(self) -> bytes:
        """A `PublicKey`."""
        return some_number(1, self.algorithm) + some_bytes(2, self.public)


def of(key: Signer | Opener) -> Public:
    """Return the public part of a key pair."""
    return Public(1 if isinstance(key, Signer) else key.suite + 1, key.public)


@dataclass(frozen=True)
class Body:
    """A `RegistryBody`."""

    body_id: str
    body_class: int
    keys: tuple[Public, ...]
    threshold: int = 1

    @property
    def message(self) -> bytes:
        """Its bytes."""
        keys = b"".join(field_bytes(3, key.message) for key in self.keys)
        head = some_bytes(1, self.body_id.encode()) + some_number(2, self.body_class)
        return head + keys + some_number(4, self.threshold)


Clauses = tuple[tuple[int, int], ...]
"""Pairs of a class of bodies (0 any) and how many of them must sign."""


def _clauses(number: int, clauses: Clauses) -> bytes:
    return b"".join(
        field_bytes(number, some_number(1, kind) + some_number(2, least)) for kind, least in clauses
    )


@dataclass(frozen=True)
class Root:
    """A `DirectoryRoot`."""

    issued_ms: int
    expires_ms: int
    bodies: tuple[Body, ...]
    root_change: Clauses
    directory: Clauses
    name: str = "network of the vectors"
    lab: bool = False
    version: int = 1
    prev: bytes = b""

    kind = "root"

    @property
    def payload(self) -> bytes:
        """Its bytes."""
        return (
            some_bytes(1, self.name.encode())
            + some_number(2, int(self.lab))
            + some_number(3, self.version)
            + some_bytes(4, self.prev)
            + some_number(5, self.issued_ms)
            + some_number(6, self.expires_ms)
            + b"".join(field_bytes(7, body.message) for body in self.bodies)
            + _clauses(8, self.root_change)
            + _clauses(9, self.directory)
        )


@dataclass(frozen=True)
class Member:
    """A `MemberEntry`."""

    member_id: str
    keys: tuple[Public, ...]
    endpoint: str
    status: int = 1
    threshold: int = 2
    administration: str = "Customs administration"
    host: str = "broker.example"
    port: int = 5671
    connect_to: str | None = None
    ca: bytes = b"certificate, DER"
    ca_sha256: bytes | None = None

    @property
    def message(self) -> bytes:
        """Its bytes."""
        printed = h(self.ca) if self.ca_sha256 is None else self.ca_sha256
        broker = some_bytes(1, self.host.encode()) + some_number(2, self.port)
        if self.connect_to is not None:
            broker += field_bytes(3, self.connect_to.encode())
        broker += some_bytes(4, printed) + some_bytes(5, self.ca)
        return (
            some_bytes(1, self.member_id.encode())
            + some_bytes(2, self.administration.encode())
            + some_number(3, self.status)
            + b"".join(field_bytes(4, key.message) for key in self.keys)
            + some_number(5, self.threshold)
            + some_bytes(6, self.endpoint.encode())
            + field_bytes(7, broker)
        )


@dataclass(frozen=True)
class Agreement:
    """An `Agreement`."""

    agreement_id: str
    network_id: bytes
    sender: str
    recipient: str
    record_types: tuple[int, ...]
    valid_from_ms: int
    valid_to_ms: int
    purpose: str = "transit"
    legal_reference: str = "Convention"

    kind = "agreement"

    @property
    def payload(self) -> bytes:
        """Its bytes."""
        types = b"".join(_packed(kind) for kind in self.record_types)
        return (
            some_bytes(1, self.agreement_id.encode())
            + some_bytes(2, self.network_id)
            + some_bytes(3, self.sender.encode())
            + some_bytes(4, self.recipient.encode())
            + some_bytes(5, types)
            + some_bytes(6, self.purpose.encode())
            + some_bytes(7, self.legal_reference.encode())
            + some_number(8, self.valid_from_ms)
            + some_number(9, self.valid_to_ms)
        )


def _packed(number: int) -> bytes:
    return bytes([number])


@dataclass(frozen=True)
class Directory:
    """A `Directory`; agreements are `Signed` messages."""

    network_id: bytes
    issued_ms: int
    expires_ms: int
    members: tuple[Member, ...]
    agreements: tuple[bytes, ...] = ()
    revoked: tuple[bytes, ...] = ()
    ended: tuple[tuple[str, int], ...] = ()
    version: int = 1
    prev: bytes = b""
    root_version: int = 1
    min_suite: int = 1

    kind = "directory"

    @property
    def payload(self) -> bytes:
        """Its bytes."""
        ended = (some_bytes(1, name.encode()) + some_number(2, at) for name, at in self.ended)
        return (
            some_bytes(1, self.network_id)
            + some_number(2, self.version)
            + some_bytes(3, self.prev)
            + some_number(4, self.root_version)
            + some_number(5, self.issued_ms)
            + some_number(6, self.expires_ms)
            + some_number(7, self.min_suite)
            + b"".join(field_bytes(8, member.message) for member in self.members)
            + b"".join(field_bytes(9, signed) for signed in self.agreements)
            + b"".join(field_bytes(10, key_id) for key_id in self.revoked)
            + b"".join(field_bytes(11, entry) for entry in ended)
        )


@dataclass(frozen=True)
class Lent:
    """A `DelegatedKey`; usage 1 SIGN, 2 KEY_MANAGER, 3 LOG."""

    key: Public
    usage: int
    endpoint: str
    not_before_ms: int
    not_after_ms: int

    @property
    def message(self) -> bytes:
        """Its bytes."""
        return (
            field_bytes(1, self.key.message)
            + some_number(2, self.usage)
            + some_bytes(3, self.endpoint.encode())
            + some_number(4, self.not_before_ms)
            + some_number(5, self.not_after_ms)
        )


@dataclass(frozen=True)
class Delegation:
    """A `Delegation`."""

    network_id: bytes
    member_id: str
    issued_ms: int
    keys: tuple[Lent, ...]
    revoked: tuple[tuple[bytes, int], ...] = ()
    serial: int = 1
    prev: bytes = b""

    kind = "delegation"

    @property
    def payload(self) -> bytes:
        """Its bytes."""
        revoked = (some_bytes(1, key_id) + some_number(2, at) for key_id, at in self.revoked)
        return (
            some_bytes(1, self.network_id)
            + some_bytes(2, self.member_id.encode())
            + some_number(3, self.serial)
            + some_bytes(4, self.prev)
            + some_number(5, self.issued_ms)
            + b"".join(field_bytes(6, lent.message) for lent in self.keys)
            + b"".join(field_bytes(7, entry) for entry in revoked)
        )


@dataclass(frozen=True)
class Encryption:
    """An `EncryptionKey`."""

    key: Public
    suite: int
    encrypt_from_ms: int
    encrypt_until_ms: int
    accept_until_ms: int

    @property
    def message(self) -> bytes:
        """Its bytes."""
        return (
            field_bytes(1, self.key.message)
            + some_number(2, self.suite)
            + some_number(3, self.encrypt_from_ms)
            + some_number(4, self.encrypt_until_ms)
            + some_number(5, self.accept_until_ms)
        )


@dataclass(frozen=True)
class Bundle:
    """A `KeyBundle`."""

    network_id: bytes
    endpoint: str
    issued_ms: int
    keys: tuple[Encryption, ...]
    serial: int = 1
    prev: bytes = b""

    kind = "bundle"

    @property
    def payload(self) -> bytes:
        """Its bytes."""
        return (
            some_bytes(1, self.network_id)
            + some_bytes(2, self.endpoint.encode())
            + some_number(3, self.serial)
            + some_bytes(4, self.prev)
            + some_number(5, self.issued_ms)
            + b"".join(field_bytes(6, entry.message) for entry in self.keys)
        )


Statement = Root | Directory | Agreement | Delegation | Bundle


@dataclass(frozen=True)
class Entry:
    """A `Signature`."""

    key_id: bytes
    signature: bytes
    algorithm: int = 1

    @property
    def message(self) -> bytes:
        """Its bytes."""
        return (
            some_bytes(1, self.key_id)
            + some_number(2, self.algorithm)
            + some_bytes(3, self.signature)
        )


def entries(kind: str, payload: bytes, signers: tuple[Signer, ...]) -> tuple[Entry, ...]:
    """Return right signatures under a payload type."""
    return tuple(Entry(one.key_id, one.sign(kind, payload)) for one in signers)


def wrapped(kind: str, payload: bytes, signatures: tuple[Entry, ...]) -> bytes:
    """Return a `Signed`."""
    return (
        some_bytes(1, kind.encode())
        + some_bytes(2, payload)
        + b"".join(field_bytes(3, entry.message) for entry in signatures)
    )


def framed(signed: bytes) -> bytes:
    """Return a statement's frame (PROTOCOL §5.8)."""
    return b"CRT1" + len(signed).to_bytes(4, "big") + signed


def signed(
    statement: Statement, *signers: Signer, payload: Callable[[bytes], bytes] | None = None
) -> bytes:
    """Return a `Signed` of a statement, its payload changed first where `payload` says how."""
    data = statement.payload if payload is None else payload(statement.payload)
    kind = KINDS[statement.kind]
    return wrapped(kind, data, entries(kind, data, signers))


def frame(
    statement: Statement, *signers: Signer, payload: Callable[[bytes], bytes] | None = None
) -> bytes:
    """Return the frame of a statement with right signatures."""
    return framed(signed(statement, *signers, payload=payload))


@dataclass(frozen=True)
class Ask:
    """A question to the trust view that a case ends with, and its answer."""

    ask: str
    endpoint: str
    at_ms: int
    expect: str
    """Hexadecimal, "true", "false" or the label of a reason."""
    parts: dict[str, object] = field(default_factory=dict)
