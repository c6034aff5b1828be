"""`corridor broker request` and `issue`: certificates with which brokers log in to each other.

Rules:

* a key never leaves its owner: what travels is a request and, back, a certificate;
* the issuer decides the name, which is the user of the broker as which the partner logs in;
* nothing that exists is overwritten.
"""

from pathlib import Path

import click

from corridor.cli.options import config_option, emit, json_option, read_file, write_new
from corridor.daemon.clock import unix_ms
from corridor.errors import KeyTrouble
from corridor.transit.parties import CountryCode

_MAX_PEM_BYTES = 64 * 1024
_READABLE = click.Path(path_type=Path, dir_okay=False, exists=True)


class Country(click.ParamType[CountryCode]):
    """A country code on the command line."""

    name = "country"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> CountryCode:
        """Return the code."""
        try:
            return CountryCode.parse(value)
        except ValueError as error:
            return self.fail(str(error), param, ctx)


@click.command("request")
@click.argument("country", type=Country())
@config_option
@json_option
def request(country: CountryCode, config_path: Path, as_json: bool) -> None:
    """Make the key with which our broker will log in to COUNTRY's, and a request for it.

    \b
    corridor broker request TR      fed-at-tr.key stays here, fed-at-tr.csr goes to Türkiye
    """  # noqa: D301 - click's own mark for lines that stay as they are
    from corridor.daemon.config import load_config
    from corridor.exchange.addresses import federation_user
    from corridor.seal.x509 import make_request

    config = load_config(config_path)
    place = config.links.partner_folder / f"fed-at-{country.lower()}.pem"
    files = (place.with_suffix(".key"), place.with_suffix(".csr"))
    there = all(file.is_file() for file in files)
    if not there:
        asked, key = make_request(federation_user(config.endpoint.country))
        write_new(files[0], key, 0o600)
        write_new(files[1], asked, 0o644)
    lines = [
        f"{files[0]} and {files[1]} are there already"
        if there
        else f"wrote {files[0]} and {files[1]}",
        f"next: {country} runs `corridor broker issue` on the .csr; put its answer at {place}",
    ]
    data = {
        "request": str(place.with_suffix(".csr")),
        "key": str(place.with_suffix(".key")),
        "certificate": str(place),
    }
    emit(data, "\n".join(lines), as_json=as_json)


@click.command("issue")
@click.argument("asked", metavar="REQUEST", type=_READABLE)
@click.option("--to", "country", type=Country(), required=True, help="The partner that asks.")
@click.option("--ca-cert", type=_READABLE, required=True, help="Our CA: pki/ca.pem.")
@click.option("--ca-key", type=_READABLE, required=True, help="Its key, kept offline.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True,
              help="The certificate to write.")  # fmt: skip
@click.option("--days", type=click.IntRange(1, 825), default=365, show_default=True,
              help="How long it counts.")  # fmt: skip
@json_option
def issue(
    asked: Path,
    country: CountryCode,
    ca_cert: Path,
    ca_key: Path,
    out: Path,
    days: int,
    as_json: bool,
) -> None:
    """Sign a partner's REQUEST: its broker may then log in to ours; needs no network.

    \b
    corridor broker issue fed-at-tr.csr --to GE --ca-cert tr/pki/ca.pem \\
      --ca-key tr-identity/broker-ca/ca.key --out fed-at-tr.pem
    """  # noqa: D301 - click's own mark for lines that stay as they are
    from corridor.exchange.addresses import federation_user
    from corridor.seal.x509 import Identity, expires_ms, sign_request

    now_ms = unix_ms()
    ca = Identity(read_file(ca_cert, _MAX_PEM_BYTES), read_file(ca_key, _MAX_PEM_BYTES))
    user = federation_user(country)
    try:
        made = sign_request(ca, read_file(asked, _MAX_PEM_BYTES), user, days, now_ms)
    except KeyTrouble as trouble:
        raise KeyTrouble(
            trouble.message, cure="check REQUEST, --ca-cert and --ca-key: each is PEM"
        ) from None
    write_new(out, made, 0o644)
    until = expires_ms(made)
    data = {"certificate": str(out), "user": user, "until_ms": until}
    emit(data, f"wrote {out}, which logs in as {user}; give it to {country}", as_json=as_json)
