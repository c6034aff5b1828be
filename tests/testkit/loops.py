"""Owners of publishers and consumers that write down what they are told."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from corridor.transit.parties import CountryCode
from corridor.transport.broker import Consumer, Delivery, Loop, Publisher

PATIENCE_S = 60.0  # a busy machine; nobody waits that long for what works
Answer = TypeVar("Answer")


class Told:
    """What a loop has told so far; safe to look at from the test's thread."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.events: list[tuple[str, object]] = []
        self.threads: set[str] = set()

    def note(self, name: str, value: object = None) -> None:
        with self.changed:
            self.events.append((name, value))
            self.threads.add(threading.current_thread().name)
            self.changed.notify_all()

    def of(self, name: str) -> list[object]:
        with self.changed:
            return [value for event, value in self.events if event == name]

    def wait(self, condition: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
        with self.changed:
            if not self.changed.wait_for(condition, patience_s):
                raise AssertionError(f"not within {patience_s} s; told: {self.events[-12:]}")

    def wait_for(self, name: str, times: int = 1, patience_s: float = PATIENCE_S) -> None:
        self.wait(lambda: len(self.of(name)) >= times, patience_s)

    def on_ready(self) -> None:
        self.note("ready")

    def on_lost(self, reason: str) -> None:
        self.note("lost", reason)

    def on_failed(self, error: Exception) -> None:
        self.note("failed", error)


class Sending(Told):
    """The owner of a publisher."""

    publisher: Publisher

    def on_confirmed(self, tokens: Sequence[object]) -> None:
        for token in tokens:
            self.note("confirmed", token)

    def on_returned(self, tokens: Sequence[object]) -> None:
        for token in tokens:
            self.note("returned", token)

    def on_nacked(self, tokens: Sequence[object]) -> None:
        for token in tokens:
            self.note("nacked", token)

    def on_absent(self, tokens: Sequence[object]) -> None:
        for token in tokens:
            self.note("absent", token)

    def on_unconfirmed(self, tokens: Sequence[object]) -> None:
        for token in tokens:
            self.note("unconfirmed", token)

    def on_blocked(self, reason: str) -> None:
        self.note("blocked", reason)

    def on_unblocked(self) -> None:
        self.note("unblocked")

    def on_room(self) -> None:
        self.note("room")

    def publish(self, token: object, country: str, body: bytes, message_id: str = "") -> bool:
        """Publish from the test's thread and return the answer."""
        return asked(
            self.publisher,
            lambda: self.publisher.publish(
                token, CountryCode(country), body, message_id or f"id-{token}"
            ),
        )


class Reading(Told):
    """The owner of a consumer; acknowledges at once unless told otherwise."""

    consumer: Consumer

    def __init__(self, *, acknowledges: bool = True) -> None:
        super().__init__()
        self.acknowledges = acknowledges
        self.deliveries: list[Delivery] = []

    def on_deliveries(self, deliveries: Sequence[Delivery]) -> None:
        with self.changed:
            self.deliveries += deliveries
        self.note("deliveries", len(deliveries))
        if self.acknowledges:
            self.consumer.ack(deliveries)

    def on_strays(self, deliveries: Sequence[Delivery]) -> None:
        for each in deliveries:
            self.note("stray", each)
        self.consumer.ack(deliveries)

    def on_links(self, consuming: frozenset[CountryCode]) -> None:
        self.note("links", consuming)

    def bodies(self) -> list[bytes]:
        with self.changed:
            return [each.body for each in self.deliveries]

    def wait_deliveries(self, count: int, patience_s: float = PATIENCE_S) -> None:
        self.wait(lambda: len(self.deliveries) >= count, patience_s)

    def wait_links(self, *countries: str) -> None:
        wanted = frozenset(CountryCode(each) for each in countries)
        self.wait(lambda: bool(self.of("links")) and self.of("links")[-1] == wanted)


def asked(loop: Loop, question: Callable[[], Answer]) -> Answer:
    """Ask `question` in the loop's thread and return the answer."""
    answers: list[Answer] = []
    done = threading.Event()

    def ask() -> None:
        answers.append(question())
        done.set()

    loop.call(ask)
    assert done.wait(PATIENCE_S), "the loop does not answer"
    return answers[0]


def eventually(condition: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
    """Wait until something outside our process is so."""
    end = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < end, f"not so within {patience_s} s"
        time.sleep(0.05)
