"""Rightly signed delegations and bundles that say what may not be said (PROTOCOL §5.6, §5.7)."""

from dataclasses import replace

from testkit.envelopes import fresh
from testkit.statement_case import StatementCase, wrong
from testkit.statement_world import (
    ISSUED_MS,
    bundle,
    delegation,
    encryption,
    key,
    lent,
)
from testkit.trust import Statement
from testkit.world import DAY_MS, MINUTE_MS, NOW_MS

MALFORMED = "statement_malformed"
ADMISSION = "key_admission"
GE, TR = "GE.RS", "TR.GTB"
OTHER_NETWORK = fresh("another network", 16)
SOON_MS = NOW_MS + 10 * MINUTE_MS + 1
LONG = "x" * 257


def wrong_nodes() -> list[StatementCase]:
    """Return them by kind of statement."""
    return [*_delegations(), *_bundles()]


def _delegations() -> list[StatementCase]:
    def only(**parts: object) -> Statement:
        return delegation(GE, keys=(replace(lent("GE.RS/sign", 1, GE), **parts),))

    ahead = ((key("GE.RS/sign").key_id, ISSUED_MS + 1),)
    twice = ((key("GE.RS/sign").key_id, ISSUED_MS), (key("GE.RS/sign").key_id, 1))
    many = tuple(lent(f"lent-{n}", 1, GE) for n in range(65))
    rows = [
        (
            "lent-91-days",
            "90 days and a millisecond",
            only(not_after_ms=ISSUED_MS + 90 * DAY_MS + 1),
        ),
        ("lent-turned", "it ends when it begins", only(not_after_ms=ISSUED_MS)),
        ("lent-usage-0", "no usage", only(usage=0)),
        ("lent-usage-4", "a usage that nobody knows", only(usage=4)),
        ("lent-endpoint", "an endpoint of another member", only(endpoint=TR)),
        ("delegation-65", "65 keys", delegation(GE, keys=many)),
        ("delegation-planned", "a revocation in the future", delegation(GE, revoked=ahead)),
        ("delegation-twice", "a key revoked twice", delegation(GE, revoked=twice)),
        ("delegation-15", "a key id of 15 bytes", delegation(GE, revoked=((b"\1" * 15, 1),))),
        ("delegation-serial-0", "serial 0", delegation(GE, serial=0)),
        ("delegation-prev", "serial 1 names one before it", delegation(GE, prev=bytes(32))),
    ]
    return [wrong(name, title, "5.6", MALFORMED, changed) for name, title, changed in rows]


def _bundles() -> list[StatementCase]:
    start, end = ISSUED_MS, ISSUED_MS + 90 * DAY_MS

    def only(**parts: object) -> Statement:
        return bundle(GE, keys=(replace(encryption("trust-GE.RS", 1), **parts),))

    late = ISSUED_MS + MINUTE_MS + 30 * DAY_MS + 1
    pair = (encryption("trust-GE.RS", 1), encryption("other", 1))
    many = tuple(encryption(f"k{n}", 1, encrypt_from_ms=start + n) for n in range(33))
    rows = [
        ("bundle-no-keys", "no key", bundle(GE, keys=())),
        ("bundle-33", "33 keys", bundle(GE, keys=many)),
        ("bundle-suite-3", "a suite that nobody knows", only(suite=3)),
        ("bundle-suite-0", "no suite", only(suite=0)),
        ("bundle-91-days", "90 days and a millisecond", only(encrypt_until_ms=end + 1)),
        ("bundle-turned", "it ends when it begins", only(encrypt_until_ms=start)),
        ("bundle-closed-early", "closed before partners stop", only(accept_until_ms=end - 1)),
        (
            "bundle-grace",
            "30 days and a millisecond of grace",
            only(accept_until_ms=end + 30 * DAY_MS + 1),
        ),
        (
            "bundle-ahead",
            "published 30 days and a millisecond ahead",
            only(encrypt_from_ms=late, encrypt_until_ms=late + 1, accept_until_ms=late + 1),
        ),
        ("bundle-same-start", "two keys of one suite begin together", bundle(GE, keys=pair)),
        ("bundle-endpoint", "an endpoint that is none", replace(bundle(GE), endpoint="GE.RS\n")),
        ("bundle-serial-0", "serial 0", bundle(GE, serial=0)),
    ]
    signers = (key("GE.RS/sign"), key("GE.RS/key-manager"))
    return [
        wrong(name, title, "5.7", MALFORMED, changed, *signers) for name, title, changed in rows
    ]
