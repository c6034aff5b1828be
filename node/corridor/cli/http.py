"""`corridor http`: who may use the node over HTTP, and what it offers there."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from corridor.cli.options import config_option, emit, json_option, table, when
from corridor.daemon.clock import unix_ms
from corridor.errors import InputTrouble

if TYPE_CHECKING:
    from corridor.gateway.http.clients import Client

_AFTER = "a node that runs takes it up on SIGHUP (systemctl reload)"


@click.group("http")
def command() -> None:
    """Say who may use the node over HTTP, and what it offers."""


@command.command("openapi")
@json_option
def openapi(*, as_json: bool) -> None:
    """Print the OpenAPI 3.1 document."""
    from corridor.gateway.http.app import make_app

    del as_json  # it is JSON either way
    click.echo(json.dumps(make_app().openapi(), indent=2, ensure_ascii=False))


@command.group("token")
def token() -> None:
    """Add, list and revoke clients: programs that show a token or a certificate."""


@token.command("add")
@click.argument("name")
@click.option("--role", "roles", multiple=True, required=True,
              type=click.Choice(["submitter", "reader", "operator"]),
              help="What it may do; repeat.")  # fmt: skip
@click.option("--lane", "lanes", multiple=True, type=click.Choice(["urgent", "routine", "bulk"]),
              help="Which lanes it may claim; repeat. Routine and bulk if not given.")  # fmt: skip
@click.option("--partner", "partners", multiple=True,
              help="Country it may send to; repeat. All if not given.")  # fmt: skip
@click.option("--certificate", type=click.Path(path_type=Path, dir_okay=False, exists=True),
              help="Its TLS certificate (PEM), instead of a token.")  # fmt: skip
@config_option
@json_option
def add(
    name: str,
    roles: tuple[str, ...],
    lanes: tuple[str, ...],
    partners: tuple[str, ...],
    certificate: Path | None,
    config_path: Path,
    as_json: bool,
) -> None:
    """Let a program use HTTP; its token is printed once and kept nowhere."""
    from corridor.daemon.config import load_config
    from corridor.gateway.http import clients

    place = load_config(config_path).http.tokens_file
    made = clients.Client(
        name, "", roles=tuple(dict.fromkeys(roles)),
        lanes=lanes or clients.DEFAULT_LANES,
        partners=partners, created_ms=unix_ms(),
    )  # fmt: skip
    fresh = None if certificate else clients.new_token()
    made = _certified(made, certificate) if fresh is None else clients.token_client(made, fresh)
    clients.save_clients(place, clients.with_client(clients.load_clients(place), made))
    shown = "" if fresh is None else f"token (shown once): {fresh}\n"
    data = {"name": name, "token": fresh, "secret_sha256": made.secret_sha256, "next": _AFTER}
    emit(data, f"added {name}: {', '.join(made.roles)}\n{shown}{_AFTER}", as_json=as_json)


@token.command("list")
@config_option
@json_option
def list_clients(config_path: Path, *, as_json: bool) -> None:
    """Show who may use HTTP; no token is known here."""
    from dataclasses import asdict

    from corridor.daemon.config import load_config
    from corridor.gateway.http.clients import load_clients

    found = load_clients(load_config(config_path).http.tokens_file).all
    rows = [
        [one.name, one.by, " ".join(one.roles), " ".join(one.lanes),
         " ".join(one.partners) or "all", when(one.created_ms)]
        for one in found
    ]  # fmt: skip
    heads = ["name", "by", "roles", "lanes", "partners", "since"]
    emit([asdict(one) for one in found], table(rows, heads) or "nobody", as_json=as_json)


@token.command("revoke")
@click.argument("name")
@config_option
@json_option
def revoke(name: str, config_path: Path, *, as_json: bool) -> None:
    """Let a program use HTTP no more."""
    from corridor.daemon.config import load_config
    from corridor.gateway.http.clients import load_clients, save_clients

    place = load_config(config_path).http.tokens_file
    found = load_clients(place).all
    left = [one for one in found if one.name != name]
    if len(left) == len(found):
        raise InputTrouble(f"nobody is named {name!r}", cure="`corridor http token list`")
    save_clients(place, left)
    emit({"revoked": name, "next": _AFTER}, f"revoked {name}\n{_AFTER}", as_json=as_json)


def _certified(made: "Client", certificate: Path | None) -> "Client":
    import ssl
    from dataclasses import replace
    from hashlib import sha256

    text = certificate.read_text(encoding="ascii", errors="replace") if certificate else ""
    try:
        der = ssl.PEM_cert_to_DER_cert(text.strip())
    except ValueError:
        raise InputTrouble(
            f"{certificate}: is not one certificate in PEM", cure="give the client's own one"
        ) from None
    return replace(made, by="certificate", secret_sha256=sha256(der).hexdigest())
