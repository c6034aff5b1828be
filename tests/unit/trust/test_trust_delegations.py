"""Delegations: which keys a member lends its node, for how long, and what ends them (§5.5)."""

from dataclasses import replace

import pytest

from builders_trust import (
    AZ,
    DAY_MS,
    GE,
    NOW_MS,
    TR,
    accept,
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
from corridor.transit.parties import Endpoint
from corridor.trust import ceremony
from corridor.trust.delegation import (
    Delegation,
    KeyUsage,
    Revocation,
    read_delegation,
)
from corridor.trust.keys import Algorithm, TrustedKey
from corridor.trust.statements import Signed
from corridor.trust.view import build_view


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
