"""Writes errors.md from the code: every exit status, every error, every reason of refusal.

    python docs/manual/generate_errors.py           write the page
    python docs/manual/generate_errors.py --check   exit 1 where it differs

The numbers, names and blame come from `corridor.errors`, the words for people from reasons.toml.
"""

import inspect
import sys
import tomllib
from pathlib import Path

from corridor import errors
from corridor.errors import CorridorError, ExitStatus, Reason

HERE = Path(__file__).parent
PAGE = HERE / "errors.md"

INTRODUCTION = """\
# Errors, reasons and exit statuses

Written by `docs/manual/generate_errors.py` from `corridor/errors.py` and `reasons.toml`.

Corridor never refuses without a name. A reason has one number on the wire and one label, which is
the same word in the receipt, in the metric `corridor_refused_total{reason=...}`, in the log and on
this page. What is merely early is held and judged again; what is refused has had no other effect.
"""

# First number of each group of reasons, and its heading.
GROUPS = {
    100: "Frame and envelope",
    140: "Stream",
    200: "Trust and authority",
    300: "Content of a record",
    320: "Time",
    500: "For now",
}

EXITS = {
    ExitStatus.OK: "done",
    ExitStatus.FAILED: "not done; the message says why",
    ExitStatus.USAGE: "the command line itself is wrong",
    ExitStatus.CONFIGURATION: "the configuration is wrong; every fault is listed",
    ExitStatus.BROKER: "the broker, or the node, does not answer",
    ExitStatus.TRUST: "a key, a signature or the trust directory",
    ExitStatus.QUARANTINED: "done, but some records were refused or put aside",
    ExitStatus.THRESHOLD: "done, but a limit that was asked for was missed",
    ExitStatus.INTERRUPTED: "interrupted",
}


def all_errors(base: type[CorridorError] = CorridorError) -> list[type[CorridorError]]:
    """Return the error tree of `corridor.errors`, parents before their children."""
    found = [base] if base.__module__ == errors.__name__ else []
    for child in base.__subclasses__():
        found += all_errors(child)
    return found


def table(heads: list[str], rows: list[list[str]]) -> str:
    """Write a Markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def reasons_of(first: int, words: dict[str, list[str]]) -> list[list[str]]:
    """Rows of the group of reasons that begins with number `first`."""
    ends = [number for number in GROUPS if number > first]
    group = [reason for reason in Reason if first <= reason < min(ends, default=1000)]
    return [[str(int(reason)), f"`{reason.label}`", *words[reason.name]] for reason in group]


def page() -> str:
    """Return the whole page; KeyError or ValueError where reasons.toml and the code differ."""
    words = tomllib.loads((HERE / "reasons.toml").read_text())
    if unknown := words.keys() - {reason.name for reason in Reason}:
        message = f"reasons.toml explains what does not exist: {sorted(unknown)}"
        raise ValueError(message)
    parts = [INTRODUCTION, "## Exit statuses\n"]
    parts.append(table(["status", "meaning"], [[str(int(e)), EXITS[e]] for e in ExitStatus]))
    parts.append("## Errors\n")
    rows = [
        [
            f"`{error.code}`",
            (inspect.getdoc(error) or "").split("\n")[0],
            error.blame.value,
            "yes" if error.retryable else "no",
            str(int(error.exit_status)),
        ]
        for error in all_errors()
    ]
    parts.append(table(["code", "meaning", "who acts", "worth trying again", "exit"], rows))
    for first, heading in GROUPS.items():
        parts.append(f"## Reasons: {heading}\n")
        heads = ["number", "reason", "meaning", "what to do"]
        parts.append(table(heads, reasons_of(first, words)))
    return "\n".join(parts)


def main(arguments: list[str]) -> int:
    """Write the page, or compare it."""
    if "--check" in arguments:
        return 0 if PAGE.read_text() == page() else 1
    PAGE.write_text(page())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
