"""Attacks with real keys: every forgery that a member, a carrier or a sender itself could try.

Each returns a frame that must be refused. `resign` is the sender, or a thief of its key, signing
what it should not; `impersonate` is another member. The envelopes of `build_wrong` are right in
every part but one.
"""

from collections.abc import Callable
from random import Random

from fuzz import damage
from fuzz.corpus import ATTACKER, Sample
from testkit import proto, world
from testkit.envelopes import HEADER_TYPE, Signer, build, changed, fresh, h, leaves_of, pad, root_of

Attack = Callable[[Sample, Sample, Random], bytes]
GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493
OTHER_TYPES = (
    "application/vnd.corridor.directory.v1+protobuf",
    "application/vnd.corridor.key-bundle.v1+protobuf",
    "application/vnd.corridor.agreement.v1+protobuf",
    "",
)


def _frame(header: bytes, signature: bytes, ct: bytes) -> bytes:
    size = len(header).to_bytes(4, "big")
    return b"CRD1" + size + header + b"\0" + signature + len(ct).to_bytes(4, "big") + ct


def _signed(header: bytes, ct: bytes, signer: Signer, kind: str = HEADER_TYPE) -> bytes:
    return _frame(header, signer.sign(kind, header), ct)


def resign_damaged(sample: Sample, other: Sample, rng: Random) -> bytes:
    """The sender signs a header that somebody damaged.

    With several recipients only the core is damaged: who seals wrongly for somebody else makes
    an envelope that is right for us, and only the other can tell.
    """
    change = rng.choice(damage.ALL)
    header, core = sample.built.header, sample.built.core
    if len(sample.spec.to) > 1:
        header = change(core, (other.built.core,), rng) + header[len(core) :]
    else:
        header = change(header, (other.built.header,), rng)
    return _signed(header, sample.built.ct, sample.spec.signer)


def resign_other_ciphertext(sample: Sample, other: Sample, rng: Random) -> bytes:
    """The sender signs another ciphertext under the same header."""
    ct = rng.choice((damage.flip_bits(sample.built.ct, (), rng), other.built.ct))
    header = sample.built.header[:-32] + h(ct)
    return _signed(header, ct, sample.spec.signer)


def transplant_wrap(sample: Sample, other: Sample, rng: Random) -> bytes:
    """The wrap of another envelope, signed by its sender."""
    core, ct = sample.built.core, sample.built.ct
    wraps = b"".join(len(wrap).to_bytes(2, "big") + wrap for wrap in other.built.wraps)
    if rng.random() < 0.5:
        core, ct = other.built.core, other.built.ct
        wraps = b"".join(len(w).to_bytes(2, "big") + w for w in sample.built.wraps)
    return _signed(core + wraps + h(ct), ct, sample.spec.signer)


def impersonate(sample: Sample, _: Sample, rng: Random) -> bytes:
    """Another member signs it under the sender's name, or takes it for its own."""
    thief = world.signer(rng.choice(("az", "ge-key-manager", "ge-revoked", "am", "nobody")))
    header = sample.built.header
    if rng.random() < 0.5:
        header = header.replace(sample.spec.signer.key_id, thief.key_id, 1)
    if rng.random() < 0.5:
        named, own = sample.spec.sender, ATTACKER
        header = header.replace(bytes([len(named)]) + named, bytes([len(own)]) + own, 1)
    if header == sample.built.header:
        header = damage.flip_bits(header, (), rng)
    return _signed(header, sample.built.ct, thief)


def other_signature(sample: Sample, other: Sample, rng: Random) -> bytes:
    """The same header with a signature that is none."""
    signature = sample.built.signature
    s = int.from_bytes(signature[32:], "little")
    forged = rng.choice(
        (
            signature[:32] + (s + GROUP_ORDER).to_bytes(32, "little"),
            signature[:32] + ((-s) % GROUP_ORDER).to_bytes(32, "little"),
            signature[:31] + bytes([signature[31] ^ 0x80]) + signature[32:],
            bytes([1]) + bytes(31) + signature[32:],
            bytes(64),
            other.built.signature if other is not sample else bytes(64),
            sample.spec.signer.sign(rng.choice(OTHER_TYPES), sample.built.header),
            rng.randbytes(64),
        )
    )
    return _frame(sample.built.header, forged, sample.built.ct)


def build_wrong(sample: Sample, _: Sample, rng: Random) -> bytes:
    """An envelope made anew by its sender, wrong in one part."""
    make = rng.choice(PARTS)
    label = f"wrong/{rng.getrandbits(64):x}"
    records = tuple(
        proto.record(rng.randrange(1000), rng.randbytes(rng.randrange(1, 90)))
        for _number in range(rng.randrange(2, 5))
    )
    parts = make(label, rng, records)
    return build(changed(sample.spec, label, suite=1, records=records, **parts)).frame


def _wrong_commit(_: str, rng: Random, __: tuple[bytes, ...]) -> dict[str, object]:
    return {"to": (world.us(1),), "key_commit": rng.randbytes(32)}


def _wrong_position(_: str, rng: Random, __: tuple[bytes, ...]) -> dict[str, object]:
    return {"to": (world.us(1, stream_commit=rng.randbytes(32)),)}


def _wrong_wrap_plain(_: str, rng: Random, __: tuple[bytes, ...]) -> dict[str, object]:
    length = rng.choice((32, 107, 108, 109))
    return {"to": (world.us(1, wrap_plain=rng.randbytes(length)),)}


def _wrong_wrap(_: str, rng: Random, __: tuple[bytes, ...]) -> dict[str, object]:
    return {"to": (world.us(1, wrap=rng.randbytes(rng.choice((0, 155, 156, 157, 1244)))),)}


def _wrong_context(_: str, rng: Random, __: tuple[bytes, ...]) -> dict[str, object]:
    named = rng.choice((ATTACKER, b"TR.GTB2", b"GE.RS"))
    return {"to": (world.us(1, sealed_for=named),)}


def _wrong_aad(_: str, rng: Random, __: tuple[bytes, ...]) -> dict[str, object]:
    return {"to": (world.us(1),), "aad": rng.randbytes(rng.randrange(0, 300))}


def _wrong_root(label: str, rng: Random, records: tuple[bytes, ...]) -> dict[str, object]:
    seed = h(label.encode())
    others = rng.choice((records[::-1], records[:-1], (*records, records[0]), records[1:]))
    flat = root_of(leaves_of(seed, records))
    part: dict[str, object] = {"root_records": others}
    return {"to": (world.us(1),), **rng.choice((part, {"payload_root": flat}))}


def _wrong_padding(label: str, rng: Random, records: tuple[bytes, ...]) -> dict[str, object]:
    good = pad(_good_body(label, records))
    at = rng.randrange(len(good) - 400, len(good))
    wrong = rng.choice(
        (
            good[:at] + bytes([rng.randrange(1, 256)]) + good[at + 1 :],
            good + bytes(128),
            rng.randbytes(4) + good[4:],
        )
    )
    return {"to": (world.us(1),), "padded": wrong}


def _wrong_body(label: str, rng: Random, records: tuple[bytes, ...]) -> dict[str, object]:
    """A batch that does not read, or is not the signed one."""
    good = _good_body(label, records)
    body = rng.choice(damage.ALL)(good, (good,), rng)
    return {"to": (world.us(1),), "body": good[:-1] if body == good else body}


def _good_body(label: str, records: tuple[bytes, ...]) -> bytes:
    return proto.batch(fresh(f"{label}/seed"), list(records))


def _wrong_type(_: str, rng: Random, __: tuple[bytes, ...]) -> dict[str, object]:
    return {"to": (world.us(1),), "payload_type": rng.choice(OTHER_TYPES)}


def _wrong_recipient(_: str, rng: Random, __: tuple[bytes, ...]) -> dict[str, object]:
    key = world.opener(rng.choice(("az", "nobody")), 1)
    me = world.us(1)
    to = type(me)(me.endpoint, key, enc_key_id=rng.choice((None, me.key.key_id)))
    return {"to": (to,)}


PARTS = (
    _wrong_commit,
    _wrong_position,
    _wrong_wrap_plain,
    _wrong_wrap,
    _wrong_context,
    _wrong_aad,
    _wrong_root,
    _wrong_padding,
    _wrong_body,
    _wrong_type,
    _wrong_recipient,
)
ALL: tuple[Attack, ...] = (
    resign_damaged,
    resign_damaged,
    resign_other_ciphertext,
    transplant_wrap,
    impersonate,
    other_signature,
    build_wrong,
)
