"""Attacks on statements of trust: blind damage, and signatures of the wrong or of too few.

Each begins with a statement that would be taken next (a root, directory, delegation or bundle).
"Accepted" is judged without the product: the payload is not the honest one, or the honest one
stands under signatures that are not enough.
"""

from collections.abc import Callable
from random import Random
from typing import NamedTuple

from nacl import bindings
from nacl.exceptions import BadSignatureError

import builders_trust as trust
from corridor.errors import Refused
from corridor.seal.keys import SigningKey
from corridor.trust import ceremony
from corridor.trust.bundle import plan_rotation
from corridor.trust.delegation import KeyUsage
from corridor.trust.frames import decode_statement_frame, encode_statement_frame
from fuzz import damage
from testkit.envelopes import pae
from testkit.proto import field_bytes, field_number

TYPES = tuple(
    f"application/vnd.corridor.{name}.v1+protobuf"
    for name in ("directory-root", "directory", "agreement", "delegation", "key-bundle")
)
LATER_MS = trust.NOW_MS + 1000


class Honest(NamedTuple):
    """A statement that may be taken next."""

    payload_type: str
    payload: bytes
    signers: tuple[SigningKey, ...]
    enough: Callable[[frozenset[int]], bool]
    """Whether these of `signers`, by place, are a quorum."""


def _two_with_first(signed: frozenset[int]) -> bool:
    return len(signed) >= 2 and 0 in signed


def _all_of(count: int) -> Callable[[frozenset[int]], bool]:
    return lambda signed: len(signed) == count


def signed_bytes(payload_type: str, payload: bytes, entries: list[tuple[bytes, bytes]]) -> bytes:
    """Return a Signed message, whatever its entries."""
    out = field_bytes(1, payload_type.encode()) + field_bytes(2, payload)
    for key_id, signature in entries:
        entry = field_bytes(1, key_id) + field_number(2, 1) + field_bytes(3, signature)
        out += field_bytes(3, entry)
    return out


def read_fields(data: bytes) -> list[tuple[int, bytes]]:
    """Return the length-delimited fields of a message that the product has accepted."""
    fields, at = [], 0
    while at < len(data):
        number, at = data[at] >> 3, at + 1
        size = shift = 0
        if data[at - 1] & 7 == 0:
            at += 1  # the algorithm, one byte
            continue
        while True:
            size |= (data[at] & 0x7F) << shift
            shift, at = shift + 7, at + 1
            if not data[at - 1] & 0x80:
                break
        fields.append((number, data[at : at + size]))
        at += size
    return fields


class Registry:
    """A view that has everything but the next statement of each kind."""

    def __init__(self) -> None:
        """Make the network and the next statements."""
        world = trust.make_world()
        self.world = world
        self.view = world.view()
        node = world.nodes[trust.GE]
        network, registry = world.network_id, world.registry
        root = ceremony.make_root(ceremony.next_root(world.root, LATER_MS), registry)
        directory = ceremony.next_directory(world.directory, network, LATER_MS)
        delegation = ceremony.make_delegation(
            network,
            "GE.RS",
            [ceremony.lend(trust.signing_key("GE/new"), KeyUsage.SIGN, trust.GE, LATER_MS)],
            node.officers,
            issued_ms=LATER_MS,
            previous=world.delegations[trust.GE],
        )
        bundle = ceremony.make_bundle(
            network,
            trust.GE,
            plan_rotation(None, LATER_MS, (1,)),
            [trust.decryption_key("GE/new", 1)],
            (node.key_manager, node.signing),
            issued_ms=LATER_MS,
            previous=world.bundles[trust.GE],
        )
        makers = (
            (root, registry, _all_of(3)),
            (ceremony.make_directory(directory, registry), registry, _two_with_first),
            (delegation, node.officers, _all_of(2)),
            (bundle, (node.key_manager, node.signing), _all_of(2)),
        )
        self.honest = tuple(_honest(raw, signers, enough) for raw, signers, enough in makers)
        self.frames = tuple(encode_statement_frame(raw) for raw, _, _ in makers)
        strangers = ("nobody", "body/UN2")
        self.strangers = tuple(map(trust.signing_key, strangers)) + world.nodes[trust.AZ].identity

    def takes(self, frame: bytes) -> bool:
        """Whether the view changes by `frame`; raises Refused where it is refused."""
        return self.view.with_statement(decode_statement_frame(frame), LATER_MS) is not self.view

    def is_wrong(self, frame: bytes) -> bool:
        """Whether a frame that was taken should not have been."""
        fields = read_fields(frame[8:])
        kind, payload = fields[0][1].decode(), fields[1][1]
        for honest in self.honest:
            if (honest.payload_type, honest.payload) == (kind, payload):
                return not honest.enough(_right_signatures(honest, fields[2:]))
        return True

    def damaged(self, rng: Random) -> bytes:
        """Return a next statement, damaged blindly."""
        return rng.choice(damage.ALL)(rng.choice(self.frames), self.frames, rng)

    def forged(self, rng: Random) -> bytes:
        """Return a next statement signed by the wrong, or by too few."""
        honest = rng.choice(self.honest)
        kind, payload = honest.payload_type, honest.payload
        signers = list(honest.signers)
        change = rng.randrange(6)
        if change == 0:  # another payload under signatures of strangers with honest names
            payload = damage.flip_bits(payload, (), rng)
            entries = [(k.key_id, rng.choice(self.strangers).sign(kind, payload)) for k in signers]
        elif change == 1:  # another payload under the old signatures
            entries = [(key.key_id, key.sign(kind, payload)) for key in signers]
            payload = damage.set_byte(payload, (), rng)
        elif change == 2:  # too few
            few = rng.sample(signers, rng.randrange(0, len(signers)))
            entries = [(key.key_id, key.sign(kind, payload)) for key in few]
        elif change == 3:  # one signer, many times
            one = rng.choice(signers)
            entries = [(one.key_id, one.sign(kind, payload))] * len(signers)
        elif change == 4:  # signed as another type
            other = rng.choice(TYPES)
            entries = [(key.key_id, key.sign(other, payload)) for key in signers]
            kind = rng.choice((kind, other))
        else:  # strangers in their own name
            entries = [(key.key_id, key.sign(kind, payload)) for key in self.strangers]
        return encode_statement_frame(signed_bytes(kind, payload, entries))

    def check_corpus(self) -> None:
        """Check that what is attacked would be taken undamaged.

        Raises:
            AssertionError: A frame of the corpus is refused: the fuzzer would test nothing.
        """
        for frame in self.frames:
            try:
                taken = self.takes(frame)
            except Refused as refused:
                raise AssertionError(f"the corpus is refused: {refused}") from refused
            assert taken
            assert not self.is_wrong(frame)


def _honest(
    raw: bytes, signers: tuple[SigningKey, ...], enough: Callable[[frozenset[int]], bool]
) -> Honest:
    fields = read_fields(raw)
    return Honest(fields[0][1].decode(), fields[1][1], tuple(signers), enough)


def _right_signatures(honest: Honest, fields: list[tuple[int, bytes]]) -> frozenset[int]:
    """Return which honest signers signed, verified without the product."""
    message = pae(honest.payload_type, honest.payload)
    given = {inner[0][1]: inner[-1][1] for inner in (read_fields(data) for _, data in fields)}
    right = set()
    for place, key in enumerate(honest.signers):
        try:
            bindings.crypto_sign_open(given.get(key.key_id, bytes(64)) + message, key.public)
        except BadSignatureError:
            continue
        right.add(place)
    return frozenset(right)
