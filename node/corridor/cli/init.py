"""`corridor init`: make a node's folder."""

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from corridor.cli.options import emit, json_option
from corridor.daemon.clock import unix_ms

if TYPE_CHECKING:
    from corridor.daemon.founding import Founded
    from corridor.transit.parties import Endpoint


@click.command("init")
@click.option("--endpoint", help="The node's endpoint: GE.RS.")
@click.option("--administration", help="The administration's name: Revenue Service of Georgia.")
@click.option("--at", type=click.Path(path_type=Path, file_okay=False),
              help="The folder to make; the country in lower case if not given.")  # fmt: skip
@click.option("--broker-host", help="DNS name under which partners' brokers reach ours.")
@click.option("--broker-port", type=click.IntRange(1, 65535), default=5671, show_default=True,
              help="Its TLS port.")  # fmt: skip
@click.option("--broker-address", help="Where partners connect to, if no name server knows that "
              "name.")  # fmt: skip
@click.option("--genesis", help="SHA-256 of the network's first root, if known already.")
@click.option("--environment", type=click.Choice(["production", "test", "lab"]),
              default="production", show_default=True, help="What network it is.")  # fmt: skip
@click.option("--identity-at", type=click.Path(path_type=Path, file_okay=False),
              help="The folder of the identity keys, to be moved offline; AT-identity if not "
                   "given.")  # fmt: skip
@click.option("--passphrase-file", type=click.Path(path_type=Path, dir_okay=False, exists=True),
              help="A private file whose first line locks the keys.")  # fmt: skip
@click.option("--broker-ca", type=click.Path(path_type=Path, dir_okay=False, exists=True),
              help="Certificate of a CA you have, PEM; one is made if not given.")  # fmt: skip
@click.option("--no-input", is_flag=True, help="Never ask; what is missing is an error.")
@json_option
def command(
    endpoint: str | None,
    administration: str | None,
    at: Path | None,
    broker_host: str | None,
    broker_port: int,
    broker_address: str | None,
    genesis: str | None,
    environment: str,
    identity_at: Path | None,
    passphrase_file: Path | None,
    broker_ca: Path | None,
    no_input: bool,
    as_json: bool,
) -> None:
    """Make a node's folder: configuration, keys, certificates and a request to join.

    What is not given is asked for at a terminal. Nothing that exists is overwritten.

    \b
    corridor init --endpoint GE.RS --administration "Revenue Service" --broker-host mq.rs.ge --at ge
    """  # noqa: D301 - click's own mark for lines that stay as they are
    from corridor.daemon.founding import Answers, found_node

    asked = _ask(
        {"endpoint": endpoint, "administration": administration, "broker-host": broker_host},
        may_ask=not no_input and sys.stdin.isatty(),
    )
    me = _endpoint(asked["endpoint"])
    folder = at or Path(me.country.lower())
    answers = Answers(
        me,
        asked["administration"],
        folder,
        identity_at or folder.with_name(f"{folder.name}-identity"),
        asked["broker-host"],
        broker_port,
        environment,
        _plain_hex(genesis),
        passphrase_file,
        broker_ca,
        broker_address,
    )
    founded = found_node(answers, unix_ms())
    steps = _next_steps(founded, known=genesis is not None, locked=passphrase_file is not None)
    data = {
        "endpoint": me,
        "config": str(founded.config),
        "join_request": str(founded.join_request),
        "identity_at": str(founded.identity_at),
        "fingerprints": founded.fingerprints,
        "next": steps,
    }
    emit(data, _text(founded, steps), as_json=as_json)


_QUESTIONS = {
    "endpoint": "Endpoint of the node (CC.ADMINISTRATION, e.g. GE.RS)",
    "administration": "Name of the administration",
    "broker-host": "DNS name under which partners' brokers reach ours",
}


def _ask(given: dict[str, str | None], *, may_ask: bool) -> dict[str, str]:
    missing = [f"--{name}" for name, value in given.items() if value is None]
    if missing and not may_ask:
        raise click.UsageError(f"missing: {', '.join(missing)}")
    return {
        name: click.prompt(_QUESTIONS[name], err=True) if value is None else value
        for name, value in given.items()
    }


def _endpoint(text: str) -> "Endpoint":
    from corridor.transit.parties import Endpoint

    try:
        return Endpoint.parse(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--endpoint") from None


def _plain_hex(genesis: str | None) -> str | None:
    """Take a fingerprint as people copy it: in groups, in capitals."""
    return None if genesis is None else re.sub(r"[\s:]", "", genesis).lower()


AGREEING = "its partner signs (`agreement sign`), the registry includes it, both join again"


def _next_steps(founded: "Founded", *, known: bool, locked: bool) -> list[str]:
    place, config = founded.identity_at, f"--config {founded.config}"
    offline = f"move {place} to offline media, in two places; the node needs none of it"
    if not locked:
        offline += " (its keys are not locked: --passphrase-file would)"
    compare = f"give {founded.join_request} to the registry; read the fingerprints out to it"
    steps = [offline, f"{compare} over another channel"]
    if not founded.own_ca:
        issue = "have your CA issue pki/server.pem and .key for the broker, and pki/node.pem"
        steps.append(f"{issue} and .key for the client corridor-node")
    if not known:
        steps.append("take the fingerprint of the network's first root from it the same way")
    heard = "--network FOLDER --fingerprint HEX   what the registry signed, and you heard from it"
    signed = f"--out FOLDER   {AGREEING}"
    steps += [
        f"corridor join {config} --identity {place} {heard}",
        f"corridor agreement propose CC {config} --identity {place} {signed}",
        f"corridor broker request CC {config}   for each partner; its broker's CA signs it",
        f"corridor broker firewall {config}   says what to ask the firewall's keeper for",
        f"corridor broker password operator.password {config}   for the operator; keeps its hash",
        f"corridor broker render {config}, corridor run {config}, corridor doctor {config}",
    ]
    return steps


def _text(founded: "Founded", steps: list[str]) -> str:
    width = max(len(name) for name in founded.fingerprints)
    return "\n".join(
        [
            f"made {founded.config.parent} and {founded.identity_at}",
            "",
            "fingerprints",
            *(f"  {name.ljust(width)}  {value}" for name, value in founded.fingerprints.items()),
            "",
            "next",
            *(f"  {number}. {step}" for number, step in enumerate(steps, 1)),
        ]
    )
