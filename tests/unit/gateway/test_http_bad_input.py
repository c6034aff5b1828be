"""Bad input over HTTP leaves one named refusal, and nothing else."""

from collections.abc import Iterator

import pytest

from builders_http import Answer, Caller, Serving
from corridor.errors import Reason
from corridor.gateway.http.problems import KINDS
from testkit.http_bad_input import BAD, SECRETS, Bad


@pytest.fixture(scope="module")
def untouched(serving: Serving) -> Iterator[Serving]:
    """Whatever was sent, the store is as it was."""
    before = serving.node._store.counts()
    yield serving
    assert serving.node._store.counts() == before
    assert serving.node.failure is None


def send(serving: Serving, bad: Bad) -> Answer:
    headers = dict(bad.headers)
    if bad.kind is not None:
        headers["Content-Type"] = bad.kind
    caller = Caller(serving.server.port, bad.who)
    return caller(bad.method, bad.target, bad.body, **headers)


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.name)
def test_bad_input_leaves_one_named_refusal_and_nothing_else(untouched: Serving, bad: Bad) -> None:
    answer = send(untouched, bad)
    assert answer.status == bad.status, answer.body
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json
    assert (told["code"], told["reason"], told["status"]) == (bad.code, bad.reason, bad.status)
    assert told["type"] == f"manual/http.md#{bad.code}"
    assert told["cure"]
    if bad.path is not None:
        assert bad.path in [fault["path"] for fault in told["faults"]], told["faults"]
    assert not [secret for secret in SECRETS if secret.encode() in answer.body]


def test_every_bad_input_has_a_name_of_its_own() -> None:
    names = [bad.name for bad in BAD]
    assert len(set(names)) == len(names)
    assert {bad.code for bad in BAD} <= KINDS.keys()
    assert {bad.reason for bad in BAD} - {None} <= {reason.label for reason in Reason}


def test_all_faults_are_named_at_once(untouched: Serving) -> None:
    call = untouched.caller()
    answer = call("POST", "/v1/records?to=x&lane=y", {})
    assert [one["path"] for one in answer.json["faults"]] == ["query.to", "query.lane"]
    record = {"header": {"residual": 1, "movement": [], "x": 1}, "exchange": "no", "y": 2}
    answer = call("POST", "/v1/records?to=TR", record)
    assert [(one["path"], one["rule"]) for one in answer.json["faults"]] == [
        ("header.residual", "json.array"),
        ("header.movement", "json.object"),
        ("header.[2]", "json.unknown_field"),
        ("exchange", "json.object"),
        ("[2]", "json.unknown_field"),
    ]


def test_a_method_that_is_not_offered_names_those_that_are(untouched: Serving) -> None:
    call = untouched.caller()
    assert call("PUT", "/v1/records").headers["allow"] == "GET, POST"
    assert call("PUT", "/v1/inbox/ack").headers["allow"] == "POST"
    assert call("HEAD", "/v1/inbox").status == 405


def test_who_is_refused_learns_how_to_show_who_it_is(untouched: Serving) -> None:
    answer = untouched.caller(None)("GET", "/v1/inbox")
    assert answer.headers["www-authenticate"].startswith("Bearer")
