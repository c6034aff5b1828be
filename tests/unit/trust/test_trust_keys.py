"""Delegations, bundles and agreements: who lends which key to whom, and who may send (§5.5 to 5.7).

Cases 40 and 57 to 60 of the threat list.
"""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from builders_trust import (
    AZ,
    DAY_MS,
    GE,
    NOW_MS,
    TR,
    Node,
    accept,
    decryption_key,
    make_agreement,
    make_bundle,
    make_delegation,
    make_world,
    signing_key,
)
from corridor.errors import Reason, Refused
from corridor.seal.keys import SigningKey
from corridor.seal.pae import PayloadType
from corridor.transit.parties import Endpoint
from corridor.trust import ceremony
from corridor.trust.agreement import Agreement, encode_agreement, read_agreement
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
    DelegatedKey,
    Delegation,
    KeyUsage,
    Revocation,
    encode_delegation,
    read_delegation,
)
from corridor.trust.directory import MemberStatus
from corridor.trust.keys import Algorithm, TrustedKey
from corridor.trust.statements import Signed, sign
from corridor.trust.view import TrustView, build_view

WORLD = make_world()
VIEW = WORLD.view()
NETWORK = WORLD.network_id
NODE = WORLD.nodes[GE]
LATER = NOW_MS + DAY_MS
MALFORMED, CHAIN = Reason.STATEMENT_MALFORMED, Reason.STATEMENT_CHAIN
ADMISSION, QUORUM = Reason.KEY_ADMISSION, Reason.QUORUM


def refusal(view: TrustView, raw: bytes, now_ms: int = LATER) -> Reason:
    before = view.statements()
    with pytest.raises(Refused) as caught:
        view.with_statement(raw, now_ms)
    assert view.statements() == before
    return caught.value.reason


# --- delegation -------------------------------------------------------------------------------


def lent(name: str, usage: KeyUsage = KeyUsage.SIGN, at_ms: int = LATER) -> DelegatedKey:
    return ceremony.lend(signing_key(name), usage, GE, at_ms)


def next_delegation(
    *keys: DelegatedKey, revoke: tuple[Revocation, ...] = (), at_ms: int = LATER, **changes: object
) -> Delegation:
    held = read_delegation(Signed.parse(WORLD.delegations[GE]).payload, NETWORK, ())
    new = replace(
        held,
        serial=2,
        prev_hash=Signed.parse(WORLD.delegations[GE]).payload_hash,
        issued_ms=at_ms,
        keys=(*held.keys, *keys),
        revoked=revoke,
    )
    return replace(new, **changes)  # type: ignore[arg-type]


def signed_delegation(delegation: Delegation, keys: Iterable[SigningKey] = NODE.officers) -> bytes:
    return sign(PayloadType.DELEGATION, encode_delegation(delegation), keys).to_bytes()


def test_a_new_key_signs_beside_the_old_one() -> None:
    made = ceremony.make_delegation(
        NETWORK,
        "GE.RS",
        [lent("GE/new")],
        NODE.officers,
        issued_ms=LATER,
        previous=VIEW.signed_delegation("GE.RS"),
    )
    assert made == signed_delegation(next_delegation(lent("GE/new")))
    view = accept(VIEW, made, now_ms=LATER)
    for key in (NODE.signing, signing_key("GE/new")):
        assert view.signer(GE, key.key_id, LATER) == key.public
    delegation = view.delegation("GE.RS")
    assert delegation is not None
    assert delegation.serial == 2


@pytest.mark.parametrize(
    ("signers", "reason"),
    [
        pytest.param(NODE.identity[:1], QUORUM, id="one of two of three"),
        pytest.param((NODE.signing, NODE.key_manager), QUORUM, id="the node for itself"),
        pytest.param(WORLD.registry, QUORUM, id="the registry for a member"),
        pytest.param(WORLD.nodes[TR].officers, QUORUM, id="another member"),
        pytest.param(
            (NODE.identity[0], WORLD.nodes[TR].identity[0]), QUORUM, id="one officer of each"
        ),
        pytest.param((NODE.identity[0],) * 2, Reason.STATEMENT_SIGNATURE, id="one officer twice"),
    ],
)
def test_a_delegation_without_its_threshold_is_refused(
    signers: tuple[SigningKey, ...], reason: Reason
) -> None:
    assert refusal(VIEW, signed_delegation(next_delegation(), signers)) is reason


TAKEN = {
    "an identity key": NODE.identity[2],
    "a body's key": WORLD.bodies["UN"],
    "another member's signing key": WORLD.nodes[TR].signing,
}


@pytest.mark.parametrize("key", [pytest.param(key, id=name) for name, key in TAKEN.items()])
def test_a_key_with_another_holder_is_not_delegated(key: SigningKey) -> None:
    delegation = next_delegation(ceremony.lend(key, KeyUsage.SIGN, GE, LATER))
    assert refusal(VIEW, signed_delegation(delegation)) is ADMISSION


def changed_key(**changes: object) -> Delegation:
    return next_delegation(replace(lent("GE/new"), **changes))  # type: ignore[arg-type]


REVOKED = Revocation(NODE.signing.key_id, LATER)


@pytest.mark.parametrize(
    ("delegation", "reason"),
    [
        pytest.param(next_delegation(network_id=bytes(16)), Reason.NETWORK, id="other network"),
        pytest.param(next_delegation(member_id="GE.RS.N1"), MALFORMED, id="an endpoint"),
        pytest.param(next_delegation(serial=0), MALFORMED, id="serial 0"),
        pytest.param(next_delegation(serial=1002), CHAIN, id="fast forward"),
        pytest.param(next_delegation(prev_hash=bytes(32)), CHAIN, id="another predecessor"),
        pytest.param(
            next_delegation(serial=1, prev_hash=b""), Reason.EQUIVOCATION, id="two firsts"
        ),
        pytest.param(
            next_delegation(at_ms=LATER + 600_001), Reason.CREATED_IN_FUTURE, id="from the future"
        ),
        pytest.param(next_delegation(issued_ms=NOW_MS - 1), CHAIN, id="issued before the first"),
        pytest.param(next_delegation(keys=()), CHAIN, id="keys vanish"),
        pytest.param(
            changed_key(not_after_ms=LATER + 90 * DAY_MS + 1), MALFORMED, id="longer than 90 days"
        ),
        pytest.param(changed_key(not_after_ms=LATER), MALFORMED, id="ends as it starts"),
        pytest.param(changed_key(usage=0), MALFORMED, id="no use"),
        pytest.param(changed_key(usage=4), MALFORMED, id="unknown use"),
        pytest.param(changed_key(endpoint=TR), MALFORMED, id="another member's endpoint"),
        pytest.param(changed_key(endpoint=Endpoint("??")), MALFORMED, id="no endpoint"),
        pytest.param(
            changed_key(key=TrustedKey(Algorithm.ED25519, bytes(32), bytes(16))),
            ADMISSION,
            id="low-order key",
        ),
        pytest.param(
            changed_key(key=TrustedKey(Algorithm.X25519, bytes(range(32)), bytes(16))),
            ADMISSION,
            id="a key that cannot sign",
        ),
        pytest.param(
            next_delegation(lent("GE/new"), lent("GE/new", KeyUsage.LOG)),
            ADMISSION,
            id="one key with two uses",
        ),
        pytest.param(
            next_delegation(*(lent(f"GE/{n}") for n in range(63))), MALFORMED, id="65 keys"
        ),
        pytest.param(
            next_delegation(revoke=(REVOKED, REVOKED)), MALFORMED, id="a key revoked twice"
        ),
        pytest.param(
            next_delegation(revoke=(replace(REVOKED, key_id=b"short"),)), MALFORMED, id="short id"
        ),
        pytest.param(
            next_delegation(revoke=(replace(REVOKED, effective_ms=LATER + 1),)),
            MALFORMED,
            id="a revocation planned ahead",
        ),
        pytest.param(
            next_delegation(revoke=tuple(Revocation(n.to_bytes(16), LATER) for n in range(2500))),
            MALFORMED,
            id="larger than 64 KiB",
        ),
    ],
)
def test_an_unsound_delegation_is_refused(delegation: Delegation, reason: Reason) -> None:
    assert refusal(VIEW, signed_delegation(delegation)) is reason


def test_a_delegation_for_another_member_is_refused() -> None:
    delegation = replace(next_delegation(keys=()), member_id="TR.GTB", serial=1, prev_hash=b"")
    assert refusal(VIEW, signed_delegation(delegation)) is QUORUM


def test_delegation_rollback_is_refused() -> None:
    view = accept(VIEW, signed_delegation(next_delegation(lent("GE/new"))), now_ms=LATER)
    assert refusal(view, WORLD.delegations[GE]) is Reason.ROLLBACK


def test_a_key_does_not_change_its_use() -> None:
    held = next_delegation()
    turned = replace(held.keys[0], usage=KeyUsage.LOG)
    raw = signed_delegation(replace(held, keys=(turned, *held.keys[1:])))
    assert refusal(VIEW, raw) is CHAIN


def test_a_revoked_signing_key_is_refused_however_far_back_its_envelope_is_dated() -> None:
    view = accept(VIEW, signed_delegation(next_delegation(revoke=(REVOKED,))), now_ms=LATER)
    for created_ms in (NOW_MS, LATER - 1, LATER):
        with pytest.raises(Refused) as caught:
            view.signer(GE, NODE.signing.key_id, created_ms)
        assert caught.value.reason is Reason.SIGNER_REVOKED


def test_a_revocation_is_never_taken_back() -> None:
    raw = signed_delegation(next_delegation(revoke=(REVOKED,)))
    view = accept(VIEW, raw, now_ms=LATER)
    third = ceremony.make_delegation(
        NETWORK, "GE.RS", [], NODE.officers, issued_ms=LATER, previous=raw
    )
    assert accept(view, third, now_ms=LATER).delegation("GE.RS") is not None
    forgiven = replace(read_delegation(Signed.parse(third).payload, NETWORK, ()), revoked=())
    assert refusal(view, signed_delegation(forgiven)) is CHAIN


def test_a_key_leaves_the_list_150_days_after_its_end() -> None:
    end_ms = NOW_MS + 240 * DAY_MS
    made = ceremony.make_delegation(
        NETWORK,
        "GE.RS",
        [lent("GE/new", at_ms=end_ms)],
        NODE.officers,
        issued_ms=end_ms,
        previous=WORLD.delegations[GE],
    )
    early = read_delegation(Signed.parse(made).payload, NETWORK, ())
    assert [entry.key.key_id for entry in early.keys] == [signing_key("GE/new").key_id]
    too_early = replace(early, issued_ms=end_ms - 1)
    assert refusal(VIEW, signed_delegation(too_early), end_ms) is CHAIN
    view = accept(VIEW, made, now_ms=end_ms)
    # The bundle that the old keys had signed is dead by then, and gone with them.
    assert view.bundle(GE) is None
    assert build_view(WORLD.genesis_hash, view.statements(), end_ms).index == view.index


def test_a_registry_that_revokes_identity_keys_silences_what_they_signed() -> None:
    directory = ceremony.next_directory(
        WORLD.directory, NETWORK, LATER, revoked=[key.key_id for key in NODE.officers]
    )
    view = accept(VIEW, ceremony.make_directory(directory, WORLD.registry), now_ms=LATER)
    with pytest.raises(Refused) as caught:
        view.signer(GE, NODE.signing.key_id, LATER)
    assert caught.value.reason is Reason.UNKNOWN_SIGNER
    assert not view.authorises(GE, TR, 14, LATER)
    assert not view.authorises(TR, GE, 14, LATER)
    assert view.authorises(TR, AZ, 14, LATER)
    assert refusal(view, signed_delegation(next_delegation())) is QUORUM
    # It is still held, though it counts for nothing, so that nothing older comes in its place.
    again = build_view(WORLD.genesis_hash, view.statements(), LATER)
    assert again.index == view.index
    assert again.delegation("GE.RS") == VIEW.delegation("GE.RS")


def test_a_key_revoked_by_the_registry_is_refused() -> None:
    directory = ceremony.next_directory(
        WORLD.directory,
        NETWORK,
        LATER,
        revoked=[NODE.signing.key_id, NODE.opening[0].key_id],
    )
    view = accept(VIEW, ceremony.make_directory(directory, WORLD.registry), now_ms=LATER)
    with pytest.raises(Refused) as caught:
        view.signer(GE, NODE.signing.key_id, NOW_MS)
    assert caught.value.reason is Reason.SIGNER_REVOKED
    assert not view.accepts(GE, NODE.opening[0].key_id, LATER)


# --- bundle -----------------------------------------------------------------------------------


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


# --- agreement --------------------------------------------------------------------------------


def agreement(**changes: object) -> Agreement:
    raw = make_agreement(NODE, WORLD.nodes[TR], NETWORK)
    return replace(read_agreement(Signed.parse(raw).payload), agreement_id="new", **changes)  # type: ignore[arg-type]


def directory_with(entry: Agreement, signers: Iterable[SigningKey]) -> bytes:
    """A directory whose registry lists an agreement without looking at it."""
    signed = sign(PayloadType.AGREEMENT, encode_agreement(entry), signers)
    made = ceremony.next_directory(WORLD.directory, NETWORK, LATER)
    unchecked = replace(made.agreements[0], signed=signed)
    return ceremony.make_directory(
        replace(made, agreements=(*made.agreements, unchecked)), WORLD.registry
    )


BOTH = (*NODE.officers, *WORLD.nodes[TR].officers)


def test_an_agreement_signed_by_both_members_is_listed() -> None:
    view = accept(VIEW, directory_with(agreement(), BOTH), now_ms=LATER)
    assert view.directory is not None
    assert len(view.directory.agreements) == 7


@pytest.mark.parametrize(
    "signers",
    [
        pytest.param(NODE.officers, id="only the sender signed"),
        pytest.param(WORLD.nodes[TR].officers, id="only the recipient signed"),
        pytest.param((*NODE.officers, WORLD.nodes[TR].identity[0]), id="one officer too few"),
        pytest.param(WORLD.registry, id="only the registry signed"),
        pytest.param((*NODE.officers, *WORLD.nodes[AZ].officers), id="a third party signed"),
    ],
)
def test_a_registry_cannot_make_an_agreement(signers: tuple[SigningKey, ...]) -> None:
    assert refusal(VIEW, directory_with(agreement(), signers)) is QUORUM


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        pytest.param(agreement(record_types=()), MALFORMED, id="on nothing"),
        pytest.param(agreement(record_types=(2, 1)), MALFORMED, id="types out of order"),
        pytest.param(agreement(record_types=(1, 1)), MALFORMED, id="a type twice"),
        pytest.param(agreement(record_types=(21,)), MALFORMED, id="type 21"),
        pytest.param(agreement(record_types=(64,)), MALFORMED, id="a control type"),
        pytest.param(agreement(valid_to_ms=NOW_MS), MALFORMED, id="ends as it starts"),
        pytest.param(agreement(recipient="GE.RS"), MALFORMED, id="with itself"),
        pytest.param(agreement(recipient="XX.RS"), MALFORMED, id="with a stranger"),
        pytest.param(agreement(recipient="TR.GTB.N1"), MALFORMED, id="with an endpoint"),
        pytest.param(agreement(network_id=bytes(16)), Reason.NETWORK, id="in another network"),
    ],
)
def test_an_unsound_agreement_is_refused(entry: Agreement, reason: Reason) -> None:
    assert refusal(VIEW, directory_with(entry, BOTH)) is reason


def test_an_agreement_listed_twice_is_refused() -> None:
    made = ceremony.next_directory(WORLD.directory, NETWORK, LATER)
    twice = replace(made, agreements=(*made.agreements, made.agreements[0]))
    assert refusal(VIEW, ceremony.make_directory(twice, WORLD.registry)) is MALFORMED


def test_a_delegation_is_not_taken_for_an_agreement() -> None:
    made = ceremony.next_directory(WORLD.directory, NETWORK, LATER)
    wrong = replace(made.agreements[0], signed=Signed.parse(WORLD.delegations[GE]))
    raw = ceremony.make_directory(replace(made, agreements=(wrong,)), WORLD.registry)
    assert refusal(VIEW, raw) is MALFORMED


def test_data_are_judged_by_the_agreement_in_force_when_created() -> None:
    nodes = WORLD.nodes
    first = (NOW_MS, NOW_MS + 10 * DAY_MS)
    genesis = WORLD.genesis_hash
    listed = make_agreement(nodes[GE], nodes[TR], NETWORK, (1, 14), first)
    directory = ceremony.first_directory(NETWORK, WORLD.members, [listed], NOW_MS)
    raw = ceremony.make_directory(directory, WORLD.registry)
    view = build_view(genesis, [WORLD.root, raw], NOW_MS)
    assert [view.authorises(GE, TR, 14, t) for t in (first[0] - 1, *first)] == [
        False,
        True,
        False,
    ]
    assert not view.authorises(GE, TR, 2, NOW_MS)
    assert not view.authorises(TR, GE, 14, NOW_MS)
    assert not view.authorises(GE, AZ, 14, NOW_MS)


def test_control_records_pass_both_ways_until_30_days_after_the_end() -> None:
    nodes = WORLD.nodes
    end_ms = NOW_MS + 10 * DAY_MS
    listed = make_agreement(nodes[GE], nodes[TR], NETWORK, (1,), (NOW_MS, end_ms))
    directory = ceremony.first_directory(NETWORK, WORLD.members, [listed], NOW_MS)
    raw = ceremony.make_directory(directory, WORLD.registry)
    view = build_view(WORLD.genesis_hash, [WORLD.root, raw], NOW_MS)
    last_ms = end_ms + 30 * DAY_MS
    for a, b in ((GE, TR), (TR, GE)):
        assert [view.control_allowed(a, b, t) for t in (NOW_MS, last_ms - 1, last_ms)] == [
            True,
            True,
            False,
        ]
        assert view.authorises(a, b, 64, last_ms - 1)
        assert not view.authorises(a, b, 64, last_ms)
    assert not view.control_allowed(GE, AZ, NOW_MS)
    assert view.partners(GE, NOW_MS) == (TR,)
    assert view.partners(GE, last_ms) == ()
    assert view.partners(AZ, NOW_MS) == ()
    assert view.partners(Endpoint("XX.RS"), NOW_MS) == ()


# --- what the path of an envelope asks --------------------------------------------------------


def test_the_signer_of_an_envelope_is_found() -> None:
    assert VIEW.signer(GE, NODE.signing.key_id, NOW_MS) == NODE.signing.public


def with_status(status: MemberStatus) -> TrustView:
    first, *rest = WORLD.members
    directory = ceremony.next_directory(
        WORLD.directory, NETWORK, LATER, members=(replace(first, status=status), *rest)
    )
    return accept(VIEW, ceremony.make_directory(directory, WORLD.registry), now_ms=LATER)


@pytest.mark.parametrize(
    ("endpoint", "key", "created_ms", "reason"),
    [
        pytest.param(Endpoint("XX.RS"), NODE.signing, NOW_MS, Reason.UNKNOWN_SENDER, id="nobody"),
        pytest.param(GE, signing_key("stranger"), NOW_MS, Reason.UNKNOWN_SIGNER, id="a stranger"),
        pytest.param(
            GE, WORLD.nodes[TR].signing, NOW_MS, Reason.UNKNOWN_SIGNER, id="another's key"
        ),
        pytest.param(GE, NODE.key_manager, NOW_MS, Reason.UNKNOWN_SIGNER, id="a key manager"),
        pytest.param(GE, NODE.identity[0], NOW_MS, Reason.UNKNOWN_SIGNER, id="an identity key"),
        pytest.param(GE, NODE.signing, NOW_MS - 1, Reason.SIGNER_EXPIRED, id="not yet valid"),
        pytest.param(
            GE, NODE.signing, NOW_MS + 90 * DAY_MS, Reason.SIGNER_EXPIRED, id="no more valid"
        ),
    ],
)
def test_a_signer_that_does_not_count_is_refused(
    endpoint: Endpoint, key: SigningKey, created_ms: int, reason: Reason
) -> None:
    with pytest.raises(Refused) as caught:
        VIEW.signer(endpoint, key.key_id, created_ms)
    assert caught.value.reason is reason


@pytest.mark.parametrize("status", [MemberStatus.SUSPENDED, MemberStatus.LEFT])
def test_a_member_that_is_not_active_neither_sends_nor_receives(status: MemberStatus) -> None:
    view = with_status(status)
    with pytest.raises(Refused) as caught:
        view.signer(GE, NODE.signing.key_id, LATER)
    assert caught.value.reason is Reason.SENDER_SUSPENDED
    with pytest.raises(Refused) as caught:
        view.sealing_key(GE, LATER)
    assert caught.value.reason is Reason.UNKNOWN_RECIPIENT
    assert view.partners(TR, LATER) == (AZ,)


def test_a_recipient_that_nobody_knows_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        VIEW.sealing_key(Endpoint("XX.RS"), NOW_MS)
    assert caught.value.reason is Reason.UNKNOWN_RECIPIENT


def test_a_member_without_a_bundle_is_not_sealed_to() -> None:
    view = build_view(WORLD.genesis_hash, WORLD.statements()[:5], NOW_MS)
    assert view.bundle_hash(GE) == bytes(32)
    assert (view.signed_bundle(GE), view.bundle(GE)) == (None, None)
    assert view.signed_directory() == WORLD.directory
    with pytest.raises(Refused) as caught:
        view.sealing_key(GE, NOW_MS)
    assert caught.value.reason is Reason.NO_ENCRYPTION_KEY


def test_gossip_about_the_directory_tells_a_split_registry() -> None:
    VIEW.check_gossip(0, bytes(32))
    VIEW.check_gossip(1, VIEW.dir_hash)
    for version, found, reason in (
        (2, VIEW.dir_hash, Reason.DIRECTORY_UNKNOWN),
        (1, bytes(32), Reason.EQUIVOCATION),
    ):
        with pytest.raises(Refused) as caught:
            VIEW.check_gossip(version, found)
        assert caught.value.reason is reason


def test_statements_of_a_world_come_back_in_an_order_that_verifies() -> None:
    assert VIEW.statements() == WORLD.statements()
    assert VIEW.network_id == NETWORK
    assert VIEW.expires_ms == NOW_MS + 45 * DAY_MS
    again = build_view(WORLD.genesis_hash, VIEW.statements(), NOW_MS)
    assert again.index == VIEW.index


def test_a_late_joiner_needs_only_the_newest_statements() -> None:
    raw = signed_delegation(next_delegation(lent("GE/new")))
    newest = (WORLD.root, WORLD.directory, raw)
    view = build_view(WORLD.genesis_hash, newest, LATER)
    assert view.signer(GE, NODE.signing.key_id, LATER) == NODE.signing.public


def test_builders_make_single_statements_too() -> None:
    node: Node = NODE
    assert make_delegation(node, NETWORK) == WORLD.delegations[GE]
    assert make_bundle(node, NETWORK) == WORLD.bundles[GE]
