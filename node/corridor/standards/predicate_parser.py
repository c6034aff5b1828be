"""From the text of a predicate to its test: a recursive descent over words.

Rules:

* words are parted by blanks, parentheses need none;
* a predicate that cannot be read is a mistake of ours: the first test that loads its table finds
  it.
"""

from typing import Final

from corridor.standards import predicates as say
from corridor.standards.predicates import FORMS, all_of, any_of, values
from corridor.standards.ways import Test, Way, way

_SIGNS: Final = frozenset({"=", "<", "<=", ">", ">="})
_LONE: Final = {
    "no": say.absent,
    "lone": say.lone,
    "ascending": say.ascending,
    "counted": say.counted,
    "varied": say.varied,
}
_MEASURES: Final = {"count": say.count, "sum": say.total}
_EACH: Final = {
    "every": (all_of, None),
    "some": (any_of, None),
    "first": (all_of, slice(1)),
    "later": (all_of, slice(1, None)),
}


def parse(text: str) -> Test:
    """Return the test that a predicate is.

    Raises:
        ValueError: It cannot be read.
    """
    reader = _Reader(text)
    test = reader.alternatives()
    if reader.words:
        raise ValueError(f"{text!r}: {reader.words[-1]!r} is too much")
    return test


def first_path(text: str) -> str:
    """Return the first path in a predicate, without its cut: what a finding points at."""
    words = text.replace("(", " ( ").replace(")", " ) ").split()
    skipped = {*_LONE, *_MEASURES, *_EACH, "(", "all", "not", "distinct", "days", "to"}
    return next(word for word in words if word not in skipped).partition("[")[0]


class _Reader:
    """The words of a predicate, the next one last."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.words = text.replace("(", " ( ").replace(")", " ) ").split()[::-1]

    def alternatives(self) -> Test:
        tests = [self.conjunction()]
        while self.took("or"):
            tests.append(self.conjunction())
        return say.joined(tests, any_of)

    def conjunction(self) -> Test:
        tests = [self.factor()]
        while self.took("and"):
            tests.append(self.factor())
        return say.joined(tests, all_of)

    def factor(self) -> Test:
        word = self.next()
        if word == "not":
            return say.negated(self.factor())
        if word == "(":
            test = self.alternatives()
            self.must(")")
            return test
        if word in _EACH:
            at = way(self.next())
            self.must("(")
            inner = self.alternatives()
            self.must(")")
            return say.each(at, inner, *_EACH[word])
        return self.statement(word)

    def statement(self, word: str) -> Test:
        if word == "distinct":
            at = way(self.next())
            return say.distinct_by(at, self.next()) if self.took("by") else say.distinct(at)
        if word == "days":
            return self.days()
        if word in _LONE:
            return _LONE[word](way(self.next()))
        if word in _MEASURES:
            return _MEASURES[word](way(self.next()), self.sign(), self.next())
        if word == "all":
            at = way(self.next())
            self.must("is")
            return say.all_are(at, values(self.next()))
        return self.said_of(way(word))

    def days(self) -> Test:
        self.must("to")
        to = way(self.next())
        self.must("from")
        since = way(self.next())
        self.must("is")
        return say.days(to, since, values(self.next()))

    def said_of(self, at: Way) -> Test:
        if self.took("is"):
            return say.one_is(at, values(self.next()))
        if self.took("among"):
            others = way(self.next())
            self.must("(")
            inner = self.alternatives()
            self.must(")")
            return say.among(at, others, inner)
        if self.took("like"):
            return say.like(at, FORMS[self.next()])
        if self.words and self.words[-1] in _SIGNS:
            return say.compared(at, self.sign(), self.next())
        return say.present(at)

    def sign(self) -> str:
        word = self.next()
        if word not in _SIGNS:
            raise ValueError(f"{self.text!r}: {word!r} compares nothing")
        return word

    def took(self, word: str) -> bool:
        """Take the next word if it is this one."""
        if self.words and self.words[-1] == word:
            self.words.pop()
            return True
        return False

    def must(self, word: str) -> None:
        if not self.took(word):
            raise ValueError(f"{self.text!r}: {word!r} is missing")

    def next(self) -> str:
        if not self.words:
            raise ValueError(f"{self.text!r}: it ends too early")
        return self.words.pop()
