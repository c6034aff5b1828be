from collections.abc import Callable

import pytest

from corridor.errors import SelfTestFailed
from corridor.seal import hpke, keys, primitives, selftest


def test_the_libraries_here_pass() -> None:
    selftest.run()


@pytest.mark.parametrize(
    ("module", "name", "broken", "named"),
    [
        (primitives, "ed25519_sign", lambda *_: bytes(64), "signs as RFC 8032"),
        (primitives, "ed25519_verify", lambda *_: False, "accepts a good signature"),
        (primitives, "ed25519_verify", lambda *_: True, "small-order part"),
        (
            primitives,
            "ed25519_verify",
            lambda *a: a[2][32:] != selftest._TORSION_SIGNATURE[32:],
            "group order",
        ),
        (keys, "ed25519_point_is_admissible", lambda _: True, "mixed order"),
        (keys, "ed25519_point_is_admissible", lambda _: False, "good key"),
        (hpke, "public_of", lambda *_: bytes(32), "derives its keys"),
        (hpke, "open_from", lambda *_: None, "nothing else"),
    ],
)
def test_a_library_that_behaves_otherwise_stops_the_start_by_name(
    module: object,
    name: str,
    broken: Callable[..., object],
    named: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, name, broken)
    with pytest.raises(SelfTestFailed, match=named):
        selftest.run()


def test_a_library_that_admits_small_order_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "public_is_admissible", lambda *_: True)
    with pytest.raises(SelfTestFailed, match="small order"):
        selftest.run()
