"""The mappers of ASYCUDA, the WCO Data Model and EDIFACT over every published sample."""

from pathlib import Path
from typing import Final

import pytest
from lxml import etree

from corridor.standards.accounting import Account, Fate
from corridor.standards.check import EQUAL, Checked, check
from corridor.standards.mapper import Options
from corridor.standards.report import summarise
from corridor.standards.standard import decode, standard_named

pytestmark = pytest.mark.unmeasured

SAMPLES: Final = Path(__file__).parents[4] / "shared/samples"
FOLDERS: Final = ("asycuda", "wco_dm", "edifact")
BLANK: Final = "blank-asycuda-template.xml"
OTHER_MESSAGES: Final = {"CUSCAR_D99B_warrel.edi", "CUSREP_D99B_depart.edi"}

needs_samples = pytest.mark.skipif(
    not (SAMPLES / "asycuda").is_dir(), reason="no samples in ../shared/samples"
)


def files(folder: str) -> list[Path]:
    found = (SAMPLES / folder / "instances").glob("*.*")
    return sorted(path for path in found if path.suffix in {".xml", ".edi"})


def checked(folder: str) -> dict[str, Checked]:
    return {path.name: check(path.read_bytes(), Options()) for path in files(folder)}


@needs_samples
@pytest.mark.parametrize("folder", FOLDERS)
def test_nine_leaves_in_ten_of_each_message_are_carried_and_none_is_dropped(folder: str) -> None:
    accounts: list[tuple[str, Account]] = [
        (str(one.message), one.account) for one in checked(folder).values() if one.account
    ]
    assert accounts
    for row in summarise(accounts):
        print(row.as_json())
        assert row.carried >= 0.9, row
        assert row.dropped == 0, row


@needs_samples
@pytest.mark.parametrize("folder", FOLDERS)
def test_every_sample_comes_back_equal_and_only_what_is_none_is_refused(folder: str) -> None:
    found = checked(folder)
    refused = {name for name, one in found.items() if not one.accepted}
    assert refused == {name for name in found if name == BLANK or name in OTHER_MESSAGES}
    trips = {name: one.round_trip for name, one in found.items() if name not in OTHER_MESSAGES}
    assert set(trips.values()) == {EQUAL}


@needs_samples
def test_a_blank_form_is_refused_by_the_box_it_lacks() -> None:
    (refusal,) = checked("asycuda")[BLANK].refusals
    assert refusal.path.endswith("/Customs_clearance_office_code")
    assert refusal.reason == "missing"


@needs_samples
def test_declarations_written_from_the_record_alone_are_valid_by_the_schema() -> None:
    schemas = {
        kind: etree.XMLSchema(file=str(SAMPLES / f"wco_dm/xsd/wco/{folder}/_all.xsd"))
        for kind, folder in (("DEC", "declaration"), ("RES", "notification"))
    }
    tried = 0
    for path in files("wco_dm"):
        schema = schemas[path.name[:3]]
        if not schema.validate(etree.parse(str(path))):
            continue
        record = decode(path.read_bytes(), Options()).record
        written = standard_named("WCO-DM").encode(record, False)
        assert written.missing == ()
        assert schema.validate(etree.fromstring(written.document)), (path.name, schema.error_log)
        tried += 1
    assert tried > 20


@needs_samples
def test_no_leaf_of_a_sample_is_left_to_the_residual() -> None:
    for folder in ("asycuda", "wco_dm"):
        for name, one in checked(folder).items():
            assert one.count(Fate.RESIDUAL) == 0, name
