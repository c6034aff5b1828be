"""A schedule: from one seed, what is sent when, and what goes wrong when."""

from corridor.exchange.values import Lane
from simulator.sim_limits import TIGHT, tight
from simulator.sim_properties import check_all, watched
from simulator.sim_world import HOUR, MINUTE, Faults, World

COUNTRIES = ("TR.GTB", "GE.RS", "AZ.CUST")
MISHAPS = (
    "kill", "kill", "kill", "restart", "lose_link", "rotate", "rotate_lose",
    "skew", "back_up", "restore", "long_stop", "storm", "calm", "stale_directory", "leap",
)  # fmt: skip


def random_faults(world: World) -> Faults:
    pick = world.random.choice
    return Faults(
        drop=pick((0, 0, 0.05, 0.3)),
        double=pick((0, 0.1, 0.5)),
        disorder=pick((0, 0.2, 0.8)),
        returned=pick((0, 0, 0.05)),
        nacked=pick((0, 0, 0.05)),
        no_room=pick((0, 0, 0.1)),
        store_trouble=pick((0, 0, 0.02)),
        confirm_ms=pick((2, 2, 200, 5_000)),
        delay_ms=pick((50, 500, 20_000)),
    )


def mishap(world: World, what: str) -> None:  # noqa: C901, PLR0912 - one arm a mishap
    rng = world.random
    node = rng.choice(world.all)
    match what:
        case "kill":
            world.kill(node, rng.randrange(12), rng.randrange(1, 20_000))
        case "restart":
            node.stop()
            node.start()
        case "lose_link":
            world.lose_link(node, rng.randrange(1, 30_000))
        case "rotate":
            world.rotate(node, keep_old=True)
        case "rotate_lose":
            world.rotate(node, keep_old=False)
        case "skew":
            node.skew_ms = rng.choice((0, -30_000, 300_000, 20 * MINUTE, -20 * MINUTE, 300 * HOUR))
        case "back_up":
            world.back_up(node)
        case "restore":
            if not node.backups:
                world.back_up(node)
                world.later(rng.randrange(1, 5_000), lambda: mishap(world, "restore"))
            else:
                world.restore(node, declared=rng.random() < 0.3)
        case "long_stop":
            node.stop()
            world.later(rng.choice((60_000, HOUR, 400 * HOUR)), node.start)
        case "storm":
            world.faults = random_faults(world)
        case "calm":
            world.faults = Faults()
        case "leap":
            world.leap(rng.choice((1, 10, 20)))
        case "stale_directory":
            world.rotate(node, keep_old=True)
            node.view = world.view


def play(seed: int, **options: object) -> World:
    """Run one schedule to its end and check every property."""
    options.setdefault("names", COUNTRIES if seed % 4 == 3 else COUNTRIES[:2])
    if seed % 5 != 4:
        return _play(watched(World(seed, **options)))  # type: ignore[arg-type]
    options.setdefault("policy", TIGHT)
    with tight():
        return _play(watched(World(seed, **options)))  # type: ignore[arg-type]


def _play(world: World) -> World:
    rng = world.random
    for node in world.all:
        node.start()
    world.faults = random_faults(world)
    span = rng.choice((2_000, 20_000, 200_000))
    for _ in range(rng.choice((1, 5, 20, 40))):
        node, lane = rng.choice(world.all), rng.choice(list(Lane))
        valid = rng.random() < 0.9
        world.later(
            rng.randrange(span),
            lambda node=node, lane=lane, valid=valid: world.submit(node, lane, valid=valid),
        )
    # few kinds at a time: what one mishap needs to break something, another may heal
    kinds = rng.sample(MISHAPS, rng.choice((3, 5, len(MISHAPS))))
    for _ in range(rng.choice((0, 2, 4, 8, 12))):
        what = rng.choice(kinds)
        world.later(rng.randrange(span), lambda what=what: mishap(world, what))
    world.run(span + 30_000)
    world.settle()
    check_all(world)
    return world


def broken(seed: int) -> str | None:
    """Say what a schedule broke, and how to see it again; None where it kept every property."""
    try:
        play(seed)
    except Exception as fault:  # noqa: BLE001 - a defect may show as any of them
        said = f"{type(fault).__name__}: {fault}"
        return f"seed {seed}: {said} (cd tests; ../.venv/bin/python -m simulator.replay {seed})"
    return None
