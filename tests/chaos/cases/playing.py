"""Plays numbered cases one after the other and says what became of each.

Rules:

* one warm network for all; it is made anew only where a case cannot leave it whole;
* the verdict is one of: held | differs: ... | needs RabbitMQ 4.x: ... | not possible here: ...;
* a case whose fault did not bite, and of which nothing else differs, has shown nothing: it is
  played again, and its line says so; what is lost, doubled or stuck is never played away;
* nothing of a case that differs is thrown away: its network's folder stays, and is named.
"""

import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from chaos.cases import CASES
from chaos.cases.case import MISSED, Case, Differs, NeedsNewer, NotHere, Scene
from chaos.disks import can_mount
from chaos.network import FAST, REAL, ChaosNetwork
from chaos.oracle import Oracle, Verdict
from corridor.errors import CorridorError
from corridor.lab.scenario import load_scenario

SCENARIO: Final = Path(__file__).resolve().parents[1] / "three.toml"
_WHOLE_S: Final = 120.0
_TRIES: Final = 3
_TRIES_TO_BITE: Final = 3
COUNTRY: Final = replace(REAL, reconnect_delay_s=30, node_reconnect_max_s=30)
"""The times of a country, links and dials included; a lab alone is quicker there."""
HELD: Final = "held"


class Stage:
    """The network on which cases are played; use as a context manager."""

    def __init__(
        self,
        *,
        real: bool,
        say: Callable[[str], None],
        network: Callable[..., ChaosNetwork] = ChaosNetwork,
    ) -> None:
        """Nothing is up yet; `network` makes what is played on."""
        self.real = real
        self._network = network
        self._say = say
        self._net: ChaosNetwork | None = None
        self._oracle: Oracle | None = None
        self._seeds: Iterator[int] = count()
        self._differed = False
        """Whether a case differed on the network that is up: its files are evidence."""

    def __enter__(self) -> Self:
        """Return the stage itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Bring the network down."""
        self._throw_away()

    def play(self, one: Case) -> dict[str, Any]:
        """Play a case; returns its line of the account."""
        begun = time.monotonic()
        net, oracle = self._ready()
        scene = Scene(net, oracle, self.real, seeds=self._seeds)
        verdict = _verdict(one, scene)
        judged = self._judge(scene, oracle) if scene.sent else Verdict()
        whole = one.alone or self._whole(scene, net)
        if scene.faults and verdict == HELD:
            verdict = "differs: " + "; ".join(scene.faults)
            verdict = verdict.replace(str(net.directory), "DIRECTORY")  # one machine's own
        missed = bool(scene.faults) and all(text.startswith(MISSED) for text in scene.faults)
        self._differed |= verdict.startswith("differs")
        if one.alone or not whole:
            self._throw_away()
        return {
            "observed": scene.notes,
            "verdict": verdict,
            "missed": missed,
            "faults_fired": scene.fired,
            "records": judged.records,
            "lost": len(judged.lost),
            "duplicated": len(judged.duplicated),
            "stuck": len(judged.stuck),
            "seconds": round(time.monotonic() - begun, 1),
            "times": "real" if self.real else "scaled",
        }

    # -- the network

    def _ready(self) -> tuple[ChaosNetwork, Oracle]:
        for left in reversed(range(_TRIES)):
            if self._net is not None and self._oracle is not None:
                break
            begun = time.monotonic()
            self._net = net = self._make(Path(tempfile.mkdtemp(prefix="corridor-cases-")))
            try:
                net.up()
            except CorridorError as error:  # a machine with much else to do
                self._differed = not left
                self._throw_away()
                self._say(f"not up: {error}")
                if not left:
                    raise
                continue
            self._oracle = Oracle(net)
            self._say(f"three countries are up ({time.monotonic() - begun:.0f} s)")
        assert self._net is not None
        assert self._oracle is not None
        return self._net, self._oracle

    def _make(self, folder: Path) -> ChaosNetwork:
        return self._network(
            folder,
            scenario=load_scenario(str(SCENARIO)),
            tuning=COUNTRY if self.real else FAST,
            small_disks=can_mount(folder / "probe"),
        )

    def _judge(self, scene: Scene, oracle: Oracle) -> Verdict:
        for traffic in scene.sent:
            if not traffic.wait(30):
                scene.faults.append("a node did not answer what was offered")
                traffic.end()
            scene.faults += [f"refused: {why}" for _, why in traffic.refused[:1]]
        timeout_s = scene.s(60, 1200)
        judged = oracle.judge(scene.accepted, timeout_s, planted=scene.planted)
        for what in ("lost", "duplicated", "stuck"):
            if found := getattr(judged, what):
                scene.faults.append(f"{len(found)} records {what}")
        scene.faults += judged.faults
        scene.note(
            f"{judged.records} records accepted: {len(judged.lost)} lost, "
            f"{len(judged.duplicated)} doubled, {len(judged.stuck)} stuck"
        )
        return judged

    def _whole(self, scene: Scene, net: ChaosNetwork) -> bool:
        try:
            net.wait_whole(scene.s(_WHOLE_S, 3 * _WHOLE_S))
        except CorridorError as error:
            scene.faults.append(str(error))
            return False
        return True

    def _throw_away(self) -> None:
        net, self._net, self._oracle = self._net, None, None
        keep, self._differed = self._differed, False
        if net is None:
            return
        net.down()
        if keep:
            self._say(f"its files are in {net.directory}")
        else:
            shutil.rmtree(net.directory, ignore_errors=True)


def _verdict(one: Case, scene: Scene) -> str:
    try:
        one.play(scene)
    except NotHere as evidence:
        return f"not possible here: {evidence}"
    except NeedsNewer as what:
        return f"needs RabbitMQ 4.x: {what}"
    except (Differs, CorridorError) as error:
        scene.faults.append(str(error))
    except Exception as error:  # noqa: BLE001 - the other cases are played all the same
        place = traceback.extract_tb(error.__traceback__)[-1]
        scene.faults.append(
            f"{type(error).__name__}: {error} ({Path(place.filename).name}:{place.lineno})"
        )
    return HELD


def play_all(
    stage: Stage, cases: Sequence[Case], keep: Callable[[Case, dict[str, Any]], None]
) -> int:
    """Play cases, those last that leave no network behind; returns how many differ.

    Args:
        stage: On which.
        cases: Which.
        keep: Writes a case's line down, at once: what was played is not lost with us.
    """
    differing = 0
    for one in sorted(cases, key=lambda one: (one.alone, one.number)):
        line = _played(stage, one)
        keep(one, line)
        differing += line["verdict"].startswith("differs")
        head = f"{one.number:>2} {line['seconds']:6.1f} s  {one.title}: {line['verdict']}"
        # in one piece: others may play beside us, and say so on the same terminal
        say("\n".join([head, *(f"               {text}" for text in line["observed"])]))
    return differing


def _played(stage: Stage, one: Case) -> dict[str, Any]:
    """Play a case until its fault bites, a few times at most; its line tells of the others."""
    earlier: list[str] = []
    for left in reversed(range(_TRIES_TO_BITE)):
        line = stage.play(one)
        if not line.pop("missed", False) or not left:
            break
        earlier.append(f"played again: {line['verdict']}")
    line["observed"] = [*earlier, *line["observed"]]
    return line


def shares(cases: Sequence[Case], jobs: int, seconds: Mapping[int, float]) -> list[list[int]]:
    """Deal the numbers of cases out so that `jobs` players end at about the same time.

    Args:
        cases: Which.
        jobs: How many play beside each other, each on a network of its own.
        seconds: What cases took when they were played last; one that is not there counts little.
    """
    dealt: list[list[int]] = [[] for _ in range(jobs)]
    for one in sorted(cases, key=lambda one: -seconds.get(one.number, 0.0)):
        least = min(dealt, key=lambda share: (sum(seconds.get(n, 0.0) for n in share), len(share)))
        least.append(one.number)
    return [sorted(share) for share in dealt if share]


def say(text: str) -> None:
    """Tell whoever watches."""
    print(text, flush=True)


def asked_for(wanted: str) -> list[Case]:
    """Return the cases that a command line names; ends with status 2 where it names none."""
    try:
        return chosen(wanted, [CASES[number] for number in sorted(CASES)])
    except ValueError as error:
        print(f"{wanted}: {error}", file=sys.stderr)
        sys.exit(2)


def chosen(wanted: str, cases: Sequence[Case]) -> list[Case]:
    """Return the cases that `wanted` names: "all", "quick", or numbers as "1,5,16-18".

    Raises:
        ValueError: It names none, or one that there is not.
    """
    if wanted == "all":
        return list(cases)
    if wanted == "quick":
        return [one for one in cases if one.quick]
    numbers: set[int] = set()
    for part in wanted.split(","):
        first, _, last = part.strip().partition("-")
        numbers |= set(range(int(first), int(last or first) + 1))
    known = {one.number for one in cases}
    if strange := sorted(numbers - known):
        raise ValueError(f"there is no case {', '.join(map(str, strange))}")
    return [one for one in cases if one.number in numbers]
