"""Writes the pages of the manual that the code already knows by heart.

    python docs/manual/generate.py           write the pages
    python docs/manual/generate.py --check   exit 1 where one differs
    python docs/manual/generate.py errors.md only that one

Numbers, names, defaults and blame come from the code; the words for people who have to act on a
reason come from corridor/reasons.toml.
"""

import dataclasses
import inspect
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from alerts_page import alerts_page  # type: ignore[import-not-found]  # beside this script
from capacity_page import capacity_page  # type: ignore[import-not-found]  # beside this script
from http_page import http_page  # type: ignore[import-not-found]  # beside this script
from judging_page import judging_page  # type: ignore[import-not-found]  # beside this script
from mapping_page import mapping_page  # type: ignore[import-not-found]  # beside this script
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from standards_pages import (  # type: ignore[import-not-found]  # beside this script
    asycuda_page,
    edifact_page,
    wco_page,
)

from corridor import errors
from corridor.cli.main import cli
from corridor.daemon.config import NodeConfig
from corridor.daemon.metric_words import kinds_of_reasons
from corridor.errors import CorridorError, ExitStatus, Reason
from corridor.standards.ncts.messages import messages as ncts_messages
from corridor.standards.rows import rows
from corridor.transit.diagram import state_diagram, table_rows
from corridor.transit.movement import FINAL, WORDS, State
from corridor.transit.timers import HOUR_MS, Timers

TESTS = Path(__file__).resolve().parents[2] / "tests"
sys.path.insert(0, str(TESTS))  # their cases are what one page is made of
from testkit.bad_input import CASES  # noqa: E402 - found there only
from testkit.http_bad_input import BAD as HTTP_CASES  # noqa: E402 - found there only

HERE = Path(__file__).parent

ERRORS = """\
# Errors, reasons and exit statuses

Written by `docs/manual/generate.py` from `corridor/errors.py` and `corridor/reasons.toml`.

Corridor never refuses without a name. A reason has one number on the wire and one label, which is
the same word in the receipt, in the log, in `corridor status` and on this page. Metrics count
reasons that call for the same act under [one word](#in-metrics). What is merely early is held and
judged again; what is refused has had no other effect.
"""

IN_METRICS = """\
## In metrics

A metric has a series for each partner and reason, so reasons that call for the same act are
counted under one word; every other reason under its own name, and what is in no such set as
`other`. The log (`frame.refused`, `record.refused`), `corridor status` and
`corridor quarantine list` keep the precise reason.
"""

CONFIGURATION = """\
# Configuration

Written by `docs/manual/generate.py` from `corridor/daemon/config_sections.py`.

One TOML file. Unknown keys are refused, and all faults are reported at once, each with its path.
Relative paths start at the folder of the file. A variable `CORRIDOR__SECTION__KEY` in the
environment stands over the file. No secret stands in either: keys and passphrases are files, or
systemd credentials.
"""

NCTS = """\
# NCTS Phase 5

Written by `docs/manual/generate.py` from the tables in `corridor/standards/ncts`.

The messages on this page are read and written: `corridor send message.xml --to GE`, and
`corridor standards check` says beforehand how a file is read. Codes, decimals, dates and sequence
numbers keep the characters of the sender. An element that has no row here, for example
one of a newer release, travels word for word in the record's residual and comes back at its place.
An empty or broken value is refused by the path of its element, facts aside, which keep any text of
at most 512 characters; nothing is made up for one that is missing.

All 91 messages of Phase 5 are here. These belong to no movement, or to another system than a
partner's, and yet have a record each:

| messages | record |
| --- | --- |
| CC026C, CC224C to CC231C: guarantees registered, changed, ended | `guarantee_notice` |
| CC034C, CC037C: what is known of a guarantee | `exchange.query`, `exchange.query_response` |
| CC040C, CC042C, CC048C, CC190C, CC191C, CD078C: exports that go on under transit | \
that of the same event in transit; the export declarations in `exports` |
| CD070C, CD071C, CD971C, CD411D, CD903D: absences of systems, counts, warnings about messages | \
`exchange.service_notice` |
| CD974C, CD975C: whether a system is there | `exchange.query`, `exchange.query_response` |
| CC906C, CD906C, CC917C, CD917C: technical refusals | `exchange.acknowledgement` |

What an office of guarantee registers and no movement needs is a fact of its reference, under the
path of its element. CC026C carries codes of access: they go to the country of the office of
guarantee only, and the record claims no role, because a holder writes no notices of guarantees.
A record that was made elsewhere becomes a message that can say all of it, where one can.

The elements of a consignment stand under CC015C; the other messages carry the same tree or a part
of it, in the field `consignment` of their own body, and list here only what is theirs alone.
"""

MOVEMENTS = """\
# Movements

Written by `docs/manual/generate.py` from `corridor/transit/table.py` and
`corridor/transit/timers.py`.

A movement is what its records say of it. Every country folds the records it sent and received, and
all that have the same records see the same state, in whatever order they came and however often.
`corridor movement show MRN` prints it; `corridor movement enquire MRN` shows what may be asked.

- What arrives too early is **parked** and applied when its predecessor is there; meanwhile the
  office of departure can be asked for it. After a time limit its sender is told (code 90 or 92).
- What comes after the end is kept and flagged **late**; what would have had to come before
  something that has happened, **out of place**.
- Whoever does not hold the role it claims for this movement is flagged **not entitled**, and
  refused by name: a quarter of an hour later the node sends an Acknowledgement (code 12,
  `role_not_held`) by itself, unless a diversion or an answer let the sender in meanwhile
  (`movements.stranger_h`, `movements.refuse_strangers`). Who holds which role follows from the
  itinerary that was released, and from what the office of departure admitted later.
- Incidents, transhipments and diversions change the live view; what was declared stays. An accepted
  amendment replaces the declared dataset.
- An enquiry (E1), a recovery (E2) and an incident lie over the state and leave it as it is.
- A country that refuses entry is the headline until it lets the goods in or they arrive elsewhere.
  Meanwhile the arrival does not become overdue; that a debt may have to be recovered still does.
- Of a record that was erased stays who said what, when and at which office, as long as another
  record of the movement is kept ([retention](retention.md)). Nothing is asked about it.
- A country does not see what is told to others only: a release stands for the acceptance before it,
  an end at destination for the arrival.
"""

BAD_INPUT = """\
# Bad input

Written by `docs/manual/generate.py` from the cases in `tests/testkit`; each line is played against
a running node by the tests.

Whatever comes in, there is one named refusal and nothing else: no row of the store changes, no
record that was accepted earlier is lost, and the next good input is taken as ever. What to do about
a name stands in [errors.md](errors.md).
"""

AFTER_BAD_INPUT = {
    "local socket": "The answer names it; the connection goes on. A message that cannot be parsed,"
    " breaks off or says that it is longer than 32 MiB ends its own connection only.",
    "spool folder": "The file is in `refused/`, beside it `NAME.result.json` with the reason, every"
    " fault and the cure; `work/` is empty.",
    "`corridor send`": "The message and what to do are on standard error, with `--json` one object"
    " on standard output; the exit status is not 0.",
    "webhook": "Nothing counts as delivered and nothing is acknowledged: the same post comes again"
    " under the same id. The name is the label `result` of `corridor_webhook_posts_total`; `gone`"
    " ends the stream until the node starts again.",
}

AFTER_BAD_HTTP = (
    "The answer is a problem (RFC 9457) that names every fault with its path, and no value; the"
    " connection goes on where the request could be read to its end."
)

COMMANDS = """\
# Commands

Written by `docs/manual/generate.py`: what `--help` says, all on one page. The exit statuses are the
same everywhere, see [errors.md](errors.md).
"""

# First number of each group of reasons, and its heading.
GROUPS = {
    100: "Frame and envelope",
    140: "Stream",
    150: "Own broker",
    200: "Trust and authority",
    300: "Content of a record",
    320: "Time",
    400: "Business",
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


def errors_page() -> str:
    """Return the whole page; KeyError or ValueError where reasons.toml and the code differ."""
    words = tomllib.loads(Path(errors.__file__).with_name("reasons.toml").read_text())
    if unknown := words.keys() - {reason.name for reason in Reason}:
        message = f"reasons.toml explains what does not exist: {sorted(unknown)}"
        raise ValueError(message)
    parts = [ERRORS, "## Exit statuses\n"]
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
    parts.append(IN_METRICS)
    counted = [
        [f"`{metric}`", f"`{kind}`", ", ".join(f"`{one}`" for one in found)]
        for metric, kinds in kinds_of_reasons().items()
        for kind, found in kinds.items()
    ]
    parts.append(table(["metric", "word", "reasons"], counted))
    return "\n".join(parts)


def configuration_page() -> str:
    """Return the page of every configuration key."""
    parts = [CONFIGURATION]
    for name, section in NodeConfig.model_fields.items():
        model = section.annotation
        if isinstance(model, type) and issubclass(model, BaseModel):
            parts.append(f"## [{name}]\n\n{(inspect.getdoc(model) or '').strip()}\n")
            parts.append(table(["key", "default", "meaning"], list(keys_of(model))))
    return "\n".join(parts)


def keys_of(model: type[BaseModel]) -> Iterator[list[str]]:
    """Rows for the keys of one section."""
    for key, info in model.model_fields.items():
        yield [f"`{key}`", default_of(info), info.description or ""]


def default_of(info: FieldInfo) -> str:
    """Write a default as the file would say it."""
    if info.is_required():
        return "must be given"
    if info.default is None:
        return "none"
    return f"`{str(info.default).lower() if isinstance(info.default, bool) else info.default}`"


def commands_page() -> str:
    """Return the page of every command's help."""
    return "\n".join([COMMANDS, *helps(cli, click.Context(cli, info_name="corridor", **WIDE))])


WIDE: dict[str, Any] = {
    "terminal_width": 100,
    "max_content_width": 100,
    "help_option_names": ["-h", "--help"],
}


def helps(command: click.Command, context: click.Context) -> Iterator[str]:
    """Yield the help of a command and of those below it."""
    yield f"## {context.command_path}\n\n```\n{command.get_help(context).rstrip()}\n```\n"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            if below is not None:
                below_context = click.Context(below, parent=context, info_name=name, **WIDE)
                yield from helps(below, below_context)


def ncts_page() -> str:
    """Return the page that shows where each element of an NCTS message goes."""
    parts = [NCTS]
    heads = ["element", "field of the record", "kept as", "mandatory in NCTS"]
    named = {message.name: list(rows(message)) for message in ncts_messages()}
    shared = {row.element.partition("/Consignment/")[2] for row in named["CC015C"]} - {""}
    for message in ncts_messages():
        own = message.name in {"CC007C", "CC015C"}
        lines = [
            [f"`{row.element}`", f"`{row.field}`", row.form, "yes" if row.mandatory else ""]
            for row in named[message.name]
            if own or row.element.partition("/Consignment/")[2] not in shared
        ]
        parts.append(f"## {message.name}: `{message.body}`\n")
        parts.append(table(heads, lines))
    return "\n".join(parts)


def movements_page() -> str:
    """Return the page with the states, the table of transitions and its picture, and the timers."""
    heads = ["row", "record", "in the role", "from", "to", "if", "effect"]
    words = [[f"`{state.value}`", WORDS[state], "yes" if state in FINAL else ""] for state in State]
    parts = [MOVEMENTS, "## States\n", table(["state", "meaning", "final"], words)]
    parts.append(f"```mermaid\n{state_diagram()}\n```\n")
    parts += ["## Transitions\n", table(heads, list(table_rows())), "## Timers\n"]
    limits = dataclasses.asdict(Timers())
    hours = [[f"`{name}`", f"{value / HOUR_MS:g} h"] for name, value in limits.items()]
    parts.append(table(["limit", "default"], hours))
    return "\n".join(parts)


def bad_input_page() -> str:
    """Return the page of what the tests put into each gateway."""
    parts = [BAD_INPUT]
    for gateway in dict.fromkeys(case.gateway for case in CASES):
        after = AFTER_BAD_INPUT[gateway]
        parts.append(f"## {gateway[0].upper()}{gateway[1:]}\n\n{after}\n")
        lines = [[case.came, f"`{case.named}`"] for case in CASES if case.gateway == gateway]
        parts.append(table(["what comes in", "named"], lines))
    parts.append(f"## HTTP\n\n{AFTER_BAD_HTTP}\n")
    asked = [[one.name, f"`{one.reason or one.code}`", str(one.status)] for one in HTTP_CASES]
    parts.append(table(["what comes in", "named", "status"], asked))
    return "\n".join(parts)


PAGES = {
    "movements.md": movements_page,
    "errors.md": errors_page,
    "configuration.md": configuration_page,
    "commands.md": commands_page,
    "ncts.md": ncts_page,
    "asycuda.md": asycuda_page,
    "wco.md": wco_page,
    "edifact.md": edifact_page,
    "judging.md": judging_page,
    "mapping.md": mapping_page,
    "http.md": http_page,
    "bad-input.md": bad_input_page,
    "alerts.md": lambda: alerts_page(table),
    "capacity.md": capacity_page,
}


def differs(name: str) -> bool:
    """Whether a page is missing or no longer what the code says."""
    path = HERE / name
    return not path.exists() or path.read_text() != PAGES[name]()


def main(arguments: list[str]) -> int:
    """Write the pages, or compare them; all of them, or those that are named."""
    differing = [name for name in PAGES if name in arguments or not {*arguments} & {*PAGES}]
    differing = [name for name in differing if differs(name)]
    if "--check" not in arguments:
        for name in differing:
            (HERE / name).write_text(PAGES[name]())
        return 0
    if differing:
        print(f"differs from the code: {', '.join(differing)}", file=sys.stderr)
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
