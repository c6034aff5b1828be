"""Whatever honest history a network has, a node that restarts believes the same (§5.2)."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from builders_trust import (
    DAY_MS,
    ENDPOINTS,
    GE,
    NOW_MS,
    TR,
    World,
    accept,
    decryption_key,
    make_world,
    signing_key,
)
from corridor.errors import Refused
from corridor.trust import ceremony
from corridor.trust.bundle import plan_rotation
from corridor.trust.delegation import KeyUsage, Revocation
from corridor.trust.directory import MemberStatus
from corridor.trust.view import TrustView, build_view

WORLD = make_world()
STEPS = ("directory", "suspend", "revoke", "delegation", "bundle", "root")


def step(world: World, view: TrustView, kind: str, number: int, now_ms: int) -> TrustView:
    """One honest act of the network; a maker may find that it cannot be done just now."""
    endpoint = ENDPOINTS[number % 3]
    node = world.nodes[endpoint]
    directory = view.signed_directory() or b""
    if kind == "root":
        held = view.state.roots[-1].signed.to_bytes()
        return accept(
            view,
            ceremony.make_root(ceremony.next_root(held, now_ms), world.registry),
            now_ms=now_ms,
        )
    if kind in ("directory", "suspend", "revoke"):
        made = ceremony.next_directory(
            directory,
            world.network_id,
            now_ms,
            revoked=[node.signing.key_id] if kind == "revoke" else (),
            root_version=view.root.version,
        )
        if kind == "suspend":
            first, *rest = made.members
            turned = MemberStatus.ACTIVE if first.status != 1 else MemberStatus.SUSPENDED
            made = replace(made, members=(replace(first, status=turned), *rest))
        return accept(view, ceremony.make_directory(made, world.registry), now_ms=now_ms)
    if kind == "delegation":
        name = f"{endpoint}/{number}"
        raw = ceremony.make_delegation(
            world.network_id,
            endpoint.member,
            [ceremony.lend(signing_key(name), KeyUsage.SIGN, endpoint, now_ms)],
            node.officers,
            issued_ms=now_ms,
            previous=view.signed_delegation(endpoint.member),
            revoke=[Revocation(node.key_manager.key_id, now_ms)] if number % 5 == 4 else (),
        )
        return accept(view, raw, now_ms=now_ms)
    plan = plan_rotation(view.bundle(endpoint), now_ms)
    raw = ceremony.make_bundle(
        world.network_id,
        endpoint,
        plan,
        [decryption_key(f"{endpoint}/{number}", suite) for suite in plan.suites],
        (node.key_manager, node.signing),
        issued_ms=now_ms,
        previous=view.signed_bundle(endpoint),
    )
    return accept(view, raw, now_ms=now_ms)


@settings(max_examples=12, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 70)), max_size=12))
def test_a_node_that_restarts_believes_what_it_believed(history: list[tuple[str, int]]) -> None:
    view, now_ms = WORLD.view(), NOW_MS
    heads = [view]
    for number, (kind, days) in enumerate(history):
        now_ms += days * DAY_MS
        try:
            view = step(WORLD, view, kind, number, now_ms)
        except Refused:
            continue
        heads.append(view)
    again = build_view(WORLD.genesis_hash, view.statements(), now_ms)
    assert again.index == view.index
    assert again.statements() == view.statements()
    for older in heads:
        for raw in older.statements():
            try:
                changed = view.with_statement(raw, now_ms)
            except Refused:
                continue
            # What is not refused as older is what is held.
            assert changed is view


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**64 - 1), st.integers(0, 127))
def test_no_time_and_no_type_of_record_upsets_a_lookup(at_ms: int, record_type: int) -> None:
    view = VIEW
    allowed = view.authorises(GE, TR, record_type, at_ms)
    in_force = NOW_MS <= at_ms < NOW_MS + 3650 * DAY_MS
    if 1 <= record_type <= 20:
        assert allowed is in_force
    else:
        assert allowed is view.control_allowed(GE, TR, at_ms)


VIEW = WORLD.view()
