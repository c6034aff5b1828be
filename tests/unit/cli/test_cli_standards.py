"""`corridor standards check`: what a national developer tries on the first day."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from builders_cli import corridor

FIXTURES = Path(__file__).parents[2] / "fixtures/ncts"
KEYS = {
    "path", "standard", "message", "accepted", "refusals", "mapped", "narrowed", "residual",
    "dropped", "round_trip", "schema",
}  # fmt: skip


def test_good_files_are_accepted_and_the_status_is_0() -> None:
    said = corridor("standards", "check", FIXTURES, "--json")
    assert said.status == 0
    files = said.json["files"]
    assert [file["message"] for file in files] == sorted(
        path.stem.upper() for path in FIXTURES.glob("*.xml")
    )
    assert all(set(file) == KEYS for file in files)
    assert all(file["accepted"] and file["round_trip"] == "equal" for file in files)


def test_a_folder_is_searched_below_and_only_for_messages(tmp_path: Path) -> None:
    (tmp_path / "b/c").mkdir(parents=True)
    for place in ("b/c/one.XML", "a.xml", "b/notes.txt"):
        shutil.copy(FIXTURES / "cc928c.xml", tmp_path / place)
    said = corridor("standards", "check", tmp_path)
    assert said.status == 0
    assert said.out.splitlines()[0] == f"ok       {tmp_path / 'a.xml'}  NCTS-P5 CC928C"
    assert "comes back equal" in said.out
    assert said.out.splitlines()[-1] == "2 of 2 accepted"


def test_a_refused_file_is_told_by_place_and_the_status_is_1(tmp_path: Path) -> None:
    text = (FIXTURES / "cc015c.xml").read_text()
    (tmp_path / "x.xml").write_text(text.replace("TR-2026-000417", "").replace(">KGM<", "><"))
    said = corridor("standards", "check", tmp_path / "x.xml", FIXTURES / "cc928c.xml")
    assert said.status == 1
    assert "REFUSED" in said.out
    assert "CC015C/TransitOperation/LRN: record_invalid: it is empty" in said.out
    assert "1 of 2 accepted" in said.out


def test_many_refusals_are_shortened_for_people_and_whole_for_machines(tmp_path: Path) -> None:
    text = (FIXTURES / "cc029c.xml").read_text()
    gone = ("security", "declarationType", "bindingItinerary", "releaseDate", "MRN")
    gone += ("reducedDatasetIndicator", "messageSender", "messageRecipient", "LRN")
    for element in gone:
        text = text.replace(f"<{element}>", "<x>").replace(f"</{element}>", "</x>")
    (tmp_path / "x.xml").write_text(text)
    assert "and 1 more; --json lists all" in corridor("standards", "check", tmp_path).out
    (file,) = corridor("standards", "check", tmp_path, "--json").json["files"]
    assert len(file["refusals"]) == 9
    assert {one["reason"] for one in file["refusals"]} == {"missing"}


def test_a_dropped_leaf_is_shouted(tmp_path: Path) -> None:
    text = (FIXTURES / "cc014c.xml").read_text()
    new = f"<Invalidation><new>{'x' * 8193}</new>"
    (tmp_path / "x.xml").write_text(text.replace("<Invalidation>", new))
    said = corridor("standards", "check", tmp_path)
    assert said.status == 1
    assert "1 DROPPED; comes back different at CC014C/Invalidation[1]/new[1]" in said.out


def test_another_standard_is_written_and_what_it_lacks_is_told() -> None:
    said = corridor("standards", "check", FIXTURES / "cc029c.xml", "--to", "ncts-p6", "--json")
    assert said.status == 0
    assert said.json["files"][0]["to"] == {
        "standard": "NCTS-P6",
        "message": "CC029C",
        "missing": [],
    }


def test_an_unread_file_has_no_conversion(tmp_path: Path) -> None:
    (tmp_path / "x.xml").write_text("<x/>")
    said = corridor("standards", "check", tmp_path, "--to", "NCTS-P6", "--json")
    assert said.json["files"][0]["to"]["message"] is None


def test_an_unknown_standard_is_refused_with_those_that_are_known() -> None:
    said = corridor("standards", "check", FIXTURES, "--to", "klingon")
    assert said.status == 1
    assert "NCTS-P5" in said.err


def test_a_folder_without_messages_is_told(tmp_path: Path) -> None:
    said = corridor("standards", "check", tmp_path)
    assert said.status == 1
    assert "no XML file there" in said.err


def test_a_file_that_cannot_be_read_is_one_refusal_among_others(tmp_path: Path) -> None:
    (tmp_path / "x.xml").symlink_to(tmp_path / "gone")
    said = corridor("standards", "check", tmp_path, FIXTURES / "cc928c.xml", "--json")
    assert said.status == 1
    assert [file["accepted"] for file in said.json["files"]] == [False, True]
    assert said.json["files"][0]["refusals"][0]["reason"] == "unreadable"


SCHEMA = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"
 targetNamespace="http://ncts.dgtaxud.ec"><xs:include schemaLocation="{included}"/>
 <xs:element name="CC928C"><xs:complexType><xs:sequence>
 <xs:any processContents="skip" maxOccurs="{most}"/></xs:sequence>
 <xs:attribute name="PhaseID"/></xs:complexType></xs:element></xs:schema>"""


def test_the_schemas_of_a_folder_are_used(tmp_path: Path) -> None:
    other = SCHEMA.format(included="", most="1").replace('<xs:include schemaLocation=""/>', "")
    (tmp_path / "other.xsd").write_text(other.replace("CC928C", "Other"))
    (tmp_path / "cc928c.xsd").write_text(SCHEMA.format(included="other.xsd", most="unbounded"))
    asked = ("standards", "check", FIXTURES / "cc928c.xml", "--schema-dir", tmp_path, "--json")
    said = corridor(*asked)
    assert said.status == 0
    assert said.json["files"][0]["schema"] is True
    (tmp_path / "cc928c.xsd").write_text(SCHEMA.format(included="other.xsd", most="3"))
    said = corridor(*asked)
    assert said.status == 1
    assert {one["reason"] for one in said.json["files"][0]["refusals"]} == {"schema"}


def test_a_schema_includes_nothing_from_outside_its_folder(tmp_path: Path) -> None:
    inside, outside = tmp_path / "schemas", tmp_path / "outside.xsd"
    inside.mkdir()
    outside.write_text('<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"/>')
    (inside / "cc928c.xsd").write_text(SCHEMA.format(included="../outside.xsd", most="unbounded"))
    said = corridor("standards", "check", FIXTURES / "cc928c.xml", "--schema-dir", inside)
    assert said.status == 1
    assert "cc928c.xsd cannot be used" in said.err


BOMB = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
HOSTILE = {
    "entities": f'<!DOCTYPE a [<!ENTITY e0 "lol">{BOMB}]><a>&e11;</a>'.encode(),
    "entities_in_an_attribute": f'<!DOCTYPE a [<!ENTITY e0 "x">{BOMB}]><a b="&e11;"/>'.encode(),
    "entities_in_utf_16": f'<!DOCTYPE a [<!ENTITY e0 "lol">{BOMB}]><a>&e11;</a>'.encode("utf-16"),
    "a_file_of_this_machine": b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    "an_address": b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd"><a/>',
    "depth": b"<a>" * 2_000_000,
    "breadth": b"<CC015C>" + b"<a/>" * 4_000_000 + b"</CC015C>",
    "attributes": b"<CC015C " + b" ".join(b'a%d="1"' % n for n in range(200_000)) + b"/>",
    "namespaces": b"<CC015C "
    + b" ".join(b'xmlns:a%d="u%d"' % (n, n) for n in range(100_000))
    + b"/>",
    "one_long_text": b"<CC015C><a>" + b"x" * 15_000_000 + b"</a></CC015C>",
    "comments": b"<CC015C>" + b"<!-- -->" * 1_500_000 + b"</CC015C>",
    "utf_7": b'<?xml version="1.0" encoding="UTF-7"?>+ADw-a/+AD4-',
    "ebcdic": '<?xml version="1.0"?><a/>'.encode("cp037"),
    "ebcdic_after_its_declaration": b'<?xml version="1.0" encoding="IBM037"?>'
    + "<a>".encode("cp037") * 1_000_000,
    "zeros": bytes(1_000_000),
    "nothing": b"",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_quickly_and_by_reason(name: str, tmp_path: Path) -> None:
    (tmp_path / "x.xml").write_bytes(HOSTILE[name])
    began = time.process_time()
    said = corridor("standards", "check", tmp_path, "--json")
    assert time.process_time() - began < 5
    assert said.status == 1
    assert said.json["files"][0]["refusals"][0]["reason"] in {
        "source_malformed",
        "source_unsupported",
        "character_set",
        "record_invalid",
    }


# The peak of the process itself: what getrusage says begins with its parent's.
TELLING_ITS_PEAK = """
import atexit, pathlib, sys
from corridor.cli.main import main
tell = lambda: sys.stderr.write(pathlib.Path("/proc/self/status").read_text())
atexit.register(tell)
main(sys.argv[1:])
"""


def test_a_file_of_200_mb_is_refused_in_bounded_time_and_memory(tmp_path: Path) -> None:
    huge = tmp_path / "x.xml"
    with huge.open("wb") as out:
        out.write(b"<CC015C><a>")
        out.truncate(200 * 1024 * 1024)
    began = time.monotonic()
    said = subprocess.run(
        [sys.executable, "-c", TELLING_ITS_PEAK, "standards", "check", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert said.returncode == 1
    assert "at most 20971520 bytes are read" in said.stdout
    assert time.monotonic() - began < 20
    assert int(said.stderr.split("VmHWM:")[1].split()[0]) < 300 * 1024  # KiB
