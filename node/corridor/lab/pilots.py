"""Plays the stories of a scenario through a network and reads each side's view at the end.

It holds only if, for every movement, each side holds exactly the records that were told, every
text is what was written, and both sides see the end that the story names.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from corridor.lab.clerks import PROCEDURES, Clerk, case_of
from corridor.lab.network import Network
from corridor.lab.scenario import Scenario
from corridor.lab.screens import screen
from corridor.lab.story import Story
from corridor.lab.story_records import Told, tell
from corridor.lab.traffic import Planned, Proof, Receipts, await_receipts, handed_over, play, prove
from corridor.lab.views import View, harmed, read_view, scripts_of
from corridor.transit.identifiers import Mrn
from corridor.wire.records import encode_record, record_type_of
from corridor.wire.v1 import types_pb2 as types

_RECEIPT_S: Final = 30.0
_HANDED_S: Final = 15.0
_LOOK_AGAIN_S: Final = 0.05

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Movement:
    """A story that was told, and what each side holds of it."""

    story: Story
    mrn: Mrn
    steps: tuple[Told, ...]
    views: tuple[View, ...]
    faults: tuple[str, ...]
    """Everything that is not as the story says; nothing where it is."""
    scripts: Counter[str]
    """Texts compared, by script, on every side that was told them."""
    forms: Mapping[bytes, str] = field(default_factory=dict)
    """In which message of its own standard a country told a record, by record id."""
    unsaid: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What officers of each country were told that its standard cannot say."""


@dataclass(slots=True)
class PilotAccount:
    """What became of all stories of a scenario."""

    movements: tuple[Movement, ...] = ()
    proof: Proof | None = None
    receipt_ms: list[int] = field(default_factory=list)
    seconds: float = 0.0
    directory: str = ""

    @property
    def faults(self) -> tuple[str, ...]:
        """Everything that does not hold."""
        found = [f"{one.story.key}: {fault}" for one in self.movements for fault in one.faults]
        if self.proof is not None and not self.proof.holds:
            found += [f"lost: {' '.join(key)}" for key in self.proof.lost]
            found += [f"twice: {' '.join(key)}" for key in self.proof.duplicated]
        return tuple(found)

    @property
    def holds(self) -> bool:
        """Whether every story ended as it says."""
        return bool(self.movements) and self.proof is not None and not self.faults

    def summary(self) -> dict[str, Any]:
        """Return the figures and verdicts for machines."""
        return {
            "holds": self.holds,
            "faults": list(self.faults),
            "seconds": round(self.seconds, 1),
            "receipt_ms_most": max(self.receipt_ms, default=0),
            "directory": self.directory,
            "movements": [_movement(one) for one in self.movements],
        }


def _movement(one: Movement) -> dict[str, Any]:
    return {
        "key": one.story.key,
        "title": one.story.title,
        "mrn": one.mrn,
        "expected": one.story.expected.ends,
        "records": len(one.steps),
        "texts": dict(one.scripts),
        "told_as": dict(Counter(one.forms.values())),
        "unsaid": {country: list(lines) for country, lines in one.unsaid.items()},
        "views": [
            {
                "country": view.country,
                "told": len(view.told),
                "heard": len(view.heard),
                "ends": view.ends,
                "code": view.code,
                "limit": view.limit,
            }
            for view in one.views
        ],
        "faults": list(one.faults),
    }


def run_pilot(scenario: Scenario, directory: Path, pace_s: float, say: Say) -> PilotAccount:
    """Bring the scenario up in `directory`, play its stories, read the views, bring it down.

    Args:
        scenario: One with stories.
        directory: Where the lab's files are kept.
        pace_s: Rest after each step, so that a person can follow.
        say: Told each step as it happens.

    Raises:
        CorridorError: The network did not come up, or a tool is missing.
    """
    begun = time.monotonic()
    account = PilotAccount(directory=str(directory))
    with Network(scenario, directory, say) as network:
        network.up()
        player = _Player(network, pace_s, say)
        account.movements = tuple(map(player.play, scenario.script.stories))
        account.proof = player.prove()
        account.receipt_ms = player.receipt_ms
    account.seconds = time.monotonic() - begun
    return account


class _Player:
    """Plays one story after the other through a network that is up."""

    def __init__(self, network: Network, pace_s: float, say: Say) -> None:
        self._network = network
        self._pace_s = pace_s
        self._say = say
        self._accepted: list[Planned] = []
        self._receipts = Receipts()
        self._clerks: dict[str, Clerk] = {
            code: Clerk(node.plan)
            for code, node in network.nodes.items()
            if node.plan.country.standard
        }
        self.receipt_ms: list[int] = []

    def play(self, story: Story) -> Movement:
        """Tell a story step by step, each step once the one before it is receipted."""
        self._say(f"{story.title}")
        script = self._network.scenario.script
        steps = list(tell(script, story, _now_ms()))
        mrn, lrn = mrn_of(steps[0]), lrn_of(steps[0])
        case = case_of(script, story, steps) if self._clerks else {}
        faults: list[str] = []
        before = {code: len(clerk.differences()) for code, clerk in self._clerks.items()}
        for number, told in enumerate(steps):
            clerk = self._clerks.get(told.step.country)
            if clerk is not None and clerk.tells(story, told):
                steps[number], trouble = clerk.order(told, mrn, case)
                faults += self._told(steps[number], trouble)
            else:
                faults += self._tell(told)
            time.sleep(self._pace_s)
        written = {one.record_id: encode_record(one.record) for one in steps}
        views = tuple(self._view(country, mrn, written, lrn) for country in story.countries)
        faults += [fault for view in views for fault in compare(view, story, steps, written)]
        for clerk in self._clerks.values() if story.procedure in PROCEDURES else ():
            faults += clerk.faults(story, mrn)
        scripts: Counter[str] = Counter()
        for view in views:
            for record in view.heard.values():
                scripts += scripts_of(record)
        return Movement(
            story, mrn, tuple(steps), views, tuple(faults), scripts, forms_of(steps),
            {code: tuple(one.differences()[before[code]:]) for code, one in self._clerks.items()},
        )  # fmt: skip

    def prove(self) -> Proof:
        """Compare what was told with what recorders were handed and what was receipted."""
        expected = {one.key for one in self._accepted}
        deadline = time.monotonic() + _HANDED_S
        while True:
            handed = handed_over(self._network.recordings)
            if expected <= set(handed) or time.monotonic() > deadline:
                return prove(self._accepted, handed, self._receipts)
            time.sleep(_LOOK_AGAIN_S)

    def _plan(self, told: Told) -> list[Planned]:
        scenario = self._network.scenario
        return [
            Planned(
                scenario.country(told.step.country).endpoint,
                scenario.country(recipient).endpoint,
                told.record_id,
                record_type_of(told.record),
                encode_record(told.record),
            )
            for recipient in told.recipients
        ]

    def _tell(self, told: Told) -> list[str]:
        """Tell a record as it is."""
        played = play(self._plan(told), self._network.ways_in)
        refused = played.refused[0] if played.refused else None
        return self._told(told, f"{refused.reason} {' '.join(refused.faults)}" if refused else "")

    def _told(self, told: Told, refused: str) -> list[str]:
        """Wait for the receipts of what was told; returns what went wrong."""
        scenario, ways = self._network.scenario, self._network.ways_in
        plan = self._plan(told)
        name = f"{told.step.country} → {'+'.join(told.recipients)}  {told.step.what}"
        if refused:
            return [f"{name}: its own node refused it: {refused}"]
        receipts = await_receipts(plan, ways, timeout_s=_RECEIPT_S)
        self._accepted += plan
        self._receipts.accepted += receipts.accepted
        self._receipts.refused |= receipts.refused
        if receipts.refused:
            return [f"{name}: refused by the partner: {', '.join(receipts.refused.values())}"]
        if len(receipts.seconds) < len(plan):
            return [f"{name}: no receipt within {_RECEIPT_S:.0f} s"]
        took_ms = round(max(receipts.seconds) * 1000)
        self.receipt_ms.append(took_ms)
        office = scenario.script.offices[told.step.office]
        self._say(f"  {name:<24} {office}  (receipt after {took_ms} ms)")
        return []

    def _view(self, country: str, mrn: Mrn, written: dict[bytes, bytes], lrn: str) -> View:
        endpoint = self._network.scenario.country(country).endpoint
        way, socket = self._network.ways_in[endpoint], self._network.sockets[endpoint]
        with screen(way, socket) as node:
            return read_view(node, country, mrn, written, lrn)


def mrn_of(told: Told) -> Mrn:
    """Return the MRN of a told record."""
    ids = told.record.header.movement.ids
    return Mrn(next(one.value for one in ids if one.scheme == types.ID_SCHEME_MRN))


def lrn_of(told: Told) -> str:
    """Return the declarant's reference of a told record."""
    ids = told.record.header.movement.ids
    return next(one.value for one in ids if one.scheme == types.ID_SCHEME_LRN)


def forms_of(steps: Sequence[Told]) -> dict[bytes, str]:
    """Return in which messages of standards records were told, by their ids."""
    told = ((one.record_id, one.record.header.source) for one in steps)
    return {key: source.message for key, source in told if source.standard}


def compare(
    view: View, story: Story, steps: Sequence[Told], written: dict[bytes, bytes]
) -> list[str]:
    """Return what a side holds otherwise than the story says."""
    told = {one.record_id for one in steps if one.step.country == view.country}
    heard = {one.record_id for one in steps if view.country in one.recipients}
    faults = [f"{view.country}: {trouble}" for trouble in view.troubles]
    if view.told != told:
        faults.append(f"{view.country} told {len(told)} records, {len(view.told)} are receipted")
    if view.heard.keys() != heard:
        faults.append(f"{view.country} was told {len(heard)} records, holds {len(view.heard)}")
    for record_id in heard & view.heard.keys():
        faults += [
            f"{view.country} holds another text in {record_id.hex()}: {text!r}"
            for text in harmed(written[record_id], view.heard[record_id])
        ]
        if written[record_id] != view.heard[record_id]:
            faults.append(f"{view.country} holds other bytes of {record_id.hex()}")
    expected = story.expected
    if (view.ends, view.code) != (expected.ends, expected.code):
        sees = f"{view.ends} {view.code}".rstrip()
        faults.append(
            f"{view.country} sees it {sees}, not {expected.ends} {expected.code}".rstrip()
        )
    return faults


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
