"""What a country accepts is believed for its signature, and the later one stands (§6.10, §12.9)."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders_trust import DAY_MS, GE, NOW_MS, TR, make_world
from corridor.errors import Reason, Refused
from corridor.seal.keys import SigningKey
from corridor.seal.pae import PayloadType
from corridor.trust.acceptances import (
    AcceptanceStatement,
    is_newer,
    next_issue_ms,
    read_acceptance,
    require_from,
    sign_acceptance,
)
from corridor.trust.statements import Signed, sign
from corridor.wire import acceptances as wire
from corridor.wire import limits
from corridor.wire.statements import encode_statement, parse_signed

WORLD = make_world()
KEY = WORLD.nodes[GE].signing
OTHER = SigningKey.generate()


def message(issued_ms: int = NOW_MS, endpoint: str = GE, **said: Any) -> wire.Acceptance:  # noqa: ANN401 - any field
    standards = [wire.AcceptedStandard(name="NCTS-P5", messages=["CC015C"])]
    fields = {"standards": standards, "rules": wire.RULE_POLICY_WARN} | said
    return wire.Acceptance(endpoint=endpoint, issued_ms=issued_ms, **fields)


def statement(issued_ms: int = NOW_MS, **said: Any) -> AcceptanceStatement:  # noqa: ANN401 - any field
    return read_acceptance(sign_acceptance(message(issued_ms, **said), KEY))


def refused(do: Callable[[], object]) -> Reason:
    with pytest.raises(Refused) as caught:
        do()
    return caught.value.reason


def test_what_was_signed_comes_back() -> None:
    found = statement(rule_set="5.15.2-144", record_types=[1, 9, 21])
    assert (found.endpoint, found.issued_ms, found.key_id) == (GE, NOW_MS, KEY.key_id)
    assert list(found.message.record_types) == [1, 9, 21]


@given(st.binary(max_size=300))
def test_no_bytes_crash_the_reader(raw: bytes) -> None:
    with pytest.raises(Refused):
        read_acceptance(raw)


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_statement_that_was_touched_is_refused(place: int, change: int) -> None:
    raw = bytearray(sign_acceptance(message(), KEY))
    raw[place % len(raw)] ^= change
    with pytest.raises(Refused):
        read_acceptance(bytes(raw))


def listed(number: str = "CL231", **said: Any) -> wire.AcceptedList:  # noqa: ANN401 - any field
    fields = {"version": "2026-11-20", "content_sha256": bytes(32), "unknown": 1} | said
    return wire.AcceptedList(number=number, **fields)


STANDARD = wire.AcceptedStandard(name="NCTS-P5")
UNSOUND: dict[str, dict[str, Any]] = {
    "no standard": {"standards": []},
    "too many standards": {"standards": [wire.AcceptedStandard(name=f"S{n}") for n in range(65)]},
    "a standard twice": {"standards": [STANDARD, STANDARD]},
    "a name with a blank": {"standards": [wire.AcceptedStandard(name="a b")]},
    "an empty message": {"standards": [wire.AcceptedStandard(name="S", messages=[""])]},
    "no policy": {"rules": 0},
    "an unknown policy": {"rules": 9},
    "a rule set with a line": {"rule_set": "5\n6"},
    "a list twice": {"lists": [listed(), listed()]},
    "a list without number": {"lists": [listed("x")]},
    "a list of no day": {"lists": [listed(version="2026-13-01")]},
    "a list with a short hash": {"lists": [listed(content_sha256=b"h")]},
    "a list without a meaning": {"lists": [listed(unknown=0)]},
    "too many lists": {"lists": [listed(f"A{n}") for n in range(1025)]},
    "a control record": {"record_types": [64]},
    "types out of order": {"record_types": [9, 1]},
    "a type twice": {"record_types": [9, 9]},
    "no time": {"issued_ms": 0},
    "a time of no clock": {"issued_ms": 2**48},
}


@pytest.mark.parametrize("said", UNSOUND.values(), ids=UNSOUND)
def test_what_is_unsound_is_neither_signed_nor_read(said: dict[str, Any]) -> None:
    wrong = message(**said)
    assert refused(lambda: sign_acceptance(wrong, KEY)) is Reason.STATEMENT_MALFORMED
    raw = sign(PayloadType.ACCEPTANCE, encode_statement(wrong), [KEY]).to_bytes()
    assert refused(lambda: read_acceptance(raw)) is Reason.STATEMENT_MALFORMED


def test_one_that_is_too_large_is_not_signed() -> None:
    many = [f"M{number:062}" for number in range(5000)]
    wrong = message(standards=[wire.AcceptedStandard(name="S", messages=many)])
    assert refused(lambda: sign_acceptance(wrong, KEY)) is Reason.STATEMENT_MALFORMED


def test_no_name_of_an_endpoint_is_refused() -> None:
    assert refused(lambda: sign_acceptance(message(endpoint="GE"), KEY)) is (
        Reason.STATEMENT_MALFORMED
    )


def test_another_key_cannot_sign_in_the_name_of_the_one_that_is_named() -> None:
    named = message()
    sign_acceptance(named, KEY)
    raw = sign(PayloadType.ACCEPTANCE, encode_statement(named), [OTHER]).to_bytes()
    assert refused(lambda: read_acceptance(raw)) is Reason.STATEMENT_SIGNATURE
    both = sign(PayloadType.ACCEPTANCE, encode_statement(named), [KEY, OTHER]).to_bytes()
    assert refused(lambda: read_acceptance(both)) is Reason.STATEMENT_MALFORMED


def test_a_statement_of_another_kind_is_none() -> None:
    raw = sign(PayloadType.CODE_LIST, encode_statement(message()), [KEY]).to_bytes()
    assert refused(lambda: read_acceptance(raw)) is Reason.STATEMENT_MALFORMED


def test_what_travels_may_be_smaller_than_a_file() -> None:
    raw = sign_acceptance(message(), KEY)
    assert refused(lambda: read_acceptance(raw, len(raw) - 1)) is Reason.STATEMENT_MALFORMED
    assert Signed.of(parse_signed(raw), {PayloadType.ACCEPTANCE: 10**6}).payload


# -- whose it is

VIEW = WORLD.view()


def test_the_senders_own_is_believed() -> None:
    require_from(GE, statement(), VIEW.signer)


def test_nobody_speaks_for_another_country() -> None:
    assert refused(lambda: require_from(TR, statement(), VIEW.signer)) is Reason.UNKNOWN_SIGNER
    in_its_name = read_acceptance(sign_acceptance(message(endpoint=TR), KEY))
    assert refused(lambda: require_from(TR, in_its_name, VIEW.signer)) is Reason.UNKNOWN_SIGNER
    forged = read_acceptance(sign_acceptance(message(), OTHER))
    assert refused(lambda: require_from(GE, forged, VIEW.signer)) is Reason.UNKNOWN_SIGNER


def test_a_key_that_was_not_lent_then_signs_nothing() -> None:
    long_ago = statement(NOW_MS - 400 * DAY_MS)
    assert refused(lambda: require_from(GE, long_ago, VIEW.signer)) is Reason.SIGNER_EXPIRED


# -- which of two stands


def newer(found: AcceptanceStatement, held: AcceptanceStatement | None, now_ms: int) -> bool:
    return is_newer(found, held.issued_ms if held else 0, held.digest if held else b"", now_ms)


HELD = statement(NOW_MS)
RULES = wire.RULE_POLICY_REFUSE


@pytest.mark.parametrize(
    ("found", "stands"),
    [
        pytest.param(statement(NOW_MS), False, id="the same again"),
        pytest.param(statement(NOW_MS + 1), True, id="the same content, signed later"),
        pytest.param(statement(NOW_MS + 1, rules=RULES), True, id="another content, later"),
        pytest.param(statement(NOW_MS - 1), Reason.ROLLBACK, id="an older one"),
        pytest.param(statement(NOW_MS, rules=RULES), Reason.EQUIVOCATION, id="two of one time"),
        pytest.param(statement(NOW_MS + 600_001), Reason.CREATED_IN_FUTURE, id="of tomorrow"),
    ],
)
def test_the_later_one_stands(found: AcceptanceStatement, stands: bool | Reason) -> None:  # noqa: FBT001 - what comes of it
    if isinstance(stands, Reason):
        assert refused(lambda: newer(found, HELD, NOW_MS)) is stands
    else:
        assert newer(found, HELD, NOW_MS) is stands
    if stands is not Reason.CREATED_IN_FUTURE:
        assert newer(found, None, NOW_MS)


@given(st.permutations([0, 1, 2, 3, 3, 2]))
def test_in_whatever_order_they_come_the_latest_is_held(order: list[int]) -> None:
    held: AcceptanceStatement | None = None
    for number in order:
        found = SEVERAL[number]
        older = held is not None and found.issued_ms < held.issued_ms
        if older:
            assert refused(lambda: newer(found, held, NOW_MS)) is Reason.ROLLBACK  # noqa: B023
        elif newer(found, held, NOW_MS):
            held = found
    assert held == SEVERAL[3]


SEVERAL = [statement(NOW_MS + number) for number in range(4)]


@given(st.integers(0, 2**47), st.integers(0, 2**47))
def test_a_new_one_of_ours_is_newer_than_any_that_partners_took(now_ms: int, last_ms: int) -> None:
    issued_ms = next_issue_ms(now_ms, last_ms)
    assert issued_ms <= now_ms + limits.MAX_FUTURE_SKEW_MS + 1
    taken = last_ms <= now_ms + limits.MAX_FUTURE_SKEW_MS
    assert issued_ms > last_ms or not taken
    assert issued_ms >= now_ms
