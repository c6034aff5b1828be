"""What a case of the vectors is."""

from dataclasses import dataclass, field

from testkit.envelopes import Built, Spec, build

ACCEPTED = "accepted"


@dataclass(frozen=True)
class Case:
    """One frame and what a receiver of the world makes of it."""

    name: str
    title: str
    step: str
    expect: str
    """Label of the reason, or `ACCEPTED`."""
    frame: bytes
    built: Built | None = None
    spec: Spec | None = None
    min_suite: int = 1
    link: str = "GE"
    appended_zeros: int = 0
    """Zero bytes that follow `frame` and are not written out."""
    notes: dict[str, str] = field(default_factory=dict)

    @property
    def whole(self) -> bytes:
        """The frame with the zeros."""
        return self.frame + bytes(self.appended_zeros)


def accepted(name: str, title: str, spec: Spec) -> Case:
    """Return a right envelope."""
    built = build(spec)
    return Case(name, title, "R16", ACCEPTED, built.frame, built, spec)


def refused(  # noqa: PLR0913 - a row of a table
    name: str,
    title: str,
    step: str,
    expect: str,
    spec: Spec,
    *,
    min_suite: int = 1,
    link: str = "GE",
    appended_zeros: int = 0,
) -> Case:
    """Return an envelope that is wrong in one way."""
    built = build(spec)
    return Case(
        name, title, step, expect, built.frame, built, spec, min_suite, link, appended_zeros
    )
