"""Bundles: the keys that are sealed to, their rotation and their end (§5.6)."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from builders_trust import (
    DAY_MS,
    GE,
    NOW_MS,
    TR,
    accept,
    decryption_key,
    make_world,
    signing_key,
)
from builders_trust_next import (
    ADMISSION,
    CHAIN,
    LATER,
    MALFORMED,
    NETWORK,
    NODE,
    QUORUM,
    VIEW,
    WORLD,
    lent,
    next_delegation,
    refusal,
    signed_delegation,
)
from corridor.errors import Reason, Refused
from corridor.seal.keys import SigningKey
from corridor.seal.pae import PayloadType
from corridor.transit.parties import Endpoint
from corridor.trust import ceremony
from corridor.trust.bundle import (
    Bundle,
    EncryptionKey,
    alarm_before_end,
    encode_bundle,
    plan_rotation,
    read_bundle,
    seals_until_ms,
)
from corridor.trust.delegation import (
    KeyUsage,
    Revocation,
)
from corridor.trust.keys import Algorithm, TrustedKey
from corridor.trust.statements import Signed, sign
from corridor.trust.view import build_view


def next_bundle(at_ms: int = LATER, **changes: object) -> Bundle:
    signed = Signed.parse(WORLD.bundles[GE])
    held = read_bundle(signed.payload, NETWORK)
    new = replace(held, serial=2, prev_hash=signed.payload_hash, issued_ms=at_ms)
    return replace(new, **changes)  # type: ignore[arg-type]


def signed_bundle(
    bundle: Bundle, keys: Iterable[SigningKey] = (NODE.key_manager, NODE.signing)
) -> bytes:
    return sign(PayloadType.KEY_BUNDLE, encode_bundle(bundle), keys).to_bytes()


def test_rotation_overlaps_and_the_newest_key_is_taken() -> None:
    plan = plan_rotation(VIEW.bundle(GE), LATER)
    assert plan.suites == (2, 1)
    assert plan.forget == ()
    new = [decryption_key("GE/new", suite) for suite in plan.suites]
    raw = ceremony.make_bundle(
        NETWORK,
        GE,
        plan,
        new,
        (NODE.key_manager, NODE.signing),
        issued_ms=LATER,
        previous=VIEW.signed_bundle(GE),
    )
    view = accept(VIEW, raw, now_ms=LATER)
    assert view.sealing_key(GE, LATER).key_id == new[0].key_id
    assert view.bundle_hash(GE) == Signed.parse(raw).payload_hash
    for key in (*NODE.opening, *new):
        assert view.accepts(GE, key.key_id, LATER)
    end_ms = NOW_MS + 120 * DAY_MS
    assert [view.accepts(GE, NODE.opening[0].key_id, t) for t in (end_ms - 1, end_ms)] == [
        True,
        False,
    ]


@pytest.mark.parametrize(
    "signers",
    [
        pytest.param((NODE.key_manager,), id="without the countersignature"),
        pytest.param((NODE.signing,), id="without the key manager"),
        pytest.param(NODE.officers, id="by identity keys"),
        pytest.param(
            (WORLD.nodes[TR].key_manager, WORLD.nodes[TR].signing), id="by another member"
        ),
        pytest.param(
            (NODE.key_manager, WORLD.nodes[TR].signing), id="countersigned by another member"
        ),
    ],
)
def test_a_bundle_without_both_signatures_is_refused(signers: tuple[SigningKey, ...]) -> None:
    assert refusal(VIEW, signed_bundle(next_bundle(), signers)) is QUORUM


def test_a_bundle_signed_by_another_endpoint_of_the_member_is_refused() -> None:
    second = Endpoint("GE.RS.N2")
    keys = [
        ceremony.lend(signing_key("GE/n2/sign"), KeyUsage.SIGN, second, LATER),
        ceremony.lend(signing_key("GE/n2/manage"), KeyUsage.KEY_MANAGER, second, LATER),
    ]
    view = accept(VIEW, signed_delegation(next_delegation(*keys)), now_ms=LATER)
    signers = (signing_key("GE/n2/sign"), signing_key("GE/n2/manage"))
    assert refusal(view, signed_bundle(next_bundle(), signers)) is QUORUM


def test_a_log_key_signs_no_bundle() -> None:
    view = accept(
        VIEW, signed_delegation(next_delegation(lent("GE/log", KeyUsage.LOG))), now_ms=LATER
    )
    raw = signed_bundle(next_bundle(), (NODE.signing, signing_key("GE/log")))
    assert refusal(view, raw) is QUORUM


@pytest.mark.parametrize("at_ms", [NOW_MS + 90 * DAY_MS, NOW_MS + 91 * DAY_MS])
def test_a_bundle_issued_after_its_signers_ended_is_refused(at_ms: int) -> None:
    assert refusal(VIEW, signed_bundle(next_bundle(at_ms)), at_ms) is QUORUM


def test_a_bundle_of_a_revoked_key_manager_is_refused_and_the_old_one_counts_no_more() -> None:
    revoke = (Revocation(NODE.key_manager.key_id, LATER),)
    view = accept(VIEW, signed_delegation(next_delegation(revoke=revoke)), now_ms=LATER)
    assert refusal(view, signed_bundle(next_bundle())) is QUORUM
    with pytest.raises(Refused) as caught:
        view.sealing_key(GE, LATER)
    assert caught.value.reason is Reason.NO_ENCRYPTION_KEY
    assert build_view(WORLD.genesis_hash, view.statements(), LATER).index == view.index


def changed_first(**changes: object) -> Bundle:
    first, *rest = next_bundle().keys
    return next_bundle(keys=(replace(first, **changes), *rest))  # type: ignore[arg-type]


def bad_key(algorithm: Algorithm, public: bytes) -> TrustedKey:
    return TrustedKey(algorithm, public, bytes(16))


HYBRID = next_bundle().keys[0].key.public


@pytest.mark.parametrize(
    ("bundle", "reason"),
    [
        pytest.param(next_bundle(network_id=bytes(16)), Reason.NETWORK, id="other network"),
        pytest.param(next_bundle(endpoint="ge"), MALFORMED, id="no endpoint"),
        pytest.param(next_bundle(serial=0), MALFORMED, id="serial 0"),
        pytest.param(next_bundle(serial=1002), CHAIN, id="fast forward"),
        pytest.param(next_bundle(prev_hash=bytes(32)), CHAIN, id="another predecessor"),
        pytest.param(next_bundle(serial=1, prev_hash=b""), Reason.EQUIVOCATION, id="two firsts"),
        pytest.param(next_bundle(LATER + 600_001), Reason.CREATED_IN_FUTURE, id="from the future"),
        pytest.param(next_bundle(keys=()), MALFORMED, id="no keys"),
        pytest.param(next_bundle(keys=next_bundle().keys * 17), MALFORMED, id="34 keys"),
        pytest.param(next_bundle(keys=next_bundle().keys * 2), ADMISSION, id="a key twice"),
        pytest.param(changed_first(suite=3), MALFORMED, id="suite 3"),
        pytest.param(changed_first(suite=1), ADMISSION, id="suite and key do not match"),
        pytest.param(
            changed_first(key=bad_key(Algorithm.X_WING, HYBRID[:-1])), ADMISSION, id="1,215 bytes"
        ),
        pytest.param(
            changed_first(key=bad_key(Algorithm.X_WING, b"\xff" * 1184 + HYBRID[1184:])),
            ADMISSION,
            id="ML-KEM key that fails its check",
        ),
        pytest.param(
            changed_first(key=bad_key(Algorithm.X_WING, HYBRID[:1184] + bytes(32))),
            ADMISSION,
            id="low-order X25519 inside the hybrid",
        ),
        pytest.param(
            changed_first(suite=1, key=bad_key(Algorithm.X25519, bytes(32))),
            ADMISSION,
            id="low-order X25519",
        ),
        pytest.param(
            changed_first(encrypt_until_ms=NOW_MS + 90 * DAY_MS + 1), MALFORMED, id="91 days"
        ),
        pytest.param(changed_first(encrypt_until_ms=NOW_MS), MALFORMED, id="empty window"),
        pytest.param(
            changed_first(accept_until_ms=NOW_MS + 90 * DAY_MS - 1), MALFORMED, id="closed early"
        ),
        pytest.param(
            changed_first(accept_until_ms=NOW_MS + 120 * DAY_MS + 1), MALFORMED, id="open too long"
        ),
        pytest.param(
            changed_first(
                encrypt_from_ms=LATER + 30 * DAY_MS + 1,
                encrypt_until_ms=LATER + 31 * DAY_MS,
                accept_until_ms=LATER + 31 * DAY_MS,
            ),
            MALFORMED,
            id="published too early",
        ),
    ],
)
def test_an_unsound_bundle_is_refused(bundle: Bundle, reason: Reason) -> None:
    assert refusal(VIEW, signed_bundle(bundle)) is reason


def test_two_keys_of_one_suite_that_start_together_are_refused() -> None:
    first = next_bundle().keys[0]
    other = decryption_key("other", 2)
    twin = replace(first, key=TrustedKey(Algorithm.X_WING, other.public, other.key_id))
    assert refusal(VIEW, signed_bundle(next_bundle(keys=(first, twin)))) is MALFORMED


def test_a_key_of_another_endpoint_is_refused() -> None:
    theirs = read_bundle(Signed.parse(WORLD.bundles[TR]).payload, NETWORK).keys
    assert refusal(VIEW, signed_bundle(next_bundle(keys=theirs))) is ADMISSION


def test_bundle_rollback_is_refused() -> None:
    view = accept(VIEW, signed_bundle(next_bundle()), now_ms=LATER)
    assert refusal(view, WORLD.bundles[GE]) is Reason.ROLLBACK


def test_an_expired_key_is_never_sealed_to_and_no_lower_suite_taken() -> None:
    hybrid, classic = next_bundle().keys
    longer = replace(
        classic,
        encrypt_from_ms=LATER,
        encrypt_until_ms=LATER + 20 * DAY_MS,
        accept_until_ms=LATER + 20 * DAY_MS,
    )
    shorter = replace(hybrid, encrypt_until_ms=LATER + DAY_MS)
    shorter = replace(shorter, accept_until_ms=LATER + DAY_MS)
    view = accept(VIEW, signed_bundle(next_bundle(keys=(shorter, longer))), now_ms=LATER)
    assert view.sealing_key(GE, LATER).suite == 2
    with pytest.raises(Refused) as caught:
        view.sealing_key(GE, LATER + DAY_MS)
    assert caught.value.reason is Reason.NO_ENCRYPTION_KEY


def test_a_suite_below_the_directorys_is_not_sealed_to() -> None:
    world = make_world(min_suite=2, suites=(1,))
    view = world.view()
    assert view.min_suite == 2
    with pytest.raises(Refused) as caught:
        view.sealing_key(GE, NOW_MS)
    assert caught.value.reason is Reason.NO_ENCRYPTION_KEY


def test_the_first_rotation_makes_the_first_bundle() -> None:
    plan = plan_rotation(None, NOW_MS, (2,))
    assert (plan.keep, plan.forget, plan.suites) == ((), (), (2,))
    assert plan.encrypt_from_ms == NOW_MS
    assert plan.encrypt_until_ms == NOW_MS + 90 * DAY_MS
    assert plan.accept_until_ms == NOW_MS + 120 * DAY_MS


def test_rotation_forgets_keys_that_nothing_may_still_arrive_for() -> None:
    bundle = VIEW.bundle(GE)
    end_ms = NOW_MS + 120 * DAY_MS
    assert plan_rotation(bundle, end_ms - 1).forget == ()
    assert [k.key.key_id for k in plan_rotation(bundle, end_ms).forget] == [
        key.key_id for key in NODE.opening
    ]


def test_two_rotations_at_one_moment_still_tell_the_newest_key() -> None:
    assert plan_rotation(VIEW.bundle(GE), NOW_MS).encrypt_from_ms == NOW_MS + 1


def test_rotation_stops_before_a_bundle_overflows() -> None:
    bundle = VIEW.bundle(GE)
    assert bundle is not None
    full = replace(bundle, keys=bundle.keys * 16)
    with pytest.raises(Refused) as caught:
        plan_rotation(full, NOW_MS)
    assert caught.value.reason is Reason.LIMITS


def window(suite: int, start_day: int, end_day: int) -> EncryptionKey:
    key = decryption_key(f"{start_day}", suite)
    trusted = TrustedKey(Algorithm(key.algorithm), key.public, key.key_id)
    start, end = NOW_MS + start_day * DAY_MS, NOW_MS + end_day * DAY_MS
    return EncryptionKey(trusted, suite, start, end, end)


@pytest.mark.parametrize(
    ("keys", "days"),
    [
        pytest.param([(2, 0, 90)], 90, id="one key"),
        pytest.param([(2, 0, 30), (2, 29, 60)], 60, id="overlapping keys"),
        pytest.param([(2, 29, 60), (2, 0, 30)], 60, id="in any order"),
        pytest.param([(2, 0, 30), (2, 31, 60)], 30, id="a hole between them"),
        pytest.param([(2, 0, 30), (1, 0, 90)], 30, id="a lower suite does not count"),
        pytest.param([(2, -20, -10)], 0, id="none now"),
    ],
)
def test_the_end_of_sealing_is_foreseen(keys: list[tuple[int, int, int]], days: int) -> None:
    bundle = replace(next_bundle(), keys=tuple(window(*key) for key in keys))
    assert seals_until_ms(bundle, NOW_MS) == NOW_MS + days * DAY_MS


def test_the_alarm_starts_three_weeks_before_the_end() -> None:
    bundle = VIEW.bundle(GE)
    assert bundle is not None
    assert alarm_before_end(bundle, NOW_MS + 69 * DAY_MS - 1) is None
    assert alarm_before_end(bundle, NOW_MS + 69 * DAY_MS) == 21 * DAY_MS
    assert alarm_before_end(bundle, NOW_MS + 91 * DAY_MS) == 0
