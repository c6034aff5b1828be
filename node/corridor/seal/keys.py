"""Keys of an endpoint: the one that signs and the ones that open (PROTOCOL §2.3, §3.9).

Rules:

* a key's id is derived from algorithm and public key, and is looked up only inside its owner;
* a public key is used only after `admit_public_key`: with that (E-1), every verifier known
  accepts what E-2 accepts, so that an arbiter's tool agrees with the nodes;
* a secret never shows in `repr`, in a message or in a comparison.
"""

from dataclasses import dataclass, field
from typing import Final, Self

from corridor.errors import Reason, Refused
from corridor.seal.hpke import (
    SECRET_BYTES,
    SUITE_X25519,
    SUITE_XWING,
    SUITES,
    HpkeSecret,
    load_secret,
    public_is_admissible,
    public_of,
)
from corridor.seal.pae import LABEL_KEY_ID, signing_input
from corridor.seal.primitives import (
    KEY_BYTES,
    ed25519_keypair,
    ed25519_point_is_admissible,
    ed25519_sign,
    ed25519_verify,
    random_bytes,
    sha256,
)

ED25519: Final = 1
X25519: Final = 2
XWING: Final = 3
ALGORITHM_OF_SUITE: Final = {SUITE_X25519: X25519, SUITE_XWING: XWING}
"""The number of a suite's key in `PublicKey.algorithm`."""

KEY_ID_BYTES: Final = 16
_SUITE_OF_ALGORITHM: Final = {number: suite for suite, number in ALGORITHM_OF_SUITE.items()}


def key_id(algorithm: int, public: bytes) -> bytes:
    """Return the id of a public key, 16 bytes (PROTOCOL §2.3)."""
    return sha256(LABEL_KEY_ID + algorithm.to_bytes(2) + public)[:KEY_ID_BYTES]


def admit_public_key(algorithm: int, public: bytes) -> None:
    """Refuse a public key that must not enter a directory, delegation or bundle (E-1).

    Raises:
        Refused: KEY_ADMISSION: unknown algorithm, wrong length, not canonical, of small or mixed
            order, or failing ML-KEM's input check.
    """
    if algorithm == ED25519:
        fit = len(public) == KEY_BYTES and ed25519_point_is_admissible(public)
    else:
        suite = _SUITE_OF_ALGORITHM.get(algorithm)
        fit = suite is not None and public_is_admissible(suite, public)
    if not fit:
        raise Refused(Reason.KEY_ADMISSION, f"algorithm {algorithm}, {len(public)} bytes")


def verify(public: bytes, payload_type: str, body: bytes, signature: bytes) -> bool:
    """Tell whether `signature` is the key's over `body` under `payload_type` (E-2)."""
    return ed25519_verify(public, signing_input(payload_type, body), signature)


@dataclass(frozen=True, slots=True, eq=False)
class SigningKey:
    """An Ed25519 key that signs envelopes or statements."""

    public: bytes
    key_id: bytes
    _seed: bytes = field(repr=False)
    _secret: bytes = field(repr=False)

    @classmethod
    def generate(cls) -> Self:
        """Return a new key."""
        return cls.from_seed(random_bytes(KEY_BYTES))

    @classmethod
    def from_seed(cls, seed: bytes) -> Self:
        """Return the key of a 32-byte seed (RFC 8032 §5.1.5)."""
        public, secret = ed25519_keypair(seed)
        return cls(public, key_id(ED25519, public), seed, secret)

    def to_bytes(self) -> bytes:
        """Return the 32-byte seed, for a key file."""
        return self._seed

    def sign(self, payload_type: str, body: bytes) -> bytes:
        """Return the signature over `body` under `payload_type`, 64 bytes (PROTOCOL §2.1)."""
        return ed25519_sign(self._secret, signing_input(payload_type, body))


@dataclass(frozen=True, slots=True, eq=False)
class DecryptionKey:
    """A key that opens the wraps of envelopes sealed for its endpoint."""

    suite: int
    public: bytes
    key_id: bytes
    secret: HpkeSecret = field(repr=False)
    _seed: bytes = field(repr=False)

    @classmethod
    def generate(cls, suite: int = SUITE_XWING) -> Self:
        """Return a new key of `suite`."""
        return cls.from_secret(suite, random_bytes(SECRET_BYTES))

    @classmethod
    def from_secret(cls, suite: int, secret: bytes) -> Self:
        """Return the key of 32 secret bytes: X25519's scalar, or X-Wing's seed."""
        public = public_of(suite, secret)
        identity = key_id(ALGORITHM_OF_SUITE[suite], public)
        return cls(suite, public, identity, load_secret(suite, secret), secret)

    @property
    def algorithm(self) -> int:
        """The number of the key in `PublicKey.algorithm`."""
        return ALGORITHM_OF_SUITE[self.suite]

    def to_bytes(self) -> bytes:
        """Return suite (2 bytes) and secret (32 bytes), for a key file."""
        return self.suite.to_bytes(2) + self._seed

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read what `to_bytes` wrote.

        Raises:
            ValueError: The length or the suite is not one of ours.
        """
        suite = int.from_bytes(data[:2])
        if suite not in SUITES or len(data) != 2 + SECRET_BYTES:
            raise ValueError("not a decryption key")
        return cls.from_secret(suite, data[2:])
