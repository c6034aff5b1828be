"""Codes, rules and ISO's tables as a message is judged by them: warnings, refusals, or nothing."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from corridor.errors import Reason, Refused
from corridor.gateway.iso import IsoTables
from corridor.standards.check import check
from corridor.standards.codelist import CodeList, Entry, Period, Unknown
from corridor.standards.findings import MAX_ALIKE, MAX_FINDINGS, Finding, gather
from corridor.standards.iso import foreign_words
from corridor.standards.judging import Judging, NoLists, Rules
from corridor.standards.mapper import Options
from corridor.standards.ncts import mapper as ncts
from corridor.standards.ncts.judge import RULES
from corridor.standards.ncts.lists import LIST_IN, LIST_OF, NAMES
from corridor.standards.ncts.releases import P5
from corridor.standards.places import place
from corridor.standards.predicate_parser import first_path, parse
from corridor.standards.rows import rows
from corridor.standards.standard import decode
from corridor.standards.tree import Node
from corridor.standards.ways import Scene
from corridor.wire.v1.records_pb2 import TransitRecord

FIXTURES = Path(__file__).parents[2] / "fixtures"
NCTS = FIXTURES / "ncts"
CC015C = (NCTS / "cc015c.xml").read_bytes()


class Lists:
    """Lists in memory."""

    def __init__(self, *lists: CodeList) -> None:
        self.lists = {one.number: one for one in lists}
        self.days: set[str] = set()

    def named(self, number: str, day: str, /) -> CodeList | None:
        self.days.add(day)
        return self.lists.get(number)


def types(unknown: Unknown, *codes: str, last: str = "") -> CodeList:
    entries = {code: Entry((Period("2020-01-01", last),)) for code in codes}
    return CodeList("CL231", "DeclarationType", "2025-02-12", "", unknown, entries)


DAY = CC015C.partition(b"<preparationDateAndTime>")[2][:10].decode()
PLACE = "CC015C/TransitOperation/declarationType"
TYPE = CC015C.partition(b"<declarationType>")[2].partition(b"<")[0].decode()


def test_a_code_that_is_on_its_list_is_no_matter() -> None:
    lists = Lists(types(Unknown.REFUSE, TYPE))
    found = check(CC015C, Options(judging=Judging(lists)))
    assert found.accepted
    assert not [one for one in found.warnings if one.rule == "CL231"]
    assert lists.days == {DAY}


def test_an_unknown_code_warns_or_refuses_as_its_list_says() -> None:
    mild = check(CC015C, Options(judging=Judging(Lists(types(Unknown.WARN, "T9")))))
    assert mild.accepted
    (warning,) = [one for one in mild.warnings if one.rule == "CL231"]
    assert warning.path == PLACE
    assert warning.words == "the code is not on the list DeclarationType of 2025-02-12"
    judging = Judging(Lists(types(Unknown.REFUSE, "T9")))
    hard = check(CC015C, Options(judging=judging))
    assert not hard.accepted
    (refusal,) = hard.refusals
    assert (refusal.path, refusal.reason) == (PLACE, "code_unknown")
    assert refusal.words.startswith("CL231: the code is not on the list")
    with pytest.raises(Refused) as caught:
        decode(CC015C, Options(judging=judging))
    assert caught.value.reason is Reason.CODE_UNKNOWN
    assert caught.value.detail.startswith(f"{PLACE} (CL231: ")


def test_a_code_that_was_valid_once_is_told_so() -> None:
    lists = Lists(types(Unknown.WARN, TYPE, last="2021-01-01"))
    found = check(CC015C, Options(judging=Judging(lists, Rules.OFF)))
    (warning,) = [one for one in found.warnings if one.rule == "CL231"]
    assert warning.words.startswith("the code was valid no more on that day")


def broken() -> bytes:
    """A declaration with a number of seals that is not that of the last one."""
    raw = CC015C.replace(b"<numberOfSeals>", b"<numberOfSeals>9", 1)
    assert raw != CC015C
    return raw


def test_a_broken_rule_warns_refuses_or_is_not_looked_at() -> None:
    warns = check(broken(), Options())
    assert warns.accepted
    (warning,) = [one for one in warns.warnings if one.rule == "R0106"]
    assert warning.path.endswith("TransportEquipment[1]/numberOfSeals")
    off = check(broken(), Options(judging=Judging(rules=Rules.OFF)))
    assert not [one for one in off.warnings if one.rule.startswith(("C", "R"))]
    refuses = check(broken(), Options(judging=Judging(rules=Rules.REFUSE)))
    assert not refuses.accepted
    assert ("rule_broken", True) in {
        (one.reason, one.words.startswith("R0106: the number of seals")) for one in refuses.refusals
    }
    with pytest.raises(Refused) as caught:
        decode(broken(), Options(judging=Judging(rules=Rules.REFUSE)))
    assert caught.value.reason is Reason.RULE_BROKEN
    assert "R0106" in caught.value.detail


def test_a_wrong_check_digit_is_told_once_by_the_rule_where_the_message_has_it() -> None:
    raw = (NCTS / "cc007c.xml").read_bytes()
    mrn = raw.partition(b"<MRN>")[2].partition(b"<")[0]
    wrong = raw.replace(mrn, mrn[:17] + str((int(mrn[17:]) + 1) % 10).encode())
    by_rule = [one.rule for one in check(wrong, Options()).warnings if one.path.endswith("MRN")]
    assert by_rule == ["R0028"]
    off = check(wrong, Options(judging=Judging(rules=Rules.OFF)))
    assert [one.rule for one in off.warnings if one.path.endswith("MRN")] == ["check_digit"]


def test_an_answer_that_refuses_is_asked_for_nothing_that_belongs_to_a_movement() -> None:
    raw = (NCTS / "cd003c.xml").read_bytes()
    mark = b"<MRN>"
    refused = raw.replace(
        mark, b"<requestRejectionReasonCode>1</requestRejectionReasonCode>" + mark, 1
    )
    asked = {one.rule for one in check(refused, Options()).warnings}
    assert "C0365" in asked
    assert not asked & ({rule.id for rule in RULES} - {"C0365", "C0366", "C0466", "C0811", "R0028"})


def test_a_message_of_another_release_is_judged_by_its_identifiers_alone() -> None:
    raw = broken().replace(b'PhaseID="NCTS5.1"', b'PhaseID="NCTS6"')
    lists = Lists(types(Unknown.REFUSE, "T9"))
    found = check(raw, Options(judging=Judging(lists, Rules.REFUSE)))
    assert not [one for one in found.refusals if one.reason in {"code_unknown", "rule_broken"}]


def test_a_day_that_is_none_is_not_known() -> None:
    said = CC015C.partition(b"<preparationDateAndTime>")[2].partition(b"<")[0]
    lists = Lists()
    check(CC015C.replace(said, b"yesterday"), Options(judging=Judging(lists)))
    assert lists.days == {""}


def test_each_coded_element_has_a_list_with_a_name() -> None:
    assert {*LIST_OF.values(), *LIST_IN.values()} <= NAMES.keys() | {"CL298"}
    there = {row.element for message in P5.messages.values() for row in rows(message)}
    assert all(any(one.endswith(f"/{tail}") for one in there) for tail in LIST_OF)
    assert {message for message, _ in LIST_IN} <= P5.messages.keys()


def test_no_number_of_warnings_hides_a_refusal() -> None:
    mild = [Finding(f"A{n}", "R1", "x") for n in range(MAX_FINDINGS + 5)]
    hard = [Finding(f"B{n}", "R2", "y", refuses=True) for n in range(MAX_FINDINGS + 5)]
    assert gather([*mild, hard[0]]) == (*mild[:MAX_FINDINGS], hard[0])
    assert gather(hard) == tuple(hard[:MAX_FINDINGS])
    assert gather([]) == ()


def test_a_rule_that_every_item_breaks_hides_nothing_else() -> None:
    items = [Finding(f"Item[{n}]/type", "G1", "no export") for n in range(1, 51)]
    other = Finding("Carrier", "G2", "told twice")
    hard = Finding("Item[7]/type", "G1", "no export", refuses=True)  # is of another kind
    told = gather([*items[:40], other, *items[40:], hard])
    assert told[:2] == tuple(items[:2])
    assert told[2] == replace(items[2], words="no export (and in 47 more places)")
    assert told[3:] == (other, hard)
    assert [one.line for one in gather(items[:MAX_ALIKE])] == [one.line for one in items[:3]]
    endless = gather([items[0]] * MAX_FINDINGS)
    assert endless[-1].words == "no export (and in many more places)"


def test_countries_and_currencies_are_those_of_iso_or_left_to_their_users() -> None:
    record = TransitRecord()
    consignment = record.declaration.dataset.consignment
    consignment.country_of_dispatch = "TR"
    for country in ("XI", "XK", "AA", "QM", "ZZ", "EU", "YU", "ZQ"):
        consignment.houses.add(country_of_dispatch=country)
    guarantee = record.declaration.dataset.guarantees.add()
    for currency in ("EUR", "EYR"):
        guarantee.references.add(currency=currency)
    words = foreign_words(record, {}, IsoTables())
    assert {(one.path.rpartition(".")[0], one.rule) for one in words} == {
        ("declaration.dataset.consignment.houses[7]", "ISO-3166"),
        ("declaration.dataset.guarantees[0].references[1]", "ISO-4217"),
    }


def test_iso_is_asked_where_a_standard_has_no_list_of_its_own_at_hand() -> None:
    place_of = b"<countryOfDestination>"
    country = CC015C.partition(place_of)[2].partition(b"<")[0]
    raw = CC015C.replace(place_of + country, place_of + b"ZQ", 1)
    judging = Judging(iso=IsoTables())
    assert "ISO-3166" in {one.rule for one in check(raw, Options(judging=judging)).warnings}
    with_lists = Judging(Lists(), iso=IsoTables())
    rules = {one.rule for one in check(raw, Options(judging=with_lists)).warnings}
    assert "ISO-3166" not in rules
    sad = (FIXTURES / "asycuda/sad.xml").read_bytes()
    assert check(sad, Options(judging=judging)).accepted


# --- the language of rules --------------------------------------------------------------------

DOCUMENT = Node(
    "M",
    children=[
        Node("a", "5"), Node("d", "2025-03-05"), Node("word", "x7"),
        Node("e", "2025-02-05T23:59:59"),
        Node("G", children=[Node("n", "1"), Node("v", "10.50")]),
        Node("G", children=[Node("n", "2"), Node("v", "2.5")]),
        Node("S", children=[Node("v", "1")]), Node("S", children=[Node("v", "1")]),
    ],
)  # fmt: skip
LETTERS = CodeList("CL1", "x", "2025-01-01", entries={"5": Entry()})


@pytest.mark.parametrize(
    ("predicate", "answer"),
    [
        ("a", True), ("b", False), ("no b", True), ("/G/v", True), ("../a", False),
        ("a is 5|6", True), ("a is 6", False), ("a is @CL1", True), ("a is 6|@CL2", None),
        ("a is 5|@CL2", True), ("word is @CL1", False), ("all G/n is 1|2", True),
        ("all G/n is 1", False), ("all G/n is @CL2", None),
        ("a = 5.0", True), ("a > 4", True), ("a < 5", False), ("a >= 5", True), ("a <= 4", False),
        ("b = 5", None), ("a = b", None), ("d > 2025-03-04", None), ("d = d", True),
        ("word[:1] is x", True), ("word[1:2] = 7", True), ("word[-1:] is 7", True),
        ("count G = 2", True), ("count G > 2", False), ("count b = 0", True),
        ("sum G/v <= 13", None), ("sum G/v > a", True), ("sum G/v <= a", False),
        ("sum b <= a", None), ("sum G/v <= word", None), ("sum word <= a", None),
        ("distinct G/n", True), ("distinct S/v", False), ("ascending G/n", True),
        ("distinct S by v", False), ("distinct G by n+v", True), ("distinct G by b", False),
        ("days to d from e is 28|40", True), ("days to d from e is 40", False),
        ("days to d from word is 28", None), ("days to d from b is 28", None),
        ("days to d from e is @CL2", None),
        ("word among G ( n is @CL2 )", False),
        ("ascending G/v", False), ("counted G/n", True), ("counted S/v", False),
        ("varied G", True), ("varied S", False), ("varied b", False),
        ("word like capitals", False), ("a like capitals", True), ("word like checked", True),
        ("every G ( n )", True), ("every G ( n is 1 )", False), ("some G ( n is 2 )", True),
        ("some G ( n is 3 )", False), ("first G ( n is 1 )", True), ("later G ( n is 2 )", True),
        ("later G ( n is 1 )", False), ("some G ( n is @CL2 )", None),
        ("not a", False), ("not a is @CL2", None), ("a and b", False), ("a or b", True),
        ("a and a is @CL2", None), ("b and a is @CL2", False), ("a or a is @CL2", True),
        ("b or a is @CL2", None), ("(a or b) and not b", True),
    ],
)  # fmt: skip
def test_a_predicate_is_yes_no_or_neither(predicate: str, answer: bool | None) -> None:  # noqa: FBT001
    root = place(DOCUMENT, "M", {"G", "S"})
    assert parse(predicate)(Scene(root, Lists(LETTERS)), root) is answer


@pytest.mark.parametrize(
    "predicate",
    [
        "",
        "a b",
        "( a",
        "a among G n )",
        "distinct G by",
        "every G n )",
        "every G ( n",
        "all a",
        "count G a 2",
        "a is",
        "no",
    ],
)
def test_a_predicate_that_cannot_be_read_is_refused(predicate: str) -> None:
    with pytest.raises(ValueError, match=r"missing|too much|too early|compares nothing"):
        parse(predicate)


def test_a_way_out_of_the_document_leads_nowhere_and_a_root_has_no_number() -> None:
    root = place(DOCUMENT, "M", set())
    scene = Scene(root, NoLists())
    assert parse("../../a")(scene, root) is False
    assert parse("counted .")(scene, root) is True
    assert parse("no ../a")(scene, root.kids["G"][0]) is False
    assert root.kids["G"][0].path == "M/G"
    assert place(DOCUMENT, "M", {"G"}).kids["G"][1].kids["n"][0].path == "M/G[2]/n"


@pytest.mark.parametrize(
    ("which", "answer"), [("n is 1", True), ("n is 2", False), ("n is @CL2", None), ("b", False)]
)
def test_a_text_is_among_those_of_its_likes(which: str, answer: bool | None) -> None:  # noqa: FBT001
    root = place(DOCUMENT, "M", {"G", "S"})
    asked = parse(f"n among ../G ( {which} )")
    assert asked(Scene(root, NoLists()), root.kids["G"][0]) is answer


def test_a_text_is_lone_among_the_likes_of_its_element() -> None:
    root = place(DOCUMENT, "M", {"G", "S"})
    scene = Scene(root, NoLists())
    assert parse("lone v")(scene, root.kids["G"][0]) is True
    assert parse("lone v")(scene, root.kids["S"][1]) is False
    assert parse("lone a")(scene, root) is True
    assert parse("lone b")(scene, root) is True


def test_a_document_of_one_element_is_a_place_too() -> None:
    alone = place(Node("M", "x"), "M", set())
    assert (alone.text, alone.kids, alone.path) == ("x", {}, "M")


def test_a_finding_points_at_the_first_path() -> None:
    assert first_path("not ( all /A/b[:2] is 1 )") == "/A/b"
    assert first_path("count X > 2") == "X"


def test_a_number_too_long_is_no_number() -> None:
    root = place(Node("M", children=[Node("a", "9" * 30), Node("b", "1")]), "M", set())
    assert parse("a > b")(Scene(root, NoLists()), root) is True


@pytest.mark.unmeasured
def test_judging_takes_time_by_the_size_of_a_document_and_not_by_its_square() -> None:
    """Four thousand items, each asking of all the others, and as many offices."""
    item = b"".join((
        b"<ConsignmentItem><goodsItemNumber>%d</goodsItemNumber><declarationGoodsItemNumber>%d",
        b"</declarationGoodsItemNumber><countryOfDestination>ZQ</countryOfDestination><Commodity>",
        b"<descriptionOfGoods>x</descriptionOfGoods></Commodity><Packaging><sequenceNumber>1",
        b"</sequenceNumber><typeOfPackages>BX</typeOfPackages><numberOfPackages>0",
        b"</numberOfPackages><shippingMarks>A1</shippingMarks></Packaging></ConsignmentItem>",
    ))  # fmt: skip
    end = b"</HouseConsignment>"
    office = b"<CustomsOfficeOfTransitDeclared><sequenceNumber>1</sequenceNumber><referenceNumber>"
    office += b"TR%06d</referenceNumber></CustomsOfficeOfTransitDeclared>"
    mark = b"<CustomsOfficeOfDestinationDeclared>"
    lists = Lists(
        types(Unknown.WARN, "T9"), CodeList("CL009", "x", "2025-01-01", entries={"A": Entry()})
    )

    # Numbers that differ: of what is alike, the first alone would be told.
    items = b"".join(item % (number, number) for number in range(2, 4_002))
    many = b"".join(office % number for number in range(4_000))
    raw = CC015C.replace(end, items + end, 1).replace(mark, many + mark, 1)

    def spent(rules: Rules) -> float:
        began = time.process_time()
        ncts.decode(raw, Options(judging=Judging(lists, rules)))
        return time.process_time() - began

    # Judging takes about a third of reading; more than twice as long were it by the square.
    assert min(spent(Rules.WARN) for _ in "12") < 2.2 * min(spent(Rules.OFF) for _ in "12")
