"""The examples of the manual's page for national systems do what the page says."""

import base64
import json
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from builders_gateway import SPOOL, Beside, record_bytes, result, until
from corridor.gateway.webhook.signing import signature
from corridor.wire.records import decode_record, record_to_json

PAGE = Path(__file__).resolve().parents[3] / "docs" / "manual" / "integrate.md"
NodeFolder = Callable[..., Path]


def block(mark: str) -> str:
    (found,) = re.findall(rf"^```{mark}\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    return str(found)


def test_the_signature_is_checked_by_the_lines_of_the_page() -> None:
    lines: dict[str, Any] = {}
    exec(block("python verify"), lines)  # noqa: S102 - the manual's own lines
    secret, body = bytes(range(32)), b'{"type": "record.received"}'
    stamp = int(time.time())
    headers = {
        "webhook-id": "a",
        "webhook-timestamp": str(stamp),
        "webhook-signature": signature([bytes(32), secret], "a", stamp, body),
    }
    said = "whsec_" + base64.b64encode(secret).decode()
    assert lines["is_ours"](headers, body, said)
    assert not lines["is_ours"](headers, body + b" ", said)
    assert not lines["is_ours"]({**headers, "webhook-id": "b"}, body, said)
    old = str(stamp - 400)
    stale = {**headers, "webhook-timestamp": old,
             "webhook-signature": signature([secret], "a", int(old), body)}  # fmt: skip
    assert not lines["is_ours"](stale, body, said)


def test_a_file_is_put_by_the_lines_of_the_page_and_answered_as_it_says(
    node_folder: NodeFolder, tmp_path: Path
) -> None:
    (tmp_path / "spool").mkdir()
    with Beside(node_folder("GE", SPOOL.format(folder=tmp_path / "spool"))) as node:
        until((node.spool / "out").is_dir)
        (node.spool / "out" / "TR").mkdir()
        record = record_to_json(decode_record(record_bytes(1)))
        run = subprocess.run(
            ["sh", "-ec", block("sh spool")],
            env={"SPOOL": str(node.spool), "RECORD": record, "PATH": "/usr/bin:/bin"},
            check=False,
        )
        assert run.returncode == 0
        told = result(node.spool / "done" / "TR" / "declaration-417.json")
    shown = json.loads(next(b for b in re.findall(r"```json\n(.*?)```", PAGE.read_text(), re.DOTALL)
                            if "declaration-417" in b))  # fmt: skip
    assert told.keys() == shown.keys()
    for key in ("file", "recipient", "status", "reason", "faults", "cure", "original"):
        assert told[key] == shown[key]
