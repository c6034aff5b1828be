"""statements.json: sequences of trust statements and what comes of each."""

from typing import Any

from testkit.right_statements import right_statements
from testkit.statement_case import StatementCase, Step
from testkit.statement_world import GENESIS, HELD
from testkit.world import NOW_MS
from testkit.wrong_chains import wrong_chains
from testkit.wrong_keys import wrong_keys
from testkit.wrong_nodes import wrong_nodes
from testkit.wrong_statements import wrong_statements
from testkit.wrong_trust import wrong_trust

Document = dict[str, Any]


def all_statement_cases() -> list[StatementCase]:
    """Return every case, right ones first."""
    return [
        *right_statements(),
        *wrong_statements(),
        *wrong_trust(),
        *wrong_nodes(),
        *wrong_keys(),
        *wrong_chains(),
    ]


def statements() -> Document:
    """Return the document."""
    return {
        "about": "trust statements as they arrive (PROTOCOL 5)",
        "now_ms": NOW_MS,
        "genesis_sha256": GENESIS.hex(),
        "statements": {name: frame.hex() for name, frame in HELD.items()},
        "cases": [_case(case) for case in all_statement_cases()],
    }


def _case(case: StatementCase) -> Document:
    document: Document = {
        "name": case.name,
        "title": case.title,
        "section": case.section,
        "held": list(case.held),
        "steps": [_step(step) for step in case.steps],
    }
    if case.lab:
        document["lab"] = True
    if case.genesis != GENESIS:
        document["genesis_sha256"] = case.genesis.hex()
    if case.asks:
        document["asks"] = [
            {"ask": ask.ask, **ask.given, "expect": ask.expect} for ask in case.asks
        ]
    return document


def _step(step: Step) -> Document:
    named = next((name for name, frame in HELD.items() if frame == step.frame), None)
    document: Document = {"frame": step.frame.hex()} if named is None else {"statement": named}
    if step.appended_zeros:
        document["appended_zeros"] = step.appended_zeros
    if step.now_ms != NOW_MS:
        document["now_ms"] = step.now_ms
    return {**document, "expect": step.expect}
