"""`corridor broker renew`: the own broker's and the own node's certificate, before they end.

Rules:

* key, names and use stay what they are: only the end moves, and whoever checks sees the same one;
* it needs the CA's key, which is offline, and no network;
* a certificate is replaced as a whole; the one before stays beside it as `.before`.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from corridor.cli.options import config_option, emit, json_option, read_file, when
from corridor.daemon.clock import unix_ms
from corridor.errors import InputTrouble, KeyTrouble

if TYPE_CHECKING:
    from corridor.seal.x509 import Identity

_MAX_PEM_BYTES = 64 * 1024
_READABLE = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.command("renew")
@config_option
@click.option("--server", "which", flag_value="server", help="Only the broker's certificate.")
@click.option("--node", "which", flag_value="node", help="Only the node's.")
@click.option("--ca-key", type=_READABLE, required=True, help="The own CA's key, kept offline.")
@click.option("--days", type=click.IntRange(1, 825), default=365, show_default=True,
              help="How long they count from now.")  # fmt: skip
@json_option
def renew(config_path: Path, which: str | None, ca_key: Path, days: int, as_json: bool) -> None:
    """Issue the certificates of the own broker and the own node again, by the CA of `init`.

    The broker reads its file anew within two minutes, the node its own when it next connects;
    nothing is restarted. Where a CA of your own issued them (`init --broker-ca`), let it do so.

    \b
    corridor broker renew --ca-key ge-identity/broker-ca/ca.key
    """  # noqa: D301 - click's own mark for lines that stay as they are
    from corridor.daemon.config import load_config
    from corridor.seal.x509 import Identity, expires_ms

    config = load_config(config_path)
    ca = Identity(
        read_file(config.links.ca_file, _MAX_PEM_BYTES), read_file(ca_key, _MAX_PEM_BYTES)
    )
    places = {"server": config.links.server_cert_file, "node": config.broker.cert_file}
    now_ms = unix_ms()
    made: dict[str, bytes] = {}
    for name, place in places.items():  # all are made before one is written
        if which in {None, name}:
            made[name] = _again(place, ca, days, now_ms)
    ca_until_ms = expires_ms(ca.certificate)
    ends = {str(places[name]): expires_ms(content) for name, content in made.items()}
    for name, content in made.items():
        _replace(places[name], content)
    lines = [f"wrote {place}, which counts until {when(end_ms)}" for place, end_ms in ends.items()]
    if max(ends.values()) > ca_until_ms:
        lines.append(
            f"but the CA itself ends before, {when(ca_until_ms)}: then none of them counts"
        )
    lines.append("next: `corridor doctor --only certificates`; put the CA's key away again")
    rows = [{"certificate": place, "until_ms": end_ms} for place, end_ms in ends.items()]
    emit({"renewed": rows, "ca_until_ms": ca_until_ms}, "\n".join(lines), as_json=as_json)


def _again(place: Path, ca: "Identity", days: int, now_ms: int) -> bytes:
    from corridor.seal.x509 import expires_ms, reissue

    try:
        if expires_ms(ca.certificate) <= now_ms:
            raise InputTrouble(
                "the CA itself has ended: what it issues counts nowhere",
                cure="make a new CA, and have the registry list it for your broker",
            )
        return reissue(ca, read_file(place, _MAX_PEM_BYTES), days, now_ms)
    except KeyTrouble as trouble:
        raise KeyTrouble(
            f"{place}: {trouble.message}",
            cure="is --ca-key the key of links.ca_file? What another CA issued, that one renews",
        ) from None
    except FileNotFoundError:
        raise InputTrouble(f"{place}: is not there", cure="restore it from the backup") from None


def _replace(place: Path, content: bytes) -> None:
    """Put a certificate in the place of another, for whom might read that one."""
    now = place.stat()
    part, before = place.with_name(f".{place.name}.part"), place.with_name(f"{place.name}.before")
    with part.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    part.chmod(now.st_mode & 0o777)
    with suppress(PermissionError):  # who is not root made it as the owner
        os.chown(part, now.st_uid, now.st_gid)
    before.unlink(missing_ok=True)
    os.link(place, before)
    part.replace(place)
