"""Certificates that are wrong, renewed or withdrawn.

The link is Georgia's to Türkiye: its server certificate and CA are Türkiye's, and so is the client
certificate that Georgia's broker shows.
"""

import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from chaos.cases.case import GE, TR, Scene, case
from chaos.cases.hands import certificate, refused, write
from corridor.exchange.addresses import NODE_USER, federation_queue, federation_user
from corridor.lab.broker_layout import authority
from corridor.seal.x509 import Usage, make_ca
from corridor.transit.parties import CountryCode

_UPSTREAM = "parameters/federation-upstream/corridor/TR"
_DAY_S = 86_400.0
_FILES = (
    (TR, "server.pem"),
    (TR, "server.key"),
    (GE, "fed-at-tr.pem"),
    (GE, "fed-at-tr.key"),
    (GE, "tr-ca.pem"),
)


@case(
    16,
    "Server certificate expired, client certificate expired, wrong CA, wrong name, address instead "
    "of a name, verification left out",
    "the link does not come up and the reason can be read; where verification is left out it does, "
    "and `corridor broker check` names it",
    quick=True,
)
def certificates(scene: Scene) -> None:
    for title, spoil, reads, side, word in _SPOILT:
        with own_files(scene):
            spoil(scene)
            told_anew(scene, *reads)
            down = scene.wait(lambda: error_of(scene), 20) or _put_again(scene, *reads)
            scene.bites(down, f"{title}: the link runs")
            said = scene.wait(lambda s=side, w=word: w in _said(scene, s), 10)
            scene.expect(said, f"{title}: {word!r} is not said")
            scene.note(f"{title}: {short(error_of(scene))}")
        told_anew(scene, *reads)
        scene.need(scene.wait(lambda: scene.runs(GE), 40), f"{title}: the link did not come back")
    _unverified(scene)
    scene.expect(scene.complete(scene.submit(10)), "not complete with the right files again")


def _server_expired(scene: Scene) -> None:
    plan = scene.net.brokers[TR].plan
    old = certificate(authority(plan), plan.server_name, begins_s=-5 * _DAY_S, usage=Usage.SERVER)
    write(plan.pki / "server", old)


def _client_expired(scene: Scene) -> None:
    ca = authority(scene.net.brokers[TR].plan)
    old = certificate(ca, federation_user(GE), begins_s=-5 * _DAY_S)
    write(scene.net.brokers[GE].plan.pki / "fed-at-tr", old)


def _wrong_ca(scene: Scene) -> None:
    stranger = make_ca("corridor TR CA", 9, round(time.time() * 1000))
    (scene.net.brokers[GE].plan.pki / "tr-ca.pem").write_bytes(stranger.certificate)


def _wrong_name(scene: Scene) -> None:
    plan = scene.net.brokers[TR].plan
    write(plan.pki / "server", certificate(authority(plan), "mq.az.test", usage=Usage.SERVER))


def _bare_address(scene: Scene) -> None:
    _edit(scene, lambda uri: uri.replace("&server_name_indication=mq.tr.test", ""))


_SPOILT: tuple[
    tuple[str, Callable[[Scene], None], tuple[CountryCode, ...], CountryCode, str], ...
] = (
    # what, how, whose broker reads files again, who says why, and with which word
    ("server certificate expired", _server_expired, (TR,), GE, "certificate_expired"),
    ("client certificate expired", _client_expired, (GE,), TR, "certificate_expired"),
    ("wrong CA", _wrong_ca, (GE,), GE, "unknown_ca"),
    ("wrong name in the certificate", _wrong_name, (TR,), GE, "hostname_check_failed"),
    ("address instead of a name", _bare_address, (), GE, "hostname_check_failed"),
)


def _unverified(scene: Scene) -> None:
    """RabbitMQ on Erlang 25 takes any server where `verify` is left out: the check must say so.

    Georgia's node is down meanwhile, since its watch puts the upstream back within a look; it does
    so once it is there again.
    """
    scene.net.node(GE).stop()
    with own_files(scene):
        _wrong_ca(scene)
        _edit(scene, lambda uri: uri.replace("&verify=verify_peer", ""))
        told_anew(scene, GE)
        runs = scene.wait(lambda: scene.runs(GE), 30)
        scene.bites(runs, "without verification the link does not run")
        said = scene.check(GE)
        named = [line for line in said.splitlines() if line.startswith("upstream TR")]
        scene.expect(named, f"`corridor broker check` does not name it: {said[:200]}")
        said = named[0] if named else said
        scene.note(f"verification left out: the link runs; the check says: {said[:160]}")
        puts = lambda: len(scene.events(GE, "link.repaired", state="put_parameter"))  # noqa: E731
        before = puts()
        scene.net.start_node(GE)
        put = scene.wait(lambda: puts() > before, 40)
        scene.expect(put, "the node did not put the verification back")
    told_anew(scene, GE)
    scene.need(scene.wait(lambda: scene.runs(GE), 40), "the link did not come back")


def _edit(scene: Scene, change: Callable[[str], str]) -> None:
    value = scene.admin(GE).ask("GET", _UPSTREAM)["value"]
    edited = change(value["uri"])
    scene.need(edited != value["uri"], "the URI is not written as expected")
    scene.admin(GE).ask("PUT", _UPSTREAM, {"value": {**value, "uri": edited}})


def _put_again(scene: Scene, *reads: CountryCode) -> bool:
    """Put the upstream once more: a change while its link starts may pass it by."""
    scene.note("the link ran on as it was: its upstream was put once more")
    value = scene.admin(GE).ask("GET", _UPSTREAM)["value"]
    scene.admin(GE).ask("PUT", _UPSTREAM, {"value": value})
    told_anew(scene, *reads)
    return scene.wait(lambda: error_of(scene), 20)


def error_of(scene: Scene) -> str:
    """Return why Georgia's link to Türkiye does not run; empty where it does."""
    link = scene.link(GE)
    return "" if link.get("status") == "running" else str(link.get("error") or link.get("status"))


def _said(scene: Scene, side: CountryCode) -> str:
    said = error_of(scene) + scene.broker_log(side)
    return said.lower().replace(" ", "_")


@contextmanager
def own_files(scene: Scene) -> Iterator[None]:
    """Put certificates and the upstream back as they were."""
    paths = [scene.net.brokers[code].plan.pki / name for code, name in _FILES]
    kept = {path: path.read_bytes() for path in paths}
    try:
        yield
    finally:
        for path, content in kept.items():
            path.write_bytes(content)
        scene.admin(GE).restore()


def told_anew(scene: Scene, *codes: CountryCode) -> None:
    """Have brokers read certificates again, and the link connect again."""
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda code: _clear(scene, code), codes))
    scene.net.link(TR, GE).reset()
    time.sleep(0.3)


def _clear(scene: Scene, code: CountryCode) -> None:
    broker = scene.net.brokers[code]
    done = scene.wait(lambda: broker.ctl("eval", "ssl:clear_pem_cache().") is not None, 180)
    scene.need(done, f"{code}: certificates are not read again")


def short(error: str) -> str:
    """Return the words of an Erlang error that say why."""
    found = re.search(r"tls_alert,[^\w]*(\w+)|hostname_check_failed|unknown_ca", error)
    return (found[0] if found else error)[:90] or "no reason at the reader"


@case(
    17,
    "Certificates renewed under load without a restart",
    "server, node and link come back with the new certificates; no process is restarted and "
    "nothing is lost",
    quick=True,
)
def renewed(scene: Scene) -> None:
    net, tr, ge = scene.net, scene.net.brokers[TR].plan, scene.net.brokers[GE].plan
    before = (net.brokers[TR].pid, net.nodes[TR].pid, _serial(scene))
    traffic = scene.send(200, over_s=5.0)
    ca = authority(tr)
    write(tr.pki / "server", certificate(ca, tr.server_name, usage=Usage.SERVER, days=20))
    write(tr.pki / "node", certificate(ca, NODE_USER, days=20))
    write(ge.pki / "fed-at-tr", certificate(ca, federation_user(GE), days=20))
    told_anew(scene, TR, GE)
    net.own(TR).reset()
    scene.expect(scene.wait(lambda: scene.runs(GE), 40), "the link did not come back")
    scene.expect(scene.wait(lambda: net.node(TR).ready(), 30), "the node did not come back")
    after = (net.brokers[TR].pid, net.nodes[TR].pid, _serial(scene))
    scene.bites(after[2] != before[2], "the listener still shows the old certificate")
    scene.expect(after[:2] == before[:2], "a process was started again")
    scene.expect(traffic.wait(30), "a node took no records meanwhile")
    scene.expect(scene.complete(traffic.accepted), "not complete after the renewal")
    scene.note("server, node and link certificates renewed under load; same processes")


def _serial(scene: Scene) -> str:
    """Return which certificate Türkiye's listener shows, by its hash."""
    plan = scene.net.brokers[TR].plan
    context = ssl.create_default_context(cafile=str(plan.pki / "ca.pem"))
    node = Path(plan.pki / "node.pem")
    context.load_cert_chain(node, node.with_suffix(".key"))
    with (
        socket.create_connection(("127.0.0.1", plan.ports.amqps), timeout=5) as plain,
        context.wrap_socket(plain, server_hostname=plan.server_name) as wrapped,
    ):
        return str(wrapped.getpeercert()["serialNumber"])  # type: ignore[index]


@case(
    18,
    "Revocation: the partner's user is deleted",
    "its link is thrown out at once and cannot return with the same certificate; its queue keeps "
    "filling until the partner is removed",
    quick=True,
)
def revoked(scene: Scene) -> None:
    plan = scene.net.brokers[TR].plan
    begun = time.monotonic()
    scene.admin(TR).delete_user(GE)
    down = scene.wait(lambda: not scene.runs(GE), 10)
    scene.bites(down, "the link still runs")
    scene.note(f"the link was gone {time.monotonic() - begun:.1f} s after the user")
    valid = certificate(authority(plan), federation_user(GE))
    scene.expect(refused(plan, valid), "a certificate without its user was let in")
    records = scene.submit(20, TR)
    queue = federation_queue(TR, GE)
    fills = scene.wait(lambda: scene.admin(TR).depth(queue) > 0, 15)
    scene.expect(fills, "nothing waits for the partner")
    time.sleep(scene.s(3, 60))
    scene.expect(not scene.runs(GE), "the link came back without its user")
    waiting = scene.admin(TR).depth(queue)
    scene.note(f"{waiting} messages wait in its queue: removing a partner deletes that too")
    scene.admin(TR).restore()
    scene.expect(scene.complete(records), "not complete after the user was there again")
