"""The small language in which rules of a standard are written down, and its evaluation.

    /TransitOperation/security is 1|2|3 and no TransportCharges
    every /Consignment/HouseConsignment ( grossMass >= 1 )

Rules:

* a predicate is text, so that a rule is a row of a table that people can read and tools can print;
* a path leads from the element that the rule is about, or with `/` in front from the root; `..` is
  the element around it; `[0:2]` takes characters of the text;
* what is asked of the same elements again (of the root by each of ten thousand items) is answered
  from memory: judging takes time by the size of a document, not by its square;
* where a predicate needs a code list that is not at hand, or compares what is not there, the answer
  is neither yes nor no (None), and a rule that depends on it is silent.

| written | holds if |
| --- | --- |
| `P` / `no P` | there is such an element / there is none |
| `P is A|B|@CL010` | one of them has one of the values, or a value of the list |
| `all P is A|B` | each of them has |
| `P like form` | one of them has a form of `FORMS` |
| `P = Q`, `P = 5` | one of P and one of Q are equal, as numbers where they are such |
| `P <= Q`, `P > 0` ... | it holds of one of P and of Q, which has to be one alone |
| `count P <= 3`, `sum P <= Q` | so many of them, their sum |
| `distinct P` | no two of them have the same text |
| `distinct P by a+b` | no two of them have the same children a and b |
| `lone P` | its text is that of no like of the element around it |
| `K among P ( E )` | K has the text of the same child of one of P of which E holds |
| `days to P from Q is A|B` | so many days lie between the two |
| `ascending P` | their texts are 1, 2, 3 ... |
| `varied P` | not all of them say the same, sequence numbers aside |
| `counted P` | its text is the number of the element around it among its like |
| `every P ( E )`, `some P ( E )` | E holds of each of them, of one |
| `first P ( E )`, `later P ( E )` | E holds of the first, of each but the first |
| `not E`, `E and E`, `E or E`, `( E )` | |
"""

import operator
import re
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from typing import Any, Final, NamedTuple

from corridor.standards.codelist import Standing
from corridor.standards.places import Place, below
from corridor.standards.ways import Answer, Scene, Test, Way, remembered, way
from corridor.transit.identifiers import Grn, Mrn


def _form(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern, re.ASCII)
    return lambda text: compiled.fullmatch(text) is not None


def _checked(text: str) -> bool:
    """Whether the check digit of an MRN or GRN is right; what is neither has none."""
    for kind in (Mrn, Grn):
        if kind.form.fullmatch(text):
            return kind(text).check_digit_holds
    return True


FORMS: Final[dict[str, Callable[[str], bool]]] = {
    "an17": _form(r"[A-Z0-9]{17}"),
    "an24": _form(r"[A-Z0-9]{24}"),
    "authority": _form(r"N(TA|ECA)[.][A-Z]{2}"),
    "capitals": _form(r"[^a-z]*"),
    "carnet": _form(r"[A-Z0-9]{10,11}"),
    "checked": _checked,
    "common_domain": _form(r"CD[0-9]{3}[A-Z]"),
    "eori": _form(r"[A-Z]{2}[!-~]{1,15}"),
    "export_mrn": _form(r"[0-9]{2}[A-Z]{2}[A-Z0-9]{12}[ABE][0-9]"),
    "codelist": _form(r"CL[0-9]{3}"),
    "condition": _form(r"[CT][0-9]{4}"),
    "constraint": _form(r"[EB][0-9]{4}"),
    "flight": _form(r"[A-Z0-9]{1,3}[0-9]{4}[A-Za-z]?"),
    "rule": _form(r"[RT][0-9]{4}"),
    "short17": _form(r".{0,17}"),
    "to_mrn": _form(r".*MRN.*"),
    "to_root": _form(r"/?(ncts:)?C[CD][0-9]{3}[A-Z].*"),
    "to_series": _form(r".*SeriesElements.*"),
}
"""Forms of a text that a rule may ask for."""
SEQUENCE: Final = "sequenceNumber"

# --- what may be said of a path ---------------------------------------------------------------


def present(at: Way) -> Test:
    """Ask whether there is something."""
    return lambda scene, here: bool(at.find(scene, here))


def absent(at: Way) -> Test:
    """Ask whether there is nothing."""
    return lambda scene, here: not at.find(scene, here)


class Values(NamedTuple):
    """Values and code lists."""

    plain: frozenset[str]
    lists: tuple[str, ...]

    def hold(self, text: str, scene: Scene) -> Answer:
        """Say whether a text is one of them."""
        if text in self.plain:
            return True
        answer: Answer = False
        for number in self.lists:
            codes = scene.lists.named(number, scene.day)
            if codes is None:
                answer = None
            elif codes.standing(text, scene.day) is Standing.VALID:
                return True
        return answer


def values(text: str) -> Values:
    """Return the values that are written so."""
    parts = text.split("|")
    return Values(
        frozenset(part for part in parts if not part.startswith("@")),
        tuple(part[1:] for part in parts if part.startswith("@")),
    )


def one_is(at: Way, among: Values) -> Test:
    """Ask whether one of the texts is among the values."""
    if not among.lists:
        return remembered(at, lambda scene, here: not among.plain.isdisjoint(at.texts(scene, here)))
    return remembered(
        at, lambda scene, here: any_of(among.hold(text, scene) for text in at.texts(scene, here))
    )


def all_are(at: Way, among: Values) -> Test:
    """Ask whether all of the texts are among the values."""
    return remembered(
        at, lambda scene, here: all_of(among.hold(text, scene) for text in at.texts(scene, here))
    )


def like(at: Way, form: Callable[[str], bool]) -> Test:
    """Ask whether one of the texts has a form."""
    return remembered(at, lambda scene, here: any(form(text) for text in at.texts(scene, here)))


_COMPARE: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_NUMBER: Final = re.compile(r"-?[0-9]+([.][0-9]+)?", re.ASCII)


def _number(text: str) -> Decimal | None:
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def _value(text: str) -> Decimal | str:
    return Decimal(text) if _NUMBER.fullmatch(text) else text


def _pair(one: str, other: str, sign: str) -> bool:
    """Compare as numbers where both are, else as text: days and times compare so too."""
    a, b = _number(one), _number(other)
    if a is None or b is None:
        return _COMPARE[sign](one, other)
    return _COMPARE[sign](a, b)


def compared(at: Way, sign: str, operand: str) -> Test:
    """Ask whether a comparison holds of one of the texts; None where one is missing."""
    if _NUMBER.fullmatch(operand):
        return _measured(at, sign, lambda _scene, _here: [operand])
    to = way(operand)
    if sign != "=":
        return _measured(at, sign, to.texts)
    values_there = remembered(
        to, lambda scene, here: frozenset(_value(text) for text in to.texts(scene, here))
    )

    def test(scene: Scene, here: Place) -> Answer:
        ones, others = at.texts(scene, here), values_there(scene, here)
        if not ones or not others:
            return None
        return any(_value(one) in others for one in ones)

    return test


def _measured(at: Way, sign: str, to: Callable[[Scene, Place], list[str]]) -> Test:
    def test(scene: Scene, here: Place) -> Answer:
        ones, others = at.texts(scene, here), to(scene, here)
        if not ones or len(others) != 1:
            return None
        return any(_pair(one, others[0], sign) for one in ones)

    return test


def count(at: Way, sign: str, operand: str) -> Test:
    """Ask how many there are."""
    return lambda scene, here: _pair(str(len(at.find(scene, here))), operand, sign)


def total(at: Way, sign: str, operand: str) -> Test:
    """Ask for the sum of the texts; None where one of them is no number."""
    to = way(operand)

    def test(scene: Scene, here: Place) -> Answer:
        numbers = [_number(text) for text in at.texts(scene, here)]
        limits = [_number(text) for text in to.texts(scene, here)]
        if not numbers or len(limits) != 1 or None in numbers or limits[0] is None:
            return None
        total = sum((one for one in numbers if one is not None), Decimal())
        return _COMPARE[sign](total, limits[0])

    return test


def distinct(at: Way) -> Test:
    """Ask whether no text stands there twice."""

    def test(scene: Scene, here: Place) -> Answer:
        texts = at.texts(scene, here)
        return len(set(texts)) == len(texts)

    return test


def distinct_by(at: Way, names: str) -> Test:
    """Ask whether no two have the same in all of these children, whose names are parted by +."""
    children = names.split("+")

    def test(scene: Scene, here: Place) -> Answer:
        told = [
            tuple(tuple(kid.text for kid in one.kids.get(name, ())) for name in children)
            for one in at.find(scene, here)
        ]
        return len(set(told)) == len(told)

    return test


def lone(at: Way) -> Test:
    """Ask whether no like of the element around it says the same."""
    question = object()

    def told(scene: Scene, around: Place) -> Counter[str]:
        key = (question, around.name), around.up
        if key not in scene.answers:
            likes = around.up.kids[around.name] if around.up is not None else [around]
            texts = (one.text for like in likes for one in below(like, at.steps))
            scene.answers[key] = Counter(texts)
        known: Counter[str] = scene.answers[key]
        return known

    def test(scene: Scene, here: Place) -> Answer:
        counts = told(scene, here)
        return all(counts[one.text] == 1 for one in at.find(scene, here))

    return test


def among(key: Way, at: Way, test: Test) -> Test:
    """Ask whether one of the texts is that of the same child of a place for which a test holds."""

    def collect(scene: Scene, here: Place) -> tuple[frozenset[str], frozenset[str]]:
        sure: set[str] = set()
        perhaps: set[str] = set()
        for one in at.find(scene, here):
            answer = test(scene, one)
            if answer is not False:
                (sure if answer else perhaps).update(key.texts(scene, one))
        return frozenset(sure), frozenset(perhaps)

    known = remembered(at, collect)

    def asked(scene: Scene, here: Place) -> Answer:
        sure, perhaps = known(scene, here)
        texts = key.texts(scene, here)
        if not sure.isdisjoint(texts):
            return True
        return False if perhaps.isdisjoint(texts) else None

    return asked


def days(to: Way, since: Way, among: Values) -> Test:
    """Ask whether so many days lie between two dates or times; None where one is none."""

    def test(scene: Scene, here: Place) -> Answer:
        ends = [_day(text) for at in (to, since) for text in at.texts(scene, here)[:1]]
        if len(ends) < 2 or None in ends:  # noqa: PLR2004 (both)
            return None
        last, first = (end for end in ends if end is not None)
        return among.hold(str((last - first).days), scene)

    return test


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def ascending(at: Way) -> Test:
    """Ask whether the texts count from 1."""

    def test(scene: Scene, here: Place) -> Answer:
        return all(text == str(n) for n, text in enumerate(at.texts(scene, here), 1))

    return test


def counted(at: Way) -> Test:
    """Ask whether the text is the number of the element around it, from 1."""

    def test(scene: Scene, here: Place) -> Answer:
        return all(
            one.up is None or one.text == str(one.up.number or 1) for one in at.find(scene, here)
        )

    return test


def varied(at: Way) -> Test:
    """Ask whether not all say the same."""

    def test(scene: Scene, here: Place) -> Answer:
        found = at.find(scene, here)
        return any(not one.same(found[0], SEQUENCE) for one in found[1:])

    return test


# --- putting together -------------------------------------------------------------------------


def any_of(answers: Iterable[Answer]) -> Answer:
    """Say whether one of them is yes; None where that hangs on one that is not known."""
    known: Answer = False
    for answer in answers:
        if answer:
            return True
        if answer is None:
            known = None
    return known


def all_of(answers: Iterable[Answer]) -> Answer:
    """Say whether all of them are yes; None where that hangs on one that is not known."""
    known: Answer = True
    for answer in answers:
        if answer is False:
            return False
        if answer is None:
            known = None
    return known


def negated(test: Test) -> Test:
    """Ask for the opposite."""

    def opposite(scene: Scene, here: Place) -> Answer:
        answer = test(scene, here)
        return None if answer is None else not answer

    return opposite


def joined(tests: list[Test], join: Callable[[Iterable[Answer]], Answer]) -> Test:
    """Ask several tests at once."""
    if len(tests) == 1:
        return tests[0]
    return lambda scene, here: join(test(scene, here) for test in tests)


def each(
    at: Way, test: Test, join: Callable[[Iterable[Answer]], Answer], part: slice | None = None
) -> Test:
    """Ask a test of each place, or of a part of them."""
    if part is None:
        return remembered(
            at, lambda scene, here: join(test(scene, one) for one in at.find(scene, here))
        )
    return remembered(
        at, lambda scene, here: join(test(scene, one) for one in at.find(scene, here)[part])
    )
