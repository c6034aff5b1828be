"""What the path of an envelope asks of a view: its signer, its recipient, the same directory."""

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
    make_bundle,
    make_delegation,
    signing_key,
)
from builders_trust_next import (
    LATER,
    NETWORK,
    NODE,
    VIEW,
    WORLD,
    lent,
    next_delegation,
    signed_delegation,
)
from corridor.errors import Reason, Refused
from corridor.seal.keys import SigningKey
from corridor.transit.parties import Endpoint
from corridor.trust import ceremony
from corridor.trust.directory import MemberStatus
from corridor.trust.view import TrustView, build_view


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
