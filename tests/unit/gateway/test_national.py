"""Partners' records in this country's own standard: through the spool, and over HTTP as XML."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from builders_gateway import SPOOL, Beside, put, result, until
from builders_http import Caller, write_clients
from builders_ports import free_port
from builders_store import incoming, received
from corridor.cli.main import cli
from corridor.daemon.config import NodeConfig, load_config
from corridor.errors import ConfigurationError
from corridor.gateway.http.server import HttpServer
from corridor.gateway.national import National, make_national
from corridor.standards import deliver as writer
from corridor.standards.mapper import Options
from corridor.standards.standard import decode
from corridor.transit.identifiers import uuid7
from corridor.transit.parties import Endpoint
from corridor.wire.batches import SCHEMA_ID, Entry, encode_entry
from corridor.wire.records import encode_record, record_type_of
from corridor.wire.v1.records_pb2 import TransitRecord

NodeFolder = Callable[..., Path]
FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
TR = Endpoint("TR.GTB")
HTTP = "\n[http]\nenabled = true\nport = {port}\n"
DIALECT = """
country = "GE"
version = "4.4"
[holds]
"ASYCUDA/Transit/MRN" = "mrn"
"""


def partner_tells(node: Beside, *names: str) -> list[int]:
    """Put records of a partner into the inbox; returns their cursors."""
    with node.store.transaction() as change:
        for number, name in enumerate(names, 1):
            record = decode((FIXTURES / name).read_bytes(), Options()).record
            record_id = uuid7(1_800_000_000_000 + number, number.to_bytes(10))
            kind = record_type_of(record)
            entry = encode_entry(Entry(record_id, kind, SCHEMA_ID, None, encode_record(record)))
            one = incoming(0, number, record_id=record_id, entry=entry)
            change.keep_received(received(number, one, peer=TR))
    node.node.service.grown()
    return [one.cursor for one in node.node.service.take(0, len(names), 5)]


@pytest.fixture
def spool(node_folder: NodeFolder, tmp_path: Path) -> Callable[..., Beside]:
    def make(standards: str) -> Beside:
        folder = tmp_path / "spool"
        folder.mkdir()
        more = f"\n[standards]\n{standards}\n" if standards else ""
        node_folder("GE", SPOOL.format(folder=folder) + more)
        (tmp_path / "GE" / "ge.toml").write_text(DIALECT, encoding="utf-8")
        return Beside(tmp_path / "GE" / "node.toml")

    return make


def test_a_spool_tells_in_the_dialect_of_the_country(spool: Callable[..., Beside]) -> None:
    with spool('deliver = "ASYCUDA-SAD"\ndialect = "ge.toml"') as node:
        partner_tells(node, "ncts/cd006c.xml", "ncts/cd001c.xml", "ncts/cd142c.xml")
        tray = node.spool / "in" / "TR"
        until(lambda: len(list(tray.glob("*.json"))) == 3)
        arrived, released, enquiry = (
            json.loads(place.read_bytes()) for place in sorted(tray.glob("*.json"))
        )
        assert (arrived["report"], enquiry["xml"]) == (None, None)
        note = (tray / arrived["xml"]).read_bytes()
        assert b"<Status>Arrived</Status>" in note
        form = (tray / released["xml"]).read_text(encoding="utf-8")
        assert "<MRN>26TRS30UER0FQ7YLJ6</MRN>" in form
        told = (tray / released["report"]).read_text(encoding="utf-8")
        assert "SAD-RELEASED of ASYCUDA-SAD-GE-4.4" in told
        assert "movement > MRN" not in told
        assert "movement > TIR carnet: XH81204417" in told
        why = (tray / enquiry["report"]).read_text(encoding="utf-8")
        assert "enquiry_recovery (source_unsupported)" in why
        assert enquiry["record"]["enquiry_recovery"]["enquiry"]["offices"]


def test_a_record_that_trips_a_mapper_holds_up_no_other(
    spool: Callable[..., Beside], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = writer.deliver

    def trips(record: TransitRecord, *rest: Any) -> writer.Delivered:  # noqa: ANN401 - handed on
        if record.WhichOneof("body") == "border_passage":
            raise RecursionError
        return whole(record, *rest)

    monkeypatch.setattr(writer, "deliver", trips)
    with spool('deliver = "ASYCUDA-SAD"') as node:
        partner_tells(node, "ncts/cd118c.xml", "ncts/cd006c.xml")
        tray = node.spool / "in" / "TR"
        until(lambda: len(list(tray.glob("*.json"))) == 2)
        passed, arrived = (json.loads(one.read_bytes()) for one in sorted(tray.glob("*.json")))
        assert (passed["xml"], arrived["report"]) == (None, None)
        assert passed["record"]["border_passage"]
        assert "a mistake of Corridor itself" in (tray / passed["report"]).read_text("utf-8")


def test_what_a_turn_under_another_configuration_left_is_not_taken_for_the_records(
    spool: Callable[..., Beside],
) -> None:
    node = spool('deliver = "ASYCUDA-SAD"\ndialect = "ge.toml"')
    tray = node.spool / "in" / "TR"
    tray.mkdir(parents=True)
    stem = f"{1:012d}-{uuid7(1_800_000_000_001, (1).to_bytes(10)).hex()}"
    (tray / f"{stem}.xml").write_text("<ASYCUDA/>")
    with node:
        partner_tells(node, "ncts/cd142c.xml")
        until(lambda: list(tray.glob("*.json")))
        assert sorted(one.name for one in tray.iterdir()) == [f"{stem}.json", f"{stem}.report.txt"]


def test_a_spool_that_names_no_standard_tells_as_ever(spool: Callable[..., Beside]) -> None:
    with spool("") as node:
        partner_tells(node, "ncts/cd006c.xml")
        tray = node.spool / "in" / "TR"
        until(lambda: list(tray.glob("*.json")))
        (place,) = tray.glob("*.json")
        told = json.loads(place.read_bytes())
        assert "report" not in told
        assert b"CD006C" in (tray / told["xml"]).read_bytes()


def test_officers_read_the_accounts_at_a_terminal(spool: Callable[..., Beside]) -> None:
    with spool('deliver = "ASYCUDA-SAD"\ndialect = "ge.toml"') as node:
        partner_tells(node, "ncts/cd001c.xml", "ncts/cd142c.xml")
        config = str(node.spool.parent / "GE" / "node.toml")
        run = CliRunner().invoke(cli, ["inbox", "--accounts", "--config", config])
        assert run.exit_code == 0, run.output
        assert "movement > TIR carnet: XH81204417" in run.output
        assert "There is no ASYCUDA-SAD-GE-4.4 for this record" in run.output
        told = CliRunner().invoke(cli, ["inbox", "--accounts", "--config", config, "--json"])
        released, enquiry = json.loads(told.output)
        assert released["account"]["message"] == "SAD-RELEASED"
        assert (enquiry["account"]["delivered"], "words" in enquiry) == (False, False)
        for wrong in (["--full"], ["--outcomes"]):
            refused = CliRunner().invoke(cli, ["inbox", "--accounts", *wrong, "--config", config])
            assert refused.exit_code == 2


def test_a_form_of_the_country_is_taken_in_its_dialect(spool: Callable[..., Beside]) -> None:
    sad = (FIXTURES / "asycuda/sad.xml").read_text(encoding="utf-8")
    office = "<Officer_name>Officer 12</Officer_name>"
    sad = sad.replace(office, f"{office}<MRN>26GEWMGHR9W45CB0L8</MRN>")
    with spool('deliver = "asycuda-sad"\ndialect = "ge.toml"') as node:
        put(node.spool / "out" / "TR", "t1.xml", sad.encode())
        assert result(node.spool / "done" / "TR" / "t1.xml")["status"] == "accepted"
        (found,) = node.node.service.find("mrn", "26GEWMGHR9W45CB0L8", 10, 0)
        assert found.sent


@pytest.fixture
def web(node_folder: NodeFolder, tmp_path: Path) -> Callable[..., Beside]:
    def make(standards: str = "") -> Beside:
        more = f"\n[standards]\n{standards}\n" if standards else ""
        node_folder("GE", HTTP.format(port=free_port()) + more)
        config = tmp_path / "GE" / "node.toml"
        write_clients(load_config(config).http.tokens_file)
        return Beside(config)

    return make


def caller(node: Beside) -> Caller:
    (server,) = (one for one in node.gateways if isinstance(one, HttpServer))
    return Caller(server.port, "token-office")


def test_over_http_one_message_at_a_time_in_the_standard_of_the_country(
    web: Callable[..., Beside],
) -> None:
    with web('deliver = "NCTS-P5"') as node:
        call = caller(node)
        nothing = call("GET", "/v1/inbox", Accept="application/xml")
        assert (nothing.status, nothing.body) == (204, b"")
        first, second, third = partner_tells(
            node, "ncts/cd006c.xml", "asycuda/sad.xml", "wco/res.xml"
        )
        told = call("GET", "/v1/inbox?after=0&wait_s=1", Accept="application/xml")
        assert (told.status, told.headers["content-type"]) == (200, "application/xml")
        assert told.headers["corridor-cursor"] == str(first)
        assert told.headers["corridor-sender"] == "TR.GTB"
        assert told.headers["corridor-record-type"] == "declaration"  # as this test put it there
        assert told.headers["corridor-message"] == "CD006C"
        assert told.headers["corridor-differences"] == "0"
        assert told.headers["corridor-possible-repeat"] == "false"
        assert decode(told.body, Options()).message == "CD006C"
        refused = call("GET", f"/v1/inbox?after={first}", Accept="text/xml;q=0.9")
        assert refused.status == 406
        assert refused.headers["corridor-cursor"] == str(second)
        assert (refused.json["code"], refused.json["reason"]) == ("not_in_standard", None)
        paths = {one["path"] for one in refused.json["faults"]}
        assert "CC015C/TransitOperation/security" in paths
        both = call("GET", f"/v1/inbox?after={first}", Accept="application/xml, application/json")
        assert both.status == 200
        assert both.json["next"] == second
        assert both.json["records"][0]["record"]["declaration"]
        unknown = call("GET", f"/v1/inbox?after={second}", Accept="application/xml")
        assert unknown.status == 406
        assert unknown.headers["corridor-cursor"] == str(third)
        assert call("POST", "/v1/inbox/ack", {"up_to": third}).json == {"acknowledged": 3}
        page = call("GET", "/v1/inbox?after=0", Accept="*/*")
        assert len(page.json["records"]) == 3


def test_the_account_of_a_message_is_given_to_machines_and_to_people(
    web: Callable[..., Beside],
) -> None:
    with web('deliver = "ASYCUDA-SAD"') as node:
        call = caller(node)
        first, second = partner_tells(node, "ncts/cd001c.xml", "ncts/cd142c.xml")
        told = call("GET", f"/v1/inbox/{first}/report").json
        assert (told["standard"], told["message"], told["delivered"]) == (
            "ASYCUDA-SAD", "SAD-RELEASED", True,
        )  # fmt: skip
        assert told["lost"]
        text = call("GET", f"/v1/inbox/{first}/report", Accept="text/plain")
        assert text.headers["content-type"] == "text/plain; charset=utf-8"
        assert text.body.startswith(b"The record was written as SAD-RELEASED of ASYCUDA-SAD;")
        why = call("GET", f"/v1/inbox/{second}/report", Accept="application/json").json
        assert (why["delivered"], why["reason"]) == (False, "source_unsupported")
        told = call("GET", f"/v1/inbox?after={first}", Accept="application/xml").json
        assert told["reason"] == "source_unsupported"
        assert told["faults"][0]["rule"] == "source_unsupported"
        assert call("GET", "/v1/inbox/417/report").status == 404
        assert call("GET", "/v1/inbox/0/report").status == 422
        assert call("GET", "/v1/inbox/x/report").status == 422
        assert call("GET", "/v1/outcomes", Accept="application/xml").status == 406
        assert call("POST", "/v1/inbox/1/report").status == 405
        denied = Caller(call.port, "token-sender")("GET", f"/v1/inbox/{first}/report")
        assert denied.status == 403


def test_without_a_standard_a_message_is_given_as_it_came(web: Callable[..., Beside]) -> None:
    with web() as node:
        call = caller(node)
        (first,) = partner_tells(node, "wco/dec.xml")
        told = call("GET", "/v1/inbox", Accept="application/xml")
        assert (told.status, told.headers["corridor-standard"]) == (200, "WCO-DM")
        assert told.headers["corridor-cursor"] == str(first)


@pytest.mark.parametrize("name", ["KLINGON", "EDIFACT", ""])
def test_a_standard_that_is_not_written_is_refused_at_the_start(
    node_folder: NodeFolder, name: str
) -> None:
    config = load_config(node_folder("GE", f'\n[standards]\ndeliver = "{name}"\n'))
    if not name:
        assert not make_national_of(config).delivers
        return
    with pytest.raises(ConfigurationError) as caught:
        make_national_of(config)
    assert f"no standard {name} is written here" in caught.value.message
    assert "NCTS-P5" in caught.value.cure
    assert "EDIFACT" not in caught.value.cure


def make_national_of(config: NodeConfig) -> National:
    return make_national("GE.RS", config.standards)


def test_a_box_that_fits_nowhere_is_told_at_the_start(
    node_folder: NodeFolder, tmp_path: Path
) -> None:
    folder = node_folder("GE", '\n[standards]\ndialect = "bad.toml"\n')
    bad = 'country = "GE"\nversion = "4"\n[holds]\n"ASYCUDA/Nowhere/MRN" = "mrn"\n'
    (tmp_path / "GE" / "bad.toml").write_text(bad, encoding="utf-8")
    config = load_config(folder)
    with pytest.raises(
        ConfigurationError, match=re.escape("bad.toml: dialect: holds: ASYCUDA/Nowhere/MRN")
    ):
        make_national_of(config)
