"""An agreement ends and a member leaves, live: traffic stops by name, the evidence stays."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from builders_cli import Said, corridor
from builders_lab import AZ, GE, TR, Lab, until
from builders_wire import declaration
from corridor.daemon.config import load_config
from corridor.daemon.trust_keeper import open_trust
from corridor.lab.broker_layout import password
from corridor.lab.network import Network
from corridor.lab.nodes import wait_nodes
from corridor.lab.registry import NETWORK
from corridor.lab.scenario import load_scenario
from corridor.lab.tap import Tap
from corridor.transit.parties import CountryCode
from corridor.trust.frames import decode_statement_frame
from corridor.trust.statements import Signed
from corridor.wire.v1 import local_pb2 as local

pytestmark = pytest.mark.broker
WAIT_S = 30


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A lab of these tests alone: the last of them does not mend what it ends."""
    folder = tmp_path_factory.mktemp("leave") / "network"
    with Network(load_scenario("tr-ge-az"), folder) as network:
        network.up()
        yield Lab(network, Tap(network.brokers[AZ]))


def offer(lab: Lab, count: int, to: str = "GE") -> list[local.SubmitResult]:
    record = declaration().SerializeToString()
    with lab.client(TR) as node:
        return list(node.submit([local.LocalSubmission(recipient=to, record=record)] * count))


def sign(lab: Lab, *words: object, number: int) -> Path:
    """Have the bodies of the quorum draft, sign and publish the next directory; return its file."""
    registry = lab.network.directory / "registry"
    network, draft = registry / NETWORK, registry / f"draft-{number}.crt1"
    place = ("--network", network)
    for step in (
        ("registry", *words, *place, "--keys", registry / "UN", "--out", draft, "--yes"),
        ("registry", "sign", draft, *place, "--keys", registry / "EAST", "--yes"),
        ("registry", "publish", draft, *place),
    ):
        done = corridor(*step, "--json")
        assert done.status == 0, done.out + done.err
    (name,) = done.json["published"]
    return network / f"{name}.crt1"


def adopt(lab: Lab, directory: Path) -> None:
    """Give a directory to one node alone: it hands it on to those that are partners still."""
    plan = lab.network.nodes[TR].plan
    pid = lab.network.nodes[TR].pid
    done = corridor("keys", "adopt", directory, "--config", plan.config, "--pid", pid, "--json")
    assert done.status == 0, done.out + done.err


def told(run: Said) -> Any:  # noqa: ANN401 - any JSON value
    return run.json


def read_version(lab: Lab, code: CountryCode) -> int:
    with lab.client(code) as node:
        found: int = node.status()["directory"]["version"]
    return found


def end_agreement(lab: Lab, code: CountryCode, name: str, number: int) -> Path:
    """Have a member ask for the end, and the registry publish it; return the directory's file."""
    request = lab.network.directory / f"end-{name}.json"
    config = lab.config(code)
    asked = told(corridor("agreement", "end", name, "--out", request, "--config", config, "--json"))
    return sign(lab, "end", request, "--fingerprint", asked["fingerprint"], number=number)


def renew_agreement(lab: Lab, one: CountryCode, other: CountryCode, number: int) -> Path:
    """Have two members agree anew, and the registry list it; return the directory's file."""
    files = lab.network.directory / f"agreement-{number}"
    for me, partner, words in ((one, other, ("propose", other)), (other, one, ("sign", files))):
        config = lab.config(me)
        found = open_trust(load_config(config)).load(time.time_ns() // 1_000_000)
        (heard,) = [
            member.identity.fingerprint().hex()
            for member in found.members()
            if member.endpoint.country == partner
        ]
        more = ("--out", files, "--label", "renewed") if words[0] == "propose" else ()
        done = corridor("agreement", *words, "--identity", config.parent / "offline", "--config",
                        config, "--partner-fingerprint", heard, "--yes", *more)  # fmt: skip
        assert done.status == 0, done.out + done.err
    return sign(lab, "include-agreement", files, number=number)


def line(lab: Lab, record_id: bytes) -> local.LocalLedgerLine:
    with lab.client(TR) as node:
        (found,) = node.timeline(record_id).sent
    return found


def test_a_record_refused_for_want_of_an_agreement_is_sent_anew_under_the_renewed_one(
    own: Lab,
) -> None:
    # The registry has ended the agreement; Türkiye has not heard of it yet.
    assert own.network.nodes[AZ].stop()
    ended = end_agreement(own, TR, "lab-TR-AZ", number=2)
    (accepted,) = offer(own, 1, "AZ")
    assert accepted.status == "accepted"
    refused = accepted.record_id
    assert until(lambda: line(own, refused).confirmed_ms > 0, WAIT_S)
    adopted = corridor("keys", "adopt", ended, "--config", own.config(AZ))
    assert adopted.status == 0, adopted.err
    own.network.nodes[AZ].start()
    wait_nodes([own.network.nodes[AZ]], 60)
    assert until(lambda: bool(line(own, refused).verdict), WAIT_S)
    assert (line(own, refused).verdict, line(own, refused).reason) == ("refused", "not_authorised")

    # They agree anew; an officer has the record sent again, and it is another record.
    adopt(own, renew_agreement(own, TR, AZ, number=3))
    assert until(lambda: read_version(own, AZ) == 3, WAIT_S)
    config = own.config(TR)
    resend = ("records", "resend", refused.hex(), "--reason", "agreed anew", "--config", config)
    (done,) = told(corridor(*resend, "--json"))
    assert (done["recipient"], done["did"]) == ("AZ.SCC", "resent")
    anew = bytes.fromhex(done["record_id"])
    assert anew != refused
    assert until(lambda: line(own, anew).verdict == "accepted", WAIT_S), line(own, anew)

    # Azerbaijan's national system is handed it once, under the new id.
    def handed() -> list[str]:
        return [key[1] for key in own.handed().elements() if key[0] == "AZ.SCC"]

    assert until(lambda: anew.hex() in handed(), WAIT_S)
    assert handed().count(anew.hex()) == 1
    assert refused.hex() not in handed()
    with own.client(AZ) as node:
        assert [one.sender for one in node.timeline(anew).received] == ["TR.GTB"]
        assert not node.timeline(refused).received

    # The first verdict stands, what was decided is kept with its reason, and it is not sent twice.
    first = line(own, refused)
    assert (first.verdict, first.reason, first.again) == ("refused", "not_authorised", anew)
    assert [(act.kind, act.why) for act in first.acts] == [("resent", "agreed anew")]
    again = corridor(*resend)
    assert again.status == 1
    assert f"it was sent again as {anew.hex()}" in again.err
    with own.client(TR) as node:
        told_of = {one.record_id: one.accepted for one in node.outcomes(0, limit=4096)}
    assert (told_of[refused], told_of[anew]) == (False, True)


def test_an_agreement_ends_a_member_leaves_and_the_evidence_stays(  # noqa: PLR0915 - one story
    own: Lab,
) -> None:
    adopt(own, max((own.network.directory / "registry" / NETWORK).glob("directory-*")))
    version = read_version(own, TR)
    accepted = offer(own, 300)
    assert {one.status for one in accepted} == {"accepted"}
    config = own.config(TR)
    listed = told(corridor("agreement", "list", "--config", config, "--json"))
    (name,) = [
        one["id"] for one in listed if (one["sender"], one["recipient"]) == ("TR.GTB", "GE.RS")
    ]
    request = own.network.directory / "end.json"
    asked = told(corridor("agreement", "end", name, "--out", request, "--config", config, "--json"))
    wrong = corridor(
        "registry", "end", request, "--fingerprint", "0" * 64, "--network", request.parent,
        "--keys", request.parent, "--out", request.with_suffix(".crt1"), "--json",
    )  # fmt: skip
    assert wrong.status == 1
    assert "the fingerprint is another" in wrong.out
    adopt(own, sign(own, "end", request, "--fingerprint", asked["fingerprint"], number=4))
    assert until(lambda: read_version(own, GE) == read_version(own, AZ) == version + 1, WAIT_S)

    # traffic stops by name, with the date; other ways and the other direction go on
    (refused,) = offer(own, 1)
    assert (refused.status, refused.reason) == ("refused", "agreement_ended")
    assert name in refused.faults[0]
    assert offer(own, 1, "AZ")[0].status == "accepted"
    with own.client(GE) as node:
        (back,) = node.submit(
            [local.LocalSubmission(recipient="TR", record=declaration().SerializeToString())]
        )
    assert back.status == "accepted"

    # whatever was accepted before has an outcome: stored there, or given up by name; none waits
    ids = {one.record_id for one in accepted}

    def outcomes() -> dict[bytes, str]:
        with own.client(TR) as node:
            found = node.outcomes(0, limit=4096)
        return {
            one.record_id: "stored" if one.accepted else one.reason
            for one in found if one.record_id in ids
        }  # fmt: skip

    assert until(lambda: len(outcomes()) == len(ids), WAIT_S), len(outcomes())
    assert set(outcomes().values()) <= {"stored", "agreement_ended", "not_authorised"}
    assert "stored" in outcomes().values()
    with own.client(TR) as node:
        (shown,) = [one for one in node.status()["agreements"] if one["id"] == name]
    assert (shown["id"], shown["phase"], shown["early"]) == (name, "ended, receipts pass", True)
    assert shown["receipts_until_ms"] - shown["end_ms"] == 30 * 86_400_000

    # receipts may still pass: nothing may be cleaned at the broker
    operator = own.network.directory / "operator"
    operator.write_text(password(own.network.brokers[TR].plan, "corridor-operator"))
    clean = ("broker", "clean", "GE", "--password-file", operator, "--config", config, "--json")
    early = corridor(*clean, "--really")
    assert early.status == 1
    assert "receipts may pass until" in early.out

    # the registry removes the member; the broker is cleaned, and cleaning again finds nothing
    adopt(own, sign(own, "leave", "GE.RS", "--at-once", number=5))
    assert until(lambda: read_version(own, TR) == read_version(own, AZ) == version + 2, WAIT_S)
    (gone,) = offer(own, 1)
    assert (gone.reason, gone.faults) == ("agreement_ended", ["GE.RS has left the network"])
    names = {one["object"] for one in told(corridor(*clean))}
    assert {"user fed-ge", "upstream GE", "queue inbox.GE", "exchange to.GE"} <= names
    states: dict[str, str] = {}

    def cleaned() -> bool:  # an inbox that still holds something stays: "clean again"
        done = corridor(*clean, "--really")
        assert done.status == 0, done.out
        states.update({one["object"]: one["state"] for one in told(done)})
        return told(corridor(*clean)) == []

    assert until(cleaned, WAIT_S), states
    assert {state for one, state in states.items() if "file" not in one} == {"removed"}
    rendered = corridor("broker", "render", "--config", config, "--json")
    assert rendered.status == 0, rendered.err
    checked = corridor("broker", "check", "--password-file", operator, "--config", config, "--json")
    assert [one for one in told(checked) if "GE" in json.dumps(one)] == []

    # the evidence stays, and verifies
    verified = told(corridor("evidence", "verify", "--config", config, "--json"))
    assert verified["faults"] == []
    assert verified["sent"] > 0
    assert verified["received"] > 0
    prove(own, next(one for one, what in outcomes().items() if what == "stored"))


def prove(lab: Lab, record_id: bytes) -> None:
    """A record is erased on order; its evidence verifies before and after, without a node."""
    config = lab.config(TR)
    (first,) = (lab.network.directory / "registry" / NETWORK).glob("root-*.crt1")
    root = decode_statement_frame(first.read_bytes())
    genesis = Signed.parse(root).payload_hash.hex()
    held = corridor(
        "records", "hold", record_id.hex(), "--reason", "case 1", "--config", config, "--json"
    )
    number = told(held)["number"]
    erase = (
        "records", "erase", record_id.hex(), "--reason", "order 2", "--yes", "--config", config,
        "--json",
    )  # fmt: skip
    refused = corridor(*erase)
    assert refused.status == 1
    assert "on hold" in refused.out
    released = corridor("records", "release-hold", number, "--reason", "closed", "--config", config)
    assert released.status == 0, released.err
    for erased in (False, True):
        if erased:
            done = corridor(*erase)
            assert done.status == 0, done.out
            assert told(done)["erased"][0]["reason"] == "order 2"
        out = lab.network.directory / f"evidence-{erased}.json"
        written = corridor("evidence", "export", record_id.hex(), "--out", out, "--config", config)
        assert written.status == 0, written.err
        checked = corridor("evidence", "check", out, "--genesis", genesis, "--json")
        assert checked.status == 0, checked.out
        steps = {one["what"]: one["result"] for one in told(checked)}
        assert steps["the envelope is in the evidence log"] == "shown"
        assert steps["the sender signed the envelope"] == "shown"
        assert any("receipt says accepted" in what for what in steps)
    verified = told(corridor("evidence", "verify", "--config", config, "--json"))
    assert verified["faults"] == []
    again = told(corridor("status", "--capacity", "--config", config, "--json"))
    assert {one["endpoint"] for one in again["partners"]} == {"AZ.SCC"}
