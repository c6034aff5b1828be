"""`corridor broker firewall`: the lines to ask the firewall's keeper for.

Rules:

* partners, hosts and ports come from the directory; nothing else has to pass, and nothing else
  is asked for;
* a filter knows addresses and no names: a name is resolved here, once, and the line says so; one
  that cannot be resolved is a line in words, with the flag that gives the address.
"""

from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from corridor.cli.options import config_option, emit, json_option
from corridor.daemon.clock import unix_ms

if TYPE_CHECKING:
    from corridor.daemon.config import NodeConfig
    from corridor.trust.directory import Member


@dataclass(frozen=True, slots=True)
class _Pass:
    """One way that must be open."""

    partner: str
    direction: str
    """`in`: the partner's broker comes to ours; `out`: ours goes to the partner's."""
    addresses: tuple[str, ...]
    port: int
    words: str

    def rules(self) -> list[str]:
        """Return it as nftables writes it."""
        chain, side = ("input", "saddr") if self.direction == "in" else ("output", "daddr")
        rules = []
        for one in self.addresses:
            family = "ip6" if ip_address(one).version == 6 else "ip"  # noqa: PLR2004 - the version's name
            match = f"{family} {side} {one} tcp dport {self.port} ct state new accept"
            rules.append(f'nft add rule inet filter {chain} {match} comment "{self.partner}"')
        return rules


@click.command("firewall")
@config_option
@click.option("--partner-address", "given", multiple=True, metavar="CC=ADDRESS",
              help="From where a partner's broker comes, if not from its own address; may be "
                   "repeated.")  # fmt: skip
@json_option
def firewall(config_path: Path, given: tuple[str, ...], as_json: bool) -> None:
    """Print what the firewall must let pass, in words and as nftables lines.

    Between two countries two ways are open: each one's broker goes to the other's TLS port.
    Nothing else is needed.
    """
    from corridor.daemon.config import load_config
    from corridor.daemon.trust_keeper import open_trust

    config = load_config(config_path)
    now_ms = unix_ms()
    view = open_trust(config).load(now_ms)
    told = dict(_address(text) for text in given)
    ways = []
    for endpoint in view.partners(config.endpoint, now_ms):
        member = view.member(endpoint)
        if member is not None:
            ways += _ways(config, member, told.get(endpoint.country))
    data: list[dict[str, Any]] = [
        {"partner": way.partner, "direction": way.direction, "addresses": list(way.addresses),
         "port": way.port, "words": way.words, "rules": way.rules()}
        for way in ways
    ]  # fmt: skip
    lines = [line for way in ways for line in (f"# {way.words}", *way.rules())]
    if not ways:
        lines = ["# no partner yet: an agreement in the directory makes one; open nothing"]
    lines.append("# nothing else: management and metrics stay on this machine")
    emit(data, "\n".join(lines), as_json=as_json)


def _ways(config: "NodeConfig", member: "Member", comes_from: str | None) -> list[_Pass]:
    from corridor.transport.reach import resolve

    name = str(member.endpoint)
    host = member.broker.connect_to or member.broker.host
    goes_to = resolve(host)
    source = (comes_from,) if comes_from else goes_to
    port, theirs = config.links.amqps_port, member.broker.port
    unknown = f"; no name server knows {host}: ask {name} and give --partner-address"
    return [
        _Pass(name, "in", source, port,
              f"{name}'s broker comes to ours: from {', '.join(source) or host} to our TCP port "
              f"{port}{'' if source else unknown}"),
        _Pass(name, "out", goes_to, theirs,
              f"our broker goes to {name}'s: to {host} ({', '.join(goes_to) or 'address unknown'}),"
              f" TCP port {theirs}"),
    ]  # fmt: skip


def _address(text: str) -> tuple[str, str]:
    country, _, address = text.partition("=")
    try:
        return country.strip().upper(), str(ip_address(address.strip()))
    except ValueError:
        raise click.BadParameter(
            f"{text!r}: a country and an address, TR=192.0.2.7", param_hint="--partner-address"
        ) from None
