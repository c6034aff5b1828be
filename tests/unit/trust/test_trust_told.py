"""Statements as they travel, and as people and programs read them (PROTOCOL §5.8)."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders_trust import DAY_MS, GE, NOW_MS, make_world
from corridor.errors import Reason, Refused
from corridor.trust import ceremony
from corridor.trust.delegation import Revocation
from corridor.trust.describe import describe_statement, describe_view, statement_name
from corridor.trust.frames import (
    decode_statement_frame,
    encode_statement_frame,
    is_statement_frame,
)
from corridor.trust.view import build_view

WORLD = make_world()
VIEW = WORLD.view()


@given(st.binary(max_size=64))
def test_a_statement_comes_out_of_its_frame_as_it_went_in(signed: bytes) -> None:
    frame = encode_statement_frame(signed)
    assert is_statement_frame(frame)
    assert decode_statement_frame(frame) == signed


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        pytest.param(b"", Reason.MAGIC, id="nothing"),
        pytest.param(b"CRD1\0\0\0\0", Reason.MAGIC, id="an envelope"),
        pytest.param(b"CRT2\0\0\0\0", Reason.MAGIC, id="another version"),
        pytest.param(b"CRT1\0\0\0", Reason.TRUNCATED, id="no length"),
        pytest.param(b"CRT1\0\0\0\x02x", Reason.TRUNCATED, id="cut short"),
        pytest.param(b"CRT1\0\0\0\x01xy", Reason.TRAILING_BYTES, id="bytes after the end"),
        pytest.param(b"CRT1" + bytes(4 * 1024 * 1024 + 5), Reason.FRAME_TOO_LARGE, id="too large"),
    ],
)
def test_a_misshapen_frame_is_refused(frame: bytes, reason: Reason) -> None:
    with pytest.raises(Refused) as caught:
        decode_statement_frame(frame)
    assert caught.value.reason is reason


@pytest.mark.parametrize(
    ("signed", "name"),
    [
        (WORLD.root, "root-000001"),
        (WORLD.directory, "directory-000001"),
        (WORLD.delegations[GE], "delegation-GE.RS-000001"),
        (WORLD.bundles[GE], "bundle-GE.RS-000001"),
        (WORLD.agreements[0], "agreement-GE.RS>TR.GTB"),
    ],
)
def test_every_statement_has_a_name_and_a_description(signed: bytes, name: str) -> None:
    assert statement_name(signed) == name
    described = describe_statement(signed)
    assert json.loads(json.dumps(described)) == described
    assert described["size_bytes"] == len(signed)
    assert len(described["signed_by_keys"]) in (2, 3, 4)


def test_a_view_tells_members_keys_and_agreements() -> None:
    described = describe_view(VIEW, NOW_MS)
    assert json.loads(json.dumps(described)) == described
    assert described["laboratory"] is True
    assert described["current"] is True
    assert [member["member"] for member in described["members"]] == ["GE.RS", "TR.GTB", "AZ.SCC"]
    georgia = described["members"][0]
    assert georgia["broker"] == "broker.ge.test:5671"
    assert [key["use"] for key in georgia["delegation"]["keys"]] == ["SIGN", "KEY_MANAGER"]
    assert [key["suite"] for key in georgia["bundle"]["keys"]] == [2, 1]
    assert georgia["bundle"]["alarm"] is False
    assert len(described["agreements"]) == 6


def test_a_view_tells_what_is_missing_or_about_to_end() -> None:
    late_ms = NOW_MS + 80 * DAY_MS
    revoke = [Revocation(WORLD.nodes[GE].signing.key_id, NOW_MS)]
    raw = ceremony.make_delegation(
        WORLD.network_id,
        "GE.RS",
        [],
        WORLD.nodes[GE].officers,
        issued_ms=NOW_MS,
        previous=WORLD.delegations[GE],
        revoke=revoke,
    )
    statements = (*WORLD.statements()[:5], WORLD.bundles[GE], raw)
    members = describe_view(build_view(WORLD.genesis_hash, statements, late_ms), late_ms)["members"]
    assert [key["revoked"] for key in members[0]["delegation"]["keys"]] == [True, False]
    assert members[0]["bundle"]["alarm"] is True
    assert members[1]["bundle"] is None
    bare = build_view(WORLD.genesis_hash, WORLD.statements()[:2], NOW_MS)
    assert describe_view(bare, NOW_MS)["members"][0]["delegation"] is None
    alone = describe_view(build_view(WORLD.genesis_hash, [WORLD.root], NOW_MS), NOW_MS)
    assert "members" not in alone


def test_a_time_that_no_calendar_has_is_told_as_a_number() -> None:
    far = ceremony.first_directory(WORLD.network_id, WORLD.members, (), 2**63)
    described = describe_statement(ceremony.make_directory(far, WORLD.registry))
    assert described["issued"] == str(2**63)
