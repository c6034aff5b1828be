"""The manual's page "Join the network", carried out line by line on machines of their own."""

import json
import re
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from machines import Machine, hand_over
from page import PAGE, Command, Handed, Started, Told, read_page

from builders_namespaces import namespaces

TREE = Path(__file__).resolve().parents[3]
SUMMARY = TREE / "build" / "join" / "summary.json"
MACHINES = ("UN", "EAST", "WEST", "Georgia", "Türkiye")
LONGEST_S = 240
"""50 s on two idle cores; the rest is for a machine that others use too."""


@pytest.fixture
def machines() -> Iterator[dict[str, Machine]]:
    """Five machines: the bodies without any network, two countries with one line between them."""
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
        shutil.copy(TREE / "docs" / "manual" / "movement.json", found["Türkiye"].folder)
        yield found


@pytest.mark.broker
@pytest.mark.timeout(400)
def test_the_page_is_carried_out_line_by_line(machines: dict[str, Machine]) -> None:
    begun = time.monotonic()
    typed: Counter[str] = Counter()
    for step in read_page(PAGE.read_text(encoding="utf-8")):
        machine = machines[step.machine]
        if isinstance(step, Command):
            typed[step.machine] += 1
            carry_out(machine, step.line)
        elif isinstance(step, Handed):
            hand_over(machine, step.name, machines[step.to], step.as_name)
        elif isinstance(step, Told):
            machine.heard[step.word] = machines[step.by].read_out(step.word)
        elif isinstance(step, Started):
            machine.start_broker(step.environment)
            if all(one.broker for one in machines.values() if one.name in {"Georgia", "Türkiye"}):
                machines["Georgia"].wait_broker()
                machines["Türkiye"].wait_broker()
    took_s = time.monotonic() - begun
    held(machines)
    report(machines, typed, took_s)
    assert took_s < LONGEST_S


def carry_out(machine: Machine, line: str) -> None:
    if line.startswith("corridor run "):
        machine.start_node(line)
        return
    end = time.monotonic() + 30
    while True:
        done = machine.type(line)
        # What was sent a moment ago may be under way: a person looks again.
        early = line.startswith("corridor inbox") and "after this cursor" in done.stdout
        if not early or time.monotonic() > end:
            break
    assert done.returncode == 0, f"{machine.name}$ {line}\n{done.stdout}{done.stderr}"


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


def report(machines: dict[str, Machine], typed: Counter[str], took_s: float) -> None:
    canary = re.search(r"there and back in (\d+) ms", machines["Georgia"].screen)
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
    assert said in PAGE.read_text(encoding="utf-8"), f"the page does not say: {said}"
