"""The picture of the table of transitions, printed from it."""

from collections.abc import Iterator

from corridor.transit.movement import FINAL, WORDS, State
from corridor.transit.table import TABLE, Row


def state_diagram() -> str:
    """Return the state diagram in Mermaid: one arrow for each pair of states, with its rows."""
    arrows: dict[tuple[State, State], list[str]] = {}
    for row in TABLE:
        for start in sorted(row.start, key=list(State).index) if row.to else ():
            if row.to is not None and start is not row.to:
                arrows.setdefault((start, row.to), []).append(row.number)
    lines = ["stateDiagram-v2"]
    lines += [f'    state "{state.value} {WORDS[state]}" as {state.value}' for state in State]
    lines.append(f"    [*] --> {State.NONE.value}")
    lines += [
        f"    {start.value} --> {end.value}: {', '.join(numbers)}"
        for (start, end), numbers in arrows.items()
    ]
    lines += [f"    {state.value} --> [*]" for state in State if state in FINAL]
    return "\n".join(lines)


def table_rows() -> Iterator[list[str]]:
    """Yield the table: number, record, roles, from, to, guard, effect."""
    for row in TABLE:
        yield [
            row.number,
            row.kind.value,
            _roles(row),
            _states(row.start),
            row.to.value if row.to else "same",
            row.guard.value,
            row.effect.value,
        ]


def _roles(row: Row) -> str:
    names = [role.name.lower() for role in sorted(row.roles)]
    return "anybody" if len(names) > 10 else ", ".join(names)  # noqa: PLR2004 - all but a few


def _states(states: frozenset[State]) -> str:
    if states == frozenset(State):
        return "any"
    return " ".join(state.value for state in State if state in states)
