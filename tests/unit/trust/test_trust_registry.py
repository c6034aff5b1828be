"""Root and directory: quorum, chain, expiry, and what a registry cannot take back (§5.2 to §5.5).

Cases 49 to 54 of the threat list, and TUF's: rollback, fast forward, too small a quorum, keys
of removed bodies, expiry.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from types import SimpleNamespace

import pytest

from builders_trust import (
    AZ,
    DAY_MS,
    GE,
    NOW_MS,
    TR,
    World,
    accept,
    make_agreement,
    make_delegation,
    make_member,
    make_node,
    make_root,
    make_world,
    signing_key,
)
from corridor.errors import Reason, Refused
from corridor.seal.keys import SigningKey
from corridor.seal.pae import PayloadType
from corridor.transit.parties import Endpoint
from corridor.trust import ceremony
from corridor.trust.directory import (
    BrokerAddress,
    Directory,
    Member,
    MemberStatus,
    encode_directory,
    read_directory,
)
from corridor.trust.keys import Algorithm, TrustedKey
from corridor.trust.root import Body, BodyClass, Clause, Root, encode_root, read_root
from corridor.trust.statements import Signed, sign
from corridor.trust.view import TrustView, build_view

WORLD = make_world()
VIEW = WORLD.view()
LATER = NOW_MS + DAY_MS
UN, EU, CIS = WORLD.registry
ALL = WORLD.registry
STRANGER = signing_key("stranger")
BAD_KEY = TrustedKey(Algorithm.ED25519, bytes(32), bytes(16))
X25519_KEY = TrustedKey(Algorithm.X25519, bytes(range(32)), bytes(16))


def refusal(view: TrustView, raw: bytes, now_ms: int = LATER) -> Reason:
    before = view.statements()
    with pytest.raises(Refused) as caught:
        view.with_statement(raw, now_ms)
    assert view.statements() == before
    return caught.value.reason


def second_directory(world: World = WORLD, at_ms: int = LATER, **changes: object) -> Directory:
    made = ceremony.next_directory(world.directory, world.network_id, at_ms)
    return replace(made, **changes)  # type: ignore[arg-type]


def signed(directory: Directory, keys: Iterable[SigningKey] = ALL) -> bytes:
    return ceremony.make_directory(directory, keys)


def second_root(**changes: object) -> Root:
    return replace(ceremony.next_root(WORLD.root, LATER), **changes)  # type: ignore[arg-type]


# --- directory: quorum ------------------------------------------------------------------------


def test_a_directory_signed_by_a_quorum_follows() -> None:
    view = accept(VIEW, signed(second_directory(), (UN, EU)), now_ms=LATER)
    assert (view.dir_version, VIEW.dir_version) == (2, 1)
    assert view.dir_hash == hashlib.sha256(encode_directory(second_directory())).digest()


@pytest.mark.parametrize(
    ("signers", "reason"),
    [
        pytest.param((EU, CIS), Reason.QUORUM, id="enough bodies but not the UN"),
        pytest.param((UN,), Reason.QUORUM, id="the UN alone"),
        pytest.param((UN, STRANGER), Reason.QUORUM, id="the UN and a stranger"),
        pytest.param((STRANGER,), Reason.QUORUM, id="a stranger alone"),
        pytest.param(WORLD.nodes[GE].identity, Reason.QUORUM, id="a member's identity keys"),
        pytest.param((UN, UN), Reason.STATEMENT_SIGNATURE, id="the same key twice"),
    ],
)
def test_a_directory_without_its_quorum_is_refused(
    signers: tuple[SigningKey, ...], reason: Reason
) -> None:
    assert refusal(VIEW, signed(second_directory(), signers)) is reason


def world_of_two_key_bodies() -> SimpleNamespace:
    """A network whose EU body needs both of its keys."""
    second = signing_key("body/EU/2")
    bodies = make_root().bodies
    root = replace(
        make_root(),
        bodies=(bodies[0], ceremony.body("EU", BodyClass.REGIONAL, [EU, second], 2), bodies[2]),
    )
    raw = ceremony.make_root(root, (*ALL, second))
    genesis = ceremony.genesis_hash(raw)
    directory = ceremony.first_directory(genesis[:16], WORLD.members, (), NOW_MS)
    return SimpleNamespace(
        view=build_view(genesis, [raw], NOW_MS), directory=directory, second=second
    )


def test_two_keys_of_one_body_are_one_body() -> None:
    world = world_of_two_key_bodies()
    raw = signed(world.directory, (EU, world.second))
    assert refusal(world.view, raw) is Reason.QUORUM


def test_a_body_below_its_own_threshold_does_not_count() -> None:
    world = world_of_two_key_bodies()
    assert refusal(world.view, signed(world.directory, (UN, EU))) is Reason.QUORUM
    raw = signed(world.directory, (UN, EU, world.second))
    assert accept(world.view, raw).dir_version == 1


# --- directory: chain and time ----------------------------------------------------------------


def test_a_directory_that_is_held_already_changes_nothing() -> None:
    assert VIEW.with_statement(WORLD.directory, NOW_MS) is VIEW
    one_signature_less = signed(read_directory_of(WORLD), (UN, EU))
    assert VIEW.with_statement(one_signature_less, NOW_MS) is VIEW


def read_directory_of(world: World) -> Directory:
    return read_directory(Signed.parse(world.directory).payload, world.network_id, {})


def test_rollback_to_an_older_directory_is_refused() -> None:
    view = accept(VIEW, signed(second_directory()), now_ms=LATER)
    assert refusal(view, WORLD.directory) is Reason.ROLLBACK


def test_equivocation_of_the_registry_is_named() -> None:
    view = accept(VIEW, signed(second_directory()), now_ms=LATER)
    other = second_directory(min_suite=2)
    assert refusal(view, signed(other)) is Reason.EQUIVOCATION


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"prev_hash": bytes(32)}, Reason.STATEMENT_CHAIN, id="another predecessor"),
        pytest.param({"prev_hash": b""}, Reason.STATEMENT_MALFORMED, id="no predecessor"),
        pytest.param({"version": 1002}, Reason.STATEMENT_CHAIN, id="fast forward"),
        pytest.param({"version": 2**63}, Reason.STATEMENT_CHAIN, id="fast forward to the end"),
        pytest.param({"version": 0}, Reason.STATEMENT_MALFORMED, id="version 0"),
        pytest.param(
            {"issued_ms": NOW_MS - 1, "expires_ms": NOW_MS + DAY_MS},
            Reason.STATEMENT_CHAIN,
            id="issued before its predecessor",
        ),
        pytest.param({"root_version": 2}, Reason.STATEMENT_CHAIN, id="a root we do not know"),
        pytest.param(
            {"expires_ms": LATER + 45 * DAY_MS + 1}, Reason.STATEMENT_MALFORMED, id="46 days"
        ),
        pytest.param({"expires_ms": LATER}, Reason.STATEMENT_MALFORMED, id="ends as it starts"),
        pytest.param(
            {"issued_ms": LATER + 600_001}, Reason.CREATED_IN_FUTURE, id="from the future"
        ),
        pytest.param({"network_id": bytes(16)}, Reason.NETWORK, id="another network"),
        pytest.param({"min_suite": 0}, Reason.STATEMENT_MALFORMED, id="suite 0"),
        pytest.param({"min_suite": 3}, Reason.STATEMENT_MALFORMED, id="suite 3"),
    ],
)
def test_a_directory_out_of_place_is_refused(changes: dict[str, object], reason: Reason) -> None:
    assert refusal(VIEW, signed(second_directory(**changes))) is reason


def test_missed_directories_may_be_jumped_over_within_the_limit() -> None:
    far = second_directory(version=1001, prev_hash=b"\x07" * 32)
    assert accept(VIEW, signed(far), now_ms=LATER).dir_version == 1001


def test_an_expired_directory_is_refused() -> None:
    late_ms = LATER + 46 * DAY_MS
    assert refusal(VIEW, signed(second_directory()), late_ms) is Reason.STATEMENT_EXPIRED


def test_a_directory_under_an_expired_root_is_refused() -> None:
    late_ms = NOW_MS + 731 * DAY_MS
    directory = second_directory(at_ms=late_ms - DAY_MS)
    assert refusal(VIEW, signed(directory), late_ms) is Reason.STATEMENT_EXPIRED


def test_a_held_directory_that_expired_is_still_believed_about_the_past_and_seals_nothing() -> None:
    late_ms = NOW_MS + 46 * DAY_MS
    view = build_view(WORLD.genesis_hash, WORLD.statements(), late_ms)
    assert not view.is_current(late_ms)
    assert VIEW.is_current(NOW_MS)
    assert view.signer(GE, WORLD.nodes[GE].signing.key_id, NOW_MS)
    with pytest.raises(Refused) as caught:
        view.sealing_key(TR, late_ms)
    assert caught.value.reason is Reason.STATEMENT_EXPIRED


def test_a_clock_that_fell_behind_what_is_held_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        build_view(WORLD.genesis_hash, WORLD.statements(), NOW_MS - 600_001)
    assert caught.value.reason is Reason.CREATED_IN_FUTURE


# --- directory: members -----------------------------------------------------------------------


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
MALFORMED = Reason.STATEMENT_MALFORMED


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
CHAIN = Reason.STATEMENT_CHAIN


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


# --- root -------------------------------------------------------------------------------------


def test_a_root_signed_by_old_and_new_bodies_follows() -> None:
    newcomer = signing_key("body/EAC")
    bodies = (*make_root().bodies[:2], ceremony.body("EAC", BodyClass.REGIONAL, [newcomer]))
    root = ceremony.next_root(WORLD.root, LATER, bodies)
    view = accept(VIEW, ceremony.make_root(root, (*ALL, newcomer)), now_ms=LATER)
    assert view.root == root
    # The directory that was in force stays so; the next one is signed by the new bodies.
    assert view.dir_version == 1
    third = second_directory(root_version=2)
    assert refusal(view, signed(third, (EU, CIS))) is Reason.QUORUM
    assert refusal(view, signed(second_directory(), (UN, newcomer))) is CHAIN
    view = accept(view, signed(third, (UN, newcomer)), now_ms=LATER)
    assert build_view(WORLD.genesis_hash, view.statements(), LATER).index == view.index


NEWCOMERS = tuple(signing_key(f"body/new/{name}") for name in ("UN", "EU", "CIS"))
NEW_BODIES = tuple(
    ceremony.body(name, kind, [key])
    for name, kind, key in zip(
        ("UN", "EU", "CIS"),
        (BodyClass.UN, BodyClass.REGIONAL, BodyClass.REGIONAL),
        NEWCOMERS,
        strict=True,
    )
)


@pytest.mark.parametrize(
    ("root", "signers", "reason"),
    [
        pytest.param(
            second_root(bodies=NEW_BODIES), ALL, Reason.QUORUM, id="signed only by the old"
        ),
        pytest.param(
            second_root(bodies=NEW_BODIES), NEWCOMERS, Reason.QUORUM, id="signed only by the new"
        ),
        pytest.param(second_root(), (UN, EU), Reason.QUORUM, id="too few"),
        pytest.param(second_root(version=3), ALL, CHAIN, id="root 2 skipped"),
        pytest.param(second_root(prev_hash=bytes(32)), ALL, CHAIN, id="another predecessor"),
        pytest.param(second_root(lab=False), ALL, CHAIN, id="a laboratory becomes real"),
        pytest.param(
            second_root(version=1, prev_hash=b""), ALL, Reason.EQUIVOCATION, id="another first root"
        ),
        pytest.param(
            second_root(issued_ms=LATER + 600_001),
            ALL,
            Reason.CREATED_IN_FUTURE,
            id="from the future",
        ),
        pytest.param(
            second_root(expires_ms=LATER + 732 * DAY_MS), ALL, MALFORMED, id="three years"
        ),
        pytest.param(second_root(bodies=()), ALL, MALFORMED, id="no bodies"),
        pytest.param(second_root(root_change=()), ALL, MALFORMED, id="no policy"),
        pytest.param(
            second_root(directory=(Clause(None, 0),)),
            ALL,
            MALFORMED,
            id="a policy that asks nobody",
        ),
        pytest.param(
            second_root(directory=(Clause(None, 4),)), ALL, MALFORMED, id="a policy out of reach"
        ),
        pytest.param(
            second_root(directory=(Clause(None, 1), Clause(None, 2))),
            ALL,
            MALFORMED,
            id="two clauses for any",
        ),
        pytest.param(
            second_root(directory=(Clause(9, 1),)), ALL, MALFORMED, id="a clause of unknown class"
        ),  # type: ignore[arg-type]
        pytest.param(second_root(network_name=""), ALL, MALFORMED, id="no name"),
    ],
)
def test_a_root_out_of_place_is_refused(
    root: Root, signers: tuple[SigningKey, ...], reason: Reason
) -> None:
    assert refusal(VIEW, ceremony.make_root(root, signers)) is reason


def changed_body(**changes: object) -> Root:
    first, *rest = make_root().bodies
    return second_root(bodies=(*rest, replace(first, **changes)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("root", "reason"),
    [
        pytest.param(changed_body(body_id="EU"), MALFORMED, id="a body twice"),
        pytest.param(changed_body(body_id="ÜN"), MALFORMED, id="homoglyph"),
        pytest.param(changed_body(body_class=0), MALFORMED, id="no class"),
        pytest.param(changed_body(threshold=0), MALFORMED, id="threshold 0"),
        pytest.param(changed_body(threshold=2), MALFORMED, id="threshold above the keys"),
        pytest.param(changed_body(keys=(BAD_KEY,)), Reason.KEY_ADMISSION, id="low-order key"),
        pytest.param(
            changed_body(keys=(ceremony.public_key(EU),)),
            Reason.KEY_ADMISSION,
            id="a key of two bodies",
        ),
        pytest.param(
            changed_body(keys=tuple(ceremony.public_key(signing_key(f"{n}")) for n in range(17))),
            MALFORMED,
            id="17 keys",
        ),
    ],
)
def test_a_root_with_an_unsound_body_is_refused(root: Root, reason: Reason) -> None:
    with pytest.raises(Refused) as caught:
        read_root(encode_root(root))
    assert caught.value.reason is reason


def test_a_body_does_not_take_a_members_key() -> None:
    officer = WORLD.nodes[AZ].identity[0]
    bodies = (*make_root().bodies, ceremony.body("X", BodyClass.OTHER, [officer]))
    raw = ceremony.make_root(second_root(bodies=bodies), (*ALL, officer))
    assert refusal(VIEW, raw) is Reason.KEY_ADMISSION


def test_root_rollback_is_refused() -> None:
    view = accept(VIEW, ceremony.make_root(second_root(), ALL), now_ms=LATER)
    third = replace(
        ceremony.next_root(WORLD.root, LATER), network_name="other", version=1, prev_hash=b""
    )
    assert refusal(view, ceremony.make_root(third, ALL)) is Reason.ROLLBACK
    # The first root itself is held, and so nothing new.
    assert view.with_statement(WORLD.root, LATER) is view


def test_the_first_root_is_the_one_that_was_compared_by_hand() -> None:
    for genesis, statements in (
        (bytes(32), WORLD.statements()),
        (WORLD.genesis_hash, ()),
        (WORLD.genesis_hash, WORLD.statements()[1:]),
        (ceremony.genesis_hash(WORLD.directory), WORLD.statements()[1:]),
    ):
        with pytest.raises(Refused) as caught:
            build_view(genesis, statements, NOW_MS)
        assert caught.value.reason is CHAIN


def test_a_first_root_has_version_1_and_its_own_quorum() -> None:
    second = ceremony.make_root(second_root(), ALL)
    with pytest.raises(Refused) as caught:
        build_view(ceremony.genesis_hash(second), [second], LATER)
    assert caught.value.reason is CHAIN
    alone = ceremony.make_root(make_root(), [UN])
    with pytest.raises(Refused) as caught:
        build_view(ceremony.genesis_hash(alone), [alone], NOW_MS)
    assert caught.value.reason is Reason.QUORUM


def test_nothing_is_believed_of_a_network_without_a_directory() -> None:
    view = build_view(WORLD.genesis_hash, [WORLD.root], NOW_MS)
    assert (view.dir_version, view.dir_hash, view.members()) == (0, bytes(32), ())
    assert not view.is_current(NOW_MS)
    delegation = make_delegation(WORLD.nodes[GE], WORLD.network_id)
    assert refusal(view, delegation) is Reason.QUORUM
    assert refusal(view, WORLD.bundles[GE]) is Reason.QUORUM


def test_a_laboratory_is_believed_only_in_a_laboratory() -> None:
    VIEW.require_environment("lab")
    make_world((GE,), lab=False).view().require_environment("production")
    with pytest.raises(Refused) as caught:
        VIEW.require_environment("production")
    assert caught.value.reason is Reason.LAB_ROOT


def test_an_agreement_alone_is_no_statement_for_a_node() -> None:
    raw = make_agreement(WORLD.nodes[GE], WORLD.nodes[TR], WORLD.network_id)
    assert refusal(VIEW, raw) is MALFORMED


def test_a_policy_of_classes_counts_bodies_of_that_class() -> None:
    other = Body("X", BodyClass.OTHER, (ceremony.public_key(STRANGER),), 1)
    root = second_root(
        bodies=(*make_root().bodies, other),
        directory=(Clause(BodyClass.REGIONAL, 2), Clause(BodyClass.UN, 1)),
    )
    view = accept(VIEW, ceremony.make_root(root, (*ALL, STRANGER)), now_ms=LATER)
    directory = second_directory(root_version=2)
    assert refusal(view, signed(directory, (UN, EU, STRANGER))) is Reason.QUORUM
    assert accept(view, signed(directory, ALL), now_ms=LATER).dir_version == 2
