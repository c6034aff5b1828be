"""Agreements: who may send what to whom, and when (§5.7)."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from builders_trust import (
    AZ,
    DAY_MS,
    GE,
    NOW_MS,
    TR,
    accept,
    make_agreement,
)
from builders_trust_next import (
    LATER,
    MALFORMED,
    NETWORK,
    NODE,
    QUORUM,
    VIEW,
    WORLD,
    refusal,
)
from corridor.errors import Reason
from corridor.seal.keys import SigningKey
from corridor.seal.pae import PayloadType
from corridor.transit.parties import Endpoint
from corridor.trust import ceremony
from corridor.trust.agreement import Agreement, encode_agreement, read_agreement
from corridor.trust.statements import Signed, sign
from corridor.trust.view import build_view


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


def test_an_agreement_may_name_types_of_a_later_version() -> None:
    later = VIEW.with_statement(directory_with(agreement(record_types=(21, 63)), BOTH), LATER)
    assert later.dir_version == VIEW.dir_version + 1


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
