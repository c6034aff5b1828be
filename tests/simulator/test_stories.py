"""Chains of mishaps so long that few schedules draw them, told step by step.

Each holds as the core is, and breaks with the defect that is planted for it.
"""

from collections.abc import Callable
from typing import Final

import pytest

from corridor.exchange.values import Lane
from simulator.sim_defects import planted
from simulator.sim_node import Node
from simulator.sim_properties import check_all, watched
from simulator.sim_world import HOUR, World

Story = Callable[[World, Node, Node], None]


def backed_up_between_commit_and_acknowledgement(world: World, ge: Node, tr: Node) -> None:
    """What the national system took after the backup is offered again: marked."""
    take, ge.national = ge.national, lambda: None  # type: ignore[method-assign]
    world.submit(tr, Lane.ROUTINE)
    world.run(1_000)
    world.back_up(ge)
    ge.national = take  # type: ignore[method-assign]
    ge.national()
    world.restore(ge, declared=True)


def restored_while_the_partners_clock_is_ahead(world: World, ge: Node, tr: Node) -> None:
    """What the partner says of its former epoch must be heard all the same."""
    world.back_up(tr)
    world.submit(ge, Lane.ROUTINE)
    world.run(1_000)
    ge.skew_ms = 300 * HOUR
    ge.stop()
    ge.start()
    world.run(1_000)
    world.restore(tr, declared=True)
    world.run(20_000)


def sealed_anew_after_a_restore(world: World, ge: Node, tr: Node) -> None:
    """The receipt was lost with the store, the envelope expired: its record was handed on."""
    world.back_up(tr)
    tr.link = False  # its receipt does not leave
    world.submit(ge, Lane.ROUTINE)
    world.run(1_000)
    tr.stop()
    world.leap(1)
    world.restore(tr, declared=True)
    world.lose_link(tr, 1)
    world.leap(20)


def receipted_and_forgotten_until_it_expired(world: World, ge: Node, tr: Node) -> None:
    """The identical bytes are of no use any more: the records are sealed anew, final or not."""
    world.back_up(tr)
    world.submit(ge, Lane.ROUTINE)
    world.run(1_000)
    tr.stop()
    world.leap(20)
    world.restore(tr, declared=True)


def opened_anew_and_the_answer_lost(world: World, ge: Node, tr: Node) -> None:
    """A StreamOpen that is not the first of its epoch is not known for what it is when repeated."""
    ge.stop()
    world.rotate(tr, keep_old=False)
    ge.start()
    world.run(1_000)  # it hears that its opening cannot be opened: it has the old key
    ge.view = world.view
    tr.outbound.cues = lambda *_: None  # it dies between its commit and its answer
    ge.alive(ge.review)
    world.run(30_000)
    tr.stop()
    tr.start()


def kept_no_more_by_its_sender(world: World, ge: Node, tr: Node) -> None:
    """The bytes are erased, the records are not: they are sealed anew."""
    world.back_up(tr)
    for _ in range(3):
        world.submit(ge, Lane.ROUTINE)
        world.run(1_000)
    world.leap(40)
    world.restore(tr, declared=True)


def whole_epochs_kept_no_more(world: World, ge: Node, tr: Node) -> None:
    """Nothing is left that names the epochs between: each leads to the one before it."""
    world.back_up(tr)
    for _ in range(4):
        world.submit(ge, Lane.ROUTINE)
        world.run(1_000)
        ge.stop()
        ge.start()
        world.run(1_000)
    world.leap(40)
    world.restore(tr, declared=True)


STORIES: Final[dict[str, tuple[Story, str]]] = {
    story.__name__: (story, defect)
    for story, defect in (
        (backed_up_between_commit_and_acknowledgement, "what_waits_at_a_restore_is_not_marked"),
        (restored_while_the_partners_clock_is_ahead, "control_waits_for_its_partners_clock"),
        (sealed_anew_after_a_restore, "what_is_sealed_anew_after_a_restore_is_not_marked"),
        (receipted_and_forgotten_until_it_expired, "what_was_forgotten_is_only_buried"),
        (kept_no_more_by_its_sender, "what_is_kept_no_more_is_closed_under_zeros"),
        (
            whole_epochs_kept_no_more,
            "the_end_before_an_opening_that_is_kept_no_more_is_not_told",
        ),
        (opened_anew_and_the_answer_lost, "an_opening_that_is_not_the_first_is_only_repeated"),
    )
}


def play(name: str) -> None:
    world = watched(World(0))
    for node in world.all:
        node.start()
    world.run(1_000)
    tr, ge = world.all
    STORIES[name][0](world, ge, tr)
    world.settle()
    check_all(world)


@pytest.mark.parametrize("name", STORIES)
def test_a_story_ends_well(name: str) -> None:
    play(name)


@pytest.mark.parametrize("name", STORIES)
def test_a_story_ends_badly_with_its_defect(name: str) -> None:
    with planted(STORIES[name][1]), pytest.raises(AssertionError, match="P-"):
        play(name)
