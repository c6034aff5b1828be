"""The start-up self test: the libraries still accept and refuse what PROTOCOL §3.9 demands.

Rules:

* a node whose libraries fail here must not start: it would sign what others refuse, or keep as
  evidence what an arbiter's tool rejects (E-3);
* each check is one line of the table below and is named in the error;
* vectors stand here as constants, made by the testkit (tests/testkit/curve.py).
"""

from collections.abc import Callable
from typing import Final

from corridor.errors import Refused, SelfTestFailed
from corridor.seal import hpke, keys, primitives

_SEED: Final = bytes(range(32))
_PUBLIC: Final = bytes.fromhex("03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8")
_MESSAGE: Final = b"corridor: R outside the prime-order subgroup"
_SIGNATURE: Final = bytes.fromhex(
    "fe0a61d6b5d81dc53ddb1c6eaee6653259c04ee7a6c562d26c511abca8e126ab"
    "905406be0d7584117c1b544bedf4edf2e16a9e958ba3bc7e050b2849ddd76a07"
)
_TORSION_SIGNATURE: Final = bytes.fromhex(
    "7df39662bba55cf5de1bbe238be46b2090399235badfa015de364854707af6bb"
    "c5b1e69c4368b0afbeab0f89f028a1a5788ad60b9c7b3c7742dd945a12765b09"
)
"""R = rB + T8: a verifier that multiplies by the cofactor accepts it."""
_MIXED_ORDER_KEY: Final = bytes.fromhex(
    "ea5ef8400c31ef41e28f22e718b43f66981b29cf645af2a0e223799bedaace47"
)
"""`_PUBLIC` plus the point of order 2: accepted before libsodium's fix of CVE-2025-69277."""
_GROUP_ORDER: Final = 2**252 + 27742317777372353535851937790883648493
_XWING_PUBLIC_SHA256: Final = "c9a3565ffde4f72b51661be391ee13e46378d7f06dd5c8bf5af9d2cfb5b8336b"


def run() -> None:
    """Check every library we trust.

    Raises:
        SelfTestFailed: Naming the first check that fails.
    """
    for name, check in _CHECKS:
        if not check():
            raise SelfTestFailed(
                f"self test failed: {name}; this installation of PyNaCl or cryptography must not "
                "be used (PROTOCOL §3.9)"
            )


def _signs_as_rfc8032() -> bool:
    public, secret = primitives.ed25519_keypair(_SEED)
    return (public, primitives.ed25519_sign(secret, _MESSAGE)) == (_PUBLIC, _SIGNATURE)


def _accepts_good_signature() -> bool:
    return primitives.ed25519_verify(_PUBLIC, _MESSAGE, _SIGNATURE)


def _refuses_torsion_in_r() -> bool:
    return not primitives.ed25519_verify(_PUBLIC, _MESSAGE, _TORSION_SIGNATURE)


def _refuses_large_s() -> bool:
    s = int.from_bytes(_SIGNATURE[32:], "little") + _GROUP_ORDER
    malleated = _SIGNATURE[:32] + s.to_bytes(32, "little")
    return not primitives.ed25519_verify(_PUBLIC, _MESSAGE, malleated)


def _refuses_mixed_order_key() -> bool:
    return not _admitted(keys.ED25519, _MIXED_ORDER_KEY)


def _admits_good_key() -> bool:
    return _admitted(keys.ED25519, _PUBLIC)


def _refuses_small_order_key() -> bool:
    return not _admitted(keys.ED25519, bytes(32)) and not _admitted(keys.X25519, bytes(32))


def _derives_xwing_keys() -> bool:
    public = hpke.public_of(hpke.SUITE_XWING, _SEED)
    return primitives.sha256(public).hex() == _XWING_PUBLIC_SHA256


def _opens_only_what_was_wrapped() -> bool:
    return all(map(_wrap_holds, hpke.SUITES))


def _wrap_holds(suite: int) -> bool:
    public, secret = hpke.public_of(suite, _SEED), hpke.load_secret(suite, _SEED)
    sealed = hpke.seal_to(suite, public, b"info", _MESSAGE, primitives.random_bytes)
    broken = bytes((sealed[0] ^ 1,)) + sealed[1:]
    return (
        hpke.open_from(secret, public, b"info", sealed) == _MESSAGE
        and hpke.open_from(secret, public, b"other", sealed) is None
        and hpke.open_from(secret, public, b"info", broken) is None
    )


def _admitted(algorithm: int, public: bytes) -> bool:
    try:
        keys.admit_public_key(algorithm, public)
    except Refused:
        return False
    return True


_CHECKS: Final[tuple[tuple[str, Callable[[], bool]], ...]] = (
    ("Ed25519 signs as RFC 8032", _signs_as_rfc8032),
    ("Ed25519 accepts a good signature", _accepts_good_signature),
    ("Ed25519 refuses R with a small-order part (E-2)", _refuses_torsion_in_r),
    ("Ed25519 refuses S above the group order (E-2)", _refuses_large_s),
    ("a key of mixed order is not admitted (E-1)", _refuses_mixed_order_key),
    ("a good key is admitted (E-1)", _admits_good_key),
    ("a key of small order is not admitted (E-1)", _refuses_small_order_key),
    ("ML-KEM-768 with X25519 derives its keys", _derives_xwing_keys),
    ("HPKE opens what was wrapped and nothing else", _opens_only_what_was_wrapped),
)
