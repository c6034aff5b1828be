"""`corridor broker clean`: take away at our broker what a partner has left there."""

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from corridor.cli.options import config_option, emit, json_option, read_file, table, when
from corridor.daemon.clock import unix_ms
from corridor.errors import InputTrouble

if TYPE_CHECKING:
    from corridor.daemon.config import NodeConfig
    from corridor.transit.parties import CountryCode

_MAX_PASSWORD_BYTES = 4096


@click.command("clean")
@click.argument("country")
@click.option("--user", default="corridor-operator", show_default=True,
              help="A login that may remove everything.")  # fmt: skip
@click.option("--password-file", type=click.Path(path_type=Path, dir_okay=False), required=True,
              help="A file whose first line is its password.")  # fmt: skip
@click.option("--really", is_flag=True, help="Remove it; without this it is only shown.")
@config_option
@json_option
def clean(
    country: str, user: str, password_file: Path, really: bool, config_path: Path, as_json: bool
) -> None:
    """Take away upstream, queues, exchanges, user and files of a partner that is none any more.

    Refused while receipts may still pass. The inbox goes only when it is empty. The store is not
    touched: the evidence stays.
    """
    from corridor.daemon.config import load_config
    from corridor.transport.cleaning import allowed, leftovers, remove
    from corridor.transport.management import Login

    config = load_config(config_path)
    partner = _country(country)
    _refuse_partner(config, partner)
    url = f"http://127.0.0.1:{config.links.management_port}"
    login = Login(user, _first_line(password_file))
    me = config.endpoint.country
    found = leftovers(url, login, me, partner)
    rows = []
    with allowed(url, login, found) if found and really else nullcontext():
        for one in found:
            why = remove(url, login, one) if really else "would be removed"
            lies = f"{one.messages} messages" if one.object.startswith("queue") else ""
            rows.append((one.object, lies, why or "removed"))
    rows += [
        (f"file {path.name}", "", _aside(path) if really else "would be moved aside")
        for path in _files(config, partner)
    ]
    text = table(rows, ("object", "holds", "")) or f"nothing of {partner} is left here"
    text += f"\nat the broker of {partner}: ask for `corridor broker clean {me}` there"
    if rows and not really:
        text += "\nnext: the same with --really; then `corridor broker render`"
    emit([dict(zip(("object", "holds", "state"), row, strict=True)) for row in rows], text,
         as_json=as_json)  # fmt: skip


def _country(text: str) -> "CountryCode":
    from corridor.transit.parties import CountryCode

    try:
        return CountryCode.parse(text)
    except ValueError as error:
        raise InputTrouble(str(error), cure="two capital letters: GE") from None


def _refuse_partner(config: "NodeConfig", partner: "CountryCode") -> None:
    from corridor.daemon.trust_keeper import open_trust
    from corridor.trust.ending import standings

    now_ms = unix_ms()
    view = open_trust(config).load(now_ms)
    if partner == config.endpoint.country:
        raise InputTrouble(f"{partner} is this node's own country")
    if partner not in {one.country for one in view.partners(config.endpoint, now_ms)}:
        return
    until_ms = max(
        one.control_until_ms
        for one in standings(view, config.endpoint, now_ms)
        if partner in (one.sender.country, one.recipient.country)
    )
    raise InputTrouble(
        f"{partner} is a partner: receipts may pass until {when(until_ms)}; nothing was removed",
        cure="end the agreements (`corridor agreement end`) and clean afterwards",
    )


def _files(config: "NodeConfig", partner: "CountryCode") -> list[Path]:
    folder, code = config.links.partner_folder, partner.lower()
    names = (f"fed-at-{code}.pem", f"fed-at-{code}.key", f"{code}-ca.pem")
    return [folder / name for name in names if (folder / name).is_file()]


def _aside(path: Path) -> str:
    folder = path.parent / "left"
    folder.mkdir(mode=0o700, exist_ok=True)
    target = folder / f"{unix_ms()}-{path.name}"
    path.replace(target)
    return f"moved to {target}"


def _first_line(path: Path) -> str:
    lines = read_file(path, _MAX_PASSWORD_BYTES).decode("utf-8", "replace").splitlines()
    return lines[0]
