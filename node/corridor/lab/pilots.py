"""Plays the stories of a scenario through a network and reads each side's view at the end.

It holds only if, for every movement, each side holds exactly the records that were told, every
text is what was written, and both sides see the end that the story names.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from corridor.gateway.local_client import LocalClient
from corridor.lab.network import Network
from corridor.lab.scenario import Scenario
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
        self.receipt_ms: list[int] = []

    def play(self, story: Story) -> Movement:
        """Tell a story step by step, each step once the one before it is receipted."""
        self._say(f"{story.title}")
        script = self._network.scenario.script
        steps = tuple(tell(script, story, _now_ms()))
        faults: list[str] = []
        for told in steps:
            faults += self._tell(told)
            time.sleep(self._pace_s)
        mrn = mrn_of(steps[0])
        written = {one.record_id: encode_record(one.record) for one in steps}
        views = tuple(self._view(country, mrn, written) for country in story.countries)
        faults += [fault for view in views for fault in compare(view, story, steps, written)]
        scripts: Counter[str] = Counter()
        for view in views:
            for record in view.heard.values():
                scripts += scripts_of(record)
        return Movement(story, mrn, steps, views, tuple(faults), scripts)

    def prove(self) -> Proof:
        """Compare what was told with what recorders were handed and what was receipted."""
        expected = {one.key for one in self._accepted}
        deadline = time.monotonic() + _HANDED_S
        while True:
            handed = handed_over(self._network.recordings)
            if expected <= set(handed) or time.monotonic() > deadline:
                return prove(self._accepted, handed, self._receipts)
            time.sleep(_LOOK_AGAIN_S)

    def _tell(self, told: Told) -> list[str]:
        scenario, ways = self._network.scenario, self._network.ways_in
        plan = [
            Planned(
                scenario.country(told.step.country).endpoint,
                scenario.country(recipient).endpoint,
                told.record_id,
                record_type_of(told.record),
                encode_record(told.record),
            )
            for recipient in told.recipients
        ]
        name = f"{told.step.country} → {'+'.join(told.recipients)}  {told.step.what}"
        played = play(plan, ways)
        if played.refused:
            one = played.refused[0]
            return [f"{name}: its own node refused it: {one.reason} {' '.join(one.faults)}"]
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

    def _view(self, country: str, mrn: Mrn, written: dict[bytes, bytes]) -> View:
        endpoint = self._network.scenario.country(country).endpoint
        with LocalClient(self._network.sockets[endpoint]) as node:
            return read_view(node, country, mrn, written)


def mrn_of(told: Told) -> Mrn:
    """Return the MRN of a told record."""
    ids = told.record.header.movement.ids
    return Mrn(next(one.value for one in ids if one.scheme == types.ID_SCHEME_MRN))


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
