"""Ed25519 from RFC 8032 in plain Python: slow, and able to make what no library would.

Nothing here is for keys that matter: the arithmetic takes as long as its numbers make it.
"""

import hashlib
from typing import NamedTuple

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
_ROOT = pow(2, (P - 1) // 4, P)


class Point(NamedTuple):
    """An affine point of the curve."""

    x: int
    y: int


IDENTITY = Point(0, 1)


def add(a: Point, b: Point) -> Point:
    """Return a + b."""
    cross = D * a.x * b.x % P * a.y * b.y % P
    x = (a.x * b.y + a.y * b.x) * pow(1 + cross, P - 2, P)
    y = (a.y * b.y + a.x * b.x) * pow(1 - cross, P - 2, P)
    return Point(x % P, y % P)


def multiply(scalar: int, point: Point) -> Point:
    """Return scalar * point."""
    total = IDENTITY
    while scalar:
        if scalar & 1:
            total = add(total, point)
        point = add(point, point)
        scalar >>= 1
    return total


def recover_x(y: int, sign: int) -> int | None:
    """Return the x of a y, None where y is on no point."""
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * _ROOT % P
    if (x * x - square) % P:
        return None
    return P - x if x & 1 != sign else x


def encode(point: Point) -> bytes:
    """Return the 32 bytes of a point."""
    return (point.y | (point.x & 1) << 255).to_bytes(32, "little")


def decode(data: bytes) -> Point:
    """Return the point of 32 canonical bytes."""
    number = int.from_bytes(data, "little")
    y = number & ((1 << 255) - 1)
    x = recover_x(y, number >> 255)
    if x is None:
        raise ValueError("not a point")
    return Point(x, y)


def base() -> Point:
    """Return the generator of the prime-order subgroup."""
    y = 4 * pow(5, P - 2, P) % P
    return Point(recover_x(y, 0) or 0, y)


def order_two() -> Point:
    """Return the point of order 2."""
    return Point(0, P - 1)


def order_eight() -> Point:
    """Return one of the four points of order 8."""
    y = 2
    while True:
        x = recover_x(y, 0)
        if x is not None:
            torsion = multiply(L, Point(x, y))
            if multiply(4, torsion) != IDENTITY:
                return torsion
        y += 1


class Secret(NamedTuple):
    """A private key, taken apart as RFC 8032 §5.1.5 does."""

    scalar: int
    prefix: bytes
    public: bytes


def secret_of(seed: bytes) -> Secret:
    """Return the private key of a 32-byte seed."""
    digest = hashlib.sha512(seed).digest()
    scalar = int.from_bytes(digest[:32], "little") & ((1 << 254) - 8) | 1 << 254
    return Secret(scalar, digest[32:], encode(multiply(scalar, base())))


def challenge(r: bytes, public: bytes, message: bytes) -> int:
    """Return k of RFC 8032 §5.1.6."""
    return int.from_bytes(hashlib.sha512(r + public + message).digest(), "little") % L


def sign(seed: bytes, message: bytes, torsion: Point = IDENTITY) -> bytes:
    """Return a signature; with `torsion`, one whose R lies outside the prime-order subgroup.

    Verifiers that multiply by the cofactor accept such a signature, E-2 does not.
    """
    secret = secret_of(seed)
    nonce = int.from_bytes(hashlib.sha512(secret.prefix + message).digest(), "little") % L
    r = encode(add(multiply(nonce, base()), torsion))
    s = (nonce + challenge(r, secret.public, message) * secret.scalar) % L
    return r + s.to_bytes(32, "little")


def with_torsion(public: bytes, torsion: Point) -> bytes:
    """Return the key with a small-order point added: outside the prime-order subgroup."""
    return encode(add(decode(public), torsion))


def non_canonical_s(signature: bytes) -> bytes:
    """Return the signature with L added to S: the same equation, another encoding."""
    s = int.from_bytes(signature[32:], "little") + L
    return signature[:32] + s.to_bytes(32, "little")
