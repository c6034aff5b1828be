"""Real files become traffic of the lab's countries; what is refused is named."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from corridor.errors import ConfigurationError
from corridor.lab.files import file_traffic, parse_mapping
from corridor.lab.scenario import load_scenario
from corridor.transit.parties import CountryCode

FIXTURES = Path(__file__).parents[2] / "fixtures" / "ncts"
TRADERS = ("cc007c", "cc013c", "cc014c", "cc015c", "cc044c", "cc170c")
"""What traders write: each names an office of its country."""
SCENARIO = load_scenario("tr-ge-az")
EVERYONE = {code: CountryCode("TR") for code in ("TR", "GE", "AZ", "GB", "XI", "AM")}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "in"
    made.mkdir()
    for name in TRADERS:
        shutil.copy(FIXTURES / f"{name}.xml", made)
    return made


def test_a_mapping_is_pairs_of_countries() -> None:
    assert parse_mapping("GB=TR, XI=GE") == {"GB": "TR", "XI": "GE"}
    assert parse_mapping("") == {}
    for wrong in ("GB", "GB=TR=GE", "gb=TR", "GB="):
        with pytest.raises(ConfigurationError, match="GB=TR,XI=GE"):
            parse_mapping(wrong)


def test_every_file_becomes_a_record_of_a_mapped_country(folder: Path) -> None:
    mapping = {"TR": CountryCode("TR"), "GE": CountryCode("GE"), "AZ": CountryCode("AZ")}
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    traffic = file_traffic(SCENARIO, folder, mapping)
    assert traffic.refused == ()
    assert len(traffic.plan) == len(list(folder.glob("*.xml")))
    assert all(one.sender != one.recipient for one in traffic.plan)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    # The original stays at home: its element names are not in what travels.
    assert not any(b"<ncts:" in one.record or b"</" in one.record for one in traffic.plan)
    assert traffic.secrets


def test_a_refused_file_is_named_with_its_reason_and_the_others_are_sent(folder: Path) -> None:
    (folder / "broken.xml").write_text("<CC015C>")
    text = (folder / "cc015c.xml").read_text()
    (folder / "empty.xml").write_text(text.replace("<LRN>TR-2026-000417</LRN>", "<LRN></LRN>"))
    traffic = file_traffic(SCENARIO, folder, EVERYONE)
    assert [line.split(":")[0] for line in traffic.refused] == ["broken.xml", "empty.xml"]
    assert "source_malformed" in traffic.refused[0]
    assert "LRN" in traffic.refused[1]
    assert traffic.unexpected == ()


def test_a_file_that_this_node_cannot_map_is_no_expected_refusal(folder: Path) -> None:
    (folder / "unknown.xml").write_text("<CC999C/>")
    traffic = file_traffic(SCENARIO, folder, EVERYONE)
    assert [line.split(":")[0] for line in traffic.refused] == ["unknown.xml"]
    assert traffic.unexpected == traffic.refused
    assert "source_unsupported" in traffic.refused[0]


def test_a_folder_without_files_and_a_country_without_a_node_are_refused(
    folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError, match="no such folder"):
        file_traffic(SCENARIO, tmp_path / "none", {})
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigurationError, match=r"no \.xml files"):
        file_traffic(SCENARIO, tmp_path / "empty", {})
    with pytest.raises(ConfigurationError, match="KZ is not in scenario"):
        file_traffic(SCENARIO, folder, {"GB": CountryCode("KZ")})
    with pytest.raises(ConfigurationError, match="add it to --map"):
        file_traffic(SCENARIO, folder, {"FR": CountryCode("TR")})


def test_a_country_without_agreement_has_nobody_to_send_to(folder: Path) -> None:
    alone = replace(SCENARIO, agreements=())
    with pytest.raises(ConfigurationError, match="TR has no agreement"):
        file_traffic(alone, folder, EVERYONE)
