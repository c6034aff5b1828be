"""A node that knows what its partner accepts tells so on every way in, before anything is kept."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import pytest
from prometheus_client import CollectorRegistry

from builders_cli import corridor
from builders_gateway import SPOOL, Beside, put, result
from builders_http import Caller, write_clients
from corridor.cli.codelists import node_key
from corridor.daemon.clock import unix_ms
from corridor.daemon.config import load_config
from corridor.daemon.offers import Offered
from corridor.daemon.preflight_metrics import PreflightMetrics
from corridor.errors import ActRefused, Reason, StoreTrouble
from corridor.gateway.acceptances import make_acceptance
from corridor.gateway.contents import read_record
from corridor.gateway.local_preflight import preflight_answers
from corridor.gateway.preflight import StandardsJudge
from corridor.seal.keys import SigningKey
from corridor.standards.acceptance import Acceptance, AcceptedList
from corridor.standards.codelist import Unknown
from corridor.standards.judging import Rules
from corridor.store.acceptances import HeldAcceptance
from corridor.trust.acceptances import read_acceptance
from corridor.wire.limits import DAY_MS
from corridor.wire.v1.local_pb2 import LocalRequest

NodeFolder = Callable[..., Path]
NCTS = Path(__file__).parents[2] / "fixtures/ncts"
CC015C = (NCTS / "cc015c.xml").read_bytes()
"""From Türkiye to Georgia."""
BROKEN = CC015C.replace(b"<numberOfSeals>", b"<numberOfSeals>9", 1)
HTTP = '\n[http]\nenabled = true\nport = 0\ntokens_file = "http/clients.json"\n'
REFUSE = '\n[standards]\nrules = "off"\npreflight = "refuse"\n'
OFF = '\n[standards]\nrules = "off"\npreflight = "off"\n'
MILD = '\n[standards]\nrules = "off"\n'


@pytest.fixture
def georgian(node_folder: NodeFolder) -> SigningKey:
    """The key with which Georgia's node signs."""
    return node_key(load_config(node_folder("GE")))


def speak(
    node: Beside, key: SigningKey, rules: Rules, *, ago_ms: int = 0,
    lists: Mapping[str, AcceptedList] | None = None,
) -> None:  # fmt: skip
    """Have Georgia say what it accepts, as if its Accepts had come."""
    said_ms = unix_ms() - ago_ms
    said = Acceptance("GE.RS", unix_ms(), {"NCTS-P5": frozenset()}, rules, lists or {})
    raw = make_acceptance(said, key)
    found = read_acceptance(raw)
    with node.store.transaction() as change:
        change.keep_acceptance(
            HeldAcceptance(found.endpoint, raw, found.digest, found.issued_ms, said_ms, said_ms)
        )
    node.node.acceptances.forget()


def written(folder: Path, content: bytes) -> Path:
    path = folder / "message.xml"
    path.write_bytes(content)
    return path


def sample(node: Beside, answer: str) -> float:
    registry = node.node.metrics.registry
    return registry.get_sample_value("corridor_preflight_total", {"answer": answer}) or 0


def test_who_sends_is_warned_by_default_and_the_record_is_kept(
    node_folder: NodeFolder, georgian: SigningKey, tmp_path: Path
) -> None:
    config = node_folder("TR", MILD)
    send = ("send", written(tmp_path, BROKEN), "--to", "GE", "--config", config)
    with Beside(config) as node:
        before = corridor(*send, "--json").json
        assert before["foreseen"] == []  # nobody has said anything
        speak(node, georgian, Rules.REFUSE)
        told = corridor(*send)
        assert told.status == 0
        assert "GE: WILL REFUSE, as it said on " in told.err
        assert "R0106: the number of seals is the last number among them" in told.err
        (row,) = corridor(*send, "--json").json["foreseen"]
        assert (row["country"], row["answer"]) == ("GE", "refuses")
        assert (sample(node, "refuses"), sample(node, "accepts")) == (2, 0)
        speak(node, georgian, Rules.WARN)
        (row,) = corridor(*send, "--json").json["foreseen"]
        assert (row["answer"], row["why"]) == ("accepts", [])
        assert "GE: accepts, as it said on " in corridor(*send).err
        assert sample(node, "accepts") == 2


def test_a_node_may_refuse_what_a_country_on_the_way_will_refuse(
    node_folder: NodeFolder, georgian: SigningKey, tmp_path: Path
) -> None:
    config = node_folder("TR", REFUSE)
    send = ("send", written(tmp_path, BROKEN), "--to", "GE", "--config", config)
    with Beside(config) as node:
        rows = node.rows()
        speak(node, georgian, Rules.REFUSE)
        told = corridor(*send)
        assert told.status == 1
        assert "foreseen_refusal" in told.out
        assert "GE: CC015C/Consignment/TransportEquipment" in told.out
        assert "Mend what is named for that country" in told.out
        assert node.rows() == rows  # nothing is kept
        sound = ("send", written(tmp_path, CC015C), "--to", "GE", "--config", config)
        speak(node, georgian, Rules.WARN)
        assert corridor(*sound).status == 0
        speak(node, georgian, Rules.REFUSE, ago_ms=8 * DAY_MS)
        late = corridor(*send)
        assert late.status == 0  # what is not known refuses nothing
        assert "GE: not known: it last said on " in late.err


def test_what_was_kept_before_a_country_turned_strict_is_not_refused_when_it_is_offered_again(
    node_folder: NodeFolder, georgian: SigningKey
) -> None:
    record, key, other = read_record(BROKEN).record, bytes(32), bytes([1]) * 32
    with Beside(node_folder("TR", REFUSE)) as node:
        submit = node.node.service.submit
        speak(node, georgian, Rules.WARN)
        (first,) = submit([Offered("GE", record, key=key)])
        assert first.status == "accepted"
        speak(node, georgian, Rules.REFUSE)
        by_key, by_id, fresh = submit([
            Offered("GE", record, key=key),
            Offered("GE", record, record_id=first.record_id),
            Offered("GE", record, key=other),
        ])  # fmt: skip
        assert (by_key.status, by_key.record_id) == ("duplicate", first.record_id)
        assert (by_id.status, by_id.record_id) == ("duplicate", first.record_id)
        assert (fresh.status, fresh.reason) == ("refused", Reason.FORESEEN_REFUSAL)
        speak(node, georgian, Rules.WARN)  # a key whose record was refused stands for nothing
        assert submit([Offered("GE", record, key=other)])[0].status == "accepted"


def test_a_node_that_is_told_not_to_look_does_not(
    node_folder: NodeFolder, georgian: SigningKey, tmp_path: Path
) -> None:
    config = node_folder("TR", OFF)
    send = ("send", written(tmp_path, BROKEN), "--to", "GE", "--config", config)
    with Beside(config) as node:
        speak(node, georgian, Rules.REFUSE)
        assert corridor(*send, "--json").json["foreseen"] == []
        asked = corridor("standards", "preflight", written(tmp_path, CC015C), "--config", config)
        assert asked.status != 0
        assert "standards.preflight" in asked.err
        assert corridor("peer", "show", "GE", "--config", config, "--json").json["accepts"][
            "state"
        ] == "counts"  # what partners say is kept and shown all the same  # fmt: skip


def test_the_table_of_a_file_is_asked_of_the_node(
    node_folder: NodeFolder, georgian: SigningKey, tmp_path: Path
) -> None:
    config = node_folder("TR", MILD)
    with Beside(config) as node:
        speak(node, georgian, Rules.REFUSE)
        words = ("standards", "preflight", written(tmp_path, BROKEN), "--config", config)
        told = corridor(*words)
        assert told.status == 1
        assert "  GE: WILL REFUSE" in told.out
        (file,) = corridor(*words, "--json").json["files"]
        assert [one["refuses"] for one in file["countries"]] == [True]
        speak(node, georgian, Rules.WARN)
        assert corridor(*words).status == 0
        assert node.rows()["outbox"] == 0
        wrong = corridor("standards", "preflight", written(tmp_path, b"<x/>"), "--config", config)
        assert wrong.status == 1
        assert "standards check" in wrong.err
        assert corridor(*words, "--signer", "0" * 32).status == 2
    assert corridor(*words).status != 0  # no node answers


def test_the_spool_writes_it_into_the_result(
    node_folder: NodeFolder, georgian: SigningKey, tmp_path: Path
) -> None:
    for mode, tray in ((MILD, "done"), (REFUSE, "refused")):
        folder = tmp_path / tray
        folder.mkdir()
        config = node_folder("TR", SPOOL.format(folder=folder) + mode)
        with Beside(config) as node:
            speak(node, georgian, Rules.REFUSE)
            put(folder / "out" / "GE", "a.xml", BROKEN)
            told = result(folder / tray / "GE" / "a.xml")
            (row,) = told["foreseen"]
            assert (row["country"], row["answer"]) == ("GE", "refuses")
            assert (told["reason"] == "foreseen_refusal") == (mode == REFUSE)
            if mode == REFUSE:
                assert told["faults"][0].startswith("GE: ")
                assert told["cure"]
        config.parent.rename(tmp_path / f"was-{tray}")


def test_http_tells_it_in_the_answer(node_folder: NodeFolder, georgian: SigningKey) -> None:
    config = node_folder("TR", HTTP + MILD)
    write_clients(config.parent / "http" / "clients.json")
    with Beside(config) as node:
        speak(node, georgian, Rules.REFUSE)
        server = next(one for one in node.gateways if type(one).__name__ == "HttpServer")
        call = Caller(server.port, "token-office")
        told = call("POST", "/v1/records?to=GE", BROKEN, Content_Type="application/xml")
        assert told.status == 202
        (row,) = told.json["foreseen"]
        assert (row["country"], row["answer"]) == ("GE", "refuses")
        node.node.foresight.refuses = True
        told = call("POST", "/v1/records?to=GE", BROKEN, Content_Type="application/xml")
        assert told.status == 422
        assert told.json["reason"] == "foreseen_refusal"
        assert told.json["cure"].startswith("Mend what is named")
        assert any("GE: " in one["message"] for one in told.json["faults"])


def test_a_record_of_another_kind_is_not_looked_at(
    node_folder: NodeFolder, georgian: SigningKey, tmp_path: Path
) -> None:
    config = node_folder("TR", MILD)
    with Beside(config) as node:
        speak(node, georgian, Rules.REFUSE)
        cancels = written(tmp_path, (NCTS / "cc014c.xml").read_bytes())
        told = corridor("send", cancels, "--to", "GE", "--config", config, "--json").json
        assert (told["status"], told["foreseen"]) == ("accepted", [])
        assert sum(sample(node, one) for one in ("accepts", "refuses", "unknown")) == 0


@pytest.mark.parametrize(
    ("days", "status", "words", "shown"),
    [
        (0, "ok", "GE.RS said what it accepts", "NCTS-P5; rules refuse; 0 code lists; said "),
        (4, "warn", "GE.RS said what it accepts 4 d", "NCTS-P5"),
        (8, "warn", "and it counts no more", "; too long ago to count"),
    ],
)
def test_the_doctor_and_peer_show_tell_how_old_it_is(  # noqa: PLR0913, PLR0917 - a table
    days: int, status: str, words: str, shown: str, node_folder: NodeFolder, georgian: SigningKey
) -> None:
    config = node_folder("TR", MILD)
    doctor = ("doctor", "--only", "accepts", "--config", config)
    assert "the node does not run" in corridor(*doctor).out
    with Beside(config) as node:
        assert "GE.RS has not said what it accepts" in corridor(*doctor).out
        assert (
            "accepts     it has not said" in corridor("peer", "show", "GE", "--config", config).out
        )
        speak(node, georgian, Rules.REFUSE, ago_ms=days * DAY_MS)
        found = [one for one in corridor(*doctor, "--json").json["checks"] if "GE.RS" in str(one)]
        (one,) = found
        assert one["status"] == status
        assert words in str(one)
        assert shown in corridor("peer", "show", "GE", "--config", config).out


def test_what_is_not_believed_any_more_is_said(
    node_folder: NodeFolder, georgian: SigningKey
) -> None:
    config = node_folder("TR", MILD)
    with Beside(config) as node:
        speak(node, georgian, Rules.REFUSE)
        with node.store.transaction() as change:
            (held,) = change.acceptances()
            change.keep_acceptance(held._replace(statement=b"damaged"))
        node.node.acceptances.forget()
        told = corridor("doctor", "--only", "accepts", "--config", config).out
        assert "signed by a key that counts no more (statement_malformed)" in told
        shown = corridor("peer", "show", "GE", "--config", config).out
        assert "not believed any more: statement_malformed" in shown


def test_lists_that_are_not_here_are_named_and_read_before_they_are_asked_for(
    node_folder: NodeFolder, georgian: SigningKey, tmp_path: Path
) -> None:
    config = node_folder("TR", MILD)
    with Beside(config) as node:
        named = {
            f"CL{number:03}": AcceptedList("2026-11-20", bytes(32), Unknown.REFUSE)
            for number in range(9)
        }
        speak(node, georgian, Rules.WARN, lists=named)
        judge = node.node.foresight.judge
        assert isinstance(judge, StandardsJudge)
        judge._here.lists = cast("Any", object())  # other lists: what was found is found again
        assert node.node.foresight.judged_by() is judge._here.lists
        judge._here.lists = None
        counting = node.node.acceptances.counting(unix_ms())
        judge.warm(counting)
        bench = judge._bench("GE", counting["GE"])
        assert judge._bench("GE", counting["GE"]) is bench  # its lists are read once
        told = corridor("standards", "preflight", written(tmp_path, CC015C), "--config", config).out
        assert "not judged by CL000 2026-11-20, CL001 2026-11-20" in told
        assert "and 3 more: not here" in told
        shown = corridor("peer", "show", "GE", "--config", config).out
        assert "CL000 2026-11-20, CL001 2026-11-20, CL002 2026-11-20, CL003 2026-11-20" in shown


def test_a_node_without_parsers_goes_on_and_does_not_look(
    node_folder: NodeFolder, georgian: SigningKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lacks(_name: str) -> None:
        return None

    config = node_folder("TR", MILD)
    monkeypatch.setattr("corridor.gateway.optional.find_spec", lacks)
    with Beside(config) as node:
        speak(node, georgian, Rules.REFUSE)
        assert node.node.foresight.judge is None
        with node.client() as client:
            assert client.acceptances()[0]["state"] in {"counts", "nothing"}


def test_a_store_that_fails_costs_a_scrape_nothing_else(
    node_folder: NodeFolder, georgian: SigningKey
) -> None:
    config, name = node_folder("TR", MILD), "corridor_acceptance_said_timestamp_seconds"
    with Beside(config) as node:
        speak(node, georgian, Rules.REFUSE)
        registry = node.node.metrics.registry
        assert registry.get_sample_value(name, {"peer": "GE.RS"})
        assert registry.get_sample_value(name, {"peer": "AZ.SCC"}) == 0

        def fails() -> dict[str, object]:
            raise StoreTrouble("it is away", cure="bring it back")

        metrics = PreflightMetrics(CollectorRegistry(), fails, lambda: ())
        assert list(metrics.collect()) == []


def test_a_node_of_an_older_version_is_skipped_by_the_doctor() -> None:
    with pytest.raises(ActRefused, match="does not look ahead"):
        preflight_answers(lambda: None)["acceptances"](LocalRequest())
