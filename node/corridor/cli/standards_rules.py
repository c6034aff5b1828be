"""`corridor standards rules`: which published rules are evaluated, and what they mean."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from corridor.cli.options import emit, json_option, table
from corridor.errors import InputTrouble

if TYPE_CHECKING:
    from corridor.standards.judging import Judging
    from corridor.standards.rules import Rule

_F = TypeVar("_F", bound=Callable[..., Any])


def judging_options(function: _F) -> _F:
    """Add `--codelists`, `--signer` and `--rules`."""
    for option in (
        click.option(
            "--rules", type=click.Choice(["off", "warn", "refuse"]), default="warn",
            show_default=True, help="What becomes of a file that breaks a published rule.",
        ),
        click.option(
            "--signer", "signers", multiple=True, metavar="KEYID",
            help="A key whose code lists are believed; may be repeated. Without it any key's.",
        ),
        click.option(
            "--codelists", type=click.Path(path_type=Path, file_okay=False, exists=True),
            help="Folder of signed code lists; codes are compared with them.",
        ),
    ):  # fmt: skip
        function = option(function)
    return function


def judging_of(codelists: Path | None, signers: tuple[str, ...], rules: str) -> "Judging":
    """Return by what files are judged.

    Raises:
        ConfigurationError: The folder of lists cannot be used.
    """
    from corridor.cli.codelists import key_id
    from corridor.gateway.codelists import ListFolder
    from corridor.gateway.iso import IsoTables
    from corridor.standards.judging import Judging, NoLists, Rules

    trusted = frozenset(key_id(one) for one in signers) or None
    lists = NoLists() if codelists is None else ListFolder(codelists, trusted)
    return Judging(lists, Rules(rules), IsoTables())


@click.command("rules")
@click.argument("ids", nargs=-1, metavar="[ID]...")
@json_option
def command(ids: tuple[str, ...], as_json: bool) -> None:
    """Show the published rules of NCTS Phase 5 that are evaluated, and how many there are.

    With ids, what each of these demands: `corridor standards rules C0030 R0028`.
    """
    from corridor.standards.ncts.judge import PUBLISHED, RULES
    from corridor.standards.ncts.rule_classes import UNEVALUATED, WHY

    wanted = {one.upper() for one in ids}
    told = _told(tuple(rule for rule in RULES if not wanted or rule.id in wanted))
    unknown = wanted - {one["id"] for one in told}
    if unknown:
        reasons = (f"{id_} ({WHY[id_].words})" if id_ in WHY else id_ for id_ in sorted(unknown))
        raise InputTrouble(
            f"not evaluated: {', '.join(reasons)}",
            cure="`corridor standards rules` lists those that are",
        )
    known = {rule.id for rule in RULES}
    partly = {rule.id for rule in RULES if rule.partly}
    data = {
        "standard": "NCTS-P5", "published": PUBLISHED, "evaluated": len(known),
        "partly": len(partly), "rules": told,
        "others": [
            {"reason": one.name, "words": one.words, "rules": sorted(one.ids)}
            for one in UNEVALUATED
        ],
    }  # fmt: skip
    counted = f"{len(known)} of the {PUBLISHED} published rules and conditions are evaluated"
    advice = {rule.id for rule in RULES if rule.advice}
    counted += f", {len(partly)} of them in part: all that one document shows.\n"
    counted += f"{len(advice)} are guidelines: to break one never refuses.\nOf the others\n"
    counted += "\n".join(f"{len(one.ids):5}  {one.words}" for one in UNEVALUATED)
    emit(data, f"{_details(told) if ids else _overview(told)}\n{counted}", as_json=as_json)


def _told(rules: "tuple[Rule, ...]") -> list[dict[str, Any]]:
    from corridor.standards.ncts.rule_uses import RULES_OF

    found: dict[str, dict[str, Any]] = {}
    for rule in rules:
        one = found.setdefault(
            rule.id,
            {
                "id": rule.id,
                "words": rule.words,
                "messages": sorted(name for name, ids in RULES_OF.items() if rule.id in ids),
                "codelists": [],
                "partly": rule.partly or None,
                "advice": rule.advice,
                "rows": [],
            },
        )
        one["codelists"] = sorted({*one["codelists"], *rule.lists})
        cases = [{"when": when, "must": must} for when, must in rule.cases]
        one["rows"].append({"each": rule.each.split(), "cases": cases})
    return sorted(found.values(), key=lambda one: str(one["id"]))


def _overview(told: list[dict[str, Any]]) -> str:
    rows = [(one["id"], one["words"], " ".join(one["codelists"])) for one in told]
    return table(rows, ("rule", "what it means", "needs lists"))


def _details(told: list[dict[str, Any]]) -> str:
    lines: list[str] = []
    for one in told:
        lines += [f"{one['id']}: {one['words']}", f"  in {' '.join(one['messages'])}"]
        if one["advice"]:
            lines.append("  a guideline: to break it never refuses")
        if one["partly"]:
            lines.append(f"  not looked at: {one['partly']}")
        for row in one["rows"]:
            lines.append(f"  of each {' '.join(row['each']) or 'message'}:")
            lines += [
                f"    {'if ' + case['when'] if case['when'] else 'otherwise'}:"
                f" {case['must'] or 'nothing'}"
                for case in row["cases"]
            ]
    return "\n".join(lines)
