#!/usr/bin/env python3
"""Tries the Debian package on two booted machines, from installing it to purging it.

    python tests/deb/run_deb.py [--built]

Both machines are Debians of this machine's release, in namespaces of their own, with systemd as
their first process and one line between them. They install the package without any other network,
do every step of the manual's page "Join the network" as the package's user with the package's
units, exchange receipted records, upgrade while a record is on its way, remove and purge.

Needs root and debootstrap. Writes build/deb-test/summary.json; leaves no process, mount or group.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

TREE = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TREE / "tests"), str(TREE / "tests" / "integration" / "join")]

from country import Country, Wrong, as_here  # noqa: E402 - beside this script
from machines import Machine, hand_over  # noqa: E402 - those of the page's test
from page import MANUAL, Command, Handed, Started, Told, read_page  # noqa: E402 - the same
from steps import after_install, exchange, purge, remove, upgrade  # noqa: E402 - beside this script

from builders_namespaces import namespaces  # noqa: E402 - of the tests
from corridor import __version__  # noqa: E402 - of this tree

OUT = TREE / "build" / "deb-test"
BASE = OUT / "base.tar"
LATER = "0.1.1"
"""The version that the same tree is given for the upgrade."""
PATIENCE_S = 60.0
PASSPHRASE = re.compile(r"^```console\n(head -c .*?)^```$", re.MULTILINE | re.DOTALL)


def main() -> int:
    """Try it; say how long each part took, or what is wrong."""
    if os.geteuid() != 0:
        return say("needs root: it boots machines. Run it as root, or in a machine of its own", 1)
    for tool, package in (("debootstrap", "debootstrap"), ("unshare", "util-linux"),
                          ("ip", "iproute2")):  # fmt: skip
        if shutil.which(tool, path="/usr/sbin:/usr/bin:/sbin:/bin") is None:
            return say(f"needs {tool}: apt-get install --no-install-recommends {package}", 1)
    took: dict[str, float] = {}
    try:
        with ExitStack() as stack:
            attempt(stack, took)
    except KeyboardInterrupt:
        return say("interrupted; everything was ended", 130)
    except (Wrong, AssertionError, subprocess.SubprocessError) as error:
        return say(f"FAILED after {', '.join(took) or 'nothing'}: {error}", 1)
    (OUT / "summary.json").write_text(json.dumps(took, indent=2) + "\n")
    return say(f"all of it in {sum(took.values()):.0f} s; {OUT / 'summary.json'}", 0)


def attempt(stack: ExitStack, took: dict[str, float]) -> None:
    """Do everything, in its order."""
    with part(took, "base"):
        subprocess.run([TREE / "tests/deb/base.sh", BASE], check=True, stdout=sys.stderr)
    with part(took, "build"):
        first, later = packages()
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="deb-")))
    with part(took, "boot"):
        georgia, turkiye = booted(stack, folder)
    with part(took, "install"):
        for one in (georgia, turkiye):
            after_install(one, first)
            prepare(one)
    with part(took, "join"):
        carry_out_page(registry(stack, folder) | {"Georgia": georgia, "Türkiye": turkiye})
    with part(took, "exchange"):
        exchange(georgia, turkiye)
    with part(took, "upgrade"):
        upgrade(georgia, turkiye, later, LATER)
    with part(took, "remove"):
        remove(georgia, turkiye, later)
    with part(took, "purge"):
        purge(georgia, turkiye)


def packages() -> tuple[Path, Path]:
    """Build the package, and the same tree once more as a later version.

    With `--built` those of the last run are taken: for whoever changes this test.
    """
    if "--built" in sys.argv:
        (first,) = OUT.glob(f"*_{__version__}-1_*.deb")
        (last,) = OUT.glob(f"*_{LATER}-1_*.deb")
        return first, last
    first = built(TREE, OUT)
    later = OUT / "later"
    shutil.rmtree(later, ignore_errors=True)
    skip = shutil.ignore_patterns("build", ".venv", ".git", "__pycache__")
    shutil.copytree(TREE, later, ignore=skip)
    version = later / "node" / "corridor" / "__init__.py"
    text = version.read_text()
    version.write_text(re.sub(r'__version__ = ".+"', f'__version__ = "{LATER}"', text))
    return first, built(later, OUT)


def built(tree: Path, to: Path) -> Path:
    """Build a tree's package; returns it."""
    around = {**os.environ, "PYTHONPATH": str(tree / "node")}
    if tree != TREE:
        around["SOURCE_DATE_EPOCH"] = str(int(time.time()))
    command = [sys.executable, tree / "deploy/debian/build.py", "--to", to, "--no-lint", "--quick"]
    done = subprocess.run(command, env=around, check=True, stdout=subprocess.PIPE, text=True)
    return Path(done.stdout.strip().splitlines()[-1])


def booted(stack: ExitStack, folder: Path) -> tuple[Country, Country]:
    """Lay out and boot both machines; the stack ends them."""
    group = f"corridor-{folder.name}"
    stack.callback(clear_groups, group)
    stack.callback(nothing_mounted, folder)
    found = []
    for name, on_page in (("Georgia", "ge"), ("Türkiye", "tr")):
        root = folder / on_page
        root.mkdir()
        subprocess.run(["tar", "-C", root, "-xf", BASE], check=True)
        country = Country(name, on_page, root)
        stack.callback(country.end)
        country.boot(f"{group}-{on_page}")
        found.append(country)
    georgia, turkiye = found
    georgia.join("10.83.0.1/30", turkiye, "10.83.0.2/30")
    return georgia, turkiye


def registry(stack: ExitStack, folder: Path) -> dict[str, Machine]:
    """The bodies of the registry: folders of this machine, without any network."""
    spaces = stack.enter_context(namespaces(folder))
    alone = spaces.make()
    found = {}
    for name in ("UN", "EAST", "WEST"):
        place = folder / name
        place.mkdir(mode=0o700)
        found[name] = Machine(name, place, alone)
    return found


def carry_out_page(machines: dict[str, Machine | Country]) -> None:
    """Do what the page says, line by line, with the package's folder, user and units."""
    for step in read_page((MANUAL / "join.md").read_text(encoding="utf-8")):
        machine = machines[step.machine]
        if isinstance(step, Command):
            carry_out(machine, step.line)
        elif isinstance(step, Handed):
            other = machines[step.to]
            name = there(other, step.as_name)
            hand_over(machine, there(machine, step.name), other, name)
            if isinstance(other, Country):
                other.owns(name)
        elif isinstance(step, Told):
            machine.heard[step.word] = machines[step.by].read_out(step.word)
        elif isinstance(step, Started) and isinstance(machine, Country):
            start_broker(machine)


def prepare(country: Country) -> None:
    """Give its people the movement that they are going to send, and a passphrase."""
    shutil.copy(MANUAL / "movement.json", country.folder)
    country.owns("movement.json")
    make_passphrase(country)


def make_passphrase(country: Country) -> None:
    """What the page on the package says: a passphrase for the keys, the node's user's alone."""
    for line in PASSPHRASE.findall((MANUAL / "debian.md").read_text("utf-8"))[0].splitlines():
        country.root_runs(line)


def there(machine: Machine | Country, name: str) -> str:
    """Return what a file of the page is called on a machine."""
    return as_here(name, machine.folder_on_page) if isinstance(machine, Country) else name


def start_broker(country: Country) -> None:
    """What the page on the package says: the broker's files for its user, then the unit."""
    country.type("chmod -R g+rX node/broker node/pki && chmod 0600 node/pki/node.key")
    if country.root_runs("systemctl enable --now corridor-broker", check=False).returncode:
        raise Wrong(f"the broker of {country.name}: {country.log('corridor-broker')}")
    end = time.monotonic() + PATIENCE_S
    # 0x1627 is port 5671, for partners; Debian's smallest system has no tool that lists ports.
    while country.root_runs("grep -q ':1627 ' /proc/net/tcp*", check=False).returncode:
        if time.monotonic() > end:
            raise Wrong(f"the broker of {country.name}: {country.log('corridor-broker')}")
        time.sleep(0.5)


def carry_out(machine: Machine | Country, line: str) -> None:
    """Type one line; a person looks again where something may be on its way."""
    if line.startswith("corridor run ") and isinstance(machine, Country):
        machine.root_runs("systemctl enable --now corridor-node", check=False)
        if machine.root_runs("systemctl is-active corridor-node", check=False).returncode:
            raise Wrong(f"the node of {machine.name}: {machine.log('corridor-node')}")
        return
    if line.startswith("corridor init "):
        line += " --passphrase-file /etc/corridor/passphrase"
    end = time.monotonic() + PATIENCE_S
    while True:
        done = (
            machine.type(line, check=False) if isinstance(machine, Country) else machine.type(line)
        )
        waits = done.returncode or "after this cursor" in done.stdout
        if not waits or time.monotonic() > end or isinstance(machine, Machine):
            break
        time.sleep(1)
    if done.returncode:
        raise Wrong(f"{machine.name}$ {line}\n{done.stdout}{done.stderr}")


def nothing_mounted(folder: Path) -> None:
    """Nothing of the machines is mounted where we are: the folder can be removed."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    if left := [line.split()[4] for line in lines if str(folder) in line]:
        raise Wrong(f"still mounted: {', '.join(left)}")


def clear_groups(group: str) -> None:
    """Remove the machines' groups, deepest first; all in them have ended."""
    with tempfile.TemporaryDirectory() as place:
        subprocess.run(["mount", "-t", "cgroup2", "none", place], check=True)
        try:
            end = time.monotonic() + 5
            while left := list(Path(place).glob(f"{group}*")):
                for top in left:
                    below = sorted((one for one in top.rglob("*") if one.is_dir()), reverse=True)
                    for one in [*below, top]:
                        try:
                            one.rmdir()
                        except OSError as error:
                            if time.monotonic() > end:
                                raise Wrong(f"still runs: {one}: {error.strerror}") from None
                time.sleep(0.1)
        finally:
            subprocess.run(["umount", place], check=True)


@contextmanager
def part(took: dict[str, float], name: str) -> Iterator[None]:
    """Say what is tried and how long it took."""
    begun = time.monotonic()
    yield
    took[name] = round(time.monotonic() - begun, 1)
    say(f"{name}: {took[name]} s", 0)


def say(told: str, status: int) -> int:
    """Print a line; returns the status given."""
    print(f"deb-test: {told}", file=sys.stderr, flush=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
