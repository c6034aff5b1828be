"""Stories are sound by the schema, by their roles and by the languages they are written in."""

import tomllib
import unicodedata
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from corridor.errors import ConfigurationError
from corridor.lab.scenario import Scenario, _parse, known_scenarios, load_scenario
from corridor.lab.story import STEPS, Story
from corridor.lab.story_records import Told, tell
from corridor.lab.views import ends_of, harmed, refusal_code, scripts_of, texts_of
from corridor.standards.generate.words import DAY_MS
from corridor.transit.fold import fold
from corridor.transit.identifiers import ContainerNumber, Grn, Mrn
from corridor.transit.view import view_of
from corridor.wire.facts import fact_of
from corridor.wire.records import check_record, encode_record
from corridor.wire.v1 import records_pb2 as records
from corridor.wire.v1 import types_pb2 as types

PILOTS = [name for name in known_scenarios() if name.startswith("pilots/")]
NOW_MS = 1_795_680_000_000  # 2026-11-26T20:00Z
MIDNIGHT_MS = NOW_MS // DAY_MS * DAY_MS
PAIRS = {
    "pilots/georgia-turkiye": ("GE", "TR", {"Georgian"}),
    "pilots/morocco-algeria": ("MA", "DZ", {"Arabic", "Latin"}),
    "pilots/tunisia-jordan": ("TN", "JO", {"Arabic", "Latin"}),
    "pilots/kyrgyzstan-kazakhstan": ("KG", "KZ", {"Cyrillic"}),
    "pilots/costa-rica-panama": ("CR", "PA", {"Latin"}),
}


def stories(now_ms: int = NOW_MS) -> Iterator[tuple[Scenario, Story, list[Told]]]:
    for name in PILOTS:
        scenario = load_scenario(name)
        for story in scenario.script.stories:
            yield scenario, story, list(tell(scenario.script, story, now_ms))


def test_there_are_five_pilots_each_with_an_incident_a_refusal_and_an_overdue_arrival() -> None:
    assert sorted(PILOTS) == sorted(PAIRS)
    for name, (first, second, _) in PAIRS.items():
        scenario = load_scenario(name)
        assert {one.code for one in scenario.countries} == {first, second}
        told = scenario.script.stories
        assert {one.expected.ends for one in told} & {"refused", "rejected"}
        assert {one.expected.ends for one in told} >= {"discharged", "overdue"}
        assert any(step.what == "incident" for one in told for step in one.steps)
        assert {step.country for one in told for step in one.steps} == {first, second}


def test_every_record_is_good_by_the_schema() -> None:
    for _, story, steps in stories():
        for told in steps:
            assert check_record(told.record) == (), (story.key, told.step.what)


def test_who_tells_a_step_does_so_from_an_office_of_its_own_and_to_every_other() -> None:
    for scenario, story, steps in stories():
        for told in steps:
            header = told.record.header
            assert header.sender_office.reference[:2] == told.step.country
            assert header.sender_office.name == scenario.script.offices[told.step.office]
            assert header.sender_role != records.ROLE_UNSPECIFIED
            assert set(told.recipients) == set(story.countries) - {told.step.country}


def test_roles_are_those_the_country_holds_on_the_way() -> None:
    departure_only = {
        records.ROLE_HOLDER,
        records.ROLE_OFFICE_OF_DEPARTURE,
        records.ROLE_ENQUIRY_AUTHORITY,
    }
    for _, story, steps in stories():
        for told in steps:
            at_departure = told.step.country == story.countries[0]
            role = told.record.header.sender_role
            if role == records.ROLE_OFFICE_OF_EXIT:
                assert story.procedure == "TIR"
            else:
                assert (role in departure_only) is at_departure, (story.key, told.step.what)


def test_a_senders_records_count_from_one_and_each_names_what_caused_it() -> None:
    for _, story, steps in stories():
        counts: dict[str, int] = {}
        before = b""
        for told in steps:
            counts[told.step.country] = counts.get(told.step.country, 0) + 1
            assert told.record.header.sender_sequence == counts[told.step.country]
            assert told.record.header.caused_by == before, story.key
            before = told.record_id


@pytest.mark.parametrize("now_ms", [MIDNIGHT_MS, MIDNIGHT_MS + DAY_MS - 1])
def test_everything_lies_in_the_past_in_order(now_ms: int) -> None:
    for _, story, steps in stories(now_ms):
        times = [told.at_ms for told in steps]
        assert times == sorted(times)
        assert times[-1] < now_ms, story.key


def seen(steps: list[Told], now_ms: int) -> dict[str, Any]:
    """The movement as a node folds it."""
    facts = [
        fact_of(one.record, encode_record(one.record), record_id=one.record_id,
                sender=one.step.country, known_ms=one.at_ms)
        for one in steps
    ]  # fmt: skip
    return view_of(fold(facts, me=steps[0].step.country, now_ms=now_ms))


@pytest.mark.parametrize("now_ms", [MIDNIGHT_MS, MIDNIGHT_MS + DAY_MS - 1])
def test_the_records_alone_show_the_end_that_the_story_names(now_ms: int) -> None:
    for _, story, steps in stories(now_ms):
        assert ends_of(seen(steps, now_ms)) == story.expected.ends, story.key
        assert refusal_code(one.record for one in steps) == story.expected.code, story.key
        assert ends_of(seen(steps[:1], now_ms)) == "on the way"


def test_numbers_have_valid_check_digits_and_differ_between_stories() -> None:
    seen = set()
    for _, story, steps in stories():
        ids = {one.scheme: one.value for one in steps[0].record.header.movement.ids}
        mrn = Mrn.parse(ids[types.ID_SCHEME_MRN])
        assert mrn.check_digit_holds
        assert mrn.names_transit
        assert mrn.country == story.countries[0]
        seen.add(mrn)
        dataset = steps[0].record.declaration.dataset
        reference = dataset.guarantees[0].references[0].id
        if reference.scheme == types.ID_SCHEME_GRN:
            assert Grn.parse(reference.value).check_digit_holds
        for equipment in dataset.consignment.equipment:
            if equipment.container:
                assert ContainerNumber.parse(equipment.container).check_digit_holds, story.key
    assert len(seen) == 15


def test_the_same_seed_and_time_tell_the_same_bytes() -> None:
    first = [encode_record(told.record) for _, _, steps in stories() for told in steps]
    again = [encode_record(told.record) for _, _, steps in stories() for told in steps]
    assert first == again


def test_each_pilot_speaks_its_languages_and_all_of_it_is_composed() -> None:
    for name, (_, _, scripts) in PAIRS.items():
        scenario = load_scenario(name)
        found = set()
        for story in scenario.script.stories:
            for told in tell(scenario.script, story, NOW_MS):
                found |= scripts_of(encode_record(told.record)).keys()
                assert all(unicodedata.is_normalized("NFC", one) for one in texts_of(told.record))
        assert scripts <= found, name


def test_every_step_that_can_be_told_is_told_by_a_test() -> None:
    told = {step.what for _, story, _ in stories() for step in story.steps}
    assert STEPS - told == {"entered"}
    text = pilot("georgia-turkiye").replace('{ what = "refused"', '{ what = "entered"')
    scenario = from_text(text)
    tir = scenario.script.stories[1]
    entered = list(tell(scenario.script, tir, NOW_MS))[-1].record
    assert check_record(entered) == ()
    assert entered.operation_started.operation.value.endswith("/2")


def test_a_harmed_text_is_found() -> None:
    _, _, steps = next(stories())
    written = encode_record(steps[0].record)
    assert harmed(written, written) == ()
    record = records.TransitRecord.FromString(written)
    goods = record.declaration.dataset.consignment.houses[0].items[0].commodity
    goods.description = unicodedata.normalize("NFD", goods.description)
    assert len(harmed(written, encode_record(record))) == 1
    del record.declaration.dataset.parties[:]
    (fault,) = harmed(written, encode_record(record))
    assert "texts were written" in fault


# --- faults of a file -------------------------------------------------------------------------


def pilot(name: str) -> str:
    folder = resources.files("corridor.lab").joinpath("scenarios").joinpath("pilots")
    return folder.joinpath(f"{name}.toml").read_text(encoding="utf-8")


def from_text(text: str) -> Scenario:
    return _parse(tomllib.loads(text))


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('what = "accepted"', 'what = "agreed"', "is no step"),
        ('after = "20m"', 'after = "soon"', "is no time like"),
        ('ends = "discharged"', 'ends = "well"', "expect.ends is one of"),
        ('at = "TR341300"', 'at = "TR999999"', "is none of its"),
        ('at = "TR080200", after = "9h"', 'at = "XX000001", after = "9h"', "is none of its"),
        ("days_ago = 9", "", "'days_ago' is not given"),
        ('holder = "iberia"', 'holder = "nobody"', "'nobody' is not given"),
        ('city = "თბილისი"', "", "firm iberia: city not given"),
        ("goods = [", "goods = 7\nlots = [", "not of the form of a story"),
        ("İstanbul; a seal", "I\u0307stanbul; a seal", "composed form"),
    ],
)  # fmt: skip
def test_a_fault_of_a_story_is_told_with_its_place(
    tmp_path: Path, old: str, new: str, fault: str
) -> None:
    path = tmp_path / "scenario.toml"
    path.write_text(pilot("georgia-turkiye").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=fault):
        load_scenario(str(path))


def test_a_story_of_a_country_that_is_not_in_the_scenario_is_refused(tmp_path: Path) -> None:
    text = pilot("georgia-turkiye").replace('"TR341300"]', '"TR341300", "AZ010100"]', 1)
    text = text.replace("[offices]", '[offices]\nAZ010100 = "Gömrük"')
    path = tmp_path / "scenario.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match="AZ is none of its countries"):
        load_scenario(str(path))


def test_a_step_by_a_country_that_is_not_on_the_way_is_refused(tmp_path: Path) -> None:
    text = pilot("georgia-turkiye").replace(
        'what = "passed", at = "TR080200"', 'what = "passed", at = "AZ010100"', 1
    )
    text = text.replace("[offices]", '[offices]\nAZ010100 = "Gömrük"')
    path = tmp_path / "scenario.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match="AZ tells a step and is not on the way"):
        load_scenario(str(path))
