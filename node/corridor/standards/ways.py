"""Paths of predicates: where they lead in a document, and what was asked there before.

Rules:

* a way leads down from an element, from one around it (`..`), or from the root (`/`);
* what hangs on nothing but the place that a way leads from is asked once for each such place, so
  that ten thousand items that ask the same of their house cost ten thousand and not their square.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeVar

from corridor.standards.judging import Lists
from corridor.standards.places import Place, below

Answer = bool | None
T = TypeVar("T")


@dataclass(slots=True)
class Scene:
    """One document under judgement.

    Attributes:
        root: The document.
        lists: Code lists at hand.
        day: The day of the message; "" where it says none.
        found: What absolute ways led to, so that each is walked once.
        answers: What was answered about an element before.
    """

    root: Place
    lists: Lists
    day: str = ""
    found: dict[tuple[str, ...], list[Place]] = field(default_factory=dict)
    answers: dict[tuple[object, Place | None], Any] = field(default_factory=dict)


Test = Callable[[Scene, Place], Answer]


class Way(NamedTuple):
    """A path of a predicate."""

    absolute: bool
    ups: int
    steps: tuple[str, ...]
    cut: slice | None

    def find(self, scene: Scene, here: Place) -> list[Place]:
        """Return the places it leads to."""
        if self.absolute:
            found = scene.found.get(self.steps)
            if found is None:
                found = scene.found[self.steps] = below(scene.root, self.steps)
            return found
        at = self.base(scene, here)
        if at is None:
            return []
        if len(self.steps) == 1:  # most of them
            return at.kids.get(self.steps[0], _NOTHING)
        return below(at, self.steps)

    def base(self, scene: Scene, here: Place) -> Place | None:
        """Return the element from which the way leads down; None where it leads out."""
        at: Place | None = scene.root if self.absolute else here
        for _ in range(self.ups):
            at = None if at is None else at.up
        return at

    @property
    def shared(self) -> bool:
        """Whether several elements ask the same of it."""
        return self.absolute or self.ups > 0

    def texts(self, scene: Scene, here: Place) -> list[str]:
        """Return the texts there, cut as the path says."""
        found = self.find(scene, here)
        if self.cut is None:
            return [one.text for one in found]
        return [one.text[self.cut] for one in found]


_NOTHING: Final[list[Place]] = []
_CUT: Final = re.compile(r"(.+)\[(-?\d*):(-?\d*)\]")


def way(text: str) -> Way:
    """Return the path that is written so."""
    cut = _CUT.fullmatch(text)
    piece = None
    if cut is not None:
        text = cut[1]
        piece = slice(*(int(end) if end else None for end in (cut[2], cut[3])))
    steps = [step for step in text.split("/") if step not in {"", "."}]
    ups = 0
    while steps and steps[0] == "..":
        ups += 1
        del steps[0]
    return Way(text.startswith("/"), ups, tuple(steps), piece)


def remembered(at: Way, ask: Callable[[Scene, Place], T]) -> Callable[[Scene, Place], T]:
    """Ask what hangs on the elements of a way alone once for each place that it leads from."""
    if not at.shared:
        return ask
    question = object()

    def asked(scene: Scene, here: Place) -> T:
        key = question, at.base(scene, here)
        try:
            answer: T = scene.answers[key]
        except KeyError:
            answer = scene.answers[key] = ask(scene, here)
        return answer

    return asked
