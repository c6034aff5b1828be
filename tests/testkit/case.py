"""What a case of the vectors is."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from testkit.envelopes import Built, Spec, build

ACCEPTED = "accepted"

_THEN = {
    "hold": ("unknown_sender", "unknown_signer", "directory_unknown"),
    "quarantine": ("wrong_link", "signer_expired", "signer_revoked", "equivocation"),
    "undecryptable": ("key_unknown", "key_expired", "wrap", "stream_position"),
    "verdict": (
        "key_commit",
        "payload_tag",
        "padding",
        "batch",
        "payload_root",
        "lifetime",
    ),
    "deferred": ("created_in_future", "expired"),
}


def then(reason: str) -> str:
    """Return what a receiver does after a refusal: the last column of PROTOCOL §4.2."""
    return next((what for what, reasons in _THEN.items() if reason in reasons), "drop")


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


def as_twins(cases: Iterable[Case]) -> list[Case]:
    """Return cases of suite 2 under names of their own."""
    return [replace(case, name=f"{case.name}-suite2") for case in cases]
