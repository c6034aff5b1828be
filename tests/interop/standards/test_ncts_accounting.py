"""The mapper's account over every published sample of its messages."""

from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import canonicalize

import pytest
from lxml import etree

from corridor.errors import Reason, Refused
from corridor.standards.ncts.mapper import Mapped, Options, decode, encode
from corridor.standards.ncts.messages import messages
from corridor.standards.report import summarise

pytestmark = pytest.mark.unmeasured

SAMPLES = Path(__file__).parents[4] / "shared/samples/ncts_p5"
FOLDERS = (
    "hmrc_trader_test_v7",
    "hmrc_api_collections",
    "hmrc_responses_v2",
    "hmrc_tis",
    "hmrc_validator",
    "synthetic",
)
NAMES = tuple(message.name for message in messages())

needs_samples = pytest.mark.skipif(
    not (SAMPLES / "instances").is_dir(), reason="no NCTS samples in ../shared/samples"
)


@dataclass(frozen=True)
class Sample:
    path: Path
    document: bytes
    message: str
    valid: bool


def schema_file(name: str) -> Path:
    """The official schema, or for a message between offices the one derived from its structure."""
    official = SAMPLES / "xsd" / f"{name.lower()}.xsd"
    return official if official.is_file() else SAMPLES / "xsd_derived" / official.name


@pytest.fixture(scope="module")
def schemas() -> dict[str, etree.XMLSchema]:
    return {name: etree.XMLSchema(etree.parse(str(schema_file(name)))) for name in NAMES}


@pytest.fixture(scope="module")
def samples(schemas: dict[str, etree.XMLSchema]) -> tuple[Sample, ...]:
    found = []
    for folder in FOLDERS:
        for path in sorted((SAMPLES / "instances" / folder).glob("*.xml")):
            document = path.read_bytes()
            root = etree.fromstring(document)
            name = etree.QName(root).localname
            if name in NAMES:
                found.append(Sample(path, document, name, schemas[name].validate(root)))
    return tuple(found)


def canonical(document: bytes) -> str:
    parser = etree.XMLParser(remove_blank_text=True, remove_comments=True, remove_pis=True)
    plain = etree.tostring(etree.fromstring(document, parser)).decode()
    return canonicalize(plain, rewrite_prefixes=True)


Outcome = tuple[Sample, Mapped | Refused]


@pytest.fixture(scope="module")
def outcomes(samples: tuple[Sample, ...]) -> tuple[Outcome, ...]:
    return tuple((sample, outcome_of(sample)) for sample in samples)


def outcome_of(sample: Sample) -> Mapped | Refused:
    try:
        return decode(sample.document, Options())
    except Refused as refused:
        return refused


@pytest.fixture(scope="module")
def mapped(outcomes: tuple[Outcome, ...]) -> tuple[tuple[Sample, Mapped], ...]:
    return tuple((sample, found) for sample, found in outcomes if isinstance(found, Mapped))


HOUSE = "CC029C/Consignment/HouseConsignment[1]"
REFUSED = {
    "pngb1_ie170_xml_example.xml": ("CC170C/TransitOperation/LRN (string.min_len)",),
    "pngb4_ie014_xml_example.xml": ("CC014C/TransitOperation/LRN (string.min_len)",),
    "psgb1_ie170_xml_example.xml": ("CC170C/TransitOperation/LRN (string.min_len)",),
    "psgb4_ie014_xml_example.xml": ("CC014C/TransitOperation/LRN (string.min_len)",),
    "Post-Transition_IE029_TAD.xml": (
        f"{HOUSE}/ConsignmentItem[1]/Commodity/DangerousGoods[1]/UNNumber (string.max_len)",
    ),
    "cc029c-valid.xml": (
        "CC029C/Consignment/countryOfDispatch (string.pattern)",
        f"{HOUSE}/countryOfDispatch (string.pattern)",
        f"{HOUSE}/ConsignmentItem[1]/countryOfDispatch (string.pattern)",
    ),
}


@needs_samples
def test_exactly_the_broken_files_are_refused_and_by_the_element_at_fault(
    outcomes: tuple[Outcome, ...],
) -> None:
    refused = {sample.path.name: r for sample, r in outcomes if isinstance(r, Refused)}
    assert {name: r.reason for name, r in refused.items()} == dict.fromkeys(
        REFUSED, Reason.RECORD_INVALID
    )
    assert {name: tuple(r.detail.split("; ")) for name, r in refused.items()} == REFUSED
    assert not [
        sample.path.name for sample, r in outcomes if sample.valid and r in refused.values()
    ]


@needs_samples
@pytest.mark.parametrize("name", NAMES)
def test_nine_leaves_in_ten_are_carried_by_the_record_and_none_is_dropped(
    name: str, mapped: tuple[tuple[Sample, Mapped], ...]
) -> None:
    accounts = [(found.message, found.account) for _, found in mapped]
    summary = next(row for row in summarise(accounts) if row.message == name)
    print(summary.as_json())
    assert summary.carried >= 0.9
    assert summary.dropped == 0


@needs_samples
def test_writing_adds_nothing_that_was_not_in_the_file(
    mapped: tuple[tuple[Sample, Mapped], ...],
) -> None:
    assert [
        (sample.path.name, found.account.invented)
        for sample, found in mapped
        if found.account.invented
    ] == []


@needs_samples
def test_every_file_comes_back_canonically_the_same(
    mapped: tuple[tuple[Sample, Mapped], ...],
) -> None:
    changed = [
        sample.path.name
        for sample, found in mapped
        if canonical(encode(found.record).document) != canonical(sample.document)
    ]
    assert changed == []


@needs_samples
def test_the_record_alone_gives_every_mandatory_element(
    mapped: tuple[tuple[Sample, Mapped], ...], schemas: dict[str, etree.XMLSchema]
) -> None:
    incomplete = []
    for sample, found in mapped:
        encoded = encode(found.record, with_residual=False)
        complete = schemas[sample.message].validate(etree.fromstring(encoded.document))
        if sample.valid and (encoded.missing or not complete):
            incomplete.append((sample.path.name, encoded.missing))
    place = "CC043C/Consignment/Incident/Location/GNSS"
    # its coordinates are "90n000000": the schema takes them, and they are none
    assert incomplete == [("cc043c-valid.xml", (f"{place}/latitude", f"{place}/longitude"))]
