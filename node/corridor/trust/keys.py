"""Public keys that were admitted (PROTOCOL §2.3, §3.9).

Rules:

* a key is admitted once, where a statement brings it in, and trusted by its id from then on;
* a key has one holder and one use in the whole network: a second appearance is refused.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Self

from corridor.errors import Reason
from corridor.seal.keys import admit_public_key, key_id
from corridor.trust.checks import require
from corridor.wire.v1 import trust_pb2 as pb

KEY_ID_BYTES: Final = 16
SIGNATURE_BYTES: Final = 64


class Algorithm(IntEnum):
    """Algorithm of a public key; the number is the one on the wire."""

    ED25519 = 1
    X25519 = 2
    X_WING = 3


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A public key with its id."""

    algorithm: Algorithm
    public: bytes
    key_id: bytes

    @classmethod
    def admit(cls, algorithm: Algorithm, public: bytes) -> Self:
        """Return the key, if it may enter a statement.

        Raises:
            Refused: KEY_ADMISSION.
        """
        admit_public_key(algorithm, public)
        return cls(algorithm, public, key_id(algorithm, public))

    def to_message(self) -> pb.PublicKey:
        """Return the key as it stands in a statement."""
        return pb.PublicKey(algorithm=self.algorithm, public=self.public)


def read_key(message: pb.PublicKey, expected: Algorithm) -> TrustedKey:
    """Return the key of a statement, which must be of the algorithm that its place asks for.

    Raises:
        Refused: KEY_ADMISSION.
    """
    require(
        message.algorithm == expected,
        Reason.KEY_ADMISSION,
        f"expected a key of algorithm {expected.value}, got {message.algorithm}",
    )
    return TrustedKey.admit(expected, message.public)


def refuse_repeated(keys: Iterable[TrustedKey], taken: Iterable[bytes] = ()) -> None:
    """Refuse a key that appears twice, or that somebody else holds.

    Args:
        keys: The keys of a statement.
        taken: Ids of keys that have another holder.

    Raises:
        Refused: KEY_ADMISSION.
    """
    seen = set(taken)
    for key in keys:
        require(key.key_id not in seen, Reason.KEY_ADMISSION, "a key appears twice")
        seen.add(key.key_id)
