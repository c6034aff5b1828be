"""What is held of the package at each of its ages: installed, upgraded, removed, purged."""

import json
import re
import shutil
import time
from pathlib import Path

from country import Country, Wrong

PATIENCE_S = 90.0
UNITS = ("corridor-node.service", "corridor-broker.service")
MODES = {
    "/var/lib/corridor": "750 corridor corridor",
    "/etc/corridor": "750 root corridor",
    "/usr/lib/corridor/bin/corridor": "755 root root",
    "/usr/lib/systemd/system/corridor-node.service": "644 root root",
}
EVIDENCE = "cd /var/lib/corridor/node; find keys trust -type f | sort | xargs sha256sum"


def after_install(country: Country, package: Path) -> None:
    """Install it; the user and folders are there, and nothing was started or enabled."""
    install(country, package, "rabbitmq-server")
    for path, wanted in MODES.items():
        hold(f"mode of {path}", country.root_runs(f"stat -c '%a %U %G' {path}").stdout, wanted)
    for unit in UNITS:
        for question, wanted in (("is-active", "inactive"), ("is-enabled", "disabled")):
            said = country.root_runs(f"systemctl {question} {unit}", check=False).stdout
            hold(f"{unit} {question}", said, wanted)
    hold("its shell", country.root_runs("getent passwd corridor").stdout.split(":")[-1],
         "/usr/sbin/nologin")  # fmt: skip
    hold("changed files", country.root_runs("dpkg --verify corridor-node").stdout, "")
    country.root_runs("corridor --version; test -s /usr/share/man/man1/corridor.1.gz")
    completes = (
        ". /usr/share/bash-completion/completions/corridor; COMP_WORDS=(corridor doc); "
        "COMP_CWORD=1; _corridor_completion corridor doc; echo ${COMPREPLY[@]}"
    )
    hold("completion", country.root_runs(f"bash -c '{completes}'").stdout, "doctor")
    # Twice is as once.
    install(country, package)


def exchange(georgia: Country, turkiye: Country) -> None:
    """The page's movement was receipted; the units run as closed as they are written."""
    sent = re.search(r"accepted (\w+) for GE", turkiye.screen)
    if not sent:
        raise Wrong("Türkiye sent nothing")
    receipted(turkiye, sent[1])
    if sent[1] not in georgia.screen:
        raise Wrong(f"{sent[1]} never stood on Georgia's screen")
    if not re.search(r"there and back in \d+ ms", georgia.screen):
        raise Wrong("no canary came back")
    for country in (georgia, turkiye):
        for unit in UNITS:
            said = country.root_runs(f"systemd-analyze security --no-pager {unit}", check=False)
            level = re.search(r"exposure level for \S+: ([0-9.]+)", said.stdout)
            if not level or float(level[1]) > 1.5:
                raise Wrong(f"{unit}: {said.stdout[-200:]}{said.stderr}")
        said = country.root_runs("ps -o user= -p $(systemctl show -P MainPID corridor-node)").stdout
        hold("the node's user", said, "corridor")
        country.root_runs("systemctl reload corridor-node && systemctl is-active corridor-node")


def upgrade(georgia: Country, turkiye: Country, package: Path, version: str) -> None:
    """Upgrade one side while the other sends: nothing is lost, keys and trust are as they were."""
    before = georgia.root_runs(EVIDENCE).stdout
    held = len(inbox(georgia))
    broker = georgia.root_runs("systemctl show -P MainPID corridor-broker").stdout
    sent = [send(turkiye)]
    install(georgia, package)
    sent.append(send(turkiye))
    georgia.root_runs("systemctl is-active corridor-node")
    hold("version that runs", str(status(georgia)["version"]), version)
    hold("keys and trust", georgia.root_runs(EVIDENCE).stdout, before)
    hold("the broker went on",
         georgia.root_runs("systemctl show -P MainPID corridor-broker").stdout, broker)  # fmt: skip
    for one in sent:
        receipted(turkiye, one)
    found = [one for one in inbox(georgia) if one in sent]
    hold("each arrived once", sorted(found), sorted(sent))
    if len(inbox(georgia)) != held + len(sent):
        raise Wrong(f"{held} records before, {len(inbox(georgia))} after {len(sent)} more")
    canary(georgia, "TR")
    # Both versions at once: the other side goes back and forth with the old one.
    canary(turkiye, "GE")


def remove(georgia: Country, turkiye: Country, package: Path) -> None:
    """Removed, it leaves all data; installed again, it goes on where it was."""
    before, held = georgia.root_runs(EVIDENCE).stdout, inbox(georgia)
    georgia.root_runs("apt-get -q -y remove corridor-node")
    for gone in ("/usr/lib/corridor", "/usr/bin/corridor", "/run/corridor-node.stopped-by-dpkg"):
        georgia.root_runs(f"test ! -e {gone} && test ! -L {gone}")
    ours = georgia.root_runs("ps -eo user= | grep -c ^corridor$ || true").stdout
    hold("processes of the node", ours, "0")
    hold("keys and trust", georgia.root_runs(EVIDENCE).stdout, before)
    sent = send(turkiye)
    install(georgia, package)
    for unit in ("corridor-broker", "corridor-node"):
        georgia.root_runs(f"systemctl start {unit}")
    receipted(turkiye, sent)
    hold("records", sorted(inbox(georgia)), sorted([*held, sent]))


def purge(georgia: Country, turkiye: Country) -> None:
    """Purged, it erases everything, or nothing where the one question is answered so."""
    turkiye.root_runs(
        "echo corridor-node corridor-node/erase boolean false | debconf-set-selections"
    )
    before = turkiye.root_runs(EVIDENCE).stdout
    for country in (georgia, turkiye):
        country.root_runs("apt-get -q -y purge corridor-node")
        look = "dpkg -L corridor-node 2>/dev/null; find /etc/systemd/system -name 'corridor*'"
        hold("left of the package", country.root_runs(look, check=False).stdout, "")
    hold("kept", turkiye.root_runs(EVIDENCE).stdout, before)
    for gone in ("/var/lib/corridor", "/var/lib/corridor-broker", "/etc/corridor",
                 "/etc/logrotate.d/corridor-broker"):  # fmt: skip
        georgia.root_runs(f"test ! -e {gone}")


def install(country: Country, package: Path, *more: str) -> None:
    """Install a package file with apt, as an administrator does."""
    shutil.copy(package, country.root / "root")
    line = f"apt-get -q -y --no-install-recommends install ./{package.name} {' '.join(more)}"
    country.root_runs(line)


def send(country: Country) -> str:
    """Have a country send the page's movement once more; returns the record's id."""
    said = country.type("corridor send movement.json --to GE --config node/node.toml --json").stdout
    found = re.search(r"[0-9a-f]{32}", said)
    if not found:
        raise Wrong(f"nothing was accepted: {said}")
    return found[0]


def receipted(country: Country, record: str) -> None:
    """Wait until a record's signed receipt is stored."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        line = "corridor inbox --outcomes --config node/node.toml"
        said = country.type(line, check=False).stdout
        if re.search(rf"{record} +accepted", said):
            return
        time.sleep(0.5)
    raise Wrong(f"no receipt for {record}: {said}\n{country.log('corridor-node')}")


def inbox(country: Country) -> list[str]:
    """Return the ids of all records that came from partners."""
    said = country.type("corridor inbox --config node/node.toml --limit 4096").stdout
    return re.findall(r"\b[0-9a-f]{32}\b", said)


def status(country: Country) -> dict[str, object]:
    """Return what the node says of itself."""
    said = country.type("corridor status --config node/node.toml --json", check=False).stdout
    return dict(json.loads(said))


def canary(country: Country, to: str) -> None:
    """Have a canary go there and back."""
    country.type(f"corridor peer test {to} --config node/node.toml --wait 30")


def hold(what: str, found: object, wanted: object) -> None:
    """Say what differs.

    Raises:
        Wrong: It does.
    """
    if isinstance(found, str) and isinstance(wanted, str):
        found, wanted = found.strip(), wanted.strip()
    if found != wanted:
        raise Wrong(f"{what}: {found!r}, not {wanted!r}")
