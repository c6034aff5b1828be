"""Blind damage: what a broken line, a broken disk or an impatient attacker does to bytes."""

from collections.abc import Callable, Sequence
from random import Random

Damage = Callable[[bytes, Sequence[bytes], Random], bytes]
EDGES = (0, 1, 2, 3, 0x7F, 0x80, 0xFF)
WORDS = (0, 1, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 131_072, 131_073, 1_048_592)
OFTEN_BYTES = 512
"""Half of all damage goes here: header and signature, where the decisions are."""


def _place(data: bytes, rng: Random) -> int:
    end = min(len(data), OFTEN_BYTES) if rng.random() < 0.5 else len(data)
    return int(rng.random() * end)


def flip_bits(data: bytes, _: Sequence[bytes], rng: Random) -> bytes:
    """Flip one bit, seldom more."""
    out = bytearray(data)
    for _again in range(1 if rng.random() < 0.7 else rng.randrange(2, 9)):
        out[_place(data, rng)] ^= 1 << int(rng.random() * 8)
    return bytes(out)


def set_byte(data: bytes, _: Sequence[bytes], rng: Random) -> bytes:
    """Write a byte that is often special."""
    at = _place(data, rng)
    return data[:at] + bytes((rng.choice(EDGES),)) + data[at + 1 :]


def set_word(data: bytes, _: Sequence[bytes], rng: Random) -> bytes:
    """Write a number that is often special over two or four bytes: lengths live there."""
    at = _place(data, rng)
    width = rng.choice((2, 4))
    word = (rng.choice(WORDS) & (1 << 8 * width) - 1).to_bytes(width, "big")
    return data[:at] + word + data[at + width :]


def truncate(data: bytes, _: Sequence[bytes], rng: Random) -> bytes:
    """Lose the end."""
    return data[: _place(data, rng)]


def extend(data: bytes, _: Sequence[bytes], rng: Random) -> bytes:
    """Add to the end."""
    return data + rng.randbytes(rng.randrange(1, 64))


def insert(data: bytes, _: Sequence[bytes], rng: Random) -> bytes:
    """Slip bytes in."""
    at = _place(data, rng)
    return data[:at] + rng.randbytes(rng.randrange(1, 9)) + data[at:]


def remove(data: bytes, _: Sequence[bytes], rng: Random) -> bytes:
    """Take bytes out."""
    at = _place(data, rng)
    return data[:at] + data[at + rng.randrange(1, 65) :]


def repeat(data: bytes, _: Sequence[bytes], rng: Random) -> bytes:
    """Say a part twice."""
    at = _place(data, rng)
    end = at + rng.randrange(1, 129)
    return data[:end] + data[at:end] + data[end:]


def splice(data: bytes, corpus: Sequence[bytes], rng: Random) -> bytes:
    """Go on with another input from some place on."""
    other = rng.choice(corpus)
    at = _place(data, rng)
    return data[:at] + other[at:]


def graft(data: bytes, corpus: Sequence[bytes], rng: Random) -> bytes:
    """Put a part of another input in the same place."""
    other = rng.choice(corpus)
    at = _place(data, rng)
    end = at + rng.choice((1, 2, 16, 32, 64, 156, 1244))
    return data[:at] + other[at:end] + data[end:]


def noise(data: bytes, _: Sequence[bytes], rng: Random) -> bytes:
    """Keep the magic, perhaps, and forget the rest."""
    return data[: rng.choice((0, 4, 8))] + rng.randbytes(rng.randrange(0, 400))


ALL: tuple[Damage, ...] = (
    flip_bits,
    flip_bits,
    flip_bits,
    set_byte,
    set_word,
    truncate,
    extend,
    insert,
    remove,
    repeat,
    splice,
    graft,
    noise,
)
