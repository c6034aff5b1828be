"""Ten ways to break a node, each with what the doctor says first, and its cure carried out.

The manual's table stands for these: `python tests/integration/broken/ten_ways.py` prints it. `…`
stands for what differs from node to node.
"""

import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Final

from broken_lab import AGE_DAYS, TR, BrokenLab, connected

from builders_cli import corridor
from chaos.disks import shrink, widen
from corridor.daemon.config import load_config
from corridor.daemon.keystore import KeyRole, KeyStore
from corridor.daemon.network_folder import SUFFIX, read_statement, write_statement
from corridor.exchange.addresses import NODE_USER
from corridor.lab.broker_layout import authority
from corridor.lab.registry import NETWORK
from corridor.seal.x509 import Leaf, Usage, issue, make_ca
from corridor.trust import ceremony
from corridor.trust.describe import statement_name

DAY_MS: Final = 86_400_000
_SHORT_MS: Final = 5_000
"""How long a directory counts that is to end."""

Breaking = Callable[[BrokenLab], Iterator[None]]


@dataclass(frozen=True, slots=True)
class Way:
    """One way to break a node."""

    name: str
    done: str
    """What was done, for the manual."""
    check: str
    says: str
    cure: str
    breaks: Breaking
    """Breaks it, yields, and carries the cure out."""
    small_disk: bool = False

    def named(self, what: str, cure: str) -> bool:
        """Whether a failing line names this cause, with this cure."""
        return bool(_pattern(self.says).fullmatch(what) and _pattern(self.cure).search(cure))


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in text.split("…")))


def _key_mode(lab: BrokenLab) -> Iterator[None]:
    (key,) = (lab.plan.directory / "keys").glob("storage-*")
    key.chmod(0o644)
    yield
    key.chmod(0o600)


def _certificate(lab: BrokenLab) -> Iterator[None]:
    now_ms, leaf = time.time_ns() // 1_000_000, Leaf(NODE_USER, Usage.CLIENT, 30)
    ended = issue(authority(lab.at()), leaf, now_ms - 31 * DAY_MS)
    for kind, content in (("pem", ended.certificate), ("key", ended.key)):
        (lab.folder / f"node.{kind}").write_bytes(content)
    lab.restart()
    yield
    said = corridor("broker", "renew", "--node", "--config", lab.plan.config, "--ca-key",
                    lab.at().directory / "authority.key")  # fmt: skip
    assert said.status == 0, said.err


def _permission(lab: BrokenLab) -> Iterator[None]:
    lab.broker().ctl("set_permissions", "-p", "corridor", NODE_USER, "^$", "^$", ".*")
    yield
    _import(lab)


def _partner_ca(lab: BrokenLab) -> Iterator[None]:
    now_ms, plan = time.time_ns() // 1_000_000, lab.at(TR)
    ca = make_ca("corridor TR CA", 30, now_ms)
    leaf = Leaf(plan.server_name, Usage.SERVER, 30, (plan.server_name,))
    made = issue(ca, leaf, now_ms)
    lab.replace(plan.pki / "server.pem", made.certificate)
    lab.replace(plan.pki / "server.key", made.key)
    _read_again(lab)
    yield
    lab.put_back()
    _read_again(lab)


def _clock(lab: BrokenLab) -> Iterator[None]:
    lab.clock.write_text(str(-(AGE_DAYS + 1) * 86_400))
    yield
    lab.clock.write_text("0")


def _disk(lab: BrokenLab) -> Iterator[None]:
    shrink(lab.plan.store.parent, 64 * 1024)
    yield
    widen(lab.plan.store.parent)


def _link(lab: BrokenLab) -> Iterator[None]:
    lab.broker(TR).ctl("suspend_listeners")
    lab.broker(TR).ctl("close_all_connections", "the line is cut")
    yield
    lab.broker(TR).ctl("resume_listeners")


def _directory(lab: BrokenLab) -> Iterator[None]:
    registry = lab.network.directory / "registry"
    newest = max((registry / NETWORK).glob("directory-*"))
    now_ms = time.time_ns() // 1_000_000
    drafted = ceremony.next_directory(read_statement(newest), _network_id(lab), now_ms)
    short = replace(drafted, expires_ms=now_ms + _SHORT_MS)
    keys = [_body_key(lab, body) for body in ("UN", "EAST")]
    signed = ceremony.make_directory(short, keys)
    path = registry / NETWORK / f"{statement_name(signed)}{SUFFIX}"
    write_statement(path, signed)
    _adopt(lab, path)
    time.sleep(max(0, short.expires_ms / 1000 - time.time()))
    yield
    draft = registry / "renewed.crt1"
    place = ("--network", registry / NETWORK)
    for step in (
        ("renew", *place, "--keys", registry / "UN", "--out", draft, "--yes"),
        ("sign", draft, *place, "--keys", registry / "EAST", "--yes"),
        ("publish", draft, *place),
    ):
        done = corridor("registry", *step)
        assert done.status == 0, done.out + done.err
    _adopt(lab, max((registry / NETWORK).glob("directory-*")))


def _vhost(lab: BrokenLab) -> Iterator[None]:
    lab.broker().ctl("delete_vhost", "corridor")
    yield
    _import(lab)


def _port(lab: BrokenLab) -> Iterator[None]:
    assert lab.node.stop()
    with ExitStack() as stack:
        other = stack.enter_context(socket.create_server(("127.0.0.1", lab.plan.metrics_port)))
        assert other
        lab.node.start()  # as a service manager does, again and again
        yield
    lab.restart()


def _import(lab: BrokenLab) -> None:
    lab.broker().ctl("import_definitions", str(lab.at().etc / "definitions.json"))


def _read_again(lab: BrokenLab) -> None:
    """Have the partner's broker read its certificate at once, and its links dialled anew."""
    lab.broker(TR).ctl("eval", "ssl:clear_pem_cache().")
    lab.broker(TR).ctl("close_all_connections", "certificates were renewed")


def _adopt(lab: BrokenLab, path: object) -> None:
    done = corridor("keys", "adopt", path, "--config", lab.plan.config, "--pid", lab.node.pid)
    assert done.status == 0, done.out + done.err


def _body_key(lab: BrokenLab, body: str):  # noqa: ANN202 - a signing key
    (key,) = (
        KeyStore(lab.network.directory / "registry" / body).signing_keys(KeyRole.REGISTRY).values()
    )
    return key


def _network_id(lab: BrokenLab) -> bytes:
    genesis = load_config(lab.plan.config).trust.genesis_sha256
    return bytes.fromhex(genesis)[:16]


WAYS: Final = (
    Way(
        "wrong key mode", "`chmod 0644` on a key file", "keys",
        "…storage-… has mode 0644", "chmod 0600 …", _key_mode,
    ),
    Way(
        "expired certificate", "the node's client certificate has ended", "certificates",
        "node.pem for corridor-node has ended",
        "`corridor broker renew`, or have the own CA issue it again, and put it there",
        _certificate,
    ),
    Way(
        "missing permission", "`corridor-node` may not write at the own broker", "broker",
        "permissions of corridor-node…", "rabbitmqctl import_definitions …", _permission,
    ),
    Way(
        "partner's CA changed", "the partner's broker has a certificate of a new CA", "reach",
        "TR.GTB at …: its certificate is from another CA than tr-ca.pem (…)",
        "call TR.GTB; it goes back to a certificate of its CA in the directory, or the registry"
        " lists its new CA: then `corridor join` and `corridor broker render`",
        _partner_ca,
    ),
    Way(
        "clock off", "the clock was put back by days", "clock",
        "the clock is … s behind what the registry signed",
        "set the clock; have chrony or systemd-timesyncd keep it", _clock,
    ),
    Way(
        "disk full", "the disk of the store is full", "disk",
        "0 MiB free at …, the disk of store: less than 64", "free disk space…", _disk,
        small_disk=True,
    ),
    Way(
        "link down", "the partner's broker is not reached, and reaches nobody", "reach",
        "TR.GTB at …: …Connection refused",
        "call TR.GTB; is its broker up? `corridor broker firewall` prints what must pass, on both"
        " sides",
        _link,
    ),
    Way(
        "directory stale", "the directory has ended", "directory",
        "directory … of 'lab chaos' has ended",
        "the registry signs a newer directory; take it with `corridor join`", _directory,
    ),
    Way(
        "vhost missing", "`rabbitmqctl delete_vhost corridor`", "broker",
        "vhost corridor is not there: …", "`rabbitmqctl import_definitions …", _vhost,
    ),
    Way(
        "port taken", "another program has the node's port for metrics", "ports",
        "metrics.port … at 127.0.0.1 cannot be had: Address already in use",
        "`ss -ltnp 'sport = :…'` names who has it; end it, or change metrics.port", _port,
    ),
)  # fmt: skip


def mended(lab: BrokenLab) -> None:
    """Wait until all runs again."""
    if lab.node.pid is None:
        lab.node.start()
    connected(lab)


def table() -> str:
    """Return the manual's table."""
    rows = [
        "| what is wrong | check | first failing line | what to do |",
        "| --- | --- | --- | --- |",
    ]
    for way in WAYS:
        cells = (f"{way.name}: {way.done}", f"`{way.check}`", way.says, way.cure)
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


if __name__ == "__main__":
    print(table())
