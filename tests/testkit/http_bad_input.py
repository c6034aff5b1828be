"""Bad input of every kind over HTTP, and the one named refusal that each leaves.

The manual's table of bad input is made from this list; the test sends each to a real node and
looks that nothing else has changed.
"""

import json
from typing import NamedTuple

from builders_wire import declaration, long_declaration
from corridor.wire.records import record_to_json

RECORD = json.loads(record_to_json(declaration()))
TOO_LARGE = long_declaration(documents=2_000).SerializeToString()
JSON = "application/json"
PROTOBUF = "application/x-protobuf"
XML = "application/xml"
RECORDS = "/v1/records?to=TR"
BULK = "/v1/records:bulk"
ACK = "/v1/inbox/ack"
QUERIES = "/v1/queries"


class Bad(NamedTuple):
    """One bad input."""

    name: str
    method: str
    target: str
    kind: str | None
    body: bytes | None
    status: int
    code: str
    reason: str | None = None
    path: str | None = None
    """The path of one of the faults."""
    who: str | None = "token-office"
    """The token that is shown."""
    headers: tuple[tuple[str, str], ...] = ()


def _json(told: object) -> bytes:
    return json.dumps(told).encode()


def _broken(field: str, value: object) -> bytes:
    record = json.loads(_json(RECORD))
    record["header"][field] = value
    return _json(record)


def _long_name() -> bytes:
    record = declaration()
    record.declaration.dataset.consignment.gross_mass.lexical = "much"
    return _json(json.loads(record_to_json(record)))


def _query(**changes: object) -> bytes:
    ids = [{"kind": "mrn", "value": "25TR3401004B7KQ2J4"}]
    return _json({"to": "TR", "kind": "movement", "ids": ids, **changes})


_DEEP = b'{"header":' * 3000 + b"1" + b"}" * 3000
_PRIVATE = "kept secret"

BAD = (
    # who asks
    Bad("no token", "GET", "/v1/status", None, None, 401, "unauthenticated", who=None),
    Bad("wrong token", "GET", "/v1/status", None, None, 401, "unauthenticated", who="x"),
    Bad("empty token", "GET", "/v1/status", None, None, 401, "unauthenticated", who=""),
    Bad("no token, unknown path", "GET", "/v1/x", None, None, 401, "unauthenticated", who=None),
    Bad("reader submits", "POST", RECORDS, JSON, _json(RECORD), 403, "forbidden",
        who="token-reader"),
    Bad("submitter takes", "GET", "/v1/inbox", None, None, 403, "forbidden", who="token-sender"),
    Bad("submitter looks at the node", "GET", "/v1/status", None, None, 403, "forbidden",
        who="token-sender"),
    Bad("lane that the role may not claim", "POST", f"{RECORDS}&lane=urgent", JSON, _json(RECORD),
        403, "lane_not_allowed", "lane_not_allowed", "query.lane"),
    Bad("partner that the client may not send to", "POST", "/v1/records?to=AZ", JSON,
        _json(RECORD), 403, "recipient_not_allowed", "recipient_not_allowed", "query.to",
        who="token-sender"),
    # where and how
    Bad("unknown path", "GET", "/v1/nothing", None, None, 404, "not_found"),
    Bad("slash at the end", "GET", "/v1/inbox/", None, None, 404, "not_found"),
    Bad("record that is not ours", "GET", f"/v1/records/{'0' * 32}", None, None, 404, "not_found"),
    Bad("method not offered", "DELETE", "/v1/records", None, None, 405, "method"),
    Bad("method that is none", "BREW", "/v1/inbox", None, None, 405, "method"),
    Bad("answer in XML where there is none", "GET", "/v1/outcomes", None, None, 406,
        "not_acceptable", headers=(("Accept", "text/xml"),)),
    Bad("answer in a form that the inbox has not", "GET", "/v1/inbox", None, None, 406,
        "not_acceptable", headers=(("Accept", "text/csv"),)),
    Bad("account of a record that is not there", "GET", "/v1/inbox/417000/report", None, None, 404,
        "not_found"),
    Bad("account of a cursor that is none", "GET", "/v1/inbox/-1/report", None, None, 422,
        "invalid"),
    Bad("no content type", "POST", RECORDS, None, _json(RECORD), 415, "media_type"),
    Bad("unknown content type", "POST", RECORDS, "text/plain", b"x", 415, "media_type"),
    Bad("JSON in another character set", "POST", RECORDS, f"{JSON}; charset=utf-16",
        _json(RECORD), 415, "media_type"),
    # parameters
    Bad("no recipient", "POST", "/v1/records", JSON, _json(RECORD), 422, "invalid", None,
        "query.to"),
    Bad("recipient that is no partner", "POST", "/v1/records?to=AM", JSON, _json(RECORD), 422,
        "refused", "unknown_recipient", "query.to"),
    Bad("recipient in small letters", "POST", "/v1/records?to=tr", JSON, _json(RECORD), 422,
        "invalid", None, "query.to"),
    Bad("lane that is none", "POST", f"{RECORDS}&lane=fast", JSON, _json(RECORD), 422, "invalid",
        None, "query.lane"),
    Bad("key that is too long", "POST", RECORDS, JSON, _json(RECORD), 422, "invalid", None,
        "header.Idempotency-Key", headers=(("Idempotency-Key", "k" * 65),)),
    Bad("key with a blank", "POST", RECORDS, JSON, _json(RECORD), 422, "invalid", None,
        "header.Idempotency-Key", headers=(("Idempotency-Key", "a b"),)),
    Bad("original of JSON", "POST", f"{RECORDS}&attach_original=true", JSON, _json(RECORD), 422,
        "invalid", None, "query.attach_original"),
    Bad("cursor that is no number", "GET", "/v1/inbox?after=x", None, None, 422, "invalid", None,
        "query.after"),
    Bad("cursor beyond every number", "GET", f"/v1/inbox?after={2**63}", None, None, 422,
        "invalid", None, "query.after"),
    Bad("page of none", "GET", "/v1/inbox?limit=0", None, None, 422, "invalid", None,
        "query.limit"),
    Bad("wait of an hour", "GET", "/v1/inbox?wait_s=3600", None, None, 422, "invalid", None,
        "query.wait_s"),
    Bad("wait that is no number", "GET", "/v1/inbox?wait_s=nan", None, None, 422, "invalid", None,
        "query.wait_s"),
    Bad("search by nothing", "GET", "/v1/records", None, None, 422, "invalid", None, "query"),
    Bad("search by two terms", "GET", "/v1/records?mrn=A&seal=B", None, None, 422, "invalid",
        None, "query"),
    Bad("parameter that is misspelt", "GET", "/v1/inbox?lmit=10", None, None, 422, "invalid", None,
        "query.(unknown)"),
    Bad("parameter of another address", "POST", f"{RECORDS}&after=3", JSON, _json(RECORD), 422,
        "invalid", None, "query.(unknown)"),
    Bad("two recipients of one record", "POST", f"{RECORDS}&to=AZ", JSON, _json(RECORD), 422,
        "invalid", None, "query.to"),
    Bad("cursor said twice", "GET", "/v1/inbox?after=3&after=4", None, None, 422, "invalid", None,
        "query.after"),
    Bad("body that is packed", "POST", RECORDS, JSON, _json(RECORD), 415, "media_type", None,
        "header.Content-Encoding", headers=(("Content-Encoding", "gzip"),)),
    Bad("id that is none", "GET", "/v1/records/x", None, None, 422, "invalid", None,
        "path.record_id"),
    # JSON
    Bad("empty body", "POST", RECORDS, JSON, b"", 400, "malformed"),
    Bad("half of a JSON", "POST", RECORDS, JSON, _json(RECORD)[:100], 400, "malformed"),
    Bad("JSON that is no object", "POST", RECORDS, JSON, b"[]", 400, "malformed",
        "record_malformed"),
    Bad("two JSON values", "POST", RECORDS, JSON, b"{} {}", 400, "malformed"),
    Bad("a name twice", "POST", RECORDS, JSON, b'{"header":{},"header":{}}', 400, "malformed"),
    Bad("NaN", "POST", RECORDS, JSON, b'{"header":NaN}', 400, "malformed"),
    Bad("a number of a million digits", "POST", RECORDS, JSON,
        b'{"header":{"recorded_ms":' + b"9" * 1_000_000 + b"}}", 400, "malformed"),
    Bad("nested too deeply", "POST", RECORDS, JSON, _DEEP, 400, "malformed"),
    Bad("not UTF-8", "POST", RECORDS, JSON, b'{"header":"\xff"}', 400, "malformed",
        "character_set"),
    Bad("half of a surrogate pair", "POST", RECORDS, JSON,
        b'{"header":{"movement":{"ids":[{"scheme":"ID_SCHEME_MRN","value":"\\ud800"}]}}}', 400,
        "malformed", "record_malformed", "header.movement.ids[0].value"),
    Bad("field that is unknown", "POST", RECORDS, JSON, _broken("colour", _PRIVATE), 400,
        "malformed", "record_malformed"),
    Bad("object where an array is", "POST", RECORDS, JSON, _broken("residual", {}), 400,
        "malformed", "record_malformed", "header.residual"),
    Bad("text where a number is", "POST", RECORDS, JSON, _broken("recorded_ms", _PRIVATE), 400,
        "malformed", "record_malformed", "header.recorded_ms"),
    Bad("number out of range", "POST", RECORDS, JSON, _broken("model_version", 2**40), 400,
        "malformed", "record_malformed", "header.model_version"),
    Bad("word that no enumeration has", "POST", RECORDS, JSON, _broken("sender_role", _PRIVATE),
        400, "malformed", "record_malformed", "header.sender_role"),
    Bad("base64 that is none", "POST", RECORDS, JSON, _broken("caused_by", "*" * 9), 400,
        "malformed", "record_malformed", "header.caused_by"),
    Bad("two bodies", "POST", RECORDS, JSON, _json({**RECORD, "exchange": {}}), 400,
        "malformed", "record_malformed"),
    Bad("record that breaks a rule", "POST", RECORDS, JSON, _long_name(), 422, "refused",
        "record_invalid", "declaration.dataset.consignment.gross_mass.lexical"),
    Bad("record without a body", "POST", RECORDS, JSON, b'{"header":{}}', 422, "refused",
        "record_type"),
    # protobuf and XML
    Bad("protobuf that is none", "POST", RECORDS, PROTOBUF, b"\xff\xff\xff", 400, "malformed",
        "record_malformed"),
    Bad("protobuf that is too large", "POST", RECORDS, PROTOBUF, TOO_LARGE, 413, "too_large",
        "record_too_large"),
    Bad("empty protobuf", "POST", RECORDS, PROTOBUF, b"", 422, "refused", "record_type"),
    Bad("XML that is none", "POST", RECORDS, XML, b"<a>", 400, "malformed", "source_malformed"),
    Bad("XML with a document type", "POST", RECORDS, XML,
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', 400, "malformed", "source_malformed"),
    Bad("message of another standard", "POST", RECORDS, XML, b"<a/>", 422, "refused",
        "source_unsupported"),
    # many
    Bad("bulk of none", "POST", BULK, JSON, b'{"records":[]}', 422, "invalid", None,
        "body.records"),
    Bad("bulk of too many", "POST", BULK, JSON,
        _json({"records": [{"to": "TR", "record": {}}] * 1001}), 422, "invalid", None,
        "body.records"),
    Bad("bulk that is no object", "POST", BULK, JSON, b"7", 422, "invalid", None, "body"),
    Bad("bulk with a field that is unknown", "POST", BULK, JSON, b'{"records":[{"private":1}]}',
        422, "invalid", None, "body.records[0].(unknown)"),
    Bad("bulk in XML", "POST", BULK, XML, b"<a/>", 415, "media_type"),
    Bad("bulk of broken protobuf", "POST", BULK, PROTOBUF, b"\xff", 400, "malformed",
        "record_malformed"),
    Bad("bulk of no protobuf", "POST", BULK, PROTOBUF, b"", 422, "invalid", None, "submissions"),
    # acknowledging and asking
    Bad("acknowledging nothing", "POST", ACK, JSON, b"{}", 422, "invalid", None, "body.up_to"),
    Bad("acknowledging a text", "POST", ACK, JSON, b'{"up_to":"7"}', 422, "invalid", None,
        "body.up_to"),
    Bad("acknowledging below zero", "POST", ACK, JSON, b'{"up_to":-1}', 422, "invalid", None,
        "body.up_to"),
    Bad("acknowledging more than a number holds", "POST", ACK, JSON,
        b'{"up_to":99999999999999999999}', 422, "invalid", None, "body.up_to"),
    Bad("body that is too large", "POST", ACK, JSON, b" " * 70_000, 413, "too_large"),
    Bad("question about nothing", "POST", QUERIES, JSON, _query(ids=[]), 422, "invalid", None,
        "body.ids"),
    Bad("question of an unknown kind", "POST", QUERIES, JSON, _query(kind=_PRIVATE), 422,
        "invalid", None, "body.kind"),
    Bad("question to nobody", "POST", QUERIES, JSON, _query(to="AM"), 422, "refused",
        "unknown_recipient"),
)  # fmt: skip

SECRETS = (_PRIVATE, "much", "colour")
"""Values and names in bad input that no answer may repeat."""
