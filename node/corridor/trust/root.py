"""The root: the registry's bodies and how many of them must sign what (PROTOCOL §5.3).

Rules:

* a body counts once, however many of its keys signed, and only if enough of them did;
* a quorum is a list of clauses that must all hold over distinct bodies: "any three, one of them
  of the United Nations, two of them regional";
* the first root is believed because its hash was compared by hand; each later one is signed by
  the quorum of the root before it and by its own;
* a laboratory stays a laboratory.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from corridor.errors import Reason
from corridor.trust import checks
from corridor.trust.chain import Link, check_link
from corridor.trust.checks import require, well_formed
from corridor.trust.keys import Algorithm, TrustedKey, read_key, refuse_repeated
from corridor.wire import limits
from corridor.wire.statements import encode_statement, parse_root
from corridor.wire.v1 import trust_pb2 as pb


class BodyClass(IntEnum):
    """Class of a registry body."""

    UN = 1
    REGIONAL = 2
    OTHER = 3


@dataclass(frozen=True, slots=True)
class Body:
    """A body of the registry."""

    body_id: str
    body_class: BodyClass
    keys: tuple[TrustedKey, ...]
    threshold: int
    """How many of its keys must sign for it to count."""


@dataclass(frozen=True, slots=True)
class Clause:
    """At least so many distinct bodies of a class; of any class where it is None."""

    body_class: BodyClass | None
    at_least: int


@dataclass(frozen=True, slots=True)
class Root:
    """A root, read and sane; whether to believe it is `adopt`'s question."""

    network_name: str
    lab: bool
    version: int
    prev_hash: bytes
    issued_ms: int
    expires_ms: int
    bodies: tuple[Body, ...]
    root_change: tuple[Clause, ...]
    directory: tuple[Clause, ...]

    def keys(self) -> dict[bytes, TrustedKey]:
        """Return every key of every body by its id."""
        return {key.key_id: key for body in self.bodies for key in body.keys}

    def link(self, payload_hash: bytes) -> Link:
        """Return its place in the chain of roots."""
        return Link(self.version, self.prev_hash, payload_hash, self.issued_ms)


def encode_root(root: Root) -> bytes:
    """Return the payload that `read_root` reads."""
    message = pb.DirectoryRoot(
        network_name=root.network_name,
        lab=root.lab,
        version=root.version,
        prev_hash=root.prev_hash,
        issued_ms=root.issued_ms,
        expires_ms=root.expires_ms,
        bodies=[
            pb.RegistryBody(
                body_id=body.body_id,
                body_class=pb.BodyClass.ValueType(body.body_class),
                keys=[key.to_message() for key in body.keys],
                local_threshold=body.threshold,
            )
            for body in root.bodies
        ],
        root_change=[_clause_message(clause) for clause in root.root_change],
        directory=[_clause_message(clause) for clause in root.directory],
    )
    return encode_statement(message)


def read_root(payload: bytes) -> Root:
    """Return the root in `payload`.

    Raises:
        Refused: STATEMENT_MALFORMED or KEY_ADMISSION.
    """
    message = parse_root(payload)
    well_formed(1 <= len(message.bodies) <= limits.MAX_BODIES, "too few or many bodies")
    root = Root(
        network_name=checks.text(message.network_name, "the network's name"),
        lab=message.lab,
        version=message.version,
        prev_hash=message.prev_hash,
        issued_ms=message.issued_ms,
        expires_ms=message.expires_ms,
        bodies=tuple(_body(body) for body in message.bodies),
        root_change=_clauses(message.root_change),
        directory=_clauses(message.directory),
    )
    _check(root)
    return root


def counted(bodies: Sequence[Body], signers: Iterable[bytes]) -> tuple[Body, ...]:
    """Return the bodies of which enough keys are among `signers`."""
    signed = frozenset(signers)
    return tuple(
        body for body in bodies if sum(key.key_id in signed for key in body.keys) >= body.threshold
    )


def quorum_met(clauses: Sequence[Clause], bodies: Sequence[Body]) -> bool:
    """Whether `bodies`, each listed once, fulfil every clause."""
    return all(
        sum(clause.body_class in (None, body.body_class) for body in bodies) >= clause.at_least
        for clause in clauses
    )


def require_quorum(
    clauses: Sequence[Clause], bodies: Sequence[Body], signers: Iterable[bytes]
) -> None:
    """Refuse what too few bodies signed.

    Raises:
        Refused: QUORUM.
    """
    present = counted(bodies, signers)
    require(
        quorum_met(clauses, present),
        Reason.QUORUM,
        f"needs {describe_clauses(clauses)}; signed by "
        + (", ".join(body.body_id for body in present) or "no body"),
    )


def describe_clauses(clauses: Sequence[Clause]) -> str:
    """Return clauses for people: "any >= 3, UN >= 1"."""
    return ", ".join(
        f"{clause.body_class.name if clause.body_class else 'any'} >= {clause.at_least}"
        for clause in clauses
    )


def _check(root: Root) -> None:
    check_link(root.link(b""))
    checks.window(root.issued_ms, root.expires_ms, limits.ROOT_LIFETIME_MS, "a root")
    names = {body.body_id for body in root.bodies}
    well_formed(len(names) == len(root.bodies), "a body is listed twice")
    refuse_repeated(key for body in root.bodies for key in body.keys)
    for clauses in (root.root_change, root.directory):
        # A policy that nobody can fulfil would lock the registry out of its own network.
        well_formed(quorum_met(clauses, root.bodies), "a quorum that the bodies cannot reach")


def _body(message: pb.RegistryBody) -> Body:
    name = checks.text(message.body_id, "a body's id")
    well_formed(name.isascii(), "a body's id is ASCII, so that no two look alike")
    body_class = checks.one_of(BodyClass, message.body_class, f"the class of {name}")
    keys = message.keys
    well_formed(len(keys) <= limits.MAX_HOLDER_KEYS, f"{name} has too many keys")
    well_formed(1 <= message.local_threshold <= len(keys), f"threshold of {name}")
    read = tuple(read_key(key, Algorithm.ED25519) for key in keys)
    return Body(name, body_class, read, message.local_threshold)


def _clauses(messages: Sequence[pb.QuorumClause]) -> tuple[Clause, ...]:
    clauses = []
    for message in messages:
        well_formed(message.at_least >= 1, "a clause that asks for nobody")
        number = message.body_class
        wanted = checks.one_of(BodyClass, number, "the class of a clause") if number else None
        clauses.append(Clause(wanted, message.at_least))
    classes = {clause.body_class for clause in clauses}
    well_formed(bool(clauses), "a quorum without clauses")
    well_formed(len(classes) == len(clauses), "two clauses for one class")
    return tuple(clauses)


def _clause_message(clause: Clause) -> pb.QuorumClause:
    return pb.QuorumClause(
        body_class=pb.BodyClass.ValueType(clause.body_class or 0), at_least=clause.at_least
    )
