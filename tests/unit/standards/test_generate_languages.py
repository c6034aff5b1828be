"""The generator writes of goods in the languages of the pilots; elsewhere nothing changed."""

import unicodedata

import pytest

from corridor.standards.generate.goods import GOODS
from corridor.standards.generate.goods_words import WORDS, describe
from corridor.standards.generate.movements import Scenario, generate_movements
from corridor.standards.generate.places import COUNTRIES
from corridor.standards.generate.places_pilots import MORE
from corridor.wire.records import check_record, encode_record

START_MS = 1_772_700_000_000
WAYS = [("GE", "TR"), ("MA", "DZ"), ("TN", "JO"), ("KG", "KZ"), ("CR", "PA")]


def commodities(*ways: tuple[str, ...], national_words: bool) -> list[tuple[str, str]]:
    scenario = Scenario(ways, START_MS, national_words=national_words)
    found = []
    for one in generate_movements(5, 12, scenario):
        assert check_record(one.record) == ()
        for house in one.record.movement_released.dataset.consignment.houses:
            found += [(item.commodity.language, item.commodity.description) for item in house.items]
    return found


@pytest.mark.parametrize("way", WAYS)
def test_goods_are_described_in_the_language_of_departure(way: tuple[str, str]) -> None:
    language = COUNTRIES[way[0]].language
    found = commodities(way, national_words=True)
    assert {one for one, _ in found} == {language, ""}
    assert all(unicodedata.is_normalized("NFC", text) for _, text in found)


def test_without_asking_everything_is_as_it_was() -> None:
    assert {one for one, _ in commodities(("TR", "GE"), national_words=False)} == {""}


def test_the_same_seed_gives_the_same_words() -> None:
    scenario = Scenario((("MA", "DZ"),), START_MS, national_words=True)
    first = [encode_record(one.record) for one in generate_movements(9, 5, scenario)]
    assert first == [encode_record(one.record) for one in generate_movements(9, 5, scenario)]


def test_words_are_of_headings_that_the_generator_has() -> None:
    headings = {one.hs6 for one in GOODS}
    languages = {one.language for one in COUNTRIES.values()} - {""}
    assert WORDS.keys() == languages
    for words in WORDS.values():
        assert words.keys() <= headings
    assert describe("999999", "Goods", "ka") == ("Goods", "")
    assert describe("070200", "Tomatoes", "en") == ("Tomatoes", "")


def test_every_country_of_the_pilots_is_known_by_its_own_offices() -> None:
    for country in MORE:
        assert COUNTRIES[country.code] is country
        for office in (*country.inland, *country.frontier, country.guarantee):
            assert office.reference[:2] == country.code
            assert len(office.reference) == 8
