# ruff: noqa: RUF001, RUF005 (names in the scripts of their countries; lists with their reasons)
"""A movement declared in one standard is discharged in another, each way, over real brokers."""

import ast
import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

import corridor.lab.national
from builders_lab import corridor as run
from builders_lab import told

pytestmark = pytest.mark.broker
SCENARIO = Path(__file__).with_name("two-standards.toml")
FORMS = {
    "SAD": 1, "T1-REGISTERED": 1, "SAD-RELEASED": 1, "T1-DISCHARGED": 1,
    "T1-BORDER-ENTRY": 1, "T1-INCIDENT": 1, "T1-ARRIVED": 1, "T1-VALIDATED": 1,
    "CC015C": 1, "CC028C": 1, "CD001C": 1, "CC045C": 1,
    "CD118C": 1, "CD180C": 1, "CD006C": 1, "CD018C": 1,
}  # fmt: skip


def cases(desk: Path) -> dict[str, dict[str, object]]:
    return {one.stem: json.loads(one.read_bytes()) for one in (desk / "cases").glob("*.json")}


def received(desk: Path) -> list[str]:
    """What a system was told, in its own standard, in order: names of forms and messages."""
    roots = [ET.parse(one).getroot() for one in sorted((desk / "received").glob("*.xml"))]  # noqa: S314 - our own
    return [root.findtext("Status") or root.tag.rpartition("}")[2] for root in roots]


@pytest.mark.timeout(300)
def test_a_movement_each_way_between_a_sad_and_ncts(tmp_path: Path) -> None:
    ran = run("lab", "run", SCENARIO, "--fast", "--at", tmp_path, "--json")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    said = told(ran)
    assert (said["holds"], said["faults"]) == (True, [])
    there, back = said["movements"]
    assert there["told_as"] | back["told_as"] == FORMS
    for one in (there, back):
        assert {view["ends"] for view in one["views"]} == {"discharged"}
    nodes = Path(said["directory"]) / "nodes"
    georgia, turkiye = nodes / "desk-GE", nodes / "desk-TR"
    for desk in (georgia, turkiye):
        known = cases(desk)
        assert set(known) == {there["mrn"], back["mrn"]}
        assert {case["state"] for case in known.values()} == {"discharged"}
    _what_each_was_told(georgia, turkiye)
    _what_cannot_be_said(there, back, georgia, turkiye)


def _what_each_was_told(georgia: Path, turkiye: Path) -> None:
    assert sorted(received(georgia)) == sorted(
        ["Border entry", "Incident", "Arrived", "Validated"]  # of its own T1
        + ["ASYCUDA", "Registered", "ASYCUDA", "Discharged"]  # of the one from Türkiye
    )
    assert sorted(received(turkiye)) == sorted(
        ["CC015C", "CC028C", "CD001C", "CC045C"]  # of Georgia's
        + ["CD118C", "CD006C", "CD018C"]  # of its own; the incident lacks a place
    )
    forms = [
        one.read_text(encoding="utf-8") for one in sorted((georgia / "received").glob("*.xml"))
    ]
    (declared, released) = (one for one in forms if "<ASYCUDA " in one)
    assert "<Container_identity>MSCU4471920</Container_identity>" in released
    assert "<Description_of_goods>Oda kokuları, ambalajlı</Description_of_goods>" in declared
    assert "<Result_of_control>A2</Result_of_control>" in released


def _what_cannot_be_said(
    there: dict[str, object], back: dict[str, object], georgia: Path, turkiye: Path
) -> None:
    texts = {
        desk: "".join(one.read_text(encoding="utf-8") for one in (desk / "officer").glob("*.txt"))
        for desk in (georgia, turkiye)
    }
    assert "CD180C/Consignment/Incident/Location" in texts[turkiye]
    assert "nothing of it is lost" in texts[turkiye]
    assert "seal 1 > identifier: TR 8830142" in texts[georgia]
    assert "means at departure > identification: 34 RM 418" in texts[georgia]
    assert str(there["unsaid"]).count("T1-INCIDENT") == 1
    assert "There is no CD180C of NCTS-P5" in str(back["unsaid"])
    # What could not be said lies in the node's own form with whoever reads on: it was delivered.
    archived = [json.loads(one.read_bytes()) for one in (georgia / "archive").rglob("*.json")]
    assert archived == []  # its recorder has taken and noted every one


def test_the_national_systems_know_nothing_of_corridor() -> None:
    (folder,) = map(Path, corridor.lab.national.__path__)
    for module in folder.glob("*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [one.name for one in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                assert not name.startswith("corridor") or name.startswith(
                    "corridor.lab.national"
                ), name
