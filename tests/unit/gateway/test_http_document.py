"""The OpenAPI document and the manual's lines are true."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from builders_http import Serving
from builders_wire import declaration
from corridor.gateway.http.app import make_app
from corridor.gateway.http.problems import KINDS
from corridor.wire.records import record_to_json

TREE = Path(__file__).resolve().parents[3]
PAGE = (TREE / "docs" / "manual" / "http.md").read_text()
LINE = re.compile(r"^(curl .*?) +# (\d{3})$", re.MULTILINE)


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return make_app().openapi()


def test_every_operation_says_what_it_is_and_which_problems_it_has(
    document: dict[str, Any],
) -> None:
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert operation["summary"]
            assert operation["description"], path
            assert operation["operationId"]
            if path != "/v1/health":
                assert {"401", "406", "429", "500"} <= operation["responses"].keys()
                assert operation["security"] == [{"token": []}]
            for status, response in operation["responses"].items():
                if status >= "400" and path != "/v1/health":
                    assert list(response["content"]) == ["application/problem+json"]


def test_examples_of_requests_are_taken_by_a_node(
    serving: Serving, document: dict[str, Any]
) -> None:
    call = serving.caller()
    seen = 0
    for path, operations in document["paths"].items():
        body = operations.get("post", {}).get("requestBody")
        if body is not None:
            example = body["content"]["application/json"]["example"]
            text = json.dumps(example).replace('"GE"', '"TR"')  # the node of this test is Georgia's
            if path == "/v1/inbox/ack":
                text = '{"up_to": 0}'  # nothing was handed over here
            target = f"{path}?to=TR" if path == "/v1/records" else path
            answer = call("POST", target, text.encode(), Content_Type="application/json")
            assert answer.status in {200, 202}, answer.body
            seen += 1
            if path == "/v1/records:bulk":
                assert answer.json["results"][0]["status"] == "accepted", answer.body
    assert seen == 4


def test_every_code_stands_in_the_document_and_in_the_manual(document: dict[str, Any]) -> None:
    codes = document["components"]["schemas"]["ProblemModel"]["properties"]["code"]["enum"]
    assert set(codes) == set(KINDS)
    for code in KINDS:
        assert f'<a id="{code}"></a>' in PAGE


def test_examples_of_problems_are_what_a_node_answers(document: dict[str, Any]) -> None:
    responses = document["paths"]["/v1/records"]["post"]["responses"]
    for status in ("403", "422"):
        example = responses[status]["content"]["application/problem+json"]["example"]
        schema = document["components"]["schemas"]["ProblemModel"]
        assert example.keys() == set(schema["required"])
        assert example["status"] == int(status)


def test_every_line_of_the_manual_does_what_it_says(serving: Serving, tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("no curl on this machine")
    (tmp_path / "record.json").write_text(record_to_json(declaration()))
    shutil.copy(TREE / "tests/fixtures/ncts/cc015c.xml", tmp_path / "message.xml")
    lines = LINE.findall(PAGE)
    assert len(lines) == 11
    for line, status in lines:
        here = line.replace(":8464/", f":{serving.server.port}/")
        run = subprocess.run(
            ["bash", "-c", here], cwd=tmp_path, capture_output=True, text=True, check=False,
            env={**os.environ, "TOKEN": "token-office", "NO_PROXY": "127.0.0.1"}, timeout=20,
        )  # fmt: skip
        assert run.returncode == 0, (line, run.stderr)
        assert run.stdout.rstrip("\n").endswith(status), (line, run.stdout)


def test_whatever_changes_something_over_http_is_traffic_and_no_act(
    document: dict[str, Any],
) -> None:
    """An operator's act would have to stand in the audit trail, as those of the commands do."""
    changing = {
        (method, path)
        for path, operations in document["paths"].items()
        for method in operations
        if method not in {"get", "head"}
    }
    assert changing == {
        ("post", "/v1/records"),
        ("post", "/v1/records:bulk"),
        ("post", "/v1/queries"),
        ("post", "/v1/inbox/ack"),
        ("post", "/v1/attachments"),
        ("put", "/v1/attachments/{attachment_id}/parts/{offset}"),
        ("post", "/v1/attachments/{attachment_id}/finish"),
        ("delete", "/v1/attachments/{attachment_id}"),
    }


def test_what_was_never_handed_over_is_not_acknowledged(serving: Serving) -> None:
    call = serving.caller()
    for up_to in (1, 999_999_999):
        told = call("POST", "/v1/inbox/ack", json.dumps({"up_to": up_to}).encode(),
                    Content_Type="application/json")  # fmt: skip
        assert (told.status, told.json["code"]) == (409, "not_acknowledged")
        assert "none beyond 0 was handed over" in told.json["detail"]
    assert call("GET", "/v1/inbox").json["records"] == []
