"""Files over HTTP: given in parts, listed, read as a stream, and refused by name."""

import hashlib
import os

from builders_http import Caller, Serving
from builders_wire import MRN

PART = 262_144
OCTETS = "application/octet-stream"


def begin(call: Caller, size: int, more: str = "to=TR") -> tuple[int, dict[str, object]]:
    answer = call("POST", f"/v1/attachments?{more}&name=scan.pdf&size={size}&mrn={MRN}")
    return answer.status, answer.json


def put(call: Caller, file_id: object, offset: int, content: bytes) -> tuple[int, object]:
    answer = call("PUT", f"/v1/attachments/{file_id}/parts/{offset}", content, Content_Type=OCTETS)
    return answer.status, answer.json.get("offset", answer.json.get("detail"))


def test_a_file_is_given_in_parts_listed_and_read(serving: Serving) -> None:
    call, content = serving.caller(), os.urandom(PART + 9)
    digest = hashlib.sha256(content).hexdigest()
    status, told = begin(call, len(content))
    assert status == 201, told
    file_id = told["attachment_id"]
    assert put(call, file_id, 0, content[:PART]) == (200, PART)
    status, detail = put(call, file_id, 0, content[:PART])  # a part that came twice
    assert (status, detail) == (409, f"the next part begins at byte {PART}")
    early = call("POST", f"/v1/attachments/{file_id}/finish")
    assert (early.status, early.json["code"]) == (409, "conflict")
    assert put(call, file_id, PART, content[PART:]) == (200, len(content))
    done = call("POST", f"/v1/attachments/{file_id}/finish?sha256={digest}")
    (result,) = done.json["results"]
    assert (done.status, result["status"]) == (200, "accepted")
    (line,) = [
        one
        for one in call("GET", "/v1/attachments").json["attachments"]
        if one["record_id"] == result["record_id"]
    ]
    assert (line["movement"], line["sha256"], line["state"]) == (MRN, digest, "waiting")
    got = call("GET", f"/v1/attachments/{result['record_id']}/content")
    assert (got.status, got.headers["content-length"]) == (200, str(len(content)))
    assert got.body == content


def test_what_cannot_be_is_refused_by_name(serving: Serving) -> None:
    call = serving.caller()
    assert begin(call, 0)[0] == 422
    assert begin(call, 2**31 + 1)[0] == 422
    status, told = begin(call, 5, "to=AZ&to=AZ")
    assert (status, told["code"]) == (409, "conflict")
    status, told = begin(call, 5, "to=XX")
    assert (status, told["reason"]) == (422, "unknown_recipient")
    status, told = begin(serving.caller("sender"), 5, "to=AZ")
    assert (status, told["code"]) == (403, "recipient_not_allowed")
    assert begin(serving.caller("reader"), 5)[0] == 403
    assert put(call, "0" * 32, 0, b"x")[0] == 409
    unknown = call("GET", f"/v1/attachments/{'0' * 32}/content")
    assert (unknown.status, unknown.json["code"]) == (404, "not_found")
    file_id = begin(call, 5)[1]["attachment_id"]
    assert put(call, file_id, 0, bytes(PART + 1))[0] == 413
    assert put(call, file_id, 0, b"12345") == (200, 5)
    wrong = call("POST", f"/v1/attachments/{file_id}/finish?sha256={'0' * 64}")
    assert (wrong.status, wrong.json["reason"]) == (422, "attachment_digest")


def test_a_file_that_is_not_given_to_its_end_is_given_up(serving: Serving) -> None:
    call = serving.caller()
    _, told = begin(call, 2 * PART)
    file_id = told["attachment_id"]
    assert put(call, file_id, 0, os.urandom(PART))[0] == 200
    assert serving.caller("reader")("DELETE", f"/v1/attachments/{file_id}").status == 403
    for _ in range(2):
        assert call("DELETE", f"/v1/attachments/{file_id}").status == 204
    status, detail = put(call, file_id, PART, os.urandom(PART))
    assert (status, str(detail)[:27]) == (409, "no such file is being given")
    assert call("DELETE", "/v1/attachments/other").status == 422
