"""The same world in the hands of Hypothesis: it chooses each step, and shrinks what breaks."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from corridor.exchange.cues import Outgoing
from corridor.exchange.values import Lane
from simulator.sim_node import Node
from simulator.sim_properties import check_all, check_always, watched
from simulator.sim_world import HOUR, MINUTE, Faults, World

MOST_RECORDS = 12
PLACES = st.integers(0, 15)
"""Which of the frames under way: the newest where there are fewer."""
COUNTRIES = st.integers(0, 1)


class WorldByHand(World):
    """A world whose frames move only when somebody moves them."""

    def __init__(self) -> None:
        super().__init__(0)
        self.under_way: list[tuple[Node, str, bytes]] = []

    def carry(self, node: Node, outgoing: Outgoing) -> None:
        link = str(node.endpoint.country)
        self.under_way.append((self.nodes[outgoing.peer], link, outgoing.frame))


class BadDays(RuleBasedStateMachine):
    """Every mishap that PROTOCOL §7.5 speaks of is a rule; its properties are the invariants."""

    def __init__(self) -> None:
        super().__init__()
        self.world: Any = watched(WorldByHand())
        for node in self.world.all:
            node.start()

    def node(self, country: int) -> Node:
        found: Node = self.world.all[country]
        return found

    # -- traffic

    @precondition(lambda self: self.world.records < MOST_RECORDS)
    @rule(country=COUNTRIES, lane=st.sampled_from(Lane), valid=st.booleans())
    def submit(self, country: int, lane: Lane, *, valid: bool) -> None:
        self.world.submit(self.node(country), lane, valid=valid)

    @rule(ms=st.sampled_from((10, 1_000, 15_000, 5 * MINUTE, HOUR)))
    def let_time_pass(self, ms: int) -> None:
        self.world.run(ms)

    @rule(most=st.integers(1, 30))
    def deliver_in_order(self, most: int) -> None:
        some, self.world.under_way = self.world.under_way[:most], self.world.under_way[most:]
        for one in some:
            self.world.arrive(*one)
        self.world.run(10)

    @precondition(lambda self: self.world.under_way)
    @rule(place=PLACES)
    def deliver_out_of_order(self, place: int) -> None:
        self.world.arrive(*self.world.under_way.pop(self._place(place)))
        self.world.run(10)

    @precondition(lambda self: self.world.under_way)
    @rule(place=PLACES)
    def deliver_and_keep_a_double(self, place: int) -> None:
        self.world.arrive(*self.world.under_way[self._place(place)])
        self.world.run(10)

    @precondition(lambda self: self.world.under_way)
    @rule(place=PLACES)
    def drop(self, place: int) -> None:
        self.world.under_way.pop(self._place(place))

    @precondition(lambda self: self.world.under_way)
    @rule()
    def drop_all(self) -> None:
        self.world.under_way.clear()

    def _place(self, place: int) -> int:
        return min(place, len(self.world.under_way) - 1)

    # -- mishaps

    @rule(country=COUNTRIES)
    def restart(self, country: int) -> None:
        self.node(country).stop()
        self.node(country).start()

    @rule(country=COUNTRIES, beats=st.integers(0, 8))
    def kill(self, country: int, beats: int) -> None:
        self.world.kill(self.node(country), beats, 5_000)

    @rule(country=COUNTRIES)
    def lose_link(self, country: int) -> None:
        self.world.lose_link(self.node(country), 20_000)

    @rule(refused=st.sampled_from((0.0, 0.3)), trouble=st.sampled_from((0.0, 0.1)))
    def change_the_weather(self, refused: float, trouble: float) -> None:
        self.world.faults = Faults(returned=refused, nacked=refused, store_trouble=trouble)

    @rule(country=COUNTRIES)
    def back_up(self, country: int) -> None:
        self.world.back_up(self.node(country))

    @rule(country=COUNTRIES, declared=st.booleans())
    def restore(self, country: int, *, declared: bool) -> None:
        self.world.restore(self.node(country), declared=declared)

    @rule(country=COUNTRIES, keep_old=st.booleans())
    def rotate_keys(self, country: int, *, keep_old: bool) -> None:
        self.world.rotate(self.node(country), keep_old=keep_old)

    @rule(country=COUNTRIES, ms=st.sampled_from((0, -20 * MINUTE, 20 * MINUTE, 300 * HOUR)))
    def skew_clock(self, country: int, ms: int) -> None:
        self.node(country).skew_ms = ms

    @rule(days=st.sampled_from((1, 20)))
    def let_days_pass(self, days: int) -> None:
        self.world.leap(days)

    # -- what must hold

    @invariant()
    def what_must_always_hold_holds(self) -> None:
        check_always(self.world)

    def teardown(self) -> None:
        world = self.world
        world.carry = lambda *args: World.carry(world, *args)
        world.settle()
        check_all(world)


TestBadDays = BadDays.TestCase
TestBadDays.settings = settings(max_examples=400, stateful_step_count=50)
