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
    "dropped", "round_trip", "schema", "warnings",
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
        "lost": [],
        "narrowed": [],
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
    assert "no .xml or .edi file there" in said.err


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


OTHERS = FIXTURES.parent


def test_files_of_every_standard_are_found_in_a_folder() -> None:
    said = corridor(
        "standards", "check", OTHERS / "asycuda", OTHERS / "wco", OTHERS / "edifact", "--json"
    )
    assert said.status == 0
    assert [(one["standard"], one["message"], one["round_trip"]) for one in said.json["files"]] == [
        ("ASYCUDA-SAD", "SAD", "equal"),
        ("WCO-DM", "DEC", "equal"),
        ("WCO-DM", "RES-03", "equal"),
        ("EDIFACT", "CUSDEC", "equal"),
        ("EDIFACT", "CUSRES", "equal"),
    ]


def test_what_another_standard_cannot_say_is_shown() -> None:
    sad = OTHERS / "asycuda/sad.xml"
    said = corridor("standards", "check", sad, "--to", "WCO-DM")
    assert said.status == 0
    assert "as WCO-DM DEC:" in said.out
    assert "not said: ASYCUDA/Property/Sad_flow" in said.out
    assert "said otherwise: " in said.out
    demanded = corridor("standards", "check", sad, "--to", "NCTS-P5")
    assert demanded.status == 1
    assert "CC015C/TransitOperation/security: missing: NCTS-P5 demands it" in demanded.out


def dialect(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "asycuda.toml"
    file.write_text(text)
    return file


def test_a_dialect_is_read_from_its_file(tmp_path: Path) -> None:
    file = dialect(
        tmp_path, 'country = "GE"\nversion = "4"\ndemanded = ["ASYCUDA/Warehouse/Delay"]\n'
    )
    said = corridor("standards", "check", OTHERS / "asycuda", "--dialect", file)
    assert said.status == 1
    assert "ASYCUDA-SAD-GE-4 SAD" in said.out
    assert "ASYCUDA/Warehouse/Delay: missing: ASYCUDA-SAD-GE-4 demands it" in said.out


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("country", "is not TOML"),
        ('country = "Georgia"', "two capitals"),
        ("x = 1\n" * 200_000, "larger than"),
    ],
)
def test_a_dialect_that_cannot_be_used_is_refused_by_its_fault(
    text: str, words: str, tmp_path: Path
) -> None:
    file = dialect(tmp_path, text)
    said = corridor("standards", "check", OTHERS / "asycuda", "--dialect", file)
    assert said.status == 3
    assert words in said.err
    assert str(file) in said.err


def test_a_message_is_explained_in_the_words_of_customs() -> None:
    said = corridor("standards", "explain", OTHERS / "asycuda/sad.xml")
    assert said.status == 0
    assert said.out.startswith("ASYCUDA-SAD SAD: 257 values and boxes, 150 of them empty")
    assert "itinerary > office of departure > reference" in said.out
    told = corridor("standards", "explain", OTHERS / "asycuda/sad.xml", "--json").json
    assert told["standard"] == "ASYCUDA-SAD"
    lrn = next(one for one in told["lines"] if one["value"] == "GE-2026-000417")
    assert (lrn["words"], lrn["fate"], lrn["held"]) == ("movement > LRN", "mapped", lrn["value"])


def test_the_page_needs_nothing_else_and_shows_what_is_hostile_as_text(tmp_path: Path) -> None:
    text = (OTHERS / "asycuda/sad.xml").read_text()
    bad = "&lt;script&gt;alert(1)&lt;/script&gt;"
    file, page = tmp_path / "<b>.xml", tmp_path / "page.html"
    file.write_text(
        text.replace(">Batumi Port<", f">{bad}<").replace("<Warehouse>", "<Warehouse><K>x</K>")
    )
    said = corridor("standards", "explain", file, "--html", page)
    assert said.status == 0
    shown = page.read_text()
    assert "<script" not in shown
    assert bad in shown
    assert "<h1>&lt;b&gt;.xml</h1>" in shown
    assert "http:" not in shown
    assert "default-src 'none'" in shown
    assert "1 residual" in shown


def test_a_page_that_cannot_be_written_and_a_file_that_is_no_message_are_told(
    tmp_path: Path,
) -> None:
    sad = OTHERS / "asycuda/sad.xml"
    said = corridor("standards", "explain", sad, "--html", tmp_path / "none/page.html")
    assert said.status == 1
    assert "name a file that can be written" in said.err
    (tmp_path / "x.xml").write_text("<x/>")
    assert "source_unsupported" in corridor("standards", "explain", tmp_path / "x.xml").err


def test_of_each_published_rule_it_is_said_whether_it_is_evaluated_and_if_not_why() -> None:
    told = corridor("standards", "rules", "--json").json
    others = {rule: one["words"] for one in told["others"] for rule in one["rules"]}
    assert told["evaluated"] + len(others) == told["published"] == 455
    shown = corridor("standards", "rules").out.splitlines()
    assert f"{len(told['others'][0]['rules']):5}  {told['others'][0]['words']}" in shown
    said = corridor("standards", "rules", "C0004", "ZZ1", "R0028")
    assert said.status != 0
    assert f"C0004 ({others['C0004']}), ZZ1" in said.err
