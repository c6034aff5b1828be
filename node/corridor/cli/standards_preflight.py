"""`corridor standards publish` and `preflight`: which country will refuse a message, and why."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from corridor.cli.options import config_option, emit, json_option
from corridor.errors import ExitStatus, InputTrouble, Refused

if TYPE_CHECKING:
    from corridor.standards.preflight import Forecast

_MAX_FILE_BYTES = 20 * 1024 * 1024


@click.command("publish")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True,
              help="The file for partners: GE.acceptance.")  # fmt: skip
@click.option("--standard", "standards", multiple=True, metavar="NAME",
              help="A standard that your national system reads; may be repeated."
              " [default: standards.accepts, or NCTS-P5]")  # fmt: skip
@config_option
@json_option
def publish(out: Path, standards: tuple[str, ...], config_path: Path, as_json: bool) -> None:
    """Say in a signed file what your national system accepts.

    Rules and code lists are those of `[standards]` in the configuration. A node tells its partners
    by itself (`standards.accepts`); the file is for those who have no agreement with you yet.
    """
    from corridor.cli.codelists import node_key
    from corridor.daemon.clock import unix_ms
    from corridor.daemon.config import load_config
    from corridor.gateway.acceptances import accepted_lists, make_acceptance
    from corridor.gateway.codelists import ListFolder, write_lists
    from corridor.standards.acceptance import Acceptance
    from corridor.standards.judging import Rules
    from corridor.standards.ncts.judge import RULE_SET
    from corridor.standards.standard import standard_named

    config = load_config(config_path)
    section = config.standards
    asked = standards or section.accepts or ("NCTS-P5",)
    names = [standard_named(name).name for name in asked]
    signers = frozenset(bytes.fromhex(one) for one in section.codelist_signers)
    lists = accepted_lists(ListFolder(section.codelists, signers)) if section.codelists else {}
    rules = Rules(section.rules)
    rule_set = RULE_SET if rules is not Rules.OFF else ""
    said = Acceptance(
        str(config.endpoint), unix_ms(),
        dict.fromkeys(names, frozenset()), rules, lists, rule_set,
    )  # fmt: skip
    key = node_key(config)
    write_lists(out.parent, {out.name: make_acceptance(said, key)})
    data = {
        "path": str(out), "endpoint": said.endpoint, "standards": names,
        "rules": section.rules, "lists": len(lists), "signer": key.key_id.hex(),
    }  # fmt: skip
    text = f"{out}: {said.endpoint} reads {', '.join(names)}; rules {section.rules}; "
    emit(data, f"{text}{len(lists)} code lists; signed by {key.key_id.hex()}", as_json=as_json)


@click.command("preflight")
@click.argument("files", nargs=-1, required=True, metavar="FILE...",
                type=click.Path(path_type=Path, exists=True, dir_okay=False))  # fmt: skip
@click.option("--partners", type=click.Path(path_type=Path, file_okay=False, exists=True),
              help="Folder of what partners published, *.acceptance; without it the node is asked,"
              " which knows what they said last.")  # fmt: skip
@click.option("--codelists", type=click.Path(path_type=Path, file_okay=False, exists=True),
              help="Folder of signed code lists, to judge by partners' lists.")  # fmt: skip
@click.option("--signer", "signers", multiple=True, metavar="KEYID",
              help="A partner's key that is believed; may be repeated; else any.")  # fmt: skip
@config_option
@json_option
def preflight(
    files: tuple[Path, ...],
    partners: Path | None,
    codelists: Path | None,
    signers: tuple[str, ...],
    config_path: Path,
    as_json: bool,
) -> None:
    """Say of each message which country on its way will refuse it, and why.

    The countries are those of the offices that the message names. The exit status is 0 only if
    none of those that have published what they accept will refuse one. Nothing is sent.
    """
    if partners is None:
        if codelists or signers:
            raise click.UsageError("--codelists and --signer go with --partners")
        told, lines = _asked_of_the_node(files, config_path)
    else:
        told, lines = _by_files(files, partners, codelists, signers)
    emit({"files": told}, "\n".join(lines), as_json=as_json)
    if any(one["refuses"] for file in told for one in file["countries"]):
        sys.exit(ExitStatus.FAILED)


def _asked_of_the_node(
    files: tuple[Path, ...], config_path: Path
) -> tuple[list[dict[str, Any]], list[str]]:
    """Return what the node says of each file, as data and as lines."""
    from corridor.cli.foreseen import country_lines
    from corridor.cli.options import read_file
    from corridor.daemon.config import load_config
    from corridor.gateway.contents import read_record
    from corridor.gateway.local_client import LocalClient
    from corridor.gateway.manner import read_manner

    config = load_config(config_path)
    manner = read_manner(config.standards)
    told: list[dict[str, Any]] = []
    lines: list[str] = []
    with LocalClient(config.gateway.socket) as node:
        for path in files:
            try:
                read = read_record(read_file(path, _MAX_FILE_BYTES), manner=manner)
            except Refused as refused:
                raise InputTrouble(
                    f"{path}: {refused}", cure="try `corridor standards check`"
                ) from None
            rows = node.preflight(read.record)
            lines += [f"{path}", *(f"  {line}" for row in rows for line in country_lines(row))]
            told.append(
                {
                    "path": str(path),
                    "countries": [{**row, "refuses": row["answer"] == "refuses"} for row in rows],
                }
            )
    return told, lines


def _by_files(
    files: tuple[Path, ...], partners: Path, codelists: Path | None, signers: tuple[str, ...]
) -> tuple[list[dict[str, Any]], list[str]]:
    """Return what published files say of each message, as data and as lines."""
    from corridor.cli.codelists import key_id
    from corridor.gateway.acceptances import read_acceptances
    from corridor.gateway.codelists import ListFolder
    from corridor.standards.mapper import Options
    from corridor.standards.preflight import forecast

    trusted = frozenset(key_id(one) for one in signers) or None
    published = read_acceptances(partners, trusted)
    here = ListFolder(codelists or partners, None)
    told: list[dict[str, Any]] = []
    lines: list[str] = []
    for path in files:
        try:
            with path.open("rb") as file:
                document = file.read(Options().limits.max_bytes + 1)
            found = forecast(document, Options(), published, here)
        except Refused as refused:
            raise InputTrouble(
                f"{path}: {refused}", cure="try `corridor standards check`"
            ) from None
        told.append({"path": str(path), "countries": [_entry(one) for one in found]})
        lines += [f"{path}", *(line for one in found for line in _lines(one))]
    return told, lines


def _entry(one: "Forecast") -> dict[str, Any]:
    return {
        "country": one.country,
        "published": one.said,
        "refuses": bool(one.refusals),
        "refusals": [
            {"path": why.path, "reason": why.reason.label, "rule": why.rule, "words": why.words}
            for why in one.refusals
        ],
        "lists_not_at_hand": list(one.not_at_hand),
    }


def _lines(one: "Forecast") -> list[str]:
    if not one.said:
        return [f"  {one.country}: has not published what it accepts"]
    head = f"  {one.country}: {'WILL REFUSE' if one.refusals else 'accepts, as far as published'}"
    lines = [head, *(f"      {why.line}" for why in one.refusals)]
    if one.not_at_hand:
        lines.append(f"      not judged by {', '.join(one.not_at_hand)}: not at hand")
    return lines
