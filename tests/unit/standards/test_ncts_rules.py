"""Each rule that is said to be evaluated is kept by one document and broken by another."""

import re

import pytest
from ncts_guideline_cases import GUIDELINE_CASES
from ncts_office_cases import OFFICE_CASES
from ncts_rule_cases import CASES, LISTS, SHORT, Case
from ncts_value_cases import VALUE_CASES

from corridor.standards import predicate_parser
from corridor.standards.codelist import CodeList, Entry
from corridor.standards.ncts.judge import PUBLISHED, RULES, _many
from corridor.standards.ncts.releases import P5
from corridor.standards.ncts.rule_classes import UNEVALUATED, WHY
from corridor.standards.ncts.rule_uses import RULES_OF
from corridor.standards.places import place
from corridor.standards.predicate_parser import parse
from corridor.standards.rows import rows
from corridor.standards.rules import EVERYWHERE, Rule, broken
from corridor.standards.tree import Node
from corridor.standards.ways import Scene, Way, way

ALL = (*CASES, *VALUE_CASES, *OFFICE_CASES, *GUIDELINE_CASES)
STEP = re.compile(r"([A-Za-z0-9]+)(?:\[(\d+)\])?")


class Few:
    """The lists of the cases."""

    def named(self, number: str, _day: str, /) -> CodeList | None:
        codes = LISTS.get(number)
        entries = {code: Entry() for code in codes.split()} if codes else {}
        return CodeList(number, "x", "2025-01-01", entries=entries) if codes else None


def document(text: str) -> Node:
    """Make the document that a case writes down."""
    root = Node("M")
    for told in text.split():
        path, _, value = told.partition("=")
        first, slash, rest = path.partition("/")
        short, _, number = first.partition("[")
        long = SHORT.get(short, short) + (f"[{number}" if number else "")
        at = root
        for step in (long + slash + rest).split("/"):
            found = STEP.fullmatch(step)
            assert found is not None
            same = [child for child in at.children if child.name == found[1]]
            while len(same) < int(found[2] or 1):
                same.append(Node(found[1]))
                at.children.append(same[-1])
            at = same[int(found[2] or 1) - 1]
        at.text = value
    return root


def scene(message: str, text: str) -> Scene:
    return Scene(place(document(text), message, _many(message)), Few(), "2025-03-05")


def rules(name: str) -> list[Rule]:
    return [rule for rule in RULES if rule.id == name]


def asked(name: str, at: Scene) -> bool:
    """Whether a rule demanded something of a document, and found it."""
    for rule in rules(name):
        if rule.each == EVERYWHERE:
            return True
        places = [one for path in rule.each.split() for one in way(path).find(at, at.root)]
        for here in places if rule.each else [at.root]:
            for when, must in rule.cases:
                if not when or parse(when)(at, here):
                    if must and parse(must)(at, here):
                        return True
                    break
    return False


def test_each_rule_that_is_said_to_be_evaluated_has_a_case_and_a_message() -> None:
    known = {rule.id for rule in RULES}
    assert {case.rule for case in ALL} == known
    assert {name for ids in RULES_OF.values() for name in ids} == known
    assert RULES_OF.keys() <= P5.messages.keys()


def test_each_published_rule_is_evaluated_or_is_not_for_one_reason() -> None:
    known = {rule.id for rule in RULES}
    assert len(WHY) == sum(len(one.ids) for one in UNEVALUATED)
    assert not known & WHY.keys()
    assert len(known) + len(WHY) == PUBLISHED


@pytest.mark.parametrize("case", ALL, ids=lambda case: f"{case.rule}-{case.message}")
def test_a_rule_is_kept_by_one_document_and_broken_by_another(case: Case) -> None:
    assert case.rule in RULES_OF[case.message]
    good, bad = scene(case.message, case.keeps), scene(case.message, case.breaks)
    assert asked(case.rule, good), "it demands nothing of the document that keeps it"
    assert [one.path for one in broken(rules(case.rule), good, refuses=False)] == []
    found = list(broken(rules(case.rule), bad, refuses=True))
    assert {one.rule for one in found} == {case.rule}
    assert all(one.refuses is not case.rule.startswith("G") for one in found)
    assert all(one.path.startswith(case.message) for one in found)


@pytest.mark.parametrize(
    ("rule", "message", "text"),
    [
        ("R0410", "CC028C", "TO/MRN=23TR3401004B7KQ2A4"),  # of Phase 4: its letter says nothing
        ("B2400", "CD003C", "messageType=CD003C INC/code=1"),  # an office registered it
    ],
)
def test_a_rule_demands_nothing_of_what_it_is_not_about(rule: str, message: str, text: str) -> None:
    assert rule in RULES_OF[message]
    at = scene(message, text)
    assert list(broken(rules(rule), at, refuses=True)) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_the_elements_of_a_rule_are_elements_of_its_messages(
    rule: Rule, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: set[str] = set()

    def noted(text: str) -> Way:
        made = way(text)
        said.update(made.steps)
        return made

    monkeypatch.setattr(predicate_parser, "way", noted)
    for predicate in (one for case in rule.cases for one in case if one):
        parse(predicate)
    each = [] if rule.each == EVERYWHERE else rule.each.split()
    said.update(step for path in each for step in way(path).steps)
    there = {
        step
        for name, ids in RULES_OF.items()
        if rule.id in ids
        for row in rows(P5.messages[name])
        for step in row.element.split("/")
    }
    assert said - there <= {"CTLControl"}  # that stands in the schema of one country only


def test_a_rule_that_needs_a_list_is_silent_without_it() -> None:
    class Nothing:
        def named(self, _number: str, _day: str, /) -> None:
            return None

    for case in ALL:
        needs = [rule for rule in rules(case.rule) if rule.lists]
        bad = scene(case.message, case.breaks)
        bad.lists = Nothing()
        with_list = list(broken(needs, scene(case.message, case.breaks), refuses=False))
        without = list(broken(needs, bad, refuses=False))
        assert {one.path for one in without} <= {one.path for one in with_list}
