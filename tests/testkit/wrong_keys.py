"""Keys that may not be in a statement, other networks, the future (PROTOCOL §5.1)."""

from dataclasses import replace

from testkit import curve
from testkit.envelopes import fresh, h
from testkit.statement_case import LENT, ROOTED, StatementCase, one, wrong
from testkit.statement_world import (
    ALL_BODIES,
    BODIES,
    DIRECTORY,
    DIRECTORY_2,
    GE_BUNDLE,
    GE_DELEGATION,
    ISSUED_MS,
    NETWORK,
    ROOT,
    agreement,
    bundle,
    by_both,
    delegation,
    encryption,
    identity,
    key,
    lent,
    member,
    public,
)
from testkit.trust import Body, Public, Statement, frame, of
from testkit.world import DAY_MS, MINUTE_MS, NOW_MS, opener

MALFORMED = "statement_malformed"
ADMISSION = "key_admission"
GE, TR = "GE.RS", "TR.GTB"
OTHER_NETWORK = fresh("another network", 16)
SOON_MS = NOW_MS + 10 * MINUTE_MS + 1
LONG = "x" * 257


def wrong_keys() -> list[StatementCase]:
    """Return them by kind of statement."""
    return [*_keys(), *_held_keys(), *_elsewhere()]


def _keys() -> list[StatementCase]:
    """Keys that E-1 does not admit, and keys of another algorithm than their place asks for."""
    good = key("GE.RS/sign").public
    mixed = curve.with_torsion(good, curve.order_two())
    wing = opener("trust-GE.RS", 2).public
    rows: list[tuple[str, str, Statement]] = []
    for name, title, bad in (
        ("order-2", "a key of order 2", Public(1, curve.encode(curve.order_two()))),
        ("mixed", "a key with a part of order 2", Public(1, mixed)),
        ("identity", "the identity", Public(1, curve.encode(curve.IDENTITY))),
        ("no-point", "no point of the curve", Public(1, (2).to_bytes(32, "little"))),
        ("31", "31 bytes", Public(1, good[:31])),
        ("x25519", "an encryption key", of(opener("x", 1))),
        ("algorithm-9", "an algorithm that nobody knows", Public(9, good)),
    ):
        rows.append((f"lent-key-{name}", title, delegation(GE, keys=(lent("x", 1, GE, key=bad),))))
    for name, title, suite, bad in (
        ("small", "an X25519 key of small order", 1, Public(2, bytes(32))),
        ("large", "an X25519 key that is not canonical", 1, Public(2, b"\xff" * 31 + b"\x7f")),
        ("other-suite", "a key of suite 2 for suite 1", 1, Public(3, wing)),
        ("signing", "a signing key", 1, Public(1, good)),
        ("modulus", "an ML-KEM coefficient above q", 2, Public(3, b"\xff" * 3 + wing[3:])),
        (
            "wing-small",
            "an X-Wing key with a part of small order",
            2,
            Public(3, wing[:1184] + bytes(32)),
        ),
        ("wing-short", "an X-Wing key of 1,215 bytes", 2, Public(3, wing[:-1])),
    ):
        one_key = replace(encryption("trust-GE.RS", suite), key=bad)
        rows.append((f"bundle-key-{name}", title, bundle(GE, keys=(one_key,))))
    body = replace(ROOT, bodies=(*BODIES[:2], replace(BODIES[2], keys=(Public(1, bytes(32)),))))
    listing = replace(
        DIRECTORY, members=(member(GE, keys=(Public(1, mixed),), threshold=1), member(TR))
    )
    cases = [wrong(name, title, "5.1", ADMISSION, changed) for name, title, changed in rows]
    return [
        *cases,
        wrong("member-key", "an identity key with a part of order 2", "5.1", ADMISSION, listing),
        one(
            "body-key",
            "a body's key of small order",
            "5.1",
            ADMISSION,
            frame(body, *ALL_BODIES),
            (),
            genesis=h(body.payload),
        ),
    ]


def _held_keys() -> list[StatementCase]:
    """One key has one holder and one use in the whole network."""
    sign = lent("GE.RS/sign", 1, GE)
    as_identity = replace(sign, key=of(identity("AZ.SCC")[0]))
    as_body = replace(sign, key=of(key("un")))
    of_tr = replace(sign, key=of(key("TR.GTB/sign")))
    twins = (member(GE), member(TR, keys=(of(identity(GE)[0]), *member(TR).keys[1:])))
    member_is_body = (member(GE), member(TR, keys=(of(key("un")), *member(TR).keys[1:])))
    bodies = (*BODIES[:2], replace(BODIES[2], keys=public("un")))
    same = encryption("trust-GE.RS", 1)
    again = replace(same, encrypt_from_ms=ISSUED_MS + 1)
    foreign = bundle(GE, keys=(encryption("trust-TR.GTB", 1),))
    held = (*LENT, "bundle-tr-1")
    double_root = replace(ROOT, bodies=bodies)
    next_root = replace(
        ROOT,
        version=2,
        prev=h(ROOT.payload),
        bodies=(*BODIES, Body("GE", 3, (of(identity(GE)[2]),))),
    )
    rows: list[tuple[str, str, Statement, tuple[str, ...] | None]] = [
        (
            "key-twice-lent",
            "a key is lent twice",
            delegation(GE, keys=(sign, replace(sign, usage=2))),
            None,
        ),
        ("key-identity-lent", "an identity key is lent", delegation(GE, keys=(as_identity,)), None),
        ("key-body-lent", "a body's key is lent", delegation(GE, keys=(as_body,)), None),
        (
            "key-other-lent",
            "another member lent it",
            delegation(GE, keys=(of_tr,)),
            LENT[:2] + LENT[3:],
        ),
        (
            "key-two-members",
            "two members, one identity key",
            replace(DIRECTORY, members=twins, agreements=()),
            None,
        ),
        (
            "key-body-member",
            "an identity key is a body's",
            replace(DIRECTORY, members=member_is_body, agreements=()),
            None,
        ),
        ("key-bundle-twice", "a key is twice in a bundle", bundle(GE, keys=(same, again)), None),
        ("key-bundle-foreign", "a key of another endpoint's bundle", foreign, held),
    ]
    cases = [
        wrong(name, title, "5.1", ADMISSION, changed, held=base)
        for name, title, changed, base in rows
    ]
    signers = (*ALL_BODIES, identity(GE)[2])
    return [
        *cases,
        one(
            "key-two-bodies",
            "two bodies, one key",
            "5.1",
            ADMISSION,
            frame(double_root, *ALL_BODIES),
            (),
            genesis=h(double_root.payload),
        ),
        wrong(
            "key-body-identity",
            "a new root gives a body a member's identity key",
            "5.1",
            ADMISSION,
            next_root,
            *signers,
            held=(*ROOTED, "directory-1"),
        ),
    ]


def _elsewhere() -> list[StatementCase]:
    """Statements of another network, and from the future."""
    strange = replace(DIRECTORY, network_id=OTHER_NETWORK)
    listing = replace(DIRECTORY, agreements=(by_both(agreement(GE, TR, network_id=OTHER_NETWORK)),))
    networks: list[tuple[str, Statement]] = [
        ("directory-network", strange),
        ("agreement-network", listing),
        ("delegation-network", replace(GE_DELEGATION, network_id=OTHER_NETWORK)),
        ("bundle-network", replace(GE_BUNDLE, network_id=OTHER_NETWORK)),
    ]
    assert NETWORK != OTHER_NETWORK
    soon: list[tuple[str, Statement]] = [
        (
            "directory-future",
            replace(
                DIRECTORY_2, version=1, prev=b"", issued_ms=SOON_MS, expires_ms=SOON_MS + DAY_MS
            ),
        ),
        ("delegation-future", replace(GE_DELEGATION, issued_ms=SOON_MS)),
        ("bundle-future", replace(GE_BUNDLE, issued_ms=SOON_MS)),
    ]
    title = "issued ten minutes and a millisecond ahead of the clock"
    return [
        *(
            wrong(name, "of another network", "5.1", "network", changed)
            for name, changed in networks
        ),
        *(wrong(name, title, "5.1", "created_in_future", changed) for name, changed in soon),
    ]
