"""The spool with a real node: every message of NCTS is taken, also those of no movement."""

import json
from pathlib import Path

from builders_gateway import MAKE, put, until
from corridor.standards.ncts.releases import P5

FIXTURES = Path(__file__).parents[2] / "fixtures/ncts"


def test_every_message_of_ncts_is_taken(spool: MAKE) -> None:
    with spool() as node:
        for name in P5.messages:
            raw = (FIXTURES / f"{name.lower()}.xml").read_bytes()
            put(node.spool / "out" / "TR", f"{name}.xml", raw)
        until(lambda: len(list(node.spool.glob("*/TR/*.result.json"))) == len(P5.messages), 60)
        refused = [json.loads(one.read_bytes()) for one in node.spool.glob("refused/TR/*.json")]
        assert [(one["file"], one["faults"]) for one in refused] == []
