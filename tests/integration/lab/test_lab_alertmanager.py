"""Whom an alert reaches, and which alert holds back which: asked of a real Alertmanager."""

import json
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from builders_lab import until
from corridor.lab.guard import Guarded
from corridor.lab.ports import PortLease
from corridor.lab.watching import shipped
from testkit.watching import alerts

pytestmark = pytest.mark.broker
PAGE, TICKET = {"severity": "page"}, {"severity": "ticket"}
ROUTES = {
    "dead-man": ("alertname=CorridorWatchdog", "severity=none"),
    "security": ("alertname=CorridorForgedOrForeignFrames", "severity=page", "team=security"),
    "duty": ("alertname=CorridorOutboxStuck", "severity=page", "team=operators"),
    "national-system": ("alertname=CorridorSubmissionsRefused", "team=national system"),
    "officers": ("alertname=CorridorMovementsOverdue", "severity=ticket", "team=officers"),
    "tickets": ("alertname=CorridorWayShut", "severity=ticket", "team=operators"),
}


def tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"no {name} on this machine; `make test` fetches it")
    return found


@pytest.mark.parametrize("receiver", ROUTES)
def test_an_alert_reaches_whom_it_concerns(receiver: str) -> None:
    run = subprocess.run(
        [tool("amtool"), "config", "routes", "test", f"--config.file={shipped('alertmanager.yml')}",
         *ROUTES[receiver]],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (run.stdout.strip(), run.returncode) == (receiver, 0), run.stderr


def test_every_team_of_an_alert_has_a_route() -> None:
    """What has no route of its own is a ticket: a new team must not end there unseen."""
    text = shipped("alertmanager.yml").read_text()
    teams = {one.team for one in alerts().ALERTS} - {"operators"}
    assert {team for team in teams if f'team="{team}"' not in text} == set()


def test_amtool_finds_no_fault_with_the_file(tmp_path: Path) -> None:
    run = subprocess.run(
        [tool("amtool"), "check-config", shipped("alertmanager.yml")],
        capture_output=True, text=True, check=False, timeout=60, cwd=tmp_path,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    assert "11 inhibit rules" in run.stdout


def test_inhibition_names_alerts_that_there_are() -> None:
    """A rule that names an alert which was renamed would hold back nothing, and say nothing."""
    known = {one.name for one in alerts().ALERTS}
    lines = [
        line for line in shipped("alertmanager.yml").read_text().splitlines() if "_matchers" in line
    ]
    named = {
        word
        for line in lines
        for word in line.replace('"', " ").replace("|", " ").replace("=", " ").split()
        if word.startswith("Corridor") and "." not in word
    }
    assert len(named) > 15
    assert named <= known


@pytest.fixture(scope="module")
def manager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an Alertmanager with the shipped file."""
    folder, lease = tmp_path_factory.mktemp("alertmanager"), PortLease()
    (port,) = lease.take(1)
    url = f"http://127.0.0.1:{port}"
    running = Guarded(
        [tool("prometheus-alertmanager"), f"--config.file={shipped('alertmanager.yml')}",
         f"--storage.path={folder}", f"--web.listen-address=127.0.0.1:{port}",
         "--cluster.listen-address="],
        log=folder / "log",
    )  # fmt: skip
    try:
        assert until(lambda: ready(url), 30)
        yield url
    finally:
        running.stop(5)
        lease.close()


def ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/-/ready", timeout=2):  # noqa: S310 - loopback
            return True
    except OSError:
        return False


def raise_all(url: str, *found: dict[str, str]) -> None:
    """Tell the Alertmanager of these alerts, as Prometheus does."""
    body = json.dumps([{"labels": labels} for labels in found]).encode()
    request = urllib.request.Request(  # noqa: S310 - loopback
        f"{url}/api/v2/alerts", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - loopback
        assert answer.status == 200


def held_back(url: str) -> set[tuple[str, str]]:
    with urllib.request.urlopen(f"{url}/api/v2/alerts", timeout=10) as answer:  # noqa: S310 - loopback
        found = json.load(answer)
    return {
        (one["labels"]["alertname"], one["labels"].get("country", ""))
        for one in found
        if one["status"]["inhibitedBy"]
    }


def alert(name: str, country: str, severity: dict[str, str], **labels: str) -> dict[str, str]:
    return {"alertname": f"Corridor{name}", "country": country, **severity, **labels}


def test_what_follows_from_another_alert_is_held_back_and_nothing_else(manager: str) -> None:
    raise_all(
        manager,
        {"alertname": "CorridorWatchdog", "severity": "none"},
        # a node that is down: whatever else is known of its country, and of no other
        alert("NodeDown", "GE", PAGE), alert("OutboxStuck", "GE", PAGE, peer="TR.TCA"),
        alert("OutboxStuck", "TR", PAGE, peer="GE.RS"),
        # but what its broker tells does not follow from it, and security is always told
        alert("BrokerShortSoon", "GE", TICKET, job="rabbitmq"),
        alert("BrokerNotSeen", "GE", TICKET, job="rabbitmq"),
        alert("HttpStrangers", "GE", TICKET, team="security"),
        # a page holds back a page of the same cause, a ticket does not
        alert("BrokerBlocked", "AZ", PAGE), alert("OutboxStuck", "AZ", PAGE, peer="TR.TCA"),
        alert("BrokerDisconnected", "MA", TICKET), alert("OutboxStuck", "MA", PAGE, peer="DZ.DGD"),
        alert("LinkDown", "MA", TICKET, peer="DZ.DGD"),
        # one way that is shut explains that way only
        alert("WayShut", "KZ", TICKET, peer="KG.SCS"),
        alert("CanaryLate", "KZ", TICKET, peer="KG.SCS"),
        alert("CanaryLate", "PA", TICKET, peer="CR.DGA"),
        # the page of the same trouble makes its ticket superfluous
        alert("KeyEndsNow", "KZ", PAGE), alert("KeyEnds", "KZ", TICKET),
        alert("CertificateEndsNow", "PA", PAGE, purpose="node"),
        alert("CertificateEnds", "PA", TICKET, purpose="node"),
        alert("CertificateEnds", "PA", TICKET, purpose="ca"),
        # and what a security team has to know is never held back by a link
        alert("ForgedOrForeignFrames", "KZ", PAGE, link="KG", team="security"),
    )  # fmt: skip
    wanted = {
        ("CorridorOutboxStuck", "GE"), ("CorridorOutboxStuck", "AZ"), ("CorridorLinkDown", "MA"),
        ("CorridorCanaryLate", "KZ"), ("CorridorKeyEnds", "KZ"),
        ("CorridorCertificateEnds", "PA"),
    }  # fmt: skip
    assert until(lambda: held_back(manager) == wanted, 40), held_back(manager)
    time.sleep(1)
    assert held_back(manager) == wanted
