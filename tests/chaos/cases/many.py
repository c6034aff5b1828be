"""Many upstreams, most of which do not answer."""

import time
from itertools import product
from string import ascii_uppercase
from typing import Any, Final

from chaos.cases.case import GE, TR, Scene, case
from corridor.exchange.addresses import federation_user
from corridor.lab.ports import PortLease
from corridor.transit.parties import CountryCode
from corridor.transport.render import BrokerSettings, PartnerLink, render_definitions

_UPSTREAMS: Final = 199
_REFUSING: Final = 75
_SILENT: Final = 75
_AT_ONCE: Final = 10
_REAL_DELAY_S: Final = 30
_LOOK_S: Final = 30.0


@case(
    28,
    "199 upstreams of which 150 cannot be reached: half refuse, half are silent",
    "the links that can be reached run and carry records, the broker and its log stay within "
    "bounds, and broker and node start as usual",
    alone=True,
)
def many_upstreams(scene: Scene) -> None:
    reachable = _UPSTREAMS - _REFUSING - _SILENT
    broker = scene.net.brokers[GE]
    _widen(scene)
    with PortLease() as lease:
        silent, refusing = lease.take(2)
        way = scene.net.relays.open("silent", silent, scene.net.brokers[TR].plan.ports.amqps)
        way.stall()
        ports = [scene.net.brokers[TR].plan.entry] * (reachable - 1)
        ports += [refusing] * _REFUSING + [silent] * _SILENT
        begun = time.monotonic()
        _add(scene, ports)
        running = lambda: _running(scene) >= reachable  # noqa: E731
        scene.expect(scene.wait(running, 120), f"{_running(scene)} of {reachable} links run")
        scene.note(f"{reachable} of {_UPSTREAMS} links run {time.monotonic() - begun:.0f} s later")
        down = len(scene.admin(GE).links()) - _running(scene)
        scene.bites(down >= _REFUSING and way.bites, f"only {down} links are down")
        size, since = broker.plan.log.stat().st_size, time.monotonic()
        traffic = scene.send(60, over_s=5.0)
        scene.expect(traffic.wait(60) and scene.complete(traffic.accepted), "records did not pass")
        scene.rest(_LOOK_S - (time.monotonic() - since))
        grown = (broker.plan.log.stat().st_size - size) / (time.monotonic() - since) * 3600
        scene.note(
            f"log of the broker: {grown / 1e6:.1f} MB an hour at a delay of {_REAL_DELAY_S} s"
        )
        scene.expect(grown < 400e6, "the log grows without measure")
        _starts(scene, reachable)


def _starts(scene: Scene, reachable: int) -> None:
    begun = time.monotonic()
    scene.net.node(GE).stop()
    scene.net.start_node(GE)
    node_s, begun = time.monotonic() - begun, time.monotonic()
    scene.net.kill_broker(GE)
    scene.net.start_broker(GE)
    broker_s = time.monotonic() - begun
    back = scene.wait(lambda: scene.runs(GE), 60)
    scene.expect(back, "the true partner's link did not come back")
    scene.wait(lambda: _running(scene) >= reachable, 90)
    total = time.monotonic() - begun
    scene.note(
        f"node started in {node_s:.0f} s, broker in {broker_s:.0f} s, "
        f"{_running(scene)} links {total:.0f} s after its start"
    )


def _running(scene: Scene) -> int:
    return sum(one["status"] == "running" for one in scene.admin(GE).links())


def _widen(scene: Scene) -> None:
    """Let Georgia's user read from Türkiye's broker as many partners would from theirs."""
    user = federation_user(GE)
    for limit, value in (("max-connections", 500), ("max-channels", 2_000)):
        scene.admin(TR).ask("PUT", f"user-limits/{user}/{limit}", {"value": value})
    own = "federation: to\\.GE -> corridor\\.GE:from\\.[A-Z]{2}( [AB])?"
    permission = {"configure": f"^{own}$", "write": f"^{own}$", "read": f"^(to\\.GE|{own})$"}
    scene.admin(TR).ask("PUT", f"permissions/corridor/{user}", permission)
    scene.net.link(TR, GE).reset()


def _add(scene: Scene, ports: list[int]) -> None:
    """Give Georgia's broker partners of whom only the port differs, some at a time."""
    codes = (CountryCode("".join(pair)) for pair in product("KLQXWVUY", ascii_uppercase))
    admin = scene.admin(GE)
    for start in range(0, len(ports), _AT_ONCE):
        links = [_link(scene, next(codes), port) for port in ports[start : start + _AT_ONCE]]
        document = _definitions(scene, links)
        # to import once more what is there already changes nothing
        done = scene.wait(lambda d=document: admin.ask("POST", "definitions", d) is None, 180)
        scene.need(done, f"partners {start} and further could not be made")


def _link(scene: Scene, code: CountryCode, port: int) -> PartnerLink:
    pki = scene.net.brokers[GE].plan.pki
    cert = pki / "fed-at-tr.pem"
    name = scene.net.brokers[TR].plan.server_name
    return PartnerLink(
        code, "127.0.0.1", port, name, pki / "tr-ca.pem", cert, cert.with_suffix(".key")
    )


def _definitions(scene: Scene, links: list[PartnerLink]) -> dict[str, Any]:
    plan = scene.net.brokers[GE].plan
    pki = plan.pki
    settings = BrokerSettings(
        pki / "ca.pem",
        pki / "server.pem",
        pki / "server.key",
        plan.etc / "definitions.json",
        reconnect_delay_s=_REAL_DELAY_S,
    )
    found: dict[str, Any] = render_definitions(GE, settings, links)
    # the country's own part is there already, with its passwords
    found["users"] = [user for user in found["users"] if user["name"].startswith("fed-")]
    return found
