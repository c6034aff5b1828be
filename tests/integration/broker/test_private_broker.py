"""Ports that nobody else has, and a private broker that cannot start."""

import json
import socket
import time
from pathlib import Path

import pytest

from corridor.errors import ConfigurationError, LinkTrouble
from corridor.lab import brokers as lab_brokers
from corridor.lab.broker_layout import lay_out
from corridor.lab.brokers import stop_together, wait_ready
from corridor.lab.ports import PortLease
from corridor.transit.parties import CountryCode

GE = CountryCode("GE")


def test_two_leases_never_give_the_same_port() -> None:
    with PortLease() as one, PortLease() as two:
        mine, theirs = set(one.take(40)), set(two.take(40))
        assert len(mine) == len(theirs) == 40
        assert not mine & theirs


def test_one_lease_never_gives_a_port_twice() -> None:
    # Of twelve thousand: by chance alone a quarter of the second would be of the first.
    with PortLease() as lease:
        assert not set(lease.take(3_000)) & set(lease.take(3_000))


def test_a_port_in_use_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    with PortLease() as finder:
        (port,) = finder.take()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", port))
        listener.listen()
        monkeypatch.setattr("corridor.lab.ports._FIRST", port)
        monkeypatch.setattr("corridor.lab.ports._LAST", port + 1)
        with PortLease() as lease, pytest.raises(ConfigurationError, match="no 1 free ports"):
            lease.take()


def test_a_closed_lease_gives_nothing() -> None:
    lease = PortLease()
    lease.close()
    lease.close()
    with pytest.raises(ConfigurationError, match="closed"):
        lease.take()


@pytest.mark.broker
def test_a_broker_that_cannot_start_is_told_with_its_last_words(tmp_path: Path) -> None:
    with PortLease() as lease:
        broker = lay_out(tmp_path, {GE: []}, lease, time.time_ns() // 1_000_000)[GE]
        broker.write({"rabbitmq.conf": "no.such.setting = 1\n"})
        broker.start()
        state = json.loads((tmp_path / "ge" / "broker.json").read_text())
        assert (state["country"], state["pid"]) == ("GE", broker.pid)
        try:
            with pytest.raises(LinkTrouble, match="broker of GE has ended"):
                wait_ready([broker], 60)
        finally:
            stop_together([broker])
        assert not (tmp_path / "ge" / "broker.json").exists()
        assert not Path(f"/proc/{state['epmd_pid']}/exe").exists()
        with pytest.raises(LinkTrouble, match="broker of GE does not run"):
            broker.ctl("status")


@pytest.mark.broker
def test_a_broker_that_takes_too_long_is_named(tmp_path: Path) -> None:
    with PortLease() as lease:
        broker = lay_out(tmp_path, {GE: []}, lease, time.time_ns() // 1_000_000)[GE]
        stages: list[str] = []
        broker.start()
        broker.start()  # it runs already
        try:
            with pytest.raises(LinkTrouble, match="not ready after 0 s: brokers of GE"):
                wait_ready([broker], 0.3, lambda _country, stage, _elapsed: stages.append(stage))
        finally:
            broker.kill()
            broker.stop()
        assert set(stages) == {"starting"}
        assert broker.pid is None


def test_a_machine_without_rabbitmq_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lab_brokers, "_SCRIPTS", tmp_path)
    with PortLease() as lease:
        broker = lay_out(tmp_path, {GE: []}, lease, time.time_ns() // 1_000_000)[GE]
        with pytest.raises(ConfigurationError, match="not installed"):
            broker.start()


def test_keys_and_passwords_are_for_the_owner_only(tmp_path: Path) -> None:
    with PortLease() as lease:
        lay_out(tmp_path, {GE: []}, lease, time.time_ns() // 1_000_000)
    secrets = [*tmp_path.rglob("*.key"), *tmp_path.rglob("*.password")]
    secrets += tmp_path.rglob(".erlang.cookie")
    assert len(secrets) == 6
    assert {path.stat().st_mode & 0o077 for path in secrets} == {0}
