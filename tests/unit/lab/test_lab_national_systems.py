"""The lab's national systems at real gateways: orders, answers, and what happens twice."""

import json
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from builders_gateway import SPOOL, Beside, until
from builders_http import write_clients
from corridor.daemon.config import load_config
from corridor.gateway.http.server import HttpServer
from corridor.lab.clerks import case_of
from corridor.lab.national.asycuda import Asycuda, american
from corridor.lab.national.desk import Desk
from corridor.lab.national.ncts import Ncts, Node
from corridor.lab.scenario import _parse, load_scenario
from corridor.lab.story_records import tell

NodeFolder = Callable[..., Path]
TREE = Path(__file__).resolve().parents[3]
NOW_MS = 1_795_680_000_000
MRN = "26GEWMGHR9W45CB0L8"
DIALECT = TREE / "node" / "corridor" / "lab" / "dialects" / "ge.toml"


def case() -> dict[str, Any]:
    scenario = load_scenario(str(TREE / "tests" / "integration" / "lab" / "two-standards.toml"))
    story = scenario.script.stories[0]
    return case_of(scenario.script, story, list(tell(scenario.script, story, NOW_MS)))


def order(desk: Desk, number: int, what: str, **more: object) -> None:
    told = {
        "do": what, "to": ["TR"], "at": "2026-11-21T08:30:00", "office": "GECCZ111",
        "office_name": "გეზი თბილისი", "mrn": MRN, "code": "", "text": "", "seals": [],
        "case": None, **more,
    }  # fmt: skip
    desk.put("orders", f"{number:04d}.json", json.dumps(told).encode())


def answer(desk: Desk, number: int) -> dict[str, Any]:
    place = desk.folder / "answers" / f"{number:04d}.json"
    (one,) = until(lambda: json.loads(place.read_bytes()) if place.exists() else None)
    told: dict[str, Any] = one
    return told


@pytest.fixture
def georgia(node_folder: NodeFolder, tmp_path: Path) -> Beside:
    (tmp_path / "spool").mkdir()
    more = '\n[standards]\ndeliver = "ASYCUDA-SAD"\ndialect = "ge.toml"\n'
    config = node_folder("GE", SPOOL.format(folder=tmp_path / "spool") + more)
    (config.parent / "ge.toml").write_text(DIALECT.read_text(encoding="utf-8"), encoding="utf-8")
    return Beside(config)


def test_a_form_is_declared_registered_and_released_and_an_order_done_twice_counts_once(
    georgia: Beside, tmp_path: Path
) -> None:
    desk = Desk(tmp_path / "desk")
    with georgia as node:
        until((node.spool / "out").is_dir)
        system = Asycuda(node.spool, desk)
        order(desk, 1, "declared", case=case())
        order(desk, 2, "accepted")
        order(desk, 3, "released", code="A1", text="ლუქები დადებულია")
        system.turn()
        first = answer(desk, 3)
        assert first["status"] == "accepted"
        assert desk.case(MRN)["states"] == ["declared", "accepted", "released"]
        (desk.folder / "answers" / "0003.json").unlink()  # killed before it had answered
        Asycuda(node.spool, Desk(desk.folder)).turn()
        again = answer(desk, 3)
        assert again["status"] in {"accepted", "duplicate"}  # the answer of before lies there still
        assert again["record_id"] == first["record_id"]
        order(desk, 4, "arrived", mrn="26TRRPQURP6SHSYEM8")
        Asycuda(node.spool, desk).turn()
        assert answer(desk, 4)["reason"] == "movement not known here"
        assert node.rows()["outbox"] == 3


def test_a_form_that_the_node_refuses_changes_nothing_in_the_system(
    georgia: Beside, tmp_path: Path
) -> None:
    desk = Desk(tmp_path / "desk")
    with georgia as node:
        until((node.spool / "out").is_dir)
        order(desk, 1, "declared", case=case(), to=["XX"])
        Asycuda(node.spool, desk).turn()
        told = answer(desk, 1)
        assert (told["status"], told["reason"]) == ("refused", "unknown_recipient")
        assert desk.case(MRN) == {}


def test_messages_are_submitted_once_and_taken_by_their_own_standard(
    node_folder: NodeFolder, tmp_path: Path
) -> None:
    config = node_folder(
        "GE", '\n[http]\nenabled = true\nport = 0\n[standards]\ndeliver = "NCTS-P5"\n'
    )
    write_clients(load_config(config).http.tokens_file)
    desk = Desk(tmp_path / "desk")
    with Beside(config) as node, ExitStack() as stack:
        (server,) = (one for one in node.gateways if isinstance(one, HttpServer))
        web = stack.enter_context(closing(Node(server.port, "token-office")))
        system = Ncts(web, desk)
        order(desk, 1, "declared", case=case())
        order(desk, 2, "accepted")
        order(desk, 3, "released", code="A2", text="Sealed & sound")
        order(desk, 4, "passed", mrn="26TRRPQURP6SHSYEM8")
        order(desk, 5, "declared", case=case(), to=["XX"])
        system.turn()
        assert [answer(desk, one)["status"] for one in (1, 2, 3, 4, 5)] == [
            "accepted", "accepted", "accepted", "refused", "refused",
        ]  # fmt: skip
        assert answer(desk, 5)["faults"]
        (desk.folder / "answers" / "0003.json").unlink()
        Ncts(web, desk).turn()
        assert answer(desk, 3)["status"] == "duplicate"
        assert node.rows()["outbox"] == 3
        sent = (desk.folder / "sent" / "0003-TR.xml").read_text(encoding="utf-8")
        assert "<text>Sealed &amp; sound</text>" in sent


def test_dates_are_written_as_asycuda_does() -> None:
    assert american("2026-03-09T10:00:00") == "3/9/26"
    assert american("2031-11-30") == "11/30/31"


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"standard": "fortran"}, "`standard` is one of: asycuda, ncts"),
        ({"standard": "ncts", "national_system": "spool"}, "uses `http` here"),
    ],
)
def test_a_scenario_that_names_a_standard_wrongly_is_refused(
    more: dict[str, str], says: str
) -> None:
    countries = [
        {"code": code, "member": f"{code}.X", "administration": "A"} for code in ("GE", "TR")
    ]
    countries[0] |= more
    told = {
        "name": "n", "title": "t", "route": ["GE", "TR"], "country": countries,
        "agreement": [{"between": ["GE", "TR"]}],
    }  # fmt: skip
    with pytest.raises(ValueError, match=says):
        _parse(told)


def test_systems_of_one_gateway_have_no_standard() -> None:
    scenario = load_scenario("pilots/georgia-turkiye")
    assert [one.standard for one in scenario.countries] == ["asycuda", "ncts"]
    assert [one.national_system for one in scenario.countries] == ["spool", "http"]
    assert {one.standard for one in scenario.through("http").countries} == {""}
