"""A network founded by its own commands: three bodies, two members, an agreement; files only.

    world = JoinWorld(folder)
    world.found(); world.members(); world.admit(); world.join("ge"); ...

The machine's pace: about two seconds for all of it; a session makes one and tests copy it.
"""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from builders_cli import Said, corridor

BODIES = (("UN", "un"), ("EAST", "regional"), ("WEST", "regional"))
MEMBERS = {
    "ge": ("GE.RS", "Revenue Service", "mq.rs.ge", "192.0.2.1"),
    "tr": ("TR.GTB", "Ministry of Trade", "mq.gtb.tr", "192.0.2.2"),
}


@dataclass(frozen=True, slots=True)
class JoinWorld:
    """The files of everybody, in one folder."""

    at: Path

    @property
    def network(self) -> Path:
        """The folder that the registry hands out."""
        return self.at / "network"

    def found(self) -> None:
        """Make the bodies' keys and publish the first root."""
        for name, kind in BODIES:
            good("registry", "body-key", "--id", name, "--class", kind, "--at", self.keys(name),
                 "--out", self.at / f"{name}.json")  # fmt: skip
        cards = [self.at / f"{name}.json" for name, _ in BODIES]
        root = self.at / "root.crt1"
        good("registry", "found", *cards, "--name", "transit", "--keys", self.keys("UN"),
             "--out", root, "--yes")  # fmt: skip
        for name in ("EAST", "WEST"):
            good("registry", "sign", root, "--keys", self.keys(name), "--yes")
        good("registry", "publish", root, "--network", self.network)

    def init(self, code: str) -> None:
        """Make a node's folder."""
        endpoint, name, host, address = MEMBERS[code]
        good("init", "--endpoint", endpoint, "--administration", name, "--broker-host", host,
             "--broker-address", address, "--at", self.at / code, "--no-input")  # fmt: skip

    def keys(self, body: str) -> Path:
        """The folder of a body's keys."""
        return self.at / f"{body}-keys"

    def request(self, code: str) -> Path:
        """A node's request to join."""
        return self.at / code / "join-request.json"

    def config(self, code: str) -> Path:
        """A node's configuration."""
        return self.at / code / "node.toml"

    def identity(self, code: str) -> Path:
        """A node's identity keys."""
        return self.at / f"{code}-identity"

    def fingerprint(self, code: str) -> str:
        """What a member reads out."""
        asked = json.loads(self.request(code).read_text())
        return str(asked["identity"]["fingerprint"])

    def genesis(self) -> str:
        """What the registry reads out."""
        root = self.network / "root-000001.crt1"
        return str(corridor("registry", "show", root, "--json").json["fingerprint"])

    def admit(self, *codes: str, out: str = "directory-1.crt1") -> Said:
        """Draft the directory that lists members."""
        heard = [
            word for code in codes for word in ("--expect-fingerprint", self.fingerprint(code))
        ]
        return corridor("registry", "admit", *(self.request(code) for code in codes), *heard,
                        "--network", self.network, "--keys", self.keys("UN"),
                        "--out", self.at / out, "--yes")  # fmt: skip

    def sign_and_publish(self, name: str) -> None:
        """Have a second body sign a draft, and publish it."""
        draft = self.at / name
        good("registry", "sign", draft, "--network", self.network, "--keys", self.keys("EAST"),
             "--yes")  # fmt: skip
        good("registry", "publish", draft, "--network", self.network)

    def join(self, code: str, *more: object) -> Said:
        """Have a node join."""
        return corridor("join", "--config", self.config(code), "--network", self.network,
                        "--fingerprint", self.genesis(), "--identity", self.identity(code),
                        *more)  # fmt: skip

    def propose(self, *more: object) -> Said:
        """Have Georgia propose an agreement to Türkiye."""
        heard = f"--partner-fingerprint={self.fingerprint('tr')}"
        return corridor("agreement", "propose", "TR", "--config", self.config("ge"),
                        "--identity", self.identity("ge"), "--out", self.at / "agreement", heard,
                        "--yes", *more)  # fmt: skip

    def agree(self) -> Said:
        """Have Türkiye sign it."""
        return corridor("agreement", "sign", self.at / "agreement", "--config", self.config("tr"),
                        "--identity", self.identity("tr"), "--yes",
                        "--partner-fingerprint", self.fingerprint("ge"))  # fmt: skip

    def include(self, out: str = "directory-2.crt1") -> Said:
        """Draft the directory that lists the agreement."""
        return corridor("registry", "include-agreement", self.at / "agreement", "--network",
                        self.network, "--keys", self.keys("UN"), "--out", self.at / out,
                        "--yes")  # fmt: skip

    def copy(self, to: Path) -> "JoinWorld":
        """Return a copy of everything."""
        shutil.copytree(self.at, to, symlinks=True)
        return JoinWorld(to)


def good(*arguments: object) -> Said:
    """Run a command that must do what it is told."""
    said = corridor(*arguments)
    assert said.status == 0, f"{arguments}\n{said.out}\n{said.err}"
    return said


def admitted(folder: Path) -> JoinWorld:
    """Return a network whose first directory lists both members; nobody has joined."""
    world = JoinWorld(folder)
    world.at.mkdir()
    world.found()
    for code in MEMBERS:
        world.init(code)
    assert world.admit("ge", "tr").status == 0
    world.sign_and_publish("directory-1.crt1")
    return world


def agreed(folder: Path) -> JoinWorld:
    """Return a network in which both have joined and an agreement is in force."""
    world = admitted(folder)
    for code in MEMBERS:
        assert world.join(code).status == 0
    assert world.propose().status == 0
    assert world.agree().status == 0
    assert world.include().status == 0
    world.sign_and_publish("directory-2.crt1")
    for code in MEMBERS:
        assert world.join(code).status == 0
    return world
