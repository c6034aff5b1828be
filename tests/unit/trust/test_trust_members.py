"""Members of a directory, and what a registry cannot take back (§5.3, §5.4)."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from builders_trust import (
    DAY_MS,
    GE,
    TR,
    accept,
    make_member,
    make_node,
    make_root,
    signing_key,
)
from builders_trust_next import (
    ALL,
    BAD_KEY,
    CHAIN,
    LATER,
    MALFORMED,
    VIEW,
    WORLD,
    X25519_KEY,
    read_directory_of,
    refusal,
    second_directory,
    signed,
)
from corridor.errors import Reason
from corridor.seal.pae import PayloadType
from corridor.transit.parties import Endpoint
from corridor.trust import ceremony
from corridor.trust.directory import (
    BrokerAddress,
    Directory,
    Member,
    MemberStatus,
    encode_directory,
)
from corridor.trust.statements import sign


def with_first(change: Callable[[Member], Member]) -> Directory:
    first, *rest = WORLD.members
    return second_directory(members=(change(first), *rest))


def with_broker(**changes: object) -> Directory:
    return with_first(lambda m: replace(m, broker=replace(m.broker, **changes)))  # type: ignore[arg-type]


def with_identity(**changes: object) -> Directory:
    return with_first(lambda m: replace(m, identity=replace(m.identity, **changes)))  # type: ignore[arg-type]


def one_more(name: str, **changes: object) -> Directory:
    member = make_member(make_node(Endpoint(name)))
    return second_directory(members=(*WORLD.members, replace(member, **changes)))  # type: ignore[arg-type]


LONG = "x" * 257
SHARED_KEY = WORLD.nodes[TR].identity[0]


@pytest.mark.parametrize(
    ("directory", "reason"),
    [
        pytest.param(one_more("GE.OTHER"), MALFORMED, id="two endpoints of one country"),
        pytest.param(
            second_directory(members=(*WORLD.members, WORLD.members[0])),
            MALFORMED,
            id="a member twice",
        ),
        pytest.param(one_more("XX.ÄB"), MALFORMED, id="homoglyphs"),
        pytest.param(one_more("xx.rs"), MALFORMED, id="small letters"),
        pytest.param(
            one_more("XX.RS", member_id="XX.RS.N1"), MALFORMED, id="an endpoint as member"
        ),
        pytest.param(
            one_more("XX.RS", endpoint=Endpoint("XX.OTHER")), MALFORMED, id="foreign endpoint"
        ),
        pytest.param(one_more("XX.RS", status=0), MALFORMED, id="no status"),
        pytest.param(one_more("XX.RS", status=4), MALFORMED, id="unknown status"),
        pytest.param(one_more("XX.RS", administration=""), MALFORMED, id="no name"),
        pytest.param(one_more("XX.RS", administration=LONG), MALFORMED, id="long name"),
        pytest.param(
            one_more("XX.RS", administration="a\nb"), MALFORMED, id="name with a line end"
        ),
        pytest.param(with_broker(host=""), MALFORMED, id="no host"),
        pytest.param(with_broker(host="a b"), MALFORMED, id="host with a space"),
        pytest.param(with_broker(connect_to="-"), MALFORMED, id="odd address"),
        pytest.param(with_broker(port=0), MALFORMED, id="port 0"),
        pytest.param(with_broker(port=65_536), MALFORMED, id="port 65536"),
        pytest.param(with_broker(server_ca=b""), MALFORMED, id="no CA"),
        pytest.param(with_broker(server_ca=bytes(8193)), MALFORMED, id="huge CA"),
        pytest.param(
            with_broker(server_ca=b"another"), MALFORMED, id="CA that is not the fingerprint's"
        ),
        pytest.param(with_identity(threshold=0), MALFORMED, id="identity threshold 0"),
        pytest.param(with_identity(threshold=4), MALFORMED, id="identity threshold above the keys"),
        pytest.param(with_identity(keys=()), MALFORMED, id="no identity keys"),
        pytest.param(
            with_identity(keys=tuple(ceremony.public_key(signing_key(f"{n}")) for n in range(17))),
            MALFORMED,
            id="17 identity keys",
        ),
        pytest.param(
            with_identity(keys=(BAD_KEY, BAD_KEY)), Reason.KEY_ADMISSION, id="low-order key"
        ),
        pytest.param(
            with_identity(keys=(X25519_KEY,), threshold=1),
            Reason.KEY_ADMISSION,
            id="wrong algorithm",
        ),
        pytest.param(
            with_identity(keys=(ceremony.public_key(SHARED_KEY),) * 2),
            Reason.KEY_ADMISSION,
            id="a key of two members",
        ),
        pytest.param(
            one_more("XX.RS", identity=replace(WORLD.members[0].identity, member_id="XX.RS")),
            Reason.KEY_ADMISSION,
            id="a newcomer with another's keys",
        ),
        pytest.param(
            one_more("XX.RS", identity=replace(make_root().bodies[0], threshold=1)),
            Reason.KEY_ADMISSION,
            id="a body's key as identity key",
        ),
        pytest.param(
            one_more(
                "XX.RS",
                identity=replace(
                    WORLD.members[0].identity,
                    keys=(ceremony.public_key(WORLD.nodes[GE].signing),),
                    threshold=1,
                ),
            ),
            Reason.KEY_ADMISSION,
            id="a delegated key as identity key",
        ),
        pytest.param(
            second_directory(revoked=frozenset({b"short"})),
            MALFORMED,
            id="revoked key id of 5 bytes",
        ),
        pytest.param(
            second_directory(revoked=frozenset(n.to_bytes(16) for n in range(4097))),
            MALFORMED,
            id="4,097 revoked keys",
        ),
    ],
)
def test_a_directory_with_an_unsound_member_is_refused(
    directory: Directory, reason: Reason
) -> None:
    assert refusal(VIEW, signed(directory)) is reason


def test_too_many_members_are_refused_before_any_is_looked_at() -> None:
    crowd = second_directory(members=WORLD.members * 171)
    assert refusal(VIEW, signed(crowd)) is MALFORMED


def test_revoked_keys_out_of_order_are_refused() -> None:
    ids = (bytes(16), b"\x01" * 16)
    payload = encode_directory(second_directory(revoked=frozenset(ids)))
    turned = payload.replace(
        b"\x52\x10" + ids[0] + b"\x52\x10" + ids[1], b"\x52\x10" + ids[1] + b"\x52\x10" + ids[0]
    )
    assert turned != payload
    raw = sign(PayloadType.DIRECTORY, turned, ALL).to_bytes()
    assert refusal(VIEW, raw) is MALFORMED


def test_a_country_whose_member_left_may_have_another() -> None:
    left = with_first(lambda member: replace(member, status=MemberStatus.LEFT))
    newcomer = make_member(make_node(Endpoint("GE.CUSTOMS")))
    directory = replace(left, members=(*left.members, newcomer))
    view = accept(VIEW, signed(directory), now_ms=LATER)
    assert view.member(Endpoint("GE.CUSTOMS")) == newcomer


def test_a_broker_without_an_address_of_its_own_is_reached_by_its_name() -> None:
    view = accept(VIEW, signed(with_broker(connect_to=None)), now_ms=LATER)
    member = view.member(GE)
    assert member is not None
    assert member.broker == BrokerAddress(
        "broker.ge.test", 5671, None, member.broker.server_ca_sha256, member.broker.server_ca
    )


# --- directory: what was said stays said ------------------------------------------------------

AGREEMENTS = read_directory_of(WORLD).agreements
GE_TR = "GE.RS>TR.GTB"


@pytest.mark.parametrize(
    "directory",
    [
        pytest.param(
            second_directory(
                members=WORLD.members[1:],
                agreements=tuple(
                    entry
                    for entry in AGREEMENTS
                    if GE not in (entry.agreement.sender, entry.agreement.recipient)
                ),
            ),
            id="a member that vanishes",
        ),
        pytest.param(
            with_first(
                lambda m: replace(m, identity=replace(m.identity, keys=m.identity.keys[::-1]))
            ),
            id="identity keys in another order",
        ),
        pytest.param(second_directory(agreements=AGREEMENTS[1:]), id="an agreement that vanishes"),
        pytest.param(second_directory(ended_ms={GE_TR: LATER - 1}), id="an end in the past"),
    ],
)
def test_a_directory_that_takes_something_back_is_refused(directory: Directory) -> None:
    assert refusal(VIEW, signed(directory)) is CHAIN


def test_identity_keys_do_not_change_without_a_recovery() -> None:
    stolen = tuple(ceremony.public_key(signing_key(f"thief/{n}")) for n in range(3))
    without = tuple(
        entry
        for entry in AGREEMENTS
        if GE not in (entry.agreement.sender, entry.agreement.recipient)
    )
    taken_over = replace(with_identity(keys=stolen), agreements=without)
    assert refusal(VIEW, signed(taken_over)) is CHAIN


def test_a_revoked_key_is_never_trusted_again() -> None:
    revoked = second_directory(revoked=frozenset({bytes(16)}))
    view = accept(VIEW, signed(revoked), now_ms=LATER)
    third = ceremony.next_directory(signed(revoked), WORLD.network_id, LATER)
    assert refusal(view, signed(replace(third, revoked=frozenset()))) is CHAIN


def test_an_agreement_is_ended_early_once() -> None:
    ended = second_directory(ended_ms={GE_TR: LATER + DAY_MS})
    raw = signed(ended)
    view = accept(VIEW, raw, now_ms=LATER)
    assert view.authorises(GE, TR, 14, LATER + DAY_MS - 1)
    assert not view.authorises(GE, TR, 14, LATER + DAY_MS)
    assert view.authorises(TR, GE, 14, LATER + DAY_MS)
    third = ceremony.next_directory(raw, WORLD.network_id, LATER)
    assert refusal(view, signed(replace(third, ended_ms={GE_TR: LATER + 1}))) is CHAIN
    assert refusal(view, signed(replace(third, ended_ms={}))) is CHAIN
    assert accept(view, signed(third), now_ms=LATER).dir_version == 3


def test_an_agreement_may_go_30_days_after_its_end() -> None:
    ended = second_directory(ended_ms={GE_TR: LATER})
    view = accept(VIEW, signed(ended), now_ms=LATER)
    month_ms = LATER + 30 * DAY_MS
    shorter = ceremony.next_directory(signed(ended), WORLD.network_id, month_ms)
    assert GE_TR not in shorter.ended_ms
    early = replace(shorter, issued_ms=month_ms - 1, expires_ms=month_ms + 1)
    assert refusal(view, signed(early), month_ms) is CHAIN
    after = accept(view, signed(shorter), now_ms=month_ms)
    assert view.authorises(GE, TR, 14, LATER - 1)
    assert not after.authorises(GE, TR, 14, LATER - 1)


def test_an_end_of_an_agreement_that_is_not_listed_is_refused() -> None:
    assert refusal(VIEW, signed(second_directory(ended_ms={"other": LATER}))) is MALFORMED


def test_an_agreement_ended_twice_is_refused() -> None:
    payload = encode_directory(second_directory(ended_ms={GE_TR: LATER}))
    entry = payload[payload.rindex(b"\x5a") :]
    raw = sign(PayloadType.DIRECTORY, payload + entry, ALL).to_bytes()
    assert refusal(VIEW, raw) is MALFORMED
