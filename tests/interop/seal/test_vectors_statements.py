"""The node against statements.json: each statement through its frame, its form and the chain."""

from typing import Any

import pytest

from builders_vectors import load
from corridor.errors import Reason, Refused
from corridor.transit.parties import Endpoint
from corridor.trust.frames import decode_statement_frame
from corridor.trust.view import TrustView, build_view

DOCUMENT = load("statements.json")
CASES = [pytest.param(case, id=case["name"]) for case in DOCUMENT["cases"]]


class Node:
    """What a node holds; nothing before the first root."""

    def __init__(self, case: dict[str, Any]) -> None:
        self.genesis = bytes.fromhex(case.get("genesis_sha256", DOCUMENT["genesis_sha256"]))
        self.environment = "lab" if case.get("lab") else "production"
        self.view: TrustView | None = None

    def take(self, frame: bytes, now_ms: int) -> str:
        """Return what became of a statement."""
        before = self.view
        try:
            self.view = self._with(decode_statement_frame(frame), now_ms)
        except Refused as refused:
            assert self.view is before
            return refused.reason.label
        return "known" if self.view is before else "adopted"

    def _with(self, signed: bytes, now_ms: int) -> TrustView:
        if self.view is not None:
            return self.view.with_statement(signed, now_ms)
        view = build_view(self.genesis, [signed], now_ms)
        view.require_environment(self.environment)
        return view


def frame_of(step: dict[str, Any]) -> bytes:
    text = DOCUMENT["statements"][step["statement"]] if "statement" in step else step["frame"]
    return bytes.fromhex(text) + bytes(step.get("appended_zeros", 0))


@pytest.mark.parametrize("case", CASES)
def test_a_statement_is_adopted_or_refused_for_its_one_reason(case: dict[str, Any]) -> None:
    node = Node(case)
    for name in case["held"]:
        assert node.take(frame_of({"statement": name}), DOCUMENT["now_ms"]) == "adopted"
    outcomes = [
        node.take(frame_of(step), step.get("now_ms", DOCUMENT["now_ms"])) for step in case["steps"]
    ]
    assert outcomes == [step["expect"] for step in case["steps"]]
    if node.view is not None:
        again = build_view(node.genesis, node.view.statements(), DOCUMENT["now_ms"])
        assert again.statements() == node.view.statements()
    for ask in case.get("asks", ()):
        assert node.view is not None
        assert answer(node.view, ask) == ask["expect"], ask


def answer(view: TrustView, ask: dict[str, Any]) -> str | bool:
    at_ms = ask["at_ms"]
    if ask["ask"] in {"authorises", "control_allowed"}:
        pair = Endpoint(ask["sender"]), Endpoint(ask["recipient"])
        if ask["ask"] == "authorises":
            return view.authorises(*pair, ask["record_type"], at_ms)
        return view.control_allowed(*pair, at_ms)
    endpoint = Endpoint(ask["endpoint"])
    try:
        if ask["ask"] == "sealing_key":
            return view.sealing_key(endpoint, at_ms).key_id.hex()
        key_id = bytes.fromhex(ask["key_id"])
        if ask["ask"] == "accepts":
            return view.accepts(endpoint, key_id, at_ms)
        return view.signer(endpoint, key_id, at_ms).hex()
    except Refused as refused:
        return refused.reason.label


def test_every_reason_that_a_statement_can_meet_has_a_vector() -> None:
    seen = {step["expect"] for case in DOCUMENT["cases"] for step in case["steps"]}
    wanted = {reason.label for reason in Reason if reason.label.startswith("statement_")}
    wanted |= {"rollback", "equivocation", "quorum", "key_admission", "lab_root", "network"}
    wanted |= {"created_in_future", "frame_too_large", "magic", "truncated", "trailing_bytes"}
    assert seen == wanted | {"adopted", "known"}
