"""A frame at which the node itself fails costs that frame and nothing else."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from builders_loops import Loop
from builders_quarantine import Case, sealed_for
from builders_store import KEY
from builders_trust import NOW_MS, TR
from corridor.daemon import arrivals, inbound
from corridor.daemon.isolating import FailureLog, is_mistake
from corridor.daemon.metrics import MISTAKEN, NodeMetrics
from corridor.daemon.observe import NodeObserver
from corridor.daemon.receiver import Receiver
from corridor.daemon.recording import Recording
from corridor.errors import (
    CorridorError,
    KeyTrouble,
    Reason,
    StoreFull,
    StoreLost,
    StoreMisused,
    StoreTrouble,
)
from corridor.exchange.cues import FrameRefused, Way, WayChanged
from corridor.exchange.values import Held, Position
from corridor.store.memory import MemoryStore
from corridor.store.sqlite import SqliteStore
from corridor.transit.parties import CountryCode
from corridor.transport.broker import Delivery

PLATE = "34 ABC 123"
FIRST = sealed_for(7)
POISON = sealed_for(8, seq=2, prev=FIRST.envelope_id)
LAST = sealed_for(9, seq=3, prev=POISON.envelope_id)
BATCH = (FIRST.frame, POISON.frame, LAST.frame)
Plant = Callable[[pytest.MonkeyPatch, Exception], None]


@pytest.fixture(params=["sqlite", "memory"])
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Case]:
    store = MemoryStore() if request.param == "memory" else SqliteStore.open(tmp_path / "s.db", KEY)
    yield Case(store)
    store.close()


def while_judging(patch: pytest.MonkeyPatch, error: Exception) -> None:
    """Fail before the transaction."""
    real = arrivals.judge

    def judge(found: arrivals.Identified, *more: object) -> object:
        if found.frame.envelope_id == POISON.envelope_id:
            raise error
        return real(found, *more)  # type: ignore[arg-type]

    patch.setattr(arrivals, "judge", judge)


def while_recording(patch: pytest.MonkeyPatch, error: Exception) -> None:
    """Fail within the transaction, when all of it is written."""
    real = Recording.put_streams

    def put_streams(self: Recording) -> None:
        real(self)
        if any(one.envelope_id == POISON.envelope_id for one in self._kept):
            raise error

    patch.setattr(Recording, "put_streams", put_streams)


def quarantined(case: Case) -> list[tuple[str, str, str, int]]:
    items = case.quarantine.items()["items"]
    return [(one["link"], one["reason"], one["detail"], one["times"]) for one in items]


@pytest.mark.parametrize("plant", [while_judging, while_recording])
def test_the_others_of_its_batch_are_kept_and_it_waits_with_its_bytes(
    case: Case, monkeypatch: pytest.MonkeyPatch, plant: Plant
) -> None:
    plant(monkeypatch, ValueError(PLATE))
    with capture_logs() as logs:
        handled = case.arrive(*BATCH)
    assert (case.inbox(), handled.inbox_grew) == ([7, 9], True)
    assert quarantined(case) == [("TR", "internal", "ValueError", 1)]
    with case.store.reading() as view:
        assert view.quarantined_frame(1) == POISON.frame
        assert [one.position for one in view.owed(TR, 9)] == [Position(1, 1), Position(1, 3)]
        (stream,) = view.in_streams(TR)
        assert (stream.complete_to, stream.highest) == (1, 3)
    assert FrameRefused(CountryCode("TR"), Reason.INTERNAL, "quarantined") in case.watching.events
    (line,) = [one for one in logs if one["event"] == "frame.failed"]
    assert (line["cause"], line["log_level"]) == ("ValueError", "error")
    assert PLATE not in str((logs, case.quarantine.items(), case.quarantine.show(1)))


@pytest.mark.parametrize("plant", [while_judging, while_recording])
def test_when_the_node_is_mended_its_sender_repeats_it_and_nobody_has_to_look(
    case: Case, monkeypatch: pytest.MonkeyPatch, plant: Plant
) -> None:
    with monkeypatch.context() as patch:
        plant(patch, ValueError(PLATE))
        case.arrive(*BATCH)
        case.arrive(POISON.frame)
    assert quarantined(case) == [("TR", "internal", "ValueError", 2)]
    case.arrive(POISON.frame)
    assert case.inbox() == [7, 9, 8]
    case.inbound.judge_released(NOW_MS)
    assert quarantined(case) == []


def test_one_that_is_released_and_fails_again_waits_again_and_the_others_are_judged(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    case.lose_keys()
    case.arrive(*BATCH)
    case.restore_keys()
    with monkeypatch.context() as patch:
        while_recording(patch, ValueError(PLATE))
        assert case.release(1, 2, 3) == [
            "accepted: 1 of 1 records", "the node failed at it: ValueError",
            "accepted: 1 of 1 records",
        ]  # fmt: skip
    assert (case.inbox(), case.states()) == ([7, 9], ["settled", "waiting", "settled"])
    assert case.release(2) == ["accepted: 1 of 1 records"]
    assert case.inbox() == [7, 9, 8]


def test_among_what_is_held_it_is_put_aside_and_the_others_are_judged(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    with case.store.transaction() as change:
        for frame in BATCH:
            held = Held("TR", "TR", Reason.DIRECTORY_UNKNOWN, frame, NOW_MS)
            change.hold(held, 64)
    while_judging(monkeypatch, ValueError(PLATE))
    assert case.inbound.review(NOW_MS).inbox_grew
    assert case.inbox() == [7, 9]
    assert quarantined(case) == [("TR", "internal", "ValueError", 1)]
    assert case.store.counts()["held"] == 0


@pytest.mark.parametrize("error", [StoreLost("x"), StoreFull("x"), KeyTrouble("x")])
def test_what_the_store_and_the_keys_say_is_no_mistake_and_keeps_nothing(
    case: Case, monkeypatch: pytest.MonkeyPatch, error: CorridorError
) -> None:
    while_recording(monkeypatch, error)
    with pytest.raises(type(error)):
        case.arrive(*BATCH)
    assert (case.inbox(), quarantined(case)) == ([], [])


def test_a_store_that_says_it_was_misused_speaks_of_a_mistake() -> None:
    assert is_mistake(StoreMisused("x"))
    assert is_mistake(OverflowError())
    assert not is_mistake(StoreTrouble("x"))


def test_a_node_that_is_killed_while_it_puts_one_aside_has_kept_the_one_before_it_once(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        while_judging(patch, ValueError(PLATE))
        patch.setattr(inbound, "put_aside", killed)
        with pytest.raises(KeyboardInterrupt):
            case.arrive(*BATCH)
    assert (case.inbox(), quarantined(case)) == ([7], [])
    case.arrive(*BATCH)  # the broker has no acknowledgement
    assert case.inbox() == [7, 8, 9]


def test_many_that_fail_are_bounded_and_another_partner_is_served(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = Case(MemoryStore())
    real = inbound.identify

    def identify(link: str, data: bytes, means: object) -> object:
        if data.startswith(b"bad"):
            raise RecursionError
        return real(link, data, means)  # type: ignore[arg-type]

    monkeypatch.setattr(inbound, "identify", identify)
    case.arrive(*[b"bad %d" % n for n in range(300)], link="AZ")
    case.arrive(b"bad", FIRST.frame)
    assert case.inbox() == [7]
    groups = {one["link"]: one for one in case.quarantine.groups()["groups"]}
    assert (groups["AZ"]["waiting"], groups["AZ"]["not_kept"]) == (250, 50)
    assert groups["TR"]["waiting"] == 1


def test_a_flood_of_them_makes_no_flood_of_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr("corridor.daemon.seldom.time.monotonic", lambda: clock[0])
    said = FailureLog()
    error = ValueError(PLATE)
    with capture_logs() as logs:
        for _ in range(300):
            said.tell("TR", 9, error)
        said.tell("GE", 9, error)
        clock[0] += 11
        said.tell("TR", 9, error)
    assert [(one["link"], one["count"]) for one in logs] == [("TR", 1), ("GE", 1), ("TR", 300)]


# -- in the consumer's loop


def delivery(tag: int, body: bytes) -> Delivery:
    return Delivery(
        CountryCode("TR"), tag, 1, body, redelivered=False, message_id=None, queue="inbox.TR"
    )


class Running:
    """A receiver with its real `Inbound`, and a broker that the test plays."""

    def __init__(self, case: Case) -> None:
        self.loop = Loop()
        self.failures: list[Exception] = []
        self.trouble: Exception | None = None
        self.receiver = Receiver(
            case.inbound, NodeMetrics(), make_durable=self.loop.make_durable,
            told=lambda _: None, adopt=self.adopt, failed=self.failures.append,
        )  # fmt: skip
        self.receiver.attach(self.loop)  # type: ignore[arg-type]

    def adopt(self, _link: str, _frame: bytes) -> None:
        if self.trouble is not None:
            raise self.trouble


def test_all_of_the_batch_is_acknowledged_and_the_node_goes_on(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = Running(case)
    while_recording(monkeypatch, ZeroDivisionError())
    batch = [delivery(number, frame) for number, frame in enumerate(BATCH)]
    running.receiver.on_deliveries(batch)
    assert (running.loop.acked, running.failures) == (batch, [])
    assert running.loop.acked_when_flushed == [0]
    assert case.inbox() == [7, 9]


def test_a_statement_at_which_the_node_fails_waits_and_the_next_is_adopted(case: Case) -> None:
    running = Running(case)
    running.trouble = TypeError(PLATE)
    bad, good = delivery(1, b"CRT1bad"), delivery(2, b"CRT1good")
    running.receiver.on_deliveries([bad])
    running.trouble = None
    running.receiver.on_deliveries([good])
    assert (running.loop.acked, running.failures) == ([bad, good], [])
    assert quarantined(case) == [("TR", "internal", "TypeError", 1)]


@pytest.mark.parametrize(("error", "ends"), [(StoreFull("x"), 0), (StoreLost("x"), 1)])
def test_one_that_cannot_be_put_aside_is_not_acknowledged(
    case: Case, monkeypatch: pytest.MonkeyPatch, error: StoreTrouble, ends: int
) -> None:
    def fails(*_: object) -> None:
        raise error

    running = Running(case)
    running.trouble = TypeError(PLATE)
    statement = delivery(1, b"CRT1bad")
    with monkeypatch.context() as patch:
        patch.setattr(inbound, "put_aside", fails)
        running.receiver.on_deliveries([statement])
    assert (running.loop.acked, len(running.failures)) == ([], ends)
    if not ends:
        running.loop.tick()
        assert running.loop.acked == [statement]


def test_a_chunk_at_which_the_node_fails_is_dropped(case: Case) -> None:
    def fails(_link: str, frame: bytes) -> None:
        if frame.endswith(b"bad"):
            raise IndexError(PLATE)
        taken.append(frame)

    taken: list[bytes] = []
    running = Running(case)
    running.receiver.chunk = fails
    bad, good = delivery(1, b"CRC1bad"), delivery(2, b"CRC1good")
    running.receiver.on_deliveries([bad, good])
    assert (running.loop.acked, running.failures, len(taken)) == ([bad, good], [], 1)
    running.receiver.chunk = lambda *_: (_ for _ in ()).throw(StoreLost("x"))
    with pytest.raises(StoreLost):
        running.receiver.on_deliveries([good])


def test_what_the_node_fails_at_is_counted() -> None:
    metrics = NodeMetrics()
    observer = NodeObserver(metrics)
    observer.tell(FrameRefused(CountryCode("TR"), Reason.INTERNAL, "quarantined"))
    observer.tell(FrameRefused(CountryCode("TR"), Reason.MAGIC, "dropped"))
    observer.tell(WayChanged(TR, Way.NO_KEY, Reason.INTERNAL))
    value = metrics.registry.get_sample_value
    counted = {
        part: value("corridor_own_mistakes_total", {"kind": part}) for part in MISTAKEN
    }  # fmt: skip
    assert {part for part, count in counted.items() if count} == {"frame", "sealing"}
