"""Pages of the manual, carried out line by line on machines of their own: join, keep, leave."""

import base64
import json
import re
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from machines import Machine, hand_over
from page import MANUAL, Command, Handed, Noted, Started, Told, read_page

from builders_namespaces import namespaces

TREE = Path(__file__).resolve().parents[3]
SUMMARY = TREE / "build" / "join" / "summary.json"
MACHINES = ("UN", "EAST", "WEST", "Court", "Georgia", "Türkiye")
LONGEST_S = 240
"""50 s on two idle cores; the rest is for a machine that others use too."""


@pytest.fixture(scope="module")
def machines() -> Iterator[dict[str, Machine]]:
    """Six machines: four without any network, two countries with one line between them."""
    with ExitStack() as stack:
        # short: a socket's path has 107 bytes
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="join-")))
        spaces = stack.enter_context(namespaces(folder))
        alone, georgia, turkiye = spaces.make(), spaces.make(), spaces.make()
        spaces.join(georgia, "10.83.0.1/30", turkiye, "10.83.0.2/30")
        places = {"Georgia": georgia, "Türkiye": turkiye}
        found = {}
        for name in MACHINES:
            place = folder / name.replace("ü", "u")  # a path in rabbitmq.conf is plain
            place.mkdir(mode=0o700)
            found[name] = Machine(name, place, places.get(name, alone))
            stack.callback(found[name].stop)
        for name in places:
            shutil.copy(MANUAL / "movement.json", found[name].folder)
        yield found


@dataclass(frozen=True, slots=True)
class Joined:
    """The network that the page "Join" has built, and what it took."""

    machines: dict[str, Machine]
    typed: Counter[str]
    took_s: float


@pytest.fixture(scope="module")
def joined(machines: dict[str, Machine]) -> Joined:
    begun = time.monotonic()
    typed = carry_out_page("join.md", machines)
    return Joined(machines, typed, time.monotonic() - begun)


def carry_out_page(name: str, machines: dict[str, Machine]) -> Counter[str]:
    """Do what a page says, line by line; returns how many commands were typed at each machine."""
    typed: Counter[str] = Counter()
    for step in read_page((MANUAL / name).read_text(encoding="utf-8")):
        machine = machines[step.machine]
        if isinstance(step, Command):
            typed[step.machine] += 1
            carry_out(machine, step)
        elif isinstance(step, Handed):
            hand_over(machine, step.name, machines[step.to], step.as_name)
        elif isinstance(step, Told):
            machine.heard[step.word] = machines[step.by].read_out(step.word)
        elif isinstance(step, Noted):
            machine.heard[step.word] = machine.read_out(step.word)
        elif isinstance(step, Started):
            machine.start_broker(step.environment)
            if all(one.broker for one in machines.values() if one.name in {"Georgia", "Türkiye"}):
                machines["Georgia"].wait_broker()
                machines["Türkiye"].wait_broker()
    return typed


def carry_out(machine: Machine, step: Command) -> None:
    line = step.line
    if line.startswith("corridor run "):
        machine.start_node(line)
        return
    end = time.monotonic() + 30
    while True:
        done = machine.type(line)
        # What was sent a moment ago may be under way: a person looks again.
        early = line.startswith("corridor inbox") and "after this cursor" in done.stdout
        early = early or step.refused not in done.stdout + done.stderr
        if not early or time.monotonic() > end:
            break
    said = f"{machine.name}$ {line}\n{done.stdout}{done.stderr}"
    assert (done.returncode != 0) == bool(step.refused), said
    assert step.refused in done.stdout + done.stderr, said


@pytest.mark.broker
@pytest.mark.timeout(400)
def test_the_page_is_carried_out_line_by_line(joined: Joined) -> None:
    held(joined.machines)
    report(joined)
    assert joined.took_s < LONGEST_S


@pytest.mark.broker
@pytest.mark.timeout(400)
def test_the_page_on_retention_is_carried_out_line_by_line(joined: Joined) -> None:
    georgia, court = joined.machines["Georgia"], joined.machines["Court"]
    carry_out_page("retention.md", joined.machines)
    content = {}
    for name in ("before", "after"):
        told = json.loads((court.folder / f"{name}.json").read_bytes())
        (content[name],) = [one["record"] for one in told["copies"]]
    movement = json.loads((georgia.folder / "movement.json").read_bytes())
    office = movement["header"]["sender_office"]["reference"]
    assert office.encode() in base64.b64decode(content["before"])
    assert content["after"] is None
    checked = [part.partition("\n")[2] for part in court.screen.split("$ ")[1:]]
    assert len(checked) == 2
    for said in checked:
        assert "the sender signed the envelope" in said
        assert "false" not in said
    assert "erased" in checked[1]
    assert "erased" not in checked[0]


@pytest.mark.broker
@pytest.mark.timeout(400)
def test_the_page_on_leaving_is_carried_out_line_by_line(joined: Joined) -> None:
    georgia, turkiye = joined.machines["Georgia"], joined.machines["Türkiye"]
    carry_out_page("leave.md", joined.machines)
    after = turkiye.screen.rpartition("broker clean GE")[2]
    for gone in ("user fed-ge", "upstream GE", "queue inbox.GE", "exchange to.GE"):
        assert re.search(rf"{gone} .*removed", after), after
    left = list((turkiye.folder / "tr" / "pki" / "left").iterdir())
    assert any("fed-at-ge" in one.name for one in left)
    for machine in (georgia, turkiye):
        assert machine.node is not None
        assert machine.node.running()


def held(machines: dict[str, Machine]) -> None:
    """What the screens say at the end: a canary there and back, a movement there and receipted."""
    georgia, turkiye = machines["Georgia"].screen, machines["Türkiye"].screen
    assert re.search(r"canary \w+ to TR.GTB: there and back in \d+ ms", georgia)
    assert "our link that fetches from TR.GTB runs" in georgia
    assert "TR.GTB's broker fetches from ours" in georgia
    assert "GE.RS: there and back in" in turkiye
    assert georgia.count("nothing failed") == turkiye.count("nothing failed") == 1
    sent = re.search(r"accepted (\w+) for GE", turkiye)
    assert sent
    assert re.search(rf"TR\.GTB +\w+ +{sent[1]}", georgia), georgia[-2000:]
    assert re.search(rf"GE\.RS +{sent[1]} +accepted", turkiye), turkiye[-2000:]
    assert "lab" not in json.dumps(machines["Georgia"].screen.split("corridor doctor")[-1])


def report(joined: Joined) -> None:
    typed, took_s = joined.typed, joined.took_s
    canary = re.search(r"there and back in (\d+) ms", joined.machines["Georgia"].screen)
    assert canary
    summary = {
        "seconds": round(took_s, 1),
        "commands": sum(typed.values()),
        "commands_by_machine": dict(typed),
        "canary_ms": int(canary[1]),
    }
    SUMMARY.parent.mkdir(parents=True, exist_ok=True)
    SUMMARY.write_text(json.dumps(summary, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    said = f"{sum(typed.values())} commands"
    assert said in (MANUAL / "join.md").read_text(encoding="utf-8"), (
        f"the page does not say: {said}"
    )
