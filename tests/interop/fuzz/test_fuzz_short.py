"""The fuzzer in its short form, and the proof that it would see a missing check."""

import pytest

from corridor.errors import Refused
from corridor.seal import envelope
from corridor.trust.statements import Signed
from fuzz import attacks, damage
from fuzz.run_fuzz import Fuzzer, Make, Tally, jobs


@pytest.fixture(scope="module")
def fuzzer() -> Fuzzer:
    return Fuzzer()


def test_twenty_thousand_hostile_inputs_are_refused_and_none_breaks_the_node(
    fuzzer: Fuzzer,
) -> None:
    total = Tally()
    for seed, count in jobs(7, 20_000):
        total.add(fuzzer.run(seed, count))
    assert total.cases == 20_000
    assert (total.accepted, total.crashes) == (0, 0), total.findings


def test_the_same_seed_makes_the_same_cases(fuzzer: Fuzzer) -> None:
    first, second = (fuzzer.run(11, 500).by_reason for _ in range(2))
    assert first == second


def _wrong(fuzzer: Fuzzer) -> Make:
    sample, other = fuzzer.samples[:2]
    return lambda rng: ("build_wrong", attacks.build_wrong(sample, other, rng))


def _damaged(fuzzer: Fuzzer) -> Make:
    return lambda rng: ("flip", damage.flip_bits(fuzzer.frames[0], fuzzer.frames, rng))


def _forged(fuzzer: Fuzzer) -> Make:
    return lambda rng: ("forged", fuzzer.registry.forged(rng))


def _unpad_without_checks(padded: bytes) -> bytes:
    return padded[4 : 4 + int.from_bytes(padded[:4])]


DEFECTS = {
    "signature": ("verify", lambda *_: True, "_wrong_type"),
    "comparison of the position": ("compare_digest", lambda *_: True, "_wrong_position"),
    "comparison of the key": ("compare_digest", lambda *_: True, "_wrong_commit"),
    "padding": ("unpad", _unpad_without_checks, "_wrong_padding"),
    "payload root": ("payload_root", lambda *_: _Anything(32), "_wrong_root"),
}


class _Anything(bytes):
    """Equal to whatever it is compared with: what a forgotten comparison amounts to."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False

    __hash__ = bytes.__hash__


@pytest.mark.parametrize("name", DEFECTS)
def test_the_fuzzer_sees_a_check_that_is_missing(
    name: str, fuzzer: Fuzzer, monkeypatch: pytest.MonkeyPatch
) -> None:
    attribute, replacement, part = DEFECTS[name]
    monkeypatch.setattr(envelope, attribute, replacement)
    monkeypatch.setattr(attacks, "PARTS", (getattr(attacks, part),))
    assert fuzzer.run(3, 100, _wrong(fuzzer)).accepted > 0


def test_the_fuzzer_sees_flipped_signatures_that_nobody_verifies(
    fuzzer: Fuzzer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(envelope, "verify", lambda *_: True)
    assert fuzzer.run(3, 300, _damaged(fuzzer)).accepted > 0


def test_the_fuzzer_sees_statements_taken_without_their_signatures(
    fuzzer: Fuzzer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Signed, "signers", lambda _, keys: frozenset(keys))
    assert fuzzer.run(3, 300, _forged(fuzzer)).accepted > 0


def test_the_fuzzer_counts_an_error_that_is_no_refusal(
    fuzzer: Fuzzer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: bytes) -> bytes:
        raise ZeroDivisionError

    monkeypatch.setattr(fuzzer.receiver, "receive", broken)
    tally = fuzzer.run(3, 10, _damaged(fuzzer))
    assert tally.crashes == 10
    assert tally.findings[0][0] == "crash: ZeroDivisionError()"


def test_every_right_envelope_of_the_corpus_is_accepted(fuzzer: Fuzzer) -> None:
    for frame in fuzzer.frames:
        try:
            fuzzer.receiver.receive(frame)
        except Refused as refused:
            pytest.fail(str(refused))
