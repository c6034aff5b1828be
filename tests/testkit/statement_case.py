"""What a case of statements.json is."""

from dataclasses import dataclass, field

from testkit.envelopes import Signer
from testkit.statement_world import GENESIS, right
from testkit.trust import Statement, frame
from testkit.world import NOW_MS

ADOPTED, KNOWN = "adopted", "known"

ROOTED = ("root-1",)
LISTED = ("root-1", "directory-1")
LENT = ("root-1", "directory-1", "delegation-ge-1", "delegation-tr-1")
ALL_HELD = (*LENT, "bundle-ge-1", "bundle-tr-1")
STANDS_ON = {
    "root": (),
    "directory": ROOTED,
    "agreement": LISTED,
    "delegation": LISTED,
    "bundle": LENT,
}
"""What a node holds when the first statement of a kind comes, by kind."""


@dataclass(frozen=True)
class Step:
    """One statement that arrives."""

    frame: bytes
    expect: str
    """`ADOPTED`, `KNOWN` or the label of a reason."""
    now_ms: int = NOW_MS
    appended_zeros: int = 0


@dataclass(frozen=True)
class Ask:
    """A question to whoever holds the statements, and the answer."""

    ask: str
    """signer, sealing_key, accepts, authorises or control_allowed."""
    given: dict[str, object]
    expect: object
    """Bytes in hexadecimal, a truth value, or the label of a reason."""


@dataclass(frozen=True)
class StatementCase:
    """What is held, what arrives, and what comes of it."""

    name: str
    title: str
    section: str
    held: tuple[str, ...]
    steps: tuple[Step, ...]
    lab: bool = False
    genesis: bytes = GENESIS
    asks: tuple[Ask, ...] = field(default=())


def one(  # noqa: PLR0913, PLR0917 - a row of a table
    name: str,
    title: str,
    section: str,
    expect: str,
    data: bytes,
    held: tuple[str, ...],
    *,
    now_ms: int = NOW_MS,
    genesis: bytes = GENESIS,
    lab: bool = False,
    appended_zeros: int = 0,
) -> StatementCase:
    """Return a case of one frame."""
    step = Step(data, expect, now_ms, appended_zeros)
    return StatementCase(name, title, section, held, (step,), lab, genesis)


def wrong(  # noqa: PLR0913 - a row of a table
    name: str,
    title: str,
    section: str,
    expect: str,
    statement: Statement,
    *signers: Signer,
    held: tuple[str, ...] | None = None,
    now_ms: int = NOW_MS,
) -> StatementCase:
    """Return a case of one statement, signed by those who may unless others are named."""
    data = frame(statement, *signers) if signers else right(statement)
    base = STANDS_ON[statement.kind] if held is None else held
    return one(name, title, section, expect, data, base, now_ms=now_ms)
